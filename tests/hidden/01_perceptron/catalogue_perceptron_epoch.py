"""perceptron_epoch: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "perceptron_epoch"


def make_epoch(*, wrong=lambda y, score: y * score <= 0, push=lambda x, y: y * x, pull=lambda y: y):
    """The rule, with another test for a mistake or other updates."""

    def perceptron_epoch(X, y, w, b):
        mistakes = 0
        for x_n, y_n in zip(X, y):
            if wrong(y_n, w @ x_n + b):
                w, b, mistakes = w + push(x_n, y_n), b + pull(y_n), mistakes + 1
        return w, b, mistakes

    return perceptron_epoch


right = make_epoch()

strict = misconception(NAME, "A sample exactly on the border is a mistake as well: use <=.")(
    make_epoch(wrong=lambda y, score: y * score < 0)
)
border_is_positive = misconception(
    NAME, "You count the border as class +1: on it, every sample is a mistake."
)(make_epoch(wrong=lambda y, score: (1.0 if score >= 0 else -1.0) != y))
border_is_negative = misconception(
    NAME, "You count the border as class -1: on it, every sample is a mistake."
)(make_epoch(wrong=lambda y, score: (1.0 if score > 0 else -1.0) != y))
with_margin = misconception(NAME, "You ask for a margin of 1: only y (w·x + b) <= 0 is a mistake.")(
    make_epoch(wrong=lambda y, score: y * score <= 1)
)
corrects_the_right = misconception(NAME, "You update on correct samples: update on mistakes only.")(
    make_epoch(wrong=lambda y, score: y * score > 0)
)
always_updates = misconception(NAME, "You update on every sample: update on mistakes only.")(
    make_epoch(wrong=lambda y, score: True)
)
without_class = misconception(NAME, "You add x whatever its class is: add y x and y.")(
    make_epoch(push=lambda x, y: x, pull=lambda y: 1.0)
)
away = misconception(NAME, "You move away from the sample: add y x, do not subtract it.")(
    make_epoch(push=lambda x, y: -y * x, pull=lambda y: -y)
)
bias_frozen = misconception(NAME, "The bias never changes: add y to it at each mistake.")(
    make_epoch(pull=lambda y: 0.0)
)
bias_counts = misconception(NAME, "The bias grows by 1 at each mistake: add y to it.")(
    make_epoch(pull=lambda y: 1.0)
)
bias_away = misconception(NAME, "The bias moves the wrong way: add y to it.")(
    make_epoch(pull=lambda y: -y)
)
doubled = misconception(NAME, "You added (y - prediction) x, twice the step: add y x.")(
    make_epoch(push=lambda x, y: 2 * y * x, pull=lambda y: 2 * y)
)
small_rate = misconception(NAME, "You multiplied by a learning rate: the rule adds y x as it is.")(
    make_epoch(push=lambda x, y: 0.1 * y * x, pull=lambda y: 0.1 * y)
)
unit_length = misconception(NAME, "You scaled x to length 1: the rule adds y x as it is.")(
    make_epoch(push=lambda x, y: y * x / np.linalg.norm(x))
)


@misconception(NAME, "You judged all samples by the old weights: a new w counts at once.")
def all_at_once(X, y, w, b):
    wrong = y * (X @ w + b) <= 0
    return w + y[wrong] @ X[wrong], b + y[wrong].sum(), int(wrong.sum())


@misconception(NAME, "You left the bias out of the score: it is w·x + b.")
def score_without_bias(X, y, w, b):
    mistakes = 0
    for x_n, y_n in zip(X, y):
        if y_n * (w @ x_n) <= 0:
            w, b, mistakes = w + y_n * x_n, b + y_n, mistakes + 1
    return w, b, mistakes


@misconception(NAME, "You stopped at the first mistake: go through all samples.")
def stops_at_first_mistake(X, y, w, b):
    for x_n, y_n in zip(X, y):
        if y_n * (w @ x_n + b) <= 0:
            return w + y_n * x_n, b + y_n, 1
    return w, b, 0


@misconception(NAME, "You repeated until nothing was wrong: this function makes one pass.")
def many_passes(X, y, w, b):
    total = 0
    for _ in range(50):
        w, b, mistakes = right(X, y, w, b)
        total += mistakes
    return w, b, total


@misconception(NAME, "You went through the samples backwards: keep their order.")
def backwards(X, y, w, b):
    return right(X[::-1], y[::-1], w, b)


@misconception(NAME, "You shuffled the samples: keep their order.")
def shuffled(X, y, w, b):
    order = np.random.default_rng(0).permutation(len(X))
    return right(X[order], y[order], w, b)


@misconception(NAME, "You began from zero: begin from the w and b that were passed.")
def begins_at_zero(X, y, w, b):
    return right(X, y, np.zeros_like(w), 0.0)


@misconception(NAME, "You counted mistakes after the pass: count those made during it.")
def counted_afterwards(X, y, w, b):
    w, b, _ = right(X, y, w, b)
    return w, b, int(np.sum(y * (X @ w + b) <= 0))


@misconception(NAME, "You counted the correct samples: count the mistakes.")
def counted_correct(X, y, w, b):
    w, b, mistakes = right(X, y, w, b)
    return w, b, len(X) - mistakes


@misconception(NAME, "You returned the share of mistakes: return their number, an int.")
def share_of_mistakes(X, y, w, b):
    w, b, mistakes = right(X, y, w, b)
    return w, b, mistakes / len(X)


@misconception(NAME, "You returned (w, b) only: the number of mistakes is missing.")
def without_count(X, y, w, b):
    return right(X, y, w, b)[:2]


@misconception(NAME, "You changed the caller's w: work on a copy of it.")
def in_place(X, y, w, b):
    mistakes = 0
    for x_n, y_n in zip(X, y):
        if y_n * (w @ x_n + b) <= 0:
            w += y_n * x_n
            b, mistakes = b + y_n, mistakes + 1
    return w, b, mistakes


@alternative(NAME)
def bias_as_a_weight(X, y, w, b):
    rows, packed = np.hstack([X, np.ones((len(X), 1))]), np.append(w, b)
    mistakes = 0
    for row, label in zip(rows, y):
        if np.sign(row @ packed) != label:
            packed += label * row
            mistakes += 1
    return packed[:-1], packed[-1], mistakes


@alternative(NAME)
def by_index(X, y, w, b):
    w, b = w.copy(), float(b)
    count = np.int64(0)
    for n in range(X.shape[0]):
        if not y[n] * (X[n].dot(w) + b) > 0:
            w += X[n] * y[n]
            b += y[n]
            count += 1
    return w, b, count


@alternative(NAME)
def by_branches(X, y, w, b):
    w, indices = np.array(w), []
    for n, x_n in enumerate(X):
        score = sum(w * x_n) + b
        if y[n] > 0 and score <= 0:
            w, b = w + x_n, b + 1
            indices.append(n)
        elif y[n] < 0 and score >= 0:
            w, b = w - x_n, b - 1
            indices.append(n)
    return w, b, len(indices)
