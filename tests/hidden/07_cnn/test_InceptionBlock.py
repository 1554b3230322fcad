"""InceptionBlock: four branches, their order, and one norm behind them.

mistake                                      case that exposes it           check
-------------------------------------------  -----------------------------  ------------------
branches missing or in another order         random weights                 in_evaluation
bottleneck missing, one for each branch      parameters, in order           in_evaluation
pooled branch from the bottleneck            C != w, and C = w              in_evaluation
average pooling, zero padding of the pool    negative inputs                in_evaluation
norm per branch, ReLU missing or before      random gamma, beta             in_evaluation
kernels other than 5, 9, 19, cut lengths     T from 3 to 11                 in_evaluation
joined along time or summed                  shapes, values                 in_evaluation
statistics not moved                         buffers after training         in_training
"""

import pytest
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

from .networks import batch_norm, expected_of, input_after, matches, new_case

pytestmark = exercise("InceptionBlock")
rng = case_rng("InceptionBlock")


def _case(n, c, t, *, width=None, training=False):
    w = width or 8
    shapes = [(w, c, 1), (w, w, 5), (w, w, 9), (w, w, 19), (w, c, 1), (4 * w,), (4 * w,)]
    arguments = (c,) if width is None else (c, width)
    label = f"x({n}, {c}, {t}), width {w}, {'training' if training else 'evaluation'}"
    return new_case(
        rng, label, arguments, shapes, (n, c, t), (n, 4 * w, t), norms=(4 * w,), training=training
    )


EVALUATION = [
    _case(2, 3, 11, width=2),
    _case(3, 4, 7, width=4),  # C = w: the pooled branch may start at the wrong place
    _case(1, 2, 3, width=3),
    _case(2, 1, 5),
]
TRAINING = [_case(3, 2, 6, width=3, training=True)]


def block(parameters, buffers, x, training):
    bottleneck, five, nine, nineteen, pooled, *affine = parameters
    narrow = functional.conv1d(x, bottleneck)
    h = [
        functional.conv1d(narrow, k, padding=(k.shape[2] - 1) // 2) for k in (five, nine, nineteen)
    ]
    largest = functional.pad(x, (1, 1), value=float("-inf")).unfold(2, 3, 1).amax(dim=3)
    h.append(functional.conv1d(largest, pooled))
    stacked = functional.pad(h[0], (0, 0, 0, 3 * len(five)))
    for k, branch in enumerate(h[1:], start=1):
        stacked = stacked + functional.pad(branch, (0, 0, k * len(five), (3 - k) * len(five)))
    return batch_norm(stacked, affine, buffers, training).clamp(min=0)


@reference
def expected(case, device):
    return expected_of(block, case, device)


@weight(3)
@pytest.mark.parametrize("case", EVALUATION, ids=str)
def test_in_evaluation(student, torch_device, case):
    """Has the table's parameters, in order, and agrees with the reference both ways."""
    matches(student, student.InceptionBlock, case, expected(case, torch_device))


@pytest.mark.parametrize("case", TRAINING, ids=str)
def test_in_training(student, torch_device, case):
    """In training the statistics are those of the batch, and the running ones move."""
    matches(student, student.InceptionBlock, case, expected(case, torch_device))


@requires("test_in_evaluation")
def test_leaves_its_input(student):
    """The tensor that was passed is unchanged afterwards."""
    case = EVALUATION[0]
    assert_close(input_after(student, student.InceptionBlock, case), case.x, name="the input")
