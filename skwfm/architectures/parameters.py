"""Named parameters of machines, which compare equal if their parameters do."""

from __future__ import annotations

import inspect
from typing import Self

from skwfm._shown import shown


class Parametrised:
    """Parameters as of scikit-learn's estimators, without importing scikit-learn.

    They are the arguments of the constructor, stored under their names.
    """

    def __repr__(self):
        arguments = ", ".join(f"{k}={shown(v)}" for k, v in vars(self).items())
        return f"{type(self).__name__}({arguments})"

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), self.n_hidden))

    def get_params(self, deep: bool = True) -> dict[str, object]:
        """Return the parameters of the constructor.

        Parameters
        ----------
        deep : bool, default=True
            Has no effect, as no parameter of a machine has parameters; scikit-learn
            passes it.

        Returns
        -------
        params : dict
            Values by name.
        """
        constructor = inspect.signature(type(self)).parameters.values()
        # A constructor with **kwargs passes n_hidden on to this class.
        open_ended = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
        names = {p.name for p in constructor if p.kind not in open_ended} | {"n_hidden"}
        return {name: getattr(self, name) for name in sorted(names)}

    def set_params(self, **params: object) -> Self:
        """Change parameters as if the machine had been constructed with them.

        Parameters
        ----------
        **params : dict
            New values by name.

        Returns
        -------
        self : object
            The machine.

        Raises
        ------
        ValueError
            If a parameter is unknown, or the constructor raises it for a value. The
            machine then stays as it is.
        """
        known = self.get_params()
        for name in params:
            if name not in known:
                raise ValueError(
                    f"{shown(name)} is no parameter of {self!r}: choose from"
                    f" {list(known)}."
                )
        self.__dict__ = vars(type(self)(**{**known, **params}))
        return self
