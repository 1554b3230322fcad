"""
base = "stub"
why = "Half done: the NumPy part, one gradient missing, then the first module, then no more."
rest = "zero"

[expected]
causal_mask = 2
padding_mask = 2
sinusoidal_positions = 3

[misconceptions]
attention_forward = "no_cache"
"""


# %% exercise="attention_forward"
def attention_forward(q, k, v, mask=None):
    if k.shape[0] != q.shape[0] or k.shape[2] != q.shape[2]:
        raise ValueError(f"k has shape {k.shape}")
    if v.shape[:2] != k.shape[:2]:
        raise ValueError(f"v has shape {v.shape}")
    if mask is not None and mask.dtype != bool:
        raise ValueError(f"mask has dtype {mask.dtype}")
    a = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])
    if mask is not None:
        a = np.where(mask, a, -np.inf)
    top = a.max(axis=2, keepdims=True)
    e = np.exp(a - np.where(top == -np.inf, 0, top))
    total = e.sum(axis=2, keepdims=True)
    return e / np.where(total == 0, 1, total) @ v


# %% exercise="causal_mask"
def causal_mask(queries, keys):
    if keys < queries:
        raise ValueError(f"keys {keys} < queries {queries}")
    return np.tri(queries, keys, keys - queries, dtype=bool)


# %% exercise="padding_mask"
def padding_mask(lengths, keys):
    if (lengths < 0).any() or (lengths > keys).any():
        raise ValueError(f"lengths {lengths} for {keys} keys")
    return (np.arange(keys) < lengths[:, None])[:, None, :]


# %% exercise="attention_backward"
def attention_backward(dout, cache):
    q, k, v, p = cache
    dv = p.transpose(0, 2, 1) @ dout
    # dq and dk: I do not see how the softmax goes back
    raise NotImplementedError()


# %% exercise="sinusoidal_positions"
def sinusoidal_positions(steps, width, *, base=10000.0):
    if width % 2 != 0:
        raise ValueError(f"width {width} must be even")
    i = np.arange(width)
    angles = np.arange(steps)[:, None] / base ** ((i // 2 * 2) / width)
    return np.where(i % 2 == 0, np.sin(angles), np.cos(angles))


# %% exercise="MultiHeadAttention"
class MultiHeadAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)

    def project(self, x):
        raise NotImplementedError()
