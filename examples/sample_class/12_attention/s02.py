"""
base = "stub"
why = "Everything right in another way: loops, einsum, three layers for q, k and v, own names."
rest = "full"

[expected]
"""


# %% exercise="attention_forward"
def attention_forward(q, k, v, mask=None):
    N, T, D = q.shape
    S = k.shape[1]
    if k.shape[0] != N or k.shape[2] != D:
        raise ValueError(f"k has shape {k.shape} but q has shape {q.shape}, expected ({N}, S, {D})")
    if v.shape[0] != N or v.shape[1] != S:
        raise ValueError(f"v has shape {v.shape}, expected ({N}, {S}, V)")
    if mask is None:
        mask = np.ones((T, S), dtype=bool)
    if mask.dtype != np.bool_:
        raise ValueError(f"mask is {mask.dtype}, I need bool")
    seen = np.broadcast_to(mask, (N, T, S))
    p = np.zeros((N, T, S))
    for n in range(N):
        for t in range(T):
            # softmax over the visible keys only, so no infinity is needed
            visible = seen[n, t]
            if visible.any():
                a = k[n, visible] @ q[n, t] / np.sqrt(D)
                e = np.exp(a - a.max())
                p[n, t, visible] = e / e.sum()
    return np.einsum("nts,nsv->ntv", p, v), [q, k, v, p]


# %% exercise="causal_mask"
def causal_mask(queries, keys):
    if queries > keys:
        raise ValueError(f"only {keys} keys for {queries} queries: keys must not be fewer")
    return np.tril(np.ones((queries, keys)), keys - queries) == 1


# %% exercise="padding_mask"
def padding_mask(lengths, keys):
    mask = np.zeros((len(lengths), 1, keys), dtype=bool)
    for n in range(len(lengths)):
        if lengths[n] < 0 or lengths[n] > keys:
            raise ValueError(f"lengths has {lengths[n]}, allowed is 0 to {keys}")
        mask[n, 0, : lengths[n]] = True
    return mask


# %% exercise="exposing_attention"
def exposing_attention():
    rng = np.random.default_rng(5)
    q = rng.normal(size=(2, 4, 3))
    k = rng.normal(size=(2, 5, 3))
    v = rng.normal(size=(2, 5, 6))
    q[1, 3] = [4000.0, -3000.0, 5000.0]
    mask = rng.random((2, 4, 5)) < 0.6
    mask[1, 3] = True
    mask[0, 1] = False
    return q, k, v, mask


# %% exercise="attention_backward"
def attention_backward(dout, cache):
    q, k, v, p = cache
    if dout.shape != q.shape[:2] + v.shape[2:]:
        raise ValueError(f"dout has shape {dout.shape}, expected {q.shape[:2] + v.shape[2:]}")
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for n in range(len(q)):
        for t in range(q.shape[1]):
            J = np.diag(p[n, t]) - np.outer(p[n, t], p[n, t])
            da = J @ v[n] @ dout[n, t] / np.sqrt(q.shape[2])
            dq[n, t] = da @ k[n]
            dk[n] += np.outer(da, q[n, t])
            dv[n] += np.outer(p[n, t], dout[n, t])
    return dq, dk, dv


# %% exercise="predict_reversed"
def predict_reversed():
    return ["reversed", "other", "other", "same"]


# %% exercise="sinusoidal_positions"
def sinusoidal_positions(steps, width, *, base=10000.0):
    if width % 2:
        raise ValueError(f"width = {width} should be even")
    rows = []
    for t in range(steps):
        row = []
        for i in range(width // 2):
            row += [np.sin(t / base ** (2 * i / width)), np.cos(t / base ** (2 * i / width))]
        rows.append(row)
    return np.array(rows)


# %% exercise="MultiHeadAttention"
class MultiHeadAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not fit: width {width} (heads must divide it)")
        self.h = heads
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def project(self, x):
        return [f(x).unflatten(-1, (self.h, -1)).permute(0, 2, 1, 3) for f in (self.q, self.k, self.v)]

    def merge(self, y):
        return self.out(torch.cat(y.unbind(1), dim=-1))

    def forward(self, x, mask=None):
        if mask is not None and mask.dim() == 3:
            mask = mask.unsqueeze(1)
        return self.merge(F.scaled_dot_product_attention(*self.project(x), attn_mask=mask))


# %% exercise="Block"
class Block(nn.Module):
    def __init__(self, attention, width):
        super().__init__()
        self.ln1, self.att, self.ln2 = nn.LayerNorm(width), attention, nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask=None):
        middle = self.att(self.ln1(x), mask) + x
        return self.down(F.gelu(self.up(self.ln2(middle)))) + middle


# %% exercise="GPT"
class GPT(nn.Module):
    def __init__(self, make_block, symbols, positions, layers):
        super().__init__()
        self.wte = nn.Embedding(symbols, positions.shape[1])
        self.register_buffer("wpe", positions)
        self.h = nn.ModuleList()
        while len(self.h) < layers:
            self.h.append(make_block())
        self.ln = nn.LayerNorm(positions.shape[1])
        self.lm = nn.Linear(positions.shape[1], symbols, bias=False)

    def forward(self, tokens, start=0):
        T = tokens.shape[1]
        if T > len(self.wpe) - start:
            raise ValueError(f"{T} tokens from {start}: tokens must fit into {len(self.wpe)}")
        x = self.wte(tokens) + self.wpe[start:][:T]
        t = torch.arange(T)
        for block in self.h:
            x = block(x, t <= t[:, None])
        return self.lm(self.ln(x))


# %% exercise="next_token_loss"
def next_token_loss(logits, tokens, pad):
    targets = tokens[:, 1:]
    real = targets != pad
    if real.sum() == 0:
        raise ValueError(f"tokens {tuple(tokens.shape)} are only padding")
    # boolean indexing picks the real targets and their logits
    z, y = logits[:, :-1][real], targets[real]
    return (z.logsumexp(1) - z[torch.arange(len(y)), y]).mean()


# %% exercise="sampling_probabilities"
def sampling_probabilities(logits, *, temperature=1.0, top_k=None):
    if temperature < 0:
        raise ValueError(f"temperature {temperature} < 0")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k {top_k} < 1")
    if temperature == 0:
        temperature, top_k = 1.0, 1
    order = logits.sort(dim=-1, descending=True)
    rank = order.indices.argsort(dim=-1)
    if top_k is not None:
        logits = torch.where(rank < top_k, logits, -torch.inf)
    e = torch.exp((logits - logits.max(dim=-1, keepdim=True).values) / temperature)
    return e / e.sum(dim=-1, keepdim=True)


# %% exercise="generate"
def generate(model, tokens, steps, *, probabilities, context, end, generator):
    mode = model.training
    model.eval()
    text = tokens.tolist()
    for _ in range(steps):
        with torch.inference_mode():
            p = probabilities(model(torch.tensor([text[-context:]]))[0][-1])
            # where a number between 0 and 1 falls among the running sums
            u = torch.rand((), generator=generator, dtype=torch.float64)
            text.append(min(int((p.double().cumsum(0) < u).sum()), len(p) - 1))
        if text[-1] == end:
            break
    model.train(mode)
    return torch.tensor(text)


# %% exercise="attend_cached"
def attend_cached(q, k, v, past=None):
    if past is None:
        past = (k[:, :, :0], v[:, :, :0])
    P = past[0].shape[2]
    k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
    rows = []
    for i in range(q.shape[2]):
        seen = k[:, :, : P + i + 1]
        a = torch.einsum("nhd,nhsd->nhs", q[:, :, i], seen) / math.sqrt(q.shape[-1])
        rows.append(torch.einsum("nhs,nhsd->nhd", a.softmax(-1), v[:, :, : P + i + 1]))
    return torch.stack(rows, dim=2), (k, v)


# %% exercise="predict_doubling"
def predict_doubling():
    return 4.0, 2.0, 1.0, 2.0


# %% exercise="generation_cost"
def generation_cost(steps, width, layers, *, cached):
    pairs = steps * (steps + 1) // 2
    if cached:
        return layers * (12 * width * width * steps + 2 * width * pairs)
    squares = sum(t * t for t in range(steps + 1))
    return layers * (12 * width * width * pairs + 2 * width * squares)


# %% exercise="rotate"
def rotate(x, start=0, *, base=10000.0):
    T, D = x.shape[-2:]
    if D % 2:
        raise ValueError(f"x has {D} columns, an odd number")
    y = torch.empty_like(x)
    for t in range(T):
        for i in range(0, D, 2):
            angle = (start + t) / base ** (i / D)
            y[..., t, i] = x[..., t, i] * math.cos(angle) - x[..., t, i + 1] * math.sin(angle)
            y[..., t, i + 1] = x[..., t, i] * math.sin(angle) + x[..., t, i + 1] * math.cos(angle)
    return y
