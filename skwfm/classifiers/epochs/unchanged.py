"""Parameters of the machine, which training in parts cannot change on the way."""

import numpy as np

from skwfm._shown import shown


def check_same_machine(model):
    """Raise ValueError if parameters ask for another machine than is being trained.

    Parameters
    ----------
    model : classifier
        It has learned from one part at least.

    Raises
    ------
    ValueError
        If `architecture`, `n_hidden`, `fit_intercept` or `intercept_scaling` have been
        set to something else.
    """
    machine, asked = model.architecture_, model._resolve_architecture()
    if not _are_alike(machine, asked):
        given = f"architecture={shown(model.architecture)}"
        if isinstance(model.architecture, (str, type)):
            given += f" with n_hidden={shown(model.n_hidden)}"
        _refuse(given, f"architecture_={machine!r}")
    if bool(model.fit_intercept) != model._has_intercept:
        _refuse(
            f"fit_intercept={shown(model.fit_intercept)}",
            f"fit_intercept={model._has_intercept}",
        )
    if model._has_intercept and not _is_same_scaling(model):
        _refuse(
            f"intercept_scaling={shown(model.intercept_scaling)}",
            f"intercept_scaling_={shown(model.intercept_scaling_)}",
        )


def _refuse(given, fitted):
    raise ValueError(
        f"{given} is not that of the machine that partial_fit goes on with, which has "
        f"{fitted}: set the parameter back, or call fit, which starts anew."
    )


def _are_alike(one, other):
    """Whether two machines are of one class, with the same parameters."""
    if type(one) is not type(other):
        return False
    first, second = _parameters(one), _parameters(other)
    return first.keys() == second.keys() and all(
        value is second[name] or bool(np.all(value == second[name]))
        for name, value in first.items()
    )


def _parameters(machine):
    # A machine that inherits from nothing may have this one alone.
    if not hasattr(machine, "get_params"):
        return {"n_hidden": machine.n_hidden}
    return machine.get_params()


def _is_same_scaling(model):
    """Whether the constant input is still the one that was asked for, or has found."""
    given = model.intercept_scaling
    # Models saved by older versions do not say what "auto" has chosen.
    if given == vars(model).get("_given_scaling", "auto"):
        return True
    is_number = not isinstance(given, str)
    return is_number and bool(np.all(np.asarray(model.intercept_scaling_) == given))
