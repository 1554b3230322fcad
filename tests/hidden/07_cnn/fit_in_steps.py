"""A right fit in steps, each of which the catalogue of fit may put another one for."""

import copy
import math


def snapshot_of(model):
    return copy.deepcopy(model.state_dict())


def put_back(model, best):
    if best is not None:
        model.load_state_dict(best)


def keep_in(history, training, loss, accuracy):
    history["training_loss"].append(training)
    history["validation_loss"].append(loss)
    history["validation_accuracy"].append(accuracy)


def one_epoch(c):
    """One epoch of the call `c`: train, schedule, evaluate."""
    training = c.train(c.model, c.training, c.loss, c.optimiser, device=c.device)
    if c.scheduler is not None:
        c.scheduler.step()
    return training, *c.evaluate(c.model, c.validation, c.loss, device=c.device)


class Call:
    """The arguments of one call of fit."""

    def __init__(self, model, training, validation, loss, optimiser, options):
        self.model, self.training, self.validation = model, training, validation
        self.loss, self.optimiser = loss, optimiser
        self.epochs, self.train = options["epochs"], options["train_epoch"]
        self.evaluate, self.scheduler = options["evaluate"], options["scheduler"]
        self.device = options["device"]


def fit_of(
    *,
    epoch=one_epoch,
    score=lambda training, loss, accuracy: loss,
    better=lambda new, old: new < old,
    start=math.inf,
    snapshot=snapshot_of,
    restore=put_back,
    keep=keep_in,
    count=lambda epochs: epochs,
    before=lambda c: None,
    after=lambda c: None,
    answer=lambda c, history: history,
):
    """A right fit in steps; each keyword puts another step in its place."""

    def fit(
        model, training, validation, loss_function, optimiser, *, epochs, train_epoch, evaluate,
        scheduler=None, device="cpu",
    ):  # fmt: skip
        options = {"epochs": epochs, "train_epoch": train_epoch, "evaluate": evaluate}
        options |= {"scheduler": scheduler, "device": device}
        c = Call(model, training, validation, loss_function, optimiser, options)
        history = {"training_loss": [], "validation_loss": [], "validation_accuracy": []}
        best_score, best = start, None
        before(c)
        for _ in range(count(epochs)):
            numbers = epoch(c)
            keep(history, *numbers)
            if better(score(*numbers), best_score):
                best_score, best = score(*numbers), snapshot(model)
        restore(model, best)
        after(c)
        return answer(c, history)

    return fit
