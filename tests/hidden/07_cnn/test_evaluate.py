"""evaluate: loss and accuracy per sample, and a model that is left as it came.

mistake                                        case that exposes it             check
---------------------------------------------  -------------------------------  ---------------
mean of batch means, sums, last batch only     a short, hard last batch         loss
training mode, statistics of the batch         random running statistics        loss
softmax before the loss                        random logits                    loss
accuracy by batch, in percent, a count         batches of 5, 5, 2               accuracy
argmax over the samples, argmin                batches of as many as classes    accuracy
mode not restored, always training or not      both modes before                left_as_it_came
statistics moved, gradients left, steps taken  buffers, .grad, parameters       left_as_it_came
gradients on, in a part of the batches         the gradient mode recorded       no_gradients
batches not moved, moved elsewhere             tensors that refuse, "cpu:0"     moves_batches
numbers that are tensors                       types                            loss, accuracy
"""

import pytest

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    fetch,
    reference,
    requires,
    weight,
)

from .loops import bench, evaluated_by_hand, new_run

pytestmark = exercise("evaluate")
rng = case_rng("evaluate")
RUNS = [new_run(rng, 5, 5, 2), new_run(rng, 3, 3), new_run(rng, 7), new_run(rng, 6, 1, 4)]


@reference
def expected(run, device):
    return evaluated_by_hand(run, device)


def _answer(student, b, **options):
    answer = student.evaluate(b.model, b.loader, b.loss, **options)
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    expect(pair, "return the loss and the accuracy", value=str(type(answer)))
    return answer


def _number(value, right, name):
    expect(isinstance(value, float), f"{name} should be a plain number", value=str(type(value)))
    assert_close(value, right, name=name)


@weight(2)
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_loss(student, torch_device, run):
    """Returns the mean loss per sample, in evaluation mode."""
    loss, _ = _answer(student, bench(student, run, training=True))
    _number(loss, expected(run, torch_device)[0], "the loss")


@weight(2)
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_accuracy(student, torch_device, run):
    """Returns the share of the samples that are classified correctly."""
    _, accuracy = _answer(student, bench(student, run))
    _number(accuracy, expected(run, torch_device)[1], "the accuracy")


@weight(2)
@requires("test_loss")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_left_as_it_came(student, training):
    """The model has the mode, parameters, statistics and gradients that it came with."""
    run = RUNS[0]
    b = bench(student, run, training=training)
    _answer(student, b)
    assert_equal(b.modules.modes(b.model), [training] * 4, name="the modes afterwards")
    assert_close(b.modules.parameters(b.model), run.parameters, name="the parameters")
    assert_close(b.modules.buffers(b.model), run.buffers, name="the running statistics")
    assert_equal(b.modules.gradients(b.model), [None] * 6, name="the gradients")
    assert_equal(b.modules.trainable(b.model), [True] * 6, name="requires_grad")


@requires("test_loss")
def test_no_gradients(student):
    """Every forward pass is in evaluation mode and builds no graph."""
    b = bench(student, RUNS[0], training=True)
    _answer(student, b)
    modes = [entry[:2] for entry in fetch(b.model, "log")]
    assert_equal(modes, [[[False], False]] * 3, name="the modes at each forward pass")


@requires("test_loss")
@pytest.mark.parametrize("place", ["cpu", "cpu:0"])
def test_moves_batches(student, torch_device, place):
    """Moves each tensor of a batch to the device that is given, before it is used."""
    b = bench(student, RUNS[0], away=True)
    answer = _answer(student, b, device=place)
    assert_close(answer, expected(RUNS[0], torch_device), name="loss and accuracy")
    assert_equal(fetch(b.loader, "moves"), [place] * 6, name="the places that tensors moved to")
