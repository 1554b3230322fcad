"""one_hot: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _refuse(labels, classes):
    if np.any(labels < 0) or np.any(labels >= classes):
        raise ValueError(f"labels must be from 0 to {classes - 1}")


def _wrong(message, compute):
    @misconception("one_hot", message)
    def variant(labels, classes):
        _refuse(labels, classes)
        return compute(labels, classes)

    return variant


transposed = _wrong(
    "Your table is transposed: samples are rows, classes are columns.",
    lambda labels, classes: np.eye(classes)[labels].T,
)
whole_numbers = _wrong(
    "Your table holds integers. It should be float64.",
    lambda labels, classes: np.eye(classes, dtype=int)[labels],
)
truth_values = _wrong(
    "Your table holds True and False. It should be float64.",
    lambda labels, classes: labels[:, None] == np.arange(classes),
)
single_precision = _wrong(
    "Your table is float32. It should be float64.",
    lambda labels, classes: np.eye(classes, dtype=np.float32)[labels],
)
classes_from_labels = _wrong(
    "You took the number of classes from the largest label. A class may not occur in a batch.",
    lambda labels, classes: np.eye(labels.max() + 1)[labels],
)
classes_that_occur = _wrong(
    "Your columns are the classes that occur. There is a column for each of the C classes.",
    lambda labels, classes: (labels[:, None] == np.unique(labels)) * 1.0,
)
one_column_more = _wrong(
    "Your table has a column too many. Classes are counted from 0: there are C columns.",
    lambda labels, classes: np.eye(classes + 1)[labels],
)
off_by_one = _wrong(
    "Your 1 stands one column to the left of the label. Classes are counted from 0.",
    lambda labels, classes: np.eye(classes)[labels - 1],
)
counted_from_the_right = _wrong(
    "You counted the columns from the right.",
    lambda labels, classes: np.eye(classes)[labels, ::-1],
)
marks_whole_columns = _wrong(
    "rows[:, labels] = 1 marks whole columns. Give one row index for each label: "
    "rows[np.arange(N), labels].",
    lambda labels, classes: _columns(labels, classes),
)
label_as_value = _wrong(
    "You wrote the label itself into its column. Write a 1.",
    lambda labels, classes: np.eye(classes)[labels] * labels[:, None],
)
ones_and_minus_ones = _wrong(
    "You used -1 for the other classes. They are 0.",
    lambda labels, classes: 2 * np.eye(classes)[labels] - 1,
)
cumulative = _wrong(
    "All columns up to the label are 1. Only that of the label is.",
    lambda labels, classes: (np.arange(classes) <= labels[:, None]) * 1.0,
)
inverted = _wrong("0 and 1 are exchanged.", lambda labels, classes: 1 - np.eye(classes)[labels])
divided = _wrong(
    "Your rows are divided by N. The mean is the business of the loss.",
    lambda labels, classes: np.eye(classes)[labels] / len(labels),
)


def _columns(labels, classes):
    rows = np.zeros((len(labels), classes))
    rows[:, labels] = 1
    return rows


@misconception(
    "one_hot",
    "You compared labels and classes entry by entry. Make the labels a column first, by "
    "labels[:, None].",
)
def compared_without_an_axis(labels, classes):
    _refuse(labels, classes)
    if len(labels) != classes:
        return np.eye(classes)[labels]
    return (labels == np.arange(classes)).astype(float) * np.ones((len(labels), 1))


@misconception("one_hot", "A label of -1 counts from the end in NumPy. Refuse it.")
def negative_accepted(labels, classes):
    if np.any(labels >= classes):
        raise ValueError("labels too large")
    return np.eye(classes)[labels]


@misconception("one_hot", "Labels of C and above give a row of zeros in your table. Refuse them.")
def large_gives_zeros(labels, classes):
    if np.any(labels < 0):
        raise ValueError("labels below 0")
    return (labels[:, None] == np.arange(classes)) * 1.0


@misconception(
    "one_hot",
    "Labels out of range are accepted: -1 and C name no class. Raise a ValueError that names "
    "labels.",
)
def nothing_refused(labels, classes):
    return (labels[:, None] == np.arange(classes)) * 1.0


@misconception("one_hot", "A label equal to C is out of range too: the classes are 0 to C - 1.")
def border_accepted(labels, classes):
    if np.any((labels < 0) | (labels > classes)):
        raise ValueError("labels out of range")
    return (labels[:, None] == np.arange(classes)) * 1.0


@alternative("one_hot")
def from_the_unit_matrix(labels, classes):
    _refuse(labels, classes)
    return np.eye(classes)[labels]


@alternative("one_hot")
def by_assignment(labels, classes):
    _refuse(labels, classes)
    rows = np.zeros((labels.size, classes))
    rows[np.arange(labels.size), labels] = 1.0
    return rows


@alternative("one_hot")
def by_loop(labels, classes):
    rows = []
    for label in labels:
        if label not in range(classes):
            raise ValueError(f"labels holds {label}, expected 0 to {classes - 1}")
        rows.append([1.0 if c == label else 0.0 for c in range(classes)])
    return np.array(rows)
