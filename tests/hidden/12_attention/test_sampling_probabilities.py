"""sampling_probabilities: against torch's softmax; cold and hot, cut off, and both.

mistake                                     case that exposes it             check
------------------------------------------  -------------------------------  ------------------
temperature multiplied, or after softmax    0.25, 3                          temperature
softmax along another axis                  three axes, all unequal          a_softmax_of_each_row
0 divides, or is 1; ties                    0                                greedy
cut after the softmax, with 0 or one off    k from 1 to C + 2                top_k
one threshold for the whole batch           rows of unlike size              top_k
cut after heating, or either one alone      both at once                     both_together
bad arguments accepted                      below 0, below 1                 refuses
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

EXERCISE = "sampling_probabilities"
pytestmark = exercise(EXERCISE)
rng = case_rng(EXERCISE)


@dataclass(frozen=True, eq=False)
class Case:
    logits: np.ndarray
    knobs: dict = field(default_factory=dict)

    def __str__(self):
        knobs = ", ".join(f"{name}={value}" for name, value in self.knobs.items())
        return f"logits{self.logits.shape} {knobs}".strip()


def _case(*shape, offset=0.0, **knobs):
    """Rows of unlike size, some of them far from 0; no two entries of a row alike."""
    rows = rng.permuted(np.arange(np.prod(shape)).reshape(shape) * 0.17, axis=-1)
    noise = rng.uniform(-0.05, 0.05, size=shape)
    return Case(rows % 3.1 + noise + offset * rng.normal(size=(*shape[:-1], 1)), knobs)


PLAIN = [_case(3, 5), _case(6), _case(2, 4, 3, offset=4.0), _case(4, 4)]
PLAIN.append(Case(np.array([[2000.0, 2001.0, 1999.5], [-3000.0, -2999.0, -3001.0]])))
TEMPERED = [
    _case(3, 5, temperature=0.25),
    _case(2, 7, temperature=3.0),
    _case(4, temperature=1.5),
    _case(2, 3, 4, temperature=0.01),
    _case(2, 4, temperature=2),
]
GREEDY = [_case(3, 5, temperature=0), _case(4, temperature=0.0), _case(2, 3, 4, temperature=0)]
CUT = [
    _case(3, 6, offset=5.0, top_k=2),
    _case(2, 5, offset=5.0, top_k=1),
    _case(2, 3, 4, offset=5.0, top_k=3),
    _case(7, top_k=4),
    _case(2, 5, top_k=5),
    _case(2, 4, top_k=9),
]
BOTH = [
    _case(3, 6, offset=3.0, temperature=0.5, top_k=3),
    _case(2, 5, temperature=4.0, top_k=2),
    _case(5, temperature=0, top_k=3),
]


@reference
def expected(case, device):
    """Sort, cut, softmax, and put everything back where it was."""
    logits = torch.tensor(case.logits, device=device)
    temperature, top_k = case.knobs.get("temperature", 1.0), case.knobs.get("top_k")
    values, places = logits.sort(dim=-1, descending=True)
    keep = 1 if temperature == 0 else min(top_k or values.shape[-1], values.shape[-1])
    values = values[..., :keep] / (temperature or 1.0)
    zeros = torch.zeros_like(logits)
    return zeros.scatter(-1, places[..., :keep], torch.nn.functional.softmax(values, dim=-1))


def _matches(student, device, case):
    found = student.sampling_probabilities(torch.tensor(case.logits), **case.knobs)
    assert_close(found, expected(case, device), name="probabilities")


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_a_softmax_of_each_row(student, torch_device, case):
    """Is a softmax of each row when neither knob is turned."""
    _matches(student, torch_device, case)


@requires("test_a_softmax_of_each_row")
@pytest.mark.parametrize("case", TEMPERED, ids=str)
def test_temperature(student, torch_device, case):
    """Divides the logits by the temperature."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", GREEDY, ids=str)
def test_greedy(student, torch_device, case):
    """Gives the largest logit all probability at temperature 0."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", CUT, ids=str)
def test_top_k(student, torch_device, case):
    """Shares the probability among the k largest logits of each row."""
    _matches(student, torch_device, case)


@requires("test_top_k")
@pytest.mark.parametrize("case", BOTH, ids=str)
def test_both_together(student, torch_device, case):
    """Cuts and heats at once."""
    _matches(student, torch_device, case)


@requires("test_a_softmax_of_each_row")
def test_single_precision(student):
    """Returns the dtype of the logits."""
    logits = PLAIN[0].logits.astype(np.float32)
    for knobs in ({}, {"temperature": 0}, {"top_k": 2}):
        case = Case(logits, knobs)
        found = student.sampling_probabilities(torch.tensor(logits), **knobs)
        assert_close(found, expected(case, "cpu"), name="probabilities")


@requires("test_a_softmax_of_each_row")
@pytest.mark.parametrize(
    ("name", "value"), [("temperature", -1.0), ("temperature", -0.01), ("top_k", 0), ("top_k", -2)]
)
def test_refuses(student, name, value):
    """Raises ValueError naming temperature below 0, or top_k below 1."""
    with student.raises(ValueError, match=rf"\b{name}\b"):
        student.sampling_probabilities(torch.tensor(PLAIN[0].logits), **{name: value})
