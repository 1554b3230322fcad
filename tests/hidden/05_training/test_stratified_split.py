"""stratified_split: partitions, shares by class, order, generator; bad shares.

mistake                                   case that exposes it                check
----------------------------------------  ----------------------------------  ---------------
indices lost, twice, samples for indices  unequal classes, rare classes       partition
not stratified; rounding piled up         counts 7, 13, 40; four shares       shares_by_class
labels taken for 0, 1, 2                  labels -1, 3, 7                     partition
sorted, or not shuffled                   sorted labels                       random_order
global or new generator                   one seed twice; one rng twice       generator
shares unchecked                          sums .9 and 1.1; a negative one     refuses
"""

from dataclasses import dataclass

import numpy as np
import pytest

from gradlab.judge import (
    alternative,
    assert_equal,
    case_rng,
    exercise,
    expect,
    misconception,
    requires,
    seeded,
    weight,
)

from .draws import require_partition

pytestmark = exercise("stratified_split")
rng = case_rng("stratified_split")
SEED = int(rng.integers(2**31))


@dataclass(frozen=True, eq=False)
class Case:
    counts: dict
    shares: tuple
    shuffled: bool = True

    def __str__(self):
        order = "" if self.shuffled else " sorted"
        return f"{self.counts} {self.shares}{order}"

    @property
    def y(self):
        labels = np.repeat(list(self.counts), list(self.counts.values()))
        order = np.random.default_rng(7).permutation(len(labels))
        return labels[order] if self.shuffled else labels


CASES = [
    Case({7: 40, -1: 13, 3: 7}, (0.6, 0.2, 0.2)),
    Case({0: 30, 1: 11, 2: 100}, (0.7, 0.15, 0.15), shuffled=False),
    Case({0: 9, 5: 19, 2: 29, 1: 3}, (0.25, 0.25, 0.25, 0.25)),
    Case({4: 57, 2: 58}, (0.5, 0.5)),
    Case({1: 19, 0: 29, 9: 9}, (0.19, 0.19, 0.19, 0.19, 0.24)),
    Case({0: 10, 1: 20}, (0.8, 0.0, 0.2)),
    Case({3: 12, 1: 5}, (1.0,)),
    Case({0: 1, 1: 50, 2: 2}, (0.5, 0.3, 0.2)),
]
SORTED = Case({0: 60, 1: 60, 2: 60}, (0.5, 0.5), shuffled=False)


def _split(student, case, generator):
    parts = student.stratified_split(case.y, case.shares, generator)
    many = isinstance(parts, tuple | list) and len(parts) == len(case.shares)
    expect(many, "the result should be a list with one part for each share", value=parts)
    require_partition(parts, len(case.y), "the parts")
    return parts


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_shares_by_class(student, case):
    """Every index is in one part, and every part has its share of each class, up to one."""
    parts = _split(student, case, seeded(SEED))
    for share, part in zip(case.shares, parts):
        for label, count in case.counts.items():
            found = int(np.sum(case.y[part] == label))
            off = abs(found - share * count)
            text = f"a part of share {share} has another share of a class"
            expect(off <= 1 + 1e-9, text, value=found)


@requires("test_shares_by_class")
def test_share_of_nothing(student):
    """A share of 0 gets an empty part of indices."""
    parts = _split(student, CASES[5], seeded(SEED))
    assert_equal(len(parts[1]), 0, name="the size of the part with share 0")


@requires("test_shares_by_class")
def test_random_order(student):
    """Members are chosen at random, and each part is shuffled, not sorted by class."""
    parts = _split(student, SORTED, seeded(SEED))
    for part in parts:
        labels = SORTED.y[part]
        changes = int(np.count_nonzero(np.diff(labels)))  # about 60 of 89 in random order
        expect(changes > 30, "the parts are sorted by class, or nearly", value=changes)
        for label in range(3):
            members = part[labels == label]
            rising = int(np.sum(np.diff(members) > 0))  # of 29, about a half
            expect(rising < 27, "the members of a class come in their old order", value=rising)
            reach = int(members.max() - members.min())  # neighbours would span 29
            expect(reach > 40, "the members of a class are neighbours in y", value=reach)


@requires("test_shares_by_class")
def test_generator(student):
    """All is drawn from rng: one seed, one split; another seed, another; a second call goes on."""

    def first(generator):
        return _split(student, CASES[0], generator)[0]

    assert_equal(first(seeded(5)), first(seeded(5)), name="the part from the same seed")
    differs = bool(np.any(np.sort(first(seeded(5))) != np.sort(first(seeded(6)))))
    expect(differs, "another generator gives the same split", value=differs)
    kept = student.define("rng = np.random.default_rng(5)", "rng")
    again = bool(np.any(np.sort(first(kept)) != np.sort(first(kept))))
    expect(again, "a second call with the same generator gives the same split", value=again)


@requires("test_shares_by_class")
@pytest.mark.parametrize(
    "shares", [(0.6, 0.3), (0.6, 0.5), (1.2, -0.2), (0.5, 0.5, 1e-6), (0.7, 0.7, -0.4)], ids=str
)
def test_refuses(student, shares):
    """Raises ValueError naming shares when one is negative or they do not add up to 1."""
    with student.raises(ValueError, match=r"\bshares\b"):
        student.stratified_split(CASES[0].y, shares, seeded(0))


def _refuse(shares):
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares are {shares}")


def _cut(members, shares):
    cuts = np.round(np.cumsum(shares)[:-1] * len(members)).astype(int)
    return np.split(members, cuts)


def _collect(y, shares, order, cut=_cut, labels=None):
    """One list of indices per share: each class in `order`, cut by `cut`."""
    pieces = [[np.zeros(0, dtype=int)] for _ in shares]
    for label in np.unique(y) if labels is None else labels:
        for piece, part in zip(pieces, cut(order(np.flatnonzero(y == label)), shares)):
            piece.append(part)
    return [np.concatenate(piece) for piece in pieces]


def _wrong(message, split):
    """split(y, shares, rng) -> parts, for shares that are right."""

    @misconception("stratified_split", message)
    def variant(y, shares, rng):
        _refuse(shares)
        return split(y, shares, rng)

    return variant


def _shuffled(parts, rng):
    return [rng.permutation(part) for part in parts]


not_stratified = _wrong(
    "You split all samples at random, without regard to their class.",
    lambda y, shares, rng: _cut(rng.permutation(len(y)), shares),
)
in_order = _wrong(
    "You cut the samples in their order. If they are sorted by class, parts lack classes.",
    lambda y, shares, rng: _shuffled(_cut(np.arange(len(y)), shares), rng),
)
sorted_by_class = _wrong(
    "Each part comes sorted by class. Shuffle it: minibatches are cut from it in order.",
    lambda y, shares, rng: _collect(y, shares, rng.permutation),
)
members_not_shuffled = _wrong(
    "Each class is cut in the order in which its samples come. Draw its members at random.",
    lambda y, shares, rng: _shuffled(_collect(y, shares, lambda members: members), rng),
)
sorted_parts = _wrong(
    "Each part is sorted. Its order should be random.",
    lambda y, shares, rng: [np.sort(p) for p in _collect(y, shares, rng.permutation)],
)


def _floored(members, shares):
    """Pieces rounded down, the rest thrown away."""
    sizes = [int(share * len(members)) for share in shares]
    return np.split(members, np.cumsum(sizes))[: len(shares)]


def _rest_to_the_last(members, shares):
    sizes = [int(share * len(members)) for share in shares[:-1]]
    return np.split(members, np.cumsum(sizes))


def _rest_to_the_first(members, shares):
    sizes = [int(share * len(members)) for share in shares[1:]]
    return np.split(members, np.cumsum([len(members) - sum(sizes), *sizes[:-1]]))


def _rounded_up(members, shares):
    sizes = [int(np.ceil(share * len(members))) for share in shares[:-1]]
    return np.split(members, np.minimum(np.cumsum(sizes), len(members)))


rest_lost = _wrong(
    "Rounding loses samples: some are in no part.",
    lambda y, shares, rng: _shuffled(_collect(y, shares, rng.permutation, _floored), rng),
)
rest_to_the_last = _wrong(
    "You round each piece down and give the rest to the last part: it is off by more than one. "
    "Cut at the rounded cumulative shares.",
    lambda y, shares, rng: _shuffled(_collect(y, shares, rng.permutation, _rest_to_the_last), rng),
)
rest_to_the_first = _wrong(
    "You round each piece down and give the rest to the first part: it is off by more than one.",
    lambda y, shares, rng: _shuffled(_collect(y, shares, rng.permutation, _rest_to_the_first), rng),
)
rounded_up = _wrong(
    "You round each piece up: the last part is short by more than one.",
    lambda y, shares, rng: _shuffled(_collect(y, shares, rng.permutation, _rounded_up), rng),
)
equal_parts = _wrong(
    "All parts get the same number of samples, whatever the shares.",
    lambda y, shares, rng: _shuffled(
        _collect(y, shares, rng.permutation, lambda m, s: np.array_split(m, len(s))), rng
    ),
)
shares_reversed = _wrong(
    "The shares are used in reverse order.",
    lambda y, shares, rng: _shuffled(_collect(y, shares, rng.permutation), rng)[::-1],
)
balanced = _wrong(
    "You took as many samples of each class as of the rarest. Each class keeps its own number.",
    lambda y, shares, rng: _shuffled(
        _collect(
            y, shares, lambda m: rng.permutation(m)[: np.unique(y, return_counts=True)[1].min()]
        ),
        rng,
    ),
)
labels_from_zero = _wrong(
    "You take the labels for 0, 1, 2, …; samples with others are lost.",
    lambda y, shares, rng: _shuffled(
        _collect(y, shares, rng.permutation, labels=range(len(np.unique(y)))), rng
    ),
)
with_replacement = _wrong(
    "You draw with replacement: samples are in a part twice, and others in none.",
    lambda y, shares, rng: _shuffled(
        _collect(y, shares, lambda members: rng.choice(members, len(members))), rng
    ),
)
labels_for_indices = _wrong(
    "You return labels. Return the indices of the samples.",
    lambda y, shares, rng: [y[p] for p in _shuffled(_collect(y, shares, rng.permutation), rng)],
)
positions_in_class = _wrong(
    "You return positions within the classes. Return indices into y.",
    lambda y, shares, rng: _shuffled(
        _collect(y, shares, lambda members: rng.permutation(len(members))), rng
    ),
)
global_generator = _wrong(
    "The order comes from np.random, not from rng: no seed can repeat it.",
    lambda y, shares, rng: [
        np.random.permutation(p) for p in _collect(y, shares, np.random.permutation)
    ],
)
reseeded = _wrong(
    "You make a new generator with a fixed seed: every split is the same.",
    lambda y, shares, rng: _shuffled(
        _collect(y, shares, np.random.default_rng(0).permutation), np.random.default_rng(1)
    ),
)
one_part_more = _wrong(
    "Your list has one part too many, an empty one at the end.",
    lambda y, shares, rng: [
        *_shuffled(_collect(y, shares, rng.permutation), rng), np.zeros(0, dtype=int),
    ],
)  # fmt: skip
masks = _wrong(
    "You return masks of True and False. Return arrays of indices.",
    lambda y, shares, rng: [
        np.isin(np.arange(len(y)), part) for part in _collect(y, shares, rng.permutation)
    ],
)


@misconception("stratified_split", "Shares that do not add up to 1 must raise a ValueError.")
def any_shares(y, shares, rng):
    clipped = np.clip(shares, 0, 1) / np.clip(shares, 0, 1).sum()
    return _shuffled(_collect(y, clipped, rng.permutation), rng)


@misconception("stratified_split", "A negative share must raise a ValueError that names shares.")
def negative_accepted(y, shares, rng):
    if abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares add up to {sum(shares)}")
    return any_shares(y, shares, rng)


@misconception("stratified_split", "Shares that add up to more than 1 must raise a ValueError.")
def too_much_accepted(y, shares, rng):
    if min(shares) < 0 or sum(shares) < 1 - 1e-9:
        raise ValueError(f"shares add up to {sum(shares)}")
    return any_shares(y, shares, rng)


@alternative("stratified_split")
def sample_by_sample(y, shares, rng):
    if any(s < 0 for s in shares) or not np.isclose(sum(shares), 1, rtol=0, atol=1e-9):
        raise ValueError(f"shares must be positive and sum to 1: {shares}")
    parts, edges = [[] for _ in shares], np.cumsum(shares)
    for label in set(y.tolist()):
        members = [i for i in rng.permutation(len(y)) if y[i] == label]
        for rank, index in enumerate(members):
            place = np.searchsorted(edges, (rank + 0.5) / len(members))
            parts[min(place, len(shares) - 1)].append(index)
    return [rng.permutation(np.array(part, dtype=int)) for part in parts]


@alternative("stratified_split")
def by_largest_need(y, shares, rng):
    """Each member goes to the part that lies furthest behind its share."""
    shares = np.array(shares)
    if (shares < 0).any() or abs(1 - shares.sum()) > 1e-9:
        raise ValueError("bad shares")
    owner = np.empty(len(y), dtype=int)
    for label in np.unique(y):
        got = np.zeros(len(shares))
        for seen, index in enumerate(rng.permutation(np.where(y == label)[0]), start=1):
            owner[index] = np.argmax(shares * seen - got)
            got[owner[index]] += 1
    order = rng.permutation(len(y))
    return tuple(order[owner[order] == part] for part in range(len(shares)))


@alternative("stratified_split")
def in_place_shuffles(y, shares, rng):
    if not all(s >= 0 for s in shares) or abs(sum(shares) - 1) >= 1e-8:
        raise ValueError(f"shares {shares} should be at least 0 and add up to 1")
    parts = [np.zeros(0, dtype=np.int64) for _ in shares]
    for label in sorted(set(y)):
        members = np.nonzero(y == label)[0]
        rng.shuffle(members)
        start, total = 0, 0.0
        for i, share in enumerate(shares):
            total += share
            stop = len(members) if i == len(shares) - 1 else int(total * len(members) + 0.5)
            parts[i] = np.append(parts[i], members[start:stop])
            start = stop
    for part in parts:
        rng.shuffle(part)
    return parts
