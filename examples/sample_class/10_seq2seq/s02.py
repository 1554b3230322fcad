"""
base = "stub"
why = "Everything right in another way: packed sequences, loops over rows, lists and dictionaries."
rest = "full"

[expected]
"""


# %% exercise="encode_text"
def encode_text(text, vocabulary):
    unknown = [c for c in text if c not in vocabulary]
    if unknown:
        raise ValueError(f"text {text!r}: no id for {unknown}")
    return [*map(vocabulary.get, text), EOS]


# %% exercise="pad_batch"
def pad_batch(sequences):
    if len(sequences) < 1:
        raise ValueError("sequences: at least one is needed")
    for s in sequences:
        if not s or min(map(abs, s)) == PAD:
            raise ValueError(f"sequences must be without PAD and not empty, found {s}")
    tokens = nn.utils.rnn.pad_sequence(list(map(torch.tensor, sequences)), batch_first=True)
    lengths = torch.tensor(list(map(len, sequences)))
    return tokens, torch.arange(tokens.size(1)) < lengths.unsqueeze(1)


# %% exercise="Encoder"
class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.words = nn.Embedding(vocab_size, embedding_size, padding_idx=PAD)
        self.layer = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, tokens, mask):
        packed = nn.utils.rnn.pack_padded_sequence(
            self.words(tokens), mask.sum(1), batch_first=True, enforce_sorted=False
        )
        out, last = self.layer(packed)
        memory, _ = nn.utils.rnn.pad_packed_sequence(
            out, batch_first=True, total_length=tokens.size(1)
        )
        return memory, last.squeeze(0)


# %% exercise="Decoder"
class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.words = nn.Embedding(vocab_size, embedding_size)
        self.layer = nn.GRU(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, state, memory=None, mask=None):
        out, last = self.layer(self.words(token)[None], state[None])
        return self.head(out[0]), last[0], None


# %% exercise="mended_inputs"
def mended_inputs(targets):
    inputs = rolled_inputs(targets)
    inputs[:, 0] = BOS
    return inputs


# %% exercise="forced_logits"
def forced_logits(decoder, targets, state, memory, mask, *, ratio, generator):
    if not (ratio >= 0 and ratio <= 1):
        raise ValueError(f"the ratio {ratio} is not a probability")
    n, steps = targets.shape
    out = []
    for t in range(steps):
        if t == 0:
            token = torch.full((n,), BOS, dtype=torch.long)
        else:
            u = torch.rand(1, generator=generator).item()
            token = targets[:, t - 1] if u < ratio else out[-1].argmax(-1)
        logits, state, _ = decoder(token, state, memory, mask)
        out.append(logits)
    return torch.stack(out).permute(1, 0, 2)


# %% exercise="masked_loss"
def masked_loss(logits, targets):
    if list(targets.shape) != list(logits.shape)[:-1]:
        raise ValueError(f"targets: shape {tuple(targets.shape)}, logits {tuple(logits.shape)}")
    real = targets.ne(PAD)
    if real.sum() == 0:
        raise ValueError("targets: only PAD")
    return functional.cross_entropy(logits[real], targets[real])


# %% exercise="train_step"
def train_step(model, loss_function, optimiser, batch, *, ratio, generator, max_norm=1.0):
    optimiser.zero_grad()
    model.train()
    x, mask, y = batch
    loss = loss_function(model(x, mask, y, ratio=ratio, generator=generator), y)
    loss.backward()
    total = torch.sqrt(sum((p.grad**2).sum() for p in model.parameters()))
    if total > max_norm:
        for p in model.parameters():
            p.grad.mul_(max_norm / total)
    optimiser.step()
    return float(loss.detach())


# %% exercise="greedy_decode"
@torch.no_grad()
def greedy_decode(decoder, state, memory, mask, *, max_length):
    if max_length <= 0:
        raise ValueError("max_length should be 1 or more, it is " + str(max_length))
    n = state.size(0)
    tokens = torch.full((n, max_length), PAD)
    alive = torch.ones(n, dtype=torch.bool)
    token = torch.full((n,), BOS)
    for t in range(max_length):
        logits, state, _ = decoder(token, state, memory, mask)
        token = logits.max(dim=1).indices
        tokens[alive, t] = token[alive]
        alive = alive & (token != EOS)
    return tokens


# %% exercise="predict_exact_share"
def predict_exact_share():
    return 0.6


# %% exercise="exact_match"
def exact_match(predictions, targets):
    if predictions.size(0) != targets.size(0):
        raise ValueError(f"{predictions.size(0)} predictions for {targets.size(0)} targets")
    right = 0
    for p, t in zip(predictions, targets):
        end = int((t == EOS).nonzero()[0])
        right += len(p) > end and bool((p[: end + 1] == t[: end + 1]).all())
    return right / len(targets)


# %% exercise="exposing_match"
def exposing_match():
    wrong = [
        ([5, 3, 6, 2], [5, 3, 2, 0, 0]),
        ([5, 3, 8, 9], [5, 3, 8, 9, 2]),
        ([6, 7, 3, 4], [6, 7, 3, 4, 2]),
        ([8, 7, 9, 4], [8, 7, 9, 4, 2]),
        ([5, 2, 3, 2], [5, 3, 2, 0, 0]),
        ([6, 4, 2, 0], [4, 6, 2, 0, 0]),
        ([4, 0, 6, 2], [4, 6, 2, 0, 0]),
        ([2, 7, 7, 0], [7, 7, 2, 0, 0]),
        ([4, 4, 2, 0], [7, 4, 2, 0, 0]),
        ([5, 3, 2, 0], [5, 3, 4, 2, 0]),
        ([5, 3, 0, 0], [5, 3, 2, 0, 0]),
        ([9, 5, 3, 2], [5, 3, 2, 0, 0]),
    ]
    right = [([6, 2, 9, 2], [6, 2, 0, 0, 0]), ([9, 2, 0, 0], [9, 2, 5, 5, 5])]
    predictions, targets = zip(*(wrong + right))
    return list(predictions), list(targets)


# %% exercise="predict_weights"
def predict_weights():
    return 0.3333, 0.6667, 0.0


# %% exercise="attend"
def attend(query, keys, mask):
    if any(not row.any() for row in mask):
        raise ValueError(f"mask {mask.tolist()} has a row of False")
    scores = (query.unsqueeze(1) @ keys.transpose(1, 2)).squeeze(1) / query.size(-1) ** 0.5
    scores = torch.where(mask, scores, float("-inf"))
    weights = functional.softmax(scores, dim=-1)
    return (weights.unsqueeze(1) @ keys).squeeze(1), weights


# %% exercise="attend_backward"
def attend_backward(dcontext, query, keys, weights):
    H = query.shape[1]
    dquery, dkeys = [], []
    for dc, q, m, a in zip(dcontext, query, keys, weights):
        jacobian = torch.diag(a) - torch.outer(a, a)
        de = jacobian @ (m @ dc) / H**0.5
        dquery.append(m.T @ de)
        dkeys.append(torch.outer(a, dc) + torch.outer(de, q))
    return torch.stack(dquery), torch.stack(dkeys)


# %% exercise="AttentionDecoder"
class AttentionDecoder(Decoder):
    def __init__(self, vocab_size, embedding_size, hidden_size, attend):
        nn.Module.__init__(self)
        self.words = nn.Embedding(vocab_size, embedding_size)
        self.layer = nn.GRU(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size * 2, vocab_size)
        self.look = attend

    def forward(self, token, state, memory, mask):
        _, last = self.layer(self.words(token)[None], state[None])
        found, weights = self.look(last[0], memory, mask)
        return self.head(torch.cat((last[0], found), -1)), last[0], weights


# %% exercise="beam_search"
def beam_search(log_probabilities, *, width, max_length):
    if not width >= 1:
        raise ValueError(f"width = {width}: a beam needs one beginning at least")
    beam = {(): 0.0}
    for _ in range(max_length):
        following = {}
        for tokens, score in beam.items():
            if tokens[-1:] == (EOS,):
                following[tokens] = score
            else:
                for token, p in enumerate(log_probabilities(list(tokens))):
                    following[(*tokens, token)] = score + p.item()
        best = sorted(following, key=following.get)[-width:]
        beam = {tokens: following[tokens] for tokens in best}
    winner = max(beam, key=beam.get)
    return list(winner), beam[winner]


# %% exercise="bleu"
def bleu(candidates, references, *, max_n=4):
    if len(candidates) - len(references):
        raise ValueError("there should be as many candidates as references")
    score = 1.0
    for n in range(1, max_n + 1):
        hits = total = 0
        for c, r in zip(candidates, references):
            left = [tuple(r[i : i + n]) for i in range(len(r) - n + 1)]
            for i in range(len(c) - n + 1):
                total += 1
                if tuple(c[i : i + n]) in left:
                    left.remove(tuple(c[i : i + n]))
                    hits += 1
        score *= (hits / total) ** (1 / max_n) if hits else 0.0
    c, r = sum(map(len, candidates)), sum(map(len, references))
    return score * (math.exp(1 - r / c) if 0 < c < r else 1.0)
