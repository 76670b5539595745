"""The display of measured local entropies; matplotlib is imported on drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from skwfm._plotting import add_legend, check_labels, line_style, new_axes
from skwfm._shown import shown
from skwfm.curves import LocalEntropyCurve
from skwfm.landscape.volumes.local_entropy import local_entropy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AXES = {
    "distance": "distance $(1 - p) / 2$ from the solution",
    "overlap": "overlap $p$ with the solution",
}
# Length of a bar to each side, in errors.
_BAR = 2


class LocalEntropyDisplay:
    """Local entropy around one or several solutions.

    Points that did not converge are a gap in the line and a cross of the curve's colour
    on the upper edge; the legend counts them.

    Parameters
    ----------
    curves : sequence of LocalEntropyCurve
        Results of `local_entropy`.
    labels : sequence of str or None, default=None
        One label per curve. The name of an algorithm selects its colour, marker
        and line.
    x : {"distance", "overlap"}, default="distance"
        Horizontal axis. Overlaps decrease to the right, so that the solution is on the
        left in either case.

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
    skwfm.landscape.local_entropy : Measure a curve.
    skwfm.displays.TheoryCurveDisplay : Theoretical curves, with measured ones on top.
    """

    def __init__(
        self,
        curves: Sequence[LocalEntropyCurve],
        labels: Sequence[str] | None = None,
        x: Literal["distance", "overlap"] = "distance",
    ):
        self.curves = curves
        self.labels = labels
        self.x = x

    @classmethod
    def from_curves(
        cls,
        curves: Sequence[LocalEntropyCurve],
        *,
        labels: Sequence[str] | None = None,
        x: Literal["distance", "overlap"] = "distance",
        ax: Axes | None = None,
        **kwargs: object,
    ) -> Self:
        """Draw several curves.

        Parameters
        ----------
        curves : sequence of LocalEntropyCurve
            Results of `local_entropy`.
        labels : sequence of str or None, default=None
            One label per curve.
        x : {"distance", "overlap"}, default="distance"
            Horizontal axis.
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        **kwargs
            Passed to ``Axes.errorbar``.

        Returns
        -------
        display : LocalEntropyDisplay
            With `ax_` and `figure_`.
        """
        return cls(curves, labels, x).plot(ax=ax, **kwargs)

    @classmethod
    def from_curve(
        cls,
        curve: LocalEntropyCurve,
        *,
        label: str | None = None,
        x: Literal["distance", "overlap"] = "distance",
        ax: Axes | None = None,
        **kwargs: object,
    ) -> Self:
        """Draw one curve.

        Parameters
        ----------
        curve : LocalEntropyCurve
            Result of `local_entropy`.
        label : str or None, default=None
            Legend entry; the curve's method by default.
        x : {"distance", "overlap"}, default="distance"
            Horizontal axis.
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        **kwargs
            Passed to ``Axes.errorbar``.

        Returns
        -------
        display : LocalEntropyDisplay
            With `ax_` and `figure_`.
        """
        return cls([curve], [label or curve.method], x).plot(ax=ax, **kwargs)

    @classmethod
    def from_estimator(
        cls,
        model: object,
        X: ArrayLike,
        y: ArrayLike,
        *,
        label: str | None = None,
        x: Literal["distance", "overlap"] = "distance",
        ax: Axes | None = None,
        **kwargs: object,
    ) -> Self:
        """Measure the local entropy of one solution and draw it.

        Parameters
        ----------
        model : fitted classifier of skwfm, or Pipeline that ends with one
            The solution.
        X : array-like of shape (n_samples, n_features)
            Patterns that the model learned.
        y : array-like of shape (n_samples,)
            Labels.
        label : str or None, default=None
            Legend entry; the class of the model by default.
        x : {"distance", "overlap"}, default="distance"
            Horizontal axis.
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        **kwargs
            Passed to `local_entropy`.

        Returns
        -------
        display : LocalEntropyDisplay
            With `ax_` and `figure_`.
        """
        curve = local_entropy(model, X, y, **kwargs)
        return cls.from_curve(curve, label=label or type(model).__name__, x=x, ax=ax)

    def plot(self, ax: Axes | None = None, **kwargs: object) -> Self:
        """Draw the curves, with bars of twice the error where it is known.

        The error is the standard error of sampling, or the estimated error of corrected
        expectation propagation.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        **kwargs
            Passed to ``Axes.errorbar``.

        Returns
        -------
        self : LocalEntropyDisplay
            With `ax_` and `figure_`.

        Raises
        ------
        ValueError
            If `x` is unknown, or there is not one label for each curve.
        """
        if self.x not in _AXES:
            raise ValueError(
                f"x={shown(self.x)} is unknown: pass one of {tuple(_AXES)}."
            )
        labels = check_labels(self.labels, len(self.curves))
        ax = new_axes(ax)
        self.lines_ = [
            self._draw(ax, curve, label, line_style(label, capsize=3, **kwargs))
            for curve, label in zip(self.curves, labels, strict=True)
        ]
        ax.set(xlabel=_AXES[self.x], ylabel="local entropy (nats per weight)")
        if self.x == "overlap" and not ax.xaxis_inverted():
            ax.invert_xaxis()
        has_bars = any(getattr(c, "has_yerr", False) for c in ax.containers)
        add_legend(ax, ["bars: twice the error"] if has_bars else [])
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw(self, ax, curve, label, style):
        order = np.argsort(curve.overlap)[::-1]
        x = np.asarray(getattr(curve, self.x))[order]
        entropy = np.where(curve.converged, curve.entropy, np.nan)[order]
        error = None if curve.error is None else _BAR * np.asarray(curve.error)[order]
        bars = ax.errorbar(x, entropy, error, label=label, **style)
        lost = x[np.isnan(entropy)]
        if lost.size:
            self._mark(ax, lost, bars)
        return bars.lines[0]

    @staticmethod
    def _mark(ax, lost, bars):
        """Draw crosses on the upper edge, and count them in the legend."""
        at_the_top = np.full(lost.size, 1.0)
        ax.plot(
            lost, at_the_top, "x", color=bars.lines[0].get_color(), clip_on=False,
            transform=ax.get_xaxis_transform(), zorder=5,
        )  # fmt: skip
        text = f"{lost.size} not converged ($\\times$)"
        label = bars.get_label()
        known = label and not label.startswith("_")
        bars.set_label(f"{label}\n{text}" if known else text)
