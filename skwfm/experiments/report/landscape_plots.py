"""Figures of the landscapes that a comparison measured."""

import numpy as np

from skwfm.experiments.report.canvas import (
    COMMITTEE_STYLES,
    GREY,
    STANDARD_LINES,
    WIDTH,
    logarithmic,
    new_figure,
    rule,
)
from skwfm.experiments.study.contestants import COMMITTEE


def _measured(comparison, attribute):
    """Successful runs that have a measure, by algorithm, in the order given."""
    found = {}
    for run in comparison.runs:
        if run.status == "ok" and getattr(run.measures, attribute):
            found.setdefault(run.algorithm, []).append(run)
    return {name: found[name] for name in comparison.names if name in found}


def _styles(comparison):
    """One style for each algorithm, the same in every figure."""
    families = {run.algorithm: run.family for run in comparison.runs}
    committees = [n for n in comparison.names if families[n] == COMMITTEE]
    styles = {}
    for index, name in enumerate(committees):
        colour, mark = COMMITTEE_STYLES[index % len(COMMITTEE_STYLES)]
        styles[name] = {"color": colour, "marker": mark, "ms": 5, "lw": 1.6}
    others = [n for n in comparison.names if n not in styles]
    for index, name in enumerate(others):
        line = STANDARD_LINES[index % len(STANDARD_LINES)]
        styles[name] = {"color": GREY, "ls": line, "lw": 1.2}
    return styles


def _mean_and_bar(values):
    """Mean over runs (rows) and its standard error, NaN where that is unknown."""
    values = np.asarray(values, dtype=float)
    bar = np.full(values.shape[1], np.nan)
    if len(values) > 1:
        bar = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return values.mean(axis=0), bar


def _legend(figure, axes):
    """Beside the axes, so that it covers nothing whatever is drawn."""
    handles, labels = axes.get_legend_handles_labels()
    # The marks alone: error bars in a legend only add ink.
    handles = [getattr(handle, "lines", [handle])[0] for handle in handles]
    figure.legend(handles, labels, loc="outside right upper", frameon=False)


def _figure(comparison, attribute, line, finish):
    """One line an algorithm beside a legend, or None when nothing was measured."""
    runs_of = _measured(comparison, attribute)
    if not runs_of:
        return None
    figure = new_figure(WIDTH, 3.8)
    axes, styles = figure.subplots(), _styles(comparison)
    for name, runs in runs_of.items():
        line(axes, name, runs, styles[name])
    finish(axes)
    rule(axes)
    _legend(figure, axes)
    return figure


def entropy(comparison):
    """Draw the local entropy of committee machines against distance.

    Parameters
    ----------
    comparison : Comparison
        The results.

    Returns
    -------
    figure : matplotlib.figure.Figure or None
        None when nothing was measured.
    """
    return _figure(comparison, "entropy_curve", _entropy_line, _entropy_axes)


def _entropy_line(axes, name, runs, style):
    distances = [distance for distance, _ in runs[0].measures.entropy_curve]
    values = [[v for _, v in run.measures.entropy_curve] for run in runs]
    values = np.array(values, dtype=float)
    # A mean over other runs at every distance would not be a curve.
    lost = np.isnan(values).any(axis=0)
    mean, bar = _mean_and_bar(values)
    label = f"{name}\n({lost.sum()} not converged)" if lost.any() else name
    axes.errorbar(distances, mean, bar, capsize=3, label=label, **style)


def _entropy_axes(axes):
    axes.set_xlabel("distance from the solution")
    axes.set_ylabel("local entropy (nats per weight)")
    axes.set_xlim(left=0)
    # Zero is the largest value there is; a little above it, marks are whole.
    axes.set_ylim(top=-0.03 * axes.get_ylim()[0])


def noise(comparison):
    """Draw the error rate on corrupted training patterns against the noise.

    Parameters
    ----------
    comparison : Comparison
        The results.

    Returns
    -------
    figure : matplotlib.figure.Figure or None
        None when nothing was measured.
    """
    return _figure(comparison, "noise_curve", _noise_line, _noise_axes)


def _noise_line(axes, name, runs, style):
    curves = np.array([run.measures.noise_curve for run in runs])
    mean, bar = _mean_and_bar(100 * curves[:, :, 1])
    axes.errorbar(100 * curves[0, :, 0], mean, bar, capsize=2, label=name, **style)


def _noise_axes(axes):
    axes.set_xlabel("share of the inputs redrawn (%)")
    axes.set_ylabel("training examples answered wrongly (%)")
    axes.set_ylim(bottom=0)


def spectrum(comparison):
    """Draw the largest eigenvalues of the Hessians of the first seed.

    Parameters
    ----------
    comparison : Comparison
        The results.

    Returns
    -------
    figure : matplotlib.figure.Figure or None
        None when nothing was measured.
    """
    return _figure(comparison, "eigenvalues", _spectrum_line, _spectrum_axes)


def _spectrum_line(axes, name, runs, style):
    measures = runs[0].measures
    ranks = np.arange(1, len(measures.eigenvalues) + 1)
    label = f"{name}\n(steepness {measures.hessian_beta:.3g})"
    axes.plot(ranks, measures.eigenvalues, label=label, **style)


def _spectrum_axes(axes):
    axes.set_xlabel("number of the eigenvalue, largest first")
    axes.set_ylabel("eigenvalue of the Hessian")
    axes.xaxis.get_major_locator().set_params(integer=True)
    logarithmic(axes, "y")


def eigenvalue(comparison):
    """Draw test error against the largest eigenvalue, one point for each solution.

    Parameters
    ----------
    comparison : Comparison
        The results.

    Returns
    -------
    figure : matplotlib.figure.Figure or None
        None when nothing was measured.
    """
    return _figure(comparison, "eigenvalues", _eigenvalue_points, _eigenvalue_axes)


def _eigenvalue_points(axes, name, runs, style):
    x = [run.measures.hessian_largest for run in runs]
    y = [100 * (1 - run.test_accuracy) for run in runs]
    axes.plot(x, y, label=name, **{**style, "lw": 0, "ms": 7})


def _eigenvalue_axes(axes):
    axes.set_xlabel("largest eigenvalue of the Hessian (logarithmic)")
    axes.set_ylabel("test error (%)")
    axes.margins(x=0.1, y=0.1)
    logarithmic(axes, "x")
