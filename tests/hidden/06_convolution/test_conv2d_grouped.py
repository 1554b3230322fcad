"""conv2d_grouped (stretch): against torch's groups, depthwise included."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("conv2d_grouped")


def _pair(value):
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    options: dict

    def __str__(self):
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        return f"x{self.x.shape} w{self.w.shape} {options}".strip()


rng = case_rng("conv2d_grouped")


def _case(image, kernel, **options):
    """Random values for an image (N, C, H, W) and filters (F, C / groups, kh, kw)."""
    return Case(
        rng.normal(size=image), rng.normal(size=kernel), rng.normal(size=kernel[0]), options
    )


GROUPS = [
    _case((2, 4, 5, 6), (6, 2, 3, 2), groups=2),
    _case((2, 6, 4, 5), (9, 2, 2, 3), groups=3),
    _case((1, 6, 5, 4), (4, 3, 2, 2), groups=2),
    _case((2, 3, 5, 6), (4, 3, 2, 3)),
]
DEPTHWISE = [
    _case((2, 3, 5, 6), (3, 1, 3, 2), groups=3),
    _case((1, 3, 6, 4), (6, 1, 2, 2), groups=3),
]
OPTIONS = [
    _case((2, 4, 9, 8), (4, 2, 3, 2), groups=2, stride=(3, 1), padding=(1, 2), dilation=(2, 3)),
    _case((1, 6, 6, 7), (6, 2, 2, 2), groups=3, stride=(1, 2), padding=(0, 1), dilation=(1, 3)),
]


@reference
def expected(case, device):
    x, w, b = (torch.tensor(a, device=device) for a in (case.x, case.w, case.b))
    return functional.conv2d(x, w, b, **case.options)


def _matches(student, device, case):
    y = student.conv2d_grouped(case.x, case.w, case.b, **case.options)
    assert_close(y, expected(case, device), name="y")


@weight(2)
@pytest.mark.parametrize("case", GROUPS, ids=str)
def test_groups(student, torch_device, case):
    """Joins each block of channels to its own block of filters, of another size or the same."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", DEPTHWISE, ids=str)
def test_depthwise(student, torch_device, case):
    """Gives every channel filters of its own when there are as many groups as channels."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", OPTIONS, ids=str)
def test_options(student, torch_device, case):
    """Uses stride, padding and dilation in every group."""
    _matches(student, torch_device, case)


@requires("test_groups")
@pytest.mark.parametrize(("channels", "filters"), [(3, 4), (4, 3)], ids=str)
def test_refuses_groups(student, channels, filters):
    """Raises ValueError naming groups when it does not divide the channels and the filters."""
    x, w = np.ones((1, channels, 4, 5)), np.ones((filters, 2, 2, 2))
    with student.raises(ValueError, match=r"\bgroups\b"):
        student.conv2d_grouped(x, w, np.zeros(filters), groups=2)


# The catalogue: `Call` is a right grouped convolution; its arguments can be falsified


@dataclass
class Call:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    s: tuple
    p: tuple
    d: tuple
    groups: int

    def windows(self):
        """What each kernel value sees: (N, C, kh, kw, H', W')."""
        x = np.pad(self.x, [(p, p) for p in (0, 0, *self.p)])
        (kh, kw), (sh, sw), (dh, dw) = self.w.shape[2:], self.s, self.d
        rows = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
        columns = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
        down = np.arange(kh)[:, None, None, None] * dh + np.arange(rows)[:, None] * sh
        right = np.arange(kw)[:, None, None] * dw + np.arange(columns) * sw
        return x[:, :, down, right]

    def parts(self):
        """Each group's output without bias, in order."""
        windows = np.split(self.windows(), self.groups, axis=1)
        filters = np.split(self.w, self.groups)
        return [np.einsum("ncuvij,fcuv->nfij", one, two) for one, two in zip(windows, filters)]

    def y(self, **changes):
        call = replace(self, **changes)
        return np.concatenate(call.parts(), axis=1) + call.b[:, None, None]


def _call(x, w, b, stride, padding, dilation, groups):
    if x.shape[1] % groups or len(w) % groups:
        raise ValueError(f"groups is {groups}: expected a divisor of {x.shape[1]} and {len(w)}")
    return Call(x, w, b, _pair(stride), _pair(padding), _pair(dilation), groups)


def _wrong(message, compute):
    @misconception("conv2d_grouped", message)
    def variant(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
        return compute(_call(x, w, b, stride, padding, dilation, groups))

    return variant


def _interleaved(array, groups, axis):
    """Block order to strided order along an axis: member m of group g comes to g + m * groups."""
    size = array.shape[axis]
    return np.take(array, np.arange(size).reshape(-1, groups).T.ravel(), axis=axis)


channels_interleaved = _wrong(
    "You dealt the channels out in turn, like cards. A group is a block of consecutive channels.",
    lambda c: c.y(x=_interleaved(c.x, c.groups, 1)),
)
filters_interleaved = _wrong(
    "You dealt the filters out in turn, like cards. A group is a block of consecutive filters.",
    lambda c: np.stack(c.parts(), axis=2).reshape(c.y().shape) + c.b[:, None, None],
)
first_channels_for_all = _wrong(
    "Every group sees the first block of channels. Group g sees block g.",
    lambda c: c.y(x=np.tile(c.x[:, : c.w.shape[1]], (1, c.groups, 1, 1))),
)
first_filters_for_all = _wrong(
    "Every group uses the filters of the first one. Group g has filters of its own.",
    lambda c: c.y(w=np.tile(c.w[: len(c.w) // c.groups], (c.groups, 1, 1, 1))),
)
groups_ignored = _wrong(
    "Every filter sees all channels, its weights repeated. It should see its own group only.",
    lambda c: c.y(w=np.tile(c.w, (1, c.groups, 1, 1)), groups=1),
)
groups_added = _wrong(
    "You added the groups up. Their outputs stand one after the other.",
    lambda c: np.tile(sum(c.parts()), (1, c.groups, 1, 1)) + c.b[:, None, None],
)
groups_reversed = _wrong(
    "The groups' outputs are in reversed order.",
    lambda c: np.concatenate(c.parts()[::-1], axis=1) + c.b[:, None, None],
)
bias_missing = _wrong(
    "The bias is missing: add b[f] to every output of filter f.",
    lambda c: c.y(b=np.zeros_like(c.b)),
)
bias_of_the_first_group = _wrong(
    "Every group got the biases of the first one. Slice b like w.",
    lambda c: c.y(b=np.tile(c.b[: len(c.b) // c.groups], c.groups)),
)
bias_for_each_group = _wrong(
    "You added the biases once for each group. Add them once.",
    lambda c: c.y(b=c.b * c.groups),
)
flipped_kernel = _wrong(
    "Your kernel is flipped. Deep learning's convolution is a cross-correlation.",
    lambda c: c.y(w=c.w[:, :, ::-1, ::-1]),
)
stride_ignored = _wrong(
    "The stride is not used.",
    lambda c: c.y(s=(1, 1)),
)
padding_ignored = _wrong(
    "The padding is not used.",
    lambda c: c.y(p=(0, 0)),
)
dilation_ignored = _wrong(
    "The dilation is not used.",
    lambda c: c.y(d=(1, 1)),
)
pairs_swapped = _wrong(
    "Your pairs are read as (horizontal, vertical). They are (vertical, horizontal).",
    lambda c: c.y(s=c.s[::-1], p=c.p[::-1], d=c.d[::-1]),
)
first_group_only = _wrong(
    "Only the first group is in your output: it has F channels in all.",
    lambda c: c.parts()[0] + c.b[: len(c.w) // c.groups, None, None],
)


@misconception(
    "conv2d_grouped",
    "A number of groups that does not divide the channels or the filters must raise a "
    "ValueError that names groups.",
)
def any_groups_accepted(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    channels, filters = (size - size % groups for size in (w.shape[1] * groups, len(w)))
    x = np.resize(x, (len(x), channels, *x.shape[2:])) if channels != x.shape[1] else x
    return _call(x, w[:filters], b[:filters], stride, padding, dilation, groups).y()


# Alternatives


@alternative("conv2d_grouped")
def by_blocks(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    """One full convolution whose weights between different groups are zero."""
    c = _call(x, w, b, stride, padding, dilation, groups)
    full = np.zeros((len(w), x.shape[1], *w.shape[2:]))
    for f in range(len(w)):
        start = f * groups // len(w) * w.shape[1]
        full[f, start : start + w.shape[1]] = w[f]
    return c.y(w=full, groups=1)


@alternative("conv2d_grouped")
def filter_by_filter(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    windows = _call(x, w, b, stride, padding, dilation, groups).windows()
    size, y = w.shape[1], []
    for f, kernel in enumerate(w):
        group = f // (len(w) // groups)
        seen = windows[:, group * size : (group + 1) * size]
        y.append((seen * kernel[None, :, :, :, None, None]).sum(axis=(1, 2, 3)) + b[f])
    return np.stack(y, axis=1)


@alternative("conv2d_grouped")
def by_concatenation(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    return _call(x, w, b, stride, padding, dilation, groups).y()
