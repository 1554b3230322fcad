"""exact_match: known wrong implementations, by where they go wrong, and right ones.

exposing_match is judged by how many of these misconceptions its arguments tell from the right one.
"""

import torch

from gradlab.judge import alternative, misconception


def _refuse(predictions, targets):
    if len(predictions) != len(targets):
        raise ValueError(f"predictions has {len(predictions)} rows, not {len(targets)}")


def _cut(row, end=2):
    return row[: row.index(end) + 1] if end in row else row


def _wrong(message, matches, mean=lambda found: sum(found) / len(found)):
    """A share of rows for which matches(prediction, target), two lists, is true."""

    @misconception("exact_match", message)
    def variant(predictions, targets):
        _refuse(predictions, targets)
        rows = zip(predictions.tolist(), targets.tolist())
        return float(mean([matches(list(p), list(t)) for p, t in rows]))

    return variant


def right(p, t):
    """Whether two rows match."""
    return _cut(p) == _cut(t)


def _filled(p, t):
    length = max(len(p), len(t))
    return p + [0] * (length - len(p)), t + [0] * (length - len(t))


# Misconceptions: what is compared

up_to_the_shorter = _wrong(
    "Rows are compared as far as the shorter tensor goes. A prediction that has not ended by then "
    "does not match.",
    lambda p, t: all(a == b for a, b in zip(p, t) if b != 0),
)
tails_compared = _wrong(
    "What stands after EOS is compared too. It says nothing.", lambda p, t: p == t
)
filled_tails_compared = _wrong(
    "The rows are compared as wholes, filled up with PAD. What stands after EOS says nothing.",
    lambda p, t: _filled(p, t)[0] == _filled(p, t)[1],
)
prediction_not_cut = _wrong(
    "What the predictions say after their EOS is compared.", lambda p, t: p == _cut(t)
)
target_not_cut = _wrong(
    "The targets are not cut after their EOS; only their PAD is dropped.",
    lambda p, t: _cut(p) == [token for token in t if token != 0],
)
start_is_enough = _wrong(
    "A prediction that begins like the target is enough for you. It has to end there, too.",
    lambda p, t: p[: len(_cut(t)) - 1] == _cut(t)[:-1],
)
some_end = _wrong(
    "An end in the right place counts, whatever was said before.",
    lambda p, t: 2 in p and 2 in t and p.index(2) == t.index(2),
)
end_left_out = _wrong(
    "The ends are left out before comparing, so a row that never ends can match.",
    lambda p, t: _without_end(p) == _without_end(t),
)
special_tokens_dropped = _wrong(
    "PAD, BOS and EOS are dropped wherever they stand, so where a row ends does not matter.",
    lambda p, t: [a for a in p if a > 2] == [b for b in t if b > 2],
)
padding_dropped = _wrong(
    "PAD is dropped before the comparison, even in the middle of a row.",
    lambda p, t: _cut([a for a in p if a != 0]) == _cut([b for b in t if b != 0]),
)
padding_ends = _wrong(
    "PAD is taken for an end. Only EOS is one.",
    lambda p, t: _until(p, (0, 2)) == _until(t, (0, 2)),
)
last_end = _wrong(
    "The rows are cut at their last EOS. The first one is the end.",
    lambda p, t: _to_the_last(p) == _to_the_last(t),
)
order_ignored = _wrong(
    "The order of the tokens does not matter to you. It does.",
    lambda p, t: sorted(_cut(p)) == sorted(_cut(t)),
)
first_token_only = _wrong("Only the first tokens are compared.", lambda p, t: p[:1] == t[:1])
lengths_only = _wrong("Only the lengths are compared.", lambda p, t: len(_cut(p)) == len(_cut(t)))
target_contained = _wrong(
    "A target anywhere within the prediction counts as a match.",
    lambda p, t: any(p[i : i + len(_cut(t))] == _cut(t) for i in range(len(p))),
)
first_token_skipped = _wrong(
    "The first token is not compared. It is no BOS, it is part of the text.",
    lambda p, t: _cut(p)[1:] == _cut(t)[1:],
)
cut_like_the_prediction = _wrong(
    "The target is cut where the prediction ends, so ending too early costs nothing.",
    lambda p, t: _cut(p)[:-1] == t[: len(_cut(p)) - 1],
)


def _without_end(row):
    return row[: row.index(2)] if 2 in row else row


def _until(row, ends):
    for place, token in enumerate(row):
        if token in ends:
            return row[:place]
    return row


def _to_the_last(row):
    return row[: len(row) - row[::-1].index(2)] if 2 in row else row


# Misconceptions: what is counted

share_of_tokens = _wrong(
    "This is the share of right tokens. A row counts only if all of it is right.",
    lambda p, t: [a == b for a, b in zip(_filled(p, t)[0], _cut(t))],
    lambda rows: sum(map(sum, rows)) / sum(map(len, rows)),
)
mean_of_token_shares = _wrong(
    "This is the mean of each row's share of right tokens. A row is right as a whole or not.",
    lambda p, t: sum(a == b for a, b in zip(p, _cut(t))) / len(_cut(t)),
)
one_wrong_token_allowed = _wrong(
    "A row with a single wrong token counts as a match.",
    lambda p, t: (
        sum(a != b for a, b in zip(_filled(_cut(p), _cut(t))[0], _filled(_cut(p), _cut(t))[1])) <= 1
    ),
)
counted = _wrong("This is the number of matches. Divide by the number of rows.", right, sum)
percentage = _wrong(
    "This is a percentage. A share from 0 to 1 was asked for.",
    right,
    lambda found: 100 * sum(found) / len(found),
)
share_of_errors = _wrong(
    "This is the share of rows that do *not* match.",
    right,
    lambda found: 1 - sum(found) / len(found),
)
all_or_nothing = _wrong(
    "The result is 1 only if all rows match, and else 0. It should be the share.", right, all
)
any_match = _wrong("One matching row gives 1. It should be the share.", right, any)


@misconception("exact_match", "The result is a tensor. Return a Python float.")
def tensor_returned(predictions, targets):
    _refuse(predictions, targets)
    rows = zip(predictions.tolist(), targets.tolist())
    return torch.tensor([right(p, t) for p, t in rows]).double().mean()


@misconception("exact_match", "Another number of rows must raise a ValueError naming predictions.")
def any_rows(predictions, targets):
    rows = list(zip(predictions.tolist(), targets.tolist()))
    return sum(right(p, t) for p, t in rows) / len(rows)


# Alternatives


@alternative("exact_match")
def by_tensors(predictions, targets):
    if predictions.shape[0] != targets.shape[0]:
        raise ValueError("predictions and targets have unequal numbers of rows")

    def cleaned(tokens, columns):
        tokens = torch.nn.functional.pad(tokens, (0, columns - tokens.shape[1]))
        ends = (tokens == 2).long().cumsum(dim=1)
        after = (ends - (tokens == 2).long()) > 0
        return torch.where(after, -1, tokens)

    columns = max(predictions.shape[1], targets.shape[1]) + 1
    same = cleaned(predictions, columns) == cleaned(targets, columns)
    return same.all(dim=1).double().mean().item()


@alternative("exact_match")
def by_loops(predictions, targets):
    _refuse(predictions, targets)
    hits = 0
    for n in range(len(targets)):
        for t in range(targets.shape[1]):
            if t == predictions.shape[1] or predictions[n, t] != targets[n, t]:
                break
            if targets[n, t] == 2:
                hits += 1
                break
    return hits / len(targets)


@alternative("exact_match")
def by_text(predictions, targets):
    _refuse(predictions, targets)

    def texts(tokens):
        return [" ".join(map(str, row)).split(" 2 ")[0] for row in _marked(tokens)]

    pairs = list(zip(texts(predictions), texts(targets)))
    return float(sum(one == other for one, other in pairs) / len(pairs))


def _marked(tokens):
    """Rows with blanks around; one that never ends gets a mark that no target has."""
    return [["x", *row, "y"] if 2 in row else ["never"] for row in tokens.tolist()]
