"""output_layer: what each task gets, seen with stand-ins for sigmoid and softmax.

The stand-ins are the real functions in some cases, and in others functions whose results could come
from nowhere else, so that a home-made sigmoid is told from the one given.

mistake                                     case that exposes it         check
------------------------------------------  ---------------------------  ----------------------
softmax for labels or for one column        several columns, one         multilabel, binary
sigmoid for classes, for quantities         any                          multiclass, regression
ReLU or tanh for quantities                 negative numbers             regression
answers decided (0 or 1, argmax)            any                          binary, multiclass
both applied; the two swapped; home-made    stand-ins                    each
binary with two columns, multiclass with 1  2, 3, 1 and 0 columns        refuses_z
any task accepted                           "ranking", "Binary"          refuses_task
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

pytestmark = exercise("output_layer")
rng = case_rng("output_layer")
SIGMOID = "def sigmoid(z):\n    return 0.5 * (1.0 + np.tanh(0.5 * z))"
SOFTMAX = (
    "def softmax(z):\n"
    "    e = np.exp(z - z.max(axis=1, keepdims=True))\n"
    "    return e / e.sum(axis=1, keepdims=True)"
)
SHAPES = {"regression": (4, 3), "binary": (5, 1), "multiclass": (3, 4), "multilabel": (4, 2)}
STRAIGHT = "def sigmoid(z):\n    return 0.25 * z + 0.5"
RAISED = "def softmax(z):\n    return z + 3.0"


@dataclass(frozen=True, eq=False)
class Case:
    task: str
    z: np.ndarray

    def __str__(self):
        return f"{self.task} z{self.z.shape}"


FIXED = np.array([[2.0, -1.5, 0.5], [-3.0, 0.25, 4.0]])
CASES = {task: [Case(task, 2.0 * rng.normal(size=shape))] for task, shape in SHAPES.items()}
CASES["regression"] += [Case("regression", FIXED), Case("regression", FIXED[:, 1:2])]
CASES["binary"] += [Case("binary", FIXED[:, :1])]
CASES["multiclass"] += [Case("multiclass", FIXED), Case("multiclass", FIXED[:, :2])]
CASES["multilabel"] += [Case("multilabel", FIXED), Case("multilabel", FIXED[:, 1:2])]


@reference
def expected(case, device):
    z = torch.tensor(case.z, device=device)
    if case.task == "regression":
        return z
    return functional.softmax(z, dim=1) if case.task == "multiclass" else torch.sigmoid(z)


def _check(student, device, task):
    """With the real functions, and with stand-ins that show which of them was asked."""
    sigmoid, softmax = student.define(SIGMOID, "sigmoid"), student.define(SOFTMAX, "softmax")
    for case in CASES[task]:
        answers = student.output_layer(case.z, case.task, sigmoid, softmax)
        assert_close(answers, expected(case, device), name="the answers")
    sigmoid, softmax = student.define(STRAIGHT, "sigmoid"), student.define(RAISED, "softmax")
    z = CASES[task][0].z
    right = {"regression": z, "multiclass": z + 3.0}.get(task, 0.25 * z + 0.5)
    answers = student.output_layer(z, task, sigmoid, softmax)
    assert_close(answers, right, name="the answers, with other functions given")


def test_regression(student, torch_device):
    """Regression: answers with what the task asks for."""
    _check(student, torch_device, "regression")


def test_binary(student, torch_device):
    """Binary: answers with what the task asks for."""
    _check(student, torch_device, "binary")


def test_multiclass(student, torch_device):
    """Multiclass: answers with what the task asks for."""
    _check(student, torch_device, "multiclass")


def test_multilabel(student, torch_device):
    """Multilabel: answers with what the task asks for."""
    _check(student, torch_device, "multilabel")


@weight(0.5)
@requires("test_regression")
@pytest.mark.parametrize(
    "case",
    [
        Case("binary", FIXED),
        Case("binary", FIXED[:, :2]),
        Case("multiclass", FIXED[:, :1]),
        Case("binary", FIXED[:, :0]),
    ],
    ids=str,
)
def test_refuses_z(student, case):
    """Raises ValueError naming z when its columns do not suit the task."""
    sigmoid, softmax = student.define(SIGMOID, "sigmoid"), student.define(SOFTMAX, "softmax")
    with student.raises(ValueError, match=r"\bz\b"):
        student.output_layer(case.z, case.task, sigmoid, softmax)


@weight(0.5)
@requires("test_regression")
@pytest.mark.parametrize("task", ["ranking", "Binary", "multi"])
def test_refuses_task(student, task):
    """Raises ValueError naming task for any other task."""
    sigmoid, softmax = student.define(SIGMOID, "sigmoid"), student.define(SOFTMAX, "softmax")
    for z in (FIXED, FIXED[:, :1]):
        with student.raises(ValueError, match=r"\btask\b"):
            student.output_layer(z, task, sigmoid, softmax)
