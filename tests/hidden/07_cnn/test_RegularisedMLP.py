"""RegularisedMLP: order and number of layers in both modes, and what dropout does.

mistake                                     case that exposes it           check
------------------------------------------  -----------------------------  --------------------
batch norm missing, behind the last layer   parameters, in order           in_evaluation
batch norm behind the ReLU, ReLU missing    random gamma, beta             in_evaluation
one batch norm for two layers               equal hidden widths            in_evaluation
statistics of the batch in evaluation       random running statistics      in_evaluation
running statistics not moved                the buffers afterwards         in_training
dropout ignored, swapped, active always     p = 0.3 and 0.2 by default     dropout
dropout before the norm or the last output  large beta, a bias of 1        dropout
"""

from itertools import pairwise

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, weight

from .networks import KEEPS, Case, batch_norm, expected_of, kernel_of, matches, modules_of, new_case

pytestmark = exercise("RegularisedMLP")
rng = case_rng("RegularisedMLP")


def _case(*sizes, n, training):
    shapes = [s for i, o in pairwise(sizes[:-1]) for s in ((o, i), (o,), (o,), (o,))]
    shapes += [(sizes[-1], sizes[-2]), (sizes[-1],)]
    label = "-".join(map(str, sizes)) + (", training" if training else ", evaluation")
    x, y = (n, sizes[0]), (n, sizes[-1])
    options = {"dropout": 0.0 if training else 0.4}
    norms = sizes[1:-1]
    return new_case(rng, label, (sizes,), shapes, x, y, norms=norms, training=training, **options)


EVALUATION = [
    _case(4, 6, 5, 3, n=7, training=False),
    _case(3, 4, 4, 2, n=6, training=False),
    _case(5, 2, n=4, training=False),
    _case(7, 3, 1, n=1, training=False),
]
TRAINING = [
    _case(4, 6, 5, 3, n=7, training=True),
    _case(3, 4, 4, 2, n=6, training=True),
    _case(7, 3, 1, n=5, training=True),
]


def compute(parameters, buffers, x, training):
    blocks = len(parameters) // 4
    for k in range(blocks):
        weight, bias, gamma, beta = parameters[4 * k : 4 * k + 4]
        statistics = buffers[3 * k : 3 * k + 3]
        x = batch_norm(x @ weight.T + bias, (gamma, beta), statistics, training)
        x = torch.clamp(x, min=0)
    weight, bias = parameters[4 * blocks :]
    return x @ weight.T + bias


@reference
def expected(case, device):
    return expected_of(compute, case, device)


@weight(2)
@pytest.mark.parametrize("case", EVALUATION, ids=str)
def test_in_evaluation(student, torch_device, case):
    """In evaluation: running statistics, nothing dropped, the layers in order."""
    matches(student, student.RegularisedMLP, case, expected(case, torch_device))


@pytest.mark.parametrize("case", TRAINING, ids=str)
def test_in_training(student, torch_device, case):
    """In training without dropout: the batch's statistics, and the running ones move."""
    matches(student, student.RegularisedMLP, case, expected(case, torch_device))


WIDTH = 160
SAMPLES = 9


def _transparent():
    """A net whose last layer shows the hidden units: identity and a bias of 1; beta is large."""
    parameters = [rng.normal(size=(WIDTH, 3)), rng.normal(size=WIDTH), np.full(WIDTH, 0.5)]
    parameters += [np.full(WIDTH, 6.0), np.eye(WIDTH), np.ones(WIDTH)]
    x, sizes = rng.normal(size=(SAMPLES, 3)), (3, WIDTH, WIDTH)
    buffers = [np.zeros(WIDTH), np.ones(WIDTH), np.array(0)]
    return Case("wide", (sizes,), parameters, x, np.ones((SAMPLES, WIDTH)), buffers, {}, True)


WIDE = _transparent()


@pytest.mark.parametrize("options", [{"dropout": 0.3}, {}, {"dropout": 0.7}], ids=str)
def test_dropout(student, torch_device, options):
    """In training, each hidden unit is dropped with that probability, and the others are scaled."""
    p = options.get("dropout", 0.2)
    modules, kernel = modules_of(student), kernel_of(student, KEEPS, "Keeps")
    net = student.RegularisedMLP(*WIDE.arguments, **options)
    modules.load(net, WIDE.parameters, buffers=WIDE.buffers, training=True)
    kernel.seed(7)
    hidden = modules.output(net, WIDE.x)
    whole = expected(WIDE, torch_device).y - 1.0
    expect(np.shape(hidden) == whole.shape, "the output has another shape", value=np.shape(hidden))
    hidden = hidden - 1.0
    dropped = np.abs(hidden) < 1e-12
    assert_close(hidden, np.where(dropped, 0.0, whole / (1 - p)), name="the hidden units")
    share, sigma = dropped.mean(), np.sqrt(p * (1 - p) / dropped.size)
    expect(abs(share - p) < 6 * sigma, "another share of the units is dropped", value=share)
    varied = dropped.mean(axis=0).std() > 0 and dropped.mean(axis=1).std() > 0
    each_row = len({row.tobytes() for row in dropped})
    expect(varied and each_row == SAMPLES, "the same units are dropped", value=each_row)
