"""The device of the reference, and the names a hidden check file may import."""

import pytest
import torch

import gradlab.judge
from gradlab.errors import CourseError
from gradlab.judge import plugin

device = plugin.torch_device.__wrapped__


@pytest.mark.parametrize(
    ("wanted", "present", "found"),
    [
        (None, True, "cuda"),
        (None, False, "cpu"),
        ("auto", True, "cuda"),
        ("auto", False, "cpu"),
        ("cpu", True, "cpu"),
        ("cuda", True, "cuda"),
    ],
)
def test_the_device_follows_the_machine_unless_told(monkeypatch, wanted, present, found):
    monkeypatch.delenv("GRADLAB_DEVICE", raising=False)
    if wanted:
        monkeypatch.setenv("GRADLAB_DEVICE", wanted)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: present)
    assert device() == found


def test_a_device_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setenv("GRADLAB_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(CourseError, match="torch finds no GPU; set it to auto"):
        device()


def test_an_unknown_device_is_an_error(monkeypatch):
    monkeypatch.setenv("GRADLAB_DEVICE", "tpu")
    with pytest.raises(CourseError, match="GRADLAB_DEVICE is 'tpu'; set it to auto, cpu or cuda"):
        device()


def test_reduced_precision_is_off(monkeypatch):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    monkeypatch.setenv("GRADLAB_DEVICE", "cpu")
    device()
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


def test_all_that_is_promised_can_be_imported():
    for name in gradlab.judge.__all__:
        assert callable(getattr(gradlab.judge, name))
    assert sorted(gradlab.judge.__all__) == gradlab.judge.__all__
