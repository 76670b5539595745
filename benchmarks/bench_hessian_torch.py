"""Claim: the full Hessian in a tenth of the time of `torch.func.hessian`.

1000 random patterns, tree of 9 units with 999 inputs, no intercept, float64, one thread
on both sides. The reference is the mean squared error of section "Hessians" of the user
guide written in PyTorch, differentiated twice (forward over reverse mode, vectorised by
vmap). Both must give the same matrix.
"""

import sys

import numpy as np
from _hessians import BETA, make_claim, tree_hessian
from _limits import Work
from _paired import main

try:
    import torch
except ImportError:
    torch = None


def torch_hessian(operator):
    """Make the function that differentiates the loss twice.

    Parameters
    ----------
    operator : HessianOperator
        On a tree of equal fields.

    Returns
    -------
    run : callable
        Returns the matrix.
    """
    solution = operator.solution
    inputs = torch.tensor(np.stack([b.inputs for b in solution.blocks]))
    labels = torch.tensor(solution.labels)
    weights = torch.tensor(solution.weights)

    def loss(flat):
        fields = torch.bmm(inputs, flat.reshape(len(inputs), -1, 1))[:, :, 0]
        delta = torch.tanh(BETA * fields).sum(dim=0) / len(inputs) ** 0.5
        return ((labels - torch.tanh(BETA * delta)) ** 2).mean() / 4

    hessian = torch.func.hessian(loss)
    return lambda: hessian(weights).numpy()


def make_torch_claim():
    """Pair the closed form with autograd.

    Returns
    -------
    claim : Claim
        To be measured.
    """
    operator = tree_hessian()
    n, n_samples = operator.shape[0], len(operator.solution.labels)
    formed = Work(n_samples * n**2, 8 * n**2, 8 * n**2)
    differentiated = Work(4 * n_samples * n**2, 8 * n_samples * n, 8 * n_samples * n)
    return make_claim(
        "full Hessian, 999 inputs, tree of 9 units, 1000 patterns",
        10.0,
        operator.to_dense,
        torch_hessian(operator),
        ("closed form", f"torch {torch.__version__}"),
        (formed, differentiated),
    )


if __name__ == "__main__":
    if torch is None:
        print("skipped: PyTorch is not installed (pip install torch)", file=sys.stderr)
        sys.exit(0)
    torch.set_num_threads(1)
    main(lambda: [make_torch_claim()], __doc__, default_repeats=3)
