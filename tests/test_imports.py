"""The package keeps its rooms apart and its import light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skwfm

PACKAGE = Path(skwfm.__file__).parent
# What each room may import from the package, besides itself.
FOUNDATION = {"skwfm._sklearn", "skwfm.plugins", "skwfm._entry_points"}
ALLOWED = {
    "_kernels": set(),
    "theory": {"skwfm.curves", "skwfm.displays"},
    "architectures": {"skwfm._kernels"},
    "inference": {"skwfm._kernels", "skwfm.architectures"},
    "datasets": {"skwfm.architectures"} | FOUNDATION,
    "classifiers": {"skwfm._kernels", "skwfm.architectures", "skwfm.inference"}
    | FOUNDATION,
    "landscape": {"skwfm._kernels", "skwfm.architectures", "skwfm.inference"}
    | {"skwfm.curves", "skwfm.displays"}
    | FOUNDATION,
}
WITHOUT_SKLEARN = ["_kernels", "theory", "architectures", "plugins.py"]


def imported_modules(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files_of(room):
    path = PACKAGE / room
    return [path] if path.suffix else sorted(path.rglob("*.py"))


@pytest.mark.parametrize("room", [r for r in ALLOWED if (PACKAGE / r).exists()])
def test_imports_run_one_way(room):
    files = files_of(room)
    assert files
    for path in files:
        for name in imported_modules(path):
            if not name.startswith("skwfm."):
                continue
            inside = (f"skwfm.{room}", *ALLOWED[room])
            assert name.startswith(inside), f"{path.name} imports {name}"


@pytest.mark.parametrize("room", [r for r in WITHOUT_SKLEARN if (PACKAGE / r).exists()])
def test_rooms_without_scikit_learn(room):
    for path in files_of(room):
        for name in imported_modules(path):
            assert name.split(".")[0] != "sklearn", f"{path.name} imports {name}"


def test_private_names_of_scikit_learn_are_imported_in_one_file():
    offenders = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for name in imported_modules(path)
        if name.startswith("sklearn.") and "._" in name
    }
    assert offenders == {"_sklearn.py"}


def modules_after(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    # -P: the installed package is meant, not a source tree that happens to be here.
    command = [sys.executable, "-P", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_after("import skwfm")
    assert not loaded & {"numpy", "sklearn", "numba", "matplotlib", "scipy"}


def test_classifiers_load_neither_numba_nor_matplotlib():
    loaded = modules_after("from skwfm import LALClassifier")
    assert "sklearn" in loaded
    assert not loaded & {"numba", "matplotlib"}


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        skwfm.nothing  # noqa: B018
    assert "LALClassifier" in dir(skwfm)
