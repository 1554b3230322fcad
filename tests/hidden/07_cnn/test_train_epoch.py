"""train_epoch: two epochs from the same start as a trusted loop, and what happens on the way.

mistake                                        case that exposes it             check
---------------------------------------------  -------------------------------  ---------------
zero_grad missing, once, behind backward       two epochs of SGD with momentum  state
step missing, before backward, once an epoch   two epochs                       state
evaluation mode, statistics not moved          batch norm's buffers             state
a batch left out, taken twice                  batches of 5, 5, 2               state
mean of batch means, sum, last batch's loss    a short, hard last batch         loss_per_sample
loss after the step, a tensor returned         the first epoch's loss           loss_per_sample
mode not set, set for the first batch only     modes at each forward            training_mode
batches not moved, moved elsewhere             tensors that refuse, "cpu:0"     moves_batches
losses added up with their graphs              tokens on the graphs             lets_graphs_go
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

from .loops import bench, new_run, trained_by_hand

pytestmark = exercise("train_epoch")
rng = case_rng("train_epoch")
RUNS = [new_run(rng, 5, 5, 2), new_run(rng, 4), new_run(rng, 3, 6, 2, 4)]
LONG = new_run(rng, 3, 2, 3, 2, 3, 2)


@reference
def expected(run, epochs, device):
    return trained_by_hand(run, epochs, device)


def _epoch(student, b, **options):
    return student.train_epoch(b.model, b.loader, b.loss, b.optimiser, **options)


@weight(4)
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_state(student, torch_device, run):
    """After two epochs the parameters and running statistics are where a trusted loop ends."""
    b = bench(student, run, training=run is RUNS[1])
    right = expected(run, 2, torch_device)
    for _ in range(2):
        _epoch(student, b)
    assert_close(b.modules.parameters(b.model), right.parameters, name="the parameters")
    assert_close(b.modules.buffers(b.model), right.buffers, name="the running statistics")


@weight(2)
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_loss_per_sample(student, torch_device, run):
    """Returns the mean loss per sample of each epoch, as a plain number."""
    b, right = bench(student, run), expected(run, 2, torch_device)
    for number in range(2):
        loss = _epoch(student, b)
        expect(isinstance(loss, float), "the loss should be a plain number", value=str(type(loss)))
        assert_close(loss, right.losses[number], name="the loss")


@requires("test_state")
def test_training_mode(student):
    """Trains in training mode with gradients, in whatever mode the model came."""
    for came_in in (False, True):
        b = bench(student, RUNS[0], training=came_in)
        _epoch(student, b)
        log = fetch(b.model, "log")
        modes = [entry[:2] for entry in log]
        assert_equal(modes, [[[True], True]] * 3, name="the modes at each forward pass")


@requires("test_state")
@pytest.mark.parametrize("place", ["cpu", "cpu:0"])
def test_moves_batches(student, torch_device, place):
    """Moves each tensor of a batch to the device that is given, before it is used."""
    b, right = bench(student, RUNS[0], away=True), expected(RUNS[0], 1, torch_device)
    _epoch(student, b, device=place)
    assert_close(b.modules.parameters(b.model), right.parameters, name="the parameters")
    assert_equal(fetch(b.loader, "moves"), [place] * 6, name="the places that tensors moved to")


@requires("test_state")
def test_lets_graphs_go(student):
    """Keeps no more than one graph at a time, and none at the end."""
    b = bench(student, LONG)
    _epoch(student, b)
    kept, left = b.kernel.graphs(b.loss)
    expect(kept <= 1, "graphs of earlier batches are kept", value=max(kept - 1, 0))
    expect(left == 0, "a graph is kept when the epoch is over", value=left)
