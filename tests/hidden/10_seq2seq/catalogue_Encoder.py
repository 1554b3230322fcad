"""Encoder: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from gradlab.judge import alternative, misconception


class _Right(nn.Module):
    """A right encoder in parts, so that each can be falsified."""

    batch_first = True

    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=self.batch_first)

    def outputs(self, tokens, mask):
        return self.gru(self.embedding(tokens))[0]

    def state(self, outputs, mask):
        return outputs[torch.arange(len(outputs)), mask.sum(dim=1) - 1]

    def memory(self, outputs, mask):
        return outputs * mask[:, :, None]

    def forward(self, tokens, mask):
        outputs = self.outputs(tokens, mask)
        return self.memory(outputs, mask), self.state(outputs, mask)


def _wrong(message, **parts):
    return misconception("Encoder", message)(type("Wrong", (_Right,), parts))


# Misconceptions: what is read

batch_as_time = _wrong(
    "Your GRU takes the batch for time: nn.GRU has the batch on axis 1 unless told otherwise.",
    batch_first=False,
)
embedding_rectified = _wrong(
    "There is an activation between the embedding and the GRU. The vectors go in as they are.",
    outputs=lambda self, tokens, mask: self.gru(torch.relu(self.embedding(tokens)))[0],
)
read_backwards = _wrong(
    "Your GRU reads from right to left.",
    outputs=lambda self, tokens, mask: self.gru(self.embedding(tokens).flip(1))[0].flip(1),
)
embedding_only = _wrong(
    "Each position knows its own token only: no state goes from step to step.",
    outputs=lambda self, tokens, mask: self.gru(self.embedding(tokens).flatten(0, 1)[:, None])[
        0
    ].reshape(*tokens.shape, -1),
)
first_token_skipped = _wrong(
    "The first token is left out of what the GRU reads.",
    outputs=lambda self, tokens, mask: nn.functional.pad(
        self.gru(self.embedding(tokens[:, 1:]))[0], (0, 0, 1, 0)
    ),
)


def _guessed(self, tokens, mask):
    real = tokens != 0
    outputs = self.outputs(tokens, real)
    return self.memory(outputs, real), self.state(outputs, real)


mask_from_the_ids = _wrong(
    "You look for PAD among the ids yourself. The mask says what is real, whatever the ids are.",
    forward=_guessed,
)

# Misconceptions: the memory

padding_not_zeroed = _wrong(
    "The memory is not zero at the padding.", memory=lambda self, outputs, mask: outputs
)
last_token_zeroed = _wrong(
    "The memory is zero at the last real token too. The mask is True there.",
    memory=lambda self, outputs, mask: (
        outputs * (mask & nn.functional.pad(mask[:, 1:], (0, 1)))[:, :, None]
    ),
)
mask_inverted = _wrong(
    "The memory is zero at the real tokens. True in the mask means real.",
    memory=lambda self, outputs, mask: outputs * ~mask[:, :, None],
)
memory_time_first = _wrong(
    "Memory is (S, N, H). Batches come first: (N, S, H).",
    memory=lambda self, outputs, mask: (outputs * mask[:, :, None]).transpose(0, 1),
)
memory_squashed = _wrong(
    "The memory has gone through one more tanh. The GRU's outputs are the memory.",
    memory=lambda self, outputs, mask: torch.tanh(outputs) * mask[:, :, None],
)

# Misconceptions: the state

state_of_the_last_column = _wrong(
    "The state is that of the last column, read after the padding. Take the last real token's.",
    state=lambda self, outputs, mask: outputs[:, -1],
)
state_before_the_end = _wrong(
    "The state is taken one token too early: EOS is real and is read.",
    state=lambda self, outputs, mask: outputs[
        torch.arange(len(outputs)), (mask.sum(dim=1) - 2).clamp(min=0)
    ],
)
state_after_the_end = _wrong(
    "The state is taken one step too late, after a token of padding.",
    state=lambda self, outputs, mask: outputs[
        torch.arange(len(outputs)), mask.sum(dim=1).clamp(max=mask.shape[1] - 1)
    ],
)
state_of_the_first = _wrong(
    "The state is that of the first token.", state=lambda self, outputs, mask: outputs[:, 0]
)
state_from_the_zeroed = _wrong(
    "The state is zero wherever there is padding: the last column of the zeroed memory was taken.",
    state=lambda self, outputs, mask: (outputs * mask[:, :, None])[:, -1],
)
state_as_mean = _wrong(
    "The state is the mean of the outputs. It should be the one after the last real token.",
    state=lambda self, outputs, mask: (
        (outputs * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
    ),
)
state_as_maximum = _wrong(
    "The state is the largest output of each unit. It should be the one after the last real token.",
    state=lambda self, outputs, mask: (
        outputs.masked_fill(~mask[:, :, None], -9.0).max(dim=1).values
    ),
)
state_of_the_longest = _wrong(
    "The state of every row is read where the longest row ends. Rows end at places of their own.",
    state=lambda self, outputs, mask: outputs[:, mask.sum(dim=1).max() - 1],
)
state_of_the_first_rows_length = _wrong(
    "The state of every row is read where the first row ends. Rows end at places of their own.",
    state=lambda self, outputs, mask: outputs[:, mask[0].sum() - 1],
)
state_with_an_axis_of_layers = _wrong(
    "The state is (1, N, H). The axis of layers is too much: (N, H).",
    state=lambda self, outputs, mask: _Right.state(self, outputs, mask)[None],
)
gradient_cut_off = _wrong(
    "No gradient reaches the encoder through what you return: it was detached.",
    memory=lambda self, outputs, mask: (outputs * mask[:, :, None]).detach(),
)


def _swapped(self, tokens, mask):
    memory, state = _Right.forward(self, tokens, mask)
    return state, memory


state_first = _wrong("You return the state first. Return memory, then state.", forward=_swapped)


@misconception("Encoder", "Your encoder goes on from the state in which the last batch ended.")
class Remembering(_Right):
    last = None

    def outputs(self, tokens, mask):
        usable = self.last is not None and self.last.shape[1] == len(tokens)
        outputs, last = self.gru(self.embedding(tokens), self.last if usable else None)
        self.last = last.detach()
        return outputs


@misconception("Encoder", "There is a linear layer too many. An embedding and a GRU are enough.")
class WithALinearLayer(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__(vocab_size, embedding_size, hidden_size)
        self.out = nn.Linear(hidden_size, hidden_size)


@misconception("Encoder", "This is an LSTM or another layer of four blocks; a GRU has three.")
class WithAnLSTM(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__(vocab_size, embedding_size, hidden_size)
        self.gru = nn.LSTM(embedding_size, hidden_size, batch_first=True)


@misconception("Encoder", "Your GRU has two layers. One was asked for.")
class TwoLayers(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__(vocab_size, embedding_size, hidden_size)
        self.gru = nn.GRU(embedding_size, hidden_size, num_layers=2, batch_first=True)


@misconception("Encoder", "The embedding's vectors have H numbers. They have E; the GRU makes H.")
class EmbeddingOfHiddenSize(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__(vocab_size, hidden_size, hidden_size)


# Alternatives


@alternative("Encoder")
class Packed(_Right):
    def forward(self, tokens, mask):
        lengths = mask.sum(dim=1)
        packed = pack_padded_sequence(
            self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False
        )
        outputs, last = self.gru(packed)
        memory, _ = pad_packed_sequence(outputs, batch_first=True, total_length=tokens.shape[1])
        return memory, last[0]


@alternative("Encoder")
class StepByStep(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.table = nn.Parameter(torch.randn(vocab_size, embedding_size))
        self.cell = nn.GRUCell(embedding_size, hidden_size)

    def forward(self, tokens, mask):
        state = self.table.new_zeros(len(tokens), self.cell.hidden_size)
        memory = []
        for t in range(tokens.shape[1]):
            real = mask[:, t, None]
            state = torch.where(real, self.cell(self.table[tokens[:, t]], state), state)
            memory.append(state.masked_fill(~real, 0.0))
        return torch.stack(memory, dim=1), state


@alternative("Encoder")
class TimeFirst(_Right):
    batch_first = False

    def forward(self, tokens, mask):
        outputs, _ = self.gru(self.embedding(tokens.T))
        outputs = outputs.transpose(0, 1).masked_fill(~mask.unsqueeze(2), 0)
        last = (mask.sum(dim=1) - 1).view(-1, 1, 1).expand(-1, 1, outputs.shape[2])
        return outputs, outputs.gather(1, last).squeeze(1)
