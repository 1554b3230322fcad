"""equivariance_error: against the definition by loops, on layers that move along or don't.

mistake                                  case that exposes it              check
---------------------------------------  --------------------------------  ------------------
pixels wrap or are repeated at the edge  layer that adds far pixels        measures
axes of the shift swapped, or its sign   (1, 2), (0, 3)                    measures
averaged, squared, summed, relative      layer with a weight per position  measures
output not moved, or border included     (2, 1)                            measures
output moved by pixels                   stride 3                          stride
an error where there is none             shift (0, 0), (2, 4)              equivariant_layers
negative shifts or fractions accepted    (-1, 0), (1, 2) at stride 2       refuses_shifts
"""

from dataclasses import dataclass

import numpy as np
import pytest

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("equivariance_error")

# Layers are sent to the student's kernel as text. The first two are equivariant.
LAYERS = {
    "difference": "def layer(image):\n    return 2 * image[1:, 2:] - image[:-1, :-2]",
    "subsample": "def layer(image):\n    return image[::2, ::2] ** 2",
    "position": "def layer(image):\n"
    "    return image * [[1 + i + j * j for j in range(image.shape[1])]"
    " for i in range(image.shape[0])]",
    "centred": "def layer(image):\n    return image - image.mean()",
    "wraps": "import numpy as np\n\n\n"
    "def layer(image):\n    return image + 2 * np.roll(image, (-1, -2), axis=(0, 1))",
    "coarse": "def layer(image):\n    return image[::3, ::3] - image.mean()",
    "narrow": "def layer(image):\n    return image[:-1, 3:] * image.sum()",
}


@dataclass(frozen=True, eq=False)
class Case:
    layer: str
    x: np.ndarray
    shift: tuple
    stride: int = 1

    def __str__(self):
        return f"{self.layer} x{self.x.shape} shift={self.shift} stride={self.stride}"


rng = case_rng("equivariance_error")


def _case(layer, shape, shift, stride=1):
    return Case(layer, rng.normal(0.5, 1.0, size=shape), shift, stride)


UNIT = [
    _case("position", (5, 7), (1, 2)),
    _case("position", (6, 4), (2, 0)),
    _case("centred", (5, 6), (2, 1)),
    _case("wraps", (6, 5), (1, 2)),
    _case("wraps", (5, 7), (0, 3)),
    _case("narrow", (6, 8), (2, 1)),
    _case("subsample", (7, 8), (1, 1)),
    Case("centred", 10 + np.arange(42.0).reshape(6, 7), (1, 1)),  # under any secret
]
STRIDED = [
    _case("coarse", (10, 12), (3, 6), 3),
    _case("coarse", (9, 11), (6, 0), 3),
    _case("subsample", (9, 8), (0, 6), 3),
    Case("coarse", np.arange(117.0).reshape(9, 13), (3, 6), 3),  # under any secret
]
EXACT = [
    _case("difference", (6, 7), (2, 1)),
    _case("difference", (5, 8), (0, 3)),
    _case("subsample", (8, 9), (2, 4), 2),
    _case("position", (5, 4), (0, 0)),
]


@reference
def expected(case):
    scope = {}
    exec(LAYERS[case.layer], scope)
    (dy, dx), s = case.shift, case.stride
    moved = np.zeros_like(case.x)
    for i, j in np.ndindex(case.x.shape):
        if i >= dy and j >= dx:
            moved[i, j] = case.x[i - dy, j - dx]
    before, after = scope["layer"](case.x), scope["layer"](moved)
    rows, columns = before.shape
    return max(
        float(abs(after[i + dy // s, j + dx // s] - before[i, j]))
        for i in range(rows - dy // s)
        for j in range(columns - dx // s)
    )


def _matches(student, case):
    layer = student.define(LAYERS[case.layer], "layer")
    options = {} if case.stride == 1 else {"stride": case.stride}
    error = student.equivariance_error(layer, case.x, case.shift, **options)
    if isinstance(error, int):  # max(0, 0.0) is an int
        error = float(error)
    assert_close(error, expected(case), name="the error")


@weight(3)
@pytest.mark.parametrize("case", UNIT, ids=str)
def test_measures(student, case):
    """Measures the largest difference for layers that do not move along, different on each axis."""
    _matches(student, case)


@weight(2)
@pytest.mark.parametrize("case", STRIDED, ids=str)
def test_stride(student, case):
    """Moves the output by shift / stride when the layer has a stride."""
    _matches(student, case)


@requires("test_measures")
@pytest.mark.parametrize("case", EXACT, ids=str)
def test_equivariant_layers(student, case):
    """Gives 0 for layers that are equivariant, and for no move at all."""
    _matches(student, case)


REFUSED = [((-1, 0), 1), ((0, -2), 2), ((1, 2), 2), ((4, 3), 2), ((1, 3), 2)]


@requires("test_measures")
@pytest.mark.parametrize(("shift", "stride"), REFUSED, ids=str)
def test_refuses_shifts(student, shift, stride):
    """Raises ValueError naming shift when it is negative or not a multiple of the stride."""
    layer = student.define(LAYERS["subsample"], "layer")
    with student.raises(ValueError, match=r"\bshift\b"):
        student.equivariance_error(layer, EXACT[2].x, shift, stride=stride)
