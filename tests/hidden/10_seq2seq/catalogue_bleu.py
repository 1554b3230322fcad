"""bleu: known wrong implementations, by where they go wrong, and right ones."""

import math
from collections import Counter

from gradlab.judge import alternative, misconception


def _refuse(candidates, references):
    if len(candidates) != len(references):
        raise ValueError(f"{len(candidates)} candidates for {len(references)} references")


def _counts(tokens, n):
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


class _Bleu:
    """A right score in parts, so that each can be falsified."""

    def __init__(self, candidates, references, max_n):
        self.pairs, self.max_n = list(zip(candidates, references)), max_n

    def hits(self, candidate, reference, n):
        return sum((_counts(candidate, n) & _counts(reference, n)).values())

    def total(self, candidate, reference, n):
        return max(len(candidate) - n + 1, 0)

    def precision(self, n):
        total = sum(self.total(c, r, n) for c, r in self.pairs)
        return sum(self.hits(c, r, n) for c, r in self.pairs) / total if total else 0.0

    def orders(self):
        return range(1, self.max_n + 1)

    def mean(self, precisions):
        if min(precisions) == 0:
            return 0.0
        return math.exp(sum(map(math.log, precisions)) / len(precisions))

    def lengths(self):
        return sum(len(c) for c, _ in self.pairs), sum(len(r) for _, r in self.pairs)

    def penalty(self, c, r):
        return min(1.0, math.exp(1 - r / c)) if c else 0.0

    def run(self):
        score = self.mean([self.precision(n) for n in self.orders()])
        return self.penalty(*self.lengths()) * score


def _wrong(message, **parts):
    score = type("Wrong", (_Bleu,), parts)

    @misconception("bleu", message)
    def variant(candidates, references, *, max_n=4):
        _refuse(candidates, references)
        return float(score(candidates, references, max_n).run())

    return variant


# Misconceptions: the precisions

not_clipped = _wrong(
    "Hits are not clipped: a repeated n-gram counts more often than it occurs in the reference.",
    hits=lambda self, c, r, n: sum(k for g, k in _counts(c, n).items() if g in _counts(r, n)),
)
each_once = _wrong(
    "Each n-gram counts once, however often it occurs. Count up to the reference's number.",
    hits=lambda self, c, r, n: len(_counts(c, n).keys() & _counts(r, n).keys()),
)
sets_for_counts = _wrong(
    "Sets of n-grams are compared. Their numbers count.",
    hits=lambda self, c, r, n: len(_counts(c, n).keys() & _counts(r, n).keys()),
    total=lambda self, c, r, n: len(_counts(c, n)),
)
recall = _wrong(
    "Hits are divided by the number of n-grams of the references. Divide by the candidates'.",
    total=lambda self, c, r, n: max(len(r) - n + 1, 0),
)
by_tokens = _wrong(
    "Hits are divided by the number of tokens, not of n-grams.",
    total=lambda self, c, r, n: len(c),
)
last_run_missing = _wrong(
    "The last n-gram of each text is left out.",
    hits=lambda self, c, r, n: sum((_counts(c[:-1], n) & _counts(r[:-1], n)).values()),
    total=lambda self, c, r, n: max(len(c) - n, 0),
)
places_matter = _wrong(
    "An n-gram counts only in the same place. Anywhere in the reference will do.",
    hits=lambda self, c, r, n: sum(
        c[i : i + n] == r[i : i + n] for i in range(min(len(c), len(r)) - n + 1)
    ),
)
order_ignored = _wrong(
    "The order within an n-gram does not matter to you. It does.",
    hits=lambda self, c, r, n: sum(
        (
            Counter(tuple(sorted(map(str, g))) for g in _counts(c, n).elements())
            & Counter(tuple(sorted(map(str, g))) for g in _counts(r, n).elements())
        ).values()
    ),
)
mean_of_sentences = _wrong(
    "Precisions are averaged over the pairs. Add up hits and totals of all pairs, then divide.",
    precision=lambda self, n: (
        sum(self.hits(c, r, n) / max(self.total(c, r, n), 1) for c, r in self.pairs)
        / len(self.pairs)
    ),
)
mean_of_scores = _wrong(
    "This is the mean of the pairs' own scores. Add up hits, totals and lengths of all pairs.",
    run=lambda self: (
        sum(_Bleu([c], [r], self.max_n).run() for c, r in self.pairs) / len(self.pairs)
    ),
)
joined = _wrong(
    "All texts were joined to one, so n-grams run across their borders.",
    run=lambda self: _Bleu(
        [[t for c, _ in self.pairs for t in c]], [[t for _, r in self.pairs for t in r]], self.max_n
    ).run(),
)

# Misconceptions: the mean of the precisions

arithmetic_mean = _wrong(
    "The precisions are averaged. Take their geometric mean.",
    mean=lambda self, precisions: sum(precisions) / len(precisions),
)
product = _wrong(
    "The precisions are multiplied. Take the max_n-th root as well.",
    mean=lambda self, precisions: math.prod(precisions),
)
always_quarter = _wrong(
    "The exponent is 1/4 whatever max_n is. It is 1 / max_n.",
    mean=lambda self, precisions: math.prod(precisions) ** 0.25,
)
always_four = _wrong("n-grams up to 4 count whatever max_n is.", orders=lambda self: range(1, 5))
one_order_less = _wrong(
    "n-grams of length max_n are left out.", orders=lambda self: range(1, max(self.max_n, 2))
)
longest_only = _wrong(
    "Only n-grams of length max_n count.", orders=lambda self: range(self.max_n, self.max_n + 1)
)
no_single_tokens = _wrong(
    "Single tokens are left out.", orders=lambda self: range(min(2, self.max_n), self.max_n + 1)
)
zeros_left_out = _wrong(
    "Precisions of 0 are left out of the mean. Then BLEU is 0.",
    mean=lambda self, precisions: _Bleu.mean(self, [p for p in precisions if p > 0] or [0.0]),
)
smoothed = _wrong(
    "One was added to hits and totals. Nothing is smoothed here.",
    precision=lambda self, n: (
        (sum(self.hits(c, r, n) for c, r in self.pairs) + 1)
        / (sum(self.total(c, r, n) for c, r in self.pairs) + 1)
    ),
)
tiny_for_zero = _wrong(
    "A precision of 0 was replaced by a small number. Then BLEU is 0.",
    mean=lambda self, precisions: _Bleu.mean(self, [max(p, 1e-3) for p in precisions]),
)

# Misconceptions: the penalty

penalty_missing = _wrong(
    "Candidates that are too short are not punished.", penalty=lambda self, c, r: 1.0
)
penalty_as_ratio = _wrong(
    "The penalty is c / r. It is exp(1 - r / c) for c below r.",
    penalty=lambda self, c, r: min(1.0, c / r),
)
penalty_reversed = _wrong(
    "The penalty has c and r swapped: longer candidates are punished.",
    penalty=lambda self, c, r: min(1.0, math.exp(1 - c / r)),
)
penalty_unbounded = _wrong(
    "The penalty goes above 1 for long candidates. It is 1 at most.",
    penalty=lambda self, c, r: math.exp(1 - r / c) if c else 0.0,
)
penalty_by_difference = _wrong(
    "The exponent of the penalty is c - r. It is 1 - r / c.",
    penalty=lambda self, c, r: min(1.0, math.exp(c - r)),
)
penalty_by_sentence = _wrong(
    "Each pair has a penalty of its own, and their mean is taken. Lengths are those of all pairs.",
    run=lambda self: (
        self.mean([self.precision(n) for n in self.orders()])
        * sum(self.penalty(max(len(c), 1), len(r)) for c, r in self.pairs)
        / len(self.pairs)
    ),
)
percentage = _wrong(
    "This is a percentage. A number from 0 to 1 was asked for.",
    run=lambda self: 100 * _Bleu.run(self),
)


@misconception("bleu", "Another number of references must raise a ValueError naming candidates.")
def any_number(candidates, references, *, max_n=4):
    return _Bleu(candidates, references, max_n).run()


@misconception("bleu", "Without max_n, n-grams up to another length than 4 count.")
def default_of_two(candidates, references, *, max_n=2):
    _refuse(candidates, references)
    return _Bleu(candidates, references, max_n).run()


# Alternatives


@alternative("bleu")
def by_dictionaries(candidates, references, *, max_n=4):
    if len(candidates) != len(references):
        raise ValueError("candidates and references should be as many")
    hits, totals = [0] * max_n, [0] * max_n
    for candidate, reference in zip(candidates, references):
        for n in range(1, max_n + 1):
            left = {}
            for i in range(len(reference) - n + 1):
                key = tuple(reference[i : i + n])
                left[key] = left.get(key, 0) + 1
            for i in range(len(candidate) - n + 1):
                key = tuple(candidate[i : i + n])
                totals[n - 1] += 1
                if left.get(key, 0) > 0:
                    left[key] -= 1
                    hits[n - 1] += 1
    if 0 in hits:
        return 0.0
    c, r = (sum(len(text) for text in texts) for texts in (candidates, references))
    score = math.prod(h / t for h, t in zip(hits, totals)) ** (1 / max_n)
    return score if c > r else score * math.exp(1 - r / c)


@alternative("bleu")
def by_zipping(candidates, references, *, max_n=4):
    _refuse(candidates, references)
    logs = []
    for n in range(1, max_n + 1):
        found = [
            [Counter(zip(*(text[i:] for i in range(n)))) for text in pair]
            for pair in zip(candidates, references)
        ]
        hits = sum(min(k, r[g]) for c, r in found for g, k in c.items())
        total = sum(k for c, _ in found for k in c.values())
        if not hits:
            return 0.0
        logs.append(math.log(hits) - math.log(total))
    lengths = [sum(map(len, texts)) for texts in (references, candidates)]
    return math.exp(sum(logs) / max_n + min(1 - lengths[0] / lengths[1], 0))


@alternative("bleu")
def by_parts(candidates, references, *, max_n=4):
    _refuse(candidates, references)
    return _Bleu(candidates, references, max_n).run()
