"""Run conformance checks one by one: as records, or as tests of pytest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from unittest import SkipTest

from skwfm import plugins
from skwfm._shown import shown
from skwfm.testing.algorithm import algorithm_checks
from skwfm.testing.architecture import architecture_checks
from skwfm.testing.measure import measure_checks

_CHECKS = {
    "algorithms": algorithm_checks,
    "architectures": architecture_checks,
    "measures": measure_checks,
}


@dataclass(frozen=True)
class CheckResult:
    """Outcome of one check of a plugin.

    Parameters
    ----------
    name : str
        The check: the method or attribute, and for an architecture the machine.
    status : {"passed", "failed", "skipped"}
        Skipped is what the plugin does not offer, or scikit-learn does not ask for.
    message : str
        What is wrong and how to mend it, or why it was skipped.
    """

    name: str
    status: Literal["passed", "failed", "skipped"]
    message: str = ""


def check_results(
    group: Literal["algorithms", "architectures", "measures"], plugin: object
) -> list[CheckResult]:
    """Run all checks of a plugin, whatever the outcome of those before.

    Parameters
    ----------
    group : {"algorithms", "architectures", "measures"}
        What kind of plugin it is.
    plugin : str, type or object
        Name of an installed plugin, a class, or an instance.

    Returns
    -------
    results : list of CheckResult
        One for each check, in the order in which they were run.

    Examples
    --------
    >>> from skwfm.testing import check_results
    >>> {result.status for result in check_results("architectures", "parity")}
    {'passed'}
    """
    return [_result(name, check) for name, check in _named_checks(group, plugin)]


def _named_checks(group, plugin):
    if isinstance(plugin, str):
        plugin = plugins.get(group, plugin)
    elif group not in _CHECKS:
        raise ValueError(f"group must be one of {tuple(_CHECKS)}, got {shown(group)}.")
    return _CHECKS[group](plugin)


def check_installed(name):
    """Run all checks of the installed plugins of a name, one of each kind at most.

    Parameters
    ----------
    name : str
        Name of a plugin, or ``"distribution:name"``.

    Returns
    -------
    outcomes : list of tuple
        Group, name and results of each.

    Raises
    ------
    ValueError
        If there is no such plugin, or more than one of a kind.
    PluginError
        If one cannot be loaded.
    """
    groups = dict.fromkeys(
        entry.group
        for group in _CHECKS
        for entry in plugins.available(group)
        if name in (entry.qualified_name, None if entry.shadowed else entry.name)
    )
    if not groups:
        raise ValueError(f"there is no plugin {name!r}: skwfm plugins lists them.")
    return [(group, name, check_results(group, name)) for group in groups]


def _result(name, check):
    try:
        check()
    except (SkipTest, NotImplementedError) as reason:
        return CheckResult(name, "skipped", str(reason))
    except Exception as error:
        kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
        return CheckResult(name, "failed", f"{kind}{error}")
    return CheckResult(name, "passed")


def parametrize_with_checks(
    group: Literal["algorithms", "architectures", "measures"],
    plugins: Iterable[object],
) -> Callable:
    """Make each check of some plugins a test of pytest.

    Parameters
    ----------
    group : {"algorithms", "architectures", "measures"}
        What kind of plugins they are.
    plugins : iterable of str, type or object
        Names of installed plugins, classes or instances.

    Returns
    -------
    decorator : callable
        For a test function with the one argument ``check``, which it calls.

    Examples
    --------
    >>> from skwfm.architectures import TreeCommittee
    >>> from skwfm.testing import parametrize_with_checks
    >>> @parametrize_with_checks("architectures", [TreeCommittee, "full"])
    ... def test_machines(check):
    ...     check()
    """
    import pytest  # needed by those who test only

    return pytest.mark.parametrize(
        "check",
        [
            pytest.param(_skipping(check), id=f"{_called(plugin)}-{name}")
            for plugin in plugins
            for name, check in _named_checks(group, plugin)
        ],
    )


def _skipping(check):
    def run():
        try:
            check()
        except NotImplementedError as reason:
            raise SkipTest(str(reason)) from reason

    return run


def _called(plugin):
    if isinstance(plugin, str):
        return plugin
    return plugin.__name__ if isinstance(plugin, type) else repr(plugin)
