"""Check that an algorithm counts patterns by the weights that it accepts.

Some patterns are there twice, once with each label, of which one has a large weight.
Every set of patterns is learned twice: the second time the other label has it. Whoever
drops the weights then fits the same machine twice, which is right exactly as often as
wrong, so that no luck is involved.
"""

from itertools import product
from unittest import SkipTest

import numpy as np
from sklearn.utils.validation import has_fit_parameter

from skwfm.testing._promises import expect
from skwfm.testing._training import fit

# One pattern of two labels and a few of one, which any algorithm can learn, also one
# that looks at weights only to choose among its epochs.
_N_OTHERS, _N_FEATURES, _N_HIDDEN = 10, 33, 3
_HEAVY = 1e4
# A heavy answer counts 1, a light one -3; fits go on until the sum reaches one of the
# bounds. Tossing a coin passes with probability 0.8 per cent. An algorithm that is
# right in 9 fits of 10 fails with 0.2 per cent, in 19 of 20 with 0.003, and needs 13 or
# 10 fits on average; those of the package are right in 31 of 32 or more.
_PENALTY, _PASS, _FAIL = -3, 8, -12
_MOST_FITS = 60
_NO_NOISE = "without label noise each pattern must be right, whatever its weight"


def check_weights(make, labels):
    """Check that of two contradicting patterns the heavier one is answered right.

    Parameters
    ----------
    make : callable
        Gives a new estimator.
    labels : ndarray of shape (2,)
        The labels.

    Raises
    ------
    SkipTest
        If it accepts neither weights of samples nor of classes, or knows no noise.
    """
    accepted = {
        "sample_weight": has_fit_parameter(make(), "sample_weight"),
        "class_weight": "class_weight" in make().get_params(),
    }
    if not any(accepted.values()):
        raise SkipTest("it accepts neither sample_weight nor class_weight")
    for name in filter(accepted.get, accepted):
        _expect_heavy(make, labels, name)


def _expect_heavy(make, labels, name):
    score, answers = 0, []
    for is_heavy in _answers(make, labels, name):
        answers.append(is_heavy)
        score += 1 if is_heavy else _PENALTY
        if not _FAIL < score < _PASS:
            break
    problem = (
        f"of two labels of one pattern, of weights {_HEAVY:g} and 1, "
        f"{sum(answers)} of {len(answers)} fits answered the heavy one, as if {name} "
        "were ignored"
    )
    remedy = (
        "count each pattern by its weight (problem.sample_weight), or do not accept "
        "this parameter"
    )
    expect(score >= _PASS, make(), "fit", problem, remedy)


def _answers(make, labels, name):
    """Whether each fit answers the heavy label."""
    for seed, place in product(range(_MOST_FITS // 2), (0, 1)):
        X, codes = _patterns(seed)
        weights = _weights(name, codes, place, labels)
        model = fit(make, X, labels[codes], **_small(make, seed), **{name: weights})
        if getattr(model, "label_noise_", None) == 0:
            raise SkipTest(_NO_NOISE)
        yield bool(model.predict(X[:1])[0] == labels[codes[place]])


def _patterns(seed):
    """Patterns, the first and second of which are the same with other labels."""
    rng = np.random.default_rng(seed)
    X = rng.choice([-1.0, 1.0], size=(_N_OTHERS + 1, _N_FEATURES))
    first = rng.integers(2)
    others = rng.permutation(np.arange(_N_OTHERS) % 2)
    return np.vstack([X[:1], X]), np.concatenate([[first, 1 - first], others])


def _weights(name, codes, place, labels):
    """Weights of which that of the pattern at a place, or of its class, is large."""
    if name == "class_weight":
        heavy = codes[place]
        return {labels[heavy]: _HEAVY, labels[1 - heavy]: 1.0}
    weights = np.ones(len(codes))
    weights[place] = _HEAVY
    return weights


def _small(make, seed):
    """Few units, since they are trained often, and a seed of its own for each pair."""
    known = make().get_params()
    wanted = {"n_hidden": _N_HIDDEN, "random_state": seed}
    if not isinstance(known.get("architecture", "full"), str):
        del wanted["n_hidden"]  # an instance brings its own
    return {key: value for key, value in wanted.items() if key in known}
