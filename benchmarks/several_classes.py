"""Claim: ten classes are learned in the time of OneVsRestClassifier, answered in less.

The digits of scikit-learn, 1257 images of 8 x 8 pixels for training and 540 for the
test, or, with ``--data fashion``, 10 000 and 5000 images of Fashion-MNIST, which takes
an hour; standardised, all classifiers at their defaults. Both sides train one machine a
class, ours on inputs that are laid out once; their seeds differ, and with them the
number of epochs or sweeps. Printed are accuracies on the test images, processor seconds
of a fit on one thread, the median ratio over pairs with its quartiles,
OneVsRestClassifier over ours, and the median ratio of the seconds an epoch; and the
median ratio with its quartiles for answers to the test images. fBP takes minutes: ask
for it.
"""

import argparse
import warnings

import numpy as np
from _paired import time_pairs
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skwfm import CeSGDClassifier, ELALClassifier, FBPClassifier, LALClassifier
from skwfm.datasets import fetch_fashion_mnist

ALGORITHMS = {
    "LAL": LALClassifier,
    "eLAL": ELALClassifier,
    "ceSGD": CeSGDClassifier,
    "fBP": FBPClassifier,
}
N_ANSWERS = 15


def images(name):
    """Give standardised images.

    Parameters
    ----------
    name : {"digits", "fashion"}
        Which.

    Returns
    -------
    X, X_test : ndarray of shape (n_images, n_pixels)
        Images for training and test.
    y, y_test : ndarray of shape (n_images,)
        Their classes.
    """
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        sizes = {"test_size": 0.3}
    else:
        data = fetch_fashion_mnist()
        X, y = data.data.astype(np.float32), data.target
        sizes = {"train_size": 10_000, "test_size": 5000}
    X, X_test, y, y_test = train_test_split(X, y, **sizes, random_state=0)
    scaler = StandardScaler().fit(X)
    return scaler.transform(X), scaler.transform(X_test), y, y_test


def quartiles(seconds):
    """Give the quartiles of the ratio, theirs over ours.

    Parameters
    ----------
    seconds : ndarray of shape (n_pairs, 2)
        What `time_pairs` returns.

    Returns
    -------
    quartiles : ndarray of shape (3,)
        The median in the middle.
    """
    return np.quantile(seconds[:, 1] / seconds[:, 0], [0.25, 0.5, 0.75])


def n_rounds(machines):
    """Count what all machines together took.

    Parameters
    ----------
    machines : list of classifiers
        Fitted ones of two classes.

    Returns
    -------
    n_rounds : int
        Epochs, or sweeps of fBP.
    """
    return sum(getattr(m, "n_sweeps_", m.n_iter_) for m in machines)


def compare(algorithm, split, repeats):
    """Time both in turn and print a line.

    Parameters
    ----------
    algorithm : str
        Key of `ALGORITHMS`.
    split : tuple
        What `images` returns.
    repeats : int
        Number of pairs.
    """
    X, X_test, y, y_test = split
    machine = ALGORITHMS[algorithm](random_state=0)
    models = machine, OneVsRestClassifier(machine)
    seconds = time_pairs(*(lambda m=m: m.fit(X, y) for m in models), repeats)
    accuracy = [100 * model.score(X_test, y_test) for model in models]
    low, middle, high = quartiles(seconds)
    ours, theirs = np.median(seconds, axis=0)
    answers = time_pairs(*(lambda m=m: m.predict(X_test) for m in models), N_ANSWERS)
    equal = middle * n_rounds(models[0].machines_) / n_rounds(models[1].estimators_)
    print(
        f"{algorithm:6s} accuracy {accuracy[0]:.1f} % and {accuracy[1]:.1f} %, "
        f"{ours:.2f} s and {theirs:.2f} s, "
        f"ratio {middle:.2f} ({low:.2f} to {high:.2f}), {equal:.2f} an epoch; "
        "answers {1:.2f} ({0:.2f} to {2:.2f})".format(*quartiles(answers)),
        flush=True,
    )


def main():
    """Compare what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = list(ALGORITHMS)
    parser.add_argument("--algorithms", nargs="+", default=names[:3], choices=names)
    parser.add_argument("--data", default="digits", choices=["digits", "fashion"])
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    split = images(arguments.data)
    with threadpool_limits(1), warnings.catch_warnings():
        # Few machines of one digit against the others reach zero errors.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for algorithm in arguments.algorithms:
            compare(algorithm, split, arguments.repeats)


if __name__ == "__main__":
    main()
