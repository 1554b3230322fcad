"""shifted: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch.nn import functional

from gradlab.judge import alternative, misconception


def _one(image, down, right):
    """One image (C, H, W) moved, by padding and cropping."""
    height, width = image.shape[1:]
    down = max(-height, min(height, down))
    right = max(-width, min(width, right))
    padded = functional.pad(image, (width, width, height, height))
    top, left = height - down, width - right
    return padded[:, top : top + height, left : left + width]


def _each(images, offsets, move):
    pairs = zip(images, offsets.tolist())
    return torch.stack([move(image, down, right) for image, (down, right) in pairs])


def _wrong(message, move=_one, *, pairs=lambda images, offsets: offsets):
    @misconception("shifted", message)
    def shifted(images, offsets):
        return _each(images, pairs(images, offsets), move)

    return shifted


# Misconceptions: directions

axes_swapped = _wrong(
    "Rows and columns are swapped: an offset is (rows down, columns to the right).",
    lambda image, down, right: _one(image, right, down),
)
both_turned = _wrong(
    "Your images move the other way: a positive offset means down, and to the right.",
    lambda image, down, right: _one(image, -down, -right),
)
up_for_down = _wrong(
    "A positive first offset moves your images up. It means down.",
    lambda image, down, right: _one(image, -down, right),
)
left_for_right = _wrong(
    "A positive second offset moves your images to the left. It means right.",
    lambda image, down, right: _one(image, down, -right),
)
rows_only = _wrong("Columns are not moved.", lambda image, down, right: _one(image, down, 0))
columns_only = _wrong("Rows are not moved.", lambda image, down, right: _one(image, 0, right))
absolute = _wrong(
    "Negative offsets move your images as positive ones do.",
    lambda image, down, right: _one(image, abs(down), abs(right)),
)
positive_only = _wrong(
    "Negative offsets are ignored: they mean up and left.",
    lambda image, down, right: _one(image, max(down, 0), max(right, 0)),
)
one_too_far = _wrong(
    "Your images move one pixel too far.",
    lambda image, down, right: _one(
        image, down + (down > 0) - (down < 0), right + (right > 0) - (right < 0)
    ),
)
not_moved = _wrong("Nothing is moved.", lambda image, down, right: image.clone())

# Misconceptions: what comes in

rolled = _wrong(
    "What leaves the image on one side comes in on the other (torch.roll). Zeros come in.",
    lambda image, down, right: image.roll((down, right), dims=(1, 2)),
)


def _edge(image, down, right):
    height, width = image.shape[1:]
    rows = (torch.arange(height) - down).clamp(0, height - 1)
    columns = (torch.arange(width) - right).clamp(0, width - 1)
    return image[:, rows][:, :, columns]


edge_repeated = _wrong("The border pixels are repeated. Zeros come in.", _edge)


def _half_rolled(image, down, right):
    rolled = image.roll((down, right), dims=(1, 2))
    if down > 0:
        rolled[:, :down] = 0
    elif down < 0:
        rolled[:, down:] = 0
    return rolled


columns_rolled = _wrong("Columns come round the edge; zeros should come in.", _half_rolled)


def _rows_rolled(image, down, right):
    rolled = image.roll((down, right), dims=(1, 2))
    if right > 0:
        rolled[:, :, :right] = 0
    elif right < 0:
        rolled[:, :, right:] = 0
    return rolled


rows_rolled = _wrong("Rows come round the edge; zeros should come in.", _rows_rolled)


def _not_cut_off(image, down, right):
    height, width = image.shape[1:]
    rolled = image.roll((down, right), dims=(1, 2))
    for axis, offset, size in ((1, down, height), (2, right, width)):
        offset = max(-size, min(size, offset)) % size if abs(offset) > size else offset
        index = [slice(None)] * 3
        index[axis] = slice(None, offset) if offset > 0 else slice(size + offset, None)
        if offset:
            rolled[tuple(index)] = 0
    return rolled


far_ones_come_back = _wrong(
    "An image that is moved by more than its size comes back. Nothing of it is left.", _not_cut_off
)


def _minimum(image, down, right):
    moved = _one(image, down, right)
    mask = _one(torch.ones_like(image), down, right)
    return torch.where(mask > 0, moved, image.min())


filled_with_the_minimum = _wrong(
    "The smallest value of the image comes in. Zeros come in.", _minimum
)


def _kept(image, down, right):
    moved = _one(image, down, right)
    mask = _one(torch.ones_like(image), down, right)
    return torch.where(mask > 0, moved, image)


old_pixels_kept = _wrong(
    "The old pixels are still there where none moved to: start from zeros.", _kept
)

# Misconceptions: images and channels

first_offset_for_all = _wrong(
    "All images move by the first offset. Each has its own.",
    pairs=lambda images, offsets: offsets[:1].repeat(len(images), 1),
)
mean_offset = _wrong(
    "All images move by one offset, a mean. Each has its own.",
    pairs=lambda images, offsets: offsets.double().mean(0).round().long().repeat(len(images), 1),
)
neighbours_offset = _wrong(
    "Each image moves by the offset of another one.",
    pairs=lambda images, offsets: offsets.roll(1, dims=0),
)
last_offset_for_all = _wrong(
    "All images move by the last offset. Each has its own.",
    pairs=lambda images, offsets: offsets[-1:].repeat(len(images), 1),
)


def _first_channel(image, down, right):
    return torch.cat([_one(image[:1], down, right), image[1:]])


first_channel_only = _wrong("Only the first channel is moved.", _first_channel)


@misconception("shifted", "Your function changes the images it is given. Return new ones.")
def in_place(images, offsets):
    images[:] = _each(images, offsets, _one)
    return images


@misconception("shifted", "Your result is always float64: keep the dtype of the images.")
def always_double(images, offsets):
    return _each(images, offsets, _one).double()


@misconception("shifted", "Your result is always float32: keep the dtype of the images.")
def always_float(images, offsets):
    return _each(images, offsets, _one).float()


@misconception("shifted", "Your result has lost the channel axis.")
def channels_lost(images, offsets):
    return _each(images, offsets, _one).squeeze(1)


# Alternatives


@alternative("shifted")
def padded_and_cropped(images, offsets):
    return _each(images, offsets, _one)


@alternative("shifted")
def by_index(images, offsets):
    n, _, height, width = images.shape
    rows = torch.arange(height)[None, :] - offsets[:, :1]
    columns = torch.arange(width)[None, :] - offsets[:, 1:]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[
        :, None
    ]
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    picked = images[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2) * inside[:, None].to(images.dtype)


@alternative("shifted")
def rolled_and_wiped(images, offsets):
    moved = images.clone()
    for n, (down, right) in enumerate(offsets.tolist()):
        image = images[n].roll((down, right), dims=(1, 2))
        image[:, : max(down, 0)] = 0
        image[:, min(down, 0) or image.shape[1] :] = 0
        image[:, :, : max(right, 0)] = 0
        image[:, :, min(right, 0) or image.shape[2] :] = 0
        moved[n] = image
    return moved


@alternative("shifted")
def by_loops(images, offsets):
    moved = torch.zeros_like(images)
    height, width = images.shape[2:]
    for n in range(len(images)):
        down, right = int(offsets[n, 0]), int(offsets[n, 1])
        for i in range(height):
            for j in range(width):
                if 0 <= i + down < height and 0 <= j + right < width:
                    moved[n, :, i + down, j + right] = images[n, :, i, j]
    return moved
