"""Decoder: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch import nn

from gradlab.judge import alternative, misconception


class _Right(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.out = nn.Linear(hidden_size, vocab_size)

    def next(self, token, state):
        return self.cell(self.embedding(token), state)

    def forward(self, token, state, memory=None, mask=None):
        state = self.next(token, state)
        return self.out(state), state, None


def _wrong(message, **parts):
    return misconception("Decoder", message)(type("Wrong", (_Right,), parts))


def _returning(message, compute):
    """A step whose results are computed from (self, old state, new state)."""

    def forward(self, token, state, memory=None, mask=None):
        return compute(self, state, self.next(token, state))

    return _wrong(message, forward=forward)


# Misconceptions: the results

softmax_of_the_logits = _returning(
    "Your logits are probabilities already. The loss applies the softmax; here is none.",
    lambda self, old, new: (torch.softmax(self.out(new), dim=1), new, None),
)
log_softmax_of_the_logits = _returning(
    "Your logits are log-probabilities. Return the output layer's values as they are.",
    lambda self, old, new: (torch.log_softmax(self.out(new), dim=1), new, None),
)
tanh_of_the_logits = _returning(
    "Your logits went through a tanh. No activation follows the last layer.",
    lambda self, old, new: (torch.tanh(self.out(new)), new, None),
)
activation_before_the_output = _returning(
    "There is an activation between the state and the output layer. The state goes in as it is.",
    lambda self, old, new: (self.out(torch.relu(new)), new, None),
)
one_step_late = _returning(
    "The logits come from the old state. They belong to the new one, which has read the token.",
    lambda self, old, new: (self.out(old), new, None),
)
old_state_returned = _returning(
    "You return the old state. The next step goes on from the new one.",
    lambda self, old, new: (self.out(new), old, None),
)
logits_and_state_swapped = _returning(
    "You return the state first. Return logits, state, None.",
    lambda self, old, new: (new, self.out(new), None),
)
two_results = _returning(
    "Only logits and state came back. Return three things; the third is None.",
    lambda self, old, new: (self.out(new), new),
)
weights_for_none = _returning(
    "The third result is not None. This decoder has no weights of attention.",
    lambda self, old, new: (self.out(new), new, torch.zeros(len(new), 1)),
)
state_added = _returning(
    "Your new state is the GRU's plus the old one. The GRU mixes in the old state by itself.",
    lambda self, old, new: (self.out(old + new), old + new, None),
)
state_cut_off = _returning(
    "No gradient flows back from what you return: something was detached.",
    lambda self, old, new: (self.out(new), new.detach(), None),
)

# Misconceptions: the step

state_ignored = _wrong(
    "The old state is not used: every step starts from zeros.",
    next=lambda self, token, state: self.cell(self.embedding(token), torch.zeros_like(state)),
)
embedding_rectified = _wrong(
    "There is an activation between the embedding and the GRU. The vector goes in as it is.",
    next=lambda self, token, state: self.cell(torch.relu(self.embedding(token)), state),
)
input_detached = _wrong(
    "No gradient reaches the embedding: its vectors were detached.",
    next=lambda self, token, state: self.cell(self.embedding(token).detach(), state),
)
state_squashed = _wrong(
    "The new state went through one more tanh. It is the GRU's as it is.",
    next=lambda self, token, state: torch.tanh(self.cell(self.embedding(token), state)),
)
two_moves = _wrong(
    "The state moves twice in one step.",
    next=lambda self, token, state: self.cell(
        self.embedding(token), self.cell(self.embedding(token), state)
    ),
)


@misconception("Decoder", "The mean of the memory changes your result. This decoder ignores it.")
class UsingMemory(_Right):
    def forward(self, token, state, memory=None, mask=None):
        if memory is not None:
            state = state + memory.mean(dim=1)
        return super().forward(token, state)


@misconception(
    "Decoder", "Your decoder keeps a state of its own. It should go on from its argument."
)
class Remembering(_Right):
    kept = None

    def next(self, token, state):
        usable = self.kept is not None and self.kept.shape == state.shape
        self.kept = super().next(token, self.kept if usable else state).detach()
        return super().next(token, state) if not usable else self.kept


@misconception("Decoder", "The output layer is missing or of the wrong size: it maps H to V.")
class OutputFromEmbedding(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__(vocab_size, embedding_size, hidden_size)
        self.out = nn.Linear(embedding_size, vocab_size)


@misconception("Decoder", "Your output layer has no bias.")
class OutputWithoutBias(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__(vocab_size, embedding_size, hidden_size)
        self.out = nn.Linear(hidden_size, vocab_size, bias=False)


@misconception("Decoder", "The cell is not a GRU's: a GRU has three blocks of weights.")
class PlainCell(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__(vocab_size, embedding_size, hidden_size)
        self.cell = nn.RNNCell(embedding_size, hidden_size)


# Alternatives


@alternative("Decoder")
class WithALayer(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.lookup = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.to_logits = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, state, memory=None, mask=None):
        output, _ = self.gru(self.lookup(token)[:, None], state[None].contiguous())
        return self.to_logits(output[:, 0]), output[:, 0], None


@alternative("Decoder")
class ByParameters(_Right):
    def forward(self, token, state, *unused):
        new = self.cell(self.embedding.weight[token], state)
        return new @ self.out.weight.T + self.out.bias, new, None


@alternative("Decoder")
class ByGates(_Right):
    def next(self, token, state):
        cell = self.cell
        x = nn.functional.linear(self.embedding(token), cell.weight_ih, cell.bias_ih).chunk(3, 1)
        h = nn.functional.linear(state, cell.weight_hh, cell.bias_hh).chunk(3, 1)
        r, z = torch.sigmoid(x[0] + h[0]), torch.sigmoid(x[1] + h[1])
        return (1 - z) * torch.tanh(x[2] + r * h[2]) + z * state
