"""The built-ins are found through their own entry points."""

import pytest

import skwfm
from skwfm import architectures, classifiers, plugins
from skwfm.landscape import measures


def test_every_built_in_is_registered():
    algorithms = {p.name for p in plugins.available("algorithms") if p.builtin}
    machines = {p.name for p in plugins.available("architectures") if p.builtin}
    assert algorithms == {"lal", "elal", "cesgd", "fbp", "annealing"}
    assert machines == {"full", "tree", "parity"}
    measured = {p.name for p in plugins.available("measures") if p.builtin}
    assert measured == {"local_entropy", "hessian", "noise_robustness", "manifold"}


@pytest.mark.parametrize(
    ("group", "name", "expected"),
    [
        ("algorithms", "lal", classifiers.LALClassifier),
        ("algorithms", "elal", classifiers.ELALClassifier),
        ("algorithms", "cesgd", classifiers.CeSGDClassifier),
        ("algorithms", "fbp", classifiers.FBPClassifier),
        ("algorithms", "annealing", classifiers.AnnealingClassifier),
        ("architectures", "full", architectures.FullCommittee),
        ("architectures", "tree", architectures.TreeCommittee),
        ("architectures", "parity", architectures.TreeParity),
        ("measures", "local_entropy", measures.LocalEntropy),
        ("measures", "hessian", measures.Hessian),
        ("measures", "noise_robustness", measures.NoiseRobustness),
        ("measures", "manifold", measures.Manifold),
    ],
)
def test_built_ins_load(group, name, expected):
    assert plugins.get(group, name) is expected


def test_version_is_that_of_the_distribution():
    from importlib.metadata import version

    assert skwfm.__version__ == version("skwfm")
