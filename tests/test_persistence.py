"""Models are saved and loaded: the same answers, versions, missing plugins, sizes."""

import copy
import importlib
import pickle
import subprocess
import sys
import textwrap

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import make_pipeline

from skwfm import (
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
    persistence,
)
from skwfm.architectures import TreeCommittee
from skwfm.datasets import MedianBinarizer, PixelShuffler
from skwfm.landscape import (
    HessianSpectrumTransformer,
    LocalEntropyTransformer,
    MeasureTransformer,
    NoiseRobustnessTransformer,
    flatten_solutions,
)
from skwfm.persistence import VersionWarning, trusted_types
from skwfm.plugins import PluginError

FEW = {"n_hidden": 3, "random_state": 0}
MODELS = {
    "lal": LALClassifier(**FEW),
    "lal, tree": LALClassifier(**FEW, architecture=TreeCommittee(3)).set_params(
        n_hidden=3
    ),
    "elal": ELALClassifier(**FEW, n_replicas=2, lambda1=0.1),
    "cesgd, parity": CeSGDClassifier(**FEW, architecture="parity", max_iter=20),
    "fbp, ep": FBPClassifier(**FEW, gammas=[0.5, 5.0]),
    "fbp, ep with noise": FBPClassifier(**FEW, label_noise=0.1),
    "fbp, amp": FBPClassifier(**FEW, method="amp", gammas=[0.5]),
    "fbp, bp": FBPClassifier(**FEW, method="bp", gammas=[0.5]),
    "fbp, binary": FBPClassifier(**FEW, weights="binary", gammas=[0.5]),
    "infinite": FBPClassifier(n_hidden=np.inf, label_noise=0.1, random_state=0),
    "pipeline": make_pipeline(
        PixelShuffler(random_state=0), MedianBinarizer(), LALClassifier(**FEW)
    ),
}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def clouds(n_samples=40, n_features=50, n_classes=2):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, n_features))
    return X, X[:, :n_classes].argmax(axis=1)


def by_pickle(model, folder):
    return pickle.loads(pickle.dumps(model))


def by_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


def by_skops(model, folder):
    skops = pytest.importorskip("skops.io", reason="skops is in the extra 'test'")
    skops.dump(model, folder / "model.skops")
    unknown = skops.get_untrusted_types(file=folder / "model.skops")
    assert set(unknown) <= set(trusted_types())
    return skops.load(folder / "model.skops", trusted=trusted_types())


WAYS = [by_pickle, by_joblib, by_skops]


def assert_same(model, again, X):
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    np.testing.assert_array_equal(
        again.decision_function(X), model.decision_function(X)
    )
    if hasattr(model, "predict_proba"):
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shape", [(40, 50), (90, 7)], ids=["wide", "tall"])
def test_a_loaded_model_answers_the_same(name, way, shape, tmp_path):
    X, y = clouds(*shape)
    y[:3] = 1 - y[:3]
    model = clone(MODELS[name]).fit(X, y)
    assert_same(model, way(model, tmp_path), clouds(20, shape[1])[0])


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", ["lal", "fbp, ep with noise", "infinite"])
def test_three_classes(name, way, tmp_path):
    X, y = clouds(40, 50, 3)
    model = clone(MODELS[name]).fit(X, y)
    assert_same(model, way(model, tmp_path), X)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_transformers_of_solutions(way, tmp_path):
    X, y = clouds(20, 15)
    rows = flatten_solutions([LALClassifier(**FEW).fit(X, y)])
    for transformer in (
        HessianSpectrumTransformer(X, y, beta=2.0, n_hidden=3),
        LocalEntropyTransformer(X, y, distances=[0.1], n_hidden=3),
        NoiseRobustnessTransformer(X, y, n_hidden=3, random_state=0),
        MeasureTransformer("manifold", X, y, n_hidden=3),
    ):
        found = transformer.fit_transform(rows)
        np.testing.assert_array_equal(way(transformer, tmp_path).transform(rows), found)


def test_training_goes_on_after_loading(tmp_path):
    X, y = clouds()
    model = LALClassifier(**FEW).partial_fit(X, y)
    for way in (by_pickle, by_skops):
        here, there = copy.deepcopy(model), way(model, tmp_path)
        for each in (here, there):
            each.partial_fit(X, y)
        np.testing.assert_array_equal(here.coef_, there.coef_)


def test_every_trusted_type_is_a_class_of_this_name():
    names = trusted_types()
    assert names == sorted(set(names))
    for name in names:
        module, _, last = name.rpartition(".")
        found = getattr(importlib.import_module(module), last)
        assert f"{found.__module__}.{found.__qualname__}" == name
        # Public: a package above offers it under this name.
        parts = module.split(".")
        above = [".".join(parts[:n]) for n in range(2, len(parts))]
        homes = [importlib.import_module(package) for package in above]
        assert any(last in getattr(home, "__all__", ()) for home in homes), name


def test_trusted_types_of_what_registers_nothing():
    with pytest.raises(ValueError, match="'numpy' registers no plugins"):
        trusted_types("numpy")


def test_other_versions_are_told(monkeypatch):
    X, y = clouds()
    model = make_pipeline(MedianBinarizer(), LALClassifier(**FEW)).fit(X, y)
    saved = pickle.dumps(model)
    with monkeypatch.context() as patch:
        patch.setattr(persistence, "_version", lambda name: "9.9")
        with pytest.warns(VersionWarning, match=r"skwfm .* and is read with 9\.9"):
            pickle.loads(saved)
    assert "_skwfm_versions" not in vars(pickle.loads(saved)[-1])


def test_copies_and_clones_say_nothing(recwarn):
    X, y = clouds()
    model = LALClassifier(**FEW).fit(X, y)
    for again in (copy.copy(model), copy.deepcopy(model)):
        assert_same(model, again, X)
        assert vars(again).keys() == vars(model).keys()
    assert not [w for w in recwarn if issubclass(w.category, VersionWarning)]


PLUGIN = """
    import numpy as np
    from skwfm.architectures import FullCommittee
    from skwfm.classifiers import BaseCommitteeClassifier, Solution


    class Guess(BaseCommitteeClassifier):
        def _solve(self, problem, rng):
            layout = problem.layout
            weights = layout.unpack_weights(layout.random_weights(rng, problem.dtype))
            return Solution(weights, 1, True)


    class Machine(FullCommittee):
        pass
"""
SAVE = """
    import pickle, sys
    import numpy as np
    from skwfm import LALClassifier
    from guessing import Guess, Machine
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 30)), np.repeat([0, 1], 10)
    models = [
        Guess(n_hidden=3),
        LALClassifier(architecture=Machine),
        LALClassifier(architecture=Machine(3)),
    ]
    for name, model in zip(sys.argv[1:], models):
        pickle.dump(model.fit(X, y), open(name, "wb"))
"""
LOAD = """
    import pickle, sys
    for name in sys.argv[1:]:
        print(type(pickle.load(open(name, "rb"))).__name__)
"""


def python(code, *arguments, path, warnings="ignore"):
    # By path, since -c would put the folder of the plugin in front.
    script = path / "script.py"
    script.write_text(textwrap.dedent(code))
    return subprocess.run(
        [sys.executable, "-W", warnings, script, *arguments],
        capture_output=True,
        text=True,
    )


@pytest.fixture
def plugin(tmp_path):
    """A package that is importable in its own folder only, and saved models of it."""
    folder = tmp_path / "there"
    folder.mkdir()
    (folder / "guessing.py").write_text(textwrap.dedent(PLUGIN))
    information = folder / "guessing_plugin-2.5.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: guessing-plugin\nVersion: 2.5\n"
    )
    (information / "entry_points.txt").write_text(
        "[skwfm.algorithms]\nguess = guessing:Guess\n"
    )
    names = [str(tmp_path / f"{i}.pickle") for i in range(3)]
    done = python(SAVE, *names, path=folder)
    assert done.returncode == 0, done.stderr
    return folder, names


def test_models_of_a_plugin_load_where_it_is(plugin):
    folder, names = plugin
    done = python(LOAD, *names, path=folder)
    assert done.stdout.split() == ["Guess", "LALClassifier", "LALClassifier"]


@pytest.mark.parametrize("which", range(3), ids=["algorithm", "class", "machine"])
def test_a_missing_plugin_is_named(plugin, which):
    with pytest.raises(PluginError) as caught, open(plugin[1][which], "rb") as file:
        pickle.load(file)
    message = str(caught.value)
    assert "of the plugin guessing-plugin 2.5" in message
    assert "pip install 'guessing-plugin==2.5'" in message
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_another_version_of_a_plugin_is_told(plugin):
    folder, names = plugin
    old = folder / "guessing_plugin-2.5.dist-info" / "METADATA"
    old.write_text(old.read_text().replace("2.5", "3.0"))
    code = LOAD.replace(
        "import pickle",
        "import warnings; warnings.simplefilter('error')\n    import pickle",
    )
    done = python(code, names[0], path=folder)
    assert "saved with guessing-plugin 2.5 and is read with 3.0" in done.stderr


def test_a_class_that_a_plugin_has_no_more_is_named(plugin):
    folder, names = plugin
    module = folder / "guessing.py"
    module.write_text(module.read_text().replace("class Guess", "class Renamed"))
    done = python(LOAD, names[0], path=folder)
    assert "has no such class in guessing" in done.stderr


EXPORTED = """
    from exporting._inside import Guess, Machine
"""
OFFERED = """
    [skwfm.algorithms]
    guess = exporting:Guess
    lost = exporting:Lost
    broken = exporting.broken:Broken

    [skwfm.architectures]
    machine = exporting:Machine
"""
TRUST = """
    import pickle, sys
    import numpy as np
    import skops.io
    from skwfm import LALClassifier
    from skwfm.persistence import trusted_types
    from exporting import Guess, Machine

    names = trusted_types("exporting-plugin")
    print(*(name for name in names if name.startswith("exporting")))
    X, y = np.random.default_rng(0).normal(size=(20, 30)), np.repeat([0, 1], 10)
    for model in (Guess(n_hidden=3), LALClassifier(architecture=Machine(3))):
        skops.io.dump(model.fit(X, y), sys.argv[1])
        print(type(skops.io.load(sys.argv[1], trusted=names)).__name__)
"""


def test_trusted_types_are_where_classes_are_defined(tmp_path):
    """A package registers what it offers, and skops asks for the module behind it."""
    pytest.importorskip("skops.io", reason="skops is in the extra 'test'")
    package = tmp_path / "exporting"
    package.mkdir()
    (package / "__init__.py").write_text(textwrap.dedent(EXPORTED))
    (package / "_inside.py").write_text(textwrap.dedent(PLUGIN))
    (package / "broken.py").write_text("import sys\nsys.exit('no licence')\n")
    information = tmp_path / "exporting_plugin-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: exporting-plugin\nVersion: 1.0\n"
    )
    (information / "entry_points.txt").write_text(textwrap.dedent(OFFERED))
    done = python(TRUST, str(tmp_path / "model.skops"), path=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        *("exporting.Lost", "exporting._inside.Guess", "exporting._inside.Machine"),
        *("exporting.broken.Broken", "Guess", "LALClassifier"),
    ]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(
    "model",
    [
        LALClassifier(**FEW),
        make_pipeline(MedianBinarizer(), LALClassifier(**FEW)),
        VotingClassifier([("l", LALClassifier(**FEW)), ("e", ELALClassifier(**FEW))]),
    ],
    ids=["classes", "pipeline", "ensemble"],
)
def test_another_version_is_told_once_for_all_models_of_a_file(
    model, way, tmp_path, monkeypatch
):
    """A classifier of three classes said it four times; and each load says it."""
    X, y = clouds(40, 50, 3)
    save(model.fit(X, y), way, tmp_path)
    monkeypatch.setattr(persistence, "_version", lambda name: "9.9")
    for _ in range(2):
        with pytest.warns(VersionWarning) as caught:
            again = load(way, tmp_path)
        assert len([w for w in caught if w.category is VersionWarning]) == 1
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def save(model, way, folder):
    """Save as one of the ways does, without loading."""
    if way is by_pickle:
        (folder / "model.pickle").write_bytes(pickle.dumps(model))
    elif way is by_joblib:
        joblib.dump(model, folder / "model.joblib")
    else:
        skops = pytest.importorskip("skops.io", reason="skops is in the extra 'test'")
        skops.dump(model, folder / "model.skops")


def load(way, folder):
    if way is by_pickle:
        return pickle.loads((folder / "model.pickle").read_bytes())
    if way is by_joblib:
        return joblib.load(folder / "model.joblib")
    import skops.io

    unknown = skops.io.get_untrusted_types(file=folder / "model.skops")
    return skops.io.load(folder / "model.skops", trusted=unknown)


def test_models_saved_after_a_warning_have_their_versions(monkeypatch):
    """What a copy has told is not lost to the next file."""
    model = LALClassifier(**FEW).fit(*clouds())
    now = persistence._version("skwfm")
    state = model.__getstate__()
    with monkeypatch.context() as patch:
        patch.setattr(persistence, "_version", lambda name: "9.9")
        with pytest.warns(VersionWarning):
            LALClassifier().__setstate__(state)
    assert model.__getstate__()["_skwfm_versions"]["skwfm"] == now


def test_fitted_models_are_light():
    """No matrices of units: inputs or rotation, sites, weights and their layout."""
    X, y = clouds(60, 100)
    models = {name: clone(MODELS[name]).fit(X, y) for name in ("lal", "fbp, bp")}
    models["ep"] = FBPClassifier(n_hidden=9, gammas=[0.5], random_state=0).fit(X, y)
    models["infinite"] = clone(MODELS["infinite"]).fit(X, y)
    n_weights = 9 * 101
    limits = {
        "lal": 8 * 3 * 101 + 5_000,
        "fbp, bp": 8 * 10 * 3 * 101 + 10_000,
        "ep": 8 * (60 * 101 + 60 * 9 + 10 * n_weights) + 10_000,
        "infinite": 8 * (60 * 100 + 60 * 61 / 2 + 10 * 60) + 10_000,
    }
    sizes = {name: len(pickle.dumps(model)) for name, model in models.items()}
    assert {name for name in limits if sizes[name] > limits[name]} == set()
    # Probabilities need the matrices; they are not saved.
    models["ep"].predict_proba(X)
    assert len(pickle.dumps(models["ep"])) == sizes["ep"]
    assert limits["ep"] / 2 < 8 * 9 * 60**2
