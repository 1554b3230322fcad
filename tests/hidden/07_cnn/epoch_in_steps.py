"""A right epoch in steps, each of which the catalogue of train_epoch may put another one for."""


def set_training_mode(model, optimiser):
    model.train()


def whole_loader(loader):
    return loader


def moved_to(x, y, device):
    return x.to(device), y.to(device)


def learn_from(model, x, y, loss_function, optimiser, number):
    optimiser.zero_grad()
    loss = loss_function(model(x), y)
    loss.backward()
    optimiser.step()
    return loss.item()


def do_nothing(model, optimiser):
    pass


def mean_per_sample(seen):
    return sum(loss * n for loss, n in seen) / sum(n for _, n in seen)


def epoch_of(
    *,
    begin=set_training_mode,
    batches=whole_loader,
    moved=moved_to,
    learn=learn_from,
    end=do_nothing,
    summary=mean_per_sample,
):
    """A right epoch in steps; each keyword puts another step in its place."""

    def train_epoch(model, loader, loss_function, optimiser, *, device="cpu"):
        begin(model, optimiser)
        seen = []
        for number, (x, y) in enumerate(batches(loader)):
            x, y = moved(x, y, device)
            seen.append((learn(model, x, y, loss_function, optimiser, number), len(y)))
        end(model, optimiser)
        return summary(seen)

    return train_epoch
