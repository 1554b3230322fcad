"""What holds for each of the eight optimisers, above all: it goes where torch.optim goes.

Checks of one optimiser are in test_optimiser_*.py, the catalogues in catalogue_optimiser_*.py.

mistake                              case that exposes it           check
-----------------------------------  -----------------------------  ----------------------
formula, sign, one state for all     unequal and equal shapes       matches_torch
states shared by lower-case names    W and w                        matches_torch
another default, or 0 read as unset  defaults, tiny slopes, zeros   default_options
state in float32                     the same, at 1e-10             default_options
rate frozen or inside the state      seven rates                    rate_may_change
new arrays; [:] on a number          arrays kept, one without axes  updates_in_place
paired by position                   reversed names                 pairs_by_name
state in the class                   two at once                    two_optimisers
grads changed or kept                overwritten after the step     leaves_gradients_alone
"""

from dataclasses import dataclass, field
from itertools import cycle

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    assign,
    case_rng,
    exercise,
    fetch,
    reference,
    requires,
    weight,
)

rng = case_rng("optimisers")


@dataclass(frozen=True, eq=False)
class Walk:
    """Parameters, the gradients they meet and the rate of each step, options of the optimiser."""

    title: str
    shapes: dict
    rates: list
    options: dict = field(default_factory=dict)
    scale: float = 1.0
    even: bool = False  # slopes of one size: then no rounding decides
    start: dict = field(init=False)
    slopes: list = field(init=False)

    def __post_init__(self):
        slopes = [self.draw(self.scale * 10 ** rng.uniform(-2, 0.5)) for _ in self.rates]
        if self.even:
            slopes = [{k: np.sign(g) * (1 + np.abs(g) % 1) for k, g in s.items()} for s in slopes]
        slopes[1][next(iter(self.shapes))][...] = 0.0  # a step without a gradient, and...
        for number, step in enumerate(slopes):
            step["b"].flat[0] *= number < 2  # ...an entry that loses its own, and...
            step["w"].flat[0] = 0.0  # ...one that never had any
        object.__setattr__(self, "start", self.draw(1.0))
        object.__setattr__(self, "slopes", slopes)

    def draw(self, scale):
        return {k: np.array(rng.normal(0, scale, size=shape)) for k, shape in self.shapes.items()}

    def __str__(self):
        return self.title


MIXED = {"w": (4, 3), "b": (3,), "k": (2, 1, 3)}
ALIKE = {"W": (2, 3), "w": (2, 3), "b": (2, 3)}  # W and w are two names
CONSTANT, CHANGING = [0.13] * 7, [0.2, 0.2, 0.2, 0.05, 0.05, 0.3, 0.01]
TORCH = {
    "SGD": torch.optim.SGD,
    "Momentum": lambda p, lr, momentum=0.9: torch.optim.SGD(p, lr=lr, momentum=momentum),
    "Nesterov": lambda p, lr, momentum=0.9: torch.optim.SGD(
        p, lr=lr, momentum=momentum, nesterov=True
    ),
    "AdaGrad": torch.optim.Adagrad,
    "RMSProp": torch.optim.RMSprop,
    "Adadelta": torch.optim.Adadelta,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}
# eps is next to nothing here, so that a misplaced one costs only the check that looks for it.
OPTIONS = {
    "SGD": {},
    "Momentum": {"momentum": 0.7},
    "Nesterov": {"momentum": 0.7},
    "AdaGrad": {"eps": 1e-20},
    "RMSProp": {"alpha": 0.8, "eps": 1e-20},
    "Adadelta": {"rho": 0.8, "eps": 1e-2},
    "Adam": {"betas": (0.7, 0.85), "eps": 1e-20},
    "AdamW": {"betas": (0.7, 0.85), "eps": 1e-20, "weight_decay": 0.37},
}
# 0 is a value like any other, not "use the default".
ZEROS = {
    "Momentum": {"momentum": 0.0},
    "RMSProp": {"alpha": 0.0},
    "Adadelta": {"rho": 0.0},
    "Adam": {"betas": (0.0, 0.0)},
    "AdamW": {"betas": (0.0, 0.0), "weight_decay": 0.0},
}


def each(make_cases, by_name=False):
    """Parameters of a check that each optimiser has: name, case; marked with its exercise.

    `make_cases` takes the optimiser's options, or its name.
    """
    return pytest.mark.parametrize(
        ("name", "case"),
        [
            pytest.param(name, case, marks=exercise(name), id=f"{name}, {case}")
            for name in TORCH
            for case in make_cases(name if by_name else OPTIONS[name])
        ],
    )


@reference
def torch_path(name, case, device):
    """The parameters after each step, as torch.optim moves them."""
    params = {k: torch.nn.Parameter(torch.tensor(v, device=device)) for k, v in case.start.items()}
    optimiser = TORCH[name](params.values(), lr=case.rates[0], **case.options)
    path = []
    for lr, slopes in zip(case.rates, case.slopes, strict=True):
        optimiser.param_groups[0]["lr"] = lr
        for k, p in params.items():
            p.grad = torch.tensor(slopes[k], device=device)
        optimiser.step()
        path.append({k: p.detach().clone() for k, p in params.items()})
    return path


def new(student, name, case):
    return getattr(student, name)(lr=case.rates[0], **case.options)


def walk(student, optimiser, case, arrange=dict):
    """The parameters after each of the student's steps; `arrange` may reorder the gradients."""
    params, lr, path = student.keep(case.start), case.rates[0], []
    for rate, slopes in zip(case.rates, case.slopes, strict=True):
        if rate != lr:
            assign(optimiser, "lr", lr := rate)
        optimiser.step(params, student.keep(arrange(slopes)))
        path.append(fetch(params))
    return path


@weight(3)
@each(
    lambda options: [
        Walk("parameters of three shapes", MIXED, CONSTANT, options),
        Walk("parameters of one shape", ALIKE, CONSTANT, options),
    ]
)
def test_matches_torch(student, torch_device, name, case):
    """Seven steps lead where torch.optim's lead, for every parameter."""
    path = walk(student, new(student, name, case), case)
    assert_close(path, torch_path(name, case, torch_device), name="params after each step")


@requires("test_matches_torch")
@each(
    lambda name: [
        Walk("default options", ALIKE, [1.0] * 7),
        Walk("default options, tiny slopes", ALIKE, [1.0] * 7, scale=1e-9),
        *(
            [Walk("options of zero", ALIKE, [1.0] * 7, ZEROS[name], even=True)]
            if name in ZEROS
            else []
        ),
    ],
    by_name=True,
)
def test_default_options(student, torch_device, name, case):
    """The same holds, in all digits, with default options and with options of zero."""
    needed = {} if name == "Adadelta" else {"lr": 1.0}  # Adadelta has a default rate, of 1
    path = walk(student, getattr(student, name)(**needed, **case.options), case)
    wanted = torch_path(name, case, torch_device)
    assert_close(path, wanted, name="params after each step", rtol=1e-10, atol=1e-10)


@requires("test_matches_torch")
@each(lambda options: [Walk("changing rate", ALIKE, CHANGING, options)])
def test_rate_may_change(student, torch_device, name, case):
    """A new value of `lr` holds from the next step on, and for that step's whole length."""
    path = walk(student, new(student, name, case), case)
    assert_close(path, torch_path(name, case, torch_device), name="params after each step")


@requires("test_matches_torch")
@each(lambda options: [Walk("in place", {**MIXED, "c": ()}, CONSTANT, options)])
def test_updates_in_place(student, torch_device, name, case):
    """The arrays of params themselves change; they are not replaced by new ones."""
    arrays = {k: student.keep(value) for k, value in case.start.items()}
    params, optimiser = student.keep(arrays), new(student, name, case)
    for slopes in case.slopes:
        optimiser.step(params, student.keep(slopes))
    after = {k: fetch(array) for k, array in arrays.items()}
    assert_close(after, torch_path(name, case, torch_device)[-1], name="the caller's arrays")


@requires("test_matches_torch")
@each(lambda options: [Walk("grads in another order", ALIKE, CONSTANT, options)])
def test_pairs_by_name(student, torch_device, name, case):
    """Each parameter gets the gradient of its own name, in whatever order they come."""
    orders = cycle([lambda items: list(items)[::-1], list])  # another one than the step before
    arrange = lambda grads: dict(next(orders)(grads.items()))  # noqa: E731
    path = walk(student, new(student, name, case), case, arrange)
    assert_close(path, torch_path(name, case, torch_device), name="params after each step")


@requires("test_matches_torch")
@each(lambda options: [Walk("two at once", ALIKE, CONSTANT, options)])
def test_two_optimisers(student, torch_device, name, case):
    """Two optimisers of one kind do not share what they remember."""
    one, other = new(student, name, case), new(student, name, case)
    expected = torch_path(name, case, torch_device)
    assert_close(walk(student, one, case), expected, name="params of the first")
    assert_close(walk(student, other, case), expected, name="params of the second")


@requires("test_matches_torch")
@each(lambda options: [Walk("reused gradients", ALIKE, CONSTANT, options)])
def test_leaves_gradients_alone(student, torch_device, name, case):
    """grads is not modified, and the caller may overwrite its arrays after the step."""
    erase = student.define("def erase(g):\n    for v in g.values():\n        v[...] = 9.0", "erase")
    params, optimiser = student.keep(case.start), new(student, name, case)
    for slopes in case.slopes:
        grads = student.keep(slopes)
        optimiser.step(params, grads)
        assert_close(fetch(grads), slopes, name="grads after a step")
        erase(grads)
    end = torch_path(name, case, torch_device)[-1]
    assert_close(fetch(params), end, name="params at the end")
