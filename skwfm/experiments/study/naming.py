"""What names of algorithms stand for."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable

from skwfm import plugins
from skwfm._entry_points import normalised
from skwfm._warn import warn
from skwfm.classifiers import published_settings
from skwfm.experiments.study.contestants import COMMITTEE, STANDARD, Contestant

# The published rate of LAL is so small that it costs more accuracy than narrow minima
# do: without LAL at its default rate, the comparison would blame the narrowness.
LAL_DEFAULT = "LAL-default"
PUBLISHED = ("LAL", LAL_DEFAULT, "eLAL", "ceSGD-fast", "ceSGD-slow", "fBP")
QUICK = ("LAL", LAL_DEFAULT, "eLAL", "ceSGD-fast", "LogisticRegression", "SVC")


def standard_estimators():
    """Return the standard classifiers, by class name.

    All parameters are scikit-learn's defaults, except for limits on iterations, which
    are raised so that the solvers converge.

    Returns
    -------
    estimators : dict of str to estimator object
        Unfitted classifiers.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC, LinearSVC

    members = (
        LogisticRegression(max_iter=1000),
        LinearSVC(max_iter=20_000),
        SVC(),
        RandomForestClassifier(),
        MLPClassifier(max_iter=1000),
    )
    return {type(member).__name__: member for member in members}


def default_names(problem, quick=False):
    """Return the names compared when the caller names none.

    Parameters
    ----------
    problem : str or None
        "dress_coat" for the built-in images, None for own data.
    quick : bool, default=False
        Whether to leave out slow algorithms.

    Returns
    -------
    names : list of str
        For own data the algorithms of skwfm have their plugin names.
    """
    if problem is not None:
        return list(QUICK) if quick else [*PUBLISHED, *standard_estimators()]
    members = ["lal", "elal", "cesgd", "fbp"]
    if quick:
        return [*members, "LogisticRegression", "SVC"]
    return [*members, *standard_estimators()]


def known_names(problem: str | None) -> list[str]:
    """Return every name `find_contestants` accepts for this problem.

    Parameters
    ----------
    problem : str or None
        "dress_coat" or None.

    Returns
    -------
    names : list of str
        Published settings (for the built-in images only), installed plugins (as
        "distribution:name" if the name is taken), standard classifiers.
    """
    published = PUBLISHED if problem is not None else ()
    taken = {*published, *standard_estimators()}
    installed = dict.fromkeys(
        entry.qualified_name if entry.shadowed or entry.name in taken else entry.name
        for entry in plugins.available("algorithms")
    )
    return [*published, *installed, *standard_estimators()]


def find_contestants(
    algorithms: Iterable[object], problem: str | None
) -> list[Contestant]:
    """Resolve names, classes and estimators to contestants.

    Parameters
    ----------
    algorithms : iterable of str, Contestant, estimator class or estimator object
        Names are case-sensitive: ``"LAL"`` is the published setting, ``"lal"`` the
        installed plugin with its default parameters.
    problem : str or None
        "dress_coat" for the built-in images, None for own data.

    Returns
    -------
    contestants : list of Contestant
        In the order given.

    Raises
    ------
    ValueError
        If a name is unknown or appears twice, or nothing is given.
    """
    contestants = [_find(algorithm, problem) for algorithm in algorithms]
    names = [contestant.name for contestant in contestants]
    if not names:
        raise ValueError("algorithms is empty; name at least one algorithm.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"algorithms names {', '.join(twice)} more than once; name each algorithm "
            "once, or pass Contestant objects with different names."
        )
    return contestants


def _find(algorithm, problem):
    if isinstance(algorithm, Contestant):
        return algorithm
    if inspect.isclass(algorithm):
        return _given(algorithm())
    if not isinstance(algorithm, str):
        return _given(algorithm)
    if algorithm in PUBLISHED and problem is not None:
        _warn_of_namesakes(algorithm, "the published settings")
        return _published(algorithm, problem)
    if algorithm in standard_estimators():
        _warn_of_namesakes(algorithm, "scikit-learn's classifier")
        estimator = standard_estimators()[algorithm]
        return Contestant(algorithm, estimator, STANDARD, _standard_settings(estimator))
    if ":" in algorithm or algorithm in known_names(problem):
        return _plugin(algorithm)
    raise ValueError(_unknown(algorithm, problem))


def _warn_of_namesakes(name, meaning):
    entries = plugins.available("algorithms")
    others = " or ".join(repr(e.qualified_name) for e in entries if e.name == name)
    if others:
        text = f"{name!r} means {meaning} here; the plugin of that name is {others}."
        warn(text)


def _given(estimator):
    return Contestant(type(estimator).__name__, estimator)


def _published(name, problem):
    cls, parameters = published_settings(problem, name.removesuffix("-default"))
    settings = "published settings"
    if name == LAL_DEFAULT:
        parameters["eta"] = "auto"
        settings = 'default learning rate (eta="auto"), machine as published'
    if name == "fBP":
        settings = "from noisy labels, four couplings, 8 sweeps of ep at each"
    return Contestant(name, cls(**parameters), COMMITTEE, settings)


def _plugin(name):
    estimator = plugins.get("algorithms", name)()
    distribution, _, short = name.rpartition(":")
    owner = next(
        entry
        for entry in plugins.available("algorithms")
        if entry.name == short
        if not distribution
        or normalised(entry.distribution) == normalised(distribution)
    )
    version = f"{owner.distribution} {owner.version}"
    settings = f"plugin of {version}, its default parameters"
    return Contestant(name, estimator, COMMITTEE, settings, version)


def _standard_settings(estimator):
    if "max_iter" in estimator.get_params() and estimator.max_iter > 0:
        return f"scikit-learn defaults, max_iter={estimator.max_iter}"
    return "scikit-learn defaults"


def _unknown(name, problem):
    known = known_names(problem)
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.5)
    hint = " or ".join(repr(by_lower[match]) for match in close)
    parts = [f"Unknown algorithm {name!r}."]
    if hint:
        parts.append(f"Did you mean {hint}?")
    if name in PUBLISHED:
        parts.append("The published settings hold for the data of the paper only.")
    parts.append(f"Known for this data: {', '.join(known)}.")
    return " ".join(parts)
