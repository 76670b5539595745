"""Machines of every kind; the modules next to this file can be imported by name."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from known_solutions import MACHINES


@pytest.fixture(params=list(MACHINES))
def machine(request):
    return MACHINES[request.param]


@pytest.fixture(params=[False, True], ids=["no intercept", "intercept"])
def fit_intercept(request):
    return request.param
