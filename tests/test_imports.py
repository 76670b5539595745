"""The package keeps its rooms apart and its import light.

The rooms, and what each may import, are read from the page of the docs that describes
them, so that the page cannot drift. ``python tests/test_imports.py`` prints the graph.
"""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import skwfm

PACKAGE = Path(skwfm.__file__).parent
PAGE = Path(__file__).parents[1] / "docs" / "how_it_is_built.rst"
WITHOUT_SKLEARN = ("_kernels", "theory", "architectures", "plugins", "_entry_points")


def written_rooms():
    """What each room may import, in the order of the page: top floor first."""
    block = re.search(
        r"\.\. rooms\n[\s\S]*?::\n\n((?:    .*\n|\n)+)", PAGE.read_text()
    )[1]
    lines = [line.split("->") for line in block.splitlines() if "->" in line]
    return {room.strip(): set(below.split()) for room, below in lines}


def all_modules():
    """Every Python module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = all_modules()


def room_of(module):
    """Top folder of a module, or the module itself if it lies at the top."""
    room = module.removeprefix("skwfm.").split(".")[0]
    return "cli" if room == "__main__" else room  # python -m skwfm is its door


def imported_names(path):
    """Every import of a file, also those inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module


def imports_of(module):
    """Modules of the package that a module imports, lazily or not."""
    names = set(imported_names(MODULES[module]))
    compiled = {n for n in names if n.startswith("skwfm._kernels")}
    return {n for n in names - compiled if n in MODULES} - {module, "skwfm"} | (
        {"skwfm._kernels"} if compiled and module != "skwfm._kernels" else set()
    )


def edges():
    return {module: imports_of(module) for module in MODULES if module != "skwfm"}


def room_graph():
    graph = defaultdict(set)
    for module, below in edges().items():
        graph[room_of(module)] |= {room_of(name) for name in below}
    return {room: below - {room} for room, below in graph.items() if room}


def find_cycle(graph):
    """One circle of a graph, as a list of its nodes, or None."""
    done = set()

    def visit(node, path):
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return None
        for following in sorted(graph.get(node, ())):
            cycle = visit(following, [*path, node])
            if cycle:
                return cycle
        done.add(node)
        return None

    return next((c for c in (visit(node, []) for node in sorted(graph)) if c), None)


def test_a_circle_would_be_found():
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_no_module_imports_itself_by_way_of_others():
    cycle = find_cycle(edges())
    assert cycle is None, " -> ".join(cycle)


def test_no_circle_of_rooms():
    cycle = find_cycle(room_graph())
    assert cycle is None, " -> ".join(cycle)


def test_every_room_is_on_the_page():
    assert set(room_graph()) == set(written_rooms())


@pytest.mark.parametrize("room", sorted(written_rooms()))
def test_rooms_import_what_the_page_says(room):
    found = room_graph()[room]
    assert found <= written_rooms()[room], found - written_rooms()[room]
    stale = written_rooms()[room] - found
    assert not stale, f"the page allows {stale}, which nothing uses"


def test_the_page_lists_rooms_from_the_top_down():
    order = list(written_rooms())
    for room, below in written_rooms().items():
        for name in below:
            assert order.index(name) > order.index(room), f"{room} is below {name}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_rooms_without_scikit_learn(module):
    if not room_of(module).startswith(WITHOUT_SKLEARN):
        return
    for name in imported_names(MODULES[module]):
        assert name.split(".")[0] != "sklearn", f"{module} imports {name}"


def test_private_names_of_scikit_learn_are_imported_in_one_file():
    offenders = {
        module
        for module, path in MODULES.items()
        for name in imported_names(path)
        if name.startswith("sklearn.") and "._" in name
    }
    assert offenders == {"skwfm._sklearn"}


def test_no_folder_has_more_than_twelve_files():
    counts = defaultdict(int)
    for path in MODULES.values():
        counts[path.parent.relative_to(PACKAGE)] += path.name != "__init__.py"
    assert {folder: n for folder, n in counts.items() if n > 12} == {}


@pytest.mark.parametrize(
    ("suffixes", "limit"), [((".py",), 320), ((".pyx", ".h"), 400)]
)
def test_files_are_short(suffixes, limit):
    source = PAGE.parents[1] / "skwfm"
    lengths = {
        path.relative_to(source): len(path.read_text(encoding="utf-8").splitlines())
        for path in source.rglob("*")
        if path.suffix in suffixes
    }
    assert lengths
    assert {path: n for path, n in lengths.items() if n > limit} == {}


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


def test_the_theory_compiles_nothing_at_import_and_loads_no_sklearn():
    code = (
        "import sys, skwfm.theory\n"
        "from skwfm.theory.numerics import loss_averages, three_units\n"
        "assert 'sklearn' not in sys.modules\n"
        "assert 'matplotlib' not in sys.modules\n"
        "assert not loss_averages.tilted_rule.signatures\n"
        "assert not three_units.average_ordered_envelope.signatures\n"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        skwfm.nothing  # noqa: B018
    assert "LALClassifier" in dir(skwfm)


if __name__ == "__main__":
    for room, below in sorted(room_graph().items()):
        print(f"{room:22} -> {' '.join(sorted(below))}")
    sys.exit(1 if find_cycle(edges()) else 0)
