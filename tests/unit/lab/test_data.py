"""Every shipped table, against scikit-learn's own or against known values."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

from gradlab.lab import data

LOADERS = {name: getattr(data, name) for name in data.__all__ if name.startswith("load_")}
TABLES = [
    name
    for name, load in LOADERS.items()
    if inspect.signature(load).return_annotation is data.Dataset
]
CLASSES = ("load_breast_cancer", "load_digits", "load_iris")
FOLDER = Path(inspect.getfile(data)).parent / "datasets"


@pytest.mark.parametrize("name", [*CLASSES, "load_diabetes"])
def test_equals_scikit_learn(name):
    options = {"scaled": False} if name == "load_diabetes" else {}
    original = getattr(sklearn_datasets, name)(**options)
    loaded = LOADERS[name]()
    np.testing.assert_array_equal(loaded.X, original.data)
    np.testing.assert_array_equal(loaded.y, original.target)
    assert loaded.feature_names == tuple(original.feature_names)
    if name in CLASSES:
        assert loaded.target_names == tuple(map(str, original.target_names))


def test_diabetes_is_in_its_own_units():
    table = data.load_diabetes()
    age = table.X[:, table.feature_names.index("age")]
    assert (age.min(), age.max()) == (19, 79)
    assert (table.y.min(), table.y.max()) == (25, 346)


def test_sunspots_has_the_published_values():
    table = data.load_sunspots()
    by_year = dict(zip(table.X[:, 0], table.y, strict=True))
    assert list(by_year) == list(range(1700, 2009))
    known = {1700: 5.0, 1701: 11.0, 1816: 45.8, 1957: 190.2, 2007: 7.5, 2008: 2.9}
    assert {year: by_year[year] for year in known} == known
    assert table.y.max() == 190.2  # the cycle of 1957 is the highest on record
    assert (table.feature_names, table.target_names) == (("year",), ("sunspots",))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("load_breast_cancer", (569, 30)),
        ("load_diabetes", (442, 10)),
        ("load_digits", (1797, 64)),
        ("load_iris", (150, 4)),
        ("load_sunspots", (309, 1)),
    ],
)
def test_shapes_types_and_names(name, shape):
    table = LOADERS[name]()
    assert table.X.shape == shape
    assert table.X.dtype == np.float64
    assert table.y.shape == shape[:1]
    assert len(table.feature_names) == len(set(table.feature_names)) == shape[1]
    assert table.description.strip()
    if name in CLASSES:
        assert table.y.dtype == np.int64
        np.testing.assert_array_equal(np.unique(table.y), np.arange(len(table.target_names)))
    else:
        assert table.y.dtype == np.float64
        assert len(table.target_names) == 1


@pytest.mark.parametrize("name", TABLES)
def test_each_load_gives_arrays_that_may_be_changed(name):
    first, second = LOADERS[name](), LOADERS[name]()
    expected = second.X.copy(), second.y.copy()
    for array in (first.X, first.y):
        assert array.flags.writeable
        assert array.flags.owndata
        assert array.flags.c_contiguous
        array[...] = 0
    np.testing.assert_array_equal(second.X, expected[0])
    np.testing.assert_array_equal(second.y, expected[1])


def test_a_missing_file_says_which_and_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"'iris'.*iris\.csv\.gz is missing; reinstall"):
        data.load_iris()


def test_files_are_small_reproducible_and_sourced():
    files = sorted(f for f in FOLDER.iterdir() if f.name != "SOURCES.md")
    assert {f.name.partition(".")[0] for f in files} == {n[len("load_") :] for n in LOADERS}
    assert all(f.stat().st_size < 1_000_000 for f in files)
    sources = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    for file in files:
        if file.suffix == ".gz":
            assert file.read_bytes()[4:8] == bytes(4), f"{file.name} carries a time stamp"
        assert f"`{file.name}`" in sources
