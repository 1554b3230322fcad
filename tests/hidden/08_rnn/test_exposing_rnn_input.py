"""exposing_rnn_input: how many wrong rnn_forwards do the student's arguments give away?

mistake                                 what then stays hidden             check
--------------------------------------  ---------------------------------  ---------------
h0 of zeros                             the fault that was shown           fault_shown
w_h of zeros, one step                  wrong states before a step         both
symmetric w_h, no bias, one sample      the transpose, the bias, the rows  nine_in_ten
constant inputs, small values           wrong inputs, a missing tanh       nine_in_ten
arguments that rnn_forward refuses      everything                         fault_shown
"""

import numpy as np

from gradlab.judge import alternative, exercise, expect, exposed, faults_in, misconception, requires

from . import catalogue_rnn_forward
from .recurrence import states

pytestmark = exercise("exposing_rnn_input")
SHOWN = "first_state_wraps_round"
# One call with right arguments cannot show these: they need a second call or wrong arguments.
INVISIBLE = {"state_survives", "any_x_accepted", "any_h0_accepted"}
FAULTS = {
    name: fault
    for name, fault in faults_in(catalogue_rnn_forward, "rnn_forward").items()
    if name not in INVISIBLE
}


def right(x, h0, w_x, w_h, b):
    for name, value, axes in (
        ("x", x, 3),
        ("h0", h0, 2),
        ("w_x", w_x, 2),
        ("w_h", w_h, 2),
        ("b", b, 1),
    ):
        if np.ndim(value) != axes:
            raise ValueError(f"{name} has {np.ndim(value)} dimensions, expected {axes}")
    units = len(b)
    if w_x.shape != (units, x.shape[2]) or w_h.shape != (units, units) or x.shape[1] < 1:
        raise ValueError(f"w_x has shape {w_x.shape}, w_h {w_h.shape}, x {x.shape}, b {b.shape}")
    if h0.shape != (len(x), units):
        raise ValueError(f"h0 has shape {h0.shape}, expected {(len(x), units)}")
    h = states(x, h0, w_x, w_h, b)
    return h, (x, h0, w_x, w_h, h)


def _arguments(student):
    arguments = student.exposing_rnn_input()
    size = len(arguments) if isinstance(arguments, tuple | list) else -1
    expect(size == 5, "return a tuple of the five arguments", value=size)
    return tuple(np.asarray(a) if isinstance(a, list) else a for a in arguments)


def test_fault_shown(student):
    """The arguments give away the fault of the colleague's code."""
    found = exposed(_arguments(student), right, FAULTS)
    expect(SHOWN in found, "the right and the wrong function return the same", value=found)


@requires("test_fault_shown")
def test_nine_in_ten(student):
    """The arguments give away at least nine in ten of the faults we know."""
    found = exposed(_arguments(student), right, FAULTS)
    share = len(found) / len(FAULTS)
    text = f"they give away {len(found)} of {len(FAULTS)} faults; nine in ten are wanted"
    expect(share >= 0.9, text, value=found)


# Misconceptions: arguments that hide something


def _made(samples=3, steps=5, inputs=2, units=4, **changed):
    rng = np.random.default_rng(4)
    given = {
        "x": rng.normal(size=(samples, steps, inputs)),
        "h0": rng.normal(size=(samples, units)),
        "w_x": rng.normal(size=(units, inputs)),
        "w_h": rng.normal(size=(units, units)),
        "b": rng.normal(size=units),
    }
    given |= {name: change(given[name]) for name, change in changed.items()}
    return tuple(given.values())


def hiding(message, **options):
    return misconception("exposing_rnn_input", message)(lambda: _made(**options))


h0_zero = hiding(
    "Your h0 is zero. The faulty code starts from zero as well, so nothing can show.",
    h0=np.zeros_like,
)
no_recurrence = hiding(
    "Your w_h is zero: no state has any influence on the next one, whichever is used.",
    w_h=np.zeros_like,
)
tame = misconception(
    "exposing_rnn_input",
    "With ones, zeros and identity matrices, as in the colleague's test, most faults stay hidden.",
)(lambda: (np.ones((2, 2, 2)), np.zeros((2, 2)), np.eye(2), np.eye(2), np.zeros(2)))
one_step = hiding(
    "Your sequences have a single step. What goes wrong from one step to the next stays hidden.",
    steps=1,
)
one_of_each = hiding(
    "With one sample, one step, one input and one unit, no axis can be taken for another.",
    samples=1,
    steps=1,
    inputs=1,
    units=1,
)
all_equal = misconception(
    "exposing_rnn_input",
    "All your numbers are equal. Then a transposed matrix or another step's input is the same.",
)(lambda: tuple(np.full_like(a, 0.1) for a in _made(3, 4, 3, 3)))
no_inputs = hiding("Your x is zero: a wrong input shows only if it matters.", x=np.zeros_like)
no_bias_no_input_weights = hiding(
    "Your w_x and b are zero. Faults with the input and the bias stay hidden.",
    w_x=np.zeros_like,
    b=np.zeros_like,
)


@misconception(
    "exposing_rnn_input",
    "The right rnn_forward refuses your arguments too: their shapes do not fit together.",
)
def time_first():
    x, *rest = _made()
    return x.swapaxes(0, 1), *rest


# Alternatives


@alternative("exposing_rnn_input")
def written_out():
    x = np.array([[[1.0, -0.5], [0.3, 2.0], [-1.2, 0.4]], [[0.7, 0.1], [-0.6, -1.0], [0.2, 1.5]]])
    w_x = np.array([[0.5, -1.0], [1.5, 0.3], [-0.7, 0.8]])
    w_h = np.array([[0.4, -0.9, 0.2], [1.1, 0.3, -0.5], [-0.6, 0.7, 0.9]])
    return x, np.array([[0.5, -0.8, 0.1], [-0.4, 0.9, 0.6]]), w_x, w_h, np.array([0.3, -0.4, 0.8])


@alternative("exposing_rnn_input")
def in_a_list():
    rng = np.random.default_rng(3)
    shapes = (4, 6, 3), (4, 2), (2, 3), (2, 2), (2,)
    return [rng.uniform(0.5, 1.5, size=shape) * rng.choice([-1, 1], size=shape) for shape in shapes]


@alternative("exposing_rnn_input")
def by_waves():
    def wave(*shape):
        return 0.9 * np.cos(1.7 * np.arange(1.0, 1.0 + np.prod(shape))).reshape(shape)

    return wave(2, 4, 3), wave(2, 5), wave(5, 3), wave(5, 5), wave(5)
