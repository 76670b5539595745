"""
====================================
Message passing on millions of edges
====================================

A sweep of approximate message passing costs as much as two products with the inputs.
Inputs that are all +-1 are kept as bits, and the products take four of them at a time.
How do time and memory grow with the problem?
"""

# %%
# One size
# --------
# ``M`` random patterns for a tree committee of nine units with ``N`` inputs in all,
# ``M = N``. They come in ``int8``; :class:`~skwfm.inference.Factors` packs them. The
# callback is called at the end of each sweep; ``tracemalloc`` counts what is allocated
# beside the patterns until the first one ends.

import time
import tracemalloc

import matplotlib.pyplot as plt
import numpy as np

from skwfm.architectures import TreeCommittee
from skwfm.datasets import make_random_patterns
from skwfm.inference import Factors, SphericalPrior, infer


def measure(size):
    X, y = make_random_patterns(size, size, random_state=0, dtype=np.int8)
    ends, peaks = [], []

    def note(sweep):
        if tracemalloc.is_tracing():
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        ends.append(time.process_time())

    tracemalloc.start()
    factors = Factors(X, y, TreeCommittee(9))
    posterior = infer(
        factors, SphericalPrior(), method="amp", damping=0.3, tol=1e-3, callback=note
    )
    return posterior.n_iter, np.median(np.diff(ends)), peaks[0]


sizes = np.array([1000, 1500, 2200, 3300, 5000])
n_sweeps, seconds, memory = np.transpose([measure(size) for size in sizes])

# %%
# All of them
# -----------
# Both grow like the number of edges ``M N`` of the graph, the number of sweeps does
# not grow. Small systems also pay for the channel and for the interpreter. The bits
# take a quarter of a byte per edge, once by rows and once by columns; the rest of the
# memory is needed while they are made.

edges = sizes.astype(float) ** 2
fig, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
for ax, values, label, ticks in [
    (axes[0], 1e3 * seconds, "processor time of a sweep (ms)", [0.3, 1, 3, 10, 30]),
    (axes[1], memory / 1e6, "memory beside the patterns (MB)", [0.5, 1, 2, 5, 10]),
]:
    ax.loglog(edges, values[-1] * edges / edges[-1], color="0.6", label="linear")
    ax.loglog(edges, values, "o-", color="black", label="measured")
    ax.set_xlabel("edges $M N$")
    ax.set_ylabel(label)
    low, high = ax.get_ylim()
    ticks = [tick for tick in ticks if low <= tick <= high]
    ax.set_yticks(ticks, ticks)
    ax.minorticks_off()
    ax.legend(frameon=False)
# Seen: time of a sweep and memory against the number of edges, on logarithmic axes.
# Both approach a straight line of slope one from above.
plt.show()
for size, n, t, m in zip(sizes, n_sweeps, seconds, memory, strict=True):
    print(
        f"M = N = {size}: {n:.0f} sweeps, {1e9 * t / size**2:.2f} ns and "
        f"{m / size**2:.2f} bytes per edge"
    )
