"""
======================================================
Local volumes of real solutions: which engine to trust
======================================================

Two algorithms learn the same images of dresses and coats without an error. How many of
the weights around their solutions make no error either? The answer is a volume, far too
small to be found by trying, and message passing computes it. Here four ways are
compared: approximate message passing (amp), which takes pixels as uncorrelated;
expectation propagation (ep), which does not, with and without the correction for what
images have in common; and sampling, which approximates nothing but has to reach what it
counts. Sampling and corrected ep say how far off they may be.
"""

# %%
# Two solutions
# -------------
# A fully connected committee of nine units learns 200 images. With the published size,
# ``n_per_class=250``, everything below takes several times longer.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skwfm.classifiers import published_settings
from skwfm.datasets import load_dress_coat
from skwfm.displays import LocalEntropyDisplay
from skwfm.landscape import local_entropy

X, y = load_dress_coat(n_per_class=100, random_state=0, return_X_y=True)
models = {}
for name in ("eLAL", "LAL"):
    estimator_class, parameters = published_settings("dress_coat", name)
    models[name] = estimator_class(**parameters, random_state=0).fit(X, y)

# %%
# The fraction that solves
# ------------------------
# At overlap p with the solution, weights are spread over a sphere around it. The log of
# the fraction that makes no error, per weight, is the local entropy: zero if all are
# solutions. Every point is asked of every engine; what does not converge is NaN, with a
# warning that we silence here.

overlaps = np.array([0.5, 0.7, 0.85, 0.95, 0.99])
ways = {
    "sampling": {"method": "mc", "n_samples": 2000, "random_state": 0},
    "ep": {"method": "ep"},
    "ep, uncorrected": {"method": "ep", "corrected": False},
    "amp": {"method": "amp"},
}
curves = {}
for name, model in models.items():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for way, options in ways.items():
            curves[name, way] = local_entropy(
                model, X, y, overlaps=overlaps, tol=1e-4, **options
            )
        print(name, {way: curves[name, way].converged.sum() for way in ways})

# %%
# The picture
# -----------
# Sampling decides: it reaches every point around the wide minimum of eLAL, none around
# the narrow one of LAL. Where both give numbers, corrected ep lies on the sampled ones
# near the solution, and within its error further off, where the correction is large.
# Without it ep finds too few solutions: images that are alike are one condition stated
# many times, which it pays for again and again. Approximate message passing is further
# off everywhere, and around the narrow minimum it loses all overlaps but one.
#
# Bars are twice the error, where one is known: the standard error of sampling, and the
# estimate of what corrected ep leaves out. Crosses at the upper edge stand where an
# engine, or sampling, gave no number. The scale is the same in both panels, logarithmic
# but for the last ten thousandth.
#
# The order of the two minima is beyond doubt: differences between them are ten times
# as large. The curves are per weight; times 7056 weights they are logs of fractions.

figure, panels = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained", sharey=True)
looks = [("o", "-"), ("s", "--"), ("^", ":"), ("D", "-.")]
greys = ["0.0", "0.3", "0.5", "0.65"]
for panel, name in zip(panels, models, strict=True):
    for way, look, grey in zip(ways, looks, greys, strict=True):
        style = dict(zip(("marker", "linestyle"), look, strict=True), color=grey)
        LocalEntropyDisplay([curves[name, way]], [way]).plot(panel, **style)
    panel.set_title(name)
panels[0].set_yscale("symlog", linthresh=1e-4)
panels[1].set_ylabel("")
# Seen: local entropy against the overlap, one panel a solution. Around eLAL sampling
# and corrected ep agree, the other two lie below. Around LAL only ep has numbers
# throughout, ten times as far from zero.
plt.show()
