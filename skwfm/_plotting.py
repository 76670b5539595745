"""What all displays share. Matplotlib is imported when something is drawn."""

from __future__ import annotations

from typing import Any

# One look per algorithm in every figure. Colours keep apart for the colour-blind and
# darken from one to the next in greyscale; markers and lines tell the rest.
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
# For names that are in no table, in the order in which they come.
_MACHINES = ("#56b4e9", "#8c510a", "#7fbc41", "#999933")
_GREYS = ("0.4", "0.55", "0.7")
_MARKERS = ("*", "X", "p", "h", "8", "<", ">")


def algorithm_style(
    name: str, *, rank: int = 0, standard: bool = False
) -> dict[str, Any]:
    """Give the colour, marker and line of an algorithm, the same in every figure.

    Parameters
    ----------
    name : str
        As in tables: "eLAL", "elal" and "ELALClassifier" are one. What follows a comma
        is a variant, drawn like its algorithm with hollow markers: "LAL, default rate".
    rank : int, default=0
        How many names that no table knows came before, so that each gets its own look.
    standard : bool, default=False
        Whether a name that no table knows is drawn in grey, as standard classifiers
        are, instead of a colour.

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
    """Give the style of a label that names an algorithm.

    Parameters
    ----------
    label : str or None
        What is to stand in a legend.

    Returns
    -------
    style : dict
        As from `algorithm_style`; empty for any other label.
    """
    name = (label or "").lower().replace("-default", ", default")
    algorithm, _, variant = name.partition(",")
    key = algorithm.strip().removesuffix("classifier")
    style = dict(ALGORITHM_STYLES.get(_ALIASES.get(key, key), {}))
    return {**style, "markerfacecolor": "white"} if style and variant else style


def line_style(label, **kwargs):
    """Give the style of a measured curve.

    Parameters
    ----------
    label : str or None
        Its label: the name of an algorithm brings that one's look.
    **kwargs
        What comes from the caller, who has the last word. Matplotlib's short names
        are as good as the long ones.

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
    """Give axes to draw on.

    Parameters
    ----------
    ax : matplotlib Axes or None
        None makes a new figure.

    Returns
    -------
    ax : matplotlib Axes
        The given ones, or the new figure's.
    """
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1] if ax is None else ax


def check_labels(labels, n_curves):
    """Give one label to each result.

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
