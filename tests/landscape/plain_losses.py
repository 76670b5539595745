"""The losses of section 2, written out plainly for any weights."""

import numpy as np


def free_weights(model):
    """Flat free weights in the documented order, and a function back to a matrix."""
    fields = model.architecture_.receptive_fields(model.coef_.shape[1])
    parts = [w[f] for w, f in zip(model.coef_, fields, strict=True)]
    if model.fit_intercept:
        parts = [np.append(w, b) for w, b in zip(parts, model.intercept_, strict=True)]
    sizes = [len(p) for p in parts]
    return np.concatenate(parts), sizes, fields


def plain_fields(flat, sizes, fields, X, fit_intercept, stack=np.column_stack):
    columns, start = [], 0
    for size, field in zip(sizes, fields, strict=True):
        w = flat[start : start + size]
        columns.append(
            X[:, field] @ w[: len(field)] + (w[len(field)] if fit_intercept else 0)
        )
        start += size
    return stack(columns)


def plain_loss(delta, labels, beta, loss, gamma, output, np=np):
    if loss == "ce":
        x = labels * delta
        f = -x / 2 + np.log(2 * np.cosh(gamma * x)) / (2 * gamma)
        return f.sum() / len(labels)
    o = np.tanh(beta * delta) if output == "tanh" else delta
    return ((labels - o) ** 2).sum() / (4 * len(labels))
