"""
Solutions found, and how wide theory says they can be
=====================================================

Focusing belief propagation looks for the densest region of solutions. The replica
theory says how dense it can be (Fig. 1 of the PNAS paper). Here the local entropy
around the solutions that the algorithm finds is measured by message passing and laid
over the theoretical curve.
"""

# %%
# A tree committee of three units, 1998 inputs and as many random patterns. The overlap
# with the solution, taken as the centre, corresponds to a mutual overlap of its square.

import matplotlib.pyplot as plt
import numpy as np

from skwfm import FBPClassifier, LALClassifier
from skwfm.datasets import make_random_patterns
from skwfm.displays import TheoryCurveDisplay, algorithm_style
from skwfm.landscape import local_entropy
from skwfm.theory import local_entropy_curve

X, y = make_random_patterns(1998, 1998, random_state=0)
machine = {"architecture": "tree", "n_hidden": 3, "fit_intercept": False}
models = {
    "fBP": FBPClassifier(**machine, random_state=0).fit(X, y),
    "LAL": LALClassifier(**machine, random_state=0).fit(X, y),
}
overlaps = np.array([0.6, 0.7, 0.8, 0.87, 0.92])
measured = {
    name: local_entropy(model, X, y, overlaps=overlaps, method="amp")
    for name, model in models.items()
}

# %%
# No solution can be wider than the curve, up to corrections of finite size; fBP comes
# close, least-action learning does not. One sample of patterns, so
# there are no error bars.

mutual = 0.97 - 0.77 * np.linspace(1, 0, 24) ** 2  # closer where the curve bends
theory = local_entropy_curve("tree", 3, 1.0, mutual)
display = TheoryCurveDisplay([theory], ["theory, many replicas"], x="centre")
display.plot(color="black")
for name, curve in measured.items():
    points = {**algorithm_style(name), "linestyle": "none"}
    display.overlay(curve, labels=[f"{name}, measured by amp"], **points)
display.ax_.set_title("Tree of three units, one random pattern per weight")
display.ax_.legend(frameon=False)
# Seen: local entropy against the overlap with the centre. The points of fBP lie on the
# line of the theory, those of LAL far below it.
plt.show()

# %%
# The numbers, in nats per weight.

for name, curve in measured.items():
    for p, value in zip(curve.overlap, curve.entropy, strict=True):
        print(f"{name}: V1(p = {p:.2f}) = {value:.4f}")
