"""SmallLeNet: the table of section 4, and predict_small_lenet, its shapes by hand.

mistake                                   case that exposes it          check
----------------------------------------  ----------------------------  --------------------
a layer missing, other sizes, no bias     the parameters, in order      values_and_gradients
ReLU missing, softmax at the end          random weights of both signs  values_and_gradients
average pooling, pooling before ReLU      random images                 values_and_gradients
flattened in another order                random weights                values_and_gradients
batch mixed in                            one image at a time           each_image_alone
"""

import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_equal, case_rng, exercise, reference, requires, weight

from .networks import each_alone, expected_of, matches, new_case

rng = case_rng("SmallLeNet")
SHAPES = [(6, 1, 3, 3), (6,), (16, 6, 3, 3), (16,)]
SHAPES += [(120, 64), (120,), (84, 120), (84,), (10, 84), (10,)]
CASES = [new_case(rng, f"{n} images", (), SHAPES, (n, 1, 8, 8), (n, 10)) for n in (3, 1, 4)]


def small_lenet(parameters, buffers, x, training):
    w1, b1, w2, b2, *dense = parameters
    x = functional.max_pool2d(functional.conv2d(x, w1, b1, padding=1).clamp(min=0), 2)
    x = functional.conv2d(x, w2, b2).clamp(min=0).reshape(len(x), -1)
    for k in (0, 2):
        x = (x @ dense[k].T + dense[k + 1]).clamp(min=0)
    return x @ dense[4].T + dense[5]


@reference
def expected(case, device):
    return expected_of(small_lenet, case, device)


@exercise("SmallLeNet")
@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients(student, torch_device, case):
    """Has the table's parameters, in order, and agrees with the reference both ways."""
    matches(student, student.SmallLeNet, case, expected(case, torch_device))


@exercise("SmallLeNet")
@requires("test_values_and_gradients")
def test_each_image_alone(student, torch_device):
    """The logits of an image do not depend on the other images of its batch."""
    each_alone(student, student.SmallLeNet, CASES[0], expected(CASES[0], torch_device))


@reference
def traced():
    """The shapes that torch finds, and the number of parameters."""
    layers = [torch.nn.Conv2d(1, 6, 3, padding=1), torch.nn.MaxPool2d(2), torch.nn.Conv2d(6, 16, 3)]
    x, shapes = torch.zeros(1, 1, 8, 8), []
    for layer in layers:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    return shapes, x.numel(), sum(torch.Size(shape).numel() for shape in SHAPES)


PREDICTION = exercise("predict_small_lenet")


def _prediction(student):
    answer = student.predict_small_lenet()
    assert_equal(len(answer) if isinstance(answer, tuple | list) else 0, 3, name="its length")
    return answer


@PREDICTION
@weight(2)
def test_shapes(student):
    """The three shapes behind convolution, pooling and convolution."""
    shapes, _, _ = _prediction(student)
    assert_equal(shapes, traced()[0], name="the shapes")


@PREDICTION
def test_flat_length(student):
    """The length of the flattened maps."""
    assert_equal(_prediction(student)[1], traced()[1], name="the flat length")


@PREDICTION
def test_number_of_parameters(student):
    """The number of parameters of the whole network."""
    assert_equal(_prediction(student)[2], traced()[2], name="the number of parameters")
