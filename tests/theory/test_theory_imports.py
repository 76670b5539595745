"""The theory stands alone: no scikit-learn, no compilation at import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skwfm.theory

SOURCES = sorted(Path(skwfm.theory.__file__).parent.glob("*.py"))
ALLOWED = ("skwfm.theory", "skwfm.curves")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_imports_point_downwards(path):
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.append(node.module)
    assert not [name for name in names if name.startswith(("sklearn", "matplotlib"))]
    inside = [name for name in names if name.startswith("skwfm")]
    assert all(name.startswith(ALLOWED) for name in inside)
    if path.stem == "integrals":
        assert not inside


def test_import_compiles_nothing_and_loads_no_sklearn():
    code = (
        "import sys, skwfm.theory\n"
        "from skwfm.theory import ordered_triple, tilted\n"
        "assert 'sklearn' not in sys.modules\n"
        "assert 'matplotlib' not in sys.modules\n"
        "assert not tilted.tilted_rule.signatures\n"
        "assert not ordered_triple.average_ordered_envelope.signatures\n"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
