"""count_linear_pieces: wrong ways of counting, and right ones."""

from itertools import pairwise

import numpy as np

from gradlab.judge import alternative, misconception


def _states(params, x, *, bend=True, biases=True):
    """z of all layers, as a list."""
    a, states = x[:, None], []
    for w, b in params:
        states.append(a @ w.T + (b if biases else 0.0))
        a = np.maximum(states[-1], 0.0) if bend else states[-1]
    return states


def _runs(patterns):
    return 1 + int(np.any(patterns[1:] != patterns[:-1], axis=1).sum())


def _active(states, x):
    return np.concatenate([np.zeros((len(x), 1), bool), *(z > 0 for z in states)], axis=1)


def _switches(params, x):
    """Which units switch between each pair of neighbouring points: (N - 1, units)."""
    active = _active(_states(params, x)[:-1], x)[:, 1:]
    return active[1:] != active[:-1]


def _wrong(message, compute):
    @misconception("count_linear_pieces", message)
    def variant(params, x):
        if np.any(np.diff(x) <= 0):
            raise ValueError("x must be strictly increasing")
        return compute(params, x)

    return variant


first_layer_only = _wrong(
    "You looked at the first hidden layer only. All hidden layers make kinks.",
    lambda params, x: _runs(_active(_states(params, x)[:-1][:1], x)),
)
last_hidden_layer_only = _wrong(
    "You looked at the last hidden layer only. All hidden layers make kinks.",
    lambda params, x: _runs(_active(_states(params, x)[:-1][-1:], x)),
)
output_counted = _wrong(
    "You counted sign changes of the output too. The last layer has no bend.",
    lambda params, x: _runs(_active(_states(params, x), x)),
)
kinks = _wrong(
    "You counted the kinks. There is one piece more than kinks.",
    lambda params, x: _runs(_active(_states(params, x)[:-1], x)) - 1,
)
units = _wrong(
    "You counted hidden units. A unit may never switch along the points, or switch "
    "twice: count what is there.",
    lambda params, x: 1 + sum(len(b) for _, b in params[:-1]),
)
every_switch = _wrong(
    "You counted each unit that switches. Several between the same two points make one new piece.",
    lambda params, x: 1 + int(_switches(params, x).sum()),
)
number_of_active_units = _wrong(
    "You compared how many units are active. Which ones matters: one may switch on "
    "where another switches off.",
    lambda params, x: _runs(_active(_states(params, x)[:-1], x).sum(axis=1, keepdims=True)),
)
all_must_switch = _wrong(
    "You asked for all units to switch at once. One is enough.",
    lambda params, x: 1 + int(np.all(_switches(params, x), axis=1).sum()) if params[1:] else 1,
)
no_bend_below = _wrong(
    "Your forward pass has no ReLU: upper layers see z of the layer below.",
    lambda params, x: _runs(_active(_states(params, x, bend=False)[:-1], x)),
)
no_biases = _wrong(
    "The biases are missing in your forward pass: all kinks of the first layer lie at 0.",
    lambda params, x: _runs(_active(_states(params, x, biases=False)[:-1], x)),
)
not_above_zero = _wrong(
    "You called a unit active where z = 0. Active means z > 0.",
    lambda params, x: _runs(
        np.concatenate(
            [np.zeros((len(x), 1), bool), *(z >= 0 for z in _states(params, x)[:-1])], axis=1
        )
    ),
)
product_of_layers = _wrong(
    "You multiplied the pieces of the layers. That is right only where each piece "
    "below runs through all kinks above; count what is there.",
    lambda params, x: int(np.prod([_runs(_active([z], x)) for z in _states(params, x)[:-1]])),
)
sum_of_layers = _wrong(
    "You added up the layers' counts. Switches of two layers between the same points are one, and "
    "the 1 is added once.",
    lambda params, x: sum(_runs(_active([z], x)) for z in _states(params, x)[:-1]) or 1,
)
greatest_of_layers = _wrong(
    "You took the layer with the most pieces. The kinks of all layers count together.",
    lambda params, x: max([_runs(_active([z], x)) for z in _states(params, x)[:-1]], default=1),
)
first_unit_only = _wrong(
    "You looked at the first unit of each layer only.",
    lambda params, x: _runs(_active([z[:, :1] for z in _states(params, x)[:-1]], x)),
)
sign_changes_of_the_output = _wrong(
    "You counted where the output changes sign. A kink is where a hidden unit does.",
    lambda params, x: _runs(_active(_states(params, x)[-1:], x)),
)
as_float = _wrong(
    "Your count is a float; pieces are counted in whole numbers.",
    lambda params, x: float(_runs(_active(_states(params, x)[:-1], x))),
)


@misconception("count_linear_pieces", "An x that is not strictly increasing must raise ValueError.")
def any_order_accepted(params, x):
    return _runs(_active(_states(params, x)[:-1], x))


@misconception(
    "count_linear_pieces", "Two equal points of x must raise: it is strictly increasing."
)
def equal_points_accepted(params, x):
    if np.any(np.diff(x) < 0):
        raise ValueError("x must be increasing")
    return _runs(_active(_states(params, x)[:-1], x))


@alternative("count_linear_pieces")
def point_by_point(params, x):
    if any(b <= a for a, b in pairwise(x)):
        raise ValueError("x has to be strictly increasing")

    def pattern(value):
        a, signs = np.array([value]), []
        for w, b in params[:-1]:
            z = w @ a + b
            signs += [bool(v > 0) for v in z]
            a = np.where(z > 0, z, 0.0)
        return signs

    patterns = [pattern(value) for value in x]
    return 1 + sum(one != other for one, other in pairwise(patterns))


@alternative("count_linear_pieces")
def by_distinct_patterns(params, x):
    # a pattern's points form an interval, so runs and distinct patterns are as many
    if np.diff(x).min(initial=1.0) <= 0:
        raise ValueError(f"x is not strictly increasing: {x[:5]}")
    return len(np.unique(_active(_states(params, x)[:-1], x), axis=0))


@alternative("count_linear_pieces")
def by_codes(params, x):
    if not np.all(x[1:] > x[:-1]):
        raise ValueError("x!")
    active = _active(_states(params, x)[:-1], x)
    codes = active @ 2.0 ** np.arange(active.shape[1])
    return np.count_nonzero(np.diff(codes)) + 1
