"""Small real data sets, shipped with the package; datasets/SOURCES.md says where they come from."""

import gzip
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "Dataset",
    "Names",
    "Sequences",
    "load_basic_motions",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_iris",
    "load_japanese_vowels",
    "load_mnist",
    "load_names",
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


class Sequences(NamedTuple):
    """N sequences of unequal length. Every load returns new arrays, which may be changed freely."""

    X: npt.NDArray[np.float64]
    """(N, T, D) features; a sequence shorter than T is followed by zeros"""
    lengths: npt.NDArray[np.int64]
    """(N,) how many steps of each sequence are real, 1 to T"""
    y: npt.NDArray[np.int64]
    """(N,) classes 0, 1, ..."""
    training: npt.NDArray[np.bool_]
    """(N,) which sequences the source gives for training; the others are for testing"""
    target_names: tuple[str, ...]
    """the name of each class"""
    description: str


class Names(NamedTuple):
    """N names. Every load returns new arrays, which may be changed freely."""

    names: tuple[str, ...]
    """each once, in letters a to z, in alphabetical order"""
    female: npt.NDArray[np.float64]
    """(N,) percent of the women in the sample who bear the name"""
    male: npt.NDArray[np.float64]
    """(N,) percent of the men in the sample who bear the name"""
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


def load_japanese_vowels() -> Sequences:
    """640 utterances of 7 to 29 steps, 12 cepstrum coefficients each; y: which of 9 men speaks."""
    path = FOLDER / "japanese_vowels.npz"
    try:
        with np.load(path) as file:
            stored = dict(file)
    except FileNotFoundError:
        raise _missing("japanese_vowels", path) from None
    lengths = stored["lengths"].astype(np.int64)
    is_real = np.arange(lengths.max()) < lengths[:, None]
    X = np.zeros((*is_real.shape, stored["thousandths"].shape[1]))
    X[is_real] = stored["thousandths"] / 1000
    return Sequences(
        X=X,
        lengths=lengths,
        y=stored["speaker"].astype(np.int64),
        training=stored["training"],
        target_names=tuple(f"speaker {n}" for n in range(1, 10)),
        description="Japanese Vowels (Kudo, Toyama & Shimbo 1999): nine men say the vowels /ae/;"
        " a step is a frame of 25.6 ms, one every 6.4 ms, as 12 cepstrum coefficients of a linear"
        " prediction analysis; 270 utterances for training, 370 for testing.",
    )


def load_names() -> Names:
    """5163 first names, 2 to 11 letters, with the share of women and of men who bear each."""
    path = FOLDER / "names.csv.gz"
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            next(file)
            rows = [line.rstrip("\n").split(",") for line in file]
    except FileNotFoundError:
        raise _missing("names", path) from None
    names, female, male = zip(*rows, strict=True)
    return Names(
        names=names,
        female=np.array(female, dtype=np.float64),
        male=np.array(male, dtype=np.float64),
        description="First names of a sample of the 1990 census of the United States (Census"
        " Bureau): those that nine in ten of the women or of the men bear.",
    )


def load_mnist() -> Dataset:
    """5000 images of 28 x 28 pixels in rows of 784, grey values 0 to 255; y: the digit, in order.

    The first 500 are zeros, the next 500 ones, and so on: shuffle before you split.
    """
    stored = _stored("mnist")
    return Dataset(
        X=stored["pixels"].astype(np.float64),
        y=stored["digit"].astype(np.int64),
        feature_names=tuple(f"pixel_{row}_{column}" for row in range(28) for column in range(28)),
        target_names=tuple("0123456789"),
        description="MNIST (LeCun, Cortes & Burges 1998), 500 images of each digit from its"
        " training set: digits by employees of the US census and by pupils, scaled and centred;"
        " X.reshape(-1, 28, 28) are the images.",
    )


def load_basic_motions() -> Sequences:
    """80 records of 100 steps from a smart watch, 6 sensors each; y: which of 4 motions it is."""
    stored = _stored("basic_motions")
    X = stored["thousandths"] / 1000
    return Sequences(
        X=X,
        lengths=np.full(len(X), X.shape[1], dtype=np.int64),
        y=stored["motion"].astype(np.int64),
        training=stored["training"],
        target_names=("standing", "running", "walking", "badminton"),
        description="BasicMotions (UEA archive, Bagnall et al. 2018): students wear a smart watch"
        " for ten seconds; a step is a tenth of a second, as three readings of the accelerometer"
        " and three of the gyroscope; 40 records for training, 40 for testing.",
    )


def _stored(name: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of datasets/<name>.npz."""
    path = FOLDER / f"{name}.npz"
    try:
        with np.load(path) as file:
            return dict(file)
    except FileNotFoundError:
        raise _missing(name, path) from None


def _missing(name: str, path: Path) -> FileNotFoundError:
    return FileNotFoundError(
        f"data set {name!r}: {path} is missing; reinstall gradlab, which ships it"
    )


def _load(name: str, classes: tuple[str, ...] | None, description: str) -> Dataset:
    """Read one table: a line of column names, then rows; the last column is the target."""
    path = FOLDER / f"{name}.csv.gz"
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            *feature_names, target_name = file.readline().rstrip("\n").split(",")
            table = np.loadtxt(file, delimiter=",", ndmin=2)
    except FileNotFoundError:
        raise _missing(name, path) from None
    target = table[:, -1]
    return Dataset(
        X=table[:, :-1].copy(),
        y=target.copy() if classes is None else target.astype(np.int64),
        feature_names=tuple(feature_names),
        target_names=(target_name,) if classes is None else classes,
        description=description,
    )
