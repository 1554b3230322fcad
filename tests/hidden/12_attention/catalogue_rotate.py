"""rotate: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np
import torch

from gradlab.judge import alternative, misconception

EXERCISE = "rotate"


def _angles(x, start, base, exponents=None):
    size = x.shape[-1]
    if exponents is None:
        exponents = torch.arange(0, size, 2, dtype=torch.float64) / size
    times = torch.arange(start, start + x.shape[-2], dtype=x.dtype)
    return times[:, None] / base ** exponents.to(x.dtype)


def _turned(x, angles):
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = angles.cos(), angles.sin()
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


def _wrong(message, compute):
    @misconception(EXERCISE, message)
    def variant(x, start=0, *, base=10000.0):
        if x.shape[-1] % 2:
            raise ValueError(f"x has shape {tuple(x.shape)}, odd")
        return compute(x, start, base)

    return variant


def _halves(x, start, base):
    angles = _angles(x, start, base)
    first, second = x.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


halves = _wrong(
    "You paired the first half with the second, as LLaMA's weights do. Here neighbours are pairs.",
    _halves,
)


def _joined_in_halves(x, start, base):
    turned = _turned(x, _angles(x, start, base))
    return torch.cat([turned[..., 0::2], turned[..., 1::2]], -1)


joined_in_halves = _wrong(
    "Your turned pairs are put together in halves. Each number goes back to its place.",
    _joined_in_halves,
)
backwards = _wrong(
    "You turned the other way round: the first of a pair is x cos - y sin.",
    lambda x, s, b: _turned(x, -_angles(x, s, b)),
)
sine_and_cosine_exchanged = _wrong(
    "Sine and cosine are exchanged.",
    lambda x, s, b: _turned(x, np.pi / 2 - _angles(x, s, b)),
)
mirrored = _wrong(
    "Both of your new coordinates subtract. The second is x sin + y cos.",
    lambda x, s, b: torch.stack(
        [
            _turned(x, _angles(x, s, b))[..., 0::2],
            x[..., 1::2] * _angles(x, s, b).cos() - x[..., 0::2] * _angles(x, s, b).sin(),
        ],
        -1,
    ).flatten(-2),
)
one_angle = _wrong(
    "All your pairs turn by the same angle. Later pairs turn more slowly.",
    lambda x, s, b: _turned(x, _angles(x, s, b, torch.zeros(x.shape[-1] // 2))),
)
exponent_halved = _wrong(
    "Your exponent is i / D. It is 2i / D for pair number i.",
    lambda x, s, b: _turned(x, _angles(x, s, b, torch.arange(x.shape[-1] // 2) / x.shape[-1])),
)
exponent_late = _wrong(
    "Your pairs are counted from 1. The first has the exponent 0.",
    lambda x, s, b: _turned(x, _angles(x, s, b, torch.arange(2, x.shape[-1] + 2, 2) / x.shape[-1])),
)
from_one = _wrong(
    "Your first step has position 1. It has position start.",
    lambda x, s, b: _turned(x, _angles(x, s + 1, b)),
)
start_ignored = _wrong(
    "start is ignored.",
    lambda x, s, b: _turned(x, _angles(x, 0, b)),
)
base_ignored = _wrong(
    "The base is always 10000 with you.",
    lambda x, s, b: _turned(x, _angles(x, s, 10000.0)),
)


def _first_axis(x, start, base):
    if x.dim() < 3:
        return _turned(x, _angles(x, start, base))
    moved = x.transpose(-3, -2)
    return _turned(moved, _angles(moved, start, base)).transpose(-3, -2)


another_axis = _wrong(
    "Your positions run along the axis before the steps (the heads). Steps are the last axis but "
    "one.",
    _first_axis,
)
whole_turns = _wrong(
    "Your angles have a factor 2π too many.",
    lambda x, s, b: _turned(x, 2 * np.pi * _angles(x, s, b)),
)


def _added(x, start, base):
    angles = _angles(x, start, base)
    return x + torch.stack([angles.sin(), angles.cos()], -1).flatten(-2)


added = _wrong(
    "You added sines and cosines to x. Here pairs are turned.",
    _added,
)
double_precision = _wrong(
    "Your result is float64 whatever x is. Calculate in the dtype of x.",
    lambda x, s, b: _turned(x.double(), _angles(x.double(), s, b)),
)


def _in_place(x, start, base):
    found = _turned(x, _angles(x, start, base))
    x.copy_(found)
    return found


in_place = _wrong("You wrote into the caller's x. Return a new tensor.", _in_place)


@misconception(EXERCISE, "An odd size must raise a ValueError naming x.")
def odd_accepted(x, start=0, *, base=10000.0):
    even = x.shape[-1] - x.shape[-1] % 2
    return torch.cat(
        [_turned(x[..., :even], _angles(x[..., :even], start, base)), x[..., even:]], -1
    )


@alternative(EXERCISE)
def by_complex_numbers(x, start=0, *, base=10000.0):
    if x.shape[-1] % 2 == 1:
        raise ValueError(f"x should have an even last axis, not {x.shape[-1]}")
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2).contiguous())
    angles = _angles(x, start, base)
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


@alternative(EXERCISE)
def by_matrices(x, start=0, *, base=10000.0):
    size = x.shape[-1]
    if size % 2:
        raise ValueError(f"x: {size} is odd")
    rows = []
    for t in range(x.shape[-2]):
        turn = torch.zeros(size, size, dtype=x.dtype)
        for i in range(size // 2):
            angle = (start + t) / base ** (2 * i / size)
            cos, sin = np.cos(angle), np.sin(angle)
            block = torch.tensor([[cos, -sin], [sin, cos]], dtype=x.dtype)
            turn[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = block
        rows.append(x[..., t, :] @ turn.T)
    return torch.stack(rows, dim=-2)


@alternative(EXERCISE)
def by_swapped_neighbours(x, start=0, *, base=10000.0):
    if x.shape[-1] % 2:
        raise ValueError(f"x has an odd number of columns: {tuple(x.shape)}")
    angles = _angles(x, start, base).repeat_interleave(2, dim=-1)
    swapped = torch.empty_like(x)
    swapped[..., 0::2], swapped[..., 1::2] = -x[..., 1::2], x[..., 0::2]
    return x * angles.cos() + swapped * angles.sin()
