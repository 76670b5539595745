"""What is installed: the package, and nothing of what it is built from."""

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path

import pytest

import skwfm

SOURCE = Path(__file__).parents[1]
# Sources of the compiled part, of the build and of the tests.
UNWANTED = (".pyx", ".pxd", ".pxi", ".h", ".c", ".o", ".build", ".md")
EXTENSIONS = ("channels", "messages", "multipliers", "packing", "training")


def walk(folder, path=""):
    """Paths of the files below a folder of a package, installed in whatever way."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from walk(entry, f"{path}{entry.name}/")
        else:
            yield f"{path}{entry.name}"


def unwanted(paths):
    return [
        path
        for path in paths
        if path.endswith(UNWANTED) or {"src", "tests"} & set(path.split("/"))
    ]


def wanted():
    """Files of the source folder that are to be installed."""
    paths = set(walk(SOURCE / "skwfm"))
    caches = {path for path in paths if "__pycache__" in path}
    return {f"skwfm/{path}" for path in paths - caches - set(unwanted(paths))}


def test_the_installed_package_holds_no_sources_of_the_compiled_part():
    installed = list(walk(resources.files(skwfm)))
    assert "__init__.py" in installed
    assert "py.typed" in installed
    assert unwanted(installed) == []


def test_unwanted_files_would_be_found():
    paths = ["_kernels/src/simd/lanes.h", "_kernels/README.md", "tests/test_a.py"]
    assert unwanted([*paths, "py.typed", "cli.py"]) == paths


def test_the_version_is_public_and_looked_up_only_when_asked_for():
    code = "import sys, skwfm; assert 'importlib.metadata' not in sys.modules"
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
    assert "__version__" in dir(skwfm)


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(tmp_path):
    tree = tmp_path / "tree"
    names = shutil.ignore_patterns(".*", "__pycache__", "build", "docs", "tests")
    shutil.copytree(SOURCE, tree, ignore=names)
    # As after a run from the source folder.
    for package in (tree / "skwfm").rglob("__init__.py"):
        cache = package.parent / "__pycache__"
        cache.mkdir()
        (cache / "left_over.pyc").touch()
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", str(tree)]
    if importlib.util.find_spec("mesonpy"):
        command.append("--no-build-isolation")
    quick = "--config-settings=setup-args=-Doptimization=0"
    subprocess.run([*command, quick, "-w", str(tmp_path)], check=True)
    [wheel] = tmp_path.glob("*.whl")
    held = {p for p in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in p}
    compiled = {p for p in held if p.endswith(".so")}
    assert {Path(p).name.split(".")[0] for p in compiled} == set(EXTENSIONS)
    assert {str(Path(p).parent) for p in compiled} == {"skwfm/_kernels"}
    assert held - compiled == wanted()
