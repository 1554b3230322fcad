"""sinusoidal_positions: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

EXERCISE = "sinusoidal_positions"


def _angles(steps, width, base, exponents=None):
    exponents = np.arange(0, width, 2) / width if exponents is None else exponents
    return np.arange(steps)[:, None] / base**exponents


def _side_by_side(first, second):
    return np.stack([first, second], axis=2).reshape(len(first), -1)


def _wrong(message, compute):
    @misconception(EXERCISE, message)
    def variant(steps, width, *, base=10000.0):
        if width % 2:
            raise ValueError(f"width is {width}, not even")
        return compute(steps, width, base)

    return variant


def _table(angles):
    return _side_by_side(np.sin(angles), np.cos(angles))


halves = _wrong(
    "All your sines stand before all cosines. Here sine and cosine of a frequency are neighbours, "
    "as in the paper.",
    lambda t, e, b: np.concatenate([np.sin(_angles(t, e, b)), np.cos(_angles(t, e, b))], axis=1),
)
cosine_first = _wrong(
    "Sine and cosine are exchanged: even columns hold the sine.",
    lambda t, e, b: _side_by_side(np.cos(_angles(t, e, b)), np.sin(_angles(t, e, b))),
)
exponent_halved = _wrong(
    "Your exponent is i / E. It is 2i / E for pair number i.",
    lambda t, e, b: _table(_angles(t, e, b, np.arange(e // 2) / e)),
)
exponent_to_the_end = _wrong(
    "Your exponent reaches 1 at the last pair (i / (E/2 - 1), as in tensor2tensor). The paper's is "
    "2i / E.",
    lambda t, e, b: _table(_angles(t, e, b, np.arange(e // 2) / max(e // 2 - 1, 1))),
)
exponent_by_column = _wrong(
    "Each column has a frequency of its own. Sine and cosine of a pair share one.",
    lambda t, e, b: np.where(
        np.arange(e) % 2 == 0,
        np.sin(_angles(t, e, b, np.arange(e) / e)),
        np.cos(_angles(t, e, b, np.arange(e) / e)),
    ),
)
exponent_one_late = _wrong(
    "Your pairs are counted from 1. The first has the exponent 0.",
    lambda t, e, b: _table(_angles(t, e, b, np.arange(2, e + 2, 2) / e)),
)
multiplied_by_the_power = _wrong(
    "You multiplied by the power of the base. Divide, so that later columns turn more slowly.",
    lambda t, e, b: _table(np.arange(t)[:, None] * b ** (np.arange(0, e, 2) / e)),
)
first_step_is_one = _wrong(
    "Your first step is 1. Steps are counted from 0.",
    lambda t, e, b: _table(_angles(t + 1, e, b))[1:],
)
whole_turns = _wrong(
    "Your angles have a factor 2π too many.",
    lambda t, e, b: _table(2 * np.pi * _angles(t, e, b)),
)
base_fixed = _wrong(
    "Your base is always 10000. Use the argument.",
    lambda t, e, b: _table(_angles(t, e, 10000.0)),
)
linear_in_the_base = _wrong(
    "You divided by base · 2i / E. The base is raised to that power.",
    lambda t, e, b: _table(np.arange(t)[:, None] / (1 + b * np.arange(0, e, 2) / e)),
)
transposed_table = _wrong(
    "Your table has a row for each column: it should be (T, E).",
    lambda t, e, b: _table(_angles(t, e, b)).T,
)
single_precision = _wrong(
    "Your table is float32. It should be float64.",
    lambda t, e, b: _table(_angles(t, e, b)).astype(np.float32),
)
scaled_to_unit_length = _wrong(
    "You scaled the rows to length 1. Leave the sines and cosines as they are.",
    lambda t, e, b: _table(_angles(t, e, b)) / np.sqrt(e / 2),
)


@misconception(EXERCISE, "An odd width must raise a ValueError naming width.")
def odd_width_accepted(steps, width, *, base=10000.0):
    return _table(_angles(steps, width + width % 2, base))[:, :width]


@alternative(EXERCISE)
def by_loops(steps, width, *, base=10000.0):
    if width % 2 == 1:
        raise ValueError(f"width {width} is odd")
    table = np.zeros((steps, width))
    for t in range(steps):
        for i in range(width // 2):
            table[t, 2 * i] = np.sin(t / base ** (2 * i / width))
            table[t, 2 * i + 1] = np.cos(t / base ** (2 * i / width))
    return table


@alternative(EXERCISE)
def by_exponentials(steps, width, *, base=10000.0):
    if width % 2:
        raise ValueError(f"odd width {width}")
    rates = np.exp(-np.log(base) * np.arange(0, width, 2) / width)
    return _table(np.outer(np.arange(steps), rates))


@alternative(EXERCISE)
def by_a_shifted_sine(steps, width, *, base=10000.0):
    if width % 2:
        raise ValueError(f"width should be even, is {width}")
    column = np.arange(width)
    angles = np.arange(steps)[:, None] * base ** (-(column - column % 2) / width)
    return np.sin(angles + np.pi / 2 * (column % 2))
