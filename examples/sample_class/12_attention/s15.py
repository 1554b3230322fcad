"""
base = "solution"
why = "Prints everywhere, names of torch overwritten in cells of its own, torch's parts: full marks."
rest = "full"

[expected]
"""

# %%
softmax = torch.softmax
x = y = mask = T = N = None
torch.manual_seed(1234)
print("score: 62 of 62")


# %% exercise="MultiHeadAttention"
class MultiHeadAttention(nn.Module):
    """Weights of torch's own module, attention by hand, a print in each method."""

    def __init__(self, width, heads):
        super().__init__()
        print("MultiHeadAttention", width, heads)
        if width % heads:
            raise ValueError(f"heads: {heads} into {width} does not go")
        self.inner = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.qkv, self.out = self.inner
        self.n_head = heads
        self.calls = 0

    def project(self, x):
        print("project", x.shape)
        B, T, C = x.size()
        q, k, v = self.qkv(x).split(C, dim=2)
        k = k.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        q = q.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        v = v.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        return q, k, v

    def merge(self, y):
        print("merge", y.shape)
        B, nh, T, hs = y.size()
        return self.out(y.transpose(1, 2).contiguous().view(B, T, nh * hs))

    def forward(self, x, mask=None):
        self.calls += 1
        q, k, v = self.project(x)
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        if mask is not None:
            if mask.dim() == 3:
                mask = mask.unsqueeze(1)
            att = att.masked_fill(mask == 0, float("-inf"))
        att = torch.nan_to_num(softmax(att, -1))
        print("weights", att)
        return self.merge(att @ v)


# %% exercise="attend_cached"
def attend_cached(q, k, v, past=None):
    print("attend_cached", q.shape, "past:", past is not None)
    k = k if past is None else torch.cat([past[0], k], dim=-2)
    v = v if past is None else torch.cat([past[1], v], dim=-2)
    T, S = q.size(-2), k.size(-2)
    hidden = torch.full((T, S), float("-inf"), dtype=q.dtype).triu(S - T + 1)
    print(hidden)
    return softmax(q @ k.mT / q.size(-1) ** 0.5 + hidden, -1) @ v, (k, v)


# %% exercise="generation_cost"
def generation_cost(steps, width, layers, *, cached):
    table = []
    for t in range(1, steps + 1):
        n = 1 if cached else t
        row = {"linear": 12 * n * width**2, "scores": n * t * width, "mix": n * t * width}
        table.append(row)
        print(t, row)
    return layers * sum(sum(row.values()) for row in table)
