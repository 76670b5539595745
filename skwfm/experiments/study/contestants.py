"""The algorithms of a study: estimators with names."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Self

from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from skwfm import plugins
from skwfm._shown import shown
from skwfm.classifiers import BaseCommitteeClassifier

COMMITTEE, STANDARD = "committee", "standard"
# What a fitted model of no known class shows if it is a committee machine.
COMMITTEE_ATTRIBUTES = ("coef_", "architecture_")


@dataclass(frozen=True)
class Contestant:
    """One algorithm of a comparison.

    Parameters
    ----------
    name : str
        Name shown in tables and figures.
    estimator : estimator object
        Unfitted scikit-learn classifier. Every ``random_state`` in it is set to the
        seed of the run.
    family : {"committee", "standard"} or None, default=None
        Whether the algorithm trains a committee machine or is there for reference.
        None decides by the class of the estimator, or of the last step of a pipeline: a
        subclass of `BaseCommitteeClassifier` or an installed plugin trains one, and
        scikit-learn's classifiers do not. Of all others the fitted model tells.
    settings : str
        Source of the parameters, in words.
    version : str
        Distribution and version of a plugin.
    is_guess : bool, default=False
        Whether `family` is "standard" only until a fitted model has shown its
        attributes, see `family_of`. Set if `family` is None.
    """

    name: str
    estimator: BaseEstimator
    family: str | None = None
    settings: str = "given by the caller"
    version: str = ""
    is_guess: bool = field(default=False, repr=False)

    def __post_init__(self):
        if self.family is None:
            family, is_guess = _family(self.estimator)
            object.__setattr__(self, "family", family)
            object.__setattr__(self, "is_guess", is_guess)

    def family_of(self, model: BaseEstimator) -> str:
        """Return the kind of algorithm that a fitted model shows.

        Parameters
        ----------
        model : fitted classifier
            What the estimator has become, or its last step.

        Returns
        -------
        family : {"committee", "standard"}
            What the caller or the class says; where neither does, "committee" for a
            model with weights ``coef_`` of the machine ``architecture_``.
        """
        shown = all(hasattr(model, name) for name in COMMITTEE_ATTRIBUTES)
        return COMMITTEE if self.is_guess and shown else self.family

    def seeded(self, seed: int) -> BaseEstimator:
        """Return a fresh estimator whose random states are all `seed`.

        Parameters
        ----------
        seed : int
            The seed.

        Returns
        -------
        estimator : estimator instance
            Unfitted clone.
        """
        estimator = clone(self.estimator)
        names = [
            name
            for name in estimator.get_params(deep=True)
            if name == "random_state" or name.endswith("__random_state")
        ]
        return estimator.set_params(**dict.fromkeys(names, seed))

    def with_parameters(self, parameters: Mapping) -> Self:
        """Return the same contestant with other parameters.

        Parameters
        ----------
        parameters : mapping
            Value by name, nested ones as in ``set_params``.

        Returns
        -------
        contestant : Contestant
            The estimator under the same name.

        Raises
        ------
        ValueError
            If the estimator does not take such parameters.
        """
        if not parameters:
            return self
        self._check_names(parameters)
        estimator = clone(self.estimator)
        try:
            estimator.set_params(**parameters)
        except Exception as error:
            given = shown(dict(parameters))
            raise ValueError(
                f"settings {given} cannot be set for {self.name}: {error}"
            ) from error
        told = ", ".join(f"{k}={shown(v)}" for k, v in parameters.items())
        return replace(self, estimator=estimator, settings=f"{self.settings}; {told}")

    def _check_names(self, parameters):
        """Raise ValueError for names that the estimator does not have.

        Of what is nested in its own parameters, it knows more once those are set.
        """
        known = self.estimator.get_params(deep=True)
        unknown = sorted(k for k in parameters if k.partition("__")[0] not in known)
        if unknown:
            has = "it has no parameters, so leave it out of a study with settings"
            if known:
                has = f"its parameters are {', '.join(sorted(known))}"
            raise ValueError(
                f"settings name {', '.join(unknown)}, which {self.name} does not have: "
                f"{has}."
            )

    def standardised(self) -> Self:
        """Return the same contestant behind a ``StandardScaler``.

        Returns
        -------
        contestant : Contestant
            The pipeline under the same name.
        """
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        pipeline = make_pipeline(StandardScaler(), self.estimator)
        return replace(self, estimator=pipeline)


def _family(estimator):
    """Return what the class tells, and whether a fitted model has the last word."""
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    is_committee = isinstance(last, BaseCommitteeClassifier)
    is_committee |= registered("algorithms", type(last)) is not None
    if is_committee:
        return COMMITTEE, False
    return STANDARD, type(last).__module__.partition(".")[0] != "sklearn"


def registered(group, plugin_class):
    """Find the installed plugin that registers a class.

    Parameters
    ----------
    group : {"algorithms", "architectures", "measures"}
        Kind of plugin.
    plugin_class : type
        Any class.

    Returns
    -------
    plugin : Plugin or None
        The first entry that refers to this class, in the module that defines it or in
        another one that has been imported.
    """
    entries = plugins.available(group)
    return next((entry for entry in entries if _refers_to(entry, plugin_class)), None)


def _refers_to(entry, plugin_class):
    """Whether an entry of the registry means a class, without importing anything."""
    module, _, path = entry.reference.partition(":")
    if (module, path) == (plugin_class.__module__, plugin_class.__qualname__):
        return True
    try:
        return attrgetter(path)(sys.modules[module]) is plugin_class
    except (KeyError, AttributeError):
        return False
