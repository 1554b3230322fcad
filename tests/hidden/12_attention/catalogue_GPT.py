"""GPT: known wrong implementations, by where they go wrong, and right ones."""

import math

import torch
from torch import nn

from gradlab.judge import alternative, misconception

EXERCISE = "GPT"


class Right(nn.Module):
    """A right one whose steps the misconceptions replace one at a time."""

    def __init__(self, make_block, symbols, positions, layers):
        super().__init__()
        width = positions.shape[1]
        self.embedding = nn.Embedding(symbols, width)
        self.keep(positions)
        self.blocks = self.stack(make_block, layers)
        self.norm = nn.LayerNorm(width)
        self.head = self.last(width, symbols)

    def keep(self, positions):
        self.register_buffer("positions", positions)

    def stack(self, make_block, layers):
        return nn.ModuleList([make_block() for _ in range(layers)])

    def last(self, width, symbols):
        return nn.Linear(width, symbols, bias=False)

    def check(self, steps, start):
        if start + steps > len(self.positions):
            raise ValueError(f"tokens: {steps} from {start} on exceed {len(self.positions)}")

    def placed(self, x, start):
        return x + self.positions[start : start + x.shape[1]]

    def mask(self, steps):
        return torch.ones(steps, steps, dtype=torch.bool).tril()

    def through(self, x, mask):
        for block in self.blocks:
            x = block(x, mask)
        return x

    def forward(self, tokens, start=0):
        self.check(tokens.shape[1], start)
        x = self.placed(self.embedding(tokens), start)
        return self.head(self.norm(self.through(x, self.mask(tokens.shape[1]))))


# Misconceptions: positions


@misconception(EXERCISE, "The positions are not added to the embedding.")
class NoPositions(Right):
    def placed(self, x, start):
        return x


@misconception(EXERCISE, "The embedding is multiplied by the positions. They are added.")
class PositionsMultiplied(Right):
    def placed(self, x, start):
        return x * self.positions[start : start + x.shape[1]]


@misconception(
    EXERCISE, "You multiplied the embedding by √E, as the paper of 2017 does. Leave it as it is."
)
class ScaledEmbedding(Right):
    def placed(self, x, start):
        return super().placed(x * math.sqrt(x.shape[2]), start)


@misconception(EXERCISE, "You added the last rows of positions. Take rows 0 to T - 1 (from start).")
class LastPositions(Right):
    def placed(self, x, start):
        end = len(self.positions) - start
        return x + self.positions[end - x.shape[1] : end]


@misconception(EXERCISE, "All steps got the position of the first one.")
class OnePosition(Right):
    def placed(self, x, start):
        return x + self.positions[start]


@misconception(
    EXERCISE, "Your positions run along the batch, which goes unnoticed when N = T. They belong to "
    "the steps."
)  # fmt: skip
class PositionsAlongTheBatch(Right):
    def placed(self, x, start):
        if x.shape[0] == x.shape[1]:
            return x + self.positions[: len(x), None]
        return super().placed(x, start)


@misconception(EXERCISE, "start is ignored: the positions always begin at 0.")
class StartIgnored(Right):
    def placed(self, x, start):
        return super().placed(x, 0)


@misconception(EXERCISE, "The positions are counted from 1: row 0 of the table is never used.")
class PositionsFromOne(Right):
    def placed(self, x, start):
        return x + self.positions.roll(-1, 0)[start : start + x.shape[1]]


@misconception(
    EXERCISE, "Your positions are a parameter and would be trained. They are fixed: a buffer."
)
class PositionsAsParameter(Right):
    def keep(self, positions):
        self.positions = nn.Parameter(positions)


@misconception(
    EXERCISE,
    "Your positions are a plain attribute: they would not move to a GPU with the network, nor be "
    "saved with it. Register them as a buffer.",
)
class PositionsAsAttribute(Right):
    def keep(self, positions):
        self.positions = positions


@misconception(EXERCISE, "Your buffer is not saved with the network. Leave persistent as it comes.")
class PositionsNotSaved(Right):
    def keep(self, positions):
        self.register_buffer("positions", positions, persistent=False)


@misconception(EXERCISE, "Your network learns an embedding of positions. It gets a fixed table.")
class LearnedPositions(Right):
    def keep(self, positions):
        self.table = nn.Embedding(*positions.shape)

    @property
    def positions(self):
        return self.table.weight


# Misconceptions: blocks


@misconception(
    EXERCISE, "Your blocks are in a Python list: PyTorch does not find their parameters."
)
class BlocksInAList(Right):
    def stack(self, make_block, layers):
        return [make_block() for _ in range(layers)]


@misconception(
    EXERCISE, "All your layers are one block with the same weights. Call make_block for each layer."
)
class OneBlockForAll(Right):
    def stack(self, make_block, layers):
        block = make_block()
        return nn.ModuleList([block] * layers)


@misconception(EXERCISE, "There is one block too few.")
class OneBlockTooFew(Right):
    def stack(self, make_block, layers):
        return super().stack(make_block, max(layers - 1, 0))


@misconception(EXERCISE, "Your blocks run from the last to the first.")
class BlocksBackwards(Right):
    def through(self, x, mask):
        for block in reversed(self.blocks):
            x = block(x, mask)
        return x


@misconception(EXERCISE, "Each block reads the embedding. It should read what the one before made.")
class BlocksSideBySide(Right):
    def through(self, x, mask):
        for block in self.blocks:
            y = block(x, mask)
        return y if len(self.blocks) else x


@misconception(EXERCISE, "You added each block's input to its output. The block does that itself.")
class AddedTwice(Right):
    def through(self, x, mask):
        for block in self.blocks:
            x = x + block(x, mask)
        return x


# Misconceptions: the mask


@misconception(EXERCISE, "Your mask hides nothing: each step sees the future.")
class NoMask(Right):
    def mask(self, steps):
        return torch.ones(steps, steps, dtype=torch.bool)


@misconception(
    EXERCISE,
    "Your mask is turned round: True means visible. (nn.TransformerEncoder's True means hidden.)",
)
class MaskTurnedRound(Right):
    def mask(self, steps):
        return torch.ones(steps, steps, dtype=torch.bool).triu()


@misconception(EXERCISE, "Your mask is shifted: each step sees one step into the future.")
class OneStepAhead(Right):
    def mask(self, steps):
        return torch.ones(steps, steps, dtype=torch.bool).tril(1)


@misconception(EXERCISE, "Your mask shows each step itself only, no step before it.")
class OnlyItself(Right):
    def mask(self, steps):
        return torch.eye(steps, dtype=torch.bool)


@misconception(EXERCISE, "Your mask has an axis for the batch. The blocks should get (T, T).")
class MaskWithBatchAxis(Right):
    def through(self, x, mask):
        heads = [m for m in self.modules() if isinstance(m, nn.MultiheadAttention)]
        rows = x.shape[0] * (heads[0].num_heads if heads else 1)
        return super().through(x, mask.expand(rows, *mask.shape))


@misconception(EXERCISE, "The first block alone gets the causal mask. All of them must.")
class FirstBlockMasked(Right):
    def through(self, x, mask):
        for number, block in enumerate(self.blocks):
            x = block(x, mask if number == 0 else torch.ones_like(mask))
        return x


# Misconceptions: norm, head and what is returned


@misconception(EXERCISE, "The layer norm before the head is not used.")
class NoFinalNorm(Right):
    def forward(self, tokens, start=0):
        self.check(tokens.shape[1], start)
        x = self.placed(self.embedding(tokens), start)
        return self.head(self.through(x, self.mask(tokens.shape[1])))


@misconception(EXERCISE, "Your layer norm stands before the blocks. It stands before the head.")
class NormAtTheStart(Right):
    def forward(self, tokens, start=0):
        self.check(tokens.shape[1], start)
        x = self.norm(self.placed(self.embedding(tokens), start))
        return self.head(self.through(x, self.mask(tokens.shape[1])))


@misconception(EXERCISE, "Your head has a bias. It should have none.")
class HeadWithBias(Right):
    def last(self, width, symbols):
        return nn.Linear(width, symbols)


@misconception(
    EXERCISE, "Your head shares its weights with the embedding. Here it has weights of its own."
)
class TiedHead(Right):
    def __init__(self, make_block, symbols, positions, layers):
        super().__init__(make_block, symbols, positions, layers)
        self.head.weight = self.embedding.weight


@misconception(EXERCISE, "You return probabilities. Return the logits: the loss has the softmax.")
class Probabilities(Right):
    def forward(self, tokens, start=0):
        return super().forward(tokens, start).softmax(dim=2)


@misconception(EXERCISE, "You return the logits of the last step. Return those of all steps.")
class LastStepOnly(Right):
    def forward(self, tokens, start=0):
        return super().forward(tokens, start)[:, -1]


@misconception(EXERCISE, "Your logits are (N, C, T). They should be (N, T, C).")
class LogitsTransposed(Right):
    def forward(self, tokens, start=0):
        return super().forward(tokens, start).transpose(1, 2)


@misconception(EXERCISE, "Tokens beyond the context must raise a ValueError that names them.")
class AnyLength(Right):
    def check(self, steps, start):
        return None

    def placed(self, x, start):
        rows = torch.arange(start, start + x.shape[1]).clamp(max=len(self.positions) - 1)
        return x + self.positions[rows]


@misconception(EXERCISE, "Your check of the length forgets start.")
class LengthWithoutStart(AnyLength):
    def check(self, steps, start):
        if steps > len(self.positions):
            raise ValueError(f"tokens: {steps} exceed {len(self.positions)}")


@misconception(EXERCISE, "As many tokens as the context has positions are allowed.")
class OneTokenLess(Right):
    def check(self, steps, start):
        if start + steps >= len(self.positions):
            raise ValueError(f"tokens: {steps} from {start} on exceed {len(self.positions)}")


@misconception(EXERCISE, "The embedding is detached, so it does not learn.")
class EmbeddingDetached(Right):
    def placed(self, x, start):
        return super().placed(x.detach(), start)


# Alternatives


@alternative(EXERCISE)
class OwnNames(nn.Module):
    def __init__(self, make_block, symbols, positions, layers):
        super().__init__()
        self.wte = nn.Embedding(symbols, positions.size(1))
        self.register_buffer("wpe", positions.clone())
        self.h = nn.ModuleList()
        for _ in range(layers):
            self.h.append(make_block())
        self.ln_f = nn.LayerNorm(positions.size(1))
        self.lm_head = nn.Linear(positions.size(1), symbols, bias=False)

    def forward(self, tokens, start=0):
        n, t = tokens.shape
        if t > self.wpe.size(0) - start:
            raise ValueError(f"tokens of shape {(n, t)} from {start} do not fit")
        x = self.wte(tokens) + self.wpe[None, torch.arange(t) + start]
        i = torch.arange(t)
        for block in self.h:
            x = block(x, i[:, None] >= i)
        return torch.matmul(self.ln_f(x), self.lm_head.weight.T)


@alternative(EXERCISE)
class BySequential(nn.Module):
    def __init__(self, make_block, symbols, positions, layers):
        super().__init__()
        width = positions.shape[-1]
        self.embed = nn.Embedding(symbols, width)
        self.register_buffer("table", positions)
        self.layers = nn.Sequential(*(make_block() for _ in range(layers)))
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, symbols, bias=False))

    def forward(self, tokens, start=0):
        steps = tokens.shape[-1]
        if start + steps > self.table.shape[0]:
            raise ValueError(f"tokens has {steps} steps, the table {self.table.shape[0]} rows")
        x = self.embed(tokens) + self.table.narrow(0, start, steps)
        for layer in self.layers:
            x = layer(x, ~torch.triu(torch.ones(steps, steps), diagonal=1).bool())
        return self.out(x)


@alternative(EXERCISE)
class MaskAsABuffer(Right):
    def keep(self, positions):
        super().keep(positions)
        self.register_buffer("lower", torch.tril(torch.ones(len(positions), len(positions))) > 0)

    def mask(self, steps):
        return self.lower[:steps, :steps]
