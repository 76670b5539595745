"""
=====================================
Two models of a table, and two minima
=====================================

Two classifiers learn the same table and make no training errors. Is one of their minima
wider, and does it predict better? The pictures belong to :ref:`getting_started`; put a
table of your own in the place of this one.
"""

# %%
# The table
# ---------
# 569 tumours with 30 measurements each. The columns are scaled in a pipeline; measures
# take the pipeline as it is.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skwfm import ELALClassifier, LALClassifier
from skwfm.displays import LocalEntropyDisplay, algorithm_style
from skwfm.landscape import local_entropy

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
models = {
    "LAL": make_pipeline(StandardScaler(), LALClassifier(random_state=0)),
    "eLAL": make_pipeline(StandardScaler(), ELALClassifier(random_state=0)),
}
for name, model in models.items():
    model.fit(X_train, y_train)
    print(f"{name}: {model[-1].n_errors_} training errors")

# %%
# Two minima
# ----------
# The local entropy is the logarithm of the share of weights at a given overlap with the
# solution that make no error either, per weight: the nearer to zero, the wider. Bars
# are twice the error that expectation propagation estimates for itself. Below an
# overlap of 0.9 they are too large to tell the two apart.

overlaps = [0.99, 0.95, 0.9, 0.8, 0.7]
curves = [
    local_entropy(model, X_train, y_train, overlaps=overlaps, tol=1e-3)
    for model in models.values()
]
LocalEntropyDisplay.from_curves(curves, labels=list(models), x="overlap")
plt.title("Breast cancer: what is around two solutions")
# Seen: local entropy against the overlap. Both lines fall from zero, that of eLAL less
# far than that of LAL.
plt.show()

# %%
# Two accuracies
# --------------
# On the same ten folds. Each dot is a fold, the bar the mean of the differences with
# its standard error: other folds of the same table would move it by as much. Folds
# share most of their training examples, so the true error is larger.

with warnings.catch_warnings():
    # Some folds cannot be learned without errors.
    warnings.simplefilter("ignore", ConvergenceWarning)
    scores = {n: 100 * cross_val_score(m, X, y, cv=10) for n, m in models.items()}
differences = scores["eLAL"] - scores["LAL"]
error = differences.std(ddof=1) / np.sqrt(len(differences))

fig, axes = plt.subplots(1, 2, figsize=(7.5, 3.4), layout="constrained")
for name, values in scores.items():
    dots = {**algorithm_style(name), "linestyle": "none"}
    axes[0].plot(np.arange(1, 11), values, label=name, **dots)
axes[0].set(xlabel="fold", ylabel="test accuracy (%)", title="Accuracy")
axes[0].set_xticks(range(1, 11))
axes[0].legend(frameon=False)
axes[1].axhline(0, color="0.7", lw=1)
axes[1].plot(
    np.linspace(-0.2, 0.2, 10), differences, "o", color="0.6", label="one fold"
)
axes[1].errorbar(
    0,
    differences.mean(),
    error,
    fmt="k_",
    ms=14,
    capsize=5,
    label="mean, standard error",
)
axes[1].set(xticks=[], xlim=(-1, 1), ylim=(-5, 5), ylabel="points")
axes[1].set_title("eLAL minus LAL")
axes[1].legend(frameon=False)
# Seen: accuracies of ten folds for both models, and their differences: most are zero or
# above, and the mean is about one point.
plt.show()
print(f"eLAL minus LAL: {differences.mean():.1f} +- {error:.1f} points")
