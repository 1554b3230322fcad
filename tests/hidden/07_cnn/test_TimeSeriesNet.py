"""TimeSeriesNet: series of any length, in both modes, forwards and backwards.

mistake                                      case that exposes it           check
-------------------------------------------  -----------------------------  ------------------
reshape for a transposition, no transpose    T != D, and T = D              in_evaluation
padding missing, on one side                 T from 1 to 9                  in_evaluation
sum, maximum, last step for the mean         random values                  in_evaluation
mean over channels, before the ReLU          random values                  in_evaluation
kernels or widths in another order           parameters, in order           in_evaluation
norm or ReLU missing, in another order       random gamma, beta             in_evaluation
a fixed length                               four lengths                   in_evaluation
width ignored, another default               3, 5 and none given            in_evaluation
softmax at the end                           logits of both signs           in_evaluation
statistics not moved, over the wrong axes    buffers after training         in_training
"""

import pytest
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

from .networks import batch_norm, each_alone, expected_of, input_after, matches, new_case

pytestmark = exercise("TimeSeriesNet")
rng = case_rng("TimeSeriesNet")


def _case(n, t, d, k, *, width=None, training=False):
    w = width or 16
    shapes = []
    for i, o, kernel in ((d, w, 7), (w, 2 * w, 5), (2 * w, w, 3)):
        shapes += [(o, i, kernel), (o,), (o,), (o,)]
    shapes += [(k, w), (k,)]
    options = {"width": width} if width else {}
    mode = "training" if training else "evaluation"
    return new_case(
        rng, f"x({n}, {t}, {d}), {k} classes, {mode}", (d, k), shapes, (n, t, d), (n, k),
        norms=(w, 2 * w, w), training=training, **options,
    )  # fmt: skip


EVALUATION = [
    _case(2, 9, 3, 4, width=5),
    _case(3, 6, 6, 2, width=3),  # T = D: without a transposition there is no error
    _case(2, 4, 5, 3, width=4),
    _case(3, 1, 2, 3, width=3),
    _case(2, 5, 1, 2),
]
TRAINING = [_case(3, 8, 2, 3, width=3, training=True), _case(4, 5, 4, 2, width=2, training=True)]


def network(parameters, buffers, x, training):
    h = x.permute(0, 2, 1)
    for k, padding in enumerate((3, 2, 1)):
        weight, bias, *affine = parameters[4 * k : 4 * k + 4]
        h = functional.conv1d(h, weight, bias, padding=padding)
        h = batch_norm(h, affine, buffers[3 * k : 3 * k + 3], training).clamp(min=0)
    return functional.linear(h.sum(dim=-1) / h.shape[-1], *parameters[12:])


@reference
def expected(case, device):
    return expected_of(network, case, device)


@weight(3)
@pytest.mark.parametrize("case", EVALUATION, ids=str)
def test_in_evaluation(student, torch_device, case):
    """Has the table's parameters, and agrees with the reference for several lengths."""
    matches(student, student.TimeSeriesNet, case, expected(case, torch_device))


@pytest.mark.parametrize("case", TRAINING, ids=str)
def test_in_training(student, torch_device, case):
    """In training the statistics are those of the batch, and the running ones move."""
    matches(student, student.TimeSeriesNet, case, expected(case, torch_device))


@requires("test_in_evaluation")
def test_each_series_alone(student, torch_device):
    """The logits of a series do not depend on the other series, and it is left unchanged."""
    case = EVALUATION[0]
    each_alone(student, student.TimeSeriesNet, case, expected(case, torch_device))
    assert_close(input_after(student, student.TimeSeriesNet, case), case.x, name="the series")
