"""predict_weights: a softmax over the real positions of scores 0, ln 2 and ln 5.

mistake                                          check
-----------------------------------------------  ---------------
padding counts, or its score is set to 0         the_two_real
masked after the softmax, sum below 1            the_two_real
scores or their shares taken for weights         the_two_real
equal weights, all on the largest, order turned  the_two_real
padding has a small weight                       the_padded_one
"""

import numpy as np
import torch

from gradlab.judge import alternative, assert_close, exercise, misconception, reference

pytestmark = exercise("predict_weights")


@reference
def expected(device):
    scores = torch.tensor([0.0, np.log(2), -np.inf], dtype=torch.float64, device=device)
    return torch.softmax(scores, dim=0)


def _weights(student):
    return np.array([float(weight) for weight in student.predict_weights()])


def test_the_two_real(student, torch_device):
    """The weights of the two real positions."""
    # three digits of the student's own reckoning are enough
    wanted = expected(torch_device)[:2]
    assert_close(_weights(student)[:2], wanted, rtol=0.005, name="the first two weights")


def test_the_padded_one(student):
    """The weight of the padded position."""
    assert_close(_weights(student)[2:], np.zeros(1), name="the third weight")


def _belief(value, message):
    @misconception("predict_weights", message)
    def believed():
        return value

    return believed


padding_counts = _belief(
    (1 / 8, 2 / 8, 5 / 8), "The padded position has a weight like the others. It has none."
)
score_of_zero = _belief(
    (1 / 4, 2 / 4, 1 / 4),
    "The score of the padded position was set to 0, but exp(0) = 1. Leave it out.",
)
masked_afterwards = _belief(
    (1 / 8, 2 / 8, 0.0),
    "The padded weight was set to 0 after the softmax, so the weights do not sum to 1.",
)
scores = _belief((0.0, float(np.log(2)), 0.0), "These are the scores. Their softmax was asked for.")
shares_of_scores = _belief(
    (0.0, 1.0, 0.0), "All weight is on one position. The softmax gives the other one its part."
)
equal = _belief((1 / 3, 1 / 3, 1 / 3), "The weights are equal. The scores differ.")
equal_real = _belief((1 / 2, 1 / 2, 0.0), "The two real weights are equal. Their scores differ.")
turned = _belief((2 / 3, 1 / 3, 0.0), "The larger score gets the larger weight.")
all_on_padding = _belief(
    (0.0, 0.0, 1.0), "All weight is on the padded position, since its score is the largest."
)
a_little_padding = _belief(
    (1 / 3, 2 / 3, 0.01), "The padded position has a small weight. It has none at all."
)


@alternative("predict_weights")
def by_numpy():
    weights = np.exp([0.0, np.log(2), -np.inf])
    return tuple(float(w) for w in weights / weights.sum())


@alternative("predict_weights")
def rounded():
    return 0.333, 0.667, 0.0


@alternative("predict_weights")
def as_a_list():
    return [1 / 3, 1 - 1 / 3, 0.0]
