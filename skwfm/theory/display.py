"""Pictures of theoretical curves, with measured ones on top."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from skwfm._plotting import new_axes
from skwfm._shown import shown
from skwfm.curves import LocalEntropyCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AXES = ("centre", "mutual", "distance")

# Told apart without colour; dots are kept for what exceeds its cap.
STYLES = (
    "-",
    (0, (7, 2)),
    (0, (7, 2, 2, 2)),
    (0, (3, 2)),
    (0, (7, 2, 2, 2, 2, 2)),
    (0, (14, 3)),
)


def _quantity(curves):
    """Label of the vertical axis: counts are positive, log-fractions negative.

    Binary weights are counted by the theory, so that without patterns the curve is the
    entropy of the ball; real ones are compared with all at that overlap.
    """
    counted = {curve.weights == "binary" for curve in curves}
    if counted == {True}:
        return "log number of solutions (nats per weight)"
    if counted == {True, False}:
        raise ValueError(
            "curves mix numbers of binary solutions with fractions of real weights, "
            "which have no common axis: draw them on two axes."
        )
    return "local entropy (nats per weight)"


class TheoryCurveDisplay:
    """Local-entropy curves of the theory, with measured curves on top.

    Parameters
    ----------
    curves : sequence of LocalEntropyCurve
        Theoretical curves.
    labels : sequence of str or None
        One label per curve; None for no legend entries.
    x : {"centre", "mutual", "distance"}, default="centre"
        Horizontal axis: overlap with the centre (what a measurement controls;
        ``sqrt(q1)`` for replicas at mutual overlap q1), mutual overlap of the
        replicas, or distance from the centre. Overlaps run from 1 downwards, so that
        the centre is on the left in any case, as in `LocalEntropyDisplay`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the last plot.
    figure_ : matplotlib Figure
        Its figure.
    lines_ : list of matplotlib Line2D
        One line per curve.

    See Also
    --------
    skwfm.theory.local_entropy_curve : Compute a curve.
    """

    def __init__(
        self,
        curves: Sequence[LocalEntropyCurve],
        labels: Sequence[str] | None = None,
        x: Literal["centre", "mutual", "distance"] = "centre",
    ):
        self.curves = curves
        self.labels = labels
        self.x = x

    @classmethod
    def from_curve(
        cls,
        curve: LocalEntropyCurve,
        *,
        label: str | None = None,
        x: Literal["centre", "mutual", "distance"] = "centre",
        ax: Axes | None = None,
        measured: LocalEntropyCurve | None = None,
    ) -> Self:
        """Draw one theoretical curve, with a measured one if given.

        Parameters
        ----------
        curve : LocalEntropyCurve
            Theoretical curve.
        label : str or None, default=None
            Its legend entry; the curve's method by default.
        x : {"centre", "mutual", "distance"}, default="centre"
            Horizontal axis.
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        measured : LocalEntropyCurve or None, default=None
            Drawn as points at its own centre overlap.

        Returns
        -------
        display : TheoryCurveDisplay
        """
        display = cls.from_curves([curve], labels=[label or curve.method], x=x, ax=ax)
        return display if measured is None else display.overlay(measured)

    @classmethod
    def from_curves(
        cls,
        curves: Sequence[LocalEntropyCurve],
        *,
        labels: Sequence[str] | None = None,
        x: Literal["centre", "mutual", "distance"] = "centre",
        ax: Axes | None = None,
    ) -> Self:
        """Draw several theoretical curves.

        Parameters
        ----------
        curves : sequence of LocalEntropyCurve
            Theoretical curves.
        labels : sequence of str or None, default=None
            Legend entries; none by default.
        x : {"centre", "mutual", "distance"}, default="centre"
            Horizontal axis.
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : TheoryCurveDisplay
        """
        return cls(curves, labels, x).plot(ax=ax)

    def _abscissa(self, curve):
        if self.x not in AXES:
            raise ValueError(f"x must be one of {AXES}, got {shown(self.x)}.")
        if self.x == "mutual" and curve.reference != "mutual":
            raise ValueError(
                "x='mutual' needs curves of replicas at a mutual overlap; this one is "
                "around a centre. Use x='centre' or x='distance'."
            )
        if self.x == "mutual":
            return curve.overlap
        return curve.centre_overlap if self.x == "centre" else curve.centre_distance

    def plot(self, ax: Axes | None = None, **kwargs: object) -> Self:
        """Draw the curves.

        Curves differ in colour and dashes. Points that exceed the total volume of
        solutions are dotted: there the replica-symmetric curve cannot be right.
        Unconverged points leave gaps. A band of one error estimate is drawn where it
        can be seen.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        **kwargs
            Passed to ``Axes.plot``.

        Returns
        -------
        self : TheoryCurveDisplay
        """
        ax = new_axes(ax)
        labels = self.labels or [None] * len(self.curves)
        styles = itertools.cycle(STYLES)
        self.lines_ = [
            self._draw(ax, curve, label, styles, kwargs)
            for curve, label in zip(self.curves, labels, strict=True)
        ]
        self.ax_, self.figure_ = ax, ax.figure
        names = {
            "centre": "overlap with the centre $p$",
            "mutual": "mutual overlap of the replicas $q_1$",
            "distance": "distance from the centre $d$",
        }
        ax.set(xlabel=names[self.x], ylabel=_quantity(self.curves))
        if self.x != "distance" and not ax.xaxis_inverted():
            ax.invert_xaxis()
        if any(labels):
            ax.legend(handles=self._handles(ax), frameon=False)
        return self

    def _handles(self, ax):
        """Legend entries of the axes, with one for dots if there are any."""
        handles = ax.get_legend_handles_labels()[0]
        if any(
            curve.exceeds_cap is not None and curve.exceeds_cap.any()
            for curve in self.curves
        ):
            dots = {"linestyle": ":", "color": "black"}
            handles.append(
                type(self.lines_[0])([], [], label="above the total volume", **dots)
            )
        return handles

    def _draw(self, ax, curve, label, styles, kwargs):
        x = self._abscissa(curve)
        over = curve.exceeds_cap
        over = np.zeros(x.shape, bool) if over is None else np.asarray(over)
        kwargs = {"linestyle": next(styles), **kwargs}
        (line,) = ax.plot(x, np.where(over, np.nan, curve.entropy), **kwargs)
        line.set_label(label)
        color = line.get_color()
        if over.all():
            line.set_linestyle(":")  # in the legend as in the figure
        if over.any():
            # The neighbours are included so that the two parts join.
            near = over | np.roll(over, 1) | np.roll(over, -1)
            dotted = np.where(near, curve.entropy, np.nan)
            ax.plot(x, dotted, ":", color=color)
        if curve.error is not None:
            low, high = curve.entropy - curve.error, curve.entropy + curve.error
            ax.fill_between(x, low, high, color=color, alpha=0.2, linewidth=0)
        if curve.lower_bound is not None:
            style = {"linestyle": next(styles), "color": color}
            ax.plot(x, curve.lower_bound, label="lower bound", **style)
        return line

    def overlay(
        self,
        *curves: LocalEntropyCurve,
        labels: Sequence[str] | None = None,
        **kwargs: object,
    ) -> Self:
        """Draw measured curves as points on the same axes.

        A measurement around a solution at overlap p is placed at the same centre
        overlap as replicas at mutual overlap ``p**2``.

        Parameters
        ----------
        *curves : LocalEntropyCurve
            Measured curves.
        labels : sequence of str or None, default=None
            Legend entries; the curves' methods by default.
        **kwargs
            Passed to ``Axes.plot``.

        Returns
        -------
        self : TheoryCurveDisplay
        """
        labels = [curve.method for curve in curves] if labels is None else labels
        style = {"marker": "o", "linestyle": "none", "markersize": 4, **kwargs}
        for curve, label in zip(curves, labels, strict=True):
            x = self._measured_abscissa(curve)
            self.ax_.plot(x, curve.entropy, label=label, **style)
        self.ax_.legend(frameon=False)
        return self

    def _measured_abscissa(self, curve):
        """Horizontal position of a measured point; p squared on a mutual axis."""
        if self.x == "mutual" and curve.reference == "centre":
            return np.asarray(curve.overlap) ** 2
        return self._abscissa(curve)
