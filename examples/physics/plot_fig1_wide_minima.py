"""
Wide flat minima exist: local entropy of a committee machine
============================================================

Random patterns on a tree committee with three hidden units (Fig. 1 of the PNAS
paper). The curve is the logarithm, per weight, of the fraction of configurations at
mutual overlap :math:`q_1` that solve every pattern, in the densest region of
solutions. Where it approaches zero well before :math:`q_1 = 1` nearly everything
around is a solution: a wide flat minimum.
"""

# %%
# The committee
# -------------
# The solution at the centre is on the left. Above the stability line of the typical
# volume, alpha = 1.73, part of a curve may lie above the total volume of solutions,
# where it cannot be right; that part is dotted. Numerical errors, in the table at the
# end, are far below the width of the lines.

import matplotlib.pyplot as plt
import numpy as np

from skwfm.displays import TheoryCurveDisplay
from skwfm.theory import local_entropy_curve

overlaps = 0.98 - 0.9 * np.linspace(1, 0, 30) ** 1.6  # closer where curves are steep
alphas = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
curves = [local_entropy_curve("tree", 3, alpha, overlaps) for alpha in alphas]

figure, ax = plt.subplots(layout="constrained")
TheoryCurveDisplay.from_curves(
    curves, labels=[f"$\\alpha$ = {alpha}" for alpha in alphas], x="mutual", ax=ax
)
for alpha, curve in zip(alphas, curves, strict=True):
    ax.annotate(f" {alpha}", (curve.overlap.min(), curve.entropy.min()), va="center")
ax.annotate(" $\\alpha$", (curve.overlap.min(), 0), va="center")
ax.set(title="Tree committee, K = 3", xlim=(1.02, 0), ylim=(-4.2, 0.1))
# Seen: local entropy against the mutual overlap, six lines that fall from zero as the
# overlap falls, the deeper the more patterns per weight. From alpha = 2 on they are
# dotted in part, alpha = 3 all along.
plt.show()

# %%
# What it is compared with
# ------------------------
# One perceptron, infinitely many hidden units, and the parity machine. For the parity
# machine the published constant :math:`-\alpha \ln 2` is the typical volume, not the
# optimum over wide minima. Fixing the internal representations leaves three perceptrons
# at :math:`3 \alpha` each, whose curve bounds the optimum from below. Where it lies
# above the constant, the constant is too low.

fine = np.linspace(0.02, 0.995, 60)
others = {
    "perceptron": local_entropy_curve("perceptron", 1, 0.5, fine),
    "committee, K infinite": local_entropy_curve("tree", np.inf, 0.5, fine),
    "parity, K = 3: typical, $-\\alpha\\,\\ln 2$": local_entropy_curve(
        "parity", 3, 0.5, fine
    ),
}
figure, ax = plt.subplots(layout="constrained")
TheoryCurveDisplay.from_curves(
    list(others.values()), labels=list(others), x="mutual", ax=ax
)
ax.lines[-1].set_label("parity, K = 3: lower bound of the optimum")
ax.legend(frameon=False)
ax.set(title="Three other machines, $\\alpha$ = 0.5")
# Seen: local entropy against the mutual overlap. Perceptron and infinite committee stay
# near zero down to an overlap of 0.6. The lower bound of the parity machine falls at
# once and crosses the constant of its typical volume at an overlap of about 0.93.
plt.show()

# %%
# The numbers, with their error estimates
# ---------------------------------------

at = np.abs(overlaps - 0.9).argmin()
for alpha, curve in zip(alphas, curves, strict=True):
    print(
        f"alpha = {alpha}: V1(q1 = {curve.overlap[at]:.2f}) = "
        f"{curve.entropy[at]:.5f} +- {curve.error[at]:.0e}"
    )
