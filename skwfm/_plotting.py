"""What all displays share. Matplotlib is imported when something is drawn."""


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
