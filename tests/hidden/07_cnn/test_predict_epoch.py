"""predict_epoch: what an epoch of twelve samples in batches of 5, 5 and 2 comes to.

mistake                                     case that exposes it      check
------------------------------------------  ------------------------  ---------------
a step for each sample, for each epoch      the number of steps       steps
the short batch dropped                     the number of steps       steps
mean of the batches' means                  a short last batch        loss_per_sample
a sum, the last loss                        the mean loss             loss_per_sample
"""

import torch

from gradlab.judge import alternative, assert_equal, exercise, expect, misconception, reference

pytestmark = exercise("predict_epoch")
BATCHES = ((5, 1.0), (5, 2.0), (2, 6.0))


@reference
def epoch():
    """Steps and mean loss, from a loss for each sample."""
    losses = torch.cat([torch.full((n,), level, dtype=torch.float64) for n, level in BATCHES])
    return len(losses.split(5)), losses.mean().item()


def _prediction(student):
    answer = student.predict_epoch()
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    expect(pair, "return the number of steps and the loss", value=str(type(answer)))
    return answer


def test_steps(student):
    """The number of steps that the optimiser takes."""
    assert_equal(_prediction(student)[0], epoch()[0], name="the number of steps")


def test_loss_per_sample(student):
    """The mean loss per sample."""
    loss = _prediction(student)[1]
    number = isinstance(loss, int | float) and not isinstance(loss, bool)
    expect(number, "the loss should be a number", value=str(type(loss)))
    right = abs(loss - epoch()[1]) < 0.005  # two decimals, as somebody writes it down
    expect(right, "the predicted loss is another number", value=float(loss))


def _belief(message, steps, loss):
    @misconception("predict_epoch", message)
    def prediction():
        return steps, loss

    return prediction


mean_of_means = _belief(
    "You averaged the three batches' losses. The last batch has two samples, the others five: a "
    "batch of n samples counts n times.",
    3,
    3.0,
)
steps_for_samples = _belief(
    "The optimiser does not step for each sample: it steps once for each batch.", 12, 2.25
)
one_step = _belief(
    "The optimiser does not wait for the end of the epoch: it steps for each batch.", 1, 2.25
)
one_step_and_mean_of_means = _belief(
    "There is a step for each batch; and the batches' losses count by their numbers of samples.",
    1,
    3.0,
)
samples_and_mean_of_means = _belief(
    "There is a step for each batch, not for each sample; and the batches' losses count by their "
    "numbers of samples.",
    12,
    3.0,
)
summed = _belief("You added up the batches' losses; the mean per sample is asked.", 3, 9.0)
summed_over_samples = _belief(
    "You added up over the samples; divide by their number, twelve.", 3, 27.0
)
last_loss = _belief("You gave the last batch's loss. The mean is over the whole epoch.", 3, 6.0)
short_batch_dropped = _belief(
    "You left the short batch out. It takes a step and its samples count.", 2, 1.5
)
five_for_each = _belief("You counted five samples in the last batch; there are two.", 3, 45 / 12)


@alternative("predict_epoch")
def as_fractions():
    return [3, 9 / 4]


@alternative("predict_epoch")
def by_sums():
    return -(-12 // 5), sum(n * level for n, level in BATCHES) / sum(n for n, _ in BATCHES)
