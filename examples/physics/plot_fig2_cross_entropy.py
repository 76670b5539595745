"""
Minimising the cross-entropy solves the patterns
================================================

Error rate of the minimisers of the cross-entropy loss for the binary perceptron
(Fig. 2 of the PNAS paper). Over a wide range of loads the optimum of the loss makes
practically no errors; larger ``gamma`` puts the first errors nearer to the capacity.
"""

# %%
# At small ``gamma`` the loss is nearly Hebb's rule, and its minimisers make errors at
# every load. Dotted: the replica-symmetric saddle is locally unstable, and the number
# approximate.

import matplotlib.pyplot as plt
import numpy as np

from skwfm.theory import capacity, cross_entropy_error_rate

alphas = np.linspace(0.3, 0.9, 25)
figure, ax = plt.subplots(layout="constrained")
for offset, (gamma, marker) in enumerate(
    zip([0.1, 1.0, 2.0, 5.0], "osD^", strict=True)
):
    minima = [cross_entropy_error_rate(alpha, gamma) for alpha in alphas]
    rates = np.array([minimum.error_rate for minimum in minima])
    stable = np.array([minimum.rs_stable for minimum in minima])
    marked = {"marker": marker, "markevery": (offset % 2, 2), "markersize": 5}
    (line,) = ax.plot(alphas, rates, ":", **marked)
    color = line.get_color()
    ax.plot(alphas, np.where(stable, rates, np.nan), color=color)
    ax.plot([], [], color=color, marker=marker, label=f"$\\gamma$ = {gamma:g}")

critical = capacity("perceptron", 1, "binary")
ax.axvline(critical, color="grey", linewidth=0.8)
ax.annotate(f"capacity {critical:.3f} ", (critical, 0.18), ha="right", va="bottom")
ax.plot([], [], "-", color="black", label="saddle stable")
ax.plot([], [], ":", color="black", label="saddle unstable: approximate")
ax.set(
    xlabel="patterns per weight $\\alpha$",
    ylabel="fraction of training patterns that are wrong",
)
ax.set_title("Binary perceptron, minima of the cross-entropy")
ax.legend(frameon=False)
# Seen: the error rate against the patterns per weight for four gammas. It rises from
# nearly zero, later for larger gamma, and for gamma = 0.1 from the start.
plt.show()

# %%
# The temperature at which the entropy vanishes, and the stability number, come along.

print(cross_entropy_error_rate(0.8, 5.0))
