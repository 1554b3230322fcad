"""pick: against torch's indexing, with indices of every kind; repeated ones add up.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  ------------------
= or += where entries repeat              [2, 0, 2], pairs that repeat      repeated
only the first or the last of a repeat    three times the same              repeated
upstream ignored, in g's shape            random g                          one_place, arrays
zeros shared between two calls of pull    pull is called twice              one_place
an index on the first axis only           pairs of arrays, masks            arrays
x's values where nothing was picked       every case                        one_place
"""

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    case_rng,
    exercise,
    misconception,
    reference,
    requires,
    weight,
)

from .rules import Case, assert_rule, by_torch

pytestmark = exercise("pick")
rng = case_rng("pick")


def _case(shape, index, note=""):
    x = rng.normal(size=shape)
    return Case((x,), rng.normal(size=np.shape(x[index])), {"index": index}, note or str(index))


ONE = [
    _case((4, 3), 1), _case((4, 3), -1), _case((4, 3), (2, 1)), _case((5,), 3),
    _case((2, 3, 4), (1, 0)),
]  # fmt: skip
SLICES = {
    "np.s_[1:3]": _case((4, 3), np.s_[1:3], "rows 1 and 2"),
    "np.s_[:, ::2]": _case((2, 5), np.s_[:, ::2], "every other column"),
    "np.s_[..., None, 1]": _case((2, 3, 4), np.s_[..., None, 1], "a new axis"),
    "np.s_[::-1, 0]": _case((4, 3), np.s_[::-1, 0], "backwards"),
}
MASK = np.array([[True, False, True], [False, False, True]])
ARRAYS = [
    _case((4, 3), np.array([3, 1]), "rows 3 and 1"),
    _case((4, 3), (np.arange(4), np.array([2, 0, 1, 2])), "an entry per row"),
    _case((2, 3), MASK, "a mask"),
    _case((3, 3), (np.array([0, 2]), np.array([1, 1])), "two of a square"),
]
REPEATED = [
    _case((4, 3), np.array([2, 0, 2]), "row 2 twice"),
    _case((3,), np.array([1, 1, 1, 0]), "an entry three times"),
    _case((3, 3), (np.array([0, 2, 0]), np.array([1, 1, 1])), "a pair twice"),
    _case((5, 2), np.array([[0, 3], [3, 3]]), "a table of rows"),
    _case((3, 2), np.array([-1, 2, 0]), "row 2 by two names"),
]


@reference
def expected(case, device):
    x, index = case.arrays[0], case.options["index"]
    places = np.array(np.arange(x.size).reshape(x.shape)[index])  # torch takes no negative steps
    flat = torch.tensor(places, device=device)
    return by_torch(lambda t: t.reshape(-1)[flat.reshape(-1)].reshape(flat.shape), case, device)


def _matches(student, device, case, index=None):
    index = case.options["index"] if index is None else index
    assert_rule(student.pick(case.arrays[0], index=index), case, expected(case, device))


@pytest.mark.parametrize("case", ONE, ids=str)
def test_one_place(student, torch_device, case):
    """Picks one row or entry; all others get a gradient of 0."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", ARRAYS, ids=str)
def test_arrays(student, torch_device, case):
    """Takes arrays of rows, pairs of arrays and masks."""
    _matches(student, torch_device, case)


@requires("test_one_place")
@pytest.mark.parametrize("text", SLICES)
def test_slices(student, torch_device, text):
    """Takes slices, with steps and new axes."""
    index = student.define(f"index = {text}", "index")
    _matches(student, torch_device, SLICES[text], index)


@weight(2)
@pytest.mark.parametrize("case", REPEATED, ids=str)
def test_repeated(student, torch_device, case):
    """Adds up the gradients of entries that were picked several times."""
    _matches(student, torch_device, case)


# Misconceptions


def _right(x, index, g):
    gradient = np.zeros_like(x)
    np.add.at(gradient, index, g)
    return gradient


def _wrong(message, gradient):
    @misconception("pick", message)
    def variant(x, *, index):
        return x[index], lambda g: (gradient(x, index, g),)

    return variant


def _assigned(x, index, g):
    gradient = np.zeros_like(x)
    gradient[index] = g
    return gradient


def _added_once(x, index, g):
    gradient = np.zeros_like(x)
    places = np.arange(x.size).reshape(x.shape)[index].ravel()
    for place, value in reversed(list(zip(places, g.ravel()))):
        gradient.flat[place] = value
    return gradient


def _averaged(x, index, g):
    counts = _right(x, index, np.ones_like(g))
    return _right(x, index, g) / np.maximum(counts, 1.0)


assigned = _wrong(
    "An entry that was picked several times has the gradient of the last time only. With "
    "`gradient[index] = g`, and with `+=` too, NumPy writes each place once: use np.add.at.",
    _assigned,
)
first_time_only = _wrong(
    "An entry that was picked several times has the gradient of the first time only. They add up.",
    _added_once,
)
averaged_over_repeats = _wrong(
    "The gradients of an entry that was picked several times are averaged. They add up.",
    _averaged,
)
ones = _wrong(
    "The upstream gradient g is ignored: you counted how often each entry was picked.",
    lambda x, index, g: _right(x, index, np.ones_like(g)),
)
times_x = _wrong(
    "The gradient is multiplied by x. Picking has slope 1.",
    lambda x, index, g: _right(x, index, g * x[index]),
)
added_to_x = _wrong(
    "The gradient starts from x. It starts from zeros.", lambda x, index, g: x + _right(x, index, g)
)
bare_g = _wrong(
    "The gradient has the shape of what was picked. It has the shape of x.",
    lambda x, index, g: np.array(g),
)
everywhere = _wrong(
    "Entries that were not picked get a gradient. They have none.",
    lambda x, index, g: _right(x, index, g) + np.where(_right(x, index, np.ones_like(g)), 0.0, 1.0),
)
first_axis_only = _wrong(
    "The gradient goes to whole rows: only the first part of the index is used.",
    lambda x, index, g: (
        _right(x, index, g)
        if not isinstance(index, tuple)
        else np.zeros_like(x) + _right(x, index, g).sum(axis=-1, keepdims=True)
    ),
)
last_index_first = _wrong(
    "The parts of the index are used in the wrong order.",
    lambda x, index, g: (
        _right(x.T, index[::-1], g).T[::-1] if isinstance(index, tuple) and x.ndim == 2
        and len(index) == 2 and g.ndim < 2 else _right(x, index, g)
    ),
)  # fmt: skip


@misconception("pick", "The zeros were made outside pull: a second call adds to the first.")
def zeros_outside(x, *, index):
    gradient = np.zeros_like(x)

    def pull(g):
        np.add.at(gradient, index, g)
        return (gradient.copy(),)

    return x[index], pull


@misconception("pick", "pull returns the bare gradient. It is a tuple, (gradient,).")
def bare_gradient(x, *, index):
    return x[index], lambda g: _right(x, index, g)


@misconception(
    "pick", "Your value is an array of rows even for one entry, or the index is shifted."
)
def taken(x, *, index):
    return np.take(x, index, axis=0), lambda g: (np.zeros_like(x),)


# Alternatives


@alternative("pick")
def by_bincount(x, *, index):
    places = np.arange(x.size).reshape(x.shape)[index]

    def pull(g):
        sums = np.bincount(np.ravel(places), weights=np.ravel(g), minlength=x.size)
        return (sums.reshape(x.shape),)

    return x[index], pull


@alternative("pick")
def place_by_place(x, *, index):
    places = np.ravel(np.arange(x.size).reshape(x.shape)[index])

    def pull(g):
        gradient = np.zeros(x.size)
        for place, value in zip(places, np.ravel(g)):
            gradient[place] += value
        return [gradient.reshape(x.shape)]

    return np.array(x[index]), pull


@alternative("pick")
def by_a_matrix(x, *, index):
    chosen = np.eye(x.size)[np.ravel(np.arange(x.size).reshape(x.shape)[index])]
    return x[index], lambda g: ((np.ravel(g) @ chosen).reshape(x.shape),)
