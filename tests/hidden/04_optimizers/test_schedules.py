"""The four schedules against torch.optim.lr_scheduler, epoch by epoch and past the end.

mistake                  case that exposes it          check
-----------------------  ----------------------------  -----------------
one epoch late or early  milestones 3 and 8; 5 stairs  matches_torch
lists only               a tuple of milestones         matches_torch
clamped past the end     total 6 of 16 epochs          matches_torch
something is remembered  epochs in any order           remembers_nothing
"""

from dataclasses import dataclass

import pytest
import torch
from torch.optim import lr_scheduler

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

rng = case_rng("schedules")
EPOCHS = range(16)
SHUFFLED = [int(t) for t in rng.permutation(EPOCHS)]


@dataclass(frozen=True, eq=False)
class Case:
    """A schedule's arguments beside lr and epoch, and the torch scheduler of the same rates."""

    title: str
    options: dict
    torch: object

    def __str__(self):
        return self.title


LR = float(rng.uniform(0.2, 0.9))
CASES = {
    "step_schedule": [
        Case(
            "two milestones",
            {"milestones": [3, 8], "gamma": 0.3},
            lambda o: lr_scheduler.MultiStepLR(o, [3, 8], 0.3),
        ),
        Case(
            "four milestones, one of them 0",
            {"milestones": [0, 1, 2, 12], "gamma": 0.7},
            lambda o: lr_scheduler.LambdaLR(o, lambda t: 0.7 ** (min(t, 2) + 1 + (t > 11))),
        ),
        Case(
            "milestones in a tuple",
            {"milestones": (2, 11), "gamma": 0.6},
            lambda o: lr_scheduler.MultiStepLR(o, [2, 11], 0.6),
        ),
        Case(
            "no milestone",
            {"milestones": [], "gamma": 0.3},
            lambda o: lr_scheduler.ConstantLR(o, 1.0),
        ),
        Case(
            "default gamma",
            {"milestones": [5]},
            lambda o: lr_scheduler.MultiStepLR(o, [5]),
        ),
    ],
    "exponential_schedule": [
        Case("fast", {"gamma": 0.55}, lambda o: lr_scheduler.ExponentialLR(o, 0.55)),
        Case("slow", {"gamma": 0.97}, lambda o: lr_scheduler.ExponentialLR(o, 0.97)),
        Case("constant", {"gamma": 1.0}, lambda o: lr_scheduler.ExponentialLR(o, 1.0)),
    ],
    "cosine_schedule": [
        Case(
            "past the end",
            {"total": 6, "lr_min": 0.05},
            lambda o: lr_scheduler.CosineAnnealingLR(o, 6, 0.05),
        ),
        Case("odd length, to zero", {"total": 7}, lambda o: lr_scheduler.CosineAnnealingLR(o, 7)),
        Case(
            "longer than shown",
            {"total": 30, "lr_min": 0.1},
            lambda o: lr_scheduler.CosineAnnealingLR(o, 30, 0.1),
        ),
    ],
    "warmup_schedule": [
        Case("five stairs", {"warmup": 5}, lambda o: lr_scheduler.LinearLR(o, 1 / 5, 1.0, 4)),
        Case("twelve stairs", {"warmup": 12}, lambda o: lr_scheduler.LinearLR(o, 1 / 12, 1.0, 11)),
        Case("none", {"warmup": 1}, lambda o: lr_scheduler.ConstantLR(o, 1.0)),
    ],
}
ALL = pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, marks=exercise(name), id=str(case))
        for name, cases in CASES.items()
        for case in cases
    ],
)


@reference
def torch_rates(case):
    """The rate in each epoch; a scheduler has no device."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    scheduler, rates = case.torch(optimiser), []
    for _ in EPOCHS:
        rates.append(float(optimiser.param_groups[0]["lr"]))
        optimiser.step()
        scheduler.step()
    return rates


@weight(2)
@ALL
def test_matches_torch(student, name, case):
    """The rates of sixteen epochs are torch's."""
    schedule = getattr(student, name)
    rates = [schedule(LR, t, **case.options) for t in EPOCHS]
    assert_close(rates, torch_rates(case), name="the rates")


@requires("test_matches_torch")
@ALL
def test_remembers_nothing(student, name, case):
    """The rate depends on the arguments alone: epochs may be asked for in any order."""
    schedule = getattr(student, name)
    rates = {t: schedule(LR, t, **case.options) for t in [*SHUFFLED, *SHUFFLED[:3]]}
    assert_close([rates[t] for t in EPOCHS], torch_rates(case), name="the rates")
