"""Optional methods of machines: whether there are, and the error where not."""

from skwfm.architectures.base import Architecture


def check_offers(machine, needed, user):
    """Raise NotImplementedError unless a machine has the methods that are needed.

    Parameters
    ----------
    machine : object
        The machine, which need not inherit from `Architecture`.
    needed : sequence of str
        Names of optional methods.
    user : str
        Who needs them, for the error message.

    Raises
    ------
    NotImplementedError
        If the machine lacks one of them.
    """
    lacking = [name for name in needed if not offers(machine, name)]
    if lacking:
        raise NotImplementedError(
            f"{user} needs {_quoted(needed)} of the machine, and "
            f"{type(machine).__name__} lacks {_quoted(lacking)}: write what is missing "
            "as skwfm.architectures.Architecture describes it, or choose another "
            "machine or algorithm."
        )


def offers(machine, name):
    """Return whether a machine has an optional method of its own.

    Parameters
    ----------
    machine : object
        The machine, which need not inherit from `Architecture`.
    name : str
        The method.

    Returns
    -------
    offers : bool
        Whether it has one, beside the default that raises an error.
    """
    method = getattr(machine, name, None)
    is_default = getattr(method, "__func__", None) is getattr(Architecture, name)
    return callable(method) and not is_default


def _quoted(names):
    return ", ".join(f"`{name}`" for name in names)
