"""output_recurrence: against torch, with and without a teacher.

The reference loops without a teacher, and computes all steps at once with one.

mistake                                     case that exposes it             check
------------------------------------------  -------------------------------  ---------------
the state fed back, not the output          C = H, and C != H                without_teacher
o0 lost, also with a teacher                o0 != 0                          both
the target of the same step, of two before  targets unequal                  with_teacher
own outputs while a teacher is there        targets far from the outputs     with_teacher
the teacher at T only, at the first only    T >= 4                           with_teacher
an output's activation, a bias missing      random parameters                both
future targets leak                         the last target changed          no_leak
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("output_recurrence")
rng = case_rng("output_recurrence")


@dataclass(frozen=True, eq=False)
class Case:
    arguments: tuple
    targets: np.ndarray

    def __str__(self):
        samples, steps, inputs = self.arguments[0].shape
        classes, units = self.arguments[5].shape
        return f"N={samples} T={steps} D={inputs} H={units} C={classes}"


def _case(samples, steps, inputs, units, classes):
    shapes = (
        (samples, steps, inputs),
        (samples, classes),
        (units, inputs),
        (units, classes),
        (units,),
        (classes, units),
        (classes,),
    )
    arguments = tuple(0.8 * rng.normal(size=shape) for shape in shapes)
    return Case(arguments, 1.5 * rng.normal(size=(samples, steps, classes)))


CASES = [_case(3, 5, 2, 4, 3), _case(4, 4, 3, 2, 2), _case(1, 6, 4, 3, 2), _case(2, 5, 3, 3, 3)]


@reference
def freely(case, device):
    x, o, w_x, w_o, b, w_y, b_y = (torch.tensor(a, device=device) for a in case.arguments)
    outputs = []
    for x_t in x.unbind(dim=1):
        h = torch.tanh(torch.addmm(functional.linear(x_t, w_x, b), o, w_o.T))
        o = functional.linear(h, w_y, b_y)
        outputs.append(o)
    return torch.stack(outputs, dim=1)


@reference
def forced(case, device):
    x, o0, w_x, w_o, b, w_y, b_y = (torch.tensor(a, device=device) for a in case.arguments)
    targets = torch.tensor(case.targets, device=device)
    seen = torch.cat([o0[:, None], targets[:, :-1]], dim=1)
    h = torch.tanh(functional.linear(x, w_x, b) + functional.linear(seen, w_o))
    return functional.linear(h, w_y, b_y)


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_teacher(student, torch_device, case):
    """Each step sees the output of the step before, the first one o0."""
    assert_close(
        student.output_recurrence(*case.arguments), freely(case, torch_device), name="outputs"
    )


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_with_teacher(student, torch_device, case):
    """Each step sees the target of the step before, the first one o0."""
    outputs = student.output_recurrence(*case.arguments, targets=case.targets)
    assert_close(outputs, forced(case, torch_device), name="outputs")


@requires("test_with_teacher")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_no_leak(student, torch_device, case):
    """The target of the last step has no influence on any output."""
    changed = case.targets.copy()
    changed[:, -1] += 5.0
    outputs = student.output_recurrence(*case.arguments, targets=changed)
    assert_close(outputs, forced(case, torch_device), name="outputs")


@requires("test_with_teacher")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_refuses_targets(student, case):
    """Raises ValueError naming targets when it has not the shape of the outputs."""
    t = case.targets
    for wrong in (t[:, 1:], t[:, :-1], t[:1], t[..., :1], t[:, 0], np.concatenate([t, t], axis=1)):
        with student.raises(ValueError, match=r"\btargets\b"):
            student.output_recurrence(*case.arguments, targets=wrong)
