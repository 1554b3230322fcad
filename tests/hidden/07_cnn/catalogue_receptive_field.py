"""receptive_field and exposing_layers: known wrong answers, and right ones.

The wrong fields are also what a student's `exposing_layers` is tried on.
"""

import math

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "receptive_field"


def _refuse(layers):
    for layer in layers:
        if min(layer) < 1:
            raise ValueError(f"layers has the entry {layer}, expected numbers of 1 or more")


def _field(
    *,
    refuse=_refuse,
    order=list,
    start=1,
    grows=lambda k, s, d, j: (k - 1) * d * j,
    jumps=lambda k, s, d, j: j * s,
    jump_first=False,
    answer=lambda size, jump: size,
):
    """A right field in steps; each keyword puts another step in its place."""

    def receptive_field(layers):
        refuse(layers)
        size, jump = start, 1
        for k, s, d in order(layers):
            if jump_first:
                jump = jumps(k, s, d, jump)
            size += grows(k, s, d, jump)
            if not jump_first:
                jump = jumps(k, s, d, jump)
        return answer(size, jump)

    return receptive_field


def _wrong(message, **steps):
    return misconception(NAME, message)(_field(**steps))


# Misconceptions: the jump

jump_of_the_last_layer = _wrong(
    "Your jump is the stride of the layer before. Strides multiply over all layers before.",
    jumps=lambda k, s, d, j: s,
)
own_stride_counted = _wrong(
    "A layer's own stride widens its own field in your result. It widens those of later layers.",
    jump_first=True,
)
strides_ignored = _wrong(
    "Strides are not used: the growth is multiplied by those of all layers before.",
    jumps=lambda *_: 1,
)
strides_added = _wrong(
    "Your strides are added up. They multiply.", jumps=lambda k, s, d, j: j + s - 1
)
strides_summed = _wrong("Your jump is the sum of strides, from 1.", jumps=lambda k, s, d, j: j + s)
dilation_in_the_jump = _wrong(
    "Your jump grows with the dilation too. Dilation spreads one kernel; it moves no output.",
    jumps=lambda k, s, d, j: j * s * d,
)
kernel_in_the_jump = _wrong(
    "Your jump grows with the kernel. It grows with the stride.", jumps=lambda k, s, d, j: j * k
)
stride_of_this_layer = _wrong(
    "You multiplied with the layer's own stride instead of the jump of the layers before.",
    grows=lambda k, s, d, j: (k - 1) * d * s,
)

# Misconceptions: the growth

dilation_ignored = _wrong(
    "The dilation is not used: a kernel of k spans (k - 1) d + 1.",
    grows=lambda k, s, d, j: (k - 1) * j,
)
kernel_for_kernel_less_one = _wrong(
    "You added k, not k - 1, for each layer: the first pixel is already there.",
    grows=lambda k, s, d, j: k * d * j,
)
dilation_added = _wrong(
    "You added the dilation to the kernel. It multiplies the gaps: (k - 1) d.",
    grows=lambda k, s, d, j: (k - 1 + d - 1) * j,
)
dilation_of_the_whole_kernel = _wrong(
    "Your dilated kernel spans k d. It spans (k - 1) d + 1.",
    grows=lambda k, s, d, j: (k * d - 1) * j,
)
gaps_of_d = _wrong(
    "You put d pixels between neighbouring weights. A dilation of d means d pixels apart.",
    grows=lambda k, s, d, j: (k - 1) * (d + 1 if d > 1 else 1) * j,
)
# Misconceptions: the loop

reversed_layers = _wrong(
    "You went from the last layer to the first with the formula for first to last.",
    order=lambda layers: list(layers)[::-1],
)
starts_at_zero = _wrong("Your field starts at 0. Before any layer a pixel sees itself: 1.", start=0)
last_layer_missing = _wrong("The last layer is left out.", order=lambda layers: layers[:-1])
first_layer_missing = _wrong("The first layer is left out.", order=lambda layers: layers[1:])
jump_returned = _wrong("You returned the jump.", answer=lambda size, jump: jump)
squared = _wrong("You returned the area; one axis is asked.", answer=lambda size, jump: size**2)
with_the_jump = _wrong(
    "You added the jump at the end. The field is the size alone.",
    answer=lambda size, jump: size + jump - 1,
)


@misconception(NAME, "You multiplied the kernels. Fields grow by sums.")
def product_of_kernels(layers):
    _refuse(layers)
    return math.prod((k - 1) * d + 1 for k, s, d in layers)


@misconception(NAME, "You took the largest kernel's span. All layers add to the field.")
def widest_layer(layers):
    _refuse(layers)
    return max(((k - 1) * d + 1 for k, s, d in layers), default=1)


@misconception(NAME, "Stride and dilation are swapped: a layer is (kernel_size, stride, dilation).")
def stride_and_dilation_swapped(layers):
    return by_recursion([(k, d, s) for k, s, d in layers])


# Misconceptions: what is refused


def _unchecked(message, refuse):
    return _wrong(message, refuse=refuse)


def _refuse_where(*places, layers_of=lambda layers: layers):
    def refuse(layers):
        _refuse([[layer[k] for k in places] for layer in layers_of(layers)])

    return refuse


anything_accepted = _unchecked(
    "Numbers below 1 must raise a ValueError that names layers.", lambda layers: None
)
kernels_checked_only = _unchecked(
    "You check the kernel sizes only; strides and dilations must be 1 or more too.",
    _refuse_where(0),
)
dilation_unchecked = _unchecked("You do not check the dilations.", _refuse_where(0, 1))
stride_unchecked = _unchecked("You do not check the strides.", _refuse_where(0, 2))
kernel_unchecked = _unchecked("You do not check the kernel sizes.", _refuse_where(1, 2))
first_layer_checked_only = _unchecked(
    "You check the first layer only.",
    _refuse_where(0, 1, 2, layers_of=lambda layers: layers[:1]),
)


def _refuse_negative(layers):
    for layer in layers:
        if min(layer) < 0:
            raise ValueError(f"layers has the entry {layer}")


zero_accepted = _unchecked("0 is accepted; the numbers are 1 or more.", _refuse_negative)
REFUSALS = {
    "anything_accepted",
    "kernels_checked_only",
    "dilation_unchecked",
    "stride_unchecked",
    "kernel_unchecked",
    "first_layer_checked_only",
    "zero_accepted",
}

# Alternatives


@alternative(NAME)
def by_recursion(layers):
    """From the last layer: a field of n values is (n - 1) s + (k - 1) d + 1 values before it."""
    _refuse(layers)
    size = 1
    for k, s, d in list(layers)[::-1]:
        size = (size - 1) * s + (k - 1) * d + 1
    return size


@alternative(NAME)
def by_sums(layers):
    table = np.array(layers, dtype=np.int64).reshape(-1, 3)
    if np.any(table < 1):
        raise ValueError(f"layers {layers}: a number is below 1")
    kernel, stride, dilation = table.T
    jumps = np.cumprod(np.concatenate([[1], stride[:-1]])) if len(table) else kernel
    return int(1 + np.sum((kernel - 1) * dilation * jumps))


@alternative(NAME)
def by_sets(layers):
    """The inputs that one output sees, as a set."""
    _refuse(layers)
    seen = {0}
    for k, s, d in reversed(layers):
        seen = {place * s + u * d for place in seen for u in range(k)}
    return max(seen) - min(seen) + 1


# exposing_layers: inputs that hide faults, and good ones


def _hiding(message, layers):
    @misconception("exposing_layers", message)
    def exposing_layers():
        return layers

    return exposing_layers


nothing_at_all = _hiding("An empty list shows almost nothing: no layer, no fault.", [])
one_layer = _hiding("One layer hides everything that accumulates from layer to layer.", [(3, 2, 2)])
two_layers = _hiding(
    "With two layers the stride of the layer before is the whole jump: use three or more.",
    [(3, 2, 3), (4, 3, 2)],
)
strides_of_one = _hiding(
    "Strides of 1 hide every mistake with the jump.", [(3, 1, 2), (5, 1, 3), (2, 1, 4)]
)
dilations_of_one = _hiding(
    "Dilations of 1 hide every mistake with the dilation.", [(3, 2, 1), (4, 3, 1), (2, 5, 1)]
)
all_alike = _hiding("Equal layers hide their order, and equal numbers hide swaps.", [(2, 2, 2)] * 4)
kernels_of_one = _hiding(
    "Kernels of 1 see nothing beside them: the field stays 1.", [(1, 2, 3), (1, 3, 2), (1, 2, 2)]
)
stride_at_the_end_only = _hiding(
    "A stride in the last layer alone changes no field.", [(3, 1, 2), (4, 1, 3), (2, 5, 2)]
)
zeros = _hiding("The right function refuses these layers: numbers are 1 or more.", [(3, 0, 1)] * 3)
a_number = _hiding("Return a list of layers, not a number.", 5)
too_large = _hiding("Keep the numbers at 100 or below.", [(3, 2, 3), (400, 3, 2), (2, 5, 4)])


@alternative("exposing_layers")
def three_layers():
    return [(3, 2, 3), (4, 3, 2), (5, 2, 4)]


@alternative("exposing_layers")
def as_lists():
    return [[5, 3, 2], [2, 2, 5], [4, 4, 3], [3, 2, 2]]
