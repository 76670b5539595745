"""What callbacks are told of focusing: couplings or levels of noise, and sweeps."""

from skwfm.problem.intercepts import split_intercept


class Tasks:
    """Tasks of a fit, each with its sweeps, after which callbacks may end it.

    Parameters
    ----------
    classifier : FBPClassifier
        Its callbacks are told.
    context : CallbackContext
        That of the fit.
    name : str
        What a task is.
    problem : Problem
        The patterns.

    Attributes
    ----------
    status : str or None
        "stopped" by a callback, "interrupted" by Ctrl-C in one, or None.
    """

    def __init__(self, classifier, context, name, problem):
        self._classifier, self._context, self._name = classifier, context, name
        self._problem, self._task, self.status = problem, None, None

    @property
    def callback(self):
        """What `infer` calls after each sweep; None if no one wants to know."""
        is_asked = getattr(self._classifier, "_skl_callbacks", None)
        return self._end_sweep if is_asked else None

    def _told(self):
        inputs, named = self._problem.inputs, self._classifier._with_names
        return {"estimator": self._classifier, "X": lambda: named(inputs)}

    def _begin(self):
        if self._task is None:
            # None: how many sweeps there will be is not known.
            self._task = self._context.subcontext(
                task_name=self._name, max_subtasks=None
            )
            self._task.call_on_fit_task_begin(**self._told())
        return self._task

    def _end_sweep(self, sweep):
        task = self._begin().subcontext(task_name="sweep")
        task.call_on_fit_task_begin(**self._told())
        if task.call_on_fit_task_end(**self._told()):
            self.status = "stopped"
        return self.status is not None

    def end(self, fitted=None):
        """Tell that a task is over.

        Parameters
        ----------
        fitted : callable or None, default=None
            Returns attributes of a fitted classifier, for callbacks that ask for one.

        Returns
        -------
        is_over : bool
            Whether training should end.
        """
        if self.callback is None:
            return False
        try:
            told = self._told()
            if fitted is not None:
                classes, labels = self._classifier.classes_, self._problem.labels
                told["y"] = lambda: classes[(labels > 0).astype(int)]
                told["reconstruction_attributes"] = fitted
            if self._begin().call_on_fit_task_end(**told):
                self.status = "stopped"
        except KeyboardInterrupt:
            self.status = "interrupted"
        self._task = None
        return self.status is not None


def fitted_attributes(classifier, step):
    """Give what a classifier needs to answer after a coupling.

    Parameters
    ----------
    classifier : FBPClassifier
        The one that is fitted.
    step : FocusingStep
        The coupling.

    Returns
    -------
    attributes : dict
        By name.
    """
    weights = step.weights
    n_features = weights.shape[1] - classifier.fit_intercept
    scaling = classifier.intercept_scaling_
    coef, intercept = split_intercept(weights, n_features, scaling)
    names = "architecture_", "classes_", "intercept_scaling_", "method_", "_power"
    return {
        **{name: getattr(classifier, name) for name in names},
        "coef_": coef,
        "intercept_": intercept,
        "posterior_": step.posterior,
        "gamma_": step.gamma,
        "label_noise_": 0.0,
    }
