"""What every engine owes its caller: honesty, warm starts, callbacks, plugins."""

import inspect
import math
import sys
import warnings

import numba
import numpy as np
import pytest
from scipy.special import log_ndtr
from sklearn.exceptions import ConvergenceWarning

from skwfm.architectures import Architecture, FullCommittee, TreeCommittee, TreeParity
from skwfm.inference import (
    BinaryPrior,
    Factors,
    Focusing,
    ReferencePrior,
    SphericalPrior,
    infer,
)
from skwfm.inference.infer import find_engine

ENGINES = ["amp", "bp"]


def numpy_perceptron(mean, var, labels):
    u = labels[:, None] * mean / np.sqrt(var)
    log_z = log_ndtr(u)
    h = np.exp(-(u**2) / 2 - log_z) / np.sqrt(2 * np.pi)
    g = labels[:, None] * h / np.sqrt(var)
    return log_z[:, 0], g, h * (u + h) / var


@numba.njit
def _numba_loop(mean, var, labels, log_z, g, gamma):
    for s in range(len(labels)):
        u = labels[s] * mean[s, 0] / math.sqrt(var[s, 0])
        z = 0.5 * math.erfc(-u / math.sqrt(2.0))
        h = math.exp(-u * u / 2) / math.sqrt(2 * math.pi) / z
        log_z[s] = math.log(z)
        g[s, 0] = labels[s] * h / math.sqrt(var[s, 0])
        gamma[s, 0] = h * (u + h) / var[s, 0]


def numba_perceptron(mean, var, labels):
    out = np.empty(len(labels)), np.empty(mean.shape), np.empty(mean.shape)
    _numba_loop(mean, var, labels, *out)
    return out


class Plugin(Architecture):
    """A perceptron whose channel is not ours."""

    def __init__(self, channel):
        super().__init__(1)
        self._channel = channel

    def receptive_fields(self, n_features):
        return [np.arange(n_features)]

    def output(self, hidden):
        return hidden[:, 0]

    def channel(self, mean, var, labels):
        return self._channel(mean, var, labels)


@pytest.mark.parametrize("channel", [numpy_perceptron, numba_perceptron])
@pytest.mark.parametrize("method", ENGINES)
def test_plugin_channels_run_in_every_engine(channel, method, make_patterns):
    prior = SphericalPrior()
    found, expected = (
        infer(make_patterns(machine, 50, 100), prior, method=method)
        for machine in (Plugin(channel), FullCommittee(1))
    )
    np.testing.assert_allclose(found.mean, expected.mean, atol=1e-10)
    assert found.log_evidence == pytest.approx(expected.log_evidence, rel=1e-12)


@pytest.mark.parametrize("method", ENGINES)
def test_a_machine_without_a_channel_says_what_is_missing(method, make_patterns):
    class Silent(Plugin):
        channel = Architecture.channel

    with pytest.raises(NotImplementedError, match="Silent lacks `channel`: write"):
        infer(make_patterns(Silent(None), 5, 10), SphericalPrior(), method=method)


@pytest.mark.parametrize("method", ENGINES)
def test_runs_that_did_not_converge_have_no_numbers(method, make_patterns):
    factors = make_patterns(TreeCommittee(3), 60, 60)
    with pytest.warns(ConvergenceWarning, match="max_sweeps=3 with residual .*raise"):
        found = infer(factors, SphericalPrior(), method=method, max_sweeps=3)
    assert (found.status, found.n_iter) == ("max_sweeps", 3)
    assert len(found.residuals) == 3
    assert not found.converged
    assert np.isnan([found.log_evidence, found.entropy, found.log_volume]).all()
    assert np.isfinite(found.mean).all()


@pytest.mark.parametrize("sign", [1, -1], ids=["equal", "opposite"])
@pytest.mark.parametrize("prior", [SphericalPrior(), BinaryPrior()])
@pytest.mark.parametrize("method", ENGINES)
def test_patterns_that_contradict_each_other_are_never_converged(prior, method, sign):
    rng = np.random.default_rng(0)
    # Units of 31 inputs: with an even number both opposite ones may have ties, or +1.
    inputs, labels = rng.choice([-1, 1], (20, 93)), rng.choice([-1, 1], 20)
    inputs[7], labels[7] = sign * inputs[3], -sign * labels[3]
    factors = Factors(inputs, labels, TreeCommittee(3))
    with pytest.warns(ConvergenceWarning, match="two equal patterns have different"):
        found = infer(factors, prior, method=method)
    assert found.status == "contradiction"
    assert not found.converged
    assert np.isnan(found.log_evidence)


def test_ties_of_signs_are_answered_plus_one():
    """So that they help two opposite patterns with label +1, and none with -1."""
    inputs = np.array([[1, 1], [-1, -1]])
    for label, status in ((1, "converged"), (-1, "contradiction")):
        factors = Factors(inputs, np.full(2, label), TreeCommittee(1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            assert infer(factors, BinaryPrior(), method="bp").status == status


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("n_samples", [375, 450])
@pytest.mark.parametrize("method", ENGINES)
def test_patterns_beyond_capacity_are_not_given_a_volume(
    method, n_samples, seed, make_patterns
):
    # 2.5 or 3 times as many patterns as weights: a perceptron holds two.
    factors = make_patterns(TreeCommittee(1), n_samples, 150, seed)
    with pytest.warns(ConvergenceWarning):
        found = infer(factors, SphericalPrior(), method=method, max_sweeps=500)
    assert np.isnan(found.log_volume)


@pytest.mark.parametrize("method", ENGINES)
def test_warm_starts_go_on_where_the_run_ended(method, make_patterns):
    factors = make_patterns(TreeCommittee(3), 60, 90)
    reference = factors.dense(np.random.default_rng(0).normal(size=90))
    reference /= np.linalg.norm(reference, axis=1, keepdims=True)
    cold = infer(factors, ReferencePrior(reference, 0.4), method=method)
    again = infer(
        factors, ReferencePrior(reference, 0.4), method=method, warm_start=cold
    )
    assert again.n_iter <= 2
    near = infer(factors, ReferencePrior(reference, 0.42), method=method)
    warm = infer(
        factors, ReferencePrior(reference, 0.42), method=method, warm_start=cold
    )
    assert warm.n_iter < near.n_iter
    assert warm.log_volume == pytest.approx(near.log_volume, rel=1e-8)


@pytest.mark.parametrize("method", ENGINES)
def test_warm_starts_leave_their_source_as_it_was(method, make_patterns):
    factors = make_patterns(TreeCommittee(3), 60, 90)
    first = infer(factors, SphericalPrior(), method=method)
    prior = Focusing(SphericalPrior(), 10, 0.5)
    runs = [infer(factors, prior, method=method, warm_start=first) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].mean, runs[1].mean)


def test_warm_starts_of_another_kind_are_errors(make_patterns):
    factors = make_patterns(TreeCommittee(3), 20, 30)
    cold = infer(factors, SphericalPrior())
    with pytest.raises(ValueError, match="comes from method='amp' on 20 patterns"):
        infer(factors, SphericalPrior(), method="bp", warm_start=cold)
    for other in (make_patterns(TreeCommittee(3), 20, 33),
                  make_patterns(TreeCommittee(3), 21, 30)):  # fmt: skip
        with pytest.raises(ValueError, match=r"weights of shape \(3, 30\)"):
            infer(other, SphericalPrior(), warm_start=cold)
    with pytest.raises(ValueError, match="warm_start is a dict"):
        infer(factors, SphericalPrior(), warm_start={})


@pytest.mark.parametrize("method", ENGINES)
def test_callbacks_see_every_sweep_and_may_stop(method, make_patterns):
    factors = make_patterns(TreeCommittee(3), 60, 60)
    seen = []

    def stop_at_four(sweep):
        seen.append((sweep.n_iter, sweep.residual))
        assert sweep.mean.shape == (60,)
        return sweep.n_iter == 4

    with pytest.warns(ConvergenceWarning, match="a callback stopped .* after 4 sweeps"):
        found = infer(factors, SphericalPrior(), method=method, callback=stop_at_four)
    assert found.status == "stopped"
    assert seen == list(enumerate(found.residuals, start=1))


@pytest.mark.parametrize("method", ENGINES)
def test_an_interrupt_leaves_a_usable_posterior(method, make_patterns):
    factors = make_patterns(TreeCommittee(3), 60, 60)

    def interrupt(sweep):
        if sweep.n_iter == 5:
            raise KeyboardInterrupt

    with pytest.warns(ConvergenceWarning, match="interrupted after 5 sweeps"):
        found = infer(factors, SphericalPrior(), method=method, callback=interrupt)
    assert (found.status, found.converged) == ("interrupted", False)
    resumed = infer(factors, SphericalPrior(), method=method, warm_start=found)
    direct = infer(factors, SphericalPrior(), method=method)
    assert resumed.log_volume == pytest.approx(direct.log_volume, rel=1e-8)


class Interrupting:
    """An engine's sweep in which Ctrl-C comes at the n-th line of the package."""

    def __init__(self, sweep, n):
        self._sweep, self._n = sweep, n
        self.has_come = False

    def __call__(self, engine, damping):
        before = sys.gettrace()
        sys.settrace(self._count)
        try:
            return self._sweep(engine, damping)
        finally:
            sys.settrace(before)

    def _count(self, frame, event, argument):
        # Where garbage is collected, generators among it, exceptions are swallowed.
        is_ours = frame.f_globals.get("__name__", "").startswith("skwfm.")
        if not is_ours or frame.f_code.co_flags & inspect.CO_GENERATOR:
            return None
        self._n -= event == "line"
        if self._n == 0:
            self.has_come = True
            self._n = -1
            raise KeyboardInterrupt
        return self._count


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("prior", [SphericalPrior(), BinaryPrior()], ids=repr)
@pytest.mark.parametrize("method", ["amp", "bp", "ep"])
@pytest.mark.parametrize("beta", [np.inf, 1.0])
def test_an_interrupt_anywhere_in_a_sweep_leaves_a_posterior(
    method, prior, beta, monkeypatch
):
    X = np.random.default_rng(0).standard_normal((12, 6))
    factors = Factors(X, np.sign(X[:, 0]), TreeCommittee(3), beta_ne=beta)
    engine = find_engine(method)
    sweep, n = engine.sweep, 1
    while True:
        interrupting = Interrupting(sweep, n)
        monkeypatch.setattr(engine, "sweep", lambda *a: interrupting(*a))  # noqa: B023
        found = infer(factors, prior, method=method, max_sweeps=2)
        if not interrupting.has_come:
            break
        assert (found.status, found.n_iter) in {("interrupted", 0), ("interrupted", 1)}
        assert np.isnan(found.log_evidence)
        n += 1
    assert n > 10
    assert found.n_iter == 2


@pytest.mark.parametrize("method", ENGINES)
def test_damping_changes_the_way_but_not_the_end(method, make_patterns):
    factors = make_patterns(TreeCommittee(3), 90, 90)
    volumes = [
        infer(
            factors, SphericalPrior(), method=method, damping=damping, max_sweeps=500
        ).log_volume
        for damping in (None, 0.1, 0.8)
    ]
    np.testing.assert_allclose(volumes, volumes[0], rtol=1e-8)


@pytest.mark.parametrize("method", ENGINES)
def test_only_noise_tells_the_units_of_a_full_machine_apart(method, make_patterns):
    factors = make_patterns(FullCommittee(3), 60, 100)
    spreads = []
    for seed in (None, 0):

        def stop(sweep):
            return sweep.n_iter == 1

        with pytest.warns(ConvergenceWarning, match="a callback stopped"):
            found = infer(
                factors,
                SphericalPrior(),
                method=method,
                random_state=seed,
                callback=stop,
            )
        spreads.append(np.ptp(found.mean, axis=0).max())
    # Sums over units in another order may differ by rounding.
    assert spreads[0] < 1e-12
    assert spreads[1] > 1e-3


@pytest.mark.parametrize("method", ENGINES)
def test_results_are_those_of_their_seed(method, make_patterns):
    factors = make_patterns(TreeParity(3), 20, 30)
    means = [
        infer(factors, SphericalPrior(), method=method, random_state=seed).mean
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(means[0], means[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "mcmc"}, r"method='mcmc' is unknown: pass one of \('amp', 'bp'"),
        ({"damping": 1.0}, r"damping=1.0 .* \[0, 1\)"),
        ({"damping": -0.1}, "damping=-0.1"),
        ({"tol": 0}, "tol=0 is not a tolerance"),
        ({"tol": "small"}, "tol='small'"),
        ({"max_sweeps": 0}, "max_sweeps=0"),
        ({"max_sweeps": 2.5}, "max_sweeps=2.5"),
        ({"method": "bp", "schedule": "random"}, "schedule='random' is unknown"),
    ],
)
def test_parameters_that_are_none(options, message, make_patterns):
    factors = make_patterns(TreeCommittee(3), 5, 9)
    with pytest.raises(ValueError, match=message):
        infer(factors, SphericalPrior(), **options)
