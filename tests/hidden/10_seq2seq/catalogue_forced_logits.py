"""forced_logits: known wrong implementations, by where they go wrong, and right ones."""

import torch

from gradlab.judge import alternative, misconception


def _refuse(ratio):
    if not 0 <= ratio <= 1:
        raise ValueError(f"ratio is {ratio}")


def _coin(generator):
    return torch.rand((), generator=generator)


class _Steps:
    """A right run of the decoder in parts, so that each can be falsified."""

    def __init__(self, ratio, generator, targets):
        self.ratio, self.generator, self.targets = ratio, generator, targets

    def first(self):
        return torch.ones_like(self.targets[:, 0])

    def forced(self):
        return _coin(self.generator) < self.ratio

    def true(self, t):
        return self.targets[:, t]

    def own(self, logits):
        return logits.argmax(dim=1)

    def state(self, old, new):
        return new

    def given(self, memory, mask):
        return memory, mask

    def choose(self, t, logits):
        return self.true(t) if self.forced() else self.own(logits)

    def joined(self, steps):
        return torch.stack(steps, dim=1)

    def run(self, decoder, state, memory, mask):
        token, steps = self.first(), []
        for t in range(self.targets.shape[1]):
            logits, new, _ = decoder(token, state, *self.given(memory, mask))
            state = self.state(state, new)
            steps.append(logits)
            token = self.choose(t, logits)
        return self.joined(steps)


def _wrong(message, **parts):
    steps = type("Wrong", (_Steps,), parts)

    @misconception("forced_logits", message)
    def variant(decoder, targets, state, memory, mask, *, ratio, generator):
        _refuse(ratio)
        return steps(ratio, generator, targets).run(decoder, state, memory, mask)

    return variant


# Misconceptions: what is read

present_token = _wrong(
    "At each step the decoder reads the very token it should write. The true token is the one "
    "*before*.",
    first=lambda self: self.targets[:, 0],
    true=lambda self, t: self.targets[:, min(t + 1, self.targets.shape[1] - 1)],
)
bos_lost = _wrong(
    "The first input is the first target. It should be BOS.",
    first=lambda self: self.targets[:, 0],
)
pad_first = _wrong(
    "The first input is PAD (0). It should be BOS (1).",
    first=lambda self: torch.zeros_like(self.targets[:, 0]),
)
eos_first = _wrong(
    "The first input is EOS (2). It should be BOS (1).",
    first=lambda self: torch.full_like(self.targets[:, 0], 2),
)
one_step_late = _wrong(
    "The true token that is read is two steps old. It should be that of the step before.",
    true=lambda self, t: self.targets[:, max(t - 1, 0)],
)
bos_at_every_step = _wrong(
    "The decoder reads BOS at every step.", choose=lambda self, t, logits: self.first()
)
always_forced = _wrong(
    "The true token is always read, whatever the ratio.", forced=lambda self: True
)
never_forced = _wrong(
    "The decoder always reads its own token, whatever the ratio.", forced=lambda self: False
)
argmax_over_the_batch = _wrong(
    "The likeliest token is sought along the batch. The tokens are on axis 1.",
    own=lambda self, logits: (
        logits.argmax(dim=0)[: len(logits)]
        if logits.shape[1] >= len(logits)
        else logits.argmax(dim=1)
    ),
)
likeliest_of_all_rows = _wrong(
    "All rows read the likeliest token of the first row. Each row has its own.",
    own=lambda self, logits: logits.argmax(dim=1)[:1].expand(len(logits)),
)
least_likely = _wrong(
    "The decoder reads the least likely token.", own=lambda self, logits: logits.argmin(dim=1)
)
sampled = _wrong(
    "The decoder's own token is drawn at random. It should be the likeliest.",
    own=lambda self, logits: torch.multinomial(torch.softmax(logits, dim=1), 1)[:, 0],
)

# Misconceptions: the coin

chance_inverted = _wrong(
    "The ratio is your chance of the decoder's *own* token. Here it is the chance of the true one.",
    forced=lambda self: _coin(self.generator) >= self.ratio,
)
half_the_chance = _wrong(
    "The true token is read about half as often as the ratio says, in between 0 and 1.",
    forced=lambda self: _coin(self.generator) < (self.ratio if self.ratio == 1 else self.ratio / 2),
)
threshold = _wrong(
    "Nothing is drawn: the ratio is compared with a half. It is a chance at each step.",
    forced=lambda self: self.ratio > 0.5,
)
global_generator = _wrong(
    "The coin is torch's global one. Draw from the generator that is passed.",
    forced=lambda self: torch.rand(()) < self.ratio,
)


def _drawn_once(self):
    self.coin = getattr(self, "coin", None)
    if self.coin is None:
        self.coin = bool(_coin(self.generator) < self.ratio)
    return self.coin


drawn_once = _wrong(
    "One coin decides for the whole sequence. Draw one at each step.", forced=_drawn_once
)


def _row_by_row(self, t, logits):
    coins = torch.rand(len(logits), generator=self.generator) < self.ratio
    return torch.where(coins, self.true(t), self.own(logits))


row_by_row = _wrong(
    "Each row has a coin of its own. One per step was asked for, for the whole batch.",
    choose=_row_by_row,
)


def _reseeded(self):
    self.generator.manual_seed(0)
    self.coins = getattr(self, "coins", None)
    if self.coins is None:
        self.coins = iter(torch.rand(1000, generator=self.generator) < self.ratio)
    return next(self.coins)


reseeded = _wrong(
    "The generator is seeded anew in each call, so the coins always fall alike.", forced=_reseeded
)
first_steps_forced = _wrong(
    "The first part of each sequence is forced, the rest is not. Draw a coin at each step.",
    choose=lambda self, t, logits: (
        self.true(t) if t < self.ratio * self.targets.shape[1] else self.own(logits)
    ),
)

# Misconceptions: the states and the results

state_not_carried = _wrong(
    "Every step starts from the first state. Carry the new state on.",
    state=lambda self, old, new: old,
)
state_detached = _wrong(
    "The gradient is cut between the steps: the state was detached.",
    state=lambda self, old, new: new.detach(),
)
memory_unmasked = _wrong(
    "The decoder was not given the mask, but one that is True everywhere.",
    given=lambda self, memory, mask: (memory, mask | True),
)
memory_dropped = _wrong(
    "The decoder was not given the memory.",
    given=lambda self, memory, mask: (torch.zeros_like(memory), mask),
)
memory_detached = _wrong(
    "The gradient of the memory is cut: it was detached.",
    given=lambda self, memory, mask: (memory.detach(), mask),
)
time_first = _wrong(
    "Your logits are (T, N, V). Batches come first: (N, T, V).",
    joined=lambda self, steps: torch.stack(steps),
)
reshaped = _wrong(
    "You reshaped (T, N, V) to (N, T, V), which mixes up the sentences. Stack along axis 1, or "
    "transpose.",
    joined=lambda self, steps: torch.stack(steps).reshape(*self.targets.shape, -1),
)
probabilities = _wrong(
    "You return probabilities. Return the logits as the decoder gives them.",
    joined=lambda self, steps: torch.softmax(torch.stack(steps, dim=1), dim=2),
)
padding_zeroed = _wrong(
    "The logits are zero where the target is PAD. Return those of all steps; the loss will mask.",
    joined=lambda self, steps: torch.stack(steps, dim=1) * (self.targets != 0)[:, :, None],
)
last_step_missing = _wrong(
    "The last step is missing: T targets need T steps.",
    joined=lambda self, steps: torch.stack(steps[: max(len(steps) - 1, 1)], dim=1),
)


@misconception("forced_logits", "Gradients are not recorded, so nothing can be learned.")
def without_gradient(decoder, targets, state, memory, mask, *, ratio, generator):
    _refuse(ratio)
    with torch.no_grad():
        return _Steps(ratio, generator, targets).run(decoder, state, memory, mask)


@misconception("forced_logits", "A ratio outside 0 to 1 must raise a ValueError that names it.")
def any_ratio(decoder, targets, state, memory, mask, *, ratio, generator):
    return _Steps(ratio, generator, targets).run(decoder, state, memory, mask)


# Alternatives


@alternative("forced_logits")
def drawn_ahead(decoder, targets, state, memory, mask, *, ratio, generator):
    if ratio < 0 or ratio > 1:
        raise ValueError(f"ratio {ratio} is no chance")
    forced = (torch.rand(targets.shape[1], generator=generator) < ratio).tolist()
    outputs = []
    for t in range(targets.shape[1]):
        if t == 0:
            token = torch.full((len(targets),), 1)
        elif forced[t]:
            token = targets[:, t - 1]
        else:
            token = torch.max(outputs[-1], dim=-1).indices
        logits, state, _ = decoder(token, state, memory, mask)
        outputs.append(logits)
    return torch.cat([one[:, None] for one in outputs], dim=1)


@alternative("forced_logits")
def by_bernoulli(decoder, targets, state, memory, mask, *, ratio, generator):
    _refuse(ratio)
    token, outputs = targets.new_ones(len(targets)), []
    for truth in targets.unbind(1):
        logits, state, _ = decoder(token, state, memory, mask)
        outputs.append(logits)
        coin = torch.bernoulli(torch.tensor(float(ratio)), generator=generator)
        token = truth if coin == 1 else logits.detach().argmax(-1)
    return torch.stack(outputs).transpose(0, 1)


@alternative("forced_logits")
def into_a_tensor(decoder, targets, state, memory, mask, *, ratio, generator):
    _refuse(ratio)
    inputs = torch.cat([torch.ones_like(targets[:, :1]), targets[:, :-1]], dim=1)
    result = None
    for t in range(targets.shape[1]):
        forced = t == 0 or bool(_coin(generator) < ratio)
        token = inputs[:, t] if forced else result[:, t - 1].argmax(dim=1)
        logits, state, _ = decoder(token, state, memory, mask)
        if result is None:
            result = torch.zeros(*targets.shape, logits.shape[1], dtype=logits.dtype)
        result = result.clone()
        result[:, t] = logits
    return result
