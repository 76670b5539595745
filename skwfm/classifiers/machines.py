"""More than two classes: one machine for each, which tells it from all others."""

from __future__ import annotations

import time
import warnings
from typing import Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.parallel import Parallel, delayed

from skwfm.classifiers.solution import Solution

# Seconds between looks at threads that are to end.
_PAUSE = 0.01
# Labels of the machine of one class: the others, and the class.
OTHERS_AND_CLASS = np.array([False, True])
# Ends of training; that of all machines together is the first that one of them has.
_ENDS = ("interrupted", "stopped", "max_iter", "errors_left", "early_stopped", "noisy")


class MachinesMixin:
    """The machines of a classifier, and how one for each class is fitted."""

    # Whether training looks after every epoch whether another thread was interrupted.
    _ends_on_ctrl_c = False

    # Classes of the classifier whose machine this is.
    _n_classes = 2

    # Fitted attributes of machines that become arrays or lists with one entry a class.
    _by_class = ()

    # Those that only a classifier of two classes has, once it is trained; and the
    # generator of `partial_fit`. A new fit may not set them again.
    _of_one_fit = ("answer_noise_", "_answer_noise", "_rng")

    @property
    def machines_(self) -> list[Self]:
        """The fitted classifiers of two classes, which measures take.

        For two classes the classifier itself. For more there is one for each class,
        with the label True for the class and False for all others; they share the
        inputs that they were trained on.
        """
        if "classes_" not in vars(self):
            raise AttributeError(
                f"this {type(self).__name__} has no machines_ yet: call fit first."
            )
        return [self] if len(self.classes_) == 2 else self._machines

    def _fit_machines(self, problem, y, rng):
        """Train one machine for each class on the same inputs."""
        _ = problem.packed_inputs  # laid out once, for all
        tasks = [
            (self._machine_of(k), against_others(problem, y == name), child)
            for (k, name), child in zip(
                enumerate(self.classes_), rng.spawn(len(self.classes_)), strict=True
            )
        ]
        with warnings.catch_warnings():
            # Their outcomes are told together; and threads share the filters.
            warnings.simplefilter("ignore", ConvergenceWarning)
            if effective_n_jobs(self.n_jobs) == 1:
                self._machines = _in_turn(tasks)
            else:
                self._machines = _at_a_time(tasks, self.n_jobs)
        self._gather()
        answers = self._predicted(problem.inputs, problem.unlabelled())
        self.n_errors_ = int(np.sum(answers != y))

    def _machine_of(self, k):
        """The classifier of one class, as this one is before it is trained."""
        machine = clone(self)
        if "n_jobs" in machine.get_params(deep=False):
            machine.set_params(n_jobs=1)
        return machine._take_from(self, OTHERS_AND_CLASS)

    def _stay_untrained(self, problem, rng):
        """Have random weights; the noise fitted to them makes them say little."""
        weights = problem.layout.random_weights(rng, problem.dtype)
        weights = problem.layout.unpack_weights(weights)
        self._store(Solution(weights, 0, False, "interrupted"), problem, rng)

    def _is_interrupted(self):
        training = vars(self).get("_training")
        return training is not None and training.is_interrupted

    def _take_from(self, whole, classes):
        """Take over what the classifier of all classes found out before training."""
        names = "n_features_in_", "feature_names_in_", "intercept_scaling_"
        for name in (*names, "architecture_", "_fitted_intercept"):
            if hasattr(whole, name):
                setattr(self, name, getattr(whole, name))
        self.classes_, self._n_classes = classes, len(whole.classes_)
        return self

    def _gather_weights(self):
        self.coef_ = np.stack([m.coef_ for m in self._machines])
        self.intercept_ = np.stack([m.intercept_ for m in self._machines])

    def _gather(self):
        """Put the machines' attributes together."""
        machines = self._machines
        self._gather_weights()
        self.n_iter_ = max(m.n_iter_ for m in machines)
        self.loss_curve_ = [m.loss_curve_ for m in machines]
        for name in self._by_class:
            if not hasattr(machines[0], name):
                continue
            values = [getattr(m, name, None) for m in machines]
            setattr(self, name, _together(values))
        failed = [m for m in machines if not m.converged_]
        ends = [m.status_ for m in failed or machines]
        self.converged_ = not failed
        self.status_ = next((end for end in _ENDS if end in ends), ends[0])
        self._advice = ""
        if failed:
            advice = next(m._advice for m in failed if m.status_ == self.status_)
            which = f"{len(failed)} of {len(machines)} machines, one for each class: "
            self._advice = advice and which + advice


def _together(values):
    """Values of all machines: an array of numbers, None if none has any, or a list."""
    if all(value is None for value in values):
        return None
    is_number = all(isinstance(value, (int, float)) for value in values)
    return np.array(values) if is_number else values


def against_others(problem, is_member):
    """Give a problem the labels of one class.

    Parameters
    ----------
    problem : Problem
        The patterns.
    is_member : ndarray of shape (n_samples,) of bool
        Which belong to the class.

    Returns
    -------
    problem : Problem
        With the label +1 for the class and -1 for all others.
    """
    labels = np.where(is_member, 1, -1)
    return problem.with_labels(labels.astype(problem.labels.dtype))


class _Training:
    """The training of a machine on a thread, which only the main one can interrupt."""

    def __init__(self, machine, problem, rng):
        self.machine, self.problem, self.rng = machine, problem, rng
        self.is_running = self.is_interrupted = False

    def run(self):
        # In this order: who interrupts sees it run, or it sees the interruption.
        self.is_running = True
        try:
            if not self.is_interrupted:
                self.machine._training = self
                self.machine._learn(self.problem, self.rng)
        finally:
            vars(self.machine).pop("_training", None)
            self.is_running = False
        return self.machine

    def interrupt(self):
        """Return when it has ended after the epoch of the moment, or never begun."""
        self.is_interrupted = True
        while self.is_running:
            time.sleep(_PAUSE)


def _trained(training):
    return training.run()


def _at_a_time(tasks, n_jobs):
    """Train machines on threads; after Ctrl-C those not begun stay untrained."""
    trainings = [_Training(*task) for task in tasks]
    try:
        run = Parallel(n_jobs=n_jobs, prefer="threads")
        return run(delayed(_trained)(training) for training in trainings)
    except KeyboardInterrupt:
        # Other processes, where a user has asked for them, train copies.
        began = any(t.is_running or hasattr(t.machine, "status_") for t in trainings)
        if not (began and trainings[0].machine._ends_on_ctrl_c):
            raise
    for training in trainings:
        training.is_interrupted = True
    for training in trainings:
        training.interrupt()
        if not hasattr(training.machine, "status_"):
            training.machine._stay_untrained(training.problem, training.rng)
    return [training.machine for training in trainings]


def _in_turn(tasks):
    """Train machine after machine; after Ctrl-C the others stay untrained."""
    machines = []
    for machine, problem, rng in tasks:
        if machines and machines[-1].status_ == "interrupted":
            machine._stay_untrained(problem, rng)
        else:
            machine._learn(problem, rng)
        machines.append(machine)
    return machines
