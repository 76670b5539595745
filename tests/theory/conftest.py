"""Exact enumeration and Monte Carlo at small size, handed to tests as a fixture."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def finite_size():
    """Module of finite-size calculations, independent of the package."""
    path = Path(__file__).with_name("_finite_size.py")
    spec = importlib.util.spec_from_file_location("_finite_size", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
