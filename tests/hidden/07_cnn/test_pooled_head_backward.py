"""pooled_head_backward: the three gradients against autograd.

mistake                                       case that exposes it             check
--------------------------------------------  -------------------------------  ---------------
1 / (HW) missing, twice, of one axis          H != W, HW not N, C or K         dfeatures
weight transposed, not used                   K != C, and K = C                dfeatures
not spread over the pixels                    shapes                           dfeatures
upstream gradient ignored, averaged           random dlogits of both signs     all
dweight transposed, from sums, of one pixel   N != C != K                      dweight
dbias averaged, of one sample                 N > 1                            dbias
divided by N again                            N from 1 to 5                    all
order of the three                            shapes                           all
inputs changed                                inputs compared afterwards       all
"""

import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, weight

pytestmark = exercise("pooled_head_backward")
rng = case_rng("pooled_head_backward")


class Case:
    def __init__(self, n, c, height, width, k):
        self.features = rng.normal(size=(n, c, height, width)) + 0.5
        self.weight, self.bias = rng.normal(size=(k, c)), rng.normal(size=k)
        self.dlogits = rng.normal(size=(n, k))

    def __str__(self):
        return f"features {self.features.shape}, {len(self.bias)} classes"


CASES = [
    Case(3, 4, 2, 5, 6),
    Case(2, 3, 4, 4, 3),  # K = C: a transposed weight gives numbers and no error
    Case(5, 2, 3, 7, 4),
    Case(1, 5, 3, 2, 2),
    Case(4, 4, 1, 3, 4),  # N = C = K
]


@reference
def expected(case, device):
    arrays = (case.features, case.weight, case.bias)
    features, weight, bias = (torch.tensor(a, device=device, requires_grad=True) for a in arrays)
    pooled = torch.nn.functional.adaptive_avg_pool2d(features, 1).flatten(1)
    logits = torch.nn.functional.linear(pooled, weight, bias)
    upstream = torch.tensor(case.dlogits, device=device)
    return torch.autograd.grad(logits, (features, weight, bias), upstream)


def _gradients(student, case):
    cache = (torch.tensor(case.features), torch.tensor(case.weight))
    answer = student.pooled_head_backward(torch.tensor(case.dlogits), cache)
    three = isinstance(answer, tuple | list) and len(answer) == 3
    expect(three, "return three gradients", value=str(type(answer)))
    return answer


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_dfeatures(student, torch_device, case):
    """The gradient with respect to the maps, a number for each pixel."""
    right = expected(case, torch_device)[0]
    assert_close(_gradients(student, case)[0], torch.tensor(right), name="dfeatures")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dweight(student, torch_device, case):
    """The gradient with respect to the weight."""
    right = expected(case, torch_device)[1]
    assert_close(_gradients(student, case)[1], torch.tensor(right), name="dweight")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dbias(student, torch_device, case):
    """The gradient with respect to the bias."""
    right = expected(case, torch_device)[2]
    assert_close(_gradients(student, case)[2], torch.tensor(right), name="dbias")
