"""Sequences and names: what was published about them, and values of the source."""

import zipfile

import numpy as np
import pytest

from gradlab.lab import data


def test_vowels_have_the_published_shape_and_split():
    vowels = data.load_japanese_vowels()
    assert vowels.X.shape == (640, 29, 12)
    assert (vowels.lengths.min(), vowels.lengths.max(), vowels.lengths.sum()) == (7, 29, 9961)
    assert np.bincount(vowels.y[vowels.training]).tolist() == [30] * 9
    assert np.bincount(vowels.y[~vowels.training]).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert len(vowels.target_names) == 9
    assert vowels.X.dtype == np.float64
    assert vowels.y.dtype == vowels.lengths.dtype == np.int64


def test_vowels_are_real_up_to_their_length_and_zero_beyond():
    vowels = data.load_japanese_vowels()
    is_real = np.arange(29) < vowels.lengths[:, None]
    assert np.all(vowels.X[~is_real] == 0)
    assert np.all(np.any(vowels.X[is_real] != 0, axis=-1))


def test_vowels_begin_with_the_values_of_the_source():
    vowels = data.load_japanese_vowels()
    assert vowels.lengths[0] == 20
    np.testing.assert_allclose(vowels.X[0, :3, 0], [1.860936, 1.891651, 1.939205], atol=5e-4)
    np.testing.assert_allclose(vowels.X[0, :3, 1], [-0.207383, -0.193249, -0.239664], atol=5e-4)


def test_names_are_words_of_letters_in_order_each_once():
    names = data.load_names()
    assert len(names.names) == len(set(names.names)) == len(names.female) == len(names.male) == 5163
    assert list(names.names) == sorted(names.names)
    assert set("".join(names.names)) == set("abcdefghijklmnopqrstuvwxyz")
    assert {len(name) for name in names.names} == set(range(2, 12))


def test_names_have_the_published_shares():
    names = data.load_names()
    share = {name: (f, m) for name, f, m in zip(*names[:3], strict=True)}
    assert (share["mary"][0], share["james"][1]) == (2.629, 3.318)
    assert (np.sum(names.female > 0), np.sum(names.male > 0)) == (4275, 1219)
    assert names.female.sum() == pytest.approx(89.94)
    assert all(max(pair) > 0 for pair in share.values())


@pytest.mark.parametrize("name", ["load_japanese_vowels", "load_names"])
def test_each_load_gives_arrays_that_may_be_changed(name):
    first, second = getattr(data, name)(), getattr(data, name)()
    for one, other in zip(first, second, strict=True):
        if isinstance(one, np.ndarray):
            before = other.copy()
            assert one.flags.writeable
            one[...] = 0
            np.testing.assert_array_equal(other, before)


@pytest.mark.parametrize("name", ["japanese_vowels", "names"])
def test_a_missing_file_says_which_and_what_to_do(monkeypatch, tmp_path, name):
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match=rf"'{name}'.*{name}.* is missing; reinstall"):
        getattr(data, f"load_{name}")()


def test_the_archive_carries_no_time_stamp():
    with zipfile.ZipFile(data.FOLDER / "japanese_vowels.npz") as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
