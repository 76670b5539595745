"""What is written about the package holds: docstrings, user guide, README."""

import doctest
import importlib.util
import inspect
import re
import runpy
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = sorted(ROOT.glob("docs/**/[!_]*.rst"))
GUIDE = [p for p in GUIDE if not {"_build", "api", "auto_examples"} & set(p.parts)]
SCRIPTS = sorted(ROOT.glob("examples/**/plot_*.py"))
MODULES = (
    *("architectures", "classifiers", "datasets", "landscape", "persistence"),
    *("plugins", "testing"),
)
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
def test_examples_of_the_pages_give_what_they_say(path, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "examples" / "plugin" / "src")
    monkeypatch.chdir(tmp_path)  # some write files
    monkeypatch.setenv("MPLBACKEND", "agg")
    if "dask" in path.read_text("utf-8"):
        pytest.importorskip("distributed")
    result = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert result.failed == 0


def test_code_on_pages_is_run():
    """What is not a doctest is only shown, and may be wrong."""
    shown = [
        path.stem
        for path in GUIDE
        if re.search(r"code-block:: (?:python|pycon)$", path.read_text("utf-8"), re.M)
    ]
    # The one of studies needs a cluster.
    assert set(shown) <= {"plugins", "studies"}


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


def test_examples_get_all_that_they_import_with_the_extra_docs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    listed = project["dependencies"] + extras["docs"] + extras["plot"]
    listed += extras["tables"]
    known = {re.match(r"[\w-]+", each)[0].replace("-", "_") for each in listed}
    needed = set()
    for path in [*SCRIPTS, *ROOT.glob("docs/_extensions/*.py")]:
        text = path.read_text("utf-8")
        needed |= set(re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE))
        needed |= set(re.findall(r'transform="(pandas)"', text))
    assert {"pandas", "matplotlib", "math_core"} <= needed
    needed -= set(sys.stdlib_module_names) | {"skwfm"}
    # docutils comes with Sphinx; scikit-learn is imported under its short name.
    assert needed - known <= {"docutils", "sklearn"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_every_figure_of_the_gallery_is_told_in_words(path):
    text = path.read_text("utf-8")
    told = re.findall(r"^# Seen: .*\n(?:# .*\n)*plt\.show\(\)$", text, re.MULTILINE)
    assert len(told) == text.count("plt.show()") > 0
    assert all(len(words) > 60 for words in told)


def extension(name):
    """One of the documentation's own extensions of Sphinx."""
    pytest.importorskip("sphinx_gallery")
    path = ROOT / "docs" / "_extensions" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"docs_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_words_of_a_figure_are_those_of_the_comment():
    words = extension("gallery").words
    assert (
        words("plot()\n# Seen: a line\n# that rises.\nshow()") == "a line that rises."
    )
    assert words("# A line that rises.\nshow()") is None


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_thumbnails_are_told_by_the_words_of_the_figure_shown(path):
    nodes = pytest.importorskip("docutils.nodes")
    gallery = extension("gallery")
    folder = f"/auto_examples/{path.parent.name}/images"
    own, other = f"{folder}/thumb/sphx_glr_{path.stem}_thumb.png", f"{folder}/other.png"
    page = nodes.section()
    page += [nodes.image(uri=uri, alt="") for uri in (own, other)]
    page += nodes.image(uri=own, alt="told already")
    gallery.tell_thumbnails(SimpleNamespace(srcdir=ROOT / "docs"), page)
    of_figures = path.read_text("utf-8").split("# Seen: ")
    chosen = 2 if path.stem == "plot_dress_coat" else 1
    expected = gallery.words(f"# Seen: {of_figures[chosen]}")
    told = [image["alt"] for image in page.findall(nodes.image)]
    assert told == [expected, "", "told already"]


def test_a_section_begins_with_what_newcomers_should_see():
    gallery = extension("gallery")
    names = {path.name for path in SCRIPTS}
    assert names.issuperset({*gallery.FIRST, *gallery.LAST})
    ordered = sorted(names, key=gallery.Order("anywhere"))
    assert set(ordered[:2]) == set(gallery.FIRST)
    assert ordered[-1] == "plot_amp_scaling.py"


def equations():
    sources = [*GUIDE, *SCRIPTS, *ROOT.glob("skwfm/**/*.py")]
    for path in sources:
        text = path.read_text("utf-8")
        yield from ((tex, False) for tex in re.findall(r":math:`([^`]+)`", text))
        block = r"^([ #]*)\.\. math::(.*\n(?:(?:[ #]*\n)*\1 {3}.*\n)*)"
        for _, tex in re.findall(block, text, re.MULTILINE):
            yield re.sub(r"^ *#", "", tex, flags=re.MULTILINE).strip(), True


def test_every_equation_becomes_mathml():
    pytest.importorskip("math_core")
    convert, found = extension("mathml").convert, list(equations())
    assert len(found) > 200
    assert sum(display for _, display in found) >= 25
    for latex, display in found:
        assert convert(latex, display).startswith("<math")


def test_an_equation_that_cannot_be_set_is_an_error():
    pytest.importorskip("math_core")
    mathml = extension("mathml")
    with pytest.raises(mathml.ExtensionError, match="nonsense"):
        mathml.convert(r"\nonsense{x}", False)


def test_the_docs_describe_the_installed_package(monkeypatch):
    """``python -m sphinx`` searches the source folder, where nothing is compiled."""
    pytest.importorskip("sphinx")
    monkeypatch.setattr(sys, "path", ["", str(ROOT), *sys.path])
    monkeypatch.chdir(ROOT)
    settings = runpy.run_path(str(ROOT / "docs" / "conf.py"))
    assert ROOT not in {Path(entry or ".").resolve() for entry in sys.path}
    assert settings["html_math_renderer"] == "mathml"


def test_the_drawing_has_every_room_and_its_arrows_lead_down():
    rooms = extension("rooms")
    page = (ROOT / "docs" / "how_it_is_built.rst").read_text("utf-8")
    listed = rooms.read(page)
    assert {"landscape", "_kernels"} <= set(listed)
    at, arrows = rooms.places(listed), rooms.stairs(listed)
    assert set(at) == set(listed)
    assert len(set(at.values())) == len(at)
    assert rooms.all_below(arrows) == rooms.all_below(listed)
    for room, below in arrows.items():
        assert all(at[room][1] < at[other][1] for other in below)
    drawing = rooms.draw(listed)
    assert drawing.count("<rect") == len(listed)
    assert all(f">{room}</text>" in drawing for room in listed)
