"""What the check of random moves shares: a trusted shift, and which moves an image has made."""

import itertools

import numpy as np

SHIFT = """
import torch

def shift(images, offsets):
    moved = torch.zeros_like(images)
    height, width = images.shape[2:]
    for n, (down, right) in enumerate(offsets.tolist()):
        if abs(down) < height and abs(right) < width:
            part = images[n, :, max(-down, 0):height - max(down, 0),
                          max(-right, 0):width - max(right, 0)]
            rows = slice(max(down, 0), height + min(down, 0))
            moved[n, :, rows, max(right, 0):width + min(right, 0)] = part
    return moved

def to_the_right(images, offsets):
    return shift(images, torch.tensor([[0, 2]] * len(images)))

class Shift:
    @staticmethod
    def function():
        return shift

    @staticmethod
    def one_side():
        return to_the_right

    @staticmethod
    def seed(number):
        torch.manual_seed(number)

    @staticmethod
    def draw():
        return torch.rand(3).tolist()
"""


def _moved(image, down, right):
    """One image (C, H, W), moved with zeros."""
    height, width = image.shape[1:]
    big = np.pad(image, [(0, 0), (height, height), (width, width)])
    top, left = height - down, width - right
    return big[:, top : top + height, left : left + width]


def candidates(image, largest, flip):
    """All that may come out of one image."""
    offsets = range(-largest, largest + 1)
    mirrored = [kind for kind in (False, True) if (flip > 0 if kind else flip < 1)]
    for mirror, down, right in itertools.product(mirrored, offsets, offsets):
        yield _moved(image[..., ::-1] if mirror else image, down, right)


def found_moves(images, results, largest):
    """(N, 3): rows down, columns to the right, whether mirrored; for images without symmetry."""
    offsets = range(-largest, largest + 1)
    moves = list(itertools.product(offsets, offsets, (0, 1)))
    distances = []
    for down, right, mirror in moves:
        seen = images[..., ::-1] if mirror else images
        height, width = seen.shape[2:]
        big = np.pad(seen, [(0, 0), (0, 0), (height, height), (width, width)])
        top, left = height - down, width - right
        part = big[:, :, top : top + height, left : left + width]
        distances.append(np.abs(part - results).max(axis=(1, 2, 3)))
    return np.array(moves)[np.argmin(distances, axis=0)]
