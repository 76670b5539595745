"""What all figures of a report share: size, colours, logarithmic axes."""

BLUE, GREY, RED, INK = "#1f6fb4", "#7a7f87", "#b5402d", "#22262b"
GRID = "#e4e6e9"
# Inches; narrow, so that the text can still be read on a telephone.
WIDTH = 7.2


def new_figure(width, height, **kwargs):
    """Make a figure outside pyplot: nothing global, nothing to close, no display.

    Parameters
    ----------
    width, height : float
        Inches.
    **kwargs
        Passed to the figure.

    Returns
    -------
    figure : matplotlib.figure.Figure
        With a constrained layout.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", **kwargs)
    FigureCanvasAgg(figure)
    return figure


def logarithmic(axes, which):
    """Use a logarithmic scale with plain numbers: mathematical text is off.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Axes with everything drawn.
    which : {"x", "y"}
        Which axis.
    """
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set(**{f"{which}scale": "log"})
    axis = getattr(axes, f"{which}axis")
    low, high = getattr(axes, f"get_{which}lim")()
    steps = (1, 2, 5) if high < 100 * low else (1,)
    axis.set_major_locator(LogLocator(subs=steps, numticks=8))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def rule(axes, **kwargs):
    """Draw a pale grid below everything else.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where.
    **kwargs
        Passed to ``Axes.grid``.
    """
    axes.grid(color=GRID, **kwargs)
    axes.set_axisbelow(True)
