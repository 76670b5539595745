"""What engines and priors give: shapes and signs, told by the name of who errs.

Those of the package itself are tested and run as they are. Those of other packages run
behind checks, with copies of the arrays, so that neither side changes the other's.
"""

import numpy as np

from skwfm.inference.bounds import without_rounding


def two_arrays(owner, method, given, shape):
    """Expect two arrays of what an engine or a prior gave.

    Parameters
    ----------
    owner : object
        Engine or prior.
    method : str
        Its method.
    given : object
        What the method gave.
    shape : tuple of int
        Shape that each of the arrays must have.

    Returns
    -------
    first, second : ndarray of that shape
        The two.

    Raises
    ------
    ValueError
        If it is anything but two arrays of real numbers of this shape.
    """
    is_one = not isinstance(given, tuple | list) and np.ndim(given) < 2
    parts = [np.asarray(part) for part in ([given] if is_one else given)]
    fits = [part.shape for part in parts] == [shape, shape]
    if fits and all(part.dtype.kind in "iuf" for part in parts):
        return tuple(parts)
    found = " and ".join(f"{part.dtype} of shape {part.shape}" for part in parts)
    raise ValueError(
        f"{_name(owner)}.{method} gave {found}: return two arrays of real numbers, "
        f"each of shape {shape}."
    )


def marginals_of(engine):
    """Give the marginals of an engine, after a look at their shapes and signs.

    Parameters
    ----------
    engine : Engine
        After its last sweep.

    Returns
    -------
    mean, variance : ndarray of shape (n_weights,)
        Its `weights`, where what is out of bounds by rounding is on its bounds.

    Raises
    ------
    ValueError
        If they are anything but two such arrays.
    """
    shape = (engine.factors.n_weights,)
    found = two_arrays(engine, "weights", engine.weights(), shape)
    return without_rounding(*found, engine.prior.is_binary)


def one_number(owner, method, given):
    """Expect one real number of what an engine or a prior gave.

    Parameters
    ----------
    owner : object
        Engine or prior.
    method : str
        Its method.
    given : object
        What the method gave.

    Returns
    -------
    number : float
        The number.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    array = np.asarray(given)
    if array.ndim == 0 and array.dtype.kind in "iuf":
        return float(given)
    found = f"an array of shape {array.shape}" if array.ndim else repr(given)
    raise ValueError(f"{_name(owner)}.{method} gave {found}: return one real number.")


def _name(owner):
    return type(owner).__name__


def _is_builtin(owner):
    """Whether tests have seen that it keeps to its interface."""
    return type(owner).__module__.startswith("skwfm.")


def held_engine(engine):
    """Give an engine that is told by name if its sweeps give no residual.

    Parameters
    ----------
    engine : Engine
        The engine.

    Returns
    -------
    engine : object
        One of the package itself, another one with checks.
    """
    return engine if _is_builtin(engine) else _HeldEngine(engine)


def held_prior(prior, n_weights):
    """Give a prior that is told by name if what it gives is not what engines need.

    Parameters
    ----------
    prior : BoundPrior
        The prior.
    n_weights : int
        Number of weights.

    Returns
    -------
    prior : BoundPrior
        One of the package itself, another one with checks.
    """
    if _is_builtin(prior):
        return prior
    # Engines name the class of a prior that does not suit them.
    return type(_name(prior), (_HeldPrior,), {})(prior, n_weights)


class _Held:
    """Everything that another object is, except what a subclass adds."""

    def __init__(self, held):
        vars(self)["_held"] = held

    @property
    def __class__(self):
        return type(self._held)

    def __getattr__(self, name):
        return getattr(vars(self)["_held"], name)

    def __setattr__(self, name, value):
        setattr(self._held, name, value)


class _HeldEngine(_Held):
    def sweep(self, damping):
        return one_number(self._held, "sweep", self._held.sweep(damping))

    def weights(self):
        shape = (self._held.factors.n_weights,)
        return two_arrays(self._held, "weights", self._held.weights(), shape)


class _HeldPrior(_Held):
    """Its arrays are copies: neither side can change those of the other."""

    def __init__(self, prior, n_weights):
        super().__init__(prior)
        vars(self).update(_shape=(n_weights,), _is_new=True)

    def moments(self, linear, precision):
        given = self._call("moments", linear, precision)
        parts = two_arrays(self._held, "moments", given, self._shape)
        parts = tuple(np.array(part, dtype=float) for part in parts)
        if self._is_new:
            self._check_first((linear, precision), *parts)
            vars(self)["_is_new"] = False
        return parts

    def log_partition(self, linear, precision):
        given = self._call("log_partition", linear, precision)
        return one_number(self._held, "log_partition", given)

    def _call(self, method, linear, precision):
        copies = np.array(linear), np.array(precision)
        given = getattr(self._held, method)(*copies)
        for name, copy, kept in zip(
            ("linear", "precision"), copies, (linear, precision), strict=True
        ):
            if not np.array_equal(copy, kept, equal_nan=True):
                raise ValueError(
                    f"{_name(self._held)}.{method} changes its argument {name}, which "
                    "belongs to the engine: work on a copy."
                )
        return given

    def _check_first(self, messages, mean, variance):
        name, is_known = _name(self._held), np.isfinite(messages).all()
        if is_known and not np.isfinite([mean, variance]).all():
            raise ValueError(
                f"{name}.moments gave NaN or infinity for arguments that are finite: "
                "return finite moments, or raise FloatingPointError if there are none."
            )
        if is_known and np.any(without_rounding(mean, variance, False)[1] < 0):
            raise ValueError(
                f"{name}.moments gave a variance of {variance.min():g}: return the "
                "mean and the variance of each weight; no variance is negative."
            )
        for attribute in ("linear", "precision"):
            value = getattr(self._held, attribute)
            if value is not None and np.shape(value) not in ((), self._shape):
                raise ValueError(
                    f"{name}.{attribute} has shape {np.shape(value)} after `moments`: "
                    f"set an array of shape {self._shape}, or None."
                )
