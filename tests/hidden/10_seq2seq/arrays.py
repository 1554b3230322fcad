"""Tensors for the checks of this lab: ids, masks and random numbers, all of unequal sizes."""

import numpy as np
import torch

PAD, BOS, EOS = 0, 1, 2


def normal(rng, *shape):
    """Random float64 numbers as a tensor."""
    return torch.tensor(rng.normal(size=shape))


def mask_of(lengths, columns=None):
    """(N, S) bools: row n is True in its first lengths[n] columns."""
    columns = columns or max(lengths)
    return torch.tensor([[column < length for column in range(columns)] for length in lengths])


def ids(rng, lengths, vocab_size, columns=None):
    """Targets of these lengths: ids from 3 on, EOS, PAD."""
    rows = np.zeros((len(lengths), columns or max(lengths)), dtype=np.int64)
    for row, length in zip(rows, lengths):
        row[: length - 1] = rng.integers(3, vocab_size, size=length - 1)
        row[length - 1] = EOS
    return torch.tensor(rows)
