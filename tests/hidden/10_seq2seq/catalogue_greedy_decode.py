"""greedy_decode: known wrong implementations, by where they go wrong, and right ones."""

import torch

from gradlab.judge import alternative, misconception


def _refuse(max_length):
    if max_length < 1:
        raise ValueError(f"max_length is {max_length}")


class _Writer:
    """A right decoder loop in parts, so that each can be falsified."""

    def first(self, n):
        return torch.full((n,), 1)

    def choose(self, logits):
        return logits.argmax(dim=1)

    def masked(self, token, ended):
        return token.masked_fill(ended, 0)

    def ended(self, ended, token):
        return ended | (token == 2)

    def fed(self, token, chosen):
        return token

    def state(self, old, new):
        return new

    def given(self, memory, mask):
        return memory, mask

    def result(self, columns):
        return torch.stack(columns, dim=1)

    def steps(self, max_length):
        return max_length

    def run(self, decoder, state, memory, mask, max_length):
        token, ended, columns = self.first(len(state)), torch.zeros(len(state)).bool(), []
        for _ in range(self.steps(max_length)):
            logits, new, _ = decoder(token, state, *self.given(memory, mask))
            state = self.state(state, new)
            chosen = self.choose(logits)
            written = self.masked(chosen, ended)
            ended = self.ended(ended, written)
            columns.append(written)
            token = self.fed(written, chosen)
        return self.result(columns)


def _wrong(message, **parts):
    writer = type("Wrong", (_Writer,), parts)

    @misconception("greedy_decode", message)
    def variant(decoder, state, memory, mask, *, max_length):
        _refuse(max_length)
        with torch.no_grad():
            return writer().run(decoder, state, memory, mask, max_length)

    return variant


# Misconceptions: the end

goes_on = _wrong(
    "Rows go on after their EOS (2). After EOS there is only PAD.",
    masked=lambda self, token, ended: token,
)
goes_on_after_one = _wrong(
    "The token after EOS is still written. PAD begins right after EOS.",
    masked=lambda self, token, ended: token.masked_fill(ended & getattr(self, "before", ended), 0),
    ended=lambda self, ended, token: (
        setattr(self, "before", ended.clone()) or (ended | (token == 2))
    ),
)
eos_lost = _wrong(
    "EOS itself became PAD. It is written; only what comes after it is PAD.",
    masked=lambda self, token, ended: token.masked_fill(ended | (token == 2), 0),
    ended=lambda self, ended, token: ended | (token == 0),
)
filled_with_eos = _wrong(
    "Ended rows are filled with EOS (2). Fill them with PAD (0).",
    masked=lambda self, token, ended: token.masked_fill(ended, 2),
)
filled_with_bos = _wrong(
    "Ended rows are filled with BOS (1). Fill them with PAD (0).",
    masked=lambda self, token, ended: token.masked_fill(ended, 1),
)
ends_for_all = _wrong(
    "All rows stop when the first one ends. Each row ends for itself.",
    ended=lambda self, ended, token: ended | (token == 2).any(),
)
forgets_the_end = _wrong(
    "Only the step right after EOS is PAD; then the row goes on. An ended row stays ended.",
    ended=lambda self, ended, token: token == 2,
)
ends_at_bos = _wrong(
    "You look for BOS (1) as the end. The end is EOS (2).",
    ended=lambda self, ended, token: ended | (token == 1),
)


def _stop_when_all(self, columns):
    tokens = torch.stack(columns, dim=1)
    longest = int((tokens != 0).sum(dim=1).max())
    return tokens[:, :longest]


columns_missing = _wrong(
    "There are fewer than max_length columns when all rows have ended. Fill up with PAD.",
    result=_stop_when_all,
)

# Misconceptions: what is fed and chosen

bos_in_the_output = _wrong(
    "BOS is the first column of your result. It is an input, not an output.",
    result=lambda self, columns: torch.cat(
        [torch.ones_like(columns[0])[:, None], torch.stack(columns, dim=1)[:, :-1]], dim=1
    ),
)
bos_and_one_more = _wrong(
    "Your result has max_length + 1 columns, BOS first. BOS is no output.",
    result=lambda self, columns: torch.stack([torch.ones_like(columns[0]), *columns], dim=1),
)
pad_first = _wrong(
    "The first input is PAD (0). It should be BOS (1).",
    first=lambda self, n: torch.zeros(n, dtype=torch.int64),
)
eos_first = _wrong(
    "The first input is EOS (2). It should be BOS (1).",
    first=lambda self, n: torch.full((n,), 2),
)
bos_at_every_step = _wrong(
    "The decoder reads BOS at every step. Feed back what it has written.",
    fed=lambda self, token, chosen: self.first(len(token)),
)
state_not_carried = _wrong(
    "Every step starts from the first state. Carry the new state on.",
    state=lambda self, old, new: old,
)
memory_dropped = _wrong(
    "The decoder was not given the memory.",
    given=lambda self, memory, mask: (torch.zeros_like(memory), mask),
)
everything_real = _wrong(
    "The decoder was given a mask that is True everywhere. Hand the mask on.",
    given=lambda self, memory, mask: (memory, mask | True),
)
sampled = _wrong(
    "The tokens are drawn at random. Greedy decoding takes the likeliest.",
    choose=lambda self, logits: torch.multinomial(
        torch.softmax(logits / 5, dim=1), 1, generator=torch.Generator().manual_seed(0)
    )[:, 0],
)
least_likely = _wrong(
    "You take the least likely token.", choose=lambda self, logits: logits.argmin(dim=1)
)
absolute = _wrong(
    "You take the logit that is furthest from 0. Take the largest; they may all be negative.",
    choose=lambda self, logits: logits.abs().argmax(dim=1),
)
special_tokens_excluded = _wrong(
    "EOS is never chosen, so no row ends.",
    choose=lambda self, logits: logits[:, 3:].argmax(dim=1) + 3,
)
likeliest_of_the_first_row = _wrong(
    "All rows write what the first row does. Each has its own likeliest token.",
    choose=lambda self, logits: logits.argmax(dim=1)[:1].expand(len(logits)),
)
along_the_batch = _wrong(
    "The likeliest token is sought along the batch. The tokens are on axis 1.",
    choose=lambda self, logits: (
        logits.argmax(dim=0)[: len(logits)]
        if logits.shape[1] >= len(logits)
        else logits.argmax(dim=1)
    ),
)
one_step_missing = _wrong(
    "There are max_length - 1 columns.", steps=lambda self, max_length: max(max_length - 1, 1)
)
one_step_too_many = _wrong(
    "There are max_length + 1 columns.", steps=lambda self, max_length: max_length + 1
)
time_first = _wrong(
    "Your result is (L, N). Batches come first: (N, L).",
    result=lambda self, columns: torch.stack(columns),
)
floats = _wrong(
    "Your tokens are floats. Ids are int64.",
    result=lambda self, columns: torch.stack(columns, dim=1).double(),
)


@misconception("greedy_decode", "Gradients are recorded for nothing: use torch.no_grad().")
def with_gradients(decoder, state, memory, mask, *, max_length):
    _refuse(max_length)
    return _Writer().run(decoder, state, memory, mask, max_length)


@misconception("greedy_decode", "A max_length below 1 must raise a ValueError that names it.")
def any_length(decoder, state, memory, mask, *, max_length):
    with torch.no_grad():
        return _Writer().run(decoder, state, memory, mask, max(max_length, 1))


# Alternatives


@alternative("greedy_decode")
def masked_afterwards(decoder, state, memory, mask, *, max_length):
    _refuse(max_length)
    token, columns = torch.ones(len(state), dtype=torch.long), []
    with torch.inference_mode():
        for _ in range(max_length):
            logits, state, _ = decoder(token, state, memory, mask)
            token = torch.max(logits, dim=-1)[1]
            columns.append(token)
    tokens = torch.stack(columns).T.clone()
    ends = (tokens == 2).long().cumsum(dim=1) - (tokens == 2).long()
    return torch.where(ends > 0, 0, tokens)


@alternative("greedy_decode")
@torch.no_grad()
def stops_early(decoder, state, memory, mask, *, max_length):
    if max_length <= 0:
        raise ValueError("max_length must be positive")
    tokens = torch.zeros(len(state), max_length, dtype=torch.int64)
    token, going = torch.full((len(state),), 1), torch.ones(len(state), dtype=torch.bool)
    for t in range(max_length):
        if not going.any():
            break
        logits, state, _ = decoder(token, state, memory, mask)
        token = logits.softmax(dim=1).argmax(dim=1)
        tokens[going, t] = token[going]
        going &= token != 2
    return tokens


@alternative("greedy_decode")
def as_lists(decoder, state, memory, mask, *, max_length):
    _refuse(max_length)
    rows, token = [[] for _ in state], torch.tensor([1] * len(state))
    with torch.no_grad():
        while len(rows[0]) < max_length:
            logits, state, _ = decoder(token, state, memory, mask)
            token = logits.argmax(1)
            for row, written in zip(rows, token.tolist()):
                row.append(0 if 2 in row else written)
    return torch.tensor(rows)
