"""weighted_cross_entropy: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .logits import log_softmax, softmax

NAME = "weighted_cross_entropy"


def _refuse(z, class_weights):
    if class_weights.shape != (z.shape[1],):
        raise ValueError(f"class_weights has shape {class_weights.shape}")


def _costs(z, labels):
    return -log_softmax(z)[np.arange(len(z)), labels]


def _errors(z, labels):
    return softmax(z) - np.eye(z.shape[1])[labels]


def _weighted(z, labels, share):
    """Loss and gradient when sample n counts with share[n]."""
    return np.sum(share * _costs(z, labels)), share[:, None] * _errors(z, labels)


def _share(labels, w):
    return w[labels] / w[labels].sum()


def _wrong(message, compute):
    @misconception(NAME, message)
    def variant(z, labels, class_weights):
        _refuse(z, class_weights)
        with np.errstate(all="ignore"):
            return compute(z, labels, class_weights)

    return variant


# Misconceptions: the weights

divided_by_samples = _wrong(
    "You divided by N. This loss divides by the sum of the samples' weights, as torch does.",
    lambda z, y, w: _weighted(z, y, w[y] / len(z)),
)
divided_by_class_weights = _wrong(
    "You divided by the sum of the C class weights. Divide by the sum of the samples' weights.",
    lambda z, y, w: _weighted(z, y, w[y] / w.sum()),
)
normalised_class_weights = _wrong(
    "You scaled the class weights to sum to C and divided by N. Divide by the sum of the samples' "
    "weights.",
    lambda z, y, w: _weighted(z, y, w[y] / w.mean() / len(z)),
)
not_divided = _wrong(
    "You did not divide by the sum of the weights.", lambda z, y, w: _weighted(z, y, w[y])
)
weights_ignored = _wrong(
    "class_weights is not used.", lambda z, y, w: _weighted(z, y, np.full(len(z), 1 / len(z)))
)
weights_inverted = _wrong(
    "You divided by the class weights. Multiply by them.",
    lambda z, y, w: _weighted(z, y, _share(y, 1 / w)),
)
weights_squared = _wrong(
    "The weights come in twice.", lambda z, y, w: _weighted(z, y, _share(y, w**2))
)
weights_reversed = _wrong(
    "You used the weights in reverse order: w[c] belongs to class c.",
    lambda z, y, w: _weighted(z, y, _share(y, w[::-1])),
)
weights_by_position = _wrong(
    "You gave sample n the weight number n. A sample has the weight of its label: w[labels].",
    lambda z, y, w: _weighted(z, y, np.resize(w, len(z)) / np.resize(w, len(z)).sum()),
)
weights_of_the_guess = _wrong(
    "You used the weight of the most probable class. Use that of the label.",
    lambda z, y, w: _weighted(z, y, _share(z.argmax(axis=1), w)),
)
weights_on_logits = _wrong(
    "You multiplied the logits by the weights. Multiply the losses.",
    lambda z, y, w: _weighted(z * w, y, np.full(len(z), 1 / len(z))),
)
weights_in_the_softmax = _wrong(
    "You put the weights inside the softmax, as prior odds. They multiply the losses.",
    lambda z, y, w: _weighted(z + np.log(w), y, np.full(len(z), 1 / len(z))),
)
averaged_by_class = _wrong(
    "You averaged within each class first. Every sample counts with its weight.",
    lambda z, y, w: _weighted(z, y, _share(y, w / np.maximum(np.bincount(y, minlength=len(w)), 1))),
)

# Misconceptions: the loss

negative_loss = _wrong(
    "The minus sign of the loss is missing.",
    lambda z, y, w: (-_weighted(z, y, _share(y, w))[0], _weighted(z, y, _share(y, w))[1]),
)
along_the_samples = _wrong(
    "Your softmax runs along the samples. The classes of a row compete: axis=1.",
    lambda z, y, w: (
        -np.sum(_share(y, w) * log_softmax(z, 0)[np.arange(len(z)), y]),
        _share(y, w)[:, None] * (softmax(z, 0) - np.eye(z.shape[1])[y]),
    ),
)
loss_by_samples = _wrong(
    "Your loss is divided by N, your gradient by the sum of the weights. Both need the latter.",
    lambda z, y, w: (np.mean(w[y] * _costs(z, y)), _weighted(z, y, _share(y, w))[1]),
)
loss_unweighted = _wrong(
    "Your loss has no weights, only your gradient has.",
    lambda z, y, w: (np.mean(_costs(z, y)), _weighted(z, y, _share(y, w))[1]),
)
loss_of_each_sample = _wrong(
    "You returned one loss for each sample. Return their weighted mean, one float.",
    lambda z, y, w: (_share(y, w) * _costs(z, y), _weighted(z, y, _share(y, w))[1]),
)


@misconception(NAME, "Only the loss came back. Return the pair (loss, dz).")
def loss_only(z, labels, class_weights):
    _refuse(z, class_weights)
    return _weighted(z, labels, _share(labels, class_weights))[0]


@misconception(NAME, "Loss and gradient are swapped. Return (loss, dz).")
def swapped(z, labels, class_weights):
    _refuse(z, class_weights)
    return _weighted(z, labels, _share(labels, class_weights))[::-1]


# Misconceptions: the gradient


def _wrong_gradient(message, compute):
    return _wrong(message, lambda z, y, w: (_weighted(z, y, _share(y, w))[0], compute(z, y, w)))


gradient_unweighted = _wrong_gradient(
    "Your gradient is that of the unweighted mean: multiply the row of sample n by w[label] / S.",
    lambda z, y, w: _errors(z, y) / len(z),
)
gradient_by_samples = _wrong_gradient(
    "Your gradient is divided by N. Divide it, like the loss, by the sum of the weights.",
    lambda z, y, w: w[y][:, None] * _errors(z, y) / len(z),
)
gradient_not_divided = _wrong_gradient(
    "Your gradient is not divided by the sum of the samples' weights.",
    lambda z, y, w: w[y][:, None] * _errors(z, y),
)
gradient_by_columns = _wrong_gradient(
    "Your gradient weighs the columns: entry (n, c) has the factor w[c]. The whole row of sample n "
    "has the factor w[label].",
    lambda z, y, w: w * _errors(z, y) / w[y].sum(),
)
gradient_turned = _wrong_gradient(
    "The sign of your gradient is turned round.",
    lambda z, y, w: -_share(y, w)[:, None] * _errors(z, y),
)
gradient_weight_on_target_only = _wrong_gradient(
    "The weight multiplies only the 1 that you subtract. It multiplies the whole row.",
    lambda z, y, w: (softmax(z) - w[y][:, None] * np.eye(z.shape[1])[y]) / w[y].sum(),
)
gradient_diagonal = _wrong_gradient(
    "Only the right class has a slope in your gradient. The logits of the others have one too.",
    lambda z, y, w: _share(y, w)[:, None] * _errors(z, y) * np.eye(z.shape[1])[y],
)

# Misconceptions: large logits, and what is refused


def _naive(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


not_shifted = _wrong(
    "exp overflows for a logit of 1000. Subtract the largest logit of each row first.",
    lambda z, y, w: (
        -np.sum(_share(y, w) * np.log(_naive(z)[np.arange(len(z)), y])),
        _share(y, w)[:, None] * (_naive(z) - np.eye(z.shape[1])[y]),
    ),
)
added_epsilon = _wrong(
    "You added 1e-12 inside the logarithm, so a certain and wrong answer costs 28 at most.",
    lambda z, y, w: (
        -np.sum(_share(y, w) * np.log(softmax(z)[np.arange(len(z)), y] + 1e-12)),
        _weighted(z, y, _share(y, w))[1],
    ),
)


@misconception(NAME, "NumPy warns of an overflow or of log(0) on the way.")
def warning(z, labels, class_weights):
    _refuse(z, class_weights)
    np.exp(np.abs(z))
    return _weighted(z, labels, _share(labels, class_weights))


@misconception(
    NAME, "class_weights of another shape must raise a ValueError that names class_weights."
)
def any_weights_accepted(z, labels, class_weights):
    return _weighted(z, labels, _share(labels, class_weights.ravel()))


@misconception(NAME, "Too many class weights must raise a ValueError that names class_weights.")
def too_many_accepted(z, labels, class_weights):
    if class_weights.ndim != 1 or len(class_weights) < z.shape[1]:
        raise ValueError(f"class_weights has shape {class_weights.shape}")
    return _weighted(z, labels, _share(labels, class_weights))


@misconception(NAME, "Compare the shape of class_weights, (C,), not only its size.")
def size_compared(z, labels, class_weights):
    if class_weights.size != z.shape[1]:
        raise ValueError(f"class_weights has shape {class_weights.shape}")
    return _weighted(z, labels, _share(labels, class_weights.ravel()))


# Alternatives


@alternative(NAME)
def by_weighted_rows(z, labels, class_weights):
    _refuse(z, class_weights)
    rows = np.eye(z.shape[1])[labels] * class_weights
    total = rows.sum()
    slopes = rows.sum(axis=1, keepdims=True) * softmax(z) - rows
    return -np.sum(rows * log_softmax(z)) / total, slopes / total


@alternative(NAME)
def by_average(z, labels, class_weights):
    _refuse(z, class_weights)
    w = np.take(class_weights, labels)
    loss = np.average(np.logaddexp.reduce(z, axis=1) - z[range(len(z)), labels], weights=w)
    return float(loss), np.einsum("n,nc->nc", w / np.sum(w), _errors(z, labels))


@alternative(NAME)
def by_loops(z, labels, class_weights):
    if class_weights.shape != z.shape[1:]:
        raise ValueError(f"class_weights: expected one a class, got {class_weights.shape}")
    total, loss, slopes = 0.0, 0.0, np.zeros(z.shape)
    for n, (row, label) in enumerate(zip(z, labels)):
        powers = np.exp(row - row.max())
        loss += class_weights[label] * (np.log(powers.sum()) + row.max() - row[label])
        slopes[n] = powers / powers.sum()
        slopes[n, label] -= 1
        slopes[n] *= class_weights[label]
        total += class_weights[label]
    return [loss / total, slopes / total]
