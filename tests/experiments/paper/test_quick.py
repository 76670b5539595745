"""A quick look stays quick: how much every page asks for is known without running."""

from types import SimpleNamespace

import pytest

from skwfm.experiments.paper import plan as plan_module
from skwfm.experiments.paper.pages import EXPERIMENTS
from skwfm.experiments.paper.plan import Plan
from skwfm.experiments.study import study as study_module
from skwfm.experiments.study.execution import Executed
from skwfm.experiments.study.measures import Measured
from skwfm.experiments.study.records import Run
from skwfm.landscape.measure import Curve

# Most calls and runs of a quick look at each page, and most local entropies among them,
# which take longest.
BOUNDS = {
    "fig1": (10, 4), "fig2": (20, 0), "fig3": (6, 0), "fig4": (8, 8), "fig5": (16, 8),
    "fig6": (10, 5), "epochs": (14, 8), "fashion": (20, 10), "rates": (16, 12),
    "replicas": (10, 10), "randomized": (22, 11), "noise": (22, 11),
    "capacity": (24, 0), "annealing": (27, 0),
}  # fmt: skip


def canned_call(function, arguments):
    """What a function of a page would return, with made-up numbers."""
    n = len(arguments.get("overlaps", arguments.get("distances", ())))
    zeros, ones = [0.0] * n, [-1.0] * n
    return {
        "theory": {"overlap": arguments.get("overlaps"), "entropy": ones,
                   "error": zeros, "lower_bound": ones},
        "minimum": {"error_rate": 0.1, "error": 0.0, "stable": True, "loss": 0.1},
        "minimiser": {"error_rate": 0.1, "loss": 0.1, "entropy": ones},
        "solutions": {"distance": arguments.get("distances"), "entropy": ones,
                      "error": zeros, "bound": ones},
    }[function.__name__]  # fmt: skip


def canned_run(task):
    member, measures = task.contestant, {}
    for measure in task.measures:
        level = 0.5 + 0.1 * task.seed + (member.name == "LAL")
        values = dict.fromkeys(measure.columns, level)
        measures[measure.name] = Measured(values, Curve((0.1, 0.2), (-1.0, -2.0)))
    return Run(
        member.name, member.family, task.seed, "ok", n_epochs=9 + task.seed,
        n_train=500, n_train_errors=0, n_test=100, test_accuracy=0.9,
        balanced_accuracy=0.9, seconds=1.0, measures=measures,
    )  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """Calls, runs and runs that are measured, of all that is asked for."""
    found = SimpleNamespace(n_tasks=0, n_measured=0)

    def execute(tasks, *_):
        found.n_tasks += len(tasks)
        found.n_measured += sum(
            any(m.name == "local_entropy" for m in getattr(task, "measures", ()))
            for task in tasks
        )
        results = [
            canned_call(t.function, t.arguments)
            if hasattr(t, "function")
            else canned_run(t)
            for t in tasks
        ]
        return Executed(results, 0)

    monkeypatch.setattr(plan_module, "execute_all", execute)
    monkeypatch.setattr(study_module, "execute_all", execute)
    return found


# The problems of "manifold" are of 63 weights at most.
@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "manifold"])
def test_a_quick_look_asks_for_few_runs(name, asked, tmp_path):
    page = EXPERIMENTS[name](Plan(tmp_path, quick=True, n_jobs=1))
    assert page.claims
    most, most_measured = BOUNDS[name]
    assert 0 < asked.n_tasks <= most
    assert asked.n_measured <= most_measured
