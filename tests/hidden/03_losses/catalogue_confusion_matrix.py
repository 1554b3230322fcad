"""confusion_matrix: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _refuse(labels, predictions):
    if labels.shape != predictions.shape:
        raise ValueError(f"predictions has shape {predictions.shape}")


def _count(labels, predictions, classes):
    pairs = labels * classes + predictions
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def _wrong(message, compute):
    @misconception("confusion_matrix", message)
    def variant(labels, predictions, classes):
        _refuse(labels, predictions)
        return compute(labels, predictions, classes)

    return variant


transposed = _wrong(
    "Your rows are the predictions, as in some books. Here rows are the truth.",
    lambda y, p, c: _count(p, y, c),
)
counted_once = _wrong(
    "A pair that occurs several times is counted once: M[labels, predictions] += 1 does not "
    "accumulate.",
    lambda y, p, c: np.minimum(_count(y, p, c), 1),
)
classes_that_occur = _wrong(
    "Your matrix has a row for each class that occurs. There are C rows and columns.",
    lambda y, p, c: _count(y, p, c)[np.ix_(*[np.unique(np.concatenate([y, p]))] * 2)],
)
size_from_labels = _wrong(
    "You took the size from the largest class in the batch. It is given.",
    lambda y, p, c: _count(y, p, max(y.max(), p.max()) + 1),
)
hits_only = _wrong(
    "Your matrix holds the right answers only. Count the mistakes too.",
    lambda y, p, c: np.diag(np.diag(_count(y, p, c))),
)
mistakes_only = _wrong(
    "The diagonal is empty: count the right answers too.",
    lambda y, p, c: _count(y, p, c) - np.diag(np.diag(_count(y, p, c))),
)
shares_of_rows = _wrong(
    "You divided each row by its sum. Return counts.",
    lambda y, p, c: _count(y, p, c) / np.maximum(_count(y, p, c).sum(axis=1, keepdims=True), 1),
)
shares_of_all = _wrong("You divided by N. Return counts.", lambda y, p, c: _count(y, p, c) / len(y))
floats = _wrong(
    "Your matrix holds floats. Counts are integers.", lambda y, p, c: _count(y, p, c).astype(float)
)
symmetric = _wrong(
    "You counted each pair in both directions. A mistake has a direction.",
    lambda y, p, c: _count(y, p, c) + _count(p, y, c),
)
truth_of_both = _wrong("Both axes of your matrix are the truth.", lambda y, p, c: _count(y, y, c))
flipped = _wrong(
    "Your classes run backwards. Row 0 is class 0.", lambda y, p, c: _count(y, p, c)[::-1, ::-1]
)
one_class_more = _wrong(
    "Your matrix has a row and a column too many. Classes are counted from 0.",
    lambda y, p, c: np.pad(_count(y, p, c), ((0, 1), (0, 1))),
)
last_sample_missing = _wrong(
    "One sample is missing in your counts.", lambda y, p, c: _count(y[:-1], p[:-1], c)
)
flat = _wrong(
    "Your counts are in one row. Return a (C, C) table.", lambda y, p, c: _count(y, p, c).ravel()
)


@misconception(
    "confusion_matrix",
    "Predictions of another shape must raise a ValueError that names predictions.",
)
def broadcasting(labels, predictions, classes):
    matrix = np.zeros((classes, classes), dtype=int)
    np.add.at(matrix, (labels, predictions), 1)
    return matrix


@misconception("confusion_matrix", "Compare the shapes, not only the lengths.")
def lengths_compared(labels, predictions, classes):
    if len(labels) != len(predictions):
        raise ValueError(f"predictions has length {len(predictions)}")
    return _count(labels, predictions.ravel(), classes)


@alternative("confusion_matrix")
def by_bincount(labels, predictions, classes):
    _refuse(labels, predictions)
    return _count(labels, predictions, classes)


@alternative("confusion_matrix")
def by_loop(labels, predictions, classes):
    _refuse(labels, predictions)
    matrix = np.zeros((classes, classes), dtype=np.int32)
    for y, p in zip(labels, predictions):
        matrix[y][p] += 1
    return matrix


@alternative("confusion_matrix")
def by_one_hot_product(labels, predictions, classes):
    _refuse(labels, predictions)
    rows, columns = (np.eye(classes, dtype=int)[a] for a in (labels, predictions))
    return rows.T @ columns


@alternative("confusion_matrix")
def by_comparison(labels, predictions, classes):
    _refuse(labels, predictions)
    c = range(classes)
    return np.array([[np.sum((labels == i) & (predictions == j)) for j in c] for i in c])
