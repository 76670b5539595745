"""
===========================
Narrow and wide, in a plane
===========================

Three machines have learned the same 500 images of dresses and coats without an error.
What if their weights were a little different? Here each solution is left in random
directions, and the errors on the training images are counted. This is what a *narrow*
and a *wide* minimum look like. :ref:`local_entropy` is the measure that needs no
picture.
"""

# %%
# Three solutions
# ---------------
# Two are by :class:`~skwfm.classifiers.LALClassifier`, with the small rate of the paper
# and with the default one, the third by :class:`~skwfm.classifiers.ELALClassifier`.

import matplotlib.pyplot as plt
import numpy as np

from skwfm.classifiers import published_settings
from skwfm.datasets import load_dress_coat
from skwfm.displays import algorithm_style

X, y = load_dress_coat(n_per_class=250, random_state=0, return_X_y=True)
models = {}
for title, name, changes in [
    ("LAL, published rate", "LAL", {}),
    ("LAL, default rate", "LAL", {"eta": "auto"}),
    ("eLAL", "eLAL", {}),
]:
    estimator_class, parameters = published_settings("dress_coat", name)
    parameters.update(changes, random_state=0)
    models[title] = estimator_class(**parameters).fit(X, y)
    print(f"{title}: {models[title].n_errors_} training errors")

# %%
# A plane through each
# --------------------
# Nine units with 784 weights each are a point in 7056 dimensions. A random plane
# through it is a sample of what is around. Each unit has norm 1, and a step of length 1
# changes it by a random vector of norm 1 at right angles to it. The dashed circle is
# where the overlap with the solution, the cosine of the angle, is 0.9.


def directions(model, rng):
    """Return two random directions, one vector of norm 1 a unit."""
    w = model.coef_
    for step in rng.standard_normal((2, *w.shape)):
        step = step - np.sum(step * w, axis=1, keepdims=True) * w
        yield step / np.linalg.norm(step, axis=1, keepdims=True)


def percent_wrong(model, fields):
    """Return how many images are answered wrongly, from what the units receive."""
    votes = np.sign(fields).sum(axis=-1)
    return 100 * np.mean((votes > 0) != (y == model.classes_[1]), axis=-1)


steps = np.linspace(-1, 1, 61)
fig, axes = plt.subplots(1, 3, figsize=(9.2, 3.4), layout="constrained", sharey=True)
for ax, (title, model) in zip(axes, models.items(), strict=True):
    here, across, up = (
        X @ w.T for w in (model.coef_, *directions(model, np.random.default_rng(1)))
    )
    rates = [
        [percent_wrong(model, here + a * across + b * up) for a in steps] for b in steps
    ]
    image = ax.pcolormesh(steps, steps, rates, cmap="magma_r", vmin=0, vmax=15)
    ax.contour(steps, steps, rates, [0.1], colors="black")
    around = np.linspace(0, 2 * np.pi, 100)
    radius = np.sqrt(1 / 0.9**2 - 1)
    ax.plot(radius * np.cos(around), radius * np.sin(around), "--", color="0.4", lw=1)
    ax.plot(0, 0, "+", color="black", ms=9)
    ax.set(title=title, aspect="equal", xlabel="step in one direction")
axes[0].set_ylabel("step in another")
bar = fig.colorbar(image, ax=axes, extend="max", label="training errors (%)")
# Seen: training errors on a random plane through three solutions. Around LAL with the
# published rate they rise at once on all sides; around LAL with the default rate and
# around eLAL there are broad valleys without or with few errors.
plt.show()

# %%
# The cross is the solution. Inside the black line no image is wrong. LAL stops at the
# first weights that make no error: with a small rate in a hole, with a larger one at
# the edge of a valley. The mean of eLAL's replicas is further inside.
#
# Many directions
# ---------------
# A plane may deceive, so we go from each solution in 200 random directions. The lines
# are means over directions, the bands hold nine tenths of them.

radii = np.linspace(0, 1, 21)[:, np.newaxis, np.newaxis]
overlaps = 1 / np.sqrt(1 + radii.ravel() ** 2)
near = np.argmin(abs(overlaps - 0.9))
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for title, model in models.items():
    rng = np.random.default_rng(0)
    ways = [way for _ in range(100) for way in directions(model, rng)]
    here = X @ model.coef_.T
    rates = np.array([percent_wrong(model, here + radii * (X @ w.T)) for w in ways])
    style = algorithm_style(title.removesuffix(", published rate"))
    ax.plot(overlaps, rates.mean(axis=0), label=title, **style)
    low, high = np.quantile(rates, [0.05, 0.95], axis=0)
    ax.fill_between(overlaps, low, high, color=style["color"], alpha=0.15, lw=0)
    print(
        f"{title}: at overlap {overlaps[near]:.2f} {rates[:, near].mean():.1f} % "
        f"errors, none in {np.mean(rates[:, near] == 0):.0%} of the directions"
    )
ax.set(xlabel="overlap with the solution", ylabel="training errors (%)", ylim=(0, 40))
ax.invert_xaxis()
ax.legend(frameon=False)
# Seen: mean training errors against the overlap with the solution. The line of LAL with
# the published rate rises steeply from the start, the others slowly, eLAL's slowest.
plt.show()
