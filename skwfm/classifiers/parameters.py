"""Parameters of a classifier that are those of its machine."""

import copy
import inspect
from numbers import Real
from typing import Self

import numpy as np

from skwfm import plugins
from skwfm._shown import shown
from skwfm.architectures.optional import check_offers

# Number of units by default, which beside an instance of a machine is taken as not set.
DEFAULT_UNITS = 9
_MACHINE = "architecture__"


class ParametersMixin:
    """`set_params` with the machine's own parameters, and the machine they make."""

    # The constructor's default of `n_hidden`.
    _default_units = DEFAULT_UNITS

    @property
    def _is_infinite(self):
        return isinstance(self.n_hidden, Real) and self.n_hidden == np.inf

    def _validate_params(self):
        if self._is_infinite and not hasattr(self, "_learn_infinite"):
            raise ValueError(
                f"n_hidden=inf is not available in {type(self).__name__}, which trains "
                "weights: pass an odd integer, or use FBPClassifier(n_hidden=np.inf)."
            )
        super()._validate_params()

    def set_params(self, **params: object) -> Self:
        """Set parameters of the classifier and of its machine.

        Parameters
        ----------
        **params : dict
            Parameters by name. Those of the machine are called ``architecture__name``;
            where `architecture` is a name or a class they make an instance of it.

        Returns
        -------
        self : object
            The classifier.

        Raises
        ------
        ValueError
            If a parameter is unknown, or `n_hidden` contradicts the machine.
        """
        super().set_params(**self._with_instance(params))
        if "n_hidden" in params:
            _check_n_hidden(self.architecture, self.n_hidden)
        return self

    def _with_instance(self, params):
        """Replace parameters of a machine given by name or class by an instance."""
        machine = params.get("architecture", self.architecture)
        own = {k: v for k, v in params.items() if not k.startswith(_MACHINE)}
        if len(own) == len(params) or not isinstance(machine, (str, type)):
            return params
        nested = {k.removeprefix(_MACHINE): params[k] for k in params.keys() - own}
        units = {"n_hidden": params.get("n_hidden", self.n_hidden)}
        machine = plugins.resolve("architectures", machine)
        _check_known(machine, nested)
        return {**own, "architecture": machine(**{**units, **nested})}

    def _resolve_architecture(self):
        architecture = plugins.resolve("architectures", self.architecture)
        if isinstance(architecture, type):
            architecture = architecture(n_hidden=self.n_hidden)
        elif self.n_hidden != self._default_units:
            _check_n_hidden(architecture, self.n_hidden)
        check_offers(architecture, self._needs, type(self).__name__)
        # A copy: set_params may change the machine, but not what has been fitted.
        return copy.copy(architecture)


def _check_known(machine, nested):
    """Raise ValueError if the constructor of a machine lacks a parameter."""
    known = inspect.signature(machine).parameters
    takes_all = any(p.kind is p.VAR_KEYWORD for p in known.values())
    unknown = nested.keys() - known.keys()
    if unknown and not takes_all:
        raise ValueError(
            f"{_MACHINE}{min(unknown)} cannot be set: {machine.__name__} has no such "
            f"parameter; choose from {[_MACHINE + name for name in known]}."
        )


def _check_n_hidden(architecture, n_hidden):
    """Raise ValueError if an instance has another number of units than asked for."""
    # Names, classes and what is no machine at all have no number of their own.
    is_named = isinstance(architecture, (str, type))
    units = None if is_named else getattr(architecture, "n_hidden", None)
    if units not in (None, n_hidden):
        raise ValueError(
            f"n_hidden={shown(n_hidden)} has no effect beside "
            f"architecture={architecture!r}, which has n_hidden={units}: set "
            "architecture__n_hidden, or pass the class or its name instead."
        )
