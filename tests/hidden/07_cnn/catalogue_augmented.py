"""augmented: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np
import torch

from gradlab.judge import alternative, misconception


def _mirror(n, flip, generator):
    return torch.rand(n, generator=generator) < flip


def _flipped(images, mirror):
    return torch.where(mirror.reshape(-1, 1, 1, 1), images.flip(3), images)


def _offsets(n, largest, generator):
    return torch.randint(-largest, largest + 1, (n, 2), generator=generator)


def _augmented(
    *,
    given=lambda generator: generator,
    mirror=_mirror,
    flipped=_flipped,
    offsets=_offsets,
    moved_first=False,
    largest_default=2,
    flip_default=0.5,
):
    """A right augmentation in steps; each keyword puts another step in its place."""

    def augmented(images, generator, *, shifted, largest=largest_default, flip=flip_default):
        generator = given(generator)
        chosen = mirror(len(images), flip, generator)
        moves = offsets(len(images), largest, generator)
        if moved_first:
            return flipped(shifted(images, moves), chosen)
        return shifted(flipped(images, chosen), moves)

    return augmented


def _wrong(message, **steps):
    return misconception("augmented", message)(_augmented(**steps))


# Misconceptions: the flip

never_mirrored = _wrong("No image is mirrored.", flipped=lambda images, mirror: images)
always_mirrored = _wrong(
    "Every image is mirrored, whatever flip says.",
    flipped=lambda images, mirror: images.flip(3),
)
flip_turned_round = _wrong(
    "flip is the probability that an image is mirrored; you mirror with 1 - flip.",
    mirror=lambda n, flip, generator: torch.rand(n, generator=generator) >= flip,
)
upside_down = _wrong(
    "Your images are mirrored up and down; mirror them left to right.",
    flipped=lambda images, mirror: torch.where(mirror.reshape(-1, 1, 1, 1), images.flip(2), images),
)
turned_by_half = _wrong(
    "Your images are turned by 180 degrees; mirror them left to right.",
    flipped=lambda images, mirror: torch.where(
        mirror.reshape(-1, 1, 1, 1), images.flip(2, 3), images
    ),
)
channels_reversed = _wrong(
    "Your flip reverses the channels instead of the columns.",
    flipped=lambda images, mirror: torch.where(mirror.reshape(-1, 1, 1, 1), images.flip(1), images),
)
one_flip_for_all = _wrong(
    "One draw decides for the whole batch. Draw for each image.",
    mirror=lambda n, flip, generator: (torch.rand(1, generator=generator) < flip).expand(n),
)
half_whatever_flip_says = _wrong(
    "Half of the images are mirrored, whatever flip says.",
    mirror=lambda n, flip, generator: (
        torch.rand(n, generator=generator) < (0.5 if 0 < flip < 1 else flip)
    ),
)
normal_for_uniform = _wrong(
    "You compare a normal number with flip. Draw it uniformly from 0 to 1.",
    mirror=lambda n, flip, generator: (
        (torch.randn(n, generator=generator) < flip)
        if 0 < flip < 1
        else _mirror(n, flip, generator)
    ),
)


def _exact_share(n, flip, generator):
    mirror = torch.zeros(n, dtype=torch.bool)
    mirror[: round(flip * n)] = True
    return mirror


first_ones_mirrored = _wrong(
    "The first images of the batch are mirrored, the others never. Draw for each.",
    mirror=_exact_share,
)

# Misconceptions: the offsets

end_of_the_range_missing = _wrong(
    "The offset +largest never comes: randint excludes its upper end.",
    offsets=lambda n, largest, generator: torch.randint(
        -largest, max(largest, -largest + 1), (n, 2), generator=generator
    ),
)
one_too_far = _wrong(
    "Offsets go up to largest + 1.",
    offsets=lambda n, largest, generator: torch.randint(
        -largest, largest + 2, (n, 2), generator=generator
    ),
)
never_negative = _wrong(
    "Offsets are never negative; they run from -largest to largest.",
    offsets=lambda n, largest, generator: torch.randint(
        0, largest + 1, (n, 2), generator=generator
    ),
)
never_moved = _wrong("Nothing is moved.", offsets=lambda n, largest, g: _offsets(n, largest, g) * 0)
one_move_for_all = _wrong(
    "All images of a batch are moved alike. Draw for each image.",
    offsets=lambda n, largest, generator: _offsets(1, largest, generator).expand(n, 2),
)
one_number_for_both_axes = _wrong(
    "The two offsets of an image are the same number. Draw two.",
    offsets=lambda n, largest, generator: _offsets(n, largest, generator)[:, :1].expand(n, 2),
)
down_only = _wrong(
    "Your images are moved up and down only.",
    offsets=lambda n, largest, generator: _offsets(n, largest, generator) * torch.tensor([1, 0]),
)
sideways_only = _wrong(
    "Your images are moved left and right only.",
    offsets=lambda n, largest, generator: _offsets(n, largest, generator) * torch.tensor([0, 1]),
)
ends_only = _wrong(
    "Only -largest, 0 and largest come; all whole numbers between should, too.",
    offsets=lambda n, largest, generator: (
        largest * torch.randint(-1, 2, (n, 2), generator=generator)
    ),
)


def _rounded(n, largest, generator):
    return ((2 * torch.rand(n, 2, generator=generator) - 1) * largest).round().long()


rounded = _wrong(
    "The two ends come half as often as the others: you rounded a uniform number. Draw whole "
    "numbers.",
    offsets=_rounded,
)


def _normal(n, largest, generator):
    drawn = torch.randn(n, 2, generator=generator) * largest / 2
    return drawn.round().long().clamp(-largest, largest)


normal_offsets = _wrong(
    "Your offsets are normally distributed; all should be equally likely.", offsets=_normal
)

# Misconceptions: order, defaults, generator

moved_then_mirrored = _wrong("You move first and mirror then. Mirror first.", moved_first=True)
other_largest = _wrong("largest is 2 by default.", largest_default=4)
other_flip = _wrong("flip is 0.5 by default.", flip_default=0.0)
global_generator = _wrong(
    "Your random numbers come from torch's global generator. Use the one that is given.",
    given=lambda generator: None,
)
global_generator_for_the_flip = _wrong(
    "The flips come from torch's global generator. Use the one that is given.",
    mirror=lambda n, flip, generator: torch.rand(n) < flip,
)
global_generator_for_the_moves = _wrong(
    "The offsets come from torch's global generator. Use the one that is given.",
    offsets=lambda n, largest, generator: torch.randint(-largest, largest + 1, (n, 2)),
)


def _seeded_here(generator):
    generator.manual_seed(0)
    return generator


seeded_here = _wrong(
    "You seed the generator in here: every batch is augmented in the same way.", given=_seeded_here
)
a_generator_of_its_own = _wrong(
    "You make a generator of your own from the seed of the given one: every call gives the same.",
    given=lambda generator: torch.Generator().manual_seed(generator.initial_seed()),
)


def _from_the_global_seed(generator):
    torch.manual_seed(generator.initial_seed() % 1000)
    return generator


global_seeded = _wrong("You seed torch's global generator.", given=_from_the_global_seed)


@misconception("augmented", "Your function changes the images it is given. Return new ones.")
def in_place(images, generator, *, shifted, largest=2, flip=0.5):
    images[:] = _augmented()(images, generator, shifted=shifted, largest=largest, flip=flip)
    return images


# Alternatives

in_steps = alternative("augmented")(_augmented())


@alternative("augmented")
def image_by_image(images, generator, *, shifted, largest=2, flip=0.5):
    result = []
    for image in images:
        down = torch.randint(-largest, largest + 1, (), generator=generator)
        right = torch.randint(2 * largest + 1, (), generator=generator) - largest
        if torch.rand((), generator=generator).item() < flip:
            image = torch.flip(image, dims=[-1])
        result.append(shifted(image[None], torch.stack([down, right])[None])[0])
    return torch.stack(result)


@alternative("augmented")
def by_mask(images, generator, *, shifted, largest=2, flip=0.5):
    result = images.clone()
    chosen = torch.bernoulli(torch.full((len(images),), float(flip)), generator=generator).bool()
    result[chosen] = images[chosen].flip(-1)
    numbers = torch.rand(len(images), 2, generator=generator) * (2 * largest + 1)
    return shifted(result, numbers.floor().long() - largest)


@alternative("augmented")
def moved_for_itself(images, generator, *, shifted, largest=2, flip=0.5):
    """Its own moving; NumPy's numbers, seeded from the generator."""
    seed = int(torch.randint(2**31, (1,), generator=generator))
    rng = np.random.default_rng(seed)
    mirrored = torch.from_numpy(rng.random(len(images)) < flip)
    return shifted(
        _flipped(images, mirrored),
        torch.from_numpy(rng.integers(-largest, largest, (len(images), 2), endpoint=True)),
    )
