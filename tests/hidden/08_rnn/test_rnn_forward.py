"""rnn_forward: against torch.nn.RNN, one call after another, then the cache and the refusals.

mistake                                  case that exposes it         check
---------------------------------------  ---------------------------  --------------
h0 ignored, or used at every step        h0 != 0, T >= 4              matches_torch
a wrong state before the first step      h0 != 0                      matches_torch
axes of batch and time exchanged         N = T, and N != T            matches_torch
a matrix transposed or the wrong one     D = H, and D != H            matches_torch
one bias too many, too few               random b                     matches_torch
states shifted, turned round, not all    every state is compared      matches_torch
states that survive the call             called twice                 called_twice
cache of one step, of wrong states       all arrays random            cache
shapes that broadcast                    h0 of (H,), (1, H)           refuses_shapes
"""

import numpy as np
import pytest

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .recurrence import Batch, as_tensors, draw, torch_states

pytestmark = exercise("rnn_forward")
rng = case_rng("rnn_forward")

CASES = [
    draw(rng, 3, 5, 2, 4),
    draw(rng, 2, 7, 4, 3),
    draw(rng, 4, 4, 3, 2),  # N = T: exchanged axes give numbers, not an error
    draw(rng, 1, 6, 3, 5),
    draw(rng, 4, 4, 4, 4),
    draw(rng, 3, 1, 2, 4),
]
FIXED = Batch(
    np.sin(np.arange(30.0)).reshape(2, 5, 3) * 1.5,
    np.array([[0.6, -0.8], [-0.3, 0.9]]),
    np.array([[0.5, -0.7, 0.2], [0.1, 0.9, -0.4]]),
    np.array([[0.6, -1.1], [0.8, 0.3]]),
    np.array([0.4, -0.6]),
)


@reference
def expected(case, device):
    return torch_states(*as_tensors(case.arguments, device))


@weight(2)
@pytest.mark.parametrize("case", [FIXED, *CASES], ids=str)
def test_matches_torch(student, torch_device, case):
    """Agrees with torch.nn.RNN, state by state."""
    h, _ = student.rnn_forward(*case.arguments)
    assert_close(h, expected(case, torch_device), name="h")


@requires("test_matches_torch")
def test_called_twice(student, torch_device):
    """Each call starts from its own h0."""
    for case in (FIXED, CASES[0], CASES[0], FIXED):
        h, _ = student.rnn_forward(*case.arguments)
        assert_close(h, expected(case, torch_device), name="h")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", [FIXED, CASES[0]], ids=str)
def test_cache(student, torch_device, case):
    """Returns the cache (x, h0, w_x, w_h, h) with all states."""
    _, cache = student.rnn_forward(*case.arguments)
    size = len(cache) if isinstance(cache, tuple | list) else -1
    expect(size == 5, "the cache should hold five arrays", value=size)
    wanted = (*case.arguments[:4], expected(case, torch_device))
    assert_close(tuple(cache), wanted, name="cache")


@requires("test_matches_torch")
@pytest.mark.parametrize("name", ["x", "h0"])
def test_refuses_shapes(student, name):
    """Raises ValueError naming x or h0, whichever has a wrong shape."""
    given = dict(zip(("x", "h0", "w_x", "w_h", "b"), CASES[0].arguments))
    right = given[name]
    wrong = [right[0], right[:1], right[..., :1], np.concatenate([right, right], axis=-1)]
    if name == "x":
        wrong = [right[0], right[..., None], *wrong[2:]]
    for value in wrong:
        with student.raises(ValueError, match=rf"\b{name}\b"):
            student.rnn_forward(**{**given, name: value})
