"""Small real data sets, shipped with the package; datasets/SOURCES.md says where they come from."""

import gzip
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "Dataset",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_iris",
    "load_sunspots",
]

FOLDER = Path(__file__).parent / "datasets"


class Dataset(NamedTuple):
    """A table of N samples. Every load returns new arrays, which may be changed freely."""

    X: npt.NDArray[np.float64]
    """(N, D) features"""
    y: npt.NDArray[np.float64] | npt.NDArray[np.int64]
    """(N,) targets: float64 quantities, or int64 classes 0, 1, ..."""
    feature_names: tuple[str, ...]
    """D names of the columns of X"""
    target_names: tuple[str, ...]
    """for classes, the name of each; else the one name of the quantity"""
    description: str


def load_diabetes() -> Dataset:
    """442 patients, 10 features in their own units; y: disease progression, 25 to 346."""
    return _load(
        "diabetes",
        None,
        "Diabetes (Efron, Hastie, Johnstone & Tibshirani 2004): age in years, sex (1 or 2), body"
        " mass index, mean blood pressure and six blood serum measurements of 442 patients; the"
        " target is a measure of disease progression one year later.",
    )


def load_breast_cancer() -> Dataset:
    """569 tumours, 30 features of their cell nuclei; y: 0 malignant (212), 1 benign (357)."""
    return _load(
        "breast_cancer",
        ("malignant", "benign"),
        "Breast Cancer Wisconsin, diagnostic (Wolberg, Street & Mangasarian 1995): mean, standard"
        " error and worst value of ten measurements of the cell nuclei in a fine needle aspirate of"
        " 569 tumours.",
    )


def load_digits() -> Dataset:
    """1797 images of 8 x 8 pixels in rows of 64, grey values 0 to 16; y: the digit."""
    return _load(
        "digits",
        tuple("0123456789"),
        "Handwritten digits (Alpaydin & Kaynak 1998): 1797 images by 13 writers, each pixel the"
        " number of dark dots in a block of 4 x 4; X.reshape(-1, 8, 8) are the images.",
    )


def load_iris() -> Dataset:
    """150 flowers, 4 lengths in cm; y: the species, 50 of each, in order."""
    return _load(
        "iris",
        ("setosa", "versicolor", "virginica"),
        "Iris (Anderson 1935, Fisher 1936): length and width of the sepals and petals of 150"
        " flowers of three species.",
    )


def load_sunspots() -> Dataset:
    """309 years, 1700 to 2008, as X of shape (309, 1); y: the year's mean sunspot number."""
    return _load(
        "sunspots",
        None,
        "Yearly mean sunspot number, 1700 to 2008 (National Geophysical Data Center): a series"
        " with a cycle of about eleven years.",
    )


def _load(name: str, classes: tuple[str, ...] | None, description: str) -> Dataset:
    """Read one table: a line of column names, then rows; the last column is the target."""
    path = FOLDER / f"{name}.csv.gz"
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            *feature_names, target_name = file.readline().rstrip("\n").split(",")
            table = np.loadtxt(file, delimiter=",", ndmin=2)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"data set {name!r}: {path} is missing; reinstall gradlab, which ships it"
        ) from None
    target = table[:, -1]
    return Dataset(
        X=table[:, :-1].copy(),
        y=target.copy() if classes is None else target.astype(np.int64),
        feature_names=tuple(feature_names),
        target_names=(target_name,) if classes is None else classes,
        description=description,
    )
