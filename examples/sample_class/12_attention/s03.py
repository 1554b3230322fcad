"""
base = "solution"
why = "The classic mistakes: a mask of zeros, heads cut across steps, norms behind, no shift."
rest = "full"

[expected]
attention_forward = 1.875
causal_mask = 1
attention_backward = 0
predict_reversed = 0
sinusoidal_positions = 0
MultiHeadAttention = 0
Block = 0
GPT = 0
next_token_loss = 0
sampling_probabilities = 2.25
generate = 3.3333
attend_cached = 0
predict_doubling = 0
generation_cost = 1.2

[misconceptions]
attention_forward = "scores_times_mask"
causal_mask = "upper_left"
attention_backward = "mean_missing"
predict_reversed = "order_never_matters"
sinusoidal_positions = "halves"
MultiHeadAttention = "CutAndJoinedAcrossSteps"
Block = "PostNorm"
GPT = "BlocksInAList"
next_token_loss = "not_shifted"
sampling_probabilities = "multiplied"
generate = "global_generator"
attend_cached = "no_mask"
predict_doubling = "all_double"
generation_cost = "new_keys_only"
rotate = "halves"
"""


# %% exercise="attention_forward"
def attention_forward(q, k, v, mask=None):
    if k.shape[0] != q.shape[0] or k.shape[2] != q.shape[2]:
        raise ValueError(f"k has shape {k.shape}, expected ({q.shape[0]}, S, {q.shape[2]})")
    if v.shape[:2] != k.shape[:2]:
        raise ValueError(f"v has shape {v.shape}, expected {k.shape[:2]} in front")
    if mask is not None and mask.dtype != bool:
        raise ValueError(f"mask has dtype {mask.dtype}, expected bool")
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])
    if mask is not None:
        scores = scores * mask
    scores = scores - scores.max(axis=2, keepdims=True)
    weights = np.exp(scores)
    weights = weights / weights.sum(axis=2, keepdims=True)
    return weights @ v, (q, k, v, weights)


# %% exercise="causal_mask"
def causal_mask(queries, keys):
    if keys < queries:
        raise ValueError(f"keys = {keys} < queries = {queries}")
    return np.tril(np.ones((queries, keys), dtype=bool))


# %% exercise="attention_backward"
def attention_backward(dout, cache):
    q, k, v, weights = cache
    if dout.shape != (q.shape[0], q.shape[1], v.shape[2]):
        raise ValueError(f"dout has shape {dout.shape}, expected that of y")
    dv = weights.transpose(0, 2, 1) @ dout
    da = (dout @ v.transpose(0, 2, 1)) * weights / np.sqrt(q.shape[2])
    return da @ k, da.transpose(0, 2, 1) @ q, dv


# %% exercise="predict_reversed"
def predict_reversed():
    return "same", "same", "same", "same"


# %% exercise="sinusoidal_positions"
def sinusoidal_positions(steps, width, *, base=10000.0):
    if width % 2:
        raise ValueError(f"width {width} is odd")
    angles = np.arange(steps)[:, None] / base ** (np.arange(0, width, 2) / width)
    return np.hstack([np.sin(angles), np.cos(angles)])


# %% exercise="MultiHeadAttention"
class MultiHeadAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        if width % heads != 0:
            raise ValueError(f"heads = {heads} does not divide width = {width}")
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def project(self, x):
        N, T, E = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        return tuple(a.reshape(N, self.heads, T, E // self.heads) for a in (q, k, v))

    def merge(self, y):
        N, H, T, D = y.shape
        return self.proj(y.reshape(N, T, H * D))

    def forward(self, x, mask=None):
        q, k, v = self.project(x)
        a = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        if mask is None:
            return self.merge(a.softmax(-1) @ v)
        if mask.dim() == 3:
            mask = mask[:, None]
        p = a.masked_fill(~mask, float("-inf")).softmax(-1).masked_fill(~mask, 0.0)
        return self.merge(p @ v)


# %% exercise="Block"
class Block(nn.Module):
    def __init__(self, attention, width):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = attention
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x, mask=None):
        x = self.norm1(x + self.attention(x, mask))
        x = self.norm2(x + self.mlp(x))
        return x


# %% exercise="GPT"
class GPT(nn.Module):
    def __init__(self, make_block, symbols, positions, layers):
        super().__init__()
        width = positions.shape[1]
        self.embedding = nn.Embedding(symbols, width)
        self.register_buffer("positions", positions)
        self.blocks = [make_block() for _ in range(layers)]
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, symbols, bias=False)

    def forward(self, tokens, start=0):
        T = tokens.shape[1]
        if start + T > len(self.positions):
            raise ValueError(f"tokens: {start} + {T} > {len(self.positions)}")
        x = self.embedding(tokens) + self.positions[start : start + T]
        mask = torch.ones(T, T, dtype=torch.bool).tril()
        for block in self.blocks:
            x = block(x, mask)
        return self.head(self.norm(x))


# %% exercise="next_token_loss"
def next_token_loss(logits, tokens, pad):
    if (tokens[:, 1:] == pad).all():
        raise ValueError("tokens hold only padding")
    return F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), ignore_index=pad)


# %% exercise="sampling_probabilities"
def sampling_probabilities(logits, *, temperature=1.0, top_k=None):
    if temperature < 0:
        raise ValueError("temperature is negative")
    if top_k is not None and top_k < 1:
        raise ValueError("top_k is too small")
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)
    if top_k is not None:
        kth = logits.topk(min(top_k, logits.shape[-1]), dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < kth, -math.inf)
    return torch.softmax(logits * temperature, dim=-1)


# %% exercise="generate"
def generate(model, tokens, steps, *, probabilities, context, end, generator):
    training = model.training
    model.eval()
    for _ in range(steps):
        with torch.no_grad():
            logits = model(tokens[-context:].unsqueeze(0))[0, -1]
        new = torch.multinomial(probabilities(logits), 1)
        tokens = torch.cat([tokens, new])
        if new == end:
            break
    model.train(training)
    return tokens


# %% exercise="attend_cached"
def attend_cached(q, k, v, past=None):
    if past is not None:
        k = torch.cat([past[0], k], dim=2)
        v = torch.cat([past[1], v], dim=2)
    a = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
    return a.softmax(dim=3) @ v, (k, v)


# %% exercise="predict_doubling"
def predict_doubling():
    return 2, 2, 2, 2


# %% exercise="generation_cost"
def generation_cost(steps, width, layers, *, cached):
    total = 0
    for t in range(1, steps + 1):
        n = 1 if cached else t
        total += 12 * n * width**2 + 2 * n * n * width
    return layers * total


# %% exercise="rotate"
def rotate(x, start=0, *, base=10000.0):
    T, D = x.shape[-2:]
    if D % 2:
        raise ValueError(f"x has shape {tuple(x.shape)}")
    half = torch.arange(0, D, 2, dtype=x.dtype) / D
    angle = torch.arange(start, start + T, dtype=x.dtype)[:, None] / base**half
    a, b = x[..., : D // 2], x[..., D // 2 :]
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)
