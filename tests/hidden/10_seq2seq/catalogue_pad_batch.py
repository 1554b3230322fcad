"""pad_batch: known wrong implementations, and right ones."""

import torch

from gradlab.judge import alternative, misconception


def _refuse(sequences):
    if not sequences:
        raise ValueError("sequences is empty")
    if any(not sequence or 0 in sequence for sequence in sequences):
        raise ValueError("one of the sequences is empty or contains PAD")


def _padded(sequences, fill=0, length=None):
    length = length or max(map(len, sequences))
    return torch.tensor([(list(s) + [fill] * length)[:length] for s in sequences])


def _real(sequences, length=None):
    length = length or max(map(len, sequences))
    return torch.tensor([[t < len(s) for t in range(length)] for s in sequences])


def _wrong(message, tokens=_padded, mask=_real):
    @misconception("pad_batch", message)
    def variant(sequences):
        _refuse(sequences)
        return tokens(sequences), mask(sequences)

    return variant


def _left(sequences):
    longest = max(map(len, sequences))
    return torch.tensor([[0] * (longest - len(s)) + list(s) for s in sequences])


padded_on_the_left = _wrong(
    "The padding stands on the left. Fill up on the right.", _left, lambda s: _left(s) != 0
)
padded_with_eos = _wrong("You filled up with EOS (2). PAD is 0.", lambda s: _padded(s, 2))
padded_with_bos = _wrong("You filled up with BOS (1). PAD is 0.", lambda s: _padded(s, 1))
padded_with_minus_one = _wrong("You filled up with -1. PAD is 0.", lambda s: _padded(s, -1))
cut_to_the_shortest = _wrong(
    "All rows are cut to the shortest. Make room for the longest.",
    lambda s: _padded(s, length=min(map(len, s))),
    lambda s: _real(s, min(map(len, s))),
)
as_long_as_the_first = _wrong(
    "The rows are as long as the first sequence. Make room for the longest.",
    lambda s: _padded(s, length=len(s[0])),
    lambda s: _real(s, len(s[0])),
)
one_column_too_many = _wrong(
    "There is a column of nothing but padding. S is the length of the longest sequence.",
    lambda s: _padded(s, length=max(map(len, s)) + 1),
    lambda s: _real(s, max(map(len, s)) + 1),
)
transposed = _wrong(
    "Your tensors are (S, N). Batches come first: (N, S).",
    lambda s: _padded(s).T.contiguous(),
    lambda s: _real(s).T.contiguous(),
)
sorted_by_length = _wrong(
    "The rows are sorted by length. Keep the order of the list.",
    lambda s: _padded(sorted(s, key=len, reverse=True)),
    lambda s: _real(sorted(s, key=len, reverse=True)),
)
float_tokens = _wrong(
    "The tokens are floats. An embedding needs integers: int64.", lambda s: _padded(s).double()
)
last_token_overwritten = _wrong(
    "The last token of each row is overwritten by padding: EOS belongs to the sequence.",
    lambda s: _padded([r[:-1] for r in s], length=max(map(len, s))),
)
mask_inverted = _wrong(
    "The mask is True at the padding. True means real.", mask=lambda s: ~_real(s)
)
mask_without_eos = _wrong(
    "The mask is False at the last real token. EOS is real, it has to be learned.",
    mask=lambda s: torch.tensor([[t < len(r) - 1 for t in range(max(map(len, s)))] for r in s]),
)
mask_one_too_long = _wrong(
    "The mask is True at the first padding of each row too.",
    mask=lambda s: torch.tensor([[t <= len(r) for t in range(max(map(len, s)))] for r in s]),
)
mask_of_floats = _wrong("The mask is of floats. It should be bool.", mask=lambda s: _real(s) * 1.0)
mask_of_integers = _wrong(
    "The mask is of integers. It should be bool.", mask=lambda s: _real(s) * 1
)
lengths_for_mask = _wrong(
    "The second result is the lengths. It should be the mask, (N, S).",
    mask=lambda s: torch.tensor([len(r) for r in s]),
)
all_true = _wrong(
    "The mask is True everywhere. It is there to tell the padding apart.",
    mask=lambda s: _real(s) | True,
)
mask_above_eos = _wrong(
    "The mask is False wherever the id is 2 or below. What is real is a question of the length.",
    mask=lambda s: _padded(s) > 2,
)


@misconception("pad_batch", "Only the tokens came back. Return the pair (tokens, mask).")
def no_mask(sequences):
    _refuse(sequences)
    return _padded(sequences)


def _lenient(message, refuse):
    @misconception("pad_batch", message)
    def variant(sequences):
        refuse(sequences)
        if not sequences:
            return torch.zeros(0, 0).long(), torch.zeros(0, 0).bool()
        return _padded(sequences).long(), _real(sequences).bool()

    return variant


def _refuse_no_rows(sequences):
    if not sequences:
        raise ValueError("sequences is empty")


no_rows_accepted = _lenient(
    "An empty list must raise a ValueError that names sequences.",
    lambda s: s and _refuse(s),
)
empty_accepted = _lenient(
    "An empty sequence must raise a ValueError: there would be nothing to attend to.",
    lambda s: _refuse_no_rows(s) or _refuse([r or [2] for r in s]),
)
padding_accepted = _lenient(
    "A sequence that contains PAD must raise a ValueError: it could not be told from padding.",
    lambda s: _refuse_no_rows(s) or _refuse([[i + 1 for i in r] for r in s]),
)
first_row_checked = _lenient(
    "You look at the first sequence only. Any of them may be empty or contain PAD.",
    lambda s: _refuse(s[:1]),
)


@alternative("pad_batch")
def by_torch(sequences):
    _refuse(sequences)
    rows = [torch.tensor(sequence) for sequence in sequences]
    tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])
    return tokens, torch.arange(tokens.shape[1])[None, :] < lengths[:, None]


@alternative("pad_batch")
def by_lists(sequences):
    if len(sequences) == 0 or min(len(s) for s in sequences) == 0:
        raise ValueError("sequences: none, or an empty one")
    if any(token == 0 for sequence in sequences for token in sequence):
        raise ValueError("sequences: PAD inside")
    return _padded(sequences), _real(sequences)


@alternative("pad_batch")
def by_filling(sequences):
    _refuse(sequences)
    shape = len(sequences), max(len(sequence) for sequence in sequences)
    tokens, mask = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.bool)
    for n, sequence in enumerate(sequences):
        for t, token in enumerate(sequence):
            tokens[n, t], mask[n, t] = token, True
    return tokens, mask
