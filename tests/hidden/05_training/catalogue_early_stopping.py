"""early_stopping: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def copied(params):
    return {name: value.copy() for name, value in params.items()}


class Loop:
    """A right loop in pieces, so that each mistake below replaces one of them."""

    def __init__(self, params, train, validate, max_epochs, patience, min_delta):
        self.params, self.train, self.validate = params, train, validate
        self.max_epochs, self.patience, self.min_delta = max_epochs, patience, min_delta
        self.lowest, self.best_epoch, self.bad, self.losses = float("inf"), None, 0, []

    def refuse(self):
        if self.patience < 1:
            raise ValueError(f"patience is {self.patience}")

    def run(self):
        self.refuse()
        self.best = self.kept()
        for epoch in range(self.max_epochs):
            self.one_epoch(epoch)
            if self.stops():
                break
        return self.finish()

    def one_epoch(self, epoch):
        watched = self.look()
        if self.improves(watched):
            self.lowest, self.best_epoch, self.bad = watched, epoch, 0
            self.best = self.kept()
        else:
            self.worse(watched)

    def look(self):
        """Train one epoch and return the loss that is watched."""
        self.train(self.params)
        self.losses.append(self.validate(self.params))
        return self.losses[-1]

    def kept(self):
        return copied(self.params)

    def improves(self, loss):
        return loss < self.lowest - self.min_delta

    def worse(self, loss):
        self.bad += 1

    def stops(self):
        return self.bad >= self.patience

    def restore(self):
        for name, value in self.best.items():
            self.params[name][...] = value

    def finish(self):
        self.restore()
        return self.result()

    def result(self):
        return self.losses, self.best_epoch


def by(**pieces):
    """An `early_stopping` whose loop has these pieces instead."""
    loop = type("Changed", (Loop,), pieces)

    def early_stopping(params, train, validate, *, max_epochs, patience, min_delta=0.0):
        return loop(params, train, validate, max_epochs, patience, min_delta).run()

    return early_stopping


def _wrong(message, **pieces):
    return misconception("early_stopping", message)(by(**pieces))


# Misconceptions: when to stop

one_epoch_late = _wrong(
    "You stop one bad epoch late: stop when their count reaches patience.",
    stops=lambda self: self.bad > self.patience,
)
one_epoch_early = _wrong(
    "You stop one bad epoch early: the count must reach patience.",
    stops=lambda self: self.bad >= self.patience - 1 and self.bad > 0,
)
at_the_first_bad_epoch = _wrong(
    "You stop at the first epoch that does not improve. patience says how many are allowed.",
    stops=lambda self: self.bad >= 1,
)
never_stops = _wrong(
    "Training always runs to max_epochs. Stop when patience has run out.",
    stops=lambda self: False,
)


def _counted_for_good(self, epoch):
    bad = self.bad
    Loop.one_epoch(self, epoch)
    self.bad = max(self.bad, bad)


counter_not_reset = _wrong(
    "The count of bad epochs is not set back to zero by an improvement.",
    one_epoch=_counted_for_good,
)


def _against_the_last(self, epoch):
    before = self.losses[-1] if self.losses else float("inf")
    Loop.one_epoch(self, epoch)
    if self.losses[-1] < before:
        self.bad = 0


compared_with_the_last = _wrong(
    "An epoch counts as good if it is better than the one before. It must beat the best so far.",
    one_epoch=_against_the_last,
)


def _counter_lowered(self, epoch):
    bad = self.bad
    Loop.one_epoch(self, epoch)
    if self.best_epoch == epoch:
        self.bad = max(bad - 1, 0)


counter_lowered = _wrong(
    "An improvement lowers the count of bad epochs by one. It sets it back to zero.",
    one_epoch=_counter_lowered,
)

# Misconceptions: what is better

equality_improves = _wrong(
    "An equal loss counts as an improvement. It must be strictly lower.",
    improves=lambda self, loss: loss <= self.lowest - self.min_delta,
)
min_delta_ignored = _wrong(
    "min_delta is not used: an improvement must exceed it.",
    improves=lambda self, loss: loss < self.lowest,
)
min_delta_added = _wrong(
    "min_delta is added to the best loss. It is subtracted: an improvement must exceed it.",
    improves=lambda self, loss: loss < self.lowest + self.min_delta,
)
min_delta_relative = _wrong(
    "You use min_delta as a share of the best loss. It is an amount.",
    improves=lambda self, loss: loss < self.lowest * (1 - self.min_delta),
)
higher_is_better = _wrong(
    "You keep the epoch with the highest loss. The lowest is the best.",
    improves=lambda self, loss: self.best_epoch is None or loss > self.lowest + self.min_delta,
)
nan_improves = _wrong(
    "NaN counts as an improvement: you ask whether the loss is no worse. Ask if it is better.",
    improves=lambda self, loss: not loss >= self.lowest - self.min_delta,
)


def _first_is_best(self, loss):
    return not self.losses[1:] or loss < self.lowest - self.min_delta


first_epoch_is_best = _wrong(
    "The first epoch counts as an improvement, whatever its loss. NaN and infinity never improve.",
    improves=_first_is_best,
)


def _nan_stops(self):
    return self.bad >= self.patience or self.losses[-1] != self.losses[-1]


nan_stops_at_once = _wrong(
    "You stop as soon as a loss is NaN. It is a bad epoch like any other.", stops=_nan_stops
)


def _nan_skipped(self, loss):
    self.bad += loss == loss


nan_not_counted = _wrong(
    "A loss of NaN is not counted as a bad epoch. It never improves, so it counts.",
    worse=_nan_skipped,
)


def _lowest_anyway(self, loss):
    self.bad += 1
    self.lowest = min(self.lowest, loss)


bar_creeps_down = _wrong(
    "An improvement smaller than min_delta moves your best loss all the same. Then slow progress "
    "never counts.",
    worse=_lowest_anyway,
)


def _train_watched(self):
    loss = self.train(self.params)
    self.losses.append(self.validate(self.params))
    return loss


training_loss_watched = _wrong(
    "You watch the training loss. It keeps falling while the network learns by heart; watch the "
    "validation loss.",
    look=_train_watched,
)


def _validated_first(self):
    self.losses.append(self.validate(self.params))
    self.train(self.params)
    return self.losses[-1]


validated_before_training = _wrong(
    "You validate before you train: each loss belongs to the weights of the epoch before.",
    look=_validated_first,
)


def _validated_twice(self):
    self.train(self.params)
    self.losses.append(self.validate(self.params))
    return self.validate(self.params)


validated_twice = _wrong(
    "validate is called twice in an epoch. Call it once and keep what it returned.",
    look=_validated_twice,
)


def _trained_twice(self):
    self.train(self.params)
    return Loop.look(self)


trained_twice = _wrong("train is called twice in an epoch.", look=_trained_twice)

# Misconceptions: the best weights

best_aliased = _wrong(
    "At the end params holds the weights of the last epoch. Either they are not restored, or what "
    "you kept are the arrays themselves, which training goes on changing: copy them.",
    kept=lambda self: dict(self.params),
)


def _restored_if_stopped(self):
    if self.stops():
        Loop.restore(self)


restored_only_when_stopped = _wrong(
    "The best weights are restored only when patience has run out, not when the epochs have.",
    restore=_restored_if_stopped,
)


def _restored_if_epochs_run_out(self):
    if not self.stops():
        Loop.restore(self)


restored_only_at_the_end = _wrong(
    "The best weights are restored only when the epochs run out, not when patience has.",
    restore=_restored_if_epochs_run_out,
)


def _rebound(self):
    for name, value in self.best.items():
        self.params[name] = value


rebound = _wrong(
    "params gets new arrays at the end. Write into those that are there: the model holds them.",
    restore=_rebound,
)


def _first_array(self):
    name = next(iter(self.best))
    self.params[name][...] = self.best[name]


one_array_restored = _wrong(
    "Only the first array is restored. All of them belong to the best epoch.",
    restore=_first_array,
)


def _restored_if_improved(self):
    if self.best_epoch is not None:
        Loop.restore(self)


start_not_restored = _wrong(
    "If no epoch improved, the weights are left where training took them. Go back to the start.",
    restore=_restored_if_improved,
)


def _kept_late(self, epoch):
    """The copy is made at the next look, after one more epoch of training."""
    watched = self.look()
    if getattr(self, "pending", False):
        self.best, self.pending = self.kept(), False
    if self.improves(watched):
        self.lowest, self.best_epoch, self.bad, self.pending = watched, epoch, 0, True
    else:
        self.worse(watched)


copied_one_epoch_late = _wrong(
    "Your copy of the best weights is made one epoch late.", one_epoch=_kept_late
)


def _copied_by_patience(self):
    """The weights of `patience` epochs ago are taken for the best."""
    self.past = [*getattr(self, "past", []), copied(self.params)]
    return self.past[max(0, len(self.past) - 2)]


previous_epoch_kept = _wrong(
    "You restore the weights of the epoch before the best one.", kept=_copied_by_patience
)

# Misconceptions: what is returned and refused

epochs_from_one = _wrong(
    "Your best epoch is counted from 1. Count from 0.",
    result=lambda self: (
        self.losses,
        None if self.best_epoch is None else self.best_epoch + 1,
    ),
)
last_epoch_returned = _wrong(
    "You return the number of the last epoch. The best one is asked for.",
    result=lambda self: (self.losses, len(self.losses) - 1),
)
best_loss_returned = _wrong(
    "You return the best loss in place of the best epoch.",
    result=lambda self: (self.losses, self.lowest),
)
zero_for_none = _wrong(
    "If no epoch improved you return 0. Return None.",
    result=lambda self: (self.losses, self.best_epoch or 0),
)
losses_to_the_best = _wrong(
    "Your losses end with the best epoch. All epochs that ran belong there.",
    result=lambda self: (
        self.losses[: (self.best_epoch if self.best_epoch is not None else 0) + 1],
        self.best_epoch,
    ),
)
lowest_of_all = _wrong(
    "Your best epoch is the one with the lowest loss of all, without regard to min_delta.",
    result=lambda self: (
        self.losses,
        None if self.best_epoch is None else int(np.nanargmin(self.losses)),
    ),
)
order_reversed = _wrong(
    "Return (losses, best_epoch), in this order.",
    result=lambda self: (self.best_epoch, self.losses),
)
losses_alone = _wrong(
    "Only the losses came back. Return (losses, best_epoch).", result=lambda self: self.losses
)
any_patience = _wrong(
    "A patience below 1 must raise a ValueError that names patience.", refuse=lambda self: None
)


def _refuse_negative(self):
    if self.patience < 0:
        raise ValueError(f"patience is {self.patience}")


zero_accepted = _wrong(
    "A patience of 0 is accepted. It must be 1 or more.", refuse=_refuse_negative
)


def _refused_late(self):
    self.train(self.params)
    Loop.refuse(self)


refused_after_training = _wrong(
    "A wrong patience is noticed only after an epoch of training. Refuse it first.",
    refuse=lambda self: _refused_late(self) if self.patience < 1 else None,
)

# Alternatives


@alternative("early_stopping")
def by_the_list(params, train, validate, *, max_epochs, patience, min_delta=0.0):
    """No counter: the distance to the best epoch."""
    if not patience >= 1:
        raise ValueError(f"patience should be at least 1, not {patience}")
    best, snapshots, losses = -1, [copied(params)], []
    while len(losses) < max_epochs and len(losses) - 1 - best < patience:
        train(params)
        losses.append(validate(params))
        bar = losses[best] if best >= 0 else np.inf
        if losses[-1] < bar - min_delta:
            best = len(losses) - 1
            snapshots.append(copied(params))
    for name in params:
        np.copyto(params[name], snapshots[-1][name])
    return losses, best if best >= 0 else None


@alternative("early_stopping")
def counting_down(params, train, validate, *, max_epochs, patience, min_delta=0.0):
    if patience < 1:
        raise ValueError(f"patience = {patience}: one bad epoch at least must be allowed")
    left, lowest, best_epoch = patience, np.inf, None
    saved, history = {k: np.array(v) for k, v in params.items()}, []
    for epoch in range(max_epochs):
        train(params)
        loss = validate(params)
        history += [loss]
        if not np.isnan(loss) and lowest - loss > min_delta:
            lowest, best_epoch, left = loss, epoch, patience
            saved = {k: np.array(v) for k, v in params.items()}
        else:
            left -= 1
            if left == 0:
                break
    for k, v in params.items():
        v[:] = saved[k]
    return [history, best_epoch]


@alternative("early_stopping")
def with_a_generator(params, train, validate, *, max_epochs, patience, min_delta=0.0):
    if int(patience) <= 0:
        raise ValueError("patience must be positive")

    def epochs():
        for epoch in range(max_epochs):
            train(params)
            yield epoch, validate(params)

    losses, best = [], (float("inf"), None, copied(params))
    for epoch, loss in epochs():
        losses.append(float(loss))
        if loss + min_delta < best[0]:
            best = (loss, epoch, copied(params))
        elif epoch - (-1 if best[1] is None else best[1]) >= patience:
            break
    for name, value in best[2].items():
        params[name] -= params[name]
        params[name] += value
    return losses, best[1]
