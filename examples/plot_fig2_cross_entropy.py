"""
Minimising the cross-entropy solves the patterns
================================================

Error rate of the minimisers of the cross-entropy loss for the binary perceptron
(Fig. 2 of the PNAS paper). Over a wide range of loads the optimum of the loss makes
practically no errors; larger ``gamma`` puts the first errors nearer to the capacity.
"""

# %%
# Dotted: the replica-symmetric saddle is locally unstable, and the number approximate.

import matplotlib.pyplot as plt
import numpy as np

from skwfm.theory import capacity, cross_entropy_error_rate

alphas = np.linspace(0.3, 0.9, 21)
figure, ax = plt.subplots(layout="constrained")
for gamma in [0.5, 1.0, 2.0, 5.0]:
    minima = [cross_entropy_error_rate(alpha, gamma) for alpha in alphas]
    rates = np.array([minimum.error_rate for minimum in minima])
    stable = np.array([minimum.rs_stable for minimum in minima])
    (line,) = ax.plot(alphas, rates, ":")
    ax.plot(
        alphas,
        np.where(stable, rates, np.nan),
        color=line.get_color(),
        label=f"$\\gamma$ = {gamma}",
    )

critical = capacity("perceptron", 1, "binary")
ax.axvline(critical, color="grey", linewidth=0.8)
ax.annotate(f"capacity {critical:.3f} ", (critical, 0.115), ha="right", va="bottom")
ax.plot([], [], ":", color="black", label="saddle unstable")
ax.set(xlabel="patterns per weight $\\alpha$", ylabel="error rate")
ax.legend(frameon=False)
plt.show()

# %%
# The temperature at which the entropy vanishes, and the stability number, come along.

print(cross_entropy_error_rate(0.8, 5.0))
