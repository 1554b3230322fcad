"""The pytest plugin of hidden check files: markers and the device of the reference."""

import os

import pytest

from gradlab.errors import CourseError

DEVICE_VARIABLE = "GRADLAB_DEVICE"
MARKERS = (
    "exercise(name, few=''): the exercise that a check belongs to",
    "weight(value): the check's share of the points, relative to the others",
    "requires(check): run only if that check has passed",
)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, so that a misspelt one is an error."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.fixture(scope="session")
def torch_device() -> str:
    """Where the reference is computed, in float64 and with TF32 off."""
    return prepared_device()


def prepared_device() -> str:
    """The same, for checks that run without fixtures."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return reference_device()


def reference_device() -> str:
    """`$GRADLAB_DEVICE` (auto, cpu or cuda); auto takes the GPU when there is one."""
    import torch

    wanted = os.environ.get(DEVICE_VARIABLE, "auto")
    if wanted not in ("auto", "cpu", "cuda"):
        raise CourseError(f"${DEVICE_VARIABLE} is {wanted!r}; set it to auto, cpu or cuda")
    if wanted == "cuda" and not torch.cuda.is_available():
        raise CourseError(f"${DEVICE_VARIABLE} is cuda, but torch finds no GPU; set it to auto")
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return wanted
