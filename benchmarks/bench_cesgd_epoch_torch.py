"""Claim: a cross-entropy epoch on a tree takes 1/8 of the time of PyTorch's autograd.

Tree of 9 units, 999 inputs, 1000 random +-1 patterns, batches of 100, no intercept,
the published rates of ceSGD-fast, float32, one thread on both sides. Both train the
first 20 epochs from the same weights with the same permutations and must reach the same
weights; printed is the largest difference.

The reference is plain eager PyTorch: parameters of shape (9, 111), preactivations by a
batched matrix product (faster than einsum and than multiplying and summing), autograd
of the summed loss, one SGD step, renormalisation without gradient. Its flops are those
of bench_cesgd_epoch_tree.py and its bytes at least those of NumPy there; what it spends
beyond its roofline is the overhead of recording and dispatch.
"""

import sys

import numpy as np
from _cross_entropy import make_claim
from _machines import BATCH_SIZE, N_HIDDEN, random_patterns_on_tree, tree_weights
from _paired import main

try:
    import torch
except ImportError:
    torch = None


def make_torch_epoch(problem):
    """Make the function that trains one epoch by autograd.

    Parameters
    ----------
    problem : Problem
        Patterns and a tree of equal fields.

    Returns
    -------
    epoch : callable
        Takes (rows, weights, eta, gamma, beta), the weights changed in place.
    """
    labels = torch.from_numpy(problem.labels)
    inputs = torch.from_numpy(problem.inputs).reshape(len(labels), N_HIDDEN, -1)

    def summed_loss(parameter, batch, gamma, beta):
        x = inputs.index_select(0, batch).transpose(0, 1)
        fields = torch.bmm(x, parameter[:, :, None])[:, :, 0]
        decision = torch.tanh(beta * fields).sum(dim=0) / N_HIDDEN**0.5
        slack = -2 * gamma * labels[batch] * decision
        return torch.nn.functional.softplus(slack).sum() / (2 * gamma)

    def epoch(rows, weights, eta, gamma, beta):
        # The parameter shares the memory of the array `weights`.
        parameter = torch.from_numpy(weights).requires_grad_()
        optimizer = torch.optim.SGD([parameter], lr=eta)
        total = 0.0
        for batch in torch.from_numpy(rows).split(BATCH_SIZE):
            optimizer.zero_grad()
            loss = summed_loss(parameter, batch, gamma, beta)
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                parameter /= parameter.norm(dim=1, keepdim=True)
            total += loss.item()
        return total

    return epoch


def make_torch_claim():
    """Pair our epochs with those of PyTorch in float32.

    Returns
    -------
    claim : Claim
        To be measured.
    """
    problem = random_patterns_on_tree(np.float32)
    return make_claim(
        "ceSGD, tree 999/9, 1000 patterns, against PyTorch autograd",
        8.0,
        problem,
        "random_patterns",
        tree_weights,
        make_torch_epoch(problem),
        name=f"torch {torch.__version__}",
    )


if __name__ == "__main__":
    if torch is None:
        print("skipped: PyTorch is not installed (pip install torch)", file=sys.stderr)
        sys.exit(0)
    torch.set_num_threads(1)
    main(lambda: [make_torch_claim()], __doc__)
