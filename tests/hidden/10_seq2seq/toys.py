"""Toys that are sent to the kernel: decoders that note how they are called."""

SOURCE = '''
import torch
from torch import nn


class Toys:
    """One name for all that follows."""

    @staticmethod
    def decoder(*arrays):
        """A small recurrent decoder that reads everything it is given, and notes its calls."""
        return Toy(*arrays)

    @staticmethod
    def encoder(memory, state):
        """Gives this memory and this state, whatever it reads; both are parameters."""
        return Given(memory, state)

    @staticmethod
    def automaton(table, noise):
        """A decoder whose next token depends on the row, the step, its input and the memory."""
        return Automaton(table, noise)

    @staticmethod
    def calls(decoder):
        """What it was called with: the tokens, and whether gradients were recorded."""
        return decoder.read, decoder.recorded

    @staticmethod
    def seed(number):
        torch.manual_seed(number)


class Noting(nn.Module):
    def __init__(self):
        super().__init__()
        self.read, self.recorded = [], []

    def note(self, token):
        self.read.append(token.tolist())
        self.recorded.append(torch.is_grad_enabled())


class Toy(Noting):
    def __init__(self, embedding, w, out):
        super().__init__()
        self.embedding, self.w, self.out = (
            nn.Parameter(torch.tensor(a)) for a in (embedding, w, out)
        )

    def forward(self, token, state, memory, mask):
        self.note(token)
        seen = (memory * mask[:, :, None]).sum(dim=1)
        state = torch.tanh(self.embedding[token] + state @ self.w.T + seen)
        return state @ self.out.T, state, mask.double()


class Given(nn.Module):
    def __init__(self, memory, state):
        super().__init__()
        self.memory, self.state = (nn.Parameter(torch.tensor(a)) for a in (memory, state))

    def forward(self, source, mask):
        return self.memory, self.state


class Automaton(Noting):
    def __init__(self, table, noise):
        super().__init__()
        self.table, self.noise = torch.tensor(table), torch.tensor(noise)
        self.scale = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, token, state, memory, mask):
        self.note(token)
        rows, step = torch.arange(len(token)), state[:, 0].long()
        turn = (memory[:, :, 0] * mask).sum(dim=1).long()
        size = self.table.shape[2]
        following = self.table[rows, step, (token + turn) % size]
        spike = 9.0 * nn.functional.one_hot(following, size)
        return self.scale * (self.noise[rows, step] + spike), state + 1, None
'''


def toys(student):
    """The toys, in the kernel."""
    return student.define(SOURCE, "Toys")
