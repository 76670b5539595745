"""What all displays share. Matplotlib is imported when something is drawn."""

from __future__ import annotations

from typing import Any

# One style per algorithm in every figure. The colours differ for the colour-blind;
# markers and lines tell algorithms apart in greyscale.
ALGORITHM_STYLES = {
    "fbp": {"color": "#332288", "marker": "D", "linestyle": "-."},
    "elal": {"color": "#0072b2", "marker": "o", "linestyle": "-"},
    "lal": {"color": "#d55e00", "marker": "s", "linestyle": "--"},
    "cesgd-fast": {"color": "#2bb08a", "marker": "^", "linestyle": (0, (1, 1))},
    "cesgd-slow": {"color": "#e6a100", "marker": "v", "linestyle": (0, (4, 1, 1, 1))},
    "annealing": {"color": "#cc79a7", "marker": "P", "linestyle": (0, (8, 2))},
    "logisticregression": {"color": "0.35", "marker": "x", "linestyle": "-"},
    "linearsvc": {"color": "0.35", "marker": "+", "linestyle": "--"},
    "svc": {"color": "0.5", "marker": "1", "linestyle": "-"},
    "randomforest": {"color": "0.5", "marker": "2", "linestyle": "--"},
    "mlp": {"color": "0.65", "marker": "3", "linestyle": "-"},
}
_ALIASES = {"cesgd": "cesgd-fast"}
# For names without a style, in the order in which they appear.
_MACHINES = ("#56b4e9", "#8c510a", "#7fbc41", "#999933")
_GREYS = ("0.4", "0.55", "0.7")
_MARKERS = ("*", "X", "p", "h", "8", "<", ">")


def algorithm_style(
    name: str, *, rank: int = 0, standard: bool = False
) -> dict[str, Any]:
    """Return the colour, marker and line of an algorithm, the same in every figure.

    Parameters
    ----------
    name : str
        As in tables: "eLAL", "elal" and "ELALClassifier" are the same. A comma
        introduces a variant, drawn like its algorithm with hollow markers: "LAL,
        default rate".
    rank : int, default=0
        Number of names without a style that came before, so that each gets its own.
    standard : bool, default=False
        Whether a name without a style is drawn in grey, as standard classifiers are,
        instead of in colour.

    Returns
    -------
    style : dict
        "color", "marker", "linestyle" and, for a variant, "markerfacecolor": keywords
        of ``Axes.plot`` and ``Axes.errorbar``.
    """
    if style := known_style(name):
        return style
    colours = _GREYS if standard else _MACHINES
    return {
        "color": colours[rank % len(colours)],
        "marker": _MARKERS[rank % len(_MARKERS)],
        "linestyle": (0, (2 + rank, 1)),
    }


def known_style(label):
    """Return the style of a label that names an algorithm.

    Parameters
    ----------
    label : str or None
        Text of the legend.

    Returns
    -------
    style : dict
        As from `algorithm_style`; empty if no algorithm has this name.
    """
    name = (label or "").lower().replace("-default", ", default")
    algorithm, _, variant = name.partition(",")
    key = algorithm.strip().removesuffix("classifier")
    style = dict(ALGORITHM_STYLES.get(_ALIASES.get(key, key), {}))
    return {**style, "markerfacecolor": "white"} if style and variant else style


def line_style(label, **kwargs):
    """Return the style of a measured curve.

    Parameters
    ----------
    label : str or None
        Label of the curve; the name of an algorithm selects its style.
    **kwargs
        Keywords of the caller, which take precedence. Matplotlib's short names are
        accepted as well.

    Returns
    -------
    style : dict
        Keywords of ``Axes.errorbar``.
    """
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    plain = {"marker": "o", "markersize": 4, "linewidth": 1.3}
    return {**plain, **known_style(label), **normalize_kwargs(kwargs, Line2D)}


def add_legend(ax, notes=()):
    """Add a legend, with notes above it that explain the marks.

    Parameters
    ----------
    ax : matplotlib Axes
        Axes with labelled artists; without any there is no legend.
    notes : sequence of str, default=()
        One line each.
    """
    if ax.get_legend_handles_labels()[1]:
        ax.legend(
            frameon=False, title="\n".join(notes), title_fontsize="small",
            alignment="left",
        )  # fmt: skip


def new_axes(ax):
    """Return axes to draw on.

    Parameters
    ----------
    ax : matplotlib Axes or None
        None makes a new figure.

    Returns
    -------
    ax : matplotlib Axes
        The given axes, or those of the new figure.
    """
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1] if ax is None else ax


def check_labels(labels, n_curves):
    """Return one label for each result.

    Parameters
    ----------
    labels : sequence of str or None
        Labels; None for none.
    n_curves : int
        Number of results.

    Returns
    -------
    labels : list of str or None
        As many as results.

    Raises
    ------
    ValueError
        If the numbers differ.
    """
    labels = [None] * n_curves if labels is None else list(labels)
    if len(labels) != n_curves:
        raise ValueError(
            f"labels has {len(labels)} entries for {n_curves} results: pass one each."
        )
    return labels
