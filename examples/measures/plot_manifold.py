"""
==============================
A manifold of minima, in sight
==============================

One unit with three weights that learns two patterns: n = 3, d = 2, so the minima of
zero loss should form a curve, of dimension one. With three weights it can be drawn. A
larger committee then shows the same in numbers.
"""

# %%
# Two patterns, three weights
# ---------------------------
# From many solutions, `minima_manifold` leads to the nearest weights whose smooth
# outputs are +0.5 or -0.5. All end on the same curve. For one unit it is even a
# straight line, because tanh can be inverted.

import matplotlib.pyplot as plt
import numpy as np

from skwfm import LALClassifier
from skwfm.datasets import make_random_patterns
from skwfm.displays import algorithm_style
from skwfm.landscape import minima_manifold

X = np.array([[1.0, 0.4, -0.3], [-0.2, 1.0, 0.5]])
y = np.array([1, -1])
starts, ends = [], []
for seed in range(30):
    model = LALClassifier(n_hidden=1, fit_intercept=False, random_state=seed).fit(X, y)
    found = minima_manifold(model, X, y)
    starts.append(model.coef_[0])
    ends.append(found.weights)
starts, ends = np.array(starts), np.array(ends)
print(f"n = {found.n_weights}, d = {found.n_patterns}, dimension {found.dimension}")

# %%
# Dots: solutions on the unit sphere, where LAL leaves them. Lines lead to the minima.

fig = plt.figure(figsize=(6, 5), layout="constrained")
ax = fig.add_subplot(projection="3d")
for i, way in enumerate(zip(starts, ends, strict=True)):
    label = "" if i else "way to the nearest minimum"
    ax.plot(*np.transpose(way), color="0.7", lw=0.8, label=label)
style = {**algorithm_style("LAL"), "linestyle": "none", "ms": 4}
ax.plot(*starts.T, label="solutions of LAL", **style)
order = ends[:, 2].argsort()
ax.plot(*ends[order].T, "-", lw=2, color="black", label="minima of zero loss")
ax.set(xlabel="$w_1$", ylabel="$w_2$", zlabel="$w_3$")
ax.set_box_aspect(None, zoom=0.85)
ax.locator_params(nbins=4)
fig.legend(loc="outside upper center", ncols=3, fontsize="small", frameon=False)
# Seen: solutions scattered on the unit sphere, and from each a line to one of the
# minima of zero loss, which lie on one straight line.
plt.show()

# %%
# A committee with more weights than patterns
# -------------------------------------------
# Five units with 30 inputs and an intercept each have n = 155 weights. As patterns are
# added, the dimension goes down by one each. The singular values of the Jacobian show
# how clear the count is: all of them are far above rounding. A beta of 0.5 keeps the
# units away from saturation, where the search would get stuck.

fig, axes = plt.subplots(1, 2, figsize=(8.2, 3.6), layout="constrained")
sizes = np.arange(10, 80, 10)
dimensions, nullities = [], []
for n_patterns in sizes:
    X, y = make_random_patterns(n_patterns, 30, random_state=0)
    model = LALClassifier(n_hidden=5, random_state=0).fit(X, y)
    found = minima_manifold(model, X, y, beta=0.5)
    dimensions.append(found.dimension)
    nullities.append(found.hessian_nullity)
    axes[1].semilogy(found.singular_values, color=plt.cm.viridis(n_patterns / 80))
    axes[1].annotate(f" {n_patterns}", (n_patterns - 1, found.singular_values[-1]))
axes[0].plot(sizes, 155 - sizes, color="0.6", label="n - d")
axes[0].plot(sizes, dimensions, "o", color="0.4", label="n - rank")
axes[0].plot(sizes, nullities, "kx", ms=9, label="zeros of the Hessian")
axes[0].set(xlabel="patterns d", ylabel="dimension")
axes[0].legend(frameon=False)
axes[1].set(xlabel="index", ylabel="singular value of the Jacobian")
axes[1].set(xlim=(-3, 78), ylim=(0.05, None))
axes[1].set_title("numbers: patterns d", fontsize=10)
# Seen: on the left the dimension falls by one with each pattern, as counted by rank and
# by zeros of the Hessian. On the right singular values, all above 0.1.
plt.show()
