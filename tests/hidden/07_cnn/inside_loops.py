"""What the checks of the training loops put into the kernel; its text is sent there.

It holds nothing secret. Models and data that record what is done with them, by value.
"""

import weakref

import torch
from torch import nn
from torch.nn import functional


class Recorded(nn.Module):
    """Linear, BatchNorm, ReLU, Linear; `log` has the mode and the gradient mode of each forward."""

    def __init__(self, features, hidden, classes):
        super().__init__()
        self.first = nn.Linear(features, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.last = nn.Linear(hidden, classes)
        self.log = []

    def forward(self, x):
        if type(x) is not torch.Tensor:
            raise RuntimeError("the batch is not on the model's device")
        modes = sorted({part.training for part in self.modules()})
        self.log.append([modes, torch.is_grad_enabled(), x[:, 0].tolist()])
        return self.last(functional.relu(self.norm(self.first(x))))


class Away:
    """A tensor on another device: it may be asked for its shape, and must be moved."""

    def __init__(self, tensor, log):
        self.tensor, self.log = tensor, log
        self.shape, self.dtype, self.ndim = tensor.shape, tensor.dtype, tensor.ndim
        self.device = "elsewhere"

    def __len__(self):
        return len(self.tensor)

    def size(self, *axis):
        return self.tensor.size(*axis)

    def numel(self):
        return self.tensor.numel()

    def to(self, *places, **named):
        place = named.get("device", places[0] if places else None)
        if place is None or isinstance(place, torch.dtype):
            return Away(self.tensor.to(*places, **named), self.log)
        self.log.append(str(place))
        return self.tensor


class Batches:
    """A loader that deals out the same batches in each epoch; `epochs` counts them."""

    def __init__(self, batches, away):
        self.moves, self.epochs = [], 0
        self.batches = [(torch.tensor(x), torch.tensor(y)) for x, y in batches]
        xs, ys = zip(*self.batches)
        self.dataset = torch.utils.data.TensorDataset(torch.cat(xs), torch.cat(ys))
        self.batch_size = len(ys[0])
        if away:
            self.batches = [(Away(x, self.moves), Away(y, self.moves)) for x, y in self.batches]

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        self.epochs += 1
        return iter(self.batches)


class Token:
    """Lives as long as the graph that it is a part of."""


class Watched(torch.autograd.Function):
    """Passes a loss on, and hangs a token on its graph."""

    @staticmethod
    def forward(ctx, loss, token):
        ctx.token = token
        return loss.view_as(loss)

    @staticmethod
    def backward(ctx, upstream):
        return upstream, None


class Loss:
    """Cross-entropy; `alive` has the number of earlier graphs that are kept at each call."""

    def __init__(self):
        self.tokens, self.alive = [], []

    def __call__(self, logits, y):
        self.alive.append(self.count())
        token = Token()
        self.tokens.append(weakref.ref(token))
        return Watched.apply(functional.cross_entropy(logits, y), token)

    def count(self):
        return sum(token() is not None for token in self.tokens)


class Plain(nn.Module):
    """Parameters and buffers that count epochs; `loads` counts the states put back."""

    def __init__(self):
        super().__init__()
        self.linear, self.norm, self.loads = nn.Linear(1, 1), nn.BatchNorm1d(1), 0

    def load_state_dict(self, *arguments, **options):
        self.loads += 1
        return super().load_state_dict(*arguments, **options)


class Script:
    """Stands in for train_epoch, evaluate and a scheduler: each counts up, or says its lines."""

    def __init__(self, losses, accuracies):
        self.losses, self.accuracies, self.log, self.evaluated = losses, accuracies, [], 0

    def train(self, model, loader, loss_function, optimiser, *, device="cpu"):
        self.log.append(["train", loader, loss_function, optimiser, str(device)])
        epoch = sum(entry[0] == "train" for entry in self.log)
        with torch.no_grad():
            for array in (*model.parameters(), *model.buffers()):
                array += 1
        return 100.0 + epoch

    def look(self, model, loader, loss_function, *, device="cpu"):
        self.log.append(["evaluate", loader, loss_function, str(device)])
        self.evaluated += 1
        return self.losses[self.evaluated - 1], self.accuracies[self.evaluated - 1]

    def step(self):
        self.log.append(["schedule"])


class Loops:
    """One name for all that follows."""

    @staticmethod
    def model(features, hidden, classes):
        return Recorded(features, hidden, classes)

    @staticmethod
    def batches(batches, away=False):
        return Batches(batches, away)

    @staticmethod
    def sgd(model, lr, momentum):
        return torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    @staticmethod
    def loss():
        return Loss()

    @staticmethod
    def mode(model, training):
        model.train(training)

    @staticmethod
    def graphs(loss):
        return [max(loss.alive, default=0), loss.count()]

    @staticmethod
    def plain():
        model = Plain()
        with torch.no_grad():
            for array in (*model.parameters(), *model.buffers()):
                array.zero_()
        return model

    @staticmethod
    def script(losses, accuracies):
        return Script(losses, accuracies)

    @staticmethod
    def method(thing, name):
        return getattr(thing, name)

    @staticmethod
    def epoch(loader):
        return [[x.numpy().copy(), y.numpy().copy()] for x, y in loader]

    @staticmethod
    def pairs(X, y):
        return torch.tensor(X), torch.tensor(y)

    @staticmethod
    def seed(number):
        torch.manual_seed(number)

    @staticmethod
    def draw():
        return torch.rand(3).tolist()
