"""Functions compiled by Numba, and kept on disk without a mix-up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

from numba import njit


def jit(function: Callable | None = None, **options: object) -> Callable:
    """Compile a function at its first call, and keep the machine code.

    Parameters
    ----------
    function : callable or None, default=None
        The function; None returns a decorator.
    **options : dict
        Of ``numba.njit``.

    Returns
    -------
    compiled : callable
        Numba's dispatcher.

    Notes
    -----
    Numba numbers the files of a function's signatures by an index that it has read
    before. Two processes that compile two signatures at the same time give both one
    number, and later calls run the code of the other: an error, or worse, none. Here
    each file has a name of its own; at worst something is compiled twice.
    """
    if function is None:
        return partial(jit, **options)
    compiled = njit(cache=True, **options)(function)
    # There is none where compilation is switched off.
    files = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if hasattr(files, "_data_name"):
        files._data_name = partial(_own_name, files._data_name)
    return compiled


def _own_name(name_of, number):
    return f"{uuid4().hex}.{name_of(number)}"
