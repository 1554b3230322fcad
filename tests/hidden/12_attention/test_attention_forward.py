"""attention_forward: against torch without and with a mask, then rows and scores at the limits.

mistake                                    case that exposes it               check
-----------------------------------------  ---------------------------------  ----------------
root missing or of another size            D, V, S, T unequal                 mixes_the_values
softmax along another axis                 N, T, S unequal; all equal         mixes_the_values
keys reshaped, sequences mixed             random k, N > 1                    mixes_the_values
mask turned round, transposed, used late   irregular masks, T = S             hides_what_the_mask
mask without its batch axis                another mask for each sequence     hides_what_the_mask
0 or a small number for minus infinity     scores of any sign                 hides_what_the_mask
a row without keys is NaN or even          rows that are all False            sees_nothing
overflow; 0 / 0 far below 0                scores of ±10,000                  far_from_zero
largest score taken before hiding          the hidden score is the largest    far_from_zero
scores or nothing in the cache             weights of all masks               cache
"""

import re
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("attention_forward")
rng = case_rng("attention_forward")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    mask: np.ndarray | None = None

    def __str__(self):
        return f"{self.name}: q{self.q.shape} k{self.k.shape} v{self.v.shape}"

    @property
    def arguments(self):
        return (
            (self.q, self.k, self.v) if self.mask is None else (self.q, self.k, self.v, self.mask)
        )


def _case(name, n, t, s, d, v, mask=None, scale=1.0):
    q, k = scale * rng.normal(size=(n, t, d)), rng.normal(size=(n, s, d))
    return Case(name, q, k, rng.normal(size=(n, s, v)), mask)


def _mask(text, *shape):
    return np.array([symbol == "1" for symbol in text]).reshape(shape)


PLAIN = [
    _case("unequal sizes", 2, 3, 5, 4, 6),
    _case("more queries than keys", 3, 5, 2, 7, 4),
    _case("all sizes equal", 3, 3, 3, 3, 3),
    _case("one query, one key", 2, 1, 1, 3, 2),
    _case("as many queries as keys", 2, 4, 4, 3, 5),
]
MASKED = [
    _case("one mask for all", 2, 3, 5, 4, 2, _mask("101101001101011", 3, 5)),
    _case("a mask as long as wide", 3, 4, 4, 2, 3, _mask("1000110111100101", 4, 4)),
    _case("a row for each sequence", 3, 4, 5, 2, 3, _mask("111001000011111", 3, 1, 5)),
    _case("a mask for each sequence", 2, 2, 4, 3, 5, _mask("1010110100111001", 2, 2, 4)),
    _case("one mask with three axes", 3, 2, 3, 5, 2, _mask("101011", 1, 2, 3)),
    _case("one key for each query", 2, 3, 3, 4, 2, _mask("010001100", 3, 3)),
    _case("the same keys for all queries", 2, 3, 4, 5, 3, _mask("1101", 4)),
]
EMPTY = [
    _case("a row sees nothing", 2, 4, 3, 2, 5, _mask("110000011111", 4, 3)),
    _case("one of two sequences", 2, 3, 4, 2, 3, _mask("00001101", 2, 1, 4)),
    _case("nobody sees anything", 3, 2, 4, 3, 2, np.zeros((2, 4), dtype=bool)),
]


def _far(name, rows, mask=None):
    """Scores of these sizes: D = 1, so the query is the score."""
    scores = np.array(rows)
    k = np.ones((1, scores.shape[0], 1)) * scores[None, :, None]
    return Case(name, np.ones((1, 2, 1)), k, rng.normal(size=(1, len(rows), 3)), mask)


FAR = [
    _case("scores of thousands", 2, 3, 4, 3, 2, scale=1e4),
    _far("scores far below 0", [-10000.0, -10001.0, -10002.0]),
    _far("the hidden one is the largest", [10000.0, 1.0, 2.0], _mask("011011", 2, 3)),
    _far("the visible one is far below", [-10000.0, 3.0, 1.0], _mask("100110", 2, 3)),
]


@reference
def expected(case, device):
    """Output, and the weights: the output for the unit vectors as values."""
    q, k, v = (torch.tensor(a, device=device) for a in (case.q, case.k, case.v))
    shape = (len(case.q), case.q.shape[1], case.k.shape[1])
    mask = None if case.mask is None else np.broadcast_to(case.mask, shape).copy()
    mask = None if mask is None else torch.tensor(mask, device=device)
    units = torch.eye(k.shape[1], dtype=k.dtype, device=device).expand(len(k), -1, -1)
    attend = functional.scaled_dot_product_attention
    return attend(q, k, v, attn_mask=mask), attend(q, k, units, attn_mask=mask)


def _matches(student, device, case):
    y, _ = student.attention_forward(*case.arguments)
    assert_close(y, expected(case, device)[0], name="y")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_mixes_the_values(student, torch_device, case):
    """Is the weighted mean of the values, without a mask."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", MASKED, ids=str)
def test_hides_what_the_mask_hides(student, torch_device, case):
    """Leaves out what the mask hides, for masks of any shape that broadcasts."""
    _matches(student, torch_device, case)


@requires("test_mixes_the_values")
@pytest.mark.parametrize("case", EMPTY, ids=str)
def test_sees_nothing(student, torch_device, case):
    """Gives zeros to a query that sees nothing, and warns of nothing."""
    y, cache = student.attention_forward(*case.arguments)
    warned = len(student.last_warnings)
    assert_close(y, expected(case, torch_device)[0], name="y")
    expect(isinstance(cache, tuple | list) and len(cache) == 4, "the cache should hold four arrays")
    assert_close(cache[3], expected(case, torch_device)[1], name="the weights")
    expect(not warned, "NumPy warned on the way", value=warned)


@requires("test_mixes_the_values")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_far_from_zero(student, torch_device, case):
    """Stays right and silent for scores far from 0, visible or hidden."""
    y, _ = student.attention_forward(*case.arguments)
    warned = len(student.last_warnings)
    assert_close(y, expected(case, torch_device)[0], name="y")
    expect(not warned, "NumPy warned on the way", value=warned)


@requires("test_mixes_the_values")
@pytest.mark.parametrize("case", [PLAIN[0], *MASKED[:3]], ids=str)
def test_cache(student, torch_device, case):
    """Returns the cache (q, k, v, weights) as described."""
    _, cache = student.attention_forward(*case.arguments)
    expect(isinstance(cache, tuple | list) and len(cache) == 4, "the cache should hold four arrays")
    assert_close(cache[:3], (case.q, case.k, case.v), name="the start of the cache")
    assert_close(cache[3], expected(case, torch_device)[1], name="the weights")


FITTING = {"q": np.ones((2, 3, 4)), "k": np.ones((2, 5, 4)), "v": np.ones((2, 5, 6))}
UNFIT = [
    ("k", np.ones((2, 5, 3))),
    ("k", np.ones((2, 5, 5))),
    ("k", np.ones((1, 5, 4))),
    ("k", np.ones((2, 5, 1))),
    ("v", np.ones((2, 4, 6))),
    ("v", np.ones((2, 6, 6))),
    ("v", np.ones((1, 5, 6))),
    ("v", np.ones((2, 1, 6))),
    ("mask", np.ones((3, 5))),
    ("mask", np.ones((3, 5), dtype=int)),
]


@requires("test_mixes_the_values")
@pytest.mark.parametrize(("name", "array"), UNFIT, ids=[f"{n}{a.shape}{a.dtype}" for n, a in UNFIT])
def test_refuses(student, name, array):
    """Raises ValueError naming k, v or mask, and its shape or dtype, where it does not fit."""
    found = re.escape(str(array.dtype if name == "mask" else array.shape))
    with student.raises(ValueError, match=rf"(?s)\b{name}\b.*{found}|{found}.*\b{name}\b"):
        student.attention_forward(**{**FITTING, name: array})
