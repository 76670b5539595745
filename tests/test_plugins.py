"""The registry, on real (small) distributions put on sys.path."""

import importlib.metadata
import json
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from skwfm import plugins
from skwfm.cli import main
from skwfm.plugins import PluginError, available, failure, get, refresh, resolve

ALGORITHM = """
class {name}:
    def fit(self, X, y): return self
    def predict(self, X): return X
    def get_params(self, deep=True): return {{}}
"""
ARCHITECTURE = """
class {name}:
    def __init__(self, n_hidden=9): self.n_hidden = n_hidden
    def receptive_fields(self, n_features): return []
    def output(self, hidden): return hidden[:, 0]
    def decision(self, hidden): return hidden[:, 0]
"""
BUILTINS = {
    "skwfm.algorithms": {"lal": "fake_own:LAL", "elal": "fake_own:ELAL"},
    "skwfm.architectures": {"tree": "fake_own_machines:Tree"},
    "skwfm.measures": {"flatness": "fake_own_measures:Flatness"},
}


class Site:
    """A folder of distributions, as ``pip install --target`` would leave it."""

    def __init__(self, folder):
        self.folder = folder

    def module(self, name, source):
        (self.folder / f"{name}.py").write_text(source)

    def distribution(self, name, groups, version="1.0"):
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        lines = []
        for group, entries in groups.items():
            lines += [f"[{group}]", *(f"{key} = {v}" for key, v in entries.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        refresh()
        return info

    def algorithm(self, name, reference, distribution="my-dist", version="1.0"):
        groups = {"skwfm.algorithms": {name: reference}}
        return self.distribution(distribution, groups, version)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return a `Site` first on sys.path, holding stand-ins of the built-ins.

    Whatever else is installed is hidden from the registry in this process.
    """
    monkeypatch.syspath_prepend(tmp_path)
    everywhere = importlib.metadata.distributions

    def here():
        return everywhere(path=[p for p in sys.path if p.startswith(str(tmp_path))])

    monkeypatch.setattr(importlib.metadata, "distributions", here)
    site = Site(tmp_path)
    site.distribution("skwfm", BUILTINS, "0.0.1")
    site.module("fake_own", ALGORITHM.format(name="LAL"))
    site.module("fake_own_machines", ARCHITECTURE.format(name="Tree"))
    yield site
    for name in [name for name in sys.modules if name.startswith("fake_")]:
        del sys.modules[name]
    monkeypatch.undo()
    refresh()


@pytest.fixture
def complete_site(site):
    """Return a site on which all that is registered can be loaded."""
    algorithms = ALGORITHM.format(name="LAL"), ALGORITHM.format(name="ELAL")
    site.module("fake_own", "".join(algorithms))
    site.module("fake_own_measures", MEASURE.format(name="Flatness"))
    return site


def run(site, code):
    """Run code in a new interpreter that sees the site; return its parsed output."""
    path = os.pathsep.join([str(site.folder), *filter(None, sys.path)])
    package_root = str(Path(plugins.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path + os.pathsep + package_root},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def find(group, name):
    return [plugin for plugin in available(group) if plugin.name == name]


def test_listing_tells_origin(site):
    site.algorithm("mine", "fake_mine:Mine", version="2.3")
    (mine,) = find("algorithms", "mine")
    assert (mine.distribution, mine.version) == ("my-dist", "2.3")
    assert (mine.reference, mine.group) == ("fake_mine:Mine", "algorithms")
    assert (mine.builtin, mine.shadowed) == (False, False)
    (lal,) = find("algorithms", "lal")
    assert (lal.builtin, lal.distribution, lal.version) == (True, "skwfm", "0.0.1")


def test_listing_starts_with_the_builtins(site):
    site.algorithm("aaa", "fake_mine:Mine")
    assert [p.name for p in available("algorithms")] == ["elal", "lal", "aaa"]


def test_plugin_is_frozen_and_picklable(site):
    (lal,) = find("algorithms", "lal")
    with pytest.raises(AttributeError):
        lal.name = "other"
    assert pickle.loads(pickle.dumps(lal)) == lal


def test_importing_and_listing_import_nothing(site):
    site.algorithm("mine", "fake_mine:Mine")
    site.module("fake_mine", "raise SystemExit('imported')")
    names, modules = run(
        site,
        "import json, sys; from skwfm.plugins import available;"
        "groups = 'algorithms', 'architectures';"
        "names = [p.name for group in groups for p in available(group)];"
        "print(json.dumps([names, list(sys.modules)]))",
    )
    assert {"lal", "tree", "mine"} <= set(names)
    assert not [name for name in modules if name.startswith("fake_")]
    assert not {"sklearn", "numpy", "skwfm.classifiers"} & set(modules)


def test_loading_takes_only_the_one_asked_for(site):
    site.algorithm("mine", "fake_mine:Mine")
    site.algorithm("bad", "fake_bad:Bad", "bad-dist")
    site.module("fake_mine", ALGORITHM.format(name="Mine"))
    site.module("fake_bad", "1 / 0")
    name, modules = run(
        site,
        "import json, sys; from skwfm.plugins import get;"
        "name = get('algorithms', 'mine').__name__;"
        "print(json.dumps([name, list(sys.modules)]))",
    )
    assert name == "Mine"
    assert [m for m in modules if m.startswith("fake_")] == ["fake_mine"]


def test_two_groups_may_share_a_name(site):
    site.distribution(
        "my-dist",
        {
            "skwfm.algorithms": {"mine": "fake_mine:Learner"},
            "skwfm.architectures": {"mine": "fake_mine:Machine"},
        },
    )
    site.module(
        "fake_mine",
        ALGORITHM.format(name="Learner") + ARCHITECTURE.format(name="Machine"),
    )
    assert get("algorithms", "mine").__name__ == "Learner"
    assert get("architectures", "mine").__name__ == "Machine"


def test_loading_twice_gives_the_same_class(site):
    assert get("algorithms", "lal") is get("algorithms", "skwfm:lal")


def test_loading_from_threads_gives_one_class(site):
    site.module(
        "fake_own", "import time; time.sleep(.05)" + ALGORITHM.format(name="LAL")
    )
    loaded = []
    ready = threading.Barrier(4)

    def load():
        ready.wait()
        loaded.append(get("algorithms", "lal"))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 4
    assert len(set(loaded)) == 1


BROKEN = {
    "import error": ("import no_such_module_anywhere", "ModuleNotFoundError"),
    "missing attribute": ("", "no attribute 'Bad'"),
    "exit": ("raise SystemExit('stop here')", "SystemExit: stop here"),
    "syntax": ("class Bad", "SyntaxError"),
    "function": ("def Bad(): pass", "expected a class"),
    "no estimator": ("class Bad: pass", "lacks fit, predict, get_params"),
    "half an estimator": (
        "class Bad:\n def fit(self): pass\n def predict(self): pass",
        "lacks get_params",
    ),
    "constructor with an argument": (
        ALGORITHM.format(name="Bad") + "    def __init__(self, needed): pass",
        "needed",
    ),
}


@pytest.mark.parametrize(("source", "cause"), BROKEN.values(), ids=BROKEN)
def test_broken_algorithm(site, source, cause):
    site.algorithm("bad", "fake_bad:Bad", "bad-dist", "4.5")
    site.module("fake_bad", source)
    assert get("algorithms", "lal").__name__ == "LAL"
    with pytest.raises(PluginError, match=cause) as caught:
        get("algorithms", "bad")
    message = str(caught.value)
    for part in ("'bad'", "'bad-dist'", "4.5", "fake_bad:Bad", "Update, reinstall"):
        assert part in message
    assert caught.value.__cause__ is not None
    assert isinstance(caught.value, ImportError)


MACHINES = {
    "no methods": ("class Bad: pass", "lacks receptive_fields, output, decision"),
    "constructor without n_hidden": (
        ARCHITECTURE.format(name="Bad")
        + "    def __init__(self, size=9): self.n_hidden = size",
        "n_hidden",
    ),
    "n_hidden not stored": (
        ARCHITECTURE.format(name="Bad") + "    def __init__(self, n_hidden=9): pass",
        "does not store n_hidden",
    ),
    "abstract": (
        "from abc import ABC, abstractmethod\n"
        + ARCHITECTURE.format(name="Most")
        + "class Bad(Most, ABC):\n @abstractmethod\n def output(self, hidden): ...",
        "abstract",
    ),
}


@pytest.mark.parametrize(("source", "cause"), MACHINES.values(), ids=MACHINES)
def test_broken_architecture(site, source, cause):
    site.distribution("bad-dist", {"skwfm.architectures": {"bad": "fake_bad:Bad"}})
    site.module("fake_bad", source)
    with pytest.raises(PluginError, match=cause):
        get("architectures", "bad")


MEASURE = """
class {name}:
    name, columns, unit = "mine", ("mine",), ""
    greater_is_better, needs = True, "classifier"
    def __call__(self, model, X, y, random_state=None): return 1.0
    def values(self, result): return [result]
"""
MEASURES = {
    "no values": ("class Bad:\n def __call__(self): pass", "lacks values"),
    "not callable": ("class Bad:\n def values(self): pass", "lacks __call__"),
    "no attributes": (
        "class Bad:\n def values(self): pass\n def __call__(self): pass",
        "lacks name, columns, unit, greater_is_better, needs. Inherit from "
        "skwfm.landscape.Measure",
    ),
    "constructor with an argument": (
        MEASURE.format(name="Bad") + "    def __init__(self, needed): pass",
        "needed",
    ),
}


@pytest.mark.parametrize(("source", "cause"), MEASURES.values(), ids=MEASURES)
def test_broken_measure(site, source, cause):
    site.distribution("bad-dist", {"skwfm.measures": {"bad": "fake_bad:Bad"}})
    site.module("fake_bad", source)
    with pytest.raises(PluginError, match=cause):
        get("measures", "bad")


def test_measures_are_listed_loaded_and_suggested(site):
    site.distribution("my-dist", {"skwfm.measures": {"mine": "fake_mine:Mine"}})
    site.module("fake_mine", MEASURE.format(name="Mine"))
    (plugin,) = find("measures", "mine")
    assert (plugin.distribution, plugin.builtin) == ("my-dist", False)
    loaded = get("measures", "mine")
    assert resolve("measures", "mine") is loaded
    assert resolve("measures", (instance := loaded())) is instance
    with pytest.raises(ValueError, match=r"unknown measure 'mind'.*mean 'mine'"):
        get("measures", "mind")


def test_malformed_reference_is_reported_on_use(site):
    site.algorithm("bad", "not a reference!")
    with pytest.raises(PluginError, match="not a reference!"):
        get("algorithms", "bad")


def test_keyboard_interrupt_is_not_swallowed(site):
    site.algorithm("slow", "fake_slow:Slow")
    site.module("fake_slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        get("algorithms", "slow")


def test_mended_plugin_loads_without_refresh(site):
    site.algorithm("bad", "fake_bad:Bad")
    with pytest.raises(PluginError, match="fake_bad"):
        get("algorithms", "bad")
    site.module("fake_bad", ALGORITHM.format(name="Bad"))
    importlib.invalidate_caches()
    assert get("algorithms", "bad").__name__ == "Bad"


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("lall", "'lal'"),
        ("LAL", "'lal'"),
        ("My-Algoritm", "'my-algorithm'"),
        ("AnnealedLearner", "'my-algorithm'"),
        ("wrong-dist:elal", "'elal'"),
    ],
)
def test_unknown_name_suggests(site, name, guess):
    site.algorithm("my-algorithm", "fake_mine:AnnealedLearner")
    with pytest.raises(ValueError, match=f"unknown algorithm {name!r}") as caught:
        get("algorithms", name)
    assert f"Did you mean {guess}?" in str(caught.value)
    assert "Installed: elal, lal, my-algorithm" in str(caught.value)


@pytest.mark.parametrize("name", ["tre", "flatnes", "fake_own_machines:tree"])
def test_names_of_other_groups_are_not_suggested(site, name):
    with pytest.raises(ValueError, match="unknown algorithm") as caught:
        get("algorithms", name)
    for other in ("'tree'", "flatness", "Did you mean"):
        assert other not in str(caught.value)


def test_far_name_has_no_suggestion(site):
    with pytest.raises(ValueError, match="unknown architecture 'zzz'") as caught:
        get("architectures", "zzz")
    assert "Did you mean" not in str(caught.value)


def test_two_plugins_of_one_name(site):
    site.algorithm("same", "fake_a:A", "dist-a", "1.1")
    site.algorithm("same", "fake_b:B", "dist.b", "2.2")
    for module in "ab":
        site.module(f"fake_{module}", ALGORITHM.format(name=module.upper()))
    with pytest.raises(ValueError, match="registered more than once") as caught:
        get("algorithms", "same")
    for part in (
        "dist-a:same (version 1.1",
        "dist.b:same (version 2.2",
        "Use 'dist-a:",
    ):
        assert part in str(caught.value)
    assert get("algorithms", "dist-a:same").__name__ == "A"
    assert get("algorithms", "dist.b:same").__name__ == "B"
    assert get("algorithms", "DIST_b:same").__name__ == "B"
    with pytest.raises(
        ValueError, match=r"Installed: elal, lal, dist-a:same, dist\.b:"
    ):
        get("algorithms", "zzz")


def test_one_distribution_registering_a_name_twice(site):
    info = site.algorithm("same", "fake_a:A")
    with (info / "entry_points.txt").open("a") as file:
        file.write("same = fake_a:B\n")
    refresh()
    with pytest.raises(ValueError, match="Ask the authors of my-dist"):
        get("algorithms", "my-dist:same")


def test_entry_written_twice_is_no_conflict(site):
    info = site.algorithm("mine", "fake_mine:Mine")
    with (info / "entry_points.txt").open("a") as file:
        file.write("mine = fake_mine:Mine\n")
    refresh()
    assert len(find("algorithms", "mine")) == 1


def test_distribution_found_twice_is_no_conflict(site, tmp_path, monkeypatch):
    leftover = Site(tmp_path / "leftover")
    leftover.folder.mkdir()
    monkeypatch.syspath_prepend(leftover.folder)
    leftover.algorithm("mine", "fake_mine:Mine", "My.Dist")
    site.algorithm("mine", "fake_mine:Mine", "my-dist")
    site.module("fake_mine", ALGORITHM.format(name="Mine"))
    assert len(find("algorithms", "mine")) == 1
    assert get("algorithms", "mine").__name__ == "Mine"


def test_first_version_on_the_path_counts(site, tmp_path, monkeypatch):
    newer = Site(tmp_path / "newer")
    newer.folder.mkdir()
    site.algorithm("mine", "fake_old:Mine", version="1.0")
    monkeypatch.syspath_prepend(newer.folder)
    newer.algorithm("mine", "fake_new:Mine", version="2.0")
    assert [p.version for p in find("algorithms", "mine")] == ["2.0"]


@pytest.mark.parametrize("distribution", ["taker", "aaa", "skwfm-taker"])
def test_builtin_name_cannot_be_taken(site, distribution):
    site.algorithm("lal", "fake_taker:Taker", distribution)
    site.module("fake_taker", ALGORITHM.format(name="Taker"))
    assert get("algorithms", "lal").__name__ == "LAL"
    assert "fake_taker" not in sys.modules
    own, taker = find("algorithms", "lal")
    assert (own.builtin, own.shadowed) == (True, False)
    assert (taker.builtin, taker.shadowed) == (False, True)
    assert get("algorithms", f"{distribution}:lal").__name__ == "Taker"
    assert get("algorithms", taker.qualified_name).__name__ == "Taker"


def test_shadowed_plugins_are_marked_in_the_list(complete_site, capsys):
    site = complete_site
    site.algorithm("lal", "fake_taker:Taker", "taker")
    site.module("fake_taker", ALGORITHM.format(name="Taker"))
    assert main(["plugins"]) == 0
    rows = [line.split()[:-2] for line in capsys.readouterr().out.splitlines()]
    assert ["algorithms", "lal", "skwfm", "0.0.1"] in rows
    assert ["algorithms", "taker:lal", "(shadowed)", "taker", "1.0"] in rows


def test_the_list_says_what_loads_and_why_the_rest_does_not(complete_site, capfd):
    """Also of shadowed plugins, of names registered twice, and of what prints."""
    site = complete_site
    site.algorithm("mine", "fake_mine:Mine", "my-dist", "2.0")
    site.module("fake_mine", "print('hello')\n" + ALGORITHM.format(name="Mine"))
    site.algorithm("lal", "fake_bad:Taker", "taker")
    site.module("fake_bad", "raise OSError('no licence')")
    for distribution in ("dist-a", "dist-b"):
        site.algorithm("same", "fake_mine:Mine", distribution)
    assert main(["plugins"]) == 1
    table, messages = capfd.readouterr()
    rows = [line.split() for line in table.splitlines()]
    assert "hello" not in table
    assert ["algorithms", "mine", "my-dist", "2.0", "Mine", "loads"] in rows
    assert ["measures", "flatness", "skwfm", "0.0.1", "Flatness", "loads"] in rows
    shadowed = ["algorithms", "taker:lal", "(shadowed)", "taker", "1.0", "Taker"]
    assert [*shadowed, "fails"] in rows
    assert "OSError: no licence" in messages
    assert [row[-1] for row in rows if "same" in row] == ["loads", "loads"]


def test_one_plugin_that_fails_does_not_hide_the_others(complete_site):
    complete_site.algorithm("bad", "fake_bad:Bad")
    found = {plugin.name: failure(plugin) for plugin in available("algorithms")}
    assert found["lal"] is found["elal"] is None
    assert isinstance(found["bad"], PluginError)


@pytest.mark.parametrize(
    ("requires", "remedy"),
    [
        (["no-such-module-anywhere>=2,<3"], "'no-such-module-anywhere>=2,<3'"),
        (['No_Such.Module-Anywhere; python_version >= "3"'], "'No_Such.Module-Anyw"),
        (['no-such-module-anywhere; extra == "gpu"'], r"'my-dist\[gpu\]'"),
        (["numpy"], "which my-dist does not declare.*'no_such_module_anywhere'"),
        ([], "which my-dist does not declare"),
    ],
)
def test_a_missing_dependency_names_what_to_install(site, requires, remedy):
    info = site.algorithm("bad", "fake_bad:Bad")
    with (info / "METADATA").open("a") as file:
        file.writelines(f"Requires-Dist: {requirement}\n" for requirement in requires)
    site.module("fake_bad", "import no_such_module_anywhere.part")
    with pytest.raises(PluginError, match=f"Install .*{remedy}.*Update, reinstall"):
        get("algorithms", "bad")


def test_a_missing_module_of_its_own_is_no_missing_dependency(site):
    site.algorithm("bad", "fake_bad:Bad")
    with pytest.raises(PluginError, match=r"No module named 'fake_bad'\. Update"):
        get("algorithms", "bad")


def test_builtin_name_is_free_in_the_other_group(site):
    site.distribution("other", {"skwfm.architectures": {"lal": "fake_other:Other"}})
    (other,) = find("architectures", "lal")
    assert not other.shadowed


def test_qualified_builtin_name_cannot_be_taken(site):
    site.algorithm("skwfm:lal", "fake_taker:Taker", "taker")
    assert get("algorithms", "skwfm:lal").__name__ == "LAL"


def test_name_with_colon_is_reached_through_its_distribution(site):
    site.algorithm("a:b", "fake_mine:Mine")
    site.module("fake_mine", ALGORITHM.format(name="Mine"))
    assert get("algorithms", "my-dist:a:b").__name__ == "Mine"
    with pytest.raises(ValueError, match="Installed: elal, lal, my-dist:a:b"):
        get("algorithms", "a:b")


def test_refresh_finds_what_was_installed_and_removed(site):
    assert not find("algorithms", "mine")
    info = site.folder / "late-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: late\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[skwfm.algorithms]\nmine = fake_late:Late\n"
    )
    assert not find("algorithms", "mine")
    refresh()
    assert find("algorithms", "mine")
    (info / "entry_points.txt").unlink()
    refresh()
    assert not find("algorithms", "mine")


def test_refresh_forgets_loaded_classes(site):
    first = get("algorithms", "lal")
    del sys.modules["fake_own"]
    assert get("algorithms", "lal") is first
    refresh()
    assert get("algorithms", "lal") is not first


@pytest.mark.parametrize(
    "content", [b"\xff\xfe[skwfm.algorithms]", b"[skwfm.algorithms]\nno equals sign\n"]
)
def test_unreadable_metadata_warn_and_are_left_out(site, content):
    info = site.algorithm("mine", "fake_mine:Mine")
    (info / "entry_points.txt").write_bytes(content)
    refresh()
    with pytest.warns(RuntimeWarning, match="Reinstall or remove") as caught:
        names = [plugin.name for plugin in available("algorithms")]
    assert caught[0].filename == __file__
    assert str(site.folder) in str(caught[0].message)
    assert "the distribution 'my-dist' in" in str(caught[0].message)
    assert names == ["elal", "lal"]


def test_metadata_without_a_name_warn(site):
    info = site.algorithm("mine", "fake_mine:Mine")
    (info / "METADATA").unlink()
    refresh()
    with pytest.warns(RuntimeWarning, match=r"distribution of my_dist-1.0.dist-info"):
        assert not find("algorithms", "mine")


@pytest.mark.parametrize("group", ["algorithm", "skwfm.algorithms", None, []])
def test_wrong_group(group):
    for call in (available, lambda g: get(g, "lal"), lambda g: resolve(g, "lal")):
        with pytest.raises(ValueError, match=r"group must be one of \('algorithms'"):
            call(group)


@pytest.mark.parametrize("name", [None, 3, ["lal"]])
def test_name_must_be_a_string(name):
    with pytest.raises(TypeError, match="name must be a string"):
        get("algorithms", name)


def test_uninstalled_source_tree_says_to_install(monkeypatch):
    found = importlib.metadata.distributions
    monkeypatch.setattr(
        importlib.metadata,
        "distributions",
        lambda: (d for d in found() if d.name != "skwfm"),
    )
    refresh()
    for call in (available, lambda group: get(group, "lal")):
        with pytest.raises(PluginError, match=r"pip install \."):
            call("algorithms")
    monkeypatch.undo()
    refresh()


def test_resolve(site):
    loaded = resolve("architectures", "tree")
    assert loaded.__name__ == "Tree"
    assert resolve("architectures", loaded) is loaded
    machine = loaded(n_hidden=3)
    assert resolve("architectures", machine) is machine


@pytest.mark.parametrize("spec", [None, 3, ["tree"], dict, b"tree"])
def test_resolve_rejects_other_types(site, spec):
    with pytest.raises(TypeError, match="is given by name, as a class or as an inst"):
        resolve("architectures", spec)


def test_resolve_rejects_the_wrong_kind(site):
    learner = get("algorithms", "lal")
    with pytest.raises(TypeError, match="it lacks receptive_fields, output, decision"):
        resolve("architectures", learner)


def test_installed_package_registers_its_builtins():
    refresh()
    try:
        importlib.metadata.version("skwfm")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("skwfm is imported from a source tree")
    for group, names in {
        "algorithms": {"lal", "elal", "cesgd"},
        "architectures": {"full", "tree", "parity"},
        "measures": {"local_entropy", "hessian", "noise_robustness", "manifold"},
    }.items():
        assert names <= {plugin.name for plugin in available(group) if plugin.builtin}
