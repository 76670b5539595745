"""A change of any file that can be edited changes the key of a run."""

import importlib
import subprocess
import sys
import textwrap
from functools import partial

import pytest
from sklearn.naive_bayes import GaussianNB

from skwfm.architectures import FullCommittee
from skwfm.experiments import Contestant, DrawnSource, random_patterns
from skwfm.experiments.study.provenance import source_hash
from skwfm.experiments.study.runs import run_key
from skwfm.experiments.study.source_files import source_files
from skwfm.landscape.measures import LocalEntropy

CLASS = "class Edited(DummyClassifier):\n    pass\n"
DUMMY = "from sklearn.dummy import DummyClassifier\n"


def write(folder, **files):
    """Write modules; a_in_b is b/a.py, and init_in_b is b/__init__.py."""
    for name, text in files.items():
        *_, own = parts = name.split("_in_")[::-1]
        parts[-1] = "__init__" if own == "init" else own
        path = folder.joinpath(*parts).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write modules in a folder of their own, and import one of them."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)

    def load(module, **files):
        write(tmp_path, **files)
        importlib.invalidate_caches()
        return importlib.import_module(module)

    yield load
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("module", "how", "helper"),
    [
        ("algm", "import helperm", "helperm"),
        ("algm", "from helperm import *", "helperm"),
        ("algm", "def late():\n    import helperm", "helperm"),
        ("algm", "import middle", "helperm"),
        ("algm", "import middle", "helperm_in_inner_in_package"),
        ("algm", "from package.inner import helperm", "helperm_in_inner_in_package"),
        ("space.algm", "from space import helperm", "helperm_in_space"),
        ("space.algm", "from . import helperm", "helperm_in_space"),
        ("space.algm", "from .deep.helperm import FLIP", "helperm_in_deep_in_space"),
        ("space.algm", "import space.helperm", "helperm_in_space"),
        ("space.algm", "import helperm", "helperm"),
        ("package.algm", "import helperm", "helperm"),
        ("package.algm", "", "helperm_in_inner_in_package"),
    ],
)
def test_helpers_are_seen(load, tmp_path, module, how, helper):
    """Modules of one folder, folders without __init__.py, and packages."""
    files = {
        "_in_".join(module.split(".")[::-1]): f"{DUMMY}{how}\n{CLASS}",
        "middle": "import helperm, package"
        if "package" in helper
        else "import helperm",
        "helperm": "",
        "init_in_package": "",
        "init_in_inner_in_package": "",
    }
    write(tmp_path, **{helper: "FLIP = 1\n"})
    files.pop(helper, None)
    edited = load(module, **files).Edited()
    before = source_hash(edited)
    assert source_hash(edited) == before
    write(tmp_path, unrelated="1\n")
    assert source_hash(edited) == before
    write(tmp_path, **{helper: "FLIP = -1\n"})
    assert source_hash(edited) != before


STUDY = """
    import sys
    from skwfm.experiments import Study, random_patterns
    from algm import MyMeans

    result = Study([MyMeans()], [random_patterns(20, 9)], n_seeds=1).run(
        sys.argv[1], n_jobs=1
    )
    print(result.n_reused, result.runs[0].first_unit[0])
"""
ALGORITHM = """
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin
    from skwfm.architectures import FullCommittee
    import helperm

    class MyMeans(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            self.architecture_ = FullCommittee(n_hidden=1)
            self.coef_ = np.ones((1, X.shape[1]))
            self.coef_ *= helperm.FLIP
            return self

        def predict(self, X):
            return self.classes_[(X @ self.coef_[0] > 0).astype(int)]
"""


def test_a_study_is_run_again_after_a_change_of_a_helper(tmp_path):
    def run(flip):
        write(tmp_path, helperm=f"FLIP = {flip}\n")
        command = [sys.executable, "-B", tmp_path / "study.py", tmp_path / "runs"]
        return subprocess.check_output(command, text=True).split()

    write(tmp_path, study=textwrap.dedent(STUDY), algm=textwrap.dedent(ALGORITHM))
    assert run(1) == ["0", "1.0"]
    assert run(1) == ["1", "1.0"]
    assert run(-1) == ["0", "-1.0"]


PARTS = """
    from dataclasses import dataclass
    from skwfm.architectures import FullCommittee
    from skwfm.experiments.data.drawn import draw_random
    import helperm

    def function(*args, **parameters):
        return draw_random(*args, **parameters)

    class Machine(FullCommittee):
        pass

    @dataclass(frozen=True)
    class Measure:
        other: object = None

    class Plain:
        def __init__(self, other):
            self.other = other
"""


@pytest.mark.parametrize(
    "wrap",
    [
        lambda parts: parts.function,
        lambda parts: partial(parts.function, 1),
        lambda parts: parts.Machine(n_hidden=3),
        lambda parts: parts.Measure(),
        lambda parts: GaussianNB(priors=[parts.Machine(n_hidden=3)]),
        lambda parts: GaussianNB(priors={"one": parts.function}),
        lambda parts: GaussianNB(priors=partial(max, key=parts.function)),
    ],
)
def test_helpers_of_all_that_an_object_is_made_of_are_seen(load, tmp_path, wrap):
    parts = load("parts_of_it", parts_of_it=textwrap.dedent(PARTS), helperm="")
    assert {path.name for path in source_files([wrap(parts)])} == {
        "parts_of_it.py",
        "helperm.py",
    }


def test_measures_hold_objects_of_other_modules(load):
    """In fields of a dataclass, and in attributes of any class."""
    parts = load("parts_of_it", parts_of_it=textwrap.dedent(PARTS), helperm="")
    other = load("elsewhere", elsewhere="def function():\n    pass\n").function
    for measure in (parts.Measure(other), parts.Plain(other), parts.Plain([other])):
        names = {path.name for path in source_files([measure])}
        assert names == {"parts_of_it.py", "helperm.py", "elsewhere.py"}


def test_helpers_of_the_function_that_draws_patterns_are_in_the_key(load, tmp_path):
    parts = load("parts_of_it", parts_of_it=textwrap.dedent(PARTS), helperm="")
    sizes = random_patterns(9, 5).parameters
    key = partial(
        run_key, Contestant("bayes", GaussianNB()),
        DrawnSource("drawn", parts.function, sizes), 0,
    )  # fmt: skip
    before = key()
    write(tmp_path, helperm="FLIP = -1\n")
    assert key() != before


def test_what_is_installed_is_hashed_as_it_is(load, tmp_path, monkeypatch):
    """All files of its own package, and of no other; built-ins have a version."""
    folder = tmp_path / "site-packages"
    write(
        folder, init_in_installed="import helperm\n" + DUMMY + CLASS,
        inner_in_installed="", helperm="",
    )  # fmt: skip
    monkeypatch.syspath_prepend(folder)
    edited = load("installed").Edited()
    assert {path.name for path in source_files([edited])} == {"__init__.py", "inner.py"}
    local = load("local", local=f"import installed, numba, test\n{DUMMY}{CLASS}")
    assert {path.name for path in source_files([local.Edited()])} == {"local.py"}
    assert source_files([GaussianNB(), LocalEntropy(), FullCommittee(3)]) == set()


def test_what_cannot_be_read_or_found_costs_nothing(load):
    module = load(
        "broken_user",
        broken_user="def late():\n    import broken, missing\n" + DUMMY + CLASS,
        broken="def (",
    )
    names = {path.name for path in source_files([module.Edited()])}
    assert names == {"broken_user.py", "broken.py"}
