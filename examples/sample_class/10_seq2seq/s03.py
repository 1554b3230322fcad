"""
base = "stub"
why = "Weak: the classical mistakes of the field, one in nearly every exercise."
rest = "zero"

[expected]
pad_batch = 2.5
Encoder = 1.5
Decoder = 0.75
exact_match = 2.1429
attend_backward = 2.4
AttentionDecoder = 1

[misconceptions]
encode_text = "bos_in_front"
pad_batch = "padding_accepted"
Encoder = "state_of_the_last_column"
Decoder = "softmax_of_the_logits"
mended_inputs = "one_column_too_many"
forced_logits = "chance_inverted"
masked_loss = "divided_by_all_steps"
train_step = "gradients_kept"
greedy_decode = "goes_on"
predict_exact_share = "as_characters"
exact_match = "filled_tails_compared"
exposing_match = "all_match"
predict_weights = "score_of_zero"
attend = "scores_times_mask"
attend_backward = "values_forgotten"
AttentionDecoder = "old_state_as_query"
beam_search = "greedy"
"""


# %% exercise="encode_text"
def encode_text(text, vocabulary):
    ids = [BOS]
    for c in text:
        if c not in vocabulary:
            raise ValueError("text contains " + c)
        ids.append(vocabulary[c])
    return [*ids, EOS]


# %% exercise="pad_batch"
def pad_batch(sequences):
    if not sequences or not all(sequences):
        raise ValueError("sequences is empty, or one of them is")
    longest = max(len(s) for s in sequences)
    tokens = torch.tensor([s + [PAD] * (longest - len(s)) for s in sequences])
    return tokens, tokens != PAD


# %% exercise="Encoder"
class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, tokens, mask):
        outputs, h_n = self.gru(self.embedding(tokens))
        return outputs * mask.unsqueeze(2), h_n[0]


# %% exercise="Decoder"
class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.out = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, state, memory=None, mask=None):
        state = self.cell(self.embedding(token), state)
        return torch.softmax(self.out(state), dim=1), state, None


# %% exercise="mended_inputs"
def mended_inputs(targets):
    first = torch.full((len(targets), 1), BOS)
    return torch.cat([first, targets], dim=1)


# %% exercise="forced_logits"
def forced_logits(decoder, targets, state, memory, mask, *, ratio, generator):
    if ratio < 0 or ratio > 1:
        raise ValueError(f"ratio = {ratio}")
    token = torch.full((len(targets),), BOS)
    steps = []
    for t in range(targets.shape[1]):
        logits, state, _ = decoder(token, state, memory, mask)
        steps.append(logits)
        own = torch.rand((), generator=generator) < ratio
        token = logits.argmax(dim=1) if own else targets[:, t]
    return torch.stack(steps, dim=1)


# %% exercise="masked_loss"
def masked_loss(logits, targets):
    if targets.shape != logits.shape[:2] or (targets == PAD).all():
        raise ValueError(f"targets has shape {targets.shape}")
    losses = functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return (losses * (targets != PAD)).mean()


# %% exercise="train_step"
def train_step(model, loss_function, optimiser, batch, *, ratio, generator, max_norm=1.0):
    source, mask, targets = batch
    model.train()
    loss = loss_function(model(source, mask, targets, ratio=ratio, generator=generator), targets)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimiser.step()
    return loss.item()


# %% exercise="greedy_decode"
def greedy_decode(decoder, state, memory, mask, *, max_length):
    if max_length < 1:
        raise ValueError("max_length is too small")
    token = torch.full((len(state),), BOS)
    columns = []
    with torch.no_grad():
        for _ in range(max_length):
            logits, state, _ = decoder(token, state, memory, mask)
            token = logits.argmax(dim=1)
            columns.append(token)
    return torch.stack(columns, dim=1)


# %% exercise="predict_exact_share"
def predict_exact_share():
    return 0.95


# %% exercise="exact_match"
def exact_match(predictions, targets):
    if len(predictions) != len(targets):
        raise ValueError("predictions and targets have different numbers of rows")
    columns = max(predictions.shape[1], targets.shape[1])
    p = functional.pad(predictions, (0, columns - predictions.shape[1]))
    t = functional.pad(targets, (0, columns - targets.shape[1]))
    return (p == t).all(dim=1).double().mean().item()


# %% exercise="exposing_match"
def exposing_match():
    return [[5, 3, 2, 0], [4, 2, 0, 0]], [[5, 3, 2, 0], [4, 2, 0, 0]]


# %% exercise="predict_weights"
def predict_weights():
    return 0.25, 0.5, 0.25


# %% exercise="attend"
def attend(query, keys, mask):
    if not mask.any(dim=1).all():
        raise ValueError("mask has a row of False")
    scores = torch.einsum("nh,nsh->ns", query, keys) / query.shape[1] ** 0.5
    weights = torch.softmax(scores * mask, dim=1)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


# %% exercise="attend_backward"
def attend_backward(dcontext, query, keys, weights):
    root = query.shape[1] ** 0.5
    dweights = torch.einsum("nh,nsh->ns", dcontext, keys)
    dscores = weights * (dweights - (weights * dweights).sum(dim=1, keepdim=True))
    dquery = torch.einsum("ns,nsh->nh", dscores, keys) / root
    return dquery, torch.einsum("ns,nh->nsh", dscores, query) / root


# %% exercise="AttentionDecoder"
class AttentionDecoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, attend):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.out = nn.Linear(2 * hidden_size, vocab_size)
        self.attend = attend

    def forward(self, token, state, memory, mask):
        context, weights = self.attend(state, memory, mask)
        state = self.cell(self.embedding(token), state)
        return self.out(torch.cat([state, context], dim=1)), state, weights


# %% exercise="beam_search"
def beam_search(log_probabilities, *, width, max_length):
    if width < 1:
        raise ValueError("width is below 1")
    tokens, score = [], 0.0
    while len(tokens) < max_length and tokens[-1:] != [EOS]:
        values = log_probabilities(tokens)
        tokens = [*tokens, int(values.argmax())]
        score += float(values.max())
    return tokens, score
