"""recall: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _wrong(message, compute):
    @misconception("recall", message)
    def variant(matrix):
        with np.errstate(all="ignore"):
            return compute(matrix)

    return variant


precision = _wrong(
    "You divided by the sums of the columns: that is precision. Recall divides by the rows, the "
    "truth.",
    lambda m: np.diag(m) / m.sum(axis=0),
)
divided_by_all = _wrong(
    "You divided by the number of all samples. Divide by those of the class.",
    lambda m: np.diag(m) / m.sum() + 0 * m.sum(axis=1) / m.sum(axis=1),
)
accuracy = _wrong(
    "You returned the accuracy, one number. Recall is one number for each class.",
    lambda m: np.trace(m) / m.sum(),
)
mean_of_classes = _wrong(
    "You averaged over the classes. Return one number for each.",
    lambda m: np.nanmean(np.diag(m) / m.sum(axis=1)),
)
missed = _wrong("You returned the share that was missed.", lambda m: 1 - np.diag(m) / m.sum(axis=1))
right_for_wrong = _wrong(
    "You divided the found ones by the missed ones. Divide by all samples of the class.",
    lambda m: np.diag(m) / (m.sum(axis=1) - np.diag(m)),
)
counts = _wrong(
    "You returned the counts. Divide by the size of the class.", lambda m: np.diag(m) * 1.0
)
of_last_class_only = _wrong(
    "You returned the recall of the last class only.", lambda m: np.diag(m)[-1] / m[-1].sum()
)
other_classes = _wrong(
    "This is the specificity: how many of the samples of other classes were not taken for the "
    "class.",
    lambda m: 1 - (m.sum(axis=0) - np.diag(m)) / (m.sum() - m.sum(axis=1)),
)
f_score = _wrong(
    "This is the F score, a mean of precision and recall.",
    lambda m: 2 * np.diag(m) / (m.sum(axis=0) + m.sum(axis=1)),
)
row_of_shares = _wrong(
    "You returned the whole matrix of shares. Return its diagonal.",
    lambda m: m / m.sum(axis=1, keepdims=True),
)
largest_of_each_row = _wrong(
    "You took the largest entry of each row. The right ones stand on the diagonal.",
    lambda m: m.max(axis=1) / m.sum(axis=1),
)
whole_division = _wrong(
    "You divided with //, which rounds down.",
    lambda m: np.where(m.sum(axis=1) > 0, np.diag(m) // np.maximum(m.sum(axis=1), 1), np.nan),
)
zero_for_empty = _wrong(
    "A class without samples has the recall 0 in your result. It has none: NaN.",
    lambda m: np.diag(m) / np.maximum(m.sum(axis=1), 1),
)
one_for_empty = _wrong(
    "A class without samples has the recall 1 in your result. It has none: NaN.",
    lambda m: np.where(m.sum(axis=1) > 0, np.diag(m) / m.sum(axis=1), 1.0),
)
empty_left_out = _wrong(
    "A class without samples is left out of your result. Keep its place, with NaN.",
    lambda m: (np.diag(m) / m.sum(axis=1))[m.sum(axis=1) > 0],
)
with_epsilon = _wrong(
    "You added a small number below the line: it changes every value, and hides the empty class.",
    lambda m: np.diag(m) / (m.sum(axis=1) + 1e-6),
)


@misconception("recall", "NumPy warns of 0 / 0 on the way. Silence it with np.errstate.")
def warning(matrix):
    return np.diag(matrix) / matrix.sum(axis=1)


@alternative("recall")
def by_selection(matrix):
    sizes = matrix.sum(axis=1)
    return np.where(sizes > 0, matrix.diagonal() / np.where(sizes > 0, sizes, 1), np.nan)


@alternative("recall")
def by_loop(matrix):
    return np.array([row[i] / row.sum() if row.any() else np.nan for i, row in enumerate(matrix)])


@alternative("recall")
def by_divide(matrix):
    result = np.full(len(matrix), np.nan)
    sizes = matrix @ np.ones(len(matrix))
    return np.divide(np.einsum("ii->i", matrix), sizes, out=result, where=sizes != 0)
