"""The constant input of intercepts: an input like others, of a size one can choose."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler

from skwfm import (
    AnnealingClassifier,
    CeSGDClassifier,
    ELALClassifier,
    FBPClassifier,
    LALClassifier,
)
from skwfm.architectures import FullCommittee
from skwfm.classifiers import published_settings
from skwfm.datasets import make_random_patterns
from skwfm.landscape import (
    HessianSpectrumTransformer,
    MeasureTransformer,
    flatten_solutions,
    hessian_spectrum,
    local_entropy,
    minima_manifold,
    read_model,
)
from skwfm.problem.intercepts import resolve_scaling

ALGORITHMS = [
    LALClassifier(n_hidden=3, random_state=0),
    ELALClassifier(n_hidden=3, n_replicas=3, random_state=0),
    CeSGDClassifier(n_hidden=3, max_iter=500, random_state=0),
    FBPClassifier(n_hidden=3, gammas=[0.5, 1.0], max_sweeps=20, random_state=0),
    AnnealingClassifier(n_hidden=3, max_iter=50, random_state=0),
]
C = 2.5


@pytest.fixture(params=ALGORITHMS, ids=lambda model: type(model).__name__)
def classifier(request):
    return clone(request.param)


@pytest.fixture
def clouds():
    """Real inputs, the labels of a hyperplane that is far from the origin."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 8))
    return X, np.where(X[:, 0] + X[:, 1] > 1.5, "far", "near")


def with_constant(X, c=C):
    return np.column_stack([X, np.full(len(X), c)])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_is_one_more_input(classifier, clouds, dtype):
    X, y = clouds[0].astype(dtype), clouds[1]
    model = clone(classifier).set_params(intercept_scaling=C).fit(X, y)
    column = clone(classifier).set_params(fit_intercept=False)
    column.fit(with_constant(X).astype(dtype), y)
    assert model.coef_.dtype == model.intercept_.dtype == column.coef_.dtype
    np.testing.assert_array_equal(model.coef_, column.coef_[:, :-1])
    np.testing.assert_array_equal(model.intercept_, column.coef_[:, -1] * dtype(C))
    np.testing.assert_allclose(
        model.decision_function(X),
        column.decision_function(with_constant(X)),
        rtol=1e-6,
        atol=1e-6,
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_signs_beside_another_constant(classifier):
    """Inputs +-1 cannot be kept as bits beside a constant that is not 1."""
    X, y = make_random_patterns(30, 40, random_state=0)
    model = clone(classifier).set_params(intercept_scaling=C).fit(X.astype(int), y)
    column = clone(classifier).set_params(fit_intercept=False).fit(with_constant(X), y)
    np.testing.assert_array_equal(model.predict(X), column.predict(with_constant(X)))
    np.testing.assert_allclose(model.coef_, column.coef_[:, :-1], rtol=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_default_is_the_root_of_the_inputs_per_unit(classifier, clouds):
    X, y = clouds
    assert classifier.fit(X, y).intercept_scaling_ == np.sqrt(8)
    tree = clone(classifier).set_params(architecture="tree").fit(X, y)
    np.testing.assert_array_equal(tree.intercept_scaling_, np.sqrt([3, 3, 2]))
    norms = np.hypot(
        np.linalg.norm(tree.coef_, axis=1), tree.intercept_ / tree.intercept_scaling_
    )
    np.testing.assert_allclose(norms, 1, rtol=1e-12)


@pytest.mark.parametrize("power", [-12, 5])
def test_default_follows_the_scale_of_the_inputs(power):
    rng = np.random.default_rng(0)
    X, machine = rng.normal(size=(40, 8)), FullCommittee(3)
    scaled = resolve_scaling("auto", np.ldexp(X, power), machine)
    assert scaled == np.ldexp(np.sqrt(8), power)
    assert resolve_scaling("auto", csr_array(np.ldexp(X, power)), machine) == scaled
    # Rows of norm one with few entries, as of word counts.
    words = random_array((50, 4096), density=0.01, rng=1, format="csr")
    words = csr_array(words / np.sqrt(words.power(2).sum(axis=1))[:, None])
    assert 0.5 < resolve_scaling("auto", words, machine) < 2
    assert resolve_scaling("auto", np.zeros((3, 4)), machine) == 2.0


def test_default_leaves_signs_alone(classifier):
    X, y = make_random_patterns(30, 40, random_state=0)
    model = clone(classifier).fit(X, y)
    assert model.intercept_scaling_ == 1.0
    one = clone(classifier).set_params(intercept_scaling=1.0).fit(X, y)
    np.testing.assert_array_equal(model.intercept_, one.intercept_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_without_intercepts_it_has_no_effect(classifier, clouds):
    X, y = clouds[0], clouds[0][:, 0] > 0
    classifier.set_params(fit_intercept=False)
    one = clone(classifier).fit(X, y)
    other = clone(classifier).set_params(intercept_scaling=7.0).fit(X, y)
    np.testing.assert_array_equal(one.coef_, other.coef_)
    assert one.intercept_scaling_ == other.intercept_scaling_ == 1.0


@pytest.mark.parametrize("value", [0.0, -1.0, np.inf, np.nan, "sqrt", None, [1.0, 2.0]])
def test_what_is_no_positive_number_is_named(classifier, clouds, value):
    with pytest.raises(ValueError, match="'intercept_scaling' parameter"):
        classifier.set_params(intercept_scaling=value).fit(*clouds)


@pytest.mark.parametrize("value", [1e-30, 1e30])
def test_what_leaves_the_precision_is_named(classifier, clouds, value):
    X, y = clouds
    with pytest.raises(ValueError, match=r"intercept_scaling=1e.* float32: choose"):
        classifier.set_params(intercept_scaling=value).fit(X.astype(np.float32), y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_it_can_be_searched(classifier, clouds):
    grid = {"intercept_scaling": [1.0, "auto"]}
    search = GridSearchCV(classifier, grid, cv=3).fit(*clouds)
    assert clone(search.best_estimator_).intercept_scaling in (1.0, "auto")
    assert search.best_estimator_.get_params()["intercept_scaling"] in (1.0, "auto")


@pytest.mark.parametrize("architecture", ["full", "tree"])
def test_measures_see_the_machine_s_own_weights(clouds, architecture):
    """Read back, the weights have norm one and the problem gives the model's fields."""
    X, y = clouds
    model = LALClassifier(architecture=architecture, n_hidden=3, random_state=0)
    problem, weights = read_model(model.fit(X[:20], y[:20]), X, y)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=1), 1, rtol=1e-12)
    packed = problem.layout.pack_weights(weights, float)
    np.testing.assert_allclose(
        problem.fields(packed, np.arange(60)),
        X @ model.coef_.T + model.intercept_,
        rtol=1e-12,
        atol=1e-12,
    )


class ColumnModel:
    """The same machine, told that its constant input is an input like the others."""

    def __init__(self, model):
        weights = model.intercept_ / model.intercept_scaling_
        self.coef_ = np.column_stack([model.coef_, weights])
        self.intercept_ = np.zeros(len(weights))
        self.architecture_, self.classes_ = model.architecture_, model.classes_
        self.fit_intercept = False


@pytest.fixture(scope="module")
def solved():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(20, 15)), rng.choice([-1, 1], 20)
    model = LALClassifier(n_hidden=3, intercept_scaling=C, random_state=0).fit(X, y)
    assert model.n_errors_ == 0
    return model, X, y


@pytest.mark.parametrize("method", ["amp", "bp", "ep", "mc"])
def test_local_entropy_counts_the_constant_input(solved, method):
    model, X, y = solved
    options = {"method": method, "overlaps": [0.95], "random_state": 0}
    X, y = np.repeat(X, 2, axis=0), np.repeat(y, 2)  # which are merged again
    mine = local_entropy(model, X, y, **options).entropy
    column = local_entropy(ColumnModel(model), with_constant(X), y, **options).entropy
    np.testing.assert_allclose(mine, column, rtol=1e-6)


def test_derivatives_count_the_constant_input(solved):
    model, X, y = solved
    column = ColumnModel(model), with_constant(X), y
    np.testing.assert_allclose(
        hessian_spectrum(model, X, y, 20.0).eigenvalues,
        hessian_spectrum(*column, 20.0).eigenvalues,
        rtol=1e-9,
        atol=1e-12,
    )
    mine, theirs = minima_manifold(model, X, y), minima_manifold(*column)
    np.testing.assert_allclose(mine.weights, theirs.weights, rtol=1e-6, atol=1e-9)


def test_rows_of_weights_become_the_same_machine(solved):
    model, X, y = solved
    rows = flatten_solutions([model])
    np.testing.assert_allclose(np.linalg.norm(rows.reshape(3, -1), axis=1), 1)
    whole = HessianSpectrumTransformer(X, y, 20.0, n_hidden=3, intercept_scaling=C)
    column = HessianSpectrumTransformer(
        with_constant(X), y, 20.0, n_hidden=3, fit_intercept=False
    )
    np.testing.assert_allclose(
        whole.fit_transform(rows), column.fit_transform(rows), rtol=1e-6
    )
    machine = whole._machine(rows[0])
    np.testing.assert_allclose(machine.intercept_, model.intercept_, rtol=1e-12)


def test_rows_of_different_constant_inputs_do_not_mix(solved):
    model, X, y = solved
    other = clone(model).set_params(intercept_scaling=1.0).fit(X, y)
    with pytest.raises(ValueError, match=r"intercept_scaling_ \[\[2.5\], \[1.0\]\]"):
        flatten_solutions([model, other])
    bad = MeasureTransformer("noise_robustness", X, y, intercept_scaling=-1.0)
    with pytest.raises(ValueError, match=r"intercept_scaling=-1.0 is not a positive"):
        bad.set_params(n_hidden=3).fit(flatten_solutions([model]))


@pytest.mark.parametrize("algorithm", [LALClassifier, CeSGDClassifier])
def test_online_training_keeps_the_first_constant(clouds, algorithm):
    X, y = clouds
    model = algorithm(n_hidden=3, intercept_scaling=C, random_state=0)
    column = clone(model).set_params(fit_intercept=False)
    for _ in range(3):
        model.partial_fit(X, y)
        column.partial_fit(with_constant(X), y)
    np.testing.assert_allclose(model.coef_, column.coef_[:, :-1], rtol=1e-9)
    np.testing.assert_allclose(model.intercept_, C * column.coef_[:, -1], rtol=1e-9)
    with pytest.raises(ValueError, match=r"intercept_scaling=9.0 is not that"):
        model.set_params(intercept_scaling=9.0).partial_fit(X, y)
    assert model.intercept_scaling_ == C
    # Later parts may have another scale; the first has said what "auto" is.
    model = algorithm(n_hidden=3, random_state=0).partial_fit(X, y)
    assert model.partial_fit(8 * X, y).intercept_scaling_ == np.sqrt(8)


def test_published_settings_keep_one():
    for problem in ("random_patterns", "dress_coat"):
        for name in ("LAL", "eLAL", "ceSGD-fast", "ceSGD-slow", "fBP"):
            assert published_settings(problem, name)[1]["intercept_scaling"] == 1.0


def one_cloud_in_another(seed):
    """Classes of the same mean: hyperplanes near the origin cannot tell them apart."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(300, 10)), rng.integers(2, size=300)
    return StandardScaler().fit_transform(X * np.where(y, 2.0, 1.0)[:, None]), y


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "model",
    [
        LALClassifier(max_iter=200, random_state=0),
        ELALClassifier(n_replicas=5, max_iter=1000, random_state=0),
        CeSGDClassifier(max_iter=300, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_default_tells_a_cloud_inside_another(model):
    """Balanced accuracy rises from .55, .53 and .53 to .62, .60 and .66.

    Means of six samples, whose differences have a standard error of .02.
    """
    mean = {
        c: np.mean([
            cross_val_score(
                clone(model).set_params(intercept_scaling=c),
                *one_cloud_in_another(seed), cv=3, scoring="balanced_accuracy",
            )
            for seed in range(6)
        ])
        for c in (1.0, "auto")
    }  # fmt: skip
    assert mean["auto"] > mean[1.0] + 0.03
