"""What users call is annotated in full, as ``py.typed`` promises."""

import importlib
import inspect

import pytest

PACKAGES = (
    "architectures",
    "classifiers",
    "cli",
    "curves",
    "datasets",
    "displays",
    "experiments",
    "inference",
    "landscape",
    "persistence",
    "plugins",
    "testing",
    "theory",
)


def functions_of(owner):
    """The functions and properties a class of the package states, `__init__` too."""
    for base in owner.__mro__:
        if not base.__module__.startswith("skwfm"):
            continue
        for name, member in vars(base).items():
            if name.startswith("_") and name != "__init__":
                continue
            function = getattr(member, "__func__", None) or (
                getattr(member, "fget", None) or getattr(member, "func", member)
            )
            if inspect.isfunction(function) and function.__module__ == base.__module__:
                yield function


def public_functions(package):
    """The functions of a package, and those of its classes, each of them once."""
    module = importlib.import_module(f"skwfm.{package}")
    found = {}
    for name in module.__all__:
        member = getattr(module, name)
        if inspect.isclass(member):
            found |= dict.fromkeys(functions_of(member))
        elif inspect.isfunction(member) or hasattr(member, "__wrapped__"):
            found[inspect.unwrap(member)] = None
    return list(found)


def missing_annotations(function):
    """Names of the parameters without annotation, and ``return``."""
    signature = inspect.signature(function)
    missing = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.annotation is parameter.empty and name not in ("self", "cls")
    ]
    if (
        signature.return_annotation is signature.empty
        and function.__name__ != "__init__"
    ):
        missing.append("return")
    return missing


def test_a_missing_annotation_would_be_found():
    def partly(x: int, y):
        return x + y

    assert missing_annotations(partly) == ["y", "return"]


@pytest.mark.parametrize("package", PACKAGES)
def test_public_functions_are_annotated(package):
    functions = public_functions(package)
    assert functions
    offenders = {
        f"{function.__module__}.{function.__qualname__}": missing
        for function in functions
        if (missing := missing_annotations(function))
    }
    assert not offenders
