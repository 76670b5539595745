"""What all figures of a report share: width, colours, logarithmic axes, grid."""

BLUE, GREY, RED, INK = "#1f6fb4", "#7a7f87", "#b5402d", "#22262b"
GRID = "#e4e6e9"
# Inches; narrow, so that the text can be read on a telephone.
WIDTH = 7.2
DPI = 160


def new_figure(height):
    """Make a figure of a height in inches, without pyplot: nothing is left open."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def logarithmic(axes, which):
    """Make the "x" or "y" axis logarithmic once all is drawn, with plain numbers.

    It stays linear if nothing on it is positive.
    """
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    if not getattr(axes.dataLim, f"minpos{which}") < float("inf"):
        return
    axes.set(**{f"{which}scale": "log"})
    axis = getattr(axes, f"{which}axis")
    low, high = getattr(axes, f"get_{which}lim")()
    steps = (1, 2, 5) if high < 100 * low else (1,)
    axis.set_major_locator(LogLocator(subs=steps, numticks=8))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def rule(axes, **kwargs):
    """Draw a pale grid below everything else; `kwargs` are those of ``Axes.grid``."""
    axes.grid(color=GRID, **kwargs)
    axes.set_axisbelow(True)


def drawn(figure, kind):
    """Draw a figure into the content of a file.

    Parameters
    ----------
    figure : Figure
        The figure.
    kind : {"png", "svg"}
        Format. Files do not tell when they were made, so equal figures are equal.

    Returns
    -------
    content : bytes
        Of the file.
    """
    from io import BytesIO

    from matplotlib import rc_context

    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    stream = BytesIO()
    with rc_context({"svg.hashsalt": "skwfm", "svg.fonttype": "path"}):
        figure.savefig(stream, format=kind, dpi=DPI, metadata=metadata)
    return stream.getvalue()
