"""The display of Hessian spectra; matplotlib is imported on drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike

from skwfm._plotting import add_legend, check_labels, known_style, new_axes
from skwfm.landscape.hessian.results import HessianSpectrum
from skwfm.landscape.hessian.spectrum import hessian_spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NOTES = {
    "exact": "triangles: largest eigenvalues",
    "slq": "bands: one standard error",
}


class HessianSpectrumDisplay:
    """Histograms of the eigenvalues of one or several solutions, log-scaled.

    Parameters
    ----------
    spectra : sequence of HessianSpectrum
        Exact spectra are drawn as histograms, densities as lines with a band of one
        standard error.
    labels : sequence of str or None, default=None
        One label per spectrum. The name of an algorithm selects its colour and line.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the last plot.
    figure_ : matplotlib Figure
        Its figure.

    See Also
    --------
    skwfm.landscape.hessian_spectrum : Compute a spectrum.
    """

    def __init__(
        self, spectra: Sequence[HessianSpectrum], labels: Sequence[str] | None = None
    ):
        self.spectra = spectra
        self.labels = labels

    @classmethod
    def from_spectra(
        cls,
        spectra: Sequence[HessianSpectrum],
        *,
        labels: Sequence[str] | None = None,
        bins: int = 60,
        ax: Axes | None = None,
    ) -> Self:
        """Draw several spectra on common bins.

        Parameters
        ----------
        spectra : sequence of HessianSpectrum
            Spectra at the same beta and of the same loss.
        labels : sequence of str or None, default=None
            One label per spectrum.
        bins : int, default=60
            Number of bins over the range of all spectra.
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : HessianSpectrumDisplay
            With `ax_` and `figure_`.
        """
        return cls(spectra, labels).plot(ax=ax, bins=bins)

    @classmethod
    def from_estimator(
        cls,
        model: object,
        X: ArrayLike,
        y: ArrayLike,
        beta: float,
        *,
        label: str | None = None,
        ax: Axes | None = None,
        **kwargs: object,
    ) -> Self:
        """Compute the spectrum of one solution and draw it.

        Parameters
        ----------
        model : fitted classifier of skwfm
            The solution.
        X : array-like of shape (n_samples, n_features)
            Patterns.
        y : array-like of shape (n_samples,)
            Labels.
        beta : float
            Steepness of the units.
        label : str or None, default=None
            Legend entry; the class of the model by default.
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        **kwargs
            Passed to `hessian_spectrum`.

        Returns
        -------
        display : HessianSpectrumDisplay
            With `ax_` and `figure_`.
        """
        spectrum = hessian_spectrum(model, X, y, beta, **kwargs)
        return cls([spectrum], [label or type(model).__name__]).plot(ax=ax)

    def plot(self, ax: Axes | None = None, *, bins: int = 60) -> Self:
        """Draw the spectra.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; a new figure by default.
        bins : int, default=60
            Number of bins over the range of all spectra.

        Returns
        -------
        self : HessianSpectrumDisplay
            With `ax_` and `figure_`.

        Raises
        ------
        ValueError
            If there is no spectrum, or one computed by Lanczos.
        """
        labels = check_labels(self.labels, len(self.spectra))
        exact = [s.eigenvalues for s in self.spectra if s.method == "exact"]
        if any(s.method == "lanczos" for s in self.spectra) or not self.spectra:
            raise ValueError(
                "spectra must be computed with method='exact' or method='slq': the "
                "ends of a spectrum make no histogram."
            )
        ax = new_axes(ax)
        edges = np.histogram_bin_edges(np.concatenate(exact), bins) if exact else None
        for i, (spectrum, label) in enumerate(zip(self.spectra, labels, strict=True)):
            draw = (
                self._draw_exact if spectrum.method == "exact" else self._draw_density
            )
            style = {"color": f"C{i}", **known_style(label)}
            line = {key: style[key] for key in style.keys() & {"color", "linestyle"}}
            draw(ax, spectrum, edges, label=label, **line)
        self._finish(ax)
        return self

    @staticmethod
    def _draw_exact(ax, spectrum, edges, **style):
        counts, _ = np.histogram(spectrum.eigenvalues, edges)
        ax.stairs(counts, edges, lw=1.3, **style)
        # The largest eigenvalue is marked: it is a count of one among thousands.
        ax.plot(spectrum.largest, 0.7, "v", ms=5, color=style["color"], clip_on=False)

    @staticmethod
    def _draw_density(ax, spectrum, edges, **style):
        found = spectrum.density
        # In counts per bin, as histograms are; without any, per width of the smoothing.
        bin_width = found.width if edges is None else edges[1] - edges[0]
        scale = spectrum.n_weights * bin_width
        ax.plot(found.grid, scale * found.density, lw=1.3, **style)
        low, high = (scale * (found.density + k * found.error) for k in (-1, 1))
        low = np.maximum(low, np.finfo(float).tiny)
        ax.fill_between(found.grid, low, high, alpha=0.25, lw=0, color=style["color"])

    def _finish(self, ax):
        betas = {s.beta for s in self.spectra}
        at = rf" ($\beta$ = {betas.pop():.3g})" if len(betas) == 1 else ""
        ax.set_yscale("log")
        ax.set_ylim(bottom=0.5)
        ax.set(xlabel=f"eigenvalue of the Hessian{at}", ylabel="number of eigenvalues")
        methods = {spectrum.method for spectrum in self.spectra}
        add_legend(ax, [note for method, note in _NOTES.items() if method in methods])
        self.ax_, self.figure_ = ax, ax.figure
