"""What is written about the package holds: docstrings, user guide, README."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = sorted(ROOT.glob("docs/**/[!_]*.rst"))
GUIDE = [p for p in GUIDE if not {"_build", "api", "auto_examples"} & set(p.parts)]
MODULES = "architectures", "classifiers", "datasets", "landscape", "plugins", "testing"
# Sections that not every docstring needs, and matters of layout that ruff looks after.
NOT_ASKED = {
    *("ES01", "EX01", "SA01", "SA04", "GL01", "GL02", "GL03", "GL08", "YD01"),
    *("RT02", "RT03", "RT05", "PR09", "SS06"),
}


def public_names():
    for module in MODULES:
        home = importlib.import_module(f"skwfm.{module}")
        for name in home.__all__:
            yield f"skwfm.{module}.{name}"
            if inspect.isclass(cls := getattr(home, name)):
                yield from (f"skwfm.{module}.{name}.{m}" for m in own_members(cls))


def own_members(cls):
    for name, member in inspect.getmembers(cls):
        ours = str(getattr(member, "__module__", "")).startswith("skwfm")
        if ours and not name.startswith("_"):
            yield name


@pytest.mark.parametrize("name", list(public_names()))
def test_docstring_names_every_parameter_of_the_true_signature(name):
    numpydoc = pytest.importorskip("numpydoc.validate")
    errors = numpydoc.validate(name)["errors"]
    assert [e for e in errors if e[0] not in NOT_ASKED] == []


@pytest.mark.parametrize("path", GUIDE, ids=lambda p: p.stem)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_user_guide_examples_give_what_they_say(path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs" / "user_guide" / "example_plugin")
    result = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert result.failed == 0


@pytest.mark.parametrize(
    "code",
    re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    ),
    ids=["quickstart", "own features"],
)
def test_readme_code_prints_what_it_says(code, capsys):
    expected = re.findall(r"#((?: \d+(?:\.\d+)?)+)$", code, re.MULTILINE)
    exec(code, {})
    printed = capsys.readouterr().out.splitlines()
    for line, numbers in zip(printed, expected, strict=True):
        rounded = [round(float(x), 2) for x in line.split()]
        assert rounded == [float(x) for x in numbers.split()]
