"""AttentionDecoder: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch import nn

from gradlab.judge import alternative, misconception


class _Right(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, attend):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.out = nn.Linear(2 * hidden_size, vocab_size)
        self.attend = attend

    def next(self, token, state):
        return self.cell(self.embedding(token), state)

    def look(self, old, new, memory, mask):
        return self.attend(new, memory, mask)

    def logits(self, state, context):
        return self.out(torch.cat([state, context], dim=1))

    def result(self, logits, old, new, context, weights):
        return logits, new, weights

    def forward(self, token, state, memory, mask):
        new = self.next(token, state)
        context, weights = self.look(state, new, memory, mask)
        return self.result(self.logits(new, context), state, new, context, weights)


def _wrong(message, **parts):
    return misconception("AttentionDecoder", message)(type("Wrong", (_Right,), parts))


def _dot(query, keys, mask, scale=1.0):
    scores = (keys * query[:, None]).sum(dim=2) * scale
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=1)
    return (weights[:, :, None] * keys).sum(dim=1), weights


# Misconceptions: the query and what is attended to

old_state_as_query = _wrong(
    "The query is the old state (as in Bahdanau et al.). Here the state moves first, and the new "
    "one is the query (Luong et al.).",
    look=lambda self, old, new, memory, mask: self.attend(old, memory, mask),
)
mask_left_out = _wrong(
    "attend was given a mask that is True everywhere. Hand the mask on.",
    look=lambda self, old, new, memory, mask: self.attend(new, memory, mask | True),
)
own_attention = _wrong(
    "You compute attention yourself. Call the function that was given.",
    look=lambda self, old, new, memory, mask: _dot(new, memory, mask, new.shape[1] ** -0.5),
)
own_attention_unscaled = _wrong(
    "You compute attention yourself, without dividing by the root of H. Call the function that "
    "was given.",
    look=lambda self, old, new, memory, mask: _dot(new, memory, mask),
)
memory_detached = _wrong(
    "No gradient reaches the memory: it was detached. The encoder could not learn.",
    look=lambda self, old, new, memory, mask: self.attend(new, memory.detach(), mask),
)
asked_twice = _wrong(
    "attend is called twice in one step. Once gives both context and weights.",
    look=lambda self, old, new, memory, mask: (
        self.attend(new, memory, mask)[0],
        self.attend(new, memory, mask)[1],
    ),
)
state_rescaled = _wrong(
    "The query was divided by the root of H before attend, which does that itself.",
    look=lambda self, old, new, memory, mask: self.attend(new / new.shape[1] ** 0.5, memory, mask),
)

# Misconceptions: the logits

context_first = _wrong(
    "The output layer reads the context first. Here the state comes first.",
    logits=lambda self, state, context: self.out(torch.cat([context, state], dim=1)),
)
context_left_out = _wrong(
    "The context is not used. The output layer reads state and context.",
    logits=lambda self, state, context: self.out(torch.cat([state, 0 * context], dim=1)),
)
state_left_out = _wrong(
    "The output layer reads the context twice, or without the state. It reads state and context.",
    logits=lambda self, state, context: self.out(torch.cat([0 * state, context], dim=1)),
)
state_twice = _wrong(
    "The output layer reads the state twice. It reads state and context.",
    logits=lambda self, state, context: self.out(torch.cat([state, state + 0 * context], dim=1)),
)
sum_and_context = _wrong(
    "State and context were added before the output layer. Join them.",
    logits=lambda self, state, context: self.out(torch.cat([state + context, context], dim=1)),
)
tanh_between = _wrong(
    "There is a tanh between [state, context] and the output layer. Luong et al. have another "
    "layer and a tanh there; here there is none.",
    logits=lambda self, state, context: self.out(torch.tanh(torch.cat([state, context], dim=1))),
)
softmax_of_the_logits = _wrong(
    "Your logits are probabilities already. The loss applies the softmax.",
    logits=lambda self, state, context: _Right.logits(self, state, context).softmax(dim=1),
)
log_softmax_of_the_logits = _wrong(
    "Your logits are log-probabilities. Return the output layer's values as they are.",
    logits=lambda self, state, context: _Right.logits(self, state, context).log_softmax(dim=1),
)


def _late(self, token, state, memory, mask):
    new = self.next(token, state)
    context, weights = self.attend(new, memory, mask)
    return self.logits(state, context), new, weights


one_step_late = _wrong("The output layer reads the old state. It reads the new one.", forward=_late)

# Misconceptions: the states and what is returned

state_ignored = _wrong(
    "The old state is not used: every step starts from zeros.",
    next=lambda self, token, state: self.cell(self.embedding(token), torch.zeros_like(state)),
)
embedding_rectified = _wrong(
    "There is an activation between the embedding and the GRU.",
    next=lambda self, token, state: self.cell(torch.relu(self.embedding(token)), state),
)
old_state_returned = _wrong(
    "You return the old state. The next step goes on from the new one.",
    result=lambda self, logits, old, new, context, weights: (logits, old, weights),
)
context_as_state = _wrong(
    "You return the context as the new state. The state is the GRU's.",
    result=lambda self, logits, old, new, context, weights: (logits, context, weights),
)
context_added_to_state = _wrong(
    "The state you return has the context added. The state is the GRU's alone.",
    result=lambda self, logits, old, new, context, weights: (logits, new + context, weights),
)
context_for_weights = _wrong(
    "The third result is the context. It should be the weights.",
    result=lambda self, logits, old, new, context, weights: (logits, new, context),
)
weights_missing = _wrong(
    "The third result is None, or missing. Return the weights of attention.",
    result=lambda self, logits, old, new, context, weights: (logits, new, None),
)
two_results = _wrong(
    "Only two things came back. Return logits, state and weights.",
    result=lambda self, logits, old, new, context, weights: (logits, new),
)
weights_detached = _wrong(
    "What you return is cut from its graph.",
    result=lambda self, logits, old, new, context, weights: (logits, new, weights.detach()),
)


@misconception("AttentionDecoder", "The output layer reads H numbers. It reads state and context.")
class OutputOfOne(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size, attend):
        super().__init__(vocab_size, embedding_size, hidden_size, attend)
        self.out = nn.Linear(hidden_size, vocab_size)


@misconception(
    "AttentionDecoder", "The GRU reads the context too. Here it reads the embedding only."
)
class ContextIntoTheCell(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size, attend):
        super().__init__(vocab_size, embedding_size, hidden_size, attend)
        self.cell = nn.GRUCell(embedding_size + hidden_size, hidden_size)


@misconception("AttentionDecoder", "There is a layer too many: dot attention has no weights.")
class WithAScoringLayer(_Right):
    def __init__(self, vocab_size, embedding_size, hidden_size, attend):
        super().__init__(vocab_size, embedding_size, hidden_size, attend)
        self.score = nn.Linear(hidden_size, hidden_size, bias=False)


@misconception(
    "AttentionDecoder", "It keeps a state of its own. It should go on from its argument."
)
class Remembering(_Right):
    kept = None

    def next(self, token, state):
        usable = self.kept is not None and self.kept.shape == state.shape
        new = super().next(token, self.kept if usable else state)
        self.kept = new.detach()
        return new


# Alternatives


@alternative("AttentionDecoder")
class WithALayer(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, attend):
        super().__init__()
        self.lookup = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.to_logits = nn.Linear(hidden_size + hidden_size, vocab_size)
        self.function = attend

    def forward(self, token, state, memory, mask):
        output, last = self.gru(self.lookup(token)[:, None], state[None].contiguous())
        context, weights = self.function(last[0], memory, mask)
        return self.to_logits(torch.cat((output[:, 0], context), dim=-1)), last[0], weights


@alternative("AttentionDecoder")
class BySplitting(_Right):
    def logits(self, state, context):
        for_state, for_context = self.out.weight.chunk(2, dim=1)
        return state @ for_state.T + context @ for_context.T + self.out.bias


@alternative("AttentionDecoder")
class ByStacking(_Right):
    def forward(self, token, state, memory, mask):
        state = self.cell(self.embedding.weight[token], state)
        found = self.attend(query=state, keys=memory, mask=mask)
        both = torch.stack([state, found[0]], dim=1).flatten(1)
        return [self.out(both), state, found[1]]
