"""fit: who is called with what, when the schedule steps, and which weights remain.

mistake                                       case that exposes it             check
--------------------------------------------  -------------------------------  ----------------
the last weights remain, best aliased         the best epoch in the middle     best_weights
shallow copy, parameters only                 parameters and buffers           best_weights
highest loss, best accuracy                   accuracies peak elsewhere        best_weights
the later of equals, a loss that starts low   plateaus, losses above 1000      best_weights
training loss watched                         training loss always rises       best_weights
another object is the best one                the model that was passed        best_weights
an epoch too many or too few                  epochs from 1 to 5               calls
trained on validation data, the reverse       the loaders' names               calls
schedule never, per batch, before, too often  the order of calls               schedule
the device dropped                            "cpu:0"                          calls
lists swapped, nested, of the best only       three different series           history
"""

from dataclasses import dataclass

import pytest

from gradlab.judge import (
    assert_close,
    assert_equal,
    exercise,
    expect,
    fetch,
    requires,
    weight,
)

from .loops import SOURCE
from .networks import kernel_of, modules_of

pytestmark = exercise("fit")


@dataclass(frozen=True)
class Story:
    """What evaluate says in each epoch, and which epoch is the best."""

    losses: tuple
    accuracies: tuple
    best: int

    def __str__(self):
        return "losses " + ", ".join(map(str, self.losses))


STORIES = [
    Story((5.0, 3.0, 4.0, 3.0, 6.0), (0.9, 0.3, 0.8, 0.2, 0.1), 2),
    Story((0.7, 0.9, 0.4, 0.8), (0.1, 0.2, 0.3, 0.9), 3),
    Story((1.0, 2.0, 3.0, 4.0), (0.5, 0.6, 0.7, 0.8), 1),
    Story((2.0, 2.0, 2.0), (0.4, 0.5, 0.6), 1),  # a plateau: the first of equals
    Story((4000.0, 2500.0, 3000.0), (0.2, 0.3, 0.1), 2),
    Story((-1.0, -3.0, -2.0), (0.7, 0.1, 0.2), 2),  # a log-likelihood may give such numbers
    Story((2.4, 2.1, 2.3), (0.3, 0.1, 0.2), 2),  # the same, once rounded
    Story((3.0,), (0.5,), 1),
    Story((3.0, 2.0), (0.5, 0.6), 2),
]


@dataclass(frozen=True)
class Played:
    history: object
    log: list
    parameters: list
    buffers: list
    loads: int


def _play(student, story, *, schedule=False, **options):
    modules, kernel = modules_of(student), kernel_of(student, SOURCE, "Loops")
    model, script = kernel.plain(), kernel.script(list(story.losses), list(story.accuracies))
    if schedule:
        options["scheduler"] = script
    history = student.fit(
        model, "training data", "validation data", "the loss", "the optimiser",
        epochs=len(story.losses), train_epoch=kernel.method(script, "train"),
        evaluate=kernel.method(script, "look"), **options,
    )  # fmt: skip
    arrays = modules.parameters(model), modules.buffers(model)
    return Played(history, fetch(script, "log"), *arrays, fetch(model, "loads"))


@weight(3)
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_best_weights(student, story):
    """The model ends with the parameters and buffers of the epoch of the lowest loss."""
    played = _play(student, story)
    arrays = [float(a.ravel()[0]) for a in (*played.parameters, *played.buffers)]
    expect(len(arrays) == 7, "parameters or buffers are missing", value=played.loads)
    assert_equal(arrays, [float(story.best)] * 7, name="the epochs that the weights are from")


@weight(2)
@pytest.mark.parametrize("story", STORIES[:3], ids=str)
def test_calls(student, story):
    """Trains on the training data and evaluates on the validation data, once in each epoch."""
    played = _play(student, story, device="cpu:0")
    train = ["train", "training data", "the loss", "the optimiser", "cpu:0"]
    look = ["evaluate", "validation data", "the loss", "cpu:0"]
    log = [["train", *entry[1:]] if entry[0] == "train" else entry for entry in played.log]
    assert_equal(log, [train, look] * len(story.losses), name="the calls")


@requires("test_calls")
@pytest.mark.parametrize("story", STORIES[:2], ids=str)
def test_schedule(student, story):
    """The schedule steps once in each epoch, after its training."""
    kinds = [entry[0] for entry in _play(student, story, schedule=True).log]
    assert_equal(len(kinds), 3 * len(story.losses), name="the number of calls")
    # before or after the evaluation, which does not depend on it
    epochs = [sorted(kinds[k + 1 : k + 3]) for k in range(0, len(kinds), 3)]
    assert_equal(kinds[::3], ["train"] * len(story.losses), name="the calls that begin an epoch")
    wanted = [["evaluate", "schedule"]] * len(story.losses)
    assert_equal(epochs, wanted, name="the calls behind the training")


@weight(2)
@pytest.mark.parametrize("story", STORIES[:5], ids=str)
def test_history(student, story):
    """Returns three lists with a number for each epoch."""
    count = len(story.losses)
    history = {
        "training_loss": [101.0 + k for k in range(count)],
        "validation_loss": list(story.losses),
        "validation_accuracy": list(story.accuracies),
    }
    assert_close(_play(student, story).history, history, name="the history")
