"""rnn_cell_forward: against torch's cell, then the cache, then what it refuses.

mistake                                 case that exposes it        check
--------------------------------------  --------------------------  --------------
a matrix transposed, x and h exchanged  D = H and D != H            matches_torch
bias missing, twice, along the batch    random b, N = H             matches_torch
another activation, or none             values up to 3              matches_torch
the old state ignored or kept           h_prev != 0                 matches_torch
cache without or with other arrays      all arrays random           cache
a shape that broadcasts                 one row, one column, (1,)   refuses_shapes
"""

from dataclasses import dataclass

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

pytestmark = exercise("rnn_cell_forward")
rng = case_rng("rnn_cell_forward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    h_prev: np.ndarray
    w_x: np.ndarray
    w_h: np.ndarray
    b: np.ndarray

    def __str__(self):
        return f"N={len(self.x)} D={self.x.shape[1]} H={len(self.b)}"

    @property
    def arguments(self):
        return self.x, self.h_prev, self.w_x, self.w_h, self.b


def _case(samples, inputs, units):
    shapes = (samples, inputs), (samples, units), (units, inputs), (units, units), (units,)
    return Case(*(rng.normal(size=shape) for shape in shapes))


CASES = [_case(4, 3, 2), _case(2, 1, 5), _case(1, 4, 3), _case(3, 3, 3), _case(5, 2, 4)]
FIXED = Case(
    np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 3.0]]),
    np.array([[0.5, -1.0], [-0.2, 0.7]]),
    np.array([[0.2, 0.1, -0.4], [0.3, -0.6, 0.5]]),
    np.array([[0.4, -0.8], [1.3, 0.6]]),
    np.array([0.7, -0.2]),
)


@reference
def expected(case, device):
    tensors = [torch.tensor(a, device=device) for a in case.arguments]
    return torch.rnn_tanh_cell(*tensors[:4], tensors[4], torch.zeros_like(tensors[4]))


@weight(2)
@pytest.mark.parametrize("case", [FIXED, *CASES], ids=str)
def test_matches_torch(student, torch_device, case):
    """Agrees with torch's recurrent cell for unequal and for equal sizes."""
    h, _ = student.rnn_cell_forward(*case.arguments)
    assert_close(h, expected(case, torch_device), name="h")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", [FIXED, CASES[0]], ids=str)
def test_cache(student, torch_device, case):
    """Returns the cache (x, h_prev, w_x, w_h, h)."""
    _, cache = student.rnn_cell_forward(*case.arguments)
    size = len(cache) if isinstance(cache, tuple | list) else -1
    expect(size == 5, "the cache should hold five arrays", value=size)
    wanted = (*case.arguments[:4], expected(case, torch_device))
    assert_close(tuple(cache), wanted, name="cache")


@requires("test_matches_torch")
@pytest.mark.parametrize("name", ["w_x", "w_h", "b"])
def test_refuses_shapes(student, name):
    """Raises ValueError naming the parameter that has another shape than the others ask for."""
    case = CASES[0]
    given = dict(zip(("x", "h_prev", "w_x", "w_h", "b"), case.arguments))
    right = given[name]
    wrong = [right[:1], np.concatenate([right, right]), right[..., None]]
    if right.ndim == 2:
        wrong += [right[:, :1], np.concatenate([right, right], axis=1)]
    for value in wrong:
        with student.raises(ValueError, match=rf"\b{name}\b"):
            student.rnn_cell_forward(**{**given, name: value})
