"""
==========================
When no machine is perfect
==========================

Most tables hold patterns that no machine gets right together: labels are wrong, or the
inputs do not decide. Message passing at finite temperature lets machines make errors,
at a price. Four pictures: what the price does; how the labels themselves tell how noisy
they are; how many machines near a model are no worse than it; and what the answers of
such a posterior are worth beside logistic regression. See :ref:`noisy_data`.
"""

# %%
# The price of an error
# ---------------------
# Random labels, four patterns per weight: more than a perceptron or a tree of three
# units can satisfy. Each error costs a factor ``exp(-beta)``. The log of its mean over
# all weights is the free entropy, and its slope is minus the expected number of errors.
# The lines are the replica theory of infinitely many weights, the points approximate
# message passing (amp) on one sample of 999. At higher beta replica symmetry breaks
# (``rs_stable`` of the theory is False), and amp does not converge.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import ELALClassifier
from skwfm.architectures import FullCommittee, TreeCommittee
from skwfm.datasets import make_random_patterns
from skwfm.displays import algorithm_style
from skwfm.inference import Factors, SphericalPrior, infer
from skwfm.landscape import local_entropy
from skwfm.theory import solution_entropy

betas, points = np.linspace(0, 2.25, 19), np.array([0.25, 0.75, 1.25, 1.75, 2.25])
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for n_hidden, line, fill in [(1, "-", "black"), (3, "--", "white")]:
    theory = [solution_entropy("tree", n_hidden, 4, beta_ne=b) for b in betas]
    X, y = make_random_patterns(4 * 999, 999, random_state=0, dtype=np.int8)
    factors = Factors(X, y, TreeCommittee(n_hidden), beta_ne=1.0)
    posterior, found = None, []
    for beta in points:
        posterior = infer(
            factors.at(beta_ne=beta), SphericalPrior(), tol=1e-4, warm_start=posterior
        )
        found.append((posterior.expected_errors / len(y), posterior.log_volume))
    name = "perceptron" if n_hidden == 1 else f"tree of {n_hidden} units"
    lines = [[t.expected_error_rate, t.log_volume] for t in theory]
    for ax, values, measured in zip(
        axes, np.transpose(lines), np.transpose(found), strict=True
    ):
        ax.plot(betas, values, line, color="0.4", label=f"{name}: theory")
        ax.plot(points, measured, "o", color="black", mfc=fill, label=f"{name}: amp")
axes[0].set(title="expected errors", ylabel="errors per pattern", ylim=0)
axes[1].set(title="free entropy", ylabel="nats per weight")
for ax in axes:
    ax.set_xlabel(r"inverse temperature $\beta_{NE}$")
axes[1].legend(frameon=False)
# Seen: expected errors and free entropy against the inverse temperature. The points of
# amp lie on the lines of the theory, for a perceptron and for a tree of three units.
plt.show()

# %%
# How noisy are the labels?
# -------------------------
# A tree of three units is taught by another one; then some labels are flipped. With a
# probability eps that a label is wrong, message passing gives the log-probability of
# *all labels*, the evidence. It can be compared between values of eps and peaks near
# the truth. No pattern has to be held out. We start where the noise is high and come
# down, each time from the posterior before: far below the true noise it does not
# converge, and the lines end. Without flipped labels the evidence grows all the way to
# zero noise.

rng = np.random.default_rng(0)
X = rng.choice([-1.0, 1.0], (1500, 150))
machine, noises = TreeCommittee(3), np.geomspace(0.45, 0.002, 45)
clean = Factors(X, np.ones(1500), machine)
taught = clean.problem.answers(clean.fields(rng.standard_normal(150)))
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for flipped, line, marker in [(0.0, "-", "o"), (0.1, "--", "s"), (0.2, "-.", "D")]:
    labels = np.where(np.arange(1500) < 1500 * flipped, -taught, taught)
    factors, posterior, evidence = (
        Factors(X, labels, machine, label_noise=0.4),
        None,
        [],
    )
    for eps in noises:
        with warnings.catch_warnings(action="ignore"):
            posterior = infer(
                factors.at(label_noise=eps), SphericalPrior(), tol=1e-4,
                warm_start=posterior,
            )  # fmt: skip
        if not posterior.converged:
            break
        evidence.append(posterior.log_volume * factors.n_weights / 1500)
    best, tried = np.argmax(evidence), noises[: len(evidence)]
    label = f"{flipped:.0%} flipped: largest at {tried[best]:.3f}"
    style = {"linestyle": line, "marker": marker, "markevery": [best], "markersize": 8}
    ax.plot(tried, evidence, color="black", label=label, **style)
    if flipped:
        ax.axvline(flipped, color="0.6", linestyle=line, linewidth=1)
ax.set(
    xscale="log",
    xlabel="assumed label noise eps (probability)",
    ylabel="log evidence per pattern (nats)",
    title="Evidence of the label noise (vertical lines: the truth)",
)
ax.legend(frameon=False, loc="lower left")
# Seen: log evidence against the assumed label noise, three lines. Each has its largest
# value, marked, near the true share of flipped labels.
plt.show()

# %%
# Machines near a model that are no worse
# ---------------------------------------
# A model that makes errors has a local entropy as well: that of the weights around it
# that make no more errors than it does. Allowing more errors leaves more weights. Lines
# are message passing (amp); circles with bars of two standard errors are sampling,
# which takes nothing as uncorrelated and reaches only the larger fractions. Where more
# errors are allowed than weights make on average, amp gives 0 and sampling up to log 2
# less, in nats for all weights together.

X = rng.choice([-1.0, 1.0], (120, 60))
factors = Factors(X, np.ones(120), machine)
y = factors.problem.answers(factors.fields(rng.standard_normal(60)))
y = np.where(rng.random(120) < 0.1, -y, y)
with warnings.catch_warnings(action="ignore"):
    model = ELALClassifier(
        architecture="tree", n_hidden=3, fit_intercept=False, max_iter=300,
        random_state=0,
    ).fit(X, y)  # fmt: skip
n_errors = int(np.sum(model.predict(X) != y))
distances = np.linspace(0.01, 0.3, 13)
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for most, line, grey in [
    (2 * n_errors, ":", "0.5"), (3 * n_errors // 2, "--", "0.3"), (n_errors, "-", "0"),
]:  # fmt: skip
    options = {"max_errors": most, "random_state": 0}
    with warnings.catch_warnings(action="ignore"):
        curve = local_entropy(model, X, y, distances=distances, method="amp", **options)
        sampled = local_entropy(
            model, X, y, distances=distances[[1, 4, 8]], method="mc", n_samples=1000,
            **options,
        )  # fmt: skip
    label = f"at most {most} errors" + (" (as the model)" if most == n_errors else "")
    ax.plot(curve.distance, curve.entropy, linestyle=line, color=grey, label=label)
    note = "Monte Carlo, two standard errors" if most == n_errors else None
    ax.errorbar(
        sampled.distance, sampled.entropy, 2 * sampled.error, fmt="o", color=grey,
        mfc="white", capsize=3, label=note,
    )  # fmt: skip
ax.set(
    xlabel="distance from the model",
    ylabel="local entropy (nats per weight)",
    title="Local entropy below a loss",
)
ax.legend(frameon=False)
# Seen: local entropy against the distance, three lines for three numbers of errors
# allowed, the higher the more are allowed. The sampled points lie on the lines.
plt.show()

# %%
# Are the probabilities right?
# ----------------------------
# Breast cancer, with one label in ten flipped, in training and in test folds. The
# posterior of a committee of nine units (ep) takes its noise from the evidence of each
# training fold, and gives the probability that a label *as it is written down* is
# positive, which is never surer than the noise allows. Calibrated means: of the
# patterns that get 80 per cent, 80 per cent are positive. Each point is 71 patterns,
# and its height uncertain by .03 to .06.


def follow(factors, noises):
    """Come down from high noise; keep the posterior with the largest evidence."""
    best = posterior = None
    for eps in noises:
        with warnings.catch_warnings(action="ignore"):
            posterior = infer(
                factors.at(label_noise=eps), SphericalPrior(), method="ep", tol=1e-3,
                warm_start=posterior, random_state=0, keep_covariance=True,
            )  # fmt: skip
        if not posterior.converged:
            break
        if best is None or posterior.log_volume > best[1].log_volume:
            best = eps, posterior
    return best


def probability(posterior, eps, factors):
    """Probability that noisy labels are +1; the labels of `factors` are."""
    mean, variance = posterior.field_moments(factors)
    right = np.exp(factors.architecture.channel(mean, variance, factors.labels)[0])
    return eps + (1 - 2 * eps) * right


X, y = load_breast_cancer(return_X_y=True)
y = np.where(rng.random(len(y)) < 0.1, 1 - y, y)
committee, chosen = FullCommittee(9), []
answers = {"fBP": np.empty(len(y)), "LogisticRegression": np.empty(len(y))}
for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
    logistic = make_pipeline(StandardScaler(), LogisticRegression())
    logistic.fit(X[train], y[train])
    answers["LogisticRegression"][test] = logistic.predict_proba(X[test])[:, 1]
    inputs = logistic[0].transform(X)
    factors = Factors(inputs[train], 2 * y[train] - 1, committee, True, None, 0.3)
    eps, posterior = follow(factors, [0.3, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06])
    ones = Factors(inputs[test], np.ones(len(test)), committee, True)
    answers["fBP"][test] = probability(posterior, eps, ones)
    chosen.append(eps)
print("label noise of each fold:", chosen)

fig, ax = plt.subplots(figsize=(5.4, 4.8), layout="constrained")
ax.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="calibrated")
titles = {
    "fBP": "posterior, noise found",
    "LogisticRegression": "logistic regression",
}
for name, p in answers.items():
    loss, accuracy = log_loss(y, p), np.mean((p > 0.5) == y)
    positive, mean = calibration_curve(y, p, n_bins=8, strategy="quantile")
    label = f"{titles[name]}:\nlog loss {loss:.3f}, {accuracy:.1%} right"
    ax.plot(mean, positive, label=label, **algorithm_style(name))
ax.set(
    xlabel="predicted probability of a positive label",
    ylabel="share of positive labels",
    title="Breast cancer, 10 % of the labels flipped",
)
ax.legend(frameon=False, loc="upper left")
# Seen: share of positive labels against predicted probability. Both lines follow the
# diagonal, the posterior's a little more closely at the ends.
plt.show()
