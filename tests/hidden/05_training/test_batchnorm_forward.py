"""batchnorm_forward: against torch, in training, in evaluation, and one after the other.

mistake                                     case that exposes it               check
------------------------------------------  ---------------------------------  ----------------
unbiased variance, eps elsewhere, a root    N = 3 and 5, eps = 0.1, 0.5        training
rows or everything normalised               N != D, columns of unlike scale    training
gamma, beta lost, swapped, in other order   both random                        training
biased variance stored, momentum reversed   N = 3, momentum 0.3, nonzero start running
statistics frozen, replaced, added          three batches in a row             running
batch's statistics used in evaluation       a shifted batch after training     evaluation
statistics moving in evaluation             two evaluations                    evaluation
cache of other statistics, of x_hat         both modes                         cache
defaults: other eps, other momentum         no options given                   defaults
one row, wrong gamma or beta accepted       N = 1; D - 1, (1, D), scalars      refuses_*
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("batchnorm_forward")
rng = case_rng("batchnorm_forward")
FORM = "the result should be (y, running_mean, running_var), cache"


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    running_mean: np.ndarray
    running_var: np.ndarray
    options: dict = field(default_factory=dict)

    def __str__(self):
        return f"x{self.x.shape} " + " ".join(f"{k}={v}" for k, v in self.options.items())

    def arrays(self):
        return self.x, self.gamma, self.beta, self.running_mean, self.running_var


def _signs(size):
    return rng.choice([-1.0, 1.0], size=size)


def _batch(n, d):
    """Columns of unlike centre and spread."""
    return rng.uniform(1, 4, d) * _signs(d) + np.linspace(0.6, 2.0, d) * rng.normal(size=(n, d))


def _case(n, d, **options):
    gamma, beta = rng.uniform(0.5, 2, d) * _signs(d), rng.uniform(2.5, 4, d) * _signs(d)
    mean, var = rng.uniform(1, 3, d) * _signs(d), rng.uniform(1.5, 4, d)
    return Case(_batch(n, d), gamma, beta, mean, var, options)


CASES = [
    _case(5, 3, momentum=0.3, eps=0.1),
    _case(3, 4, momentum=0.7, eps=0.5),
    _case(4, 4, momentum=0.2, eps=0.02),  # square: a mean over the wrong axis gives numbers
    _case(7, 1, momentum=0.4, eps=2.0),
    _case(2, 5, momentum=0.9, eps=0.3),
    _case(6, 2, momentum=1.0, eps=0.2),
]
DEFAULTS = [_case(5, 3), _case(4, 2, eps=0.2), _case(4, 2, momentum=0.3)]
TINY = Case(1e-3 * _batch(4, 3), *_case(4, 3).arrays()[1:])  # the default eps of 1e-5 counts here
BATCHES = [CASES[0].x, _batch(4, 3) - 2.0, 3.0 * _batch(9, 3), _batch(1, 3) + 1.0]
OTHER = {id(case): 5.0 + 2.0 * _batch(len(case.x) + 1, case.x.shape[1]) for case in CASES}


@reference
def expected(case, device, training):
    """(y, running_mean, running_var) of torch, which updates the statistics in place."""
    x, gamma, beta, mean, var = (torch.tensor(a, device=device) for a in case.arrays())
    y = torch.nn.functional.batch_norm(x, mean, var, gamma, beta, training, **case.options)
    return y, mean, var


@reference
def in_a_row(device):
    """(y, running_mean, running_var) of one torch layer, batch after batch, the last evaluated."""
    layer = torch.nn.BatchNorm1d(3, eps=0.1, momentum=0.3, device=device).double()
    start = zip(
        (layer.weight, layer.bias, layer.running_mean, layer.running_var), CASES[0].arrays()[1:]
    )
    found = []
    with torch.no_grad():
        for tensor, array in start:
            tensor.copy_(torch.tensor(array))
        for number, x in enumerate(BATCHES):
            layer.train(number < 3)
            y = layer(torch.tensor(x, device=device))
            found.append((y, layer.running_mean.clone(), layer.running_var.clone()))
    return found


def _call(student, case, training):
    result = student.batchnorm_forward(*case.arrays(), training=training, **case.options)
    pair = isinstance(result, tuple | list) and len(result) == 2
    expect(pair, FORM, value=result)
    triple = isinstance(result[0], tuple | list) and len(result[0]) == 3
    expect(triple, FORM, value=result)
    return result


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_training(student, torch_device, case):
    """In training each column is normalised by the batch, then scaled and shifted."""
    (y, *_), _ = _call(student, case, True)
    assert_close(y, expected(case, torch_device, True)[0], name="y in training")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_running(student, torch_device, case):
    """In training the running statistics move towards those of the batch."""
    (_, *statistics), _ = _call(student, case, True)
    wanted = expected(case, torch_device, True)[1:]
    assert_close(statistics[0], wanted[0], name="the running mean")
    assert_close(statistics[1], wanted[1], name="the running variance")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_evaluation(student, torch_device, case):
    """In evaluation the running statistics normalise, and stay as they are."""
    case = Case(OTHER[id(case)], *case.arrays()[1:], case.options)
    (y, mean, var), _ = _call(student, case, False)
    wanted = expected(case, torch_device, False)
    assert_close(y, wanted[0], name="y in evaluation")
    assert_close([mean, var], [case.running_mean, case.running_var], name="running statistics")


@requires("test_training")
@requires("test_running")
@requires("test_evaluation")
def test_three_batches_then_evaluation(student, torch_device):
    """Three training batches, then an evaluation with the statistics they left."""
    case, left = CASES[0], CASES[0].arrays()[3:]
    for x, training, wanted in zip(BATCHES, (True, True, True, False), in_a_row(torch_device)):
        given = Case(x, case.gamma, case.beta, *left, case.options)
        (y, *left), _ = _call(student, given, training)
        assert_close([y, *left], list(wanted), name="y and running statistics")


@requires("test_training")
@pytest.mark.parametrize("case", [*DEFAULTS, TINY], ids=str)
def test_defaults(student, torch_device, case):
    """Without options momentum is 0.1 and eps 1e-5."""
    for training in (True, False):
        (y, *statistics), _ = _call(student, case, training)
        wanted = expected(case, torch_device, training)
        assert_close([y, *statistics], list(wanted), name="y and running statistics")


@requires("test_training")
@pytest.mark.parametrize("case", CASES[:3], ids=str)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_cache(student, case, training):
    """The cache is (x, mean, var, gamma, eps, training), with what normalised x."""
    _, cache = _call(student, case, training)
    six = isinstance(cache, tuple | list) and len(cache) == 6
    expect(six, "the cache should hold six items", value=cache)
    x = torch.tensor(case.x)
    mean, var = case.running_mean, case.running_var
    if training:
        mean, var = x.mean(dim=0), x.var(dim=0, correction=0)
    wanted = (case.x, mean, var, case.gamma, case.options["eps"], training)
    assert_close(cache, wanted, name="the cache")


@requires("test_training")
def test_refuses_one_row(student):
    """Raises ValueError naming x for one row in training, and only there."""
    case = CASES[0]
    one = Case(case.x[:1], *case.arrays()[1:], case.options)
    with student.raises(ValueError, match=r"\bx\b"):
        student.batchnorm_forward(*one.arrays(), training=True)
    (y, *_), _ = _call(student, one, False)
    assert_close(y.shape, (1, 3), name="the shape of y for one row in evaluation")


@requires("test_training")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", ["gamma", "beta"])
def test_refuses_wrong_shapes(student, name, training):
    """Raises ValueError naming gamma or beta when its shape is not (D,)."""
    case = CASES[0]
    for wrong in (np.ones(1), np.ones(2), np.ones((1, 3)), np.ones((5, 3)), np.ones(5)):
        given = {"gamma": case.gamma, "beta": case.beta} | {name: wrong}
        statistics = case.running_mean, case.running_var
        with student.raises(ValueError, match=rf"\b{name}\b"):
            student.batchnorm_forward(
                case.x, given["gamma"], given["beta"], *statistics, training=training
            )
