"""Priors: constraints held, moments by quadrature, limits, and bad references."""

import numpy as np
import pytest
from scipy.integrate import quad

from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.inference import (
    BinaryPrior,
    BinaryReferencePrior,
    Factors,
    Focusing,
    GaussianPrior,
    ReferencePrior,
    SphericalPrior,
)

RNG = np.random.default_rng(11)
FACTORS = Factors(RNG.choice([-1, 1], (5, 23)), np.ones(5), TreeCommittee(3), True)
N = FACTORS.n_weights
DENSE = FACTORS.dense(RNG.normal(size=N))
REFERENCE = DENSE / np.linalg.norm(DENSE, axis=1, keepdims=True)
FLAT_REFERENCE = FACTORS.flat(REFERENCE * np.sqrt(FACTORS.unit_sizes)[:, None])
LINEAR, PRECISION = 3 * RNG.normal(size=N), RNG.uniform(-0.5, 4, size=N)

REAL_PRIORS = [
    SphericalPrior(),
    SphericalPrior(per_unit=True),
    ReferencePrior(REFERENCE, 0.7),
    ReferencePrior(REFERENCE, 0.99, per_unit=True),
    Focusing(SphericalPrior(), 10, 3.0),
    Focusing(ReferencePrior(REFERENCE, 0.3), 4, 30.0),
]


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("prior", REAL_PRIORS)
def test_real_weights_keep_norm_and_overlap(prior, scale):
    bound = prior.bind(FACTORS)
    mean, variance = bound.moments(scale * LINEAR, scale * PRECISION)
    assert np.all(variance > 0)
    for where in bound.blocks:
        size = np.mean(mean[where] ** 2 + variance[where])
        assert size == pytest.approx(1, abs=1e-12)
        if bound.reference is not None:
            overlap = np.mean(FLAT_REFERENCE[where] * mean[where])
            assert overlap == pytest.approx(bound.overlap, abs=1e-12)


@pytest.mark.parametrize("prior", REAL_PRIORS)
def test_what_edges_add_reproduces_the_marginals(prior):
    bound = prior.bind(FACTORS)
    mean, variance = bound.moments(LINEAR, PRECISION)
    total = PRECISION + bound.precision
    np.testing.assert_allclose(mean, (LINEAR + bound.linear) / total, rtol=1e-12)
    np.testing.assert_allclose(variance, 1 / total, rtol=1e-12)


@pytest.mark.parametrize("prior", REAL_PRIORS)
def test_a_rotation_of_the_weights_changes_nothing(prior):
    bound, turned = prior.bind(FACTORS), prior.bind(FACTORS)
    rng = np.random.default_rng(3)
    rotations = [np.linalg.qr(rng.normal(size=(n, n)))[0] for n in FACTORS.unit_sizes]

    def rotate(flat):
        pairs = zip(rotations, FACTORS.unit_slices, strict=True)
        return np.concatenate([q.T @ flat[where] for q, where in pairs])

    flat_precision = np.full(N, 0.8)
    mean, variance = bound.moments(LINEAR, flat_precision)
    there = turned.in_basis(rotate)
    found = there.moments(rotate(LINEAR), flat_precision)
    np.testing.assert_allclose(found[0], rotate(mean), atol=1e-10)
    np.testing.assert_allclose(found[1], variance, rtol=1e-10)
    for name, values in bound.multipliers.items():
        np.testing.assert_allclose(turned.multipliers[name], values, rtol=1e-10)


def test_moments_and_partition_by_quadrature():
    field = FACTORS.dense(np.random.default_rng(3).normal(size=N))
    bound = GaussianPrior(2.0, field).bind(FACTORS)
    mean, variance = bound.moments(LINEAR, PRECISION)
    h, total = FACTORS.flat(field), 0.0
    for i in range(N):

        def density(w, power, i=i):
            exponent = (LINEAR[i] + h[i]) * w - (PRECISION[i] + 2.0) * w**2 / 2
            return w**power * np.exp(exponent)

        z, first, second = (quad(density, -15, 15, args=(k,))[0] for k in range(3))
        assert mean[i] == pytest.approx(first / z, rel=1e-7)
        assert variance[i] == pytest.approx(second / z - (first / z) ** 2, rel=1e-6)
        total += np.log(z)
    assert bound.log_partition(LINEAR, PRECISION) == pytest.approx(total, rel=1e-9)


def test_other_replicas_are_the_gaussian_seen_through_the_centre():
    prior = Focusing(GaussianPrior(2.0), n_replicas=7, gamma=1.3)
    mean, variance = prior.bind(FACTORS).moments(LINEAR, PRECISION)
    alone = 1 / (2 + PRECISION)
    centre = (alone + 1 / 1.3) / 6 + 1 / 1.3
    np.testing.assert_allclose(variance, 1 / (1 / alone + 1 / centre), rtol=1e-13)
    np.testing.assert_allclose(mean, LINEAR * alone, rtol=1e-13)


def test_signs_and_their_replicas_by_enumeration():
    gamma, n_replicas = 0.4, 5
    bound = Focusing(BinaryPrior(), n_replicas, gamma).bind(FACTORS)
    mean, _ = bound.moments(LINEAR, PRECISION)
    signs = np.array([-1, 1])
    for i in range(N):
        # Others and the centre given w: sum_c e^{g c w} prod_a sum_v e^{g c v + A v}.
        other = np.exp(gamma * np.outer(signs, signs) + LINEAR[i] * signs).sum(axis=1)
        centre = other ** (n_replicas - 1)
        weight = np.exp(gamma * np.outer(signs, signs)) @ centre
        weight *= np.exp(LINEAR[i] * signs)
        assert mean[i] == pytest.approx(weight @ signs / weight.sum(), abs=1e-12)


def test_signs_keep_their_overlap():
    signs = FACTORS.dense(np.sign(FLAT_REFERENCE))
    for overlap in (0.01, 0.7, 0.999):
        for scale in (1e-3, 1, 30):
            bound = BinaryReferencePrior(signs, overlap).bind(FACTORS)
            mean, _ = bound.moments(scale * LINEAR, PRECISION)
            found = np.mean(np.sign(FLAT_REFERENCE) * mean)
            assert found == pytest.approx(overlap, abs=1e-12)


def test_signs_stored_with_norm_one_are_signs():
    signs = FACTORS.dense(np.sign(FLAT_REFERENCE))
    unit = signs / np.linalg.norm(signs, axis=1, keepdims=True)
    bound = [BinaryReferencePrior(r, 0.7).bind(FACTORS) for r in (signs, unit)]
    np.testing.assert_array_equal(bound[0].reference, bound[1].reference)


@pytest.mark.parametrize(
    "prior", [SphericalPrior(), ReferencePrior(REFERENCE, 0.6), BinaryPrior()]
)
@pytest.mark.parametrize(("n_replicas", "gamma"), [(1, 5.0), (10, 0.0)])
def test_one_replica_or_no_coupling_is_the_plain_prior(prior, n_replicas, gamma):
    plain = prior.bind(FACTORS).moments(LINEAR, PRECISION)
    bound = Focusing(prior, n_replicas, gamma).bind(FACTORS)
    np.testing.assert_array_equal(bound.moments(LINEAR, PRECISION), plain)
    assert bound.has_evidence


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (REFERENCE[:, :-1], r"shape \(3, 23\), the weights have shape \(3, 24\)"),
        (REFERENCE[0], r"reference has shape \(24,\)"),
        (REFERENCE * [[1], [1.5], [1]], "reference has norm 1.5 at unit 1"),
        (np.where(REFERENCE != 0, np.nan, 0), "reference contains NaN"),
        (np.full((3, 24), 24**-0.5), "not zero outside the receptive fields"),
        (np.zeros((3, 24)), "reference has norm 0 at unit 0"),
    ],
)
@pytest.mark.parametrize("prior", [ReferencePrior, BinaryReferencePrior])
def test_references_that_do_not_fit(prior, reference, message):
    with pytest.raises(ValueError, match=message):
        prior(reference, 0.5).bind(FACTORS)


@pytest.mark.parametrize("overlap", [0, 1, -0.5, 1.5, np.nan])
@pytest.mark.parametrize("prior", [ReferencePrior, BinaryReferencePrior])
def test_overlaps_outside_the_open_interval(prior, overlap):
    with pytest.raises(ValueError, match=r"overlap=.* is outside \(0, 1\)"):
        prior(REFERENCE, overlap).bind(FACTORS)


def test_binary_weights_with_a_spherical_reference():
    with pytest.raises(ValueError, match="binary reference; use ReferencePrior"):
        BinaryReferencePrior(REFERENCE, 0.5).bind(FACTORS)


@pytest.mark.parametrize(
    ("n_replicas", "gamma", "message"),
    [
        (0, 1.0, "n_replicas=0"),
        (2.5, 1.0, "n_replicas=2.5"),
        (2, -1.0, "gamma=-1.0"),
        (2, np.nan, "gamma=nan"),
        (2, np.inf, "gamma=inf"),
    ],
)
def test_replicas_that_are_none(n_replicas, gamma, message):
    with pytest.raises(ValueError, match=message):
        Focusing(SphericalPrior(), n_replicas, gamma).bind(FACTORS)


def test_full_machines_share_the_norm_unless_told_otherwise():
    factors = Factors(np.ones((5, 8)), np.ones(5), FullCommittee(3))
    linear = np.repeat([0.1, 1.0, 5.0], 8)
    for per_unit in (False, True):
        bound = SphericalPrior(per_unit).bind(factors)
        mean, variance = bound.moments(linear, np.ones(24))
        sizes = [np.mean((mean**2 + variance)[w]) for w in factors.unit_slices]
        assert np.mean(sizes) == pytest.approx(1)
        assert (np.ptp(sizes) < 1e-10) == per_unit
