"""add_penalty: total and gradients against torch's autograd, weights apart from biases.

mistake                                   case that exposes it               check
----------------------------------------  ---------------------------------  ------------
lambda for lambda/2, twice, squared       l2 = 0.7                           l2
absolute value lost, sign(0) not 0        signs, a weight of 0               l1
one of loss and gradient only             both compared                      l1, l2
divided by the number of entries, of N    arrays of unlike sizes             l1, l2
biases, gamma, beta penalised             1-d and 0-d arrays, odd names      both_at_once
4-d weights forgotten                     a kernel                           both_at_once
l1 and l2 swapped; lost if both           l1 != l2                           both_at_once
no penalty by default                     no options                         nothing_to_add
grads or params changed                   every call                         all
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    expect,
    misconception,
    reference,
    requires,
)

pytestmark = exercise("add_penalty")
rng = case_rng("add_penalty")
FORM = "the result should be a pair: the total, and a dict of gradients"
SHAPES = {
    "W1": (4, 3),
    "b1": (4,),
    "gamma": (4,),
    "kernel": (2, 3, 2, 2),
    "wide_bias": (6,),
    "out": (1, 5),
}


@dataclass(frozen=True, eq=False)
class Case:
    params: dict
    grads: dict
    loss: float
    options: dict = field(default_factory=dict)

    def __str__(self):
        return f"{len(self.params)} arrays {self.options}"


def _case(*names, **options):
    """Weights with both signs and a zero; gradients unlike them."""
    params = {name: rng.normal(size=SHAPES[name]) for name in names}
    for array in params.values():
        array.flat[1] = 0.0
    grads = {name: rng.normal(size=SHAPES[name]) for name in names}
    return Case(params, grads, float(rng.uniform(1, 2)), options)


L2 = [_case("W1", l2=0.7), _case("W1", "b1", "out", l2=0.02)]
L1 = [_case("W1", l1=0.3), _case("b1", "out", "W1", l1=1.5)]
BOTH = [_case(*SHAPES, l1=0.4, l2=0.9), _case("b1", "kernel", "gamma", l1=0.05, l2=0.3)]
NOTHING = [_case("W1", "b1"), _case("b1", "gamma", l1=0.5, l2=0.5)]


@reference
def expected(case, device):
    """By autograd of the whole objective; the given gradients come in as a linear term."""
    params = {
        name: torch.tensor(value, device=device, requires_grad=True)
        for name, value in case.params.items()
    }
    total = torch.tensor(case.loss, dtype=torch.float64, device=device)
    for name, p in params.items():
        gradient = torch.tensor(case.grads[name], device=device)
        total = total + ((p - p.detach()) * gradient).sum()
        if p.dim() >= 2:
            total = total + case.options.get("l1", 0.0) * p.abs().sum()
            total = total + case.options.get("l2", 0.0) / 2 * p.square().sum()
    total.backward()
    return total.item(), {name: p.grad for name, p in params.items()}


def _matches(student, device, case):
    result = student.add_penalty(case.loss, case.grads, case.params, **case.options)
    expect(isinstance(result, tuple | list) and len(result) == 2, FORM, value=result)
    total, grads = expected(case, device)
    assert_close(result[0], total, name="the total")
    assert_close(result[1], grads, name="the gradients")


@pytest.mark.parametrize("case", L2, ids=str)
def test_l2(student, torch_device, case):
    """The L2 penalty is half of lambda times the squares, and its gradient fits."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", L1, ids=str)
def test_l1(student, torch_device, case):
    """The L1 penalty is lambda times the absolute values, and its gradient is 0 at 0."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", BOTH, ids=str)
def test_both_at_once(student, torch_device, case):
    """Both penalties together, on weights of two and more axes, not on the rest."""
    _matches(student, torch_device, case)


@requires("test_l2")
@pytest.mark.parametrize("case", NOTHING, ids=str)
def test_nothing_to_add(student, torch_device, case):
    """Without options, or without weights, loss and gradients stay as they are."""
    _matches(student, torch_device, case)


def _wrong(message, term=None, slope=None, is_weight=None, outside=None):
    """term(w, l1, l2), slope(w, l1, l2) of one weight; outside(total, new, options): the result."""
    term = term or (lambda w, l1, l2: l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum())
    slope = slope or (lambda w, l1, l2: l1 * np.sign(w) + l2 * w)
    is_weight = is_weight or (lambda name, w: w.ndim >= 2)

    @misconception("add_penalty", message)
    def variant(loss, grads, params, *, l1=0.0, l2=0.0):
        total, new = loss, {name: grads[name].copy() for name in params}
        for name, w in params.items():
            if is_weight(name, w):
                total += term(w, l1, l2)
                new[name] += slope(w, l1, l2)
        total = float(total)
        return (total, new) if outside is None else outside(total, new)

    return variant


gradient_doubled = _wrong(
    "Your L2 gradient is twice lambda times w. With half of lambda in the penalty it is lambda w.",
    slope=lambda w, l1, l2: l1 * np.sign(w) + 2 * l2 * w,
)
penalty_doubled = _wrong(
    "Your L2 penalty lacks the half; its gradient has lambda w, and that does not fit.",
    term=lambda w, l1, l2: l1 * np.abs(w).sum() + l2 * (w**2).sum(),
)
without_the_half = _wrong(
    "You used lambda times the squares, with twice lambda w as gradient. Here the penalty has a "
    "half, as torch's weight_decay.",
    term=lambda w, l1, l2: l1 * np.abs(w).sum() + l2 * (w**2).sum(),
    slope=lambda w, l1, l2: l1 * np.sign(w) + 2 * l2 * w,
)
gradient_halved = _wrong(
    "Your L2 gradient has the half of the penalty in it; differentiating the square cancels it.",
    slope=lambda w, l1, l2: l1 * np.sign(w) + l2 / 2 * w,
)
root_of_squares = _wrong(
    "You penalise the norm. The square of the norm is meant.",
    term=lambda w, l1, l2: l1 * np.abs(w).sum() + l2 / 2 * np.sqrt((w**2).sum()),
)
absolute_value_forgotten = _wrong(
    "Your L1 penalty sums the weights with their signs. Their absolute values are summed.",
    term=lambda w, l1, l2: l1 * w.sum() + l2 / 2 * (w**2).sum(),
)
sign_forgotten = _wrong(
    "Your L1 gradient is lambda for every weight. It has the sign of the weight.",
    slope=lambda w, l1, l2: l1 * np.ones_like(w) + l2 * w,
)
sign_of_zero_is_one = _wrong(
    "Your L1 gradient is not zero for a weight of 0. sign(0) = 0.",
    slope=lambda w, l1, l2: l1 * np.where(w >= 0, 1.0, -1.0) + l2 * w,
)
sign_of_zero_is_minus_one = _wrong(
    "Your L1 gradient is minus lambda for a weight of 0. sign(0) = 0.",
    slope=lambda w, l1, l2: l1 * np.where(w > 0, 1.0, -1.0) + l2 * w,
)
absolute_in_gradient = _wrong(
    "Your L1 gradient is lambda times the absolute value. It is lambda times the sign.",
    slope=lambda w, l1, l2: l1 * np.abs(w) + l2 * w,
)
w_in_l1_gradient = _wrong(
    "Your L1 gradient grows with the weight. It has the same size for all.",
    slope=lambda w, l1, l2: l1 * w + l2 * w,
)
half_of_l1 = _wrong(
    "Your L1 penalty has a half. Only L2's has.",
    term=lambda w, l1, l2: l1 / 2 * np.abs(w).sum() + l2 / 2 * (w**2).sum(),
    slope=lambda w, l1, l2: l1 / 2 * np.sign(w) + l2 * w,
)
loss_only = _wrong(
    "The penalty is in the loss, but not in the gradients.", slope=lambda w, l1, l2: 0.0
)
gradient_only = _wrong(
    "The penalty is in the gradients, but not in the loss.", term=lambda w, l1, l2: 0.0
)
subtracted = _wrong(
    "The penalty is subtracted. It is added: large weights cost.",
    term=lambda w, l1, l2: -l1 * np.abs(w).sum() - l2 / 2 * (w**2).sum(),
    slope=lambda w, l1, l2: -l1 * np.sign(w) - l2 * w,
)
gradient_subtracted = _wrong(
    "The penalty's gradient is subtracted. That makes weights grow.",
    slope=lambda w, l1, l2: -l1 * np.sign(w) - l2 * w,
)
averaged = _wrong(
    "You divided by the number of weights. The penalty is a sum.",
    term=lambda w, l1, l2: l1 * np.abs(w).mean() + l2 / 2 * (w**2).mean(),
    slope=lambda w, l1, l2: (l1 * np.sign(w) + l2 * w) / w.size,
)
divided_by_rows = _wrong(
    "You divided the penalty by the number of rows. Nothing is divided here.",
    term=lambda w, l1, l2: (l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum()) / len(w),
    slope=lambda w, l1, l2: (l1 * np.sign(w) + l2 * w) / len(w),
)
lambda_squared = _wrong(
    "Your lambda of L2 is squared.",
    term=lambda w, l1, l2: l1 * np.abs(w).sum() + l2**2 / 2 * (w**2).sum(),
    slope=lambda w, l1, l2: l1 * np.sign(w) + l2**2 * w,
)
swapped = _wrong(
    "l1 and l2 are swapped.",
    term=lambda w, l1, l2: l2 * np.abs(w).sum() + l1 / 2 * (w**2).sum(),
    slope=lambda w, l1, l2: l2 * np.sign(w) + l1 * w,
)
one_of_the_two = _wrong(
    "With both lambdas given, only L1 acts. Both are added.",
    term=lambda w, l1, l2: l1 * np.abs(w).sum() if l1 else l2 / 2 * (w**2).sum(),
    slope=lambda w, l1, l2: l1 * np.sign(w) if l1 else l2 * w,
)
columns_only = _wrong(
    "Your L1 is the matrix norm of np.linalg.norm (the largest column sum). All absolute values "
    "are summed.",
    term=lambda w, l1, l2: (
        l1 * np.abs(w).reshape(len(w), -1).sum(axis=0).max() + l2 / 2 * (w**2).sum()
    ),
)
biases_too = _wrong(
    "Biases, gamma and beta are penalised too. Only arrays with two axes or more are.",
    is_weight=lambda name, w: True,
)
by_first_letter = _wrong(
    'You go by the names. "w…" may be a bias and another name a weight: go by the number of axes.',
    is_weight=lambda name, w: name.lower().startswith("w"),
)
all_but_b = _wrong(
    'You spare names that begin with "b" only. Go by the number of axes: gamma has one too.',
    is_weight=lambda name, w: not name.startswith("b"),
)
matrices_only = _wrong(
    "Only matrices are penalised. The kernels of a convolution have four axes.",
    is_weight=lambda name, w: w.ndim == 2,
)
more_than_one_row = _wrong(
    "A weight with a single row is not penalised.", is_weight=lambda name, w: w.ndim > 1 < len(w)
)
total_missing = _wrong(
    "Only the gradients came back. Return (total, gradients).", outside=lambda total, new: new
)
penalty_alone = _wrong(
    "Your dict has the weights only. It should have the gradients of all parameters.",
    outside=lambda total, new: (total, {k: g for k, g in new.items() if g.ndim >= 2}),
)


@misconception("add_penalty", "grads, or an array in it, is changed. Make a new dict.")
def in_place(loss, grads, params, *, l1=0.0, l2=0.0):
    for name, w in params.items():
        if w.ndim >= 2:
            loss += l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum()
            grads[name] += l1 * np.sign(w) + l2 * w
    return float(loss), grads


@alternative("add_penalty")
def in_one_expression(loss, grads, params, *, l1=0.0, l2=0.0):
    weights = {k: w for k, w in params.items() if len(w.shape) > 1}
    penalty = sum(l1 * np.sum(np.abs(w)) + l2 * np.sum(w * w) / 2 for w in weights.values())
    new = {k: g + l1 * np.sign(weights[k]) + l2 * weights[k] if k in weights else g
           for k, g in grads.items()}  # fmt: skip
    return loss + penalty, new


@alternative("add_penalty")
def by_norms(loss, grads, params, *, l1=0.0, l2=0.0):
    total, new = np.float64(loss), dict(grads)
    for name in grads:
        w = params[name]
        if np.ndim(w) < 2:
            continue
        total += 0.5 * l2 * np.linalg.norm(w.ravel()) ** 2 + l1 * np.linalg.norm(w.ravel(), 1)
        new[name] = grads[name] + np.add(l2 * w, l1 * ((w > 0).astype(float) - (w < 0)))
    return [total, new]


@alternative("add_penalty")
def entry_by_entry(loss, grads, params, *, l1=0.0, l2=0.0):
    new = {}
    for name, w in params.items():
        g = np.array(grads[name])
        if w.ndim > 1:
            for index, value in np.ndenumerate(w):
                loss += l1 * abs(value) + l2 / 2 * value**2
                g[index] += l2 * value + (0 if value == 0 else l1 * value / abs(value))
        new[name] = g
    return float(loss), new
