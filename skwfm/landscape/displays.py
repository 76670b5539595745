"""Displays of landscape measures, made from results and drawn by ``plot``.

Matplotlib is imported when something is drawn, not before.
"""

import numpy as np

from skwfm.displays import check_labels, new_axes
from skwfm.landscape.robustness import noise_robustness
from skwfm.landscape.spectrum import hessian_spectrum


class HessianSpectrumDisplay:
    """Histograms of eigenvalues on a logarithmic scale, one or several solutions.

    Parameters
    ----------
    spectra : sequence of HessianSpectrum
        Exact ones are drawn as histograms, densities as lines with a band of one
        standard error.
    labels : sequence of str or None, default=None
        One label per spectrum.

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

    def __init__(self, spectra, labels=None):
        self.spectra = spectra
        self.labels = labels

    @classmethod
    def from_spectra(cls, spectra, *, labels=None, bins=60, ax=None):
        """Draw several spectra on common bins.

        Parameters
        ----------
        spectra : sequence of HessianSpectrum
            At the same beta and of the same loss.
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
    def from_estimator(cls, model, X, y, beta, *, label=None, ax=None, **kwargs):
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

    def plot(self, ax=None, *, bins=60):
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
            If there is nothing that can be drawn.
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
            draw(ax, spectrum, edges, label=label, color=f"C{i}")
        self._finish(ax, labels)
        return self

    @staticmethod
    def _draw_exact(ax, spectrum, edges, **style):
        counts, _ = np.histogram(spectrum.eigenvalues, edges)
        ax.stairs(counts, edges, lw=1.3, **style)
        # A mark at the largest eigenvalue, which is a count of one among thousands.
        ax.plot(spectrum.largest, 0.7, "v", ms=5, color=style["color"], clip_on=False)

    @staticmethod
    def _draw_density(ax, spectrum, edges, **style):
        found = spectrum.density
        # In counts per bin, so that it lies on a histogram; alone, per grid width.
        bin_width = found.width if edges is None else edges[1] - edges[0]
        scale = spectrum.n_weights * bin_width
        ax.plot(found.grid, scale * found.density, lw=1.3, **style)
        low, high = (scale * (found.density + k * found.error) for k in (-1, 1))
        low = np.maximum(low, np.finfo(float).tiny)
        ax.fill_between(found.grid, low, high, alpha=0.25, lw=0, color=style["color"])

    def _finish(self, ax, labels):
        betas = {s.beta for s in self.spectra}
        at = rf" ($\beta$ = {betas.pop():.3g})" if len(betas) == 1 else ""
        ax.set_yscale("log")
        ax.set_ylim(bottom=0.5)
        ax.set(xlabel=f"eigenvalue of the Hessian{at}", ylabel="number of eigenvalues")
        if any(labels):
            ax.legend(frameon=False)
        self.ax_, self.figure_ = ax, ax.figure


class NoiseRobustnessDisplay:
    """Error rate against the level of noise, one or several classifiers.

    Parameters
    ----------
    curves : sequence of RobustnessCurve
        Results of `noise_robustness` with the same kind of noise.
    labels : sequence of str or None, default=None
        One label per curve.

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

    def __init__(self, curves, labels=None):
        self.curves = curves
        self.labels = labels

    @classmethod
    def from_curves(cls, curves, *, labels=None, ax=None):
        """Draw several curves.

        Parameters
        ----------
        curves : sequence of RobustnessCurve
            With the same kind of noise.
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
    def from_estimator(cls, model, X, y, *, label=None, ax=None, **kwargs):
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

    def plot(self, ax=None, **kwargs):
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
        style = {"marker": "o", "ms": 4, "lw": 1.3, "capsize": 2, **kwargs}
        for curve, label in zip(self.curves, labels, strict=True):
            error = np.nan_to_num(curve.standard_error)
            ax.errorbar(curve.levels, curve.error, error, label=label, **style)
        unit = " (standard deviations)" if kinds == ["gaussian"] else ""
        ax.set(xlabel=f"level of {kinds[0]} noise{unit}", ylabel="error rate")
        ax.set_ylim(bottom=0)
        if any(labels):
            ax.legend(frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self
