"""parameter_count: known wrong counts, and right ones."""

from itertools import pairwise

import numpy as np

from gradlab.judge import alternative, misconception


def _wrong(message, compute):
    """`compute(layers, pieces)` with layers as pairs (inputs, units)."""

    @misconception("parameter_count", message)
    def variant(widths, *, pieces=1):
        if len(widths) < 2:
            raise ValueError(f"widths is {widths}")
        return compute(list(pairwise(widths)), pieces)

    return variant


no_biases = _wrong(
    "You counted weights only. Each unit has a bias too.",
    lambda layers, k: _hidden_times(layers, k, lambda i, u: i * u),
)
one_bias_per_layer = _wrong(
    "You counted one bias per layer. Each unit has its own.",
    lambda layers, k: _hidden_times(layers, k, lambda i, u: i * u + 1),
)
bias_per_input = _wrong(
    "You counted a bias per input. It belongs to the unit: (inputs + 1) × units.",
    lambda layers, k: _hidden_times(layers, k, lambda i, u: i * u + i),
)
units_counted = _wrong(
    "You counted units, not parameters: each unit has a weight per input and a bias.",
    lambda layers, k: _hidden_times(layers, k, lambda i, u: u),
)
weights_and_units_added = _wrong(
    "You added inputs and units. Each unit has a weight for each input: multiply.",
    lambda layers, k: _hidden_times(layers, k, lambda i, u: i + u),
)
output_bias_missing = _wrong(
    "The biases of the output layer are missing.",
    lambda layers, k: _hidden_times(layers, k, lambda i, u: (i + 1) * u) - layers[-1][1],
)
output_layer_missing = _wrong(
    "The output layer is missing from your count.",
    lambda layers, k: (
        _hidden_times(layers, k, lambda i, u: (i + 1) * u) - (layers[-1][0] + 1) * layers[-1][1]
    ),
)
two_biases = _wrong(
    "You counted two biases per unit. An MLP has one.",
    lambda layers, k: _hidden_times(layers, k, lambda i, u: (i + 2) * u),
)
inputs_have_biases = _wrong(
    "You counted biases for the inputs. They are no units.",
    lambda layers, k: _hidden_times(layers, k, lambda i, u: (i + 1) * u) + layers[0][0],
)
first_layer_only = _wrong(
    "Only the first and the last layer are in your count.",
    lambda layers, k: sum(
        (i + 1) * u * (k if n == 0 and len(layers) > 1 else 1)
        for n, (i, u) in enumerate(layers)
        if n in (0, len(layers) - 1)
    ),
)
pieces_ignored = _wrong(
    "The pieces of maxout units are not in your count.",
    lambda layers, k: sum((i + 1) * u for i, u in layers),
)
pieces_everywhere = _wrong(
    "You multiplied the output layer by the pieces too. It is an ordinary layer.",
    lambda layers, k: k * sum((i + 1) * u for i, u in layers),
)
pieces_for_weights_only = _wrong(
    "You counted the biases of a maxout layer once. Each piece has its own.",
    lambda layers, k: _hidden_times(layers, k, lambda i, u: i * u) + sum(u for _, u in layers),
)
pieces_for_first_layer_only = _wrong(
    "You multiplied only the first hidden layer by the pieces.",
    lambda layers, k: sum(
        (i + 1) * u * (k if n == 0 and len(layers) > 1 else 1) for n, (i, u) in enumerate(layers)
    ),
)
pieces_widen_the_layer = _wrong(
    "You made the hidden layers wider by the pieces. A maxout unit gives one number to the next "
    "layer, however many pieces it has.",
    lambda layers, k: sum(
        (i * (k if n else 1) + 1) * u * (k if n < len(layers) - 1 else 1)
        for n, (i, u) in enumerate(layers)
    ),
)


def _hidden_times(layers, pieces, count):
    *hidden, last = layers
    return pieces * sum(count(*layer) for layer in hidden) + count(*last)


@misconception("parameter_count", "Fewer than two widths must raise a ValueError naming widths.")
def any_widths_accepted(widths, *, pieces=1):
    if len(widths) < 2:
        return 0
    return _hidden_times(list(pairwise(widths)), pieces, lambda i, u: (i + 1) * u)


@misconception("parameter_count", "Your count is a float. Parameters are counted in whole numbers.")
def as_float(widths, *, pieces=1):
    if len(widths) < 2:
        raise ValueError("widths")
    return float(any_widths_accepted(widths, pieces=pieces))


@alternative("parameter_count")
def layer_by_layer(widths, *, pieces=1):
    if len(widths) <= 1:
        raise ValueError("widths needs at least inputs and outputs")
    count = 0
    for n in range(1, len(widths)):
        times = 1 if n == len(widths) - 1 else pieces
        count += times * (widths[n - 1] * widths[n] + widths[n])
    return count


@alternative("parameter_count")
def recursive(widths, *, pieces=1):
    if len(widths) < 2:
        raise ValueError(f"widths {widths} is too short")
    here = (widths[0] + 1) * widths[1]
    return here if len(widths) == 2 else pieces * here + recursive(widths[1:], pieces=pieces)


@alternative("parameter_count")
def by_arrays(widths, *, pieces=1):

    if len(widths) < 2:
        raise ValueError("too few widths")
    w = np.array(widths)
    counts = (w[:-1] + 1) * w[1:]
    counts[:-1] *= pieces
    return counts.sum()
