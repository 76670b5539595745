"""
========================================
Learning random patterns, epoch by epoch
========================================

Three algorithms store the same 1000 random patterns in the same machine: a tree
committee of nine units with 999 inputs in all. The labels follow no rule, so there is
nothing to generalise; what can be compared is how the errors go to zero, and how large
the margins are at the end.
"""

# %%
# Recording two numbers an epoch
# ------------------------------
# LAL, eLAL and ceSGD support scikit-learn's callbacks epoch by epoch.
# ``ScoringMonitor`` calls a function of ours after each epoch, with the model as it is
# then. The function counts the errors, and it computes the cross-entropy with the same
# two steepnesses for everybody, whether or not the algorithm knows of it,
#
# .. math:: \frac{1}{M} \sum_\mu \frac{1}{2\gamma}
#           \log\left(1 + e^{-2 \gamma s_\mu \Delta_\mu}\right) , \qquad
#           \Delta = \frac{1}{\sqrt K} \sum_l \tanh(\beta x_l) .

import matplotlib.pyplot as plt
import numpy as np
from sklearn.callback import ScoringMonitor

from skwfm.classifiers import published_settings
from skwfm.datasets import make_random_patterns
from skwfm.displays import algorithm_style

X, y = make_random_patterns(1000, 999, random_state=0, dtype=np.float32)
gamma, beta = 3.0, 1.0


def errors_and_cross_entropy(model, X, y):
    fields = X @ model.coef_.T
    delta = model.architecture_.smooth(fields, beta)[0]
    loss = np.logaddexp(0, -2 * gamma * y * delta) / (2 * gamma)
    return {"errors": np.sum(model.predict(X) != y), "cross_entropy": loss.mean()}


# %%
# Training
# --------
# The settings are the published ones but for one: the coupling of eLAL grows ten times
# faster, by 0.1 % an epoch, which takes a quarter of the epochs.

changes = {"LAL": {}, "eLAL": {"lambda1": 1e-3}, "ceSGD-fast": {}}
curves = {}
for name, change in changes.items():
    estimator_class, parameters = published_settings("random_patterns", name)
    model = estimator_class(**{**parameters, **change}, random_state=0)
    monitor = ScoringMonitor(scoring=errors_and_cross_entropy)
    model.set_callbacks(monitor).fit(X, y)
    rows = monitor.get_logs().data
    curves[name] = {
        key: [row[key] for row in rows] for key in ("errors", "cross_entropy")
    }
    print(f"{name:10s} {model.status_} after {model.n_iter_} epochs")

# %%
# Curves
# ------
# LAL needs the fewest epochs, and it stops as soon as no pattern is wrong: with small
# margins, as the cross-entropy shows. eLAL goes on when the mean of its replicas has no
# errors any more, until the replicas have collapsed. It ends with about a fifth of
# LAL's cross-entropy, of which it knows nothing. ceSGD goes down that very function at
# first. Towards the end it rises again: its own beta has grown to 1.9 by then, while
# the curve is drawn for a beta of 1. One run each, so there are no error bars.

labels = {
    "errors": "training errors (of 1000)",
    "cross_entropy": r"cross-entropy ($\beta$ = 1, $\gamma$ = 3)",
}
fig, axes = plt.subplots(1, 2, figsize=(8.2, 3.8), layout="constrained")
for ax, key in zip(axes, labels, strict=True):
    for name, curve in curves.items():
        epochs = np.arange(1, len(curve[key]) + 1)
        style = {**algorithm_style(name), "lw": 1.4, "clip_on": False}
        ax.plot(epochs, curve[key], label=name, markevery=[-1], **style)
    ax.set(xscale="log", xlabel="epoch", ylabel=labels[key])
    ax.grid(alpha=0.3)
axes[0].set_yscale("symlog", linthresh=1)
axes[0].set_ylim(bottom=0)
axes[1].set_yscale("log")
axes[1].set_yticks([0.01, 0.02, 0.05, 0.1, 0.2], ["0.01", "0.02", "0.05", "0.1", "0.2"])
axes[1].minorticks_off()
axes[0].legend(title="marks: the last epoch", title_fontsize="small")
# Seen: training errors and cross-entropy against the epoch. LAL has no errors after
# some forty epochs, eLAL and ceSGD-fast after several hundred; their cross-entropies
# are about a fifth of LAL's.
plt.show()
