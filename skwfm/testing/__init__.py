"""Conformance checks that a plugin runs on itself, in one line of its own tests."""

from skwfm.testing.algorithm import check_algorithm
from skwfm.testing.architecture import check_architecture
from skwfm.testing.measure import check_measure
from skwfm.testing.records import CheckResult, check_results, parametrize_with_checks

__all__ = [
    "CheckResult",
    "check_algorithm",
    "check_architecture",
    "check_measure",
    "check_results",
    "parametrize_with_checks",
]
