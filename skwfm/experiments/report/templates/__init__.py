"""Templates of pages, which escape all that they are given."""

from functools import cache
from pathlib import Path


@cache
def template(name):
    """Load a template of this folder.

    Parameters
    ----------
    name : str
        Name of its file.

    Returns
    -------
    template : jinja2.Template
        Ready to render.

    Raises
    ------
    ImportError
        If Jinja2 is missing.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise ImportError("Reports need Jinja2: pip install 'skwfm[plot]'.") from error
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"duration": _duration, "number": _number, "prose": _prose}
    return environment.get_template(name)


def _duration(seconds):
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _number(value):
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _prose(text):
    """Keep numbers, errors and units of a sentence on one line."""
    return text.replace(" ± ", "\u00a0±\u00a0").replace(" %", "\u00a0%")
