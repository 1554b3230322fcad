"""forced_logits: a toy decoder that reads everything, at ratio 1, 0 and in between.

mistake                                   case that exposes it                check
----------------------------------------  ----------------------------------  ---------------
targets not shifted, BOS lost             ratio 1                             always_forced
own predictions while forcing             ratio 1, own token != true          always_forced
state, memory or mask not handed on       a decoder that reads them           always_forced
reshape for a stack, (T, N, V)            N != T, then N = T                  always_forced
forced though the ratio is 0; sampled     ratio 0                             never_forced
argmax over the batch                     N = V                               never_forced
chance inverted, drawn once, row by row   ratio .25, .8, 160 steps            chance
another source of chance                  two seeds, torch's own seed         generator
gradient of the state or memory cut       through Seq2Seq, both ratios        gradients
any ratio accepted                        just outside; 0 and 1 as ints       refuses
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    Modules,
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

from .arrays import ids, mask_of, normal
from .toys import toys

pytestmark = exercise("forced_logits")
rng = case_rng("forced_logits")


@dataclass(frozen=True, eq=False)
class Case:
    weights: list
    targets: torch.Tensor
    state: torch.Tensor
    memory: torch.Tensor
    mask: torch.Tensor

    def __str__(self):
        return f"N, T, V = {tuple(self.targets.shape)}, {len(self.weights[0])}"


def _case(vocab, hidden, lengths, source_lengths):
    batch = len(lengths)
    return Case(
        [normal(rng, vocab, hidden), normal(rng, hidden, hidden), normal(rng, vocab, hidden)],
        ids(rng, lengths, vocab),
        normal(rng, batch, hidden),
        normal(rng, batch, max(source_lengths), hidden) / 2,
        mask_of(source_lengths),
    )


CASES = [
    _case(9, 4, (6, 2, 4), (3, 5, 2)),
    _case(7, 3, (4, 3, 2, 4), (2, 3, 1, 3)),  # N = T: a wrong reshape has the right shape
    _case(5, 6, (3, 6, 2, 4, 1), (2, 2, 4, 1, 3)),  # N = V: an argmax over the batch does too
    _case(8, 2, (1, 1), (2, 3)),
]
LONG = _case(40, 5, (160, 160, 160), (2, 1, 2))
COINS = _case(30, 3, (40, 40), (1, 2))


def _run(weights, case, state, memory, forced):
    """Logits (N, T, V) for a list that says at which steps t >= 1 the true token is read."""
    embedding, w, out = weights
    seen = torch.einsum("nsh,ns->nh", memory, case.mask.double())
    token, logits = torch.ones(len(state), dtype=torch.int64), []
    for t, truth in enumerate(case.targets.T):
        state = torch.tanh(embedding[token] + torch.einsum("nk,hk->nh", state, w) + seen)
        logits.append(torch.einsum("nh,vh->nv", state, out))
        token = truth if t < len(forced) and forced[t] else logits[-1].argmax(dim=-1)
    return torch.stack(logits).permute(1, 0, 2)


def _forced(case, ratio):
    return [bool(ratio)] * (case.targets.shape[1] - 1)


@reference
def expected(case, ratio, device):
    return _run(case.weights, case, case.state, case.memory, _forced(case, ratio))


@reference
def expected_gradients(case, ratio, device):
    given = [case.memory, case.state, *case.weights]
    memory, state, *weights = leaves = [value.clone().requires_grad_() for value in given]
    logits = _run(weights, case, state, memory, _forced(case, ratio))
    return list(torch.autograd.grad(logits, leaves, torch.tensor(_upstream(case))))


def _upstream(case):
    shape = (*case.targets.shape, len(case.weights[0]))
    return np.random.default_rng(0).normal(size=shape)


def _decoder(student, case):
    return toys(student).decoder(*(w.numpy() for w in case.weights))


def _logits(student, decoder, case, ratio, generator):
    return student.forced_logits(
        decoder, case.targets, case.state, case.memory, case.mask, ratio=ratio, generator=generator
    )


def _read(student, case, ratio, generator):
    """The tokens (T, N) that the decoder reads, and the likeliest after each."""
    tools = toys(student)
    decoder = _decoder(student, case)
    logits = _logits(student, decoder, case, ratio, generator)
    logits = logits.array if hasattr(logits, "array") else np.zeros((1, 1, 1))
    read = np.array(tools.calls(decoder)[0])
    expect(read.shape == case.targets.T.shape, "the decoder should be called T times, with (N,)")
    return read, logits.argmax(axis=-1).T


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_always_forced(student, torch_device, case):
    """With ratio 1: BOS, then the true token before each step; logits of all steps."""
    generator = Modules(student).generator(3)
    found = _logits(student, _decoder(student, case), case, 1.0, generator)
    assert_close(found, expected(case, 1, torch_device), name="logits")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_never_forced(student, torch_device, case):
    """With ratio 0: BOS, then the likeliest token of the step before."""
    generator = Modules(student).generator(3)
    found = _logits(student, _decoder(student, case), case, 0.0, generator)
    assert_close(found, expected(case, 0, torch_device), name="logits")


@requires("test_always_forced")
@requires("test_never_forced")
@pytest.mark.parametrize("ratio", [0.25, 0.8])
def test_chance(student, ratio):
    """In between: the true token at a share of the steps near the ratio, for all rows together."""
    read, likeliest = _read(student, LONG, ratio, Modules(student).generator(11))
    true, own = LONG.targets.T.numpy()[:-1], likeliest[:-1]
    is_true, is_own = (read[1:] == true), (read[1:] == own)
    expect(
        (is_true | is_own).all(), "an input is neither the true token nor the likeliest", value=0
    )
    together = is_true.all(axis=1) | is_own.all(axis=1)
    expect(together.all(), "at some steps the rows read from different sources", value=1)
    telling = (true != own).any(axis=1)
    share = float(is_true.all(axis=1)[telling].mean())
    where = "above" if share > ratio else "below"
    text = f"the true token was read at {share:.0%} of the steps, which is far {where} the ratio"
    # four standard deviations of a share of about 155 steps
    expect(abs(share - ratio) < 0.14, text, value=round(share, 2))


@requires("test_chance")
def test_generator(student):
    """The coin is the generator's: one seed, one sequence; other seeds and later draws, another."""
    modules = Modules(student)
    generator = modules.generator(5)
    toys(student).seed(1)
    first, _ = _read(student, COINS, 0.5, generator)
    further, _ = _read(student, COINS, 0.5, generator)
    toys(student).seed(2)
    again, _ = _read(student, COINS, 0.5, modules.generator(5))
    other, _ = _read(student, COINS, 0.5, modules.generator(6))
    same = [bool((first == one).all()) for one in (again, other, further)]
    assert_equal(same, [True, False, False], name="whether two runs read the same")


@requires("test_always_forced")
@requires("test_never_forced")
@pytest.mark.parametrize("ratio", [1.0, 0.0])
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_gradients(student, torch_device, case, ratio):
    """Gradients flow from the logits of all steps back to the memory and the first state."""
    modules, tools = Modules(student), toys(student)
    encoder = tools.encoder(case.memory.numpy(), case.state.numpy())
    network = student.Seq2Seq(encoder, _decoder(student, case))
    _, _, found = modules.backward(
        network,
        np.zeros((1, 1)),
        case.mask.numpy(),
        case.targets.numpy(),
        upstream=_upstream(case),
        ratio=ratio,
        generator=modules.generator(0),
    )
    assert_close(found, expected_gradients(case, int(ratio), torch_device), name="gradients")


@requires("test_always_forced")
@pytest.mark.parametrize("ratio", [-0.01, 1.01, -1, 2, 100.0])
def test_refuses(student, ratio):
    """Raises ValueError naming ratio when it is not from 0 to 1."""
    with student.raises(ValueError, match=r"\bratio\b"):
        _logits(
            student, _decoder(student, CASES[0]), CASES[0], ratio, Modules(student).generator(0)
        )
