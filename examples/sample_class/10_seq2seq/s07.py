"""
base = "stub"
why = "Half done: text, encoder and decoder, full forcing only, attention without its refusal."
rest = "zero"

[expected]
encode_text = 2
pad_batch = 3
Encoder = 4
Decoder = 3
mended_inputs = 3
forced_logits = 1.5
predict_exact_share = 1
predict_weights = 2
attend = 3.5

[misconceptions]
forced_logits = "always_forced"
attend = "nan_accepted"
"""


# %% exercise="encode_text"
def encode_text(text, vocabulary):
    for c in text:
        if c not in vocabulary:
            raise ValueError(f"{c!r} of the text is not in the vocabulary")
    return [vocabulary[c] for c in text] + [EOS]


# %% exercise="pad_batch"
def pad_batch(sequences):
    if not sequences:
        raise ValueError("sequences: none")
    n, s = len(sequences), max(len(x) for x in sequences)
    tokens = torch.zeros(n, s).long()
    mask = torch.zeros(n, s).bool()
    for i, x in enumerate(sequences):
        if len(x) == 0 or PAD in x:
            raise ValueError(f"sequences[{i}] is {x}: sequences may not be empty or contain PAD")
        tokens[i, : len(x)] = torch.tensor(x)
        mask[i, : len(x)] = True
    return tokens, mask


# %% exercise="Encoder"
class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, tokens, mask):
        outputs = self.rnn(self.embedding(tokens))[0]
        ends = mask.sum(dim=1) - 1
        state = torch.stack([row[end] for row, end in zip(outputs, ends)])
        return outputs.masked_fill(~mask[..., None], 0.0), state


# %% exercise="Decoder"
class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = nn.GRUCell(embedding_size, hidden_size)
        self.linear = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, state, memory=None, mask=None):
        h = self.rnn(self.embedding(token), state)
        return self.linear(h), h, None


# %% exercise="mended_inputs"
def mended_inputs(targets):
    bos = torch.tensor([[BOS]] * len(targets))
    return torch.cat((bos, targets), dim=1)[:, :-1]


# %% exercise="forced_logits"
def forced_logits(decoder, targets, state, memory, mask, *, ratio, generator):
    # only full teacher forcing so far
    inputs = mended_inputs(targets)
    result = []
    for t in range(targets.shape[1]):
        logits, state, _ = decoder(inputs[:, t], state, memory, mask)
        result.append(logits)
    return torch.stack(result, dim=1)


# %% exercise="predict_exact_share"
def predict_exact_share():
    p = 1.0
    for _ in range(10):
        p *= 0.95
    return p


# %% exercise="predict_weights"
def predict_weights():
    return 1 / 3, 2 / 3, 0.0


# %% exercise="attend"
def attend(query, keys, mask):
    scores = (keys * query[:, None, :]).sum(dim=-1) / math.sqrt(query.shape[-1])
    scores = scores.masked_fill(mask == 0, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    return (weights[..., None] * keys).sum(dim=1), weights
