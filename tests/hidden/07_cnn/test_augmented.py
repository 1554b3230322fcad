"""augmented: what may come out, how often, and where the random numbers come from.

mistake                                          case that exposes it            check
-----------------------------------------------  ------------------------------  ----------------
one draw for the whole batch                     400 images                      frequencies
an end of the range never, one beyond            every offset counted            frequencies
one number for both axes, one axis only          pairs of offsets counted        frequencies
always, never mirrored; flip turned round        flip 0.3, 0, 1                  frequencies
mirrored up and down                             H != W, images without symmetry only_what_may
moved first, then mirrored                       moves to one side only          mirrors_first
other defaults                                   no options                      defaults
global generator used or seeded                  the global seed set before      own_generator
generator seeded in here                         two calls                       own_generator
numpy or random                                  the same seed twice             own_generator
images changed                                   inputs compared afterwards      all
"""

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    requires,
    weight,
)

from .moves import SHIFT, candidates, found_moves
from .networks import kernel_of, modules_of

pytestmark = exercise("augmented")
rng = case_rng("augmented")
MANY = rng.uniform(1, 2, size=(400, 1, 4, 7))
FEW = rng.uniform(1, 2, size=(6, 2, 5, 8))


class Scene:
    """The given shift in the kernel, and generators."""

    def __init__(self, student):
        self.student, self.modules = student, modules_of(student)
        self.kernel = kernel_of(student, SHIFT, "Shift")
        self.shift = self.kernel.function()
        self.kernel.seed(0)  # who uses the global generator gets the same numbers each time

    def draw(self, images, generator, **options):
        images = torch.tensor(images)
        moved = self.student.augmented(images, generator, shifted=self.shift, **options)
        shape = np.shape(getattr(moved, "array", moved))
        expect(shape == images.shape, "the result has another shape", value=list(shape))
        return np.asarray(getattr(moved, "array", moved))

    def seeded(self, images, seed, **options):
        return self.draw(images, self.modules.generator(seed), **options)


@weight(2)
@pytest.mark.parametrize(("largest", "flip"), [(2, 0.3), (1, 0.5), (0, 0.0), (0, 1.0), (3, 0.0)])
def test_only_what_may(student, largest, flip):
    """Each image is one of those that a flip and a move of it can give."""
    moved = Scene(student).seeded(FEW, 5, largest=largest, flip=flip)
    for image, result in zip(FEW, moved):
        distances = [np.abs(one - result).max() for one in candidates(image, largest, flip)]
        expect(min(distances) < 1e-12, "an image is none that may come out", value=result)


@weight(3)
@requires("test_only_what_may")
@pytest.mark.parametrize(("largest", "flip"), [(2, 0.3), (1, 0.8)])
def test_frequencies(student, largest, flip):
    """Each image is drawn for itself: offsets all alike, axes apart, flips as often as asked."""
    moves = found_moves(MANY, Scene(student).seeded(MANY, 9, largest=largest, flip=flip), largest)
    share = moves[:, 2].mean()
    spread = 5 * np.sqrt(flip * (1 - flip) / len(moves))
    expect(
        abs(share - flip) < spread, "another share of the images is mirrored", value=float(share)
    )
    for axis, name in enumerate(("down", "to the right")):
        counts = np.bincount(moves[:, axis] + largest, minlength=2 * largest + 1)
        wanted = len(moves) / (2 * largest + 1)
        fair = np.all(np.abs(counts - wanted) < 5 * np.sqrt(wanted))
        expect(fair, f"the offsets {name} are not equally likely", value=counts.tolist())
    pairs = np.corrcoef([*moves.T, np.arange(len(moves))])
    apart = np.abs(pairs[np.triu_indices(4, 1)]).max()
    text = "flip and offsets depend on each other, or on the image's place in the batch"
    expect(apart < 0.25, text, value=pairs.round(6))


@requires("test_only_what_may")
def test_mirrors_first(student):
    """An image is mirrored first and moved then."""
    kernel = kernel_of(student, SHIFT, "Shift")
    scene = Scene(student)
    scene.shift = kernel.one_side()
    moved = scene.seeded(FEW, 3, largest=1, flip=1.0)
    right = np.zeros_like(FEW)
    right[..., 2:] = FEW[..., ::-1][..., :-2]
    assert_close(moved, right, name="images mirrored, then moved two columns to the right")


@requires("test_only_what_may")
def test_defaults(student):
    """Without options: half of the images mirrored, offsets up to 2."""
    moves = found_moves(MANY, Scene(student).seeded(MANY, 4), 4)
    expect(np.abs(moves[:, :2]).max() == 2, "the largest offset is another", value=moves[:, :2])
    share = float(moves[:, 2].mean())
    expect(abs(share - 0.5) < 0.12, "another share of the images is mirrored", value=share)


@weight(2)
@requires("test_only_what_may")
def test_own_generator(student):
    """All random numbers come from the generator that is given, which moves on."""
    scene, results = Scene(student), []
    for number in (1, 2):
        scene.kernel.seed(number)
        generator = scene.modules.generator(7)
        results.append([scene.draw(MANY, generator) for _ in range(2)])
        results[-1].append(scene.kernel.draw())
    first, second = results
    same = bool(np.array_equal(first[0], second[0]) and np.array_equal(first[1], second[1]))
    expect(same, "the same generator gives other images", value=same)
    again = bool(np.array_equal(first[0], first[1]))
    expect(not again, "a second call gives the same images", value=again)
    other = bool(np.array_equal(first[0], scene.seeded(MANY, 8)))
    expect(not other, "another generator gives the same images", value=other)
    scene.kernel.seed(1)
    untouched = first[2] == scene.kernel.draw()
    expect(untouched, "the global generator was used or seeded", value=untouched)
    assert_equal(len(first), 3, name="the number of draws")
