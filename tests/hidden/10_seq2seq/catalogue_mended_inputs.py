"""mended_inputs: known wrong implementations, the one that was shown included, and right ones."""

import torch

from gradlab.judge import alternative, misconception


def _first(targets, value=1):
    return torch.full_like(targets[:, :1], value)


def _wrong(message, compute):
    @misconception("mended_inputs", message)
    def variant(targets):
        return compute(targets)

    return variant


def _with(value):
    return lambda t: torch.cat([_first(t, value), t[:, :-1]], dim=1)


def _overwritten(targets):
    inputs = targets.clone()
    inputs[:, 0] = 1
    return inputs


def _eos_dropped(targets):
    return torch.cat([_first(targets), targets[:, :-1].masked_fill(targets[:, :-1] == 2, 0)], dim=1)


def _padding_as_bos(targets):
    inputs = torch.cat([_first(targets), targets[:, :-1]], dim=1)
    return inputs.masked_fill(inputs == 0, 1)


rolled = _wrong(
    "The last column still comes round to the front. The first input is BOS.",
    lambda t: torch.roll(t, 1, dims=1),
)
rolled_by_rows = _wrong(
    "The rows moved down, not the columns to the right: steps run along axis 1.",
    lambda t: torch.roll(t, 1, dims=0),
)
not_shifted = _wrong(
    "At each step the decoder reads what it should write at that step. It would learn to copy.",
    lambda t: t.clone(),
)
shifted_left = _wrong(
    "The targets moved to the left, so the decoder reads what comes next. Move them to the right.",
    lambda t: torch.cat([t[:, 1:], _first(t)], dim=1),
)
one_column_too_many = _wrong(
    "BOS is in front, but the last column was not cut: there are T + 1 inputs for T steps.",
    lambda t: torch.cat([_first(t), t], dim=1),
)
pad_in_front = _wrong("The first input is PAD (0). It should be BOS (1).", _with(0))
eos_in_front = _wrong("The first input is EOS (2). It should be BOS (1).", _with(2))
first_overwritten = _wrong(
    "BOS replaced the first token, and nothing moved. All columns move one step to the right.",
    _overwritten,
)
without_bos = _wrong(
    "The last column was cut, but BOS is missing in front.", lambda t: t[:, :-1].clone()
)
eos_dropped = _wrong(
    "EOS became PAD in your inputs. The inputs are the targets moved; nothing else changes.",
    _eos_dropped,
)
padding_as_bos = _wrong(
    "PAD became BOS in your inputs. The inputs are the targets moved; nothing else changes.",
    _padding_as_bos,
)
two_steps = _wrong(
    "The targets moved two steps to the right. Move them by one.",
    lambda t: torch.cat([_first(t), _first(t), t], dim=1)[:, : t.shape[1]],
)
floats = _wrong(
    "Your inputs are floats. Ids are int64.",
    lambda t: torch.cat([torch.ones(len(t), 1), t[:, :-1].float()], dim=1),
)


@misconception("mended_inputs", "BOS stands in the first row only. Every row begins with it.")
def first_row_only(targets):
    inputs = torch.roll(targets, 1, dims=1)
    inputs[0, 0] = 1
    return inputs


@misconception("mended_inputs", "You wrote into the targets themselves. Work on a copy.")
def in_place(targets):
    targets[:, 1:] = targets[:, :-1].clone()
    targets[:, 0] = 1
    return targets


@alternative("mended_inputs")
def roll_then_write(targets):
    inputs = torch.roll(targets, 1, dims=1)
    inputs[:, 0] = 1
    return inputs


@alternative("mended_inputs")
def by_padding(targets):
    return torch.nn.functional.pad(targets, (1, -1), value=1)


@alternative("mended_inputs")
def by_lists(targets):
    return torch.tensor([[1, *row[:-1]] for row in targets.tolist()])
