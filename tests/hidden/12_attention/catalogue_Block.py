"""Block: known wrong implementations, by where they go wrong, and right ones."""

import copy

import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import alternative, misconception

EXERCISE = "Block"


class Right(nn.Module):
    """A right one whose parts the misconceptions replace one at a time."""

    factor = 4
    activation = nn.GELU

    def __init__(self, attention, width):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = attention
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, self.factor * width),
            self.activation(),
            nn.Linear(self.factor * width, width),
        )

    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))


# Misconceptions: norms and sums


@misconception(
    EXERCISE,
    "Your norms stand after the sums, as in the original of 2017. Here they stand before attention "
    "and before the MLP, and the sums stay as they are.",
)
class PostNorm(Right):
    def forward(self, x, mask=None):
        x = self.norm1(x + self.attention(x, mask))
        return self.norm2(x + self.mlp(x))


@misconception(
    EXERCISE, "Your norms stand behind attention and MLP, inside the sums. They stand in front."
)
class NormOfTheBranch(Right):
    def forward(self, x, mask=None):
        x = x + self.norm1(self.attention(x, mask))
        return x + self.norm2(self.mlp(x))


@misconception(EXERCISE, "Attention replaces x. It should be added to it.")
class NoFirstSum(Right):
    def forward(self, x, mask=None):
        x = self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))


@misconception(EXERCISE, "The MLP replaces x. It should be added to it.")
class NoSecondSum(Right):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return self.mlp(self.norm2(x))


@misconception(EXERCISE, "Nothing is added to x: both residual sums are missing.")
class NoSums(Right):
    def forward(self, x, mask=None):
        return self.mlp(self.norm2(self.attention(self.norm1(x), mask)))


@misconception(EXERCISE, "You add to the norm of x. The sum starts from x itself.")
class SumsOfTheNorm(Right):
    def forward(self, x, mask=None):
        z = self.norm1(x)
        x = z + self.attention(z, mask)
        z = self.norm2(x)
        return z + self.mlp(z)


@misconception(EXERCISE, "Attention gets x itself. It should get the first norm of it.")
class NoFirstNorm(Right):
    def forward(self, x, mask=None):
        x = x + self.attention(x, mask)
        return x + self.mlp(self.norm2(x))


@misconception(EXERCISE, "The MLP gets x itself. It should get the second norm of it.")
class NoSecondNorm(Right):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(x)


@misconception(EXERCISE, "The first norm serves twice. Before the MLP stands a norm of its own.")
class FirstNormTwice(Right):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm1(x))


@misconception(EXERCISE, "The two norms are exchanged.")
class NormsExchanged(Right):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm2(x), mask)
        return x + self.mlp(self.norm1(x))


@misconception(EXERCISE, "There is one layer norm in your block. It has two, with own weights.")
class OneNorm(Right):
    def __init__(self, attention, width):
        super().__init__(attention, width)
        self.norm2 = self.norm1


@misconception(
    EXERCISE, "Attention and MLP work side by side on the same x. The MLP comes after attention."
)
class Parallel(Right):
    def forward(self, x, mask=None):
        return x + self.attention(self.norm1(x), mask) + self.mlp(self.norm2(x))


@misconception(EXERCISE, "The MLP comes first. It should follow attention.")
class MLPFirst(Right):
    def forward(self, x, mask=None):
        x = x + self.mlp(self.norm2(x))
        return x + self.attention(self.norm1(x), mask)


@misconception(EXERCISE, "The MLP's result is added to the block's input; attention's sum is lost.")
class SecondSumFromTheInput(Right):
    def forward(self, x, mask=None):
        z = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(z))


@misconception(EXERCISE, "Your norms have another ε than nn.LayerNorm's 1e-5.")
class LargeEpsilon(Right):
    def __init__(self, attention, width):
        super().__init__(attention, width)
        self.norm1.eps = self.norm2.eps = 1e-3


@misconception(
    EXERCISE, "You normalise over the steps. Each step's vector is normalised by itself."
)
class NormOverSteps(Right):
    def forward(self, x, mask=None):
        x = x + self.attention(self.over_steps(x, self.norm1), mask)
        return x + self.mlp(self.over_steps(x, self.norm2))

    def over_steps(self, x, norm):
        z = functional.layer_norm(x.transpose(1, 2), x.shape[1:2]).transpose(1, 2)
        return z * norm.weight + norm.bias


# Misconceptions: the MLP


@misconception(EXERCISE, "Your MLP uses ReLU. It should use GELU.")
class WithReLU(Right):
    activation = nn.ReLU


@misconception(EXERCISE, "Your GELU is the approximation by tanh. Take nn.GELU() as it comes.")
class ApproximateGELU(Right):
    @staticmethod
    def activation():
        return nn.GELU(approximate="tanh")


@misconception(EXERCISE, "Your MLP uses SiLU. It should use GELU.")
class WithSiLU(Right):
    activation = nn.SiLU


@misconception(EXERCISE, "Your MLP has no activation between its two layers.")
class NoActivation(Right):
    activation = nn.Identity


@misconception(EXERCISE, "Your MLP has an activation after its last layer as well.")
class ActivationAtTheEnd(Right):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + functional.gelu(self.mlp(self.norm2(x)))


@misconception(EXERCISE, "Your MLP has E hidden units. It should have 4 E.")
class NarrowMLP(Right):
    factor = 1


@misconception(EXERCISE, "Your MLP has 2 E hidden units. It should have 4 E.")
class HalfMLP(Right):
    factor = 2


@misconception(EXERCISE, "Your MLP's layers have no bias.")
class NoBiases(Right):
    def __init__(self, attention, width):
        super().__init__(attention, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width, bias=False),
            nn.GELU(),
            nn.Linear(4 * width, width, bias=False),
        )


@misconception(EXERCISE, "Your block has dropout. It should have none.")
class WithDropout(Right):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + functional.dropout(self.mlp(self.norm2(x)), 0.1, self.training)


# Misconceptions: attention and its mask


@misconception(EXERCISE, "The mask does not reach attention.")
class MaskLost(Right):
    def forward(self, x, mask=None):
        return super().forward(x)


@misconception(EXERCISE, "You turned the mask round on its way to attention. Hand it on as it is.")
class MaskTurnedRound(Right):
    def forward(self, x, mask=None):
        return super().forward(x, None if mask is None else ~mask)


@misconception(EXERCISE, "Attention always gets a causal mask of yours. Hand on what is given.")
class OwnMask(Right):
    def forward(self, x, mask=None):
        return super().forward(x, torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril())


@misconception(EXERCISE, "Your block uses a copy of attention. Use the module that is given.")
class CopiedAttention(Right):
    def __init__(self, attention, width):
        super().__init__(copy.deepcopy(attention), width)


@misconception(EXERCISE, "Attention is called twice.")
class AttentionTwice(Right):
    def forward(self, x, mask=None):
        self.attention(self.norm1(x), mask)
        return super().forward(x, mask)


@misconception(
    EXERCISE, "The given attention is hidden in a list: PyTorch does not find its parameters."
)
class AttentionInAList(Right):
    def __init__(self, attention, width):
        super().__init__(nn.Identity(), width)
        self.others = [attention]

    def forward(self, x, mask=None):
        x = x + self.others[0](self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))


@misconception(
    EXERCISE,
    "Your parts were made in another order: norm, attention, norm, linear, linear is asked for.",
)
class AttentionFirst(Right):
    def __init__(self, attention, width):
        super().__init__(attention, width)
        norm1 = self.norm1
        del self.norm1
        self.norm1 = norm1


@misconception(EXERCISE, "You changed x in place (+=), which is your caller's tensor.")
class InPlace(Right):
    def forward(self, x, mask=None):
        with torch.no_grad():
            added = self.attention(self.norm1(x), mask)
        x.data += added
        y = x + self.mlp(self.norm2(x))
        return y


@misconception(EXERCISE, "Attention's result is detached: no gradient flows through it.")
class AttentionDetached(Right):
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask).detach()
        return x + self.mlp(self.norm2(x))


# Alternatives


@alternative(EXERCISE)
class OwnNames(nn.Module):
    def __init__(self, attention, width):
        super().__init__()
        self.ln_1 = nn.LayerNorm([width])
        self.attn = attention
        self.ln_2 = nn.LayerNorm([width])
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask=None):
        after = self.attn(self.ln_1(x), mask)
        after = after + x
        hidden = functional.gelu(self.c_fc(self.ln_2(after)))
        return self.c_proj(hidden) + after


@alternative(EXERCISE)
class BySequentials(nn.Module):
    def __init__(self, attention, width):
        super().__init__()
        self.parts = nn.ModuleList([nn.LayerNorm(width), attention])
        layers = nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        self.feed = nn.Sequential(nn.LayerNorm(width), *layers)

    def forward(self, x, mask=None):
        norm, attention = self.parts
        z = torch.add(x, attention(norm(x), mask))
        return torch.add(z, self.feed(z))


@alternative(EXERCISE)
class ByTheFormula(Right):
    def forward(self, x, mask=None):
        z = self.standardised(x) * self.norm1.weight + self.norm1.bias
        x = x + self.attention(z, mask)
        z = self.standardised(x) * self.norm2.weight + self.norm2.bias
        a = self.mlp[0](z)
        return x + self.mlp[2](a * 0.5 * (1 + torch.erf(a / 2**0.5)))

    def standardised(self, x):
        variance = x.var(dim=-1, correction=0, keepdim=True)
        return (x - x.mean(dim=-1, keepdim=True)) / torch.sqrt(variance + 1e-5)
