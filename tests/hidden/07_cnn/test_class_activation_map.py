"""class_activation_map: sums over maps for one class each, enlarged.

mistake                                        case that exposes it             check
---------------------------------------------  -------------------------------  -----------------
another class's weights, the first label's     different labels                 same_size
the channels averaged, one map only            random features                  same_size
ReLU, scaling to 0 ... 1, softmax, bias        maps of both signs               same_size
pooled before, spread evenly                   random features                  same_size
size turned round                              H' != W'                         enlarged
nearest neighbour, align_corners, bicubic      factors 2, 3, and broken ones    enlarged
each axis by the same factor                   different factors                enlarged
a channel axis left                            shapes                           same_size
"""

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, reference, weight

pytestmark = exercise("class_activation_map")
rng = case_rng("class_activation_map")


class Case:
    def __init__(self, n, c, k, small, size, labels=None):
        self.features = rng.normal(size=(n, c, *small))
        self.weight = rng.normal(size=(k, c))
        self.labels = np.array(labels if labels else rng.permutation(k)[:n])
        self.size = size

    def __str__(self):
        return f"features {self.features.shape}, labels {self.labels.tolist()}, size {self.size}"


SAME = [
    Case(3, 4, 5, (2, 3), (2, 3)),
    Case(2, 3, 3, (4, 2), (4, 2), labels=[2, 0]),
    Case(4, 2, 6, (3, 3), (3, 3), labels=[5, 1, 1, 0]),
    Case(1, 5, 2, (2, 4), (2, 4), labels=[1]),
]
ENLARGED = [
    Case(2, 3, 4, (2, 3), (4, 6)),
    Case(3, 2, 5, (3, 2), (7, 9)),
    Case(2, 4, 3, (4, 4), (8, 5), labels=[1, 1]),
    Case(1, 2, 3, (2, 2), (3, 8), labels=[2]),
]


@reference
def expected(case, device):
    """By hand: (i + 1/2) / factor - 1/2 is where pixel i of the large map lies in the small one."""
    maps = np.array(
        [np.tensordot(case.weight[k], f, 1) for k, f in zip(case.labels, case.features)]
    )
    for axis, size in ((1, case.size[0]), (2, case.size[1])):
        old = maps.shape[axis]
        places = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
        low = np.minimum(places.astype(int), max(old - 2, 0))
        part = np.expand_dims(places - low, 1 if axis == 1 else 0)
        high = np.minimum(low + 1, old - 1)
        maps = (1 - part) * maps.take(low, axis) + part * maps.take(high, axis)
    return maps


def _maps(student, case):
    tensors = [torch.tensor(a) for a in (case.features, case.weight, case.labels)]
    return student.class_activation_map(*tensors, case.size)


@weight(3)
@pytest.mark.parametrize("case", SAME, ids=str)
def test_same_size(student, torch_device, case):
    """Each image's maps, weighted for its own class and summed."""
    assert_close(_maps(student, case), torch.tensor(expected(case, torch_device)), name="the maps")


@weight(2)
@pytest.mark.parametrize("case", ENLARGED, ids=str)
def test_enlarged(student, torch_device, case):
    """The maps are enlarged bilinearly, without aligning corners."""
    assert_close(_maps(student, case), torch.tensor(expected(case, torch_device)), name="the maps")
