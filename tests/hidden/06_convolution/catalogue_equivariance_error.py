"""equivariance_error: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

# The catalogue


def _refuse(shift, stride):
    if any(step < 0 or step % stride for step in shift):
        raise ValueError(f"shift is {shift}: expected multiples of {stride}, 0 or more")


def _moved(x, shift, **border):
    height, width = x.shape
    return np.pad(x, [(step, 0) for step in shift], **border)[:height, :width]


def _overlap(before, after, steps):
    """What `before` and the moved `after` have in common, as two arrays."""
    (down, right), (rows, columns) = steps, before.shape
    return before[: rows - down, : columns - right], after[down:, right:]


def _largest(one, other):
    return float(np.abs(one - other).max())


def _steps(shift, stride):
    return [step // stride for step in shift]


def _wrong(message, measure):
    @misconception("equivariance_error", message)
    def variant(layer, x, shift, *, stride=1):
        _refuse(shift, stride)
        return measure(layer, x, shift, stride)

    return variant


def _compared(compare, move=_moved):
    """Right but for how the maps are compared, or how the image is moved."""

    def measure(layer, x, shift, stride):
        return compare(*_overlap(layer(x), layer(move(x, shift)), _steps(shift, stride)))

    return measure


wraps_round = _wrong(
    "What left the image at one side came in at the other (np.roll). Zeros should come in.",
    _compared(_largest, lambda x, shift: np.roll(x, shift, axis=(0, 1))),
)
edge_comes_in = _wrong(
    "You repeated the border pixels where the moved image is new. Zeros should come in.",
    _compared(_largest, lambda x, shift: _moved(x, shift, mode="edge")),
)
shift_swapped = _wrong(
    "The two parts of shift are swapped: it is (down, right).",
    lambda layer, x, shift, stride: _compared(_largest)(layer, x, shift[::-1], stride),
)
image_moved_the_other_way = _wrong(
    "You moved the image by (right, down) but the output by (down, right).",
    _compared(_largest, lambda x, shift: _moved(x, shift[::-1])),
)
moved_up_and_left = _wrong(
    "You moved the image up and to the left. It should move down and to the right.",
    _compared(_largest, lambda x, shift: _moved(x[::-1, ::-1], shift)[::-1, ::-1]),
)
averaged = _wrong(
    "You took the mean difference. Return the largest.",
    _compared(lambda a, b: float(np.abs(a - b).mean())),
)
squared = _wrong(
    "You squared the differences. Return the largest absolute one.",
    _compared(lambda a, b: float(((a - b) ** 2).max())),
)
summed = _wrong(
    "You added up the differences. Return the largest.",
    _compared(lambda a, b: float(np.abs(a - b).sum())),
)
norm = _wrong(
    "You took the Euclidean norm of the difference. Return its largest absolute value.",
    _compared(lambda a, b: float(np.linalg.norm(a - b))),
)
without_absolute_value = _wrong(
    "A large negative difference counts as well: take absolute values before the maximum.",
    _compared(lambda a, b: float((a - b).max())),
)
without_absolute_value_reversed = _wrong(
    "A large negative difference counts as well: take absolute values, then the maximum.",
    _compared(lambda a, b: float((b - a).max())),
)
difference_of_largest = _wrong(
    "You subtracted the two largest values. Subtract the maps place by place first.",
    _compared(lambda a, b: float(abs(np.abs(a).max() - np.abs(b).max()))),
)
relative = _wrong(
    "You divided by the size of the output. Return the difference itself.",
    _compared(lambda a, b: float(np.abs(a - b).max() / np.abs(a).max())),
)
output_not_moved = _wrong(
    "You compared the two outputs at the same place. The output should have moved along.",
    lambda layer, x, shift, stride: _largest(layer(x), layer(_moved(x, shift))),
)
border_not_left_out = _wrong(
    "You also compared the rows and columns that came in new. Compare only what exists in both.",
    lambda layer, x, shift, stride: _largest(
        _moved(layer(x), _steps(shift, stride)), layer(_moved(x, shift))
    ),
)
border_left_out_twice = _wrong(
    "You left out a border on all sides. Only the rows above and the columns to the left are new.",
    lambda layer, x, shift, stride: _largest(
        *(
            part[: part.shape[0] - 1, : part.shape[1] - 1]
            for part in _overlap(layer(x), layer(_moved(x, shift)), _steps(shift, stride))
        )
    ),
)
output_moved_by_pixels = _wrong(
    "You moved the output by as much as the image. With a stride it moves by shift / stride.",
    lambda layer, x, shift, stride: _largest(*_overlap(layer(x), layer(_moved(x, shift)), shift)),
)
input_moved_by_steps = _wrong(
    "You moved the image by shift / stride. The shift is measured in pixels of the image.",
    lambda layer, x, shift, stride: _compared(_largest)(layer, x, _steps(shift, stride), 1),
)


def _never_refusing(layer, x, shift, stride):
    forward = [max(step, 0) for step in shift]
    return _compared(_largest)(layer, x, forward, stride)


@misconception(
    "equivariance_error",
    "A negative shift, or one that is not a multiple of the stride, must raise a "
    "ValueError that names shift.",
)
def any_shift_accepted(layer, x, shift, *, stride=1):
    return _never_refusing(layer, x, shift, stride)


@misconception(
    "equivariance_error",
    "A shift that is not a multiple of the stride must raise a ValueError that names shift.",
)
def fractions_accepted(layer, x, shift, *, stride=1):
    _refuse(shift, 1)
    return _never_refusing(layer, x, shift, stride)


@misconception("equivariance_error", "A negative shift must raise a ValueError that names shift.")
def negative_shift_accepted(layer, x, shift, *, stride=1):
    _refuse([abs(step) for step in shift], stride)
    return _never_refusing(layer, x, shift, stride)


# Alternatives


@alternative("equivariance_error")
def by_padding(layer, x, shift, *, stride=1):
    _refuse(shift, stride)
    return _compared(_largest)(layer, x, shift, stride)


@alternative("equivariance_error")
def by_rolling_and_erasing(layer, x, shift, *, stride=1):
    (dy, dx), moved = shift, np.roll(x, shift, axis=(0, 1))
    if dy % stride or dx % stride or dy < 0 or dx < 0:
        raise ValueError(f"bad shift {shift} for stride {stride}")
    moved[:dy] = 0
    moved[:, :dx] = 0
    down, right = dy // stride, dx // stride
    after = layer(moved)[down:, right:]
    before = layer(x)[: after.shape[0], : after.shape[1]]
    return np.max(np.abs(before - after))


@alternative("equivariance_error")
def by_loops(layer, x, shift, *, stride=1):
    _refuse(shift, stride)
    y, z = layer(x), layer(_moved(x, shift))
    worst = 0
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            k, m = i + shift[0] // stride, j + shift[1] // stride
            if k < z.shape[0] and m < z.shape[1]:
                worst = max(worst, abs(z[k, m] - y[i, j]))
    return worst
