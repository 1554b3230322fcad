"""exposing_lstm_input: how many wrong LSTM cells do the student's arguments give away?

mistake                                what then stays hidden            check
-------------------------------------  --------------------------------  -----------
states and weights of zeros            the fault that was shown          fault_shown
arguments that the right cell refuses  everything                        fault_shown
c_prev of zeros                        what is wrong with the old state  nine_in_ten
w of zeros, b of zeros                 the order of blocks and columns   nine_in_ten
equal numbers                          the order of blocks and columns   nine_in_ten
"""

import numpy as np

from gradlab.judge import alternative, exercise, expect, exposed, faults_in, misconception, requires

from . import catalogue_lstm_cell_forward
from .gates import sigmoid

pytestmark = exercise("exposing_lstm_input")
SHOWN = "tanh_outside"
INVISIBLE = {"broadcast_state", "clipped_far_out"}  # need wrong arguments, or a huge state
FAULTS = {
    name: fault
    for name, fault in faults_in(catalogue_lstm_cell_forward, "lstm_cell_forward").items()
    if name not in INVISIBLE
}


def right(x, h_prev, c_prev, w, b):
    n, hidden = np.shape(h_prev)
    shapes = [
        (n, np.shape(x)[1]),
        (n, hidden),
        (4 * hidden, hidden + np.shape(x)[1]),
        (4 * hidden,),
    ]
    for name, value, shape in zip(("x", "c_prev", "w", "b"), (x, c_prev, w, b), shapes):
        if np.shape(value) != shape:
            raise ValueError(f"{name} has shape {np.shape(value)}, expected {shape}")
    hx = np.concatenate([h_prev, x], axis=1)
    a_i, a_f, a_g, a_o = np.split(hx @ w.T + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c = f * c_prev + i * g
    return (o * np.tanh(c), c), (hx, c_prev, i, f, g, o, c, w)


def _arguments(student):
    arguments = student.exposing_lstm_input()
    size = len(arguments) if isinstance(arguments, tuple | list) else -1
    expect(size == 5, "return a tuple of the five arguments", value=size)
    return tuple(np.asarray(a) if isinstance(a, list) else a for a in arguments)


def test_fault_shown(student):
    """The arguments give away the fault of the colleague's code."""
    found = exposed(_arguments(student), right, FAULTS)
    expect(SHOWN in found, "the right and the wrong cell return the same", value=found)


@requires("test_fault_shown")
def test_nine_in_ten(student):
    """The arguments give away at least nine in ten of the faults we know."""
    found = exposed(_arguments(student), right, FAULTS)
    text = f"they give away {len(found)} of {len(FAULTS)} faults; nine in ten are wanted"
    expect(len(found) >= 0.9 * len(FAULTS), text, value=found)


# Misconceptions: arguments that hide something


def _made(samples=3, inputs=4, units=2, **changed):
    rng = np.random.default_rng(4)
    given = {
        "x": rng.normal(size=(samples, inputs)),
        "h_prev": rng.normal(size=(samples, units)),
        "c_prev": 20 * rng.normal(size=(samples, units)),
        "w": rng.normal(size=(4 * units, units + inputs)),
        "b": rng.normal(size=4 * units),
    }
    given |= {name: change(given[name]) for name, change in changed.items()}
    return tuple(given.values())


def hiding(message, **options):
    return misconception("exposing_lstm_input", message)(lambda: _made(**options))


as_the_colleague = misconception(
    "exposing_lstm_input",
    "With states, weights and biases of zero the new states are zero, whatever the cell does.",
)(lambda: (np.ones((2, 3)), *np.zeros((2, 2, 2)), np.zeros((8, 5)), np.zeros(8)))
no_weights = hiding(
    "Your w and b are zero: then all gates are alike and their order stays hidden.",
    w=np.zeros_like,
    b=np.zeros_like,
)
no_old_state = hiding(
    "Your c_prev is zero: what becomes of the old cell state stays hidden.", c_prev=np.zeros_like
)
all_equal = misconception(
    "exposing_lstm_input",
    "All your numbers are equal: neither blocks nor columns can be taken for one another.",
)(lambda: tuple(np.full_like(a, 0.5) for a in _made()))
saturated = hiding(
    "Your weights are so large that every gate is quite open or quite shut: slips in between hide.",
    w=lambda w: 1e4 * np.abs(w),
    x=np.abs,
    h_prev=np.abs,
)
another_shape = hiding(
    "Your c_prev has not the shape of h_prev: the right cell refuses that.", c_prev=lambda c: c[:1]
)


# Alternatives


@alternative("exposing_lstm_input")
def other_sizes():
    return _made(samples=2, inputs=3, units=5)


@alternative("exposing_lstm_input")
def whole_numbers():
    w = (np.arange(40.0).reshape(8, 5) ** 2 % 11 - 5) / 4
    b = np.array([0.0, 1.0, -1.0, 0.5, 0.25, -0.5, 1.0, 0.75])
    x, h = np.array([[1.0, -2.0, 0.5]]), np.array([[0.5, -1.0]])
    return x, h, np.array([[30.0, -1.5]]), w, b


@alternative("exposing_lstm_input")
def as_a_list():
    return [a.tolist() for a in _made(samples=4, inputs=2, units=3)]
