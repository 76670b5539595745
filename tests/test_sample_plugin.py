"""The sample plugin of ``examples/plugin`` works for those who install it."""

import ast
import importlib.util
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples" / "plugin"
SOURCES = sorted(FOLDER.glob("**/*.py"))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_it_uses_published_names_only(path):
    """Public names of skwfm's packages: what their ``__all__`` lists."""
    for name in imports(path):
        if not name.startswith("skwfm."):
            continue
        home, _, last = name.rpartition(".")
        module = importlib.import_module(home)
        assert last in module.__all__, f"{path.name} imports {name}"
        assert not any(part.startswith("_") for part in name.split("."))


@pytest.fixture(scope="module")
def outer_packages():
    """Folders of what is installed here, in whatever way skwfm is."""
    found = {Path(p).resolve() for p in sys.path if p.endswith("-packages")}
    return sorted(found)


def environment(folder, packages):
    """An environment without pip that sees what is installed here."""
    venv.create(folder)
    [site] = folder.glob("lib/python*/site-packages")
    # Unlike plain paths in a .pth file, addsitedir reads .pth files in turn: those of
    # editable installs.
    lines = [f"import site; site.addsitedir({str(path)!r})" for path in packages]
    (site / "outer.pth").write_text("\n".join(lines))
    return folder / "bin" / "python"


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--editable"]], ids=["wheel", "editable"])
def test_its_own_tests_pass_from_its_folder(options, tmp_path, outer_packages):
    for needed in ("flit_core", "pip"):
        pytest.importorskip(needed, reason=f"{needed} builds the plugin")
    tree = tmp_path / "plugin"
    shutil.copytree(FOLDER, tree, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    python = environment(tmp_path / "venv", outer_packages)
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    offline = ["--no-build-isolation", "--no-deps", "--no-index", "--ignore-installed"]
    run(*pip, *offline, *options, ".", cwd=tree)
    where = run(
        python, "-c", "import skwfm_robust as s; print(s.__file__)", cwd=tmp_path
    )
    assert Path(where.strip()).is_relative_to(tree if options else tmp_path / "venv")
    printed = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tree)
    assert " passed" in printed
    listed = run(python, "-m", "skwfm", "plugins", cwd=tmp_path)
    assert listed.count("skwfm-robust") == 5
