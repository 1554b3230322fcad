"""exposing_conv2d: how many wrong conv2d_forwards do the student's arguments give away?

mistake                                what then stays hidden      check
-------------------------------------  --------------------------  -----------
stride of 1                            the fault that was shown    fault_shown
all pixels, or all weights, equal      windows in the wrong place  fault_shown
arguments that conv2d_forward refuses  everything                  fault_shown
no padding, no dilation                what is wrong with them     nine_in_ten
equal numbers in every pair            swapped pairs               nine_in_ten
"""

import numpy as np

from gradlab.judge import alternative, exercise, expect, exposed, faults_in, misconception, requires

from . import catalogue_conv2d_forward
from .windows import Call, pair

pytestmark = exercise("exposing_conv2d")
SHOWN = "stride_for_the_size_only"
# One call with right arguments cannot show these: they need a second call, or options of a kind
# that hides other faults.
INVISIBLE = {"output_kept", "any_channels_accepted", "pairs_in_cache", "tuples_only"}
FAULTS = {
    name: fault
    for name, fault in faults_in(catalogue_conv2d_forward, "conv2d_forward").items()
    if name not in INVISIBLE
}
NAMES = ("x", "w", "b", "stride", "padding", "dilation")


def right(x, w, b, stride=1, padding=0, dilation=1):
    if np.ndim(x) != 4 or np.ndim(w) != 4 or x.shape[1] != w.shape[1] or b.shape != w.shape[:1]:
        raise ValueError(f"w has shape {np.shape(w)}, x {np.shape(x)}, b {np.shape(b)}")
    y = Call(x, w, b, pair(stride), pair(padding), pair(dilation)).y()
    if not y.size:
        raise ValueError(f"w has shape {w.shape}: it does not fit into x of {x.shape}")
    return y, (x, w, b, stride, padding, dilation)


def _arguments(student):
    arguments = student.exposing_conv2d()
    keys = sorted(arguments) if isinstance(arguments, dict) else None
    expect(keys == sorted(NAMES), f"return a dict with the keys {', '.join(NAMES)}", value=keys)
    return arguments


def test_fault_shown(student):
    """The arguments give away the fault of the colleague's code."""
    found = exposed(_arguments(student), right, FAULTS)
    expect(SHOWN in found, "the right and the wrong function return the same", value=found)


@requires("test_fault_shown")
def test_nine_in_ten(student):
    """The arguments give away at least nine in ten of the faults we know."""
    found = exposed(_arguments(student), right, FAULTS)
    text = f"they give away {len(found)} of {len(FAULTS)} faults; nine in ten are wanted"
    expect(len(found) >= 0.9 * len(FAULTS), text, value=found)


# Misconceptions: arguments that hide something


def _made(**changed):
    rng = np.random.default_rng(4)
    given = {
        "x": rng.normal(size=(2, 3, 9, 8)),
        "w": rng.normal(size=(4, 3, 3, 2)),
        "b": rng.normal(size=4),
        "stride": (3, 2),
        "padding": (1, 3),
        "dilation": (2, 3),
    }
    return given | changed


def hiding(message, **changed):
    return misconception("exposing_conv2d", message)(lambda: _made(**changed))


stride_of_one = hiding(
    "With stride 1 the colleague's windows are where they should be. Use a larger one.",
    stride=1,
)
tame = misconception(
    "exposing_conv2d",
    "With ones everywhere, as in the colleague's test, all windows look the same.",
)(
    lambda: {
        "x": np.ones((1, 1, 6, 6)),
        "w": np.ones((1, 1, 2, 2)),
        "b": np.zeros(1),
        "stride": 2,
        "padding": 0,
        "dilation": 1,
    }
)
no_weights = hiding("Your w is zero, so nothing of x reaches y.", w=np.zeros((4, 3, 3, 2)))
no_padding = hiding("Without padding, nothing that is wrong with the padding can show.", padding=0)
no_dilation = hiding(
    "With dilation 1, nothing that is wrong with the dilation can show.", dilation=1
)
equal_pairs = hiding(
    "The two numbers of each pair are equal: swapped axes stay hidden.",
    stride=(2, 2),
    padding=(1, 1),
    dilation=(2, 2),
)
another_count = misconception(
    "exposing_conv2d", "x and w disagree about the channels: the right function refuses that."
)(lambda: _made(w=np.ones((4, 2, 3, 2))))
one_of_each = misconception(
    "exposing_conv2d",
    "With one image, one channel, one filter and one pixel, no axis can be taken for another.",
)(
    lambda: {
        "x": np.full((1, 1, 1, 1), 2.0),
        "w": np.full((1, 1, 1, 1), 3.0),
        "b": np.ones(1),
        "stride": (3, 2),
        "padding": (1, 3),
        "dilation": (2, 3),
    }
)


# Alternatives


@alternative("exposing_conv2d")
def other_sizes():
    rng = np.random.default_rng(11)
    x, w, b = (rng.uniform(-2, 2, size) for size in ((3, 2, 8, 11), (3, 2, 2, 3), 3))
    return {"x": x, "w": w, "b": b, "stride": (2, 3), "padding": (3, 1), "dilation": (3, 2)}


@alternative("exposing_conv2d")
def whole_numbers():
    x = np.arange(2 * 3 * 9 * 8.0).reshape(2, 3, 9, 8) ** 2 % 17
    w = np.arange(72.0).reshape(4, 3, 3, 2) ** 2 % 13 - 5
    options = {"stride": (3, 2), "padding": (1, 3), "dilation": (2, 3)}
    return {"x": x, "w": w, "b": np.array([1.0, -2.0, 5.0, 7.0]), **options}


@alternative("exposing_conv2d")
def options_as_lists():
    return _made(stride=[3, 2], padding=[1, 3], dilation=[2, 3])
