"""gate: the sigmoid of a linear layer on [h, x]."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    expect,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("gate")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    h: np.ndarray
    w: np.ndarray
    b: np.ndarray

    def __str__(self):
        return f"x{self.x.shape} h{self.h.shape} w{self.w.shape}"


def _cases(scale=1.0):
    rng = case_rng("gate")
    sizes = [(3, 4, 2, 5), (1, 3, 2, 2), (5, 1, 3, 3), (4, 2, 3, 1), (3, 2, 2, 4)]
    return [
        Case(*(rng.normal(size=size) for size in ((n, d), (n, h))), *_layer(rng, m, h + d, scale))
        for n, d, h, m in sizes
    ]


def _layer(rng, rows, columns, scale):
    return scale * rng.normal(size=(rows, columns)), scale * rng.normal(size=rows)


CASES = _cases()
HUGE = _cases(scale=1000.0)


@reference
def expected(case, device):
    x, h, w, b = (torch.tensor(a, device=device) for a in (case.x, case.h, case.w, case.b))
    return torch.sigmoid(functional.linear(torch.cat([h, x], dim=1), w, b))


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Equals the sigmoid of [h, x] times w transposed plus b."""
    assert_close(student.gate(case.x, case.h, case.w, case.b), expected(case, torch_device))


@requires("test_matches_torch")
@pytest.mark.parametrize("case", HUGE, ids=str)
def test_huge_pre_activations(student, torch_device, case):
    """Is exact, finite and silent where the pre-activations are huge."""
    result = student.gate(case.x, case.h, case.w, case.b)
    assert_close(result, expected(case, torch_device))
    loud = [text for text in student.last_warnings if "overflow" in text or "invalid" in text]
    expect(not loud, "np.exp overflowed with a RuntimeWarning")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_refuses_wrong_columns(student, case):
    """Raises ValueError naming w when it does not have H + D columns."""
    for w in (case.w[:, 1:], np.pad(case.w, ((0, 0), (0, 1)))):
        with student.raises(ValueError, match=r"\bw\b"):
            student.gate(case.x, case.h, w, case.b)


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_refuses_wrong_bias(student, case):
    """Raises ValueError naming b when it does not have one entry a row of w."""
    for b in (case.b[:1], np.append(case.b, 0.0), case.b[:, None]):
        with student.raises(ValueError, match=r"\bb\b"):
            student.gate(case.x, case.h, case.w, b)


# Misconceptions


def _require(x, h, w, b):
    if w.shape[1:] != (h.shape[1] + x.shape[1],):
        raise ValueError(f"w has shape {w.shape}")
    if b.shape != w.shape[:1]:
        raise ValueError(f"b has shape {b.shape}")


def _sigmoid(a):
    return 0.5 + 0.5 * np.tanh(a / 2)


def _naive(a):
    return 1 / (1 + np.exp(-a))


def _ratio(a):
    return np.exp(a) / (1 + np.exp(a))


def _hard(a):
    return np.clip(0.2 * a + 0.5, 0, 1)


def _softmax(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def make(
    *,
    join=lambda h, x: [h, x],
    layer=lambda hx, w, b: hx @ w.T + b,
    activation=_sigmoid,
    require=_require,
):
    """A gate with one part of it exchanged."""

    def gate(x, h, w, b):
        require(x, h, w, b)
        return activation(layer(np.concatenate(join(h, x), axis=1), w, b))

    return gate


def wrong(message, **changed):
    return misconception("gate", message)(make(**changed))


x_first = wrong(
    "You joined [x, h]. The first H columns of w belong to h: the order is [h, x].",
    join=lambda h, x: [x, h],
)
no_bias = wrong("The bias is missing: add b before the sigmoid.", layer=lambda hx, w, b: hx @ w.T)
bias_subtracted = wrong("You subtracted the bias. Add b.", layer=lambda hx, w, b: hx @ w.T - b)
tanh_gate = wrong(
    "You used tanh. A gate runs from 0 to 1: it needs the sigmoid.", activation=np.tanh
)
no_activation = wrong(
    "The sigmoid is missing: a gate must lie between 0 and 1.", activation=lambda a: a
)
softmax_gate = wrong(
    "You used a softmax over the units. Each unit of a gate has a sigmoid of its own.",
    activation=_softmax,
)
hard_sigmoid = wrong(
    "You used a piecewise linear 'hard' sigmoid. The exercise asks for 1 / (1 + exp(-a)).",
    activation=_hard,
)
complement = wrong(
    "Your gate is 1 minus the right one: the sign inside the sigmoid is reversed.",
    activation=lambda a: _sigmoid(-a),
)
relu_gate = wrong("You used ReLU. A gate needs the sigmoid.", activation=lambda a: np.maximum(a, 0))
sigmoid_twice = wrong("You applied the sigmoid twice.", activation=lambda a: _sigmoid(_sigmoid(a)))
overflowing = wrong(
    "Your exp overflows for large negative pre-activations and warns. Use the given sigmoid.",
    activation=_naive,
)
not_a_number = wrong(
    "exp(a) / (1 + exp(a)) is inf / inf = NaN for large a. Use the given sigmoid.",
    activation=_ratio,
)
broadcast_bias = wrong(
    "A bias of another shape than (M,) must raise a ValueError that names b: a shape (1,) "
    "would be broadcast over all units without a word.",
    require=lambda x, h, w, b: _require(x, h, w, np.zeros(len(w))),
)
numpys_own_error = wrong(
    "A w with the wrong number of columns must raise a ValueError that names w, its shape "
    "and the shape expected.",
    require=lambda x, h, w, b: _require(x, h, np.zeros((len(w), h.shape[1] + x.shape[1])), b),
)


@misconception("gate", "The bias was added after the sigmoid. It belongs inside.")
def bias_outside(x, h, w, b):
    _require(x, h, w, b)
    return _sigmoid(np.concatenate([h, x], axis=1) @ w.T) + b


@misconception(
    "gate", "The hidden state does not reach your gate: only the columns of x were used."
)
def without_h(x, h, w, b):
    _require(x, h, w, b)
    return _sigmoid(x @ w[:, h.shape[1] :].T + b)


@misconception("gate", "The input does not reach your gate: only the columns of h were used.")
def without_x(x, h, w, b):
    _require(x, h, w, b)
    return _sigmoid(h @ w[:, : h.shape[1]].T + b)


# Alternatives


@alternative("gate")
def split_columns(x, h, w, b):
    _require(x, h, w, b)
    a = h @ w[:, : h.shape[1]].T + x @ w[:, h.shape[1] :].T + b
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1.0, e) / (1.0 + e)


@alternative("gate")
def one_by_one(x, h, w, b):
    _require(x, h, w, b)
    rows = [[*h_row, *x_row] for h_row, x_row in zip(h, x, strict=True)]
    return np.array(
        [
            [_sigmoid(np.dot(row, unit) + bias) for unit, bias in zip(w, b, strict=True)]
            for row in rows
        ]
    )


@alternative("gate")
def with_einsum(x, h, w, b):
    _require(x, h, w, b)
    a = np.einsum("nk,mk->nm", np.hstack((h, x)), w) + b[None, :]
    return 1.0 / (1.0 + np.exp(-np.clip(a, -700, 700)))
