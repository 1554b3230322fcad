"""Images and motions: what was published about them, and values of the source."""

import zipfile

import numpy as np
import pytest

from gradlab.lab import data

NAMES = ["mnist", "basic_motions"]


def test_mnist_has_500_images_of_each_digit_in_order():
    mnist = data.load_mnist()
    assert mnist.X.shape == (5000, 784)
    assert (mnist.X.dtype, mnist.y.dtype) == (np.float64, np.int64)
    np.testing.assert_array_equal(mnist.y, np.repeat(np.arange(10), 500))
    assert (mnist.X.min(), mnist.X.max()) == (0, 255)
    assert len(mnist.feature_names) == 784


def test_mnist_holds_images_that_are_centred_and_of_medium_brightness():
    images = data.load_mnist().X.reshape(-1, 28, 28)
    assert 32 < images.mean() < 35  # 33.3 in the whole training set
    weight = images.sum(axis=(1, 2))
    rows = (images.sum(axis=2) @ np.arange(28)) / weight
    assert np.all(np.abs(rows - 13.5) < 2)


def test_motions_have_the_published_shape_and_split():
    motions = data.load_basic_motions()
    assert motions.X.shape == (80, 100, 6)
    assert (motions.X.dtype, motions.y.dtype) == (np.float64, np.int64)
    assert set(motions.lengths.tolist()) == {100}
    assert np.bincount(motions.y[motions.training]).tolist() == [10] * 4
    assert np.bincount(motions.y[~motions.training]).tolist() == [10] * 4
    assert motions.target_names == ("standing", "running", "walking", "badminton")


def test_motions_begin_with_the_values_of_the_source():
    first = data.load_basic_motions().X[0]
    np.testing.assert_allclose(
        first[0], [0.079106, 0.394032, 0.551444, 0.351565, 0.02397, 0.633883], atol=6e-4
    )
    np.testing.assert_allclose(first[2, :2], [-0.903497, -3.666397], atol=6e-4)


@pytest.mark.parametrize("name", NAMES)
def test_each_load_gives_arrays_that_may_be_changed(name):
    first, second = (getattr(data, f"load_{name}")() for _ in range(2))
    for one, other in zip(first, second, strict=True):
        if isinstance(one, np.ndarray):
            before = other.copy()
            one[...] = 0
            np.testing.assert_array_equal(other, before)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_says_which_and_what_to_do(monkeypatch, tmp_path, name):
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match=rf"'{name}'.*{name}.* is missing; reinstall"):
        getattr(data, f"load_{name}")()


@pytest.mark.parametrize("name", NAMES)
def test_the_archive_carries_no_time_stamp(name):
    with zipfile.ZipFile(data.FOLDER / f"{name}.npz") as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
