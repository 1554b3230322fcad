"""LeNet5: the table's parameters, values, and gradients for any number of classes.

mistake                                     case that exposes it           check
------------------------------------------  -----------------------------  --------------------
padding missing or at both convolutions     the parameters, in order       values_and_gradients
layers in a list, swapped, without bias     the parameters, in order       values_and_gradients
ReLU missing, tanh, average pooling         random weights of both signs   values_and_gradients
softmax, ReLU at the end                    logits of both signs           values_and_gradients
flattened in another order                  random weights                 values_and_gradients
classes ignored, another default            3 classes, none given          values_and_gradients
batch mixed in                              one image at a time            each_image_alone
input changed, dropout added                the input afterwards           leaves_its_input
"""

import pytest
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

from .networks import each_alone, expected_of, input_after, matches, new_case

pytestmark = exercise("LeNet5")
rng = case_rng("LeNet5")


def _case(n, *arguments, **options):
    classes = (*arguments, *options.values(), 10)[0]
    shapes = [(6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,)]
    shapes += [(classes, 84), (classes,)]
    label = f"{n} images, {classes} classes"
    return new_case(rng, label, arguments, shapes, (n, 1, 28, 28), (n, classes), **options)


CASES = [_case(2), _case(3, 3), _case(1, classes=7), _case(5)]


def lenet(parameters, buffers, x, training):
    w1, b1, w2, b2, *dense = parameters
    x = functional.max_pool2d(functional.conv2d(x, w1, b1, padding=2).clamp(min=0), 2)
    x = functional.max_pool2d(functional.conv2d(x, w2, b2).clamp(min=0), 2).reshape(len(x), -1)
    for k in (0, 2):
        x = (x @ dense[k].T + dense[k + 1]).clamp(min=0)
    return x @ dense[4].T + dense[5]


@reference
def expected(case, device):
    return expected_of(lenet, case, device)


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients(student, torch_device, case):
    """Has the table's parameters, in order, and agrees with the reference both ways."""
    matches(student, student.LeNet5, case, expected(case, torch_device))


@requires("test_values_and_gradients")
def test_each_image_alone(student, torch_device):
    """The logits of an image do not depend on the other images of its batch."""
    each_alone(student, student.LeNet5, CASES[0], expected(CASES[0], torch_device))


@requires("test_values_and_gradients")
def test_leaves_its_input(student):
    """The images that were passed are unchanged afterwards."""
    assert_close(input_after(student, student.LeNet5, CASES[0]), CASES[0].x, name="the images")
