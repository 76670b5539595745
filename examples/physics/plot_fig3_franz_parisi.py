"""
Minimisers of the cross-entropy lie in dense regions of solutions
=================================================================

Number of solutions at distance d from a typical minimiser of the cross-entropy loss,
binary perceptron (Fig. 3 of the PNAS paper). For moderate ``gamma`` the curves nearly
reach the upper bound at small distance. For infinite ``gamma`` the minimisers are the
typical solutions: isolated, with a negative entropy very near to them.

The curve of ``gamma = 1`` at alpha = 0.6 starts at distance 0.004. Its saddle point is
lost nearer to the reference, which itself makes errors. There are no error bars:
these are solutions of equations for infinitely many weights.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from skwfm.displays import TheoryCurveDisplay
from skwfm.theory import cross_entropy_local_entropy

distances = np.sort([*(0.15 * np.linspace(0.06, 1, 23) ** 2), 0.004])
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
for ax, alpha, gammas in [
    (axes[0], 0.4, [1.0, 2.0, np.inf]),
    (axes[1], 0.6, [1.0, 3.0]),
]:
    curves = []
    for gamma in gammas:
        nearest = 0.004 if (alpha, gamma) == (0.6, 1.0) else 0.0
        asked = distances[distances >= nearest]
        curves.append(cross_entropy_local_entropy(alpha, gamma, asked))
    names = ["$\\infty$" if g == np.inf else f"{g:g}" for g in gammas]
    labels = [f"$\\gamma$ = {name}" for name in names]
    TheoryCurveDisplay.from_curves(curves, labels=labels, x="distance", ax=ax)
    bound = {"color": "grey", "linestyle": ":", "label": "no patterns: upper bound"}
    ax.plot(distances, curves[-1].cap, **bound)
    ax.axhline(0, color="black", linewidth=0.6, label="one weight vector")
    ax.set(title=f"$\\alpha$ = {alpha}", ylim=(-0.03, 0.4))
    ax.legend(frameon=False, loc="upper left")
axes[1].set_ylabel("")
# Seen: log number of solutions against the distance from a minimiser, for two loads.
# For moderate gamma the lines leave the origin along the upper bound; for infinite
# gamma the line starts below zero and stays lower.
plt.show()
