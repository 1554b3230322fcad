# %% [markdown]
# # Layers in torch
#
# Three pieces of a transformer, each a few lines of torch: a loss, a normalisation layer and
# attention. This lab exists to be graded by the benchmark; its form is that of the labs in `labs/`.

# %% setup
import math

import torch
from torch import nn

from gradlab.lab import check_close, check_raises, check_shape, check_true

# %% [markdown]
# ## 1 · A loss that is never quite sure
# ●●○○○ · about 10 min
#
# Label smoothing replaces the one-hot target by $(1-\varepsilon)$ on the right class plus
# $\varepsilon / C$ on every class, the right one included:
#
# $$L = -\frac1N \sum_n \sum_c \Bigl[(1-\varepsilon)\,[c = t_n] + \frac{\varepsilon}{C}\Bigr]
# \log p_{n,c}$$


# %% exercise="smoothed_cross_entropy"
def smoothed_cross_entropy(logits, target, smoothing=0.0):
    """Mean cross-entropy against a smoothed target.

    logits: (N, C) float tensor, of any size; target: (N,) integer tensor; smoothing: 0 to 1.
    Returns a tensor without dimensions.  Raises ValueError naming smoothing outside 0 to 1.
    Source: Szegedy et al., Rethinking the Inception Architecture (2016), section 7.
    """
    ### BEGIN SOLUTION
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing is {smoothing}: expected a number from 0 to 1")
    log_p = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    right = log_p.gather(1, target[:, None])[:, 0]
    return -((1 - smoothing) * right + smoothing * log_p.mean(dim=1)).mean()
    ### END SOLUTION


# %% check="smoothed_cross_entropy" points=4
zeros, two_classes = torch.zeros(3, 4, dtype=torch.float64), torch.tensor([0, 3, 1])
loss = smoothed_cross_entropy(zeros, two_classes)
check_true(isinstance(loss, torch.Tensor), "the loss is a tensor")
check_close(float(loss), math.log(4), "four equal logits: log 4")
check_close(float(smoothed_cross_entropy(zeros, two_classes, 0.3)), math.log(4), "smoothed too")
check_raises(ValueError, smoothed_cross_entropy, zeros, two_classes, 1.5, match="smoothing")

# %% [markdown]
# ## 2 · Root mean square normalisation
# ●●○○○ · about 10 min
#
# $$y = \frac{x}{\sqrt{\operatorname{mean}(x^2) + \epsilon}} \odot w$$
#
# The mean runs over the last axis; $w$ is a parameter that starts at 1.


# %% exercise="RMSNorm"
class RMSNorm(nn.Module):
    """Divide each vector by its root mean square and scale it.

    dim: size of the last axis; eps: added to the mean of squares, below the root.
    Its one parameter is `weight`, (dim,), float64, all ones at first.
    Source: Zhang & Sennrich, Root Mean Square Layer Normalization (2019), eq. 4.
    """

    def __init__(self, dim, eps=1e-6):
        super().__init__()
        ### BEGIN SOLUTION
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim, dtype=torch.float64))
        ### END SOLUTION

    def forward(self, x):
        """x: (..., dim).  Returns the same shape."""
        ### BEGIN SOLUTION
        mean_square = (x * x).mean(dim=-1, keepdim=True)
        return x * torch.rsqrt(mean_square + self.eps) * self.weight
        ### END SOLUTION


# %% check="RMSNorm" points=3
norm = RMSNorm(2, eps=0.0)
y = norm(torch.tensor([[3.0, 4.0], [0.0, 2.0]], dtype=torch.float64))
check_shape(y.detach().numpy(), (2, 2), "the shape stays")
wanted = [[3 / 12.5**0.5, 4 / 12.5**0.5], [0, 2**0.5]]
check_close(y.detach().numpy(), wanted, "two vectors of length 2")

# %% [markdown]
# ## 3 · Attention
# ●●●○○ · about 10 min
#
# $$\operatorname{softmax}\Bigl(\frac{Q K^\top}{\sqrt{d}} + M\Bigr) V$$
#
# With `causal=True` the mask $M$ is $-\infty$ where a query would look at a later key.


# %% exercise="attention"
def attention(q, k, v, *, causal=False):
    """Scaled dot-product attention.

    q: (B, T, D); k: (B, S, D); v: (B, S, E), float tensors; with causal, query t sees keys 0 … t.
    Returns (B, T, E).
    Source: Vaswani et al., Attention Is All You Need (2017), eq. 1.
    """
    ### BEGIN SOLUTION
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    if causal:
        later = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(later, -torch.inf)
    return scores.softmax(dim=-1) @ v
    ### END SOLUTION


# %% check="attention" points=5
q, k = torch.zeros(1, 2, 3, dtype=torch.float64), torch.ones(1, 2, 3, dtype=torch.float64)
v = torch.tensor([[[2.0, 0.0], [4.0, 8.0]]], dtype=torch.float64)
check_shape(attention(q, k, v).numpy(), (1, 2, 2), "one row for each query")
check_close(attention(q, k, v).numpy(), [[[3, 4], [3, 4]]], "equal scores: the mean of v")
check_close(attention(q, k, v, causal=True).numpy(), [[[2, 0], [3, 4]]], "the first sees one key")

# %% [markdown]
# Together: one block learns to copy the first token of a sequence.

# %% experiment
generator = torch.Generator().manual_seed(0)
table = torch.randn(8, 16, generator=generator, dtype=torch.float64, requires_grad=True)
mix = torch.randn(16, 8, generator=generator, dtype=torch.float64, requires_grad=True)
norm = RMSNorm(16)
optimizer = torch.optim.Adam([table, mix, *norm.parameters()], lr=0.02)
for step in range(200):
    tokens = torch.randint(0, 8, (32, 5), generator=generator)
    x = norm(table[tokens])
    logits = (attention(x, x, x)[:, -1] + x[:, 0]) @ mix
    loss = smoothed_cross_entropy(logits, tokens[:, 0], 0.1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 40 == 0:
        print(f"step {step:3d}   loss {float(loss):.3f}")
