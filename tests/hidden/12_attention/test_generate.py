"""generate: a scripted model that notes what it is shown; then draws from a given generator.

mistake                                       case that exposes it             check
--------------------------------------------  -------------------------------  ----------------
logits of another step, greedy or own draw    each step has its own logits     continues
too much or too little context                context shorter than the text    continues
one token too many or too few, only new ones  0, 1 and many steps              continues
end kept out, run past, looked for at first   end at once, late, at the start  stops_at_end
gradients on, training mode, mode changed     what the model has noted         a_good_guest
batch axis missing, model called in vain      what the model has noted         a_good_guest
draws of its own, from elsewhere, seeded      seeds; the global generator      draws
probabilities not used or not one row         what the function has noted      uses_probabilities
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_equal,
    case_rng,
    exercise,
    expect,
    fetch,
    requires,
    weight,
)

pytestmark = exercise("generate")
rng = case_rng("generate")
SYMBOLS = 11
SCRIPT = '''
import torch
from torch import nn

class Script(nn.Module):
    """Logits that depend on all it is shown, in an order; it notes what that was."""

    def __init__(self, table=None):
        super().__init__()
        self.inner = nn.Dropout(0.5)
        self.factor = nn.Parameter(torch.tensor(9.0))
        self.table = table
        self.shown, self.modes, self.grads = [], [], []

    def forward(self, tokens):
        self.shown.append(tokens.tolist())
        self.modes.append(self.training or self.inner.training)
        self.grads.append(torch.is_grad_enabled())
        if self.table is not None:
            return self.factor / 9 * torch.tensor(self.table).expand(*tokens.shape, -1)
        places = torch.arange(1, tokens.shape[-1] + 1)
        nexts = (tokens * places).cumsum(-1) + 5 * places
        return self.factor * nn.functional.one_hot(nexts % 11, 11)

    def notes(self):
        return self.shown, self.modes, self.grads

class Probabilities:
    """A softmax that notes what it is given."""

    def __init__(self, power=1.0):
        self.power = power
        self.shapes = []

    def __call__(self, logits):
        self.shapes.append(list(logits.shape))
        return torch.softmax(self.power * logits, dim=-1)

class Made:
    script = staticmethod(Script)
    probabilities = staticmethod(Probabilities)

    @staticmethod
    def train(model, mode):
        model.train(mode)

    @staticmethod
    def mode(model):
        return model.training, model.inner.training

    @staticmethod
    def generator(seed):
        return torch.Generator().manual_seed(seed)

    @staticmethod
    def random_state():
        return torch.get_rng_state().clone()
'''


@dataclass(frozen=True, eq=False)
class Case:
    tokens: list
    steps: int
    context: int
    end: int

    def __str__(self):
        return (
            f"{len(self.tokens)} tokens, {self.steps} steps, context {self.context}, end {self.end}"
        )

    def walk(self):
        """What a right answer shows the model at each step, and the result."""
        tokens, shown = list(self.tokens), []
        for _ in range(self.steps):
            shown.append(tokens[-self.context :])
            tokens.append(following(shown[-1]))
            if tokens[-1] == self.end:
                break
        return tokens, shown


def following(shown):
    """The token that the scripted model is sure of."""
    return (sum(t * place for place, t in enumerate(shown, start=1)) + 5 * len(shown)) % SYMBOLS


NEVER = SYMBOLS  # a token that is not drawn
LONG = [
    Case([3, 1], 6, 4, NEVER),
    Case([2, 7, 5, 1, 8], 4, 3, NEVER),
    Case([4], 5, 12, NEVER),
    Case([6, 6, 2], 3, 1, NEVER),
    Case([9, 2], 1, 5, NEVER),
    Case([5, 3, 8], 0, 2, NEVER),
]


def _ending(tokens, context, after):
    """A case that ends with the token that is drawn in place `after`."""
    free = Case(tokens, after + 3, context, NEVER).walk()[0][len(tokens) :]
    while free[after] in free[:after]:
        after -= 1
    return Case(tokens, after + 4, context, free[after])


ENDING = [_ending([3, 1], 4, 3), _ending([1, 5, 2], 2, 2), _ending([7], 6, 0)]
ENDING.append(Case([ENDING[0].end, 3, 1], 3, 4, ENDING[0].end))  # stands at the start: no end yet
ENDING.append(Case([2, 4, 0], 2, 3, 0))


def _generate(student, case, made=None, model=None, probabilities=None, seed=0):
    made = student.define(SCRIPT, "Made") if made is None else made
    return student.generate(
        made.script() if model is None else model,
        torch.tensor(case.tokens),
        case.steps,
        probabilities=made.probabilities(9.0) if probabilities is None else probabilities,
        context=case.context,
        end=case.end,
        generator=made.generator(seed),
    )


@weight(2)
@pytest.mark.parametrize("case", LONG, ids=str)
def test_continues(student, case):
    """Appends what follows the last tokens, step by step, within the context."""
    assert_equal(_generate(student, case), np.array(case.walk()[0]), name="tokens")


@requires("test_continues")
@pytest.mark.parametrize("case", ENDING, ids=str)
def test_stops_at_end(student, case):
    """Keeps the end when it is drawn, and draws nothing after it."""
    assert_equal(_generate(student, case), np.array(case.walk()[0]), name="tokens")


@requires("test_continues")
@pytest.mark.parametrize("training", [True, False])
def test_a_good_guest(student, training):
    """Shows the model a batch of one, in evaluation mode, without gradients; restores the mode."""
    case, made = LONG[1], student.define(SCRIPT, "Made")
    model = made.script()
    made.train(model, training)
    _generate(student, case, made, model)
    shown, modes, grads = model.notes()
    assert_equal(shown, [[row] for row in case.walk()[1]], name="what the model was shown")
    assert_equal(modes, [False] * case.steps, name="whether it was in training mode")
    assert_equal(grads, [False] * case.steps, name="whether gradients were on")
    assert_equal(made.mode(model), (training, training), name="its mode afterwards")


@requires("test_continues")
def test_uses_probabilities(student):
    """Asks the given function once for each token, with the logits (C,) of the last step."""
    case, made = LONG[0], student.define(SCRIPT, "Made")
    probabilities = made.probabilities(9.0)
    _generate(student, case, made, probabilities=probabilities)
    assert_equal(fetch(probabilities, "shapes"), [[SYMBOLS]] * case.steps, name="the shapes")


def _tenths(shares, close):
    """What tells wrong answers apart; right ones may draw in another way."""
    return None if close else np.round(shares, 1)


SHARES = np.array([0.15, 0.5, 0.05, 0.3])


@requires("test_continues")
def test_draws(student):
    """Draws each token with its probability, from the given generator alone."""
    made = student.define(SCRIPT, "Made")
    model, soft = made.script(np.log(SHARES)), made.probabilities()
    many, few = Case([1], 250, 2, NEVER), Case([1], 30, 2, NEVER)
    before = made.random_state()
    first = _generate(student, many, made, model, soft, 11)
    again, other = (_generate(student, few, made, model, soft, seed) for seed in (11, 12))
    untouched = np.array_equal(made.random_state().array, before.array)
    expect(untouched, "torch's global generator was used", value=untouched)
    drawn, again, other = (getattr(one, "array", np.zeros(1)) for one in (first, again, other))
    shares = np.bincount(drawn[1:], minlength=4)[:4] / 250
    close = np.abs(shares - SHARES).max() < 0.16  # five standard deviations
    expect(close, "tokens are not as frequent as they should be", value=_tenths(shares, close))
    alike = np.array_equal(again, drawn[:31])
    expect(alike, "the same seed gives other tokens", value=alike)
    differ = not np.array_equal(other, again)
    expect(differ, "another seed gives the same tokens", value=differ)
