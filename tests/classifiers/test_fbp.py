"""Focusing belief propagation as a classifier."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import check_estimator

from skwfm import FBPClassifier
from skwfm.classifiers import published_settings
from skwfm.datasets import load_dress_coat, make_random_patterns
from skwfm.inference import Factors, ReferencePrior, geometric_protocol, infer
from skwfm.landscape import local_entropy
from skwfm.testing import check_algorithm

FEW = {"gammas": [0.5, 2.0, 8.0, 30.0], "random_state": 0}
IGNORE = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@IGNORE
@pytest.mark.parametrize(
    ("machine", "n_hidden", "weights"),
    [("full", 3, "spherical"), ("tree", 1, "spherical"), ("full", 1, "binary")],
)
def test_every_check_of_scikit_learn(machine, n_hidden, weights):
    estimator = FBPClassifier(
        architecture=machine, n_hidden=n_hidden, weights=weights, max_sweeps=10, **FEW
    )
    hard = "without noise each pattern must be right, whatever its weight"
    results = check_estimator(
        estimator,
        on_skip=None,
        on_fail="raise",
        expected_failed_checks={"check_class_weight_classifiers": hard},
    )
    others = {r["check_name"] for r in results if r["status"] != "passed"}
    assert len(results) == 63
    assert others <= {"check_array_api_input", "check_class_weight_classifiers"}


class Quick(FBPClassifier):
    """With two couplings: at module level, so that it can be pickled."""

    def __init__(
        self,
        *,
        gammas=(0.5, 5.0),
        max_sweeps=10,
        architecture="full",
        n_hidden=3,
        fit_intercept=True,
        random_state=None,
        n_jobs=None,
    ):
        super().__init__(
            gammas=gammas, max_sweeps=max_sweeps, architecture=architecture,
            n_hidden=n_hidden, fit_intercept=fit_intercept, random_state=random_state,
            n_jobs=n_jobs,
        )  # fmt: skip


@IGNORE
def test_our_own_contract_for_plugins():
    # Weights are checked by test_every_check_of_scikit_learn, and for copies exactly.
    skipped = {line.split(":")[0] for line in check_algorithm(Quick)}
    assert skipped <= {
        "check_array_api_input",
        "check_class_weight_classifiers",
        "check_sample_weight_equivalence_on_dense_data",
        "epochs",
        "weights",  # without noise each pattern must be right, whatever its weight
    }


@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_random_patterns_on_a_tree(method, fit_intercept):
    X, y = make_random_patterns(100, 201, random_state=0)
    clf = FBPClassifier(
        architecture="tree", n_hidden=3, method=method, fit_intercept=fit_intercept,
        **FEW,
    ).fit(X, y)  # fmt: skip
    assert clf.converged_
    assert clf.method_ == method
    assert clf.n_errors_ == clf.loss_curve_[-1] == 0
    assert clf.score(X, y) == 1.0
    norms = np.hypot(np.linalg.norm(clf.coef_, axis=1), clf.intercept_)
    assert np.allclose(norms, 1)


@pytest.mark.parametrize("method", ["auto", "bp", "ep"])
def test_binary_weights_are_signs(method):
    X, y = make_random_patterns(80, 303, random_state=0)
    clf = FBPClassifier(
        architecture="tree", n_hidden=3, weights="binary", method=method,
        fit_intercept=False, **FEW,
    ).fit(X, y)  # fmt: skip
    assert clf.method_ == ("amp" if method == "auto" else method)
    assert clf.score(X, y) == 1.0
    inside = clf.coef_[clf.coef_ != 0]
    assert np.allclose(np.abs(inside), 1 / np.sqrt(101))
    assert inside.size == 303


def test_units_of_a_binary_full_machine_stay_apart():
    """Where units merge into one perceptron many errors stay (alpha = 0.1, K = 9)."""
    X, y = make_random_patterns(180, 201, random_state=0)
    clf = FBPClassifier(
        weights="binary", method="amp", fit_intercept=False, random_state=0,
        gammas=np.geomspace(0.1, 2.5, 20),
    ).fit(X, y)  # fmt: skip
    assert clf.n_errors_ == 0
    overlaps = (clf.coef_ @ clf.coef_.T)[np.triu_indices(9, 1)]
    assert np.abs(overlaps).max() < 0.5
    with pytest.warns(ConvergenceWarning, match="training errors left"):
        merged = clone(clf).set_params(symmetry_breaking=0.0).fit(X, y)
    assert merged.n_errors_ > 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_binary_full_machine_of_999_inputs(seed):
    X, y = make_random_patterns(900, 999, random_state=seed)
    clf = FBPClassifier(
        weights="binary", method="amp", fit_intercept=False, random_state=seed,
        gammas=np.geomspace(0.1, 2.5, 20), max_sweeps=60,
    ).fit(X, y)  # fmt: skip
    assert clf.n_errors_ == 0


@pytest.mark.slow
def test_solves_the_tree_of_the_paper_in_a_wide_minimum():
    """Local entropies as science has them for fBP, within 15 per cent of one sample."""
    X, y = make_random_patterns(1000, 999, random_state=0)
    clf = FBPClassifier(architecture="tree", fit_intercept=False, random_state=0)
    clf.fit(X, y)
    assert clf.n_errors_ == 0
    factors, posterior = Factors(X, y, clf.architecture_), None
    for overlap, expected in [(0.95, -0.054), (0.9, -0.164), (0.8, -0.341)]:
        posterior = infer(
            factors, ReferencePrior(clf.coef_, overlap), max_sweeps=500,
            warm_start=posterior,
        )  # fmt: skip
        assert posterior.log_volume == pytest.approx(expected, rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize(("n_hidden", "alpha"), [(3, 2.5), (9, 1.5)])
def test_hard_random_patterns(n_hidden, alpha):
    X, y = make_random_patterns(int(alpha * 999), 999, random_state=1)
    clf = FBPClassifier(
        architecture="tree", n_hidden=n_hidden, fit_intercept=False, random_state=0
    )
    assert clf.fit(X, y).n_errors_ == 0


def test_probabilities_go_with_decisions():
    X, y = make_random_patterns(100, 201, random_state=0)
    clf = FBPClassifier(architecture="tree", n_hidden=3, **FEW).fit(X, y)
    fresh, _ = make_random_patterns(200, 201, random_state=1)
    proba, decision = clf.predict_proba(fresh), clf.decision_function(fresh)
    assert np.allclose(proba.sum(axis=1), 1)
    assert np.allclose(np.log(proba[:, 1] / proba[:, 0]), decision)
    assert np.array_equal(clf.predict(fresh), np.where(decision > 0, 1, -1))
    hidden = np.where(fresh @ clf.coef_.T + clf.intercept_ >= 0, 1, -1)
    assert np.array_equal(clf.architecture_.output(hidden), clf.predict(fresh))
    # Known patterns are surer than fresh ones, about which nothing is known.
    sure = np.abs(clf.predict_proba(X)[:, 1] - 0.5).mean()
    assert sure > np.abs(proba[:, 1] - 0.5).mean()


def test_the_posterior_may_answer(blobs):
    """Its answers are the sign of the log-odds, and mostly those of its mean."""
    X, y = blobs
    machine = FBPClassifier(n_hidden=3, **FEW).fit(X[::2], y[::2])
    crowd = clone(machine).set_params(answer="posterior").fit(X[::2], y[::2])
    np.testing.assert_array_equal(crowd.coef_, machine.coef_)
    fresh = X[1::2]
    odds = crowd.decision_function(fresh)
    np.testing.assert_array_equal(crowd.predict(fresh), crowd.classes_[1 * (odds > 0)])
    agree = machine.predict(fresh) == crowd.predict(fresh)
    assert agree.mean() > 0.9
    np.testing.assert_array_equal(machine.decision_function(fresh)[agree], odds[agree])


def test_probabilities_are_votes_of_the_posterior(blobs):
    """Weights drawn with the covariance that ep knows vote as predict_proba says."""
    X, y = blobs
    clf = FBPClassifier(n_hidden=3, fit_intercept=False, answer="posterior", **FEW)
    clf.fit(X[:20], y[:20])
    posterior, rng = clf.posterior_, np.random.default_rng(0)
    assert clf.method_ == "ep"
    fields = np.empty((3, 4000, len(X)))
    for unit, spread in enumerate(posterior.spreads):
        n = X.shape[1]
        basis = np.eye(n) if spread.basis is None else spread.basis
        upper = np.triu(spread.covariance)
        inside = upper + upper.T - np.diag(upper.diagonal())
        covariance = basis @ inside @ basis.T
        covariance += spread.outside * (np.eye(n) - basis @ basis.T)
        drawn = rng.multivariate_normal(posterior.mean[unit], covariance, 4000)
        fields[unit] = drawn @ X.T
    voted = np.mean(np.sign(fields).sum(axis=0) > 0, axis=0)
    error = np.sqrt(voted * (1 - voted) / 4000) + 1e-3
    assert np.all(np.abs(clf.predict_proba(X)[:, 1] - voted) < 4 * error)


@pytest.mark.slow
def test_solves_real_images():
    """500 images of dresses and coats, the settings of the comparison."""
    X, y = load_dress_coat(n_per_class=250, random_state=0, return_X_y=True)
    test = load_dress_coat(subset="test", return_X_y=True)
    estimator_class, parameters = published_settings("dress_coat", "fBP")
    clf = estimator_class(**parameters, random_state=0).fit(X, y)
    assert clf.method_ == "ep"
    assert clf.n_errors_ == 0
    assert clf.converged_
    # What random forests reach less three standard errors of 677 test images.
    assert clf.score(*test) > 0.936 - 3 * np.sqrt(0.936 * 0.064 / 677)


def test_parity_says_that_it_did_not_focus():
    X, y = make_random_patterns(300, 201, random_state=0)
    clf = FBPClassifier(architecture="parity", n_hidden=3, **FEW)
    with pytest.warns(ConvergenceWarning, match="training errors left"):
        clf.fit(X, y)
    assert not clf.converged_


def test_auto_takes_ep_where_inputs_are_correlated(blobs):
    X, y = make_random_patterns(100, 201, random_state=0)
    clf = FBPClassifier(n_hidden=3, **FEW)
    assert clone(clf).set_params(architecture="tree").fit(X, y).method_ == "amp"
    assert clone(clf).fit(X, y).method_ == "ep"


@pytest.mark.parametrize(
    ("gammas", "message"),
    [([], "not a protocol"), ([1.0, 0.5], "rising"), ([-1.0], "negative")],
)
def test_protocols_that_are_none(gammas, message):
    clf = FBPClassifier(gammas=gammas, n_hidden=3)
    with pytest.raises(ValueError, match=message):
        clf.fit(*make_random_patterns(20, 11, random_state=0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weights", "ternary"),
        ("n_replicas", 0),
        ("damping", 1.0),
        ("tol", 0.0),
        ("method", "mcmc"),
        ("max_sweeps", 0),
        ("symmetry_breaking", -1.0),
    ],
)
def test_parameters_out_of_range(name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        FBPClassifier(**{name: value}).fit(*make_random_patterns(20, 11))


def test_same_seed_same_bits():
    X, y = make_random_patterns(100, 201, random_state=0)
    clf = FBPClassifier(architecture="tree", n_hidden=3, **FEW)
    assert np.array_equal(clone(clf).fit(X, y).coef_, clone(clf).fit(X, y).coef_)


@pytest.mark.slow
def test_local_entropies_are_those_of_the_theory():
    """Four samples of K = 3, alpha = 1, N = 1998, at q1 = p^2 = 0.5 and 0.8.

    Solutions cannot be wider than the optimum: the mean is not above the theory by
    more than two standard errors, and within 12 per cent of it.
    """
    theory, measured = np.array([-0.41818, -0.12257]), []
    for seed in range(4):
        X, y = make_random_patterns(1998, 1998, random_state=10 + seed)
        clf = FBPClassifier(
            architecture="tree", n_hidden=3, fit_intercept=False, random_state=seed
        ).fit(X, y)
        curve = local_entropy(clf, X, y, overlaps=np.sqrt([0.5, 0.8]), method="amp")
        measured.append(curve.entropy)
    mean, error = np.mean(measured, axis=0), np.std(measured, axis=0, ddof=1) / 2
    assert np.all(np.abs(mean / theory - 1) < 0.12)
    assert np.all(mean < theory + 2 * error)


@pytest.mark.parametrize(
    "noises", [(0.1, 0.3), (0.2, 0.2), (0.5,), (0.1, 0.0), [[0.1]]]
)
def test_start_noises_that_lead_nowhere_raise(noises):
    X, y = make_random_patterns(20, 15, random_state=0)
    model = FBPClassifier(n_hidden=3, label_noise=0, start_noises=noises)
    with pytest.raises(ValueError, match=r"start_noises=.*in falling order"):
        model.fit(X, y)


def test_start_noises_ask_for_the_protocol_and_their_sweeps_count():
    X, y = make_random_patterns(60, 41, random_state=0)
    machine = {"n_hidden": 3, "max_sweeps": 4, "tol": 1e-9, "random_state": 0}
    model = FBPClassifier(**machine, start_noises=(0.3, 0.1)).fit(X, y)
    assert model.label_noise_ == 0
    assert model.n_sweeps_ == 4 * (2 + 4)
    with pytest.raises(ValueError, match=r"start_noises=.*label_noise=0\.1.*gammas"):
        FBPClassifier(label_noise=0.1, start_noises=(0.3,)).fit(X, y)
    path = FBPClassifier(
        **machine, label_noise=0.1, start_noises=(0.3, 0.2), gammas=(1.0, 2.0)
    ).fit(X, y)
    assert path.label_noise_ == 0.1
    assert path.n_sweeps_ == 4 * (2 + 2)


def test_defaults_of_the_protocol_are_those_of_the_engine():
    """Four couplings for real weights by ep, else the published protocol.

    A default is what its values are, given one by one.
    """
    X, y = make_random_patterns(20, 41, random_state=0)
    machine = {"n_hidden": 3, "label_noise": 0.0, "random_state": 0}
    written = {"gammas": [1, 4, 12, 30], "start_noises": [0.3, 0.03]}
    by_ep = FBPClassifier(method="ep", **machine).fit(X, y)
    same = FBPClassifier(method="ep", **machine, **written, max_sweeps=20).fit(X, y)
    np.testing.assert_array_equal(by_ep.coef_, same.coef_)
    assert by_ep.n_iter_ == 4

    published = {"gammas": list(geometric_protocol()), "start_noises": None}
    for settings in ({"method": "amp"}, {"method": "ep", "weights": "binary"}):
        model = FBPClassifier(**machine, **settings, tol=1e-2).fit(X, y)
        same = clone(model).set_params(**published, max_sweeps=200).fit(X, y)
        np.testing.assert_array_equal(model.coef_, same.coef_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("method", ["amp", "ep"])
def test_binary_weights_whose_fields_cancel_are_no_surprise(method):
    """An even number of inputs: in training fields of zero are right for no label."""
    for seed in range(4):
        X, y = make_random_patterns(30, 41, random_state=seed)
        model = FBPClassifier(
            weights="binary", method=method, n_hidden=3, gammas=[1.0, 4.0, 10.0],
            max_sweeps=50, random_state=0,
        ).fit(X, y)  # fmt: skip
        assert model.n_errors_ <= min(model.loss_curve_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_large_row_leaves_the_fields_of_others_what_they_are(dtype):
    """What counts as zero is a matter of each pattern's own inputs."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 21))
    y = (X @ rng.choice([-1, 1], 21) > 0).astype(int)
    X[0] *= 1e5
    model = FBPClassifier(
        weights="binary", n_hidden=1, fit_intercept=False, label_noise=0, random_state=0
    ).fit(X.astype(dtype), y)
    assert model.n_errors_ == min(model.loss_curve_) == 0


@pytest.mark.parametrize("noises", [None, (0.3,), []])
def test_no_way_down_is_advised_where_rows_contradict_each_other(noises):
    X = np.random.default_rng(0).normal(size=(60, 5))
    y = (X[:, 0] > 0).astype(int)
    X, y = np.vstack([X, X[:5]]), np.r_[y, 1 - y[:5]]
    model = FBPClassifier(n_hidden=3, label_noise=0, start_noises=noises)
    with pytest.warns(ConvergenceWarning, match="scale the features") as caught:
        model.fit(X, y)
    assert "start_noises=(" not in str(caught[0].message)


def test_no_start_noises_are_the_same_as_none():
    X, y = make_random_patterns(20, 15, random_state=0)
    with pytest.raises(TypeError, match=r"start_noises=.* cannot be read as real"):
        FBPClassifier(label_noise=0, start_noises=["auto"]).fit(X, y)
    few = {"n_hidden": 3, "label_noise": 0.1, "random_state": 0}
    none, empty = (
        FBPClassifier(start_noises=noises, **few).fit(X, y) for noises in (None, [])
    )
    np.testing.assert_array_equal(none.coef_, empty.coef_)


@pytest.mark.parametrize("method", ["auto", "ep"])
def test_a_last_error_goes_with_stronger_couplings(method):
    """Labels that one plane explains, of few inputs; some need couplings above 30."""
    n_iter = []
    for seed in range(5):
        rng = np.random.default_rng(100 + seed)
        n_samples, n_inputs = [(60, 5), (150, 4), (300, 10), (100, 3), (80, 20)][seed]
        X = rng.normal(size=(n_samples, n_inputs))
        y = (X @ rng.normal(size=n_inputs) > 0) if seed % 2 else X[:, 0] > 0
        model = FBPClassifier(method=method, label_noise=0, random_state=0).fit(X, y)
        assert model.n_errors_ == 0
        n_iter.append(model.n_iter_)
    assert min(n_iter) == 4 < max(n_iter) <= 8


@pytest.mark.slow
def test_separable_labels_are_learned_by_ep_without_errors():
    """Random patterns on full machines and trees, near what they can store.

    From nothing, 30 couplings of 200 sweeps take 5 to 30 times as long, and left 12
    errors on one of the trees.
    """
    cases = ("tree", 297, 3, 2.5), ("full", 150, 3, 2.5), ("full", 99, 9, 2.8)
    for architecture, n_inputs, n_hidden, load in cases:
        for seed in range(2):
            X, y = make_random_patterns(
                int(load * n_inputs), n_inputs, random_state=seed
            )
            model = FBPClassifier(
                method="ep", architecture=architecture, n_hidden=n_hidden,
                label_noise=0.0, random_state=seed,
            ).fit(X, y)  # fmt: skip
            assert model.n_errors_ == 0
            assert model.n_sweeps_ <= 200


@pytest.mark.parametrize("noises", [None, (0.2,)])
def test_errors_left_advise_to_start_softly_once(noises):
    X, y = [[0, 0], [1, 1], [0, 1], [1, 0]], [0, 0, 1, 1]  # one unit cannot
    model = FBPClassifier(n_hidden=1, label_noise=0, start_noises=noises, gammas=(1.0,))
    with pytest.warns(ConvergenceWarning, match="errors left") as caught:
        model.fit(X, y)
    message = str(caught[0].message)
    assert ("start_noises=(" in message) == (noises is None)
    # What asks for the protocol has to go before noise can be found.
    assert ("start_noises='auto'" in message) == (noises is not None)
