"""The display of noise robustness; matplotlib is imported on drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike

from skwfm._plotting import add_legend, check_labels, line_style, new_axes
from skwfm.landscape.robustness import RobustnessCurve, noise_robustness

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class NoiseRobustnessDisplay:
    """Error rates of one or several classifiers against the level of noise.

    Parameters
    ----------
    curves : sequence of RobustnessCurve
        Results of `noise_robustness` with the same kind of noise.
    labels : sequence of str or None, default=None
        One label per curve. The name of an algorithm selects its colour, marker
        and line.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the last plot.
    figure_ : matplotlib Figure
        Its figure.

    See Also
    --------
    skwfm.landscape.noise_robustness : Compute a curve.
    """

    def __init__(
        self, curves: Sequence[RobustnessCurve], labels: Sequence[str] | None = None
    ):
        self.curves = curves
        self.labels = labels

    @classmethod
    def from_curves(
        cls,
        curves: Sequence[RobustnessCurve],
        *,
        labels: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw several curves.

        Parameters
        ----------
        curves : sequence of RobustnessCurve
            Results of `noise_robustness` with the same kind of noise.
        labels : sequence of str or None, default=None
            One label per curve.
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : NoiseRobustnessDisplay
            With `ax_` and `figure_`.
        """
        return cls(curves, labels).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls,
        model: object,
        X: ArrayLike,
        y: ArrayLike,
        *,
        label: str | None = None,
        ax: Axes | None = None,
        **kwargs: object,
    ) -> Self:
        """Compute the curve of one classifier and draw it.

        Parameters
        ----------
        model : fitted classifier
            Anything with `predict`.
        X : array-like of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,)
            Labels.
        label : str or None, default=None
            Legend entry; the class of the model by default.
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        **kwargs
            Passed to `noise_robustness`.

        Returns
        -------
        display : NoiseRobustnessDisplay
            With `ax_` and `figure_`.
        """
        curve = noise_robustness(model, X, y, **kwargs)
        return cls([curve], [label or type(model).__name__]).plot(ax=ax)

    def plot(self, ax: Axes | None = None, **kwargs: object) -> Self:
        """Draw the curves with bars of one standard error.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        **kwargs
            Passed to ``Axes.errorbar``.

        Returns
        -------
        self : NoiseRobustnessDisplay
            With `ax_` and `figure_`.

        Raises
        ------
        ValueError
            If the curves are of different kinds of noise, or there is none.
        """
        labels = check_labels(self.labels, len(self.curves))
        kinds = sorted({curve.noise for curve in self.curves})
        if len(kinds) != 1:
            raise ValueError(
                f"curves are of noises {kinds}: draw one kind in one plot."
            )
        ax = new_axes(ax)
        for curve, label in zip(self.curves, labels, strict=True):
            error = np.nan_to_num(curve.standard_error)
            style = line_style(label, capsize=2, **kwargs)
            ax.errorbar(curve.levels, curve.error, error, label=label, **style)
        unit = " (standard deviations)" if kinds == ["gaussian"] else ""
        ax.set(xlabel=f"level of {kinds[0]} noise{unit}", ylabel="error rate")
        ax.set_ylim(bottom=0)
        add_legend(ax, ["bars: one standard error"])
        self.ax_, self.figure_ = ax, ax.figure
        return self
