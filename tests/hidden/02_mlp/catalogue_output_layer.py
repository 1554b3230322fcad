"""output_layer: known wrong choices, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _require(z, task):
    if task not in RIGHT:
        raise ValueError(f"task is {task!r}")
    if task == "binary" and z.shape[1] != 1:
        raise ValueError(f"z has shape {z.shape}")
    if task == "multiclass" and z.shape[1] < 2:
        raise ValueError(f"z has shape {z.shape}")


RIGHT = {
    "regression": lambda z, sigmoid, softmax: z.copy(),
    "binary": lambda z, sigmoid, softmax: sigmoid(z),
    "multiclass": lambda z, sigmoid, softmax: softmax(z),
    "multilabel": lambda z, sigmoid, softmax: sigmoid(z),
}


def _wrong(message, **choices):
    @misconception("output_layer", message)
    def variant(z, task, sigmoid, softmax):
        _require(z, task)
        return (RIGHT | choices)[task](z, sigmoid, softmax)

    return variant


softmax_for_labels = _wrong(
    "Your labels compete: softmax makes them add up to 1. Several may apply at once, or none.",
    multilabel=lambda z, sigmoid, softmax: softmax(z),
)
sigmoid_for_classes = _wrong(
    "Your class probabilities do not add up to 1, though exactly one class is right.",
    multiclass=lambda z, sigmoid, softmax: sigmoid(z),
)
softmax_of_one = _wrong(
    "A softmax over one number is always 1. One yes-or-no answer needs a sigmoid.",
    binary=lambda z, sigmoid, softmax: softmax(z),
)
softmax_for_all_answers = _wrong(
    "You used softmax wherever a probability is wanted. It fits only where exactly one is right.",
    binary=lambda z, sigmoid, softmax: softmax(z),
    multilabel=lambda z, sigmoid, softmax: softmax(z),
)
sigmoid_for_quantities = _wrong(
    "A sigmoid keeps your quantities between 0 and 1. A temperature needs neither bound.",
    regression=lambda z, sigmoid, softmax: sigmoid(z),
)
rectified_quantities = _wrong(
    "Your quantities are never negative: no ReLU after the last layer.",
    regression=lambda z, sigmoid, softmax: np.maximum(z, 0.0),
)
tanh_quantities = _wrong(
    "Tanh keeps your quantities between -1 and 1. A temperature needs neither bound.",
    regression=lambda z, sigmoid, softmax: np.tanh(z),
)
softmax_for_quantities = _wrong(
    "Softmax turns your quantities into shares. Return them as they are.",
    regression=lambda z, sigmoid, softmax: softmax(z),
)
logits_for_binary = _wrong(
    "A binary answer is a probability; z itself may be any number.",
    binary=lambda z, sigmoid, softmax: z.copy(),
)
logits_for_classes = _wrong(
    "The answer for classes are probabilities, and you returned the logits.",
    multiclass=lambda z, sigmoid, softmax: z.copy(),
)
decided_binary = _wrong(
    "You decided between yes and no. The probability is asked for.",
    binary=lambda z, sigmoid, softmax: (z > 0).astype(float),
)
decided_classes = _wrong(
    "You marked the most probable class. The probabilities are asked for.",
    multiclass=lambda z, sigmoid, softmax: np.eye(z.shape[1])[z.argmax(axis=1)],
)
sigmoid_before_softmax = _wrong(
    "You put a sigmoid under the softmax. The softmax takes z as it is.",
    multiclass=lambda z, sigmoid, softmax: softmax(sigmoid(z)),
)
tanh_for_binary = _wrong(
    "A probability lies between 0 and 1, tanh between -1 and 1.",
    binary=lambda z, sigmoid, softmax: np.tanh(z),
)
labels_normalised = _wrong(
    "You normalised the sigmoids of the labels. Each label stands by itself.",
    multilabel=lambda z, sigmoid, softmax: sigmoid(z) / sigmoid(z).sum(axis=1, keepdims=True),
)
one_label_per_row = _wrong(
    "The classes and the labels are swapped: softmax where exactly one is right.",
    multilabel=lambda z, sigmoid, softmax: softmax(z),
    multiclass=lambda z, sigmoid, softmax: sigmoid(z),
)


@misconception("output_layer", "A z with columns that do not suit the task must raise ValueError.")
def any_columns_accepted(z, task, sigmoid, softmax):
    if task not in RIGHT:
        raise ValueError(f"task is {task!r}")
    return RIGHT[task](z, sigmoid, softmax)


@misconception(
    "output_layer", "One column is too little for classes: refuse it, with a ValueError naming z."
)
def one_class_accepted(z, task, sigmoid, softmax):
    if not (task == "multiclass" and z.shape[1] == 1):
        _require(z, task)
    return RIGHT[task](z, sigmoid, softmax)


@misconception("output_layer", "An unknown task must raise a ValueError that names task.")
def any_task_accepted(z, task, sigmoid, softmax):
    _require(z, task if task in RIGHT else "regression")
    return RIGHT.get(task, RIGHT["regression"])(z, sigmoid, softmax)


@misconception("output_layer", "You wrote a sigmoid and a softmax of your own; use those given.")
def home_made(z, task, sigmoid, softmax):
    _require(z, task)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return RIGHT[task](z, lambda z: 1.0 / (1.0 + np.exp(-z)), lambda z: e / e.sum(1)[:, None])


@alternative("output_layer")
def by_match(z, task, sigmoid, softmax):
    match task, z.shape[1]:
        case ("regression", _):
            return z
        case ("binary", 1) | ("multilabel", _):
            return sigmoid(z)
        case ("multiclass", columns) if columns > 1:
            return softmax(z)
        case ("binary" | "multiclass", _):
            raise ValueError(f"z has {z.shape[1]} columns")
    raise ValueError(f"task {task} is unknown")


@alternative("output_layer")
def by_table(z, task, sigmoid, softmax):
    table = {"regression": np.positive, "multilabel": sigmoid, "multiclass": softmax}
    table["binary"] = sigmoid
    if task not in table:
        raise ValueError(f"no such task: {task}")
    allowed = {"binary": range(1, 2), "multiclass": range(2, 999)}
    if z.shape[1] not in allowed.get(task, range(999)):
        raise ValueError(f"z has the wrong shape {z.shape}")
    return table[task](z)


@alternative("output_layer")
def row_by_row(z, task, sigmoid, softmax):
    _require(z, task)
    rows = [RIGHT[task](row[None, :], sigmoid, softmax) for row in z]
    return np.concatenate(rows)
