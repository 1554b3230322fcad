"""fit: known wrong implementations, by where they go wrong, and right ones."""

import copy
import io
import math

import torch

from gradlab.judge import alternative, misconception

from .fit_in_steps import fit_of, keep_in, one_epoch, put_back, snapshot_of


def _wrong(message, **steps):
    return misconception("fit", message)(fit_of(**steps))


# Misconceptions: the best weights

last_weights = _wrong(
    "The model ends with the weights of the last epoch. Put those of the best one into the model "
    "that was passed.",
    restore=lambda model, best: None,
)
aliased = _wrong(
    "The kept state changes on: state_dict() gives the model's own tensors. dict(...) and .copy() "
    "copy the names only; use copy.deepcopy.",
    snapshot=lambda model: dict(model.state_dict()),
)
parameters_only = _wrong(
    "Only the parameters are put back, not the buffers: running statistics belong to the weights.",
    snapshot=lambda model: {k: v.clone() for k, v in model.named_parameters()},
    restore=lambda model, best: model.load_state_dict(best, strict=False),
)
highest_loss = _wrong(
    "You keep the epoch of the highest loss. Lower is better.",
    better=lambda new, old: new > old,
    start=-math.inf,
)
highest_accuracy = _wrong(
    "You keep the epoch of the highest accuracy. The lowest validation loss decides here.",
    score=lambda training, loss, accuracy: accuracy,
    better=lambda new, old: new > old,
    start=-math.inf,
)
training_loss_watched = _wrong(
    "You keep the epoch of the lowest training loss. The validation loss decides.",
    score=lambda training, loss, accuracy: training,
)
later_of_equals = _wrong(
    "Of two epochs with the same loss you keep the later. A better one must be strictly lower.",
    better=lambda new, old: new <= old,
)
starts_at_a_hundred = _wrong(
    "Your first best loss is a number that a loss may exceed: start with math.inf.", start=100.0
)
starts_at_one = _wrong(
    "Your first best loss is about 1: losses above it never count. Start with math.inf.", start=1.0
)
starts_at_zero = _wrong(
    "Your best loss starts at 0, and no loss is ever below: nothing is kept.", start=0.0
)
least_absolute_loss = _wrong(
    "You compare the losses without their signs.",
    score=lambda training, loss, accuracy: abs(loss),
)


def _rounded(training, loss, accuracy):
    return round(loss)


rounded_losses = _wrong("You compare rounded losses.", score=_rounded)


def _compares_with_the_last():
    state = {"last": math.inf}

    def better(new, old):
        was, state["last"] = state["last"], new
        return new < was if old != math.inf else True

    return better


@misconception("fit", "You compare each loss with the one before. Compare with the lowest so far.")
def compared_with_the_last(*arguments, **options):
    return fit_of(better=_compares_with_the_last())(*arguments, **options)


@misconception("fit", "You train a copy of the model: the one that was passed has not moved.")
def copy_trained(model, *arguments, **options):
    return fit_of()(copy.deepcopy(model), *arguments, **options)


def _restart_from_the_best():
    state = {"loss": math.inf, "best": None}

    def epoch(c):
        numbers = one_epoch(c)
        if numbers[1] < state["loss"]:
            state.update(loss=numbers[1], best=snapshot_of(c.model))
        put_back(c.model, state["best"])
        return numbers

    return epoch


@misconception("fit", "You go back to the best weights in each epoch. Do it once, at the end.")
def restored_in_each_epoch(*arguments, **options):
    return fit_of(epoch=_restart_from_the_best())(*arguments, **options)


# Misconceptions: who is called


def _with(**changes):
    """An epoch whose call has other arguments."""

    def epoch(c):
        other = copy.copy(c)
        for name, change in changes.items():
            setattr(other, name, change(c))
        return one_epoch(other)

    return epoch


loaders_swapped = _wrong(
    "You train on the validation data and evaluate on the training data.",
    epoch=_with(training=lambda c: c.validation, validation=lambda c: c.training),
)
validation_trained_on = _wrong(
    "You train on the validation data: then they validate nothing.",
    epoch=_with(training=lambda c: c.validation),
)
training_evaluated = _wrong(
    "You evaluate on the training data.", epoch=_with(validation=lambda c: c.training)
)
device_dropped = _wrong(
    "The device is not passed on to train_epoch and evaluate.", epoch=_with(device=lambda c: "cpu")
)


def _evaluated_first(c):
    numbers = c.evaluate(c.model, c.validation, c.loss, device=c.device)
    training = c.train(c.model, c.training, c.loss, c.optimiser, device=c.device)
    if c.scheduler is not None:
        c.scheduler.step()
    return training, *numbers


evaluated_before_training = _wrong(
    "You evaluate before the training of the epoch. Evaluate afterwards.", epoch=_evaluated_first
)


def _trained_on_both(c):
    numbers = one_epoch(c)
    c.train(c.model, c.validation, c.loss, c.optimiser, device=c.device)
    return numbers


trained_on_both = _wrong(
    "Each epoch trains on the validation data as well.", epoch=_trained_on_both
)
one_epoch_less = _wrong("You run one epoch too few.", count=lambda epochs: epochs - 1)
one_epoch_only = _wrong(
    "You run a single epoch (a return inside the loop?).", count=lambda epochs: 1
)
trained_before = _wrong(
    "You train once before the loop.",
    before=lambda c: c.train(c.model, c.training, c.loss, c.optimiser, device=c.device),
)


@misconception("fit", "You stop when the loss does not fall. All epochs are run.")
def stops_early(*arguments, **options):
    losses = []

    def epoch(c):
        losses.append(one_epoch(c))
        return losses[-1]

    try:
        return fit_of(epoch=_until_it_rises(epoch, losses))(*arguments, **options)
    except StopIteration:
        names = ("training_loss", "validation_loss", "validation_accuracy")
        return {name: [one[k] for one in losses] for k, name in enumerate(names)}


def _until_it_rises(epoch, seen):
    def one(c):
        if len(seen) > 1 and seen[-1][1] >= seen[-2][1]:
            raise StopIteration
        return epoch(c)

    return one


# Misconceptions: the schedule

schedule_never = _wrong("The schedule never steps.", epoch=_with(scheduler=lambda c: None))


def _schedule_first(c):
    if c.scheduler is not None:
        c.scheduler.step()
    return _with(scheduler=lambda c: None)(c)


schedule_before_training = _wrong(
    "The schedule steps before the training of the epoch: the first rate is never used.",
    epoch=_schedule_first,
)


def _schedule_twice(c):
    numbers = one_epoch(c)
    if c.scheduler is not None:
        c.scheduler.step()
    return numbers


schedule_twice = _wrong("The schedule steps twice in each epoch.", epoch=_schedule_twice)
schedule_at_the_end = _wrong(
    "The schedule steps once, when all is over. It steps in each epoch.",
    epoch=_with(scheduler=lambda c: None),
    after=lambda c: c.scheduler and c.scheduler.step(),
)


def _schedule_by_loss(c):
    numbers = _with(scheduler=lambda c: None)(c)
    if c.scheduler is not None:
        c.scheduler.step(numbers[1])
    return numbers


schedule_with_the_loss = _wrong(
    "You call scheduler.step(loss). This schedule counts epochs: step().", epoch=_schedule_by_loss
)

# Misconceptions: the history

nothing_returned = _wrong("Nothing is returned.", answer=lambda c, history: None)
model_returned = _wrong(
    "The model comes back. Return the history; the model is changed in place.",
    answer=lambda c, history: c.model,
)
other_keys = _wrong(
    "The history has other keys than training_loss, validation_loss, validation_accuracy.",
    answer=lambda c, history: {"train": [], "loss": [], "accuracy": []},
)
losses_swapped = _wrong(
    "Training and validation losses are swapped in the history.",
    keep=lambda history, training, loss, accuracy: keep_in(history, loss, training, accuracy),
)
loss_and_accuracy_swapped = _wrong(
    "Validation loss and accuracy are swapped in the history.",
    keep=lambda history, training, loss, accuracy: keep_in(history, training, accuracy, loss),
)
pairs_kept = _wrong(
    "The history holds the pair (loss, accuracy) as the loss.",
    keep=lambda history, training, loss, accuracy: keep_in(
        history, training, (loss, accuracy), accuracy
    ),
)
numbers_of_the_last_epoch = _wrong(
    "The history holds the last epoch's numbers; it should hold a list of all.",
    answer=lambda c, history: {name: values[-1] for name, values in history.items()},
)
best_only = _wrong(
    "The history's losses are the lowest so far; it should hold those of the epochs.",
    answer=lambda c, history: (
        history
        | {"validation_loss": [min(history["validation_loss"][: k + 1]) for k in range(c.epochs)]}
    ),
)

# Alternatives

in_steps = alternative("fit")(fit_of())


@alternative("fit")
def cloned(
    model, training, validation, loss_function, optimiser, *, epochs, train_epoch, evaluate,
    scheduler=None, device="cpu",
):  # fmt: skip
    rows, best = [], None
    for number in range(epochs):
        mean = train_epoch(model, training, loss_function, optimiser, device=device)
        loss, accuracy = evaluate(model, validation, loss_function, device=device)
        if scheduler:
            scheduler.step()
        if best is None or loss < rows[best[0]][1]:
            best = number, {name: array.clone() for name, array in model.state_dict().items()}
        rows.append((mean, loss, accuracy))
    with torch.no_grad():
        for name, array in model.state_dict().items():
            array.copy_(best[1][name])
    names = ("training_loss", "validation_loss", "validation_accuracy")
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


@alternative("fit")
def saved_as_bytes(
    model, training, validation, loss_function, optimiser, *, epochs, train_epoch, evaluate,
    scheduler=None, device="cpu",
):  # fmt: skip
    states, seen = [], {"training_loss": [], "validation_loss": [], "validation_accuracy": []}
    while len(states) < epochs:
        seen["training_loss"] += [
            train_epoch(
                model=model, loader=training, loss_function=loss_function, optimiser=optimiser,
                device=device,
            )
        ]  # fmt: skip
        loss, accuracy = evaluate(
            model=model, loader=validation, loss_function=loss_function, device=device
        )
        seen["validation_loss"] += [loss]
        seen["validation_accuracy"] += [accuracy]
        None if scheduler is None else scheduler.step()
        states.append(io.BytesIO())
        torch.save(model.state_dict(), states[-1])
    file = states[seen["validation_loss"].index(min(seen["validation_loss"]))]
    file.seek(0)
    model.load_state_dict(torch.load(file))
    return seen
