"""What the checks of freeze and transfer put into the kernel; its text is sent there."""

import torch
from torch import nn


class Tail(nn.Module):
    """A new layer and norm behind a body; what must still learn."""

    def __init__(self, body, inputs):
        super().__init__()
        self.body, self.norm, self.head = body, nn.BatchNorm1d(inputs), nn.Linear(inputs, 2)

    def forward(self, x):
        return self.head(self.norm(self.body(x)))


class Freezer:
    """A trusted freeze that records whom it was given."""

    def __init__(self, original):
        self.original, self.log = original, []

    def freeze(self, module):
        self.log.append([module is self.original, len(list(module.parameters()))])
        for parameter in module.parameters():
            parameter.requires_grad = False
        return module.eval()


class Transfer:
    """One name for all that follows."""

    @staticmethod
    def body(features, hidden, outputs):
        """Modules inside modules, with dropout, and batch norm at two depths."""
        inner = nn.Sequential(nn.Linear(features, hidden), nn.BatchNorm1d(hidden), nn.ReLU())
        return nn.Sequential(
            inner, nn.Dropout(0.5), nn.Linear(hidden, outputs), nn.BatchNorm1d(outputs)
        )

    @staticmethod
    def images(channels):
        """A body for images, with a norm."""
        return nn.Sequential(
            nn.Conv2d(1, channels, 3), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2)
        )

    @staticmethod
    def with_tail(body, inputs):
        return Tail(body, inputs).double()

    @staticmethod
    def optimiser(model):
        return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)

    @staticmethod
    def step(model, optimiser, x):
        """One step of training on a made-up loss."""
        model(torch.tensor(x)).square().sum().backward()
        optimiser.step()

    @staticmethod
    def train(model, which):
        """train() on the whole model, on its body, on all parts inside the body, or on none."""
        if which == "model":
            model.train()
        elif which == "body":
            model.body.train()
            model.body.train(True)
        elif which == "parts":
            for part in list(model.body.modules())[1:]:
                part.train()
        elif which == "eval and train":
            model.eval()
            model.train()

    @staticmethod
    def seed(number):
        torch.manual_seed(number)

    @staticmethod
    def tail_of(model):
        return model.norm

    @staticmethod
    def same(one, other):
        return one is other

    @staticmethod
    def freezer(original):
        return Freezer(original)

    @staticmethod
    def method(thing, name):
        return getattr(thing, name)

    @staticmethod
    def put_buffers(module, arrays):
        for buffer, array in zip(module.buffers(), arrays):
            buffer.copy_(torch.tensor(array))

    @staticmethod
    def shift(module, amount):
        with torch.no_grad():
            for array in (*module.parameters(), *module.buffers()):
                array += amount
