"""What is installed: the package, and nothing of what it is built from."""

import importlib.util
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib import metadata, resources
from pathlib import Path

import pytest

import skwfm

SOURCE = Path(__file__).parents[1]
# Sources of the compiled part, of the build and of the tests.
UNWANTED = (".pyx", ".pxd", ".pxi", ".h", ".c", ".o", ".build", ".md")
EXTENSIONS = ("channels", "messages", "multipliers", "packing", "sparse", "training")


def walk(folder, path=""):
    """Paths of the files below a folder of a package, installed in whatever way."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from walk(entry, f"{path}{entry.name}/")
        else:
            yield f"{path}{entry.name}"


def read(name):
    return (SOURCE / name).read_text(encoding="utf-8")


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


def test_the_version_comes_from_one_place():
    (written,) = re.findall(r"^  version: '(.+)',$", read("meson.build"), re.MULTILINE)
    assert metadata.version("skwfm") == skwfm.__version__ == written
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert "version" in project["dynamic"]
    assert "version:" not in read("CITATION.cff").replace("cff-version:", "")
    assert f"## [{written}]" in read("CHANGELOG.md")


def test_wheels_are_built_for_every_python_that_the_metadata_name():
    settings = tomllib.loads(read("pyproject.toml"))
    named = {
        name.rpartition(" ")[2]
        for name in settings["project"]["classifiers"]
        if re.search(r":: 3\.\d+$", name)
    }
    built = settings["tool"]["cibuildwheel"]["build"]
    assert {f"cp{version.replace('.', '')}-*" for version in named} == set(built)
    for command in settings["tool"]["cibuildwheel"]["test-command"]:
        for path in re.findall(r"\{project\}/(\S+)", command):
            assert (SOURCE / path).exists()


# Run without site-packages' .pth files, which would bring in an editable install.
OUTSIDE = """
import sys
sys.path[:0] = [sys.argv[1]]
sys.path += sys.argv[2:]
import skwfm
from skwfm.datasets import load_dress_coat
from skwfm.plugins import available
assert skwfm.__file__.startswith(sys.argv[1])
X, y = load_dress_coat(n_per_class=50, random_state=0, return_X_y=True)
model = skwfm.LALClassifier(random_state=0).fit(X, y)
assert model.n_errors_ == 0
print(skwfm.__version__, len(available("algorithms")))
"""


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
    assert wheel.name.startswith(f"skwfm-{skwfm.__version__}-")
    zipfile.ZipFile(wheel).extractall(tmp_path / "unpacked")
    packages = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    command = [sys.executable, "-I", "-S", "-c", OUTSIDE, tmp_path / "unpacked"]
    done = subprocess.run(
        [*command, *packages], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split() == [skwfm.__version__, "5"]
