"""Every instruction set gives the same bits, not only the same numbers."""

import subprocess
import sys

import numpy as np
import pytest

from skwfm._kernels import training
from skwfm.architectures import FullCommittee, Layout, TreeCommittee, TreeParity

BASELINE, *WIDER = reversed(training.instruction_sets())
MACHINES = [FullCommittee(5), TreeCommittee(5), TreeParity(4)]
# One, three, four and seven vectors of 16 float32 in the field of a unit of the full
# machine: every remainder of the blocks.
N_FEATURES = [13, 47, 64, 101]
N_SAMPLES, BATCH_SIZE = 87, 30


@pytest.fixture(autouse=True)
def restore_instruction_set():
    used = training.use_instruction_set(BASELINE)
    yield
    training.use_instruction_set(used)


@pytest.fixture(params=["bits", "real"])
def real(request):
    return request.param == "real"


@pytest.fixture(params=[np.float32, np.float64], ids=["f32", "f64"])
def dtype(request):
    return request.param


class Training:
    """Arrays that every loop takes, from a seed."""

    def __init__(self, machine, n_features, dtype, real):
        self.rng = np.random.default_rng(11)
        shape = N_SAMPLES, n_features
        X = self.rng.normal(size=shape) if real else self.rng.choice([-1.0, 1.0], shape)
        self.layout = Layout(machine, n_features, True)
        self.groups, self.n_hidden = self.layout.groups, machine.n_hidden
        self.rule, self.dtype = machine._compiled_rule, dtype
        self.x = self.layout.pack_inputs(X.astype(dtype))
        self.labels = self.rng.choice([-1, 1], size=N_SAMPLES).astype(dtype)
        self.rows = self.rng.permutation(N_SAMPLES)
        self.weights = self.layout.random_weights(self.rng, dtype)

    def scratch(self, *shape):
        return np.zeros(shape, self.dtype)


def fields(t):
    h = t.scratch(N_SAMPLES, t.n_hidden)
    training.fields(t.x, t.rows, t.weights, t.groups, h)
    return h


def outer(t):
    coef = t.rng.normal(size=(N_SAMPLES, t.n_hidden)).astype(t.dtype)
    training.outer(t.x, t.rows, coef, t.groups, t.weights)
    return t.weights


def normalise(t):
    t.weights *= t.dtype(np.pi)
    training.normalise(t.groups, t.weights)
    return t.weights


def count_errors(t):
    h = t.scratch(training.SEARCH, t.n_hidden)
    return training.count_errors(t.x, t.labels, t.weights, t.groups, t.rule, t.rows, h)


def lal_epoch(t):
    n_wrong = training.lal_epoch(
        t.x, t.labels, t.rows, BATCH_SIZE, t.weights, t.groups, 0.05, t.rule,
        t.scratch(BATCH_SIZE, t.n_hidden),
    )  # fmt: skip
    assert n_wrong > 0
    return np.append(t.weights, n_wrong)


def elal_batch(t):
    orders = np.stack([t.rows, t.rows[::-1]])
    replicas = np.stack([t.weights, t.layout.random_weights(t.rng, t.dtype)])
    mean = np.empty_like(t.weights)
    training.replica_mean(replicas, mean)
    training.elal_batch(
        t.x, t.labels, orders, 10, BATCH_SIZE, replicas, mean, t.groups, 0.05, 4.0,
        t.rule, t.scratch(BATCH_SIZE, t.n_hidden),
    )  # fmt: skip
    return replicas


def cesgd_epoch(t):
    loss = training.cesgd_epoch(
        t.x, t.labels, t.rows, BATCH_SIZE, t.weights, t.groups, 0.03, 2.3, 0.7, t.rule,
        t.scratch(4, BATCH_SIZE * t.n_hidden + 16), t.n_hidden,
    )  # fmt: skip
    assert loss > 0
    return np.append(t.weights.astype(np.float64), loss)


LOOPS = [fields, outer, normalise, count_errors, lal_epoch, elal_batch, cesgd_epoch]


def same_bits(a, b):
    # Not array_equal, for which -0 is 0.
    return np.asarray(a).tobytes() == np.asarray(b).tobytes()


@pytest.mark.parametrize("wide", WIDER)
@pytest.mark.parametrize("n_features", N_FEATURES)
@pytest.mark.parametrize("machine", MACHINES, ids=repr)
@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_loops(loop, machine, n_features, wide, dtype, real):
    expected = loop(Training(machine, n_features, dtype, real))
    training.use_instruction_set(wide)
    assert same_bits(loop(Training(machine, n_features, dtype, real)), expected)


def smooth_functions(x):
    tanh, slope, loss, pull = np.empty_like(x), np.empty_like(x), x.copy(), x.copy()
    training.tanh(x, 0.7, tanh, slope)
    training.cross_entropy(loss, 1.3, pull)
    return np.stack([tanh, slope, loss, pull])


@pytest.mark.parametrize("wide", WIDER)
def test_smooth_functions(wide, dtype):
    rng = np.random.default_rng(3)
    x = rng.normal(size=4096) * np.exp(rng.uniform(-40, 8, size=4096))
    x[:4] = [0.0, -0.0, 1e30, -1e30]
    x = x.astype(dtype)
    expected = smooth_functions(x)
    training.use_instruction_set(wide)
    assert same_bits(smooth_functions(x), expected)


def test_the_widest_is_in_use_from_the_start():
    code = (
        "import skwfm._kernels.training as t; print(t.use_instruction_set('baseline'))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == training.instruction_sets()[0]


def test_changing_the_instruction_set_tells_the_last():
    names = training.instruction_sets()
    assert names[-1] == BASELINE == "baseline"
    for last, name in zip([BASELINE, *names], names, strict=False):
        assert training.use_instruction_set(name) == last


def test_unknown_instruction_set_is_refused():
    with pytest.raises(ValueError, match=r"name='mmx' .* choose one of \['.*baseline'"):
        training.use_instruction_set("mmx")
    assert training.use_instruction_set(BASELINE) == BASELINE
