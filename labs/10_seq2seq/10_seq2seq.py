# %% [markdown]
# # 10 · From one sequence to another
#
# A sentence in one language becomes a sentence in another. A date as people write it becomes a date
# as computers store it. The input has one length, the output has another, and no rule says which
# input belongs to which output. The networks of the last two labs give one answer per sequence or
# one per step, and neither will do.
#
# The idea of Sutskever, Vinyals and Le (2014) is to use **two** recurrent networks. The *encoder*
# reads the input and hands over its last state. The *decoder* starts from that state and writes the
# output one token at a time; what it has just written is its next input, until it writes a token
# that means "end". A year later Bahdanau, Cho and Bengio let the decoder look back at *all* the
# states of the encoder, and choose at each step where to look. That is **attention**, on which lab
# 12 is built.
#
# ![The encoder reads "3 mai" and hands its state to the decoder, which writes
# "05-03"; attention leads from a step of the decoder back to all outputs of the
# encoder](two_networks.svg)
#
# In this lab you build all of it in PyTorch, train it to turn `mercredi 26 juin 1946` into
# `1946-06-26`, see the version without attention fail at it, and look at where attention looks.
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1 · text as numbers | `encode_text`, `pad_batch` | 5 | 16 |
# | 2 · the encoder | `Encoder` | 4 | 16 |
# | 3 · the decoder | `Decoder`, `mended_inputs` | 6 | 18 |
# | 4 · teacher forcing | `forced_logits` | 6 | 18 |
# | 5 · loss and training step | `masked_loss`, `train_step` | 9 | 25 |
# | 6 · writing | `greedy_decode` | 5 | 12 |
# | 7 · marking | `predict_exact_share`, `exact_match`, `exposing_match` | 8 | 27 |
# | 8 · first experiment | | | 8 |
# | 9 · attention | `predict_weights`, `attend`, `attend_backward` | 12 | 45 |
# | 10 · a decoder that looks | `AttentionDecoder`, question 1 | 6 | 20 |
# | 11 · numbers in words | question 2 | 3 | 20 |
# | 12, 13 · stretch | `beam_search`, `bleu` | | |
# | total | | 64 | 225 |
#
# **Conventions of this lab.**
#
# | symbol | name in code | shape | meaning |
# |---|---|---|---|
# | $x$ | `source`, `tokens` | $(N, S)$ int64 | token ids that are read, padded on the right |
# | | `mask` | $(N, S)$ bool | True where a token is real |
# | $y$ | `targets` | $(N, T)$ int64 | ids that should be written: tokens, `EOS`, then `PAD` |
# | $m_s$ | `memory` | $(N, S, H)$ | the encoder's output at each position of the source |
# | $h_t$ | `state` | $(N, H)$ | the decoder's hidden state |
# | $V$, $E$, $H$ | | | number of tokens, size of an embedding, size of a state |
#
# Three ids are the same in every vocabulary: `PAD` = 0 fills up, `BOS` = 1 (begin of sequence) is
# what the decoder reads first, `EOS` = 2 (end of sequence) is what it writes last. Characters have
# ids from 3 on. No function modifies its inputs, and each exercise is checked on its own.

# %% setup
import datetime
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from gradlab.lab import (
    check_close,
    check_gradient,
    check_raises,
    check_shape,
    check_true,
    plot_style,
)

plot_style()
torch.set_num_threads(1)  # the layers are small: more threads would only wait for each other

PAD, BOS, EOS = 0, 1, 2


def vocabulary_of(texts):
    """Character -> id, from 3 on in alphabetical order, for all characters of the texts."""
    return {c: number for number, c in enumerate(sorted(set("".join(texts))), start=3)}


class Seq2Seq(nn.Module):
    """An encoder and a decoder. Given; it calls your forced_logits."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, source, mask, targets, *, ratio, generator):
        """Logits (N, T, V) for the targets, with teacher forcing at this ratio."""
        memory, state = self.encoder(source, mask)
        return forced_logits(
            self.decoder, targets, state, memory, mask, ratio=ratio, generator=generator
        )


DAYS, MONTHS = (
    names.split()
    for names in (
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    )
)


def draw_dates(n, rng):
    """n pairs of a French date, written in one of four ways, and the same date as in ISO 8601."""
    pairs = []
    for _ in range(n):
        date = datetime.date(1900, 1, 1) + datetime.timedelta(days=int(rng.integers(55_152)))
        day = "1er" if date.day == 1 else str(date.day)
        words = f"{day} {MONTHS[date.month - 1]} {date.year}"
        forms = (
            words,
            f"le {words}",
            f"{DAYS[date.weekday()]} {words}",
            f"{date.day}/{date.month}/{date.year}",
        )
        pairs.append((forms[rng.integers(4)], date.isoformat()))
    return pairs


ONES, TENS = (
    names.split()
    for names in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen",
        "_ _ twenty thirty forty fifty sixty seventy eighty ninety",
    )
)


def in_words(n):
    """An English number from 0 to 9999: in_words(4071) is "four thousand and seventy-one"."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f"-{ONES[n % 10]}" if n % 10 else "")
    size, name = (100, "hundred") if n < 1000 else (1000, "thousand")
    rest = n % size
    joint = " and " if rest < 100 else " "
    return f"{ONES[n // size]} {name}" + (joint + in_words(rest) if rest else "")


# %% [markdown]
# ## 1 · Text as numbers
#
# ●○○○○ · about 6 min · 2 points
#
# A network reads numbers, so each character gets an id. The text `"mai"` with the vocabulary
# `{"a": 3, "i": 4, "m": 5}` becomes `[5, 3, 4, 2]`: its characters, then `EOS`. The end has to be a
# token of its own, since the decoder can only stop by *writing* something.
#
# `BOS` is not part of the text. It is what the decoder is given when nothing has been written yet,
# and it comes in where the decoder is run (section 3).
#
# <details><summary>Hint</summary>
#
# A list comprehension over the characters, plus `[EOS]`. A character that is missing raises a
# `KeyError` by itself; look for it first and raise the `ValueError` that the docstring asks for.
#
# </details>


# %% exercise="encode_text"
def encode_text(text, vocabulary):
    """The ids of a text's characters, in order, then EOS.

    text: str, may be empty.  vocabulary: dict, character -> id (3 or more).
    Returns a list of len(text) + 1 ints.
    Raises ValueError naming text and the character if one is not in the vocabulary.
    """
    ### BEGIN SOLUTION
    for character in text:
        if character not in vocabulary:
            raise ValueError(f"text has the character {character!r}, which has no id")
    return [vocabulary[character] for character in text] + [EOS]
    ### END SOLUTION


# %% check="encode_text" points=2
ids = {"a": 3, " ": 6, "i": 4, "m": 5}
check_true(isinstance(encode_text("mai", ids), list), "the result is a list")
check_close(np.array(encode_text("mai am", ids)), [5, 3, 4, 6, 3, 5, 2], "characters, then EOS")
check_close(np.array(encode_text("", ids)), [2], "an empty text still ends")
check_raises(ValueError, encode_text, "mais", ids, match=r"\btext\b")

# %% [markdown]
# ### A batch
#
# ●○○○○ · about 10 min · 3 points
#
# Texts have different lengths, and a tensor is a rectangle. So short texts are filled up with `PAD`
# *on the right*, and a mask remembers which entries are real. Everything that follows must give
# the same answer however much padding there is. It is the classical silent bug of this field, and
# most checks of this lab look for it.
#
# | | shape | dtype | |
# |---|---|---|---|
# | `tokens` | $(N, S)$ | int64 | $S$ is the length of the longest sequence |
# | `mask` | $(N, S)$ | bool | True for real tokens, `EOS` included |
#
# <details><summary>Hint</summary>
#
# `torch.full((n, s), PAD)` makes an int64 tensor; fill `tokens[row, :len(sequence)]`. A sequence
# that holds `PAD` could not be told from padding, so it is refused.
#
# </details>


# %% exercise="pad_batch"
def pad_batch(sequences):
    """Token ids of unequal lengths as one tensor, padded on the right.

    sequences: list of N >= 1 lists of ints, none of them empty, none containing PAD.
    Returns tokens (N, S) int64 and mask (N, S) bool, in the order of the list.
    Raises ValueError naming sequences if there are none, if one is empty, or if one contains PAD.
    """
    ### BEGIN SOLUTION
    if not sequences:
        raise ValueError("sequences is an empty list: expected one or more")
    for sequence in sequences:
        if len(sequence) == 0 or PAD in sequence:
            raise ValueError(f"sequences has {sequence}: empty, or with PAD ({PAD}) in it")
    tokens = torch.full((len(sequences), max(map(len, sequences))), PAD)
    for row, sequence in zip(tokens, sequences):
        row[: len(sequence)] = torch.tensor(sequence)
    return tokens, tokens != PAD
    ### END SOLUTION


# %% check="pad_batch" points=3
tokens, mask = pad_batch([[5, 2], [4, 4, 7, 2], [2]])
check_close(tokens, [[5, 2, 0, 0], [4, 4, 7, 2], [2, 0, 0, 0]], "filled up on the right with PAD")
check_true(tokens.dtype == torch.int64, "tokens are int64")
real = [[True, True, False, False], [True, True, True, True], [True, False, False, False]]
check_true(mask.dtype == torch.bool, "the mask is bool")
check_close(mask, real, "the mask is True for real tokens")
check_raises(ValueError, pad_batch, [[5, 2], []], match=r"\bsequences\b")

# %% [markdown]
# ## 2 · The encoder
#
# ●●○○○ · about 16 min · 4 points
#
# Each token becomes a learned vector (`nn.Embedding`), and a GRU, which you wrote by hand in the
# last lab, reads the vectors from left to right. Two things come out: the outputs of all positions,
# the **memory**, and the **state** after the last *real* token.
#
# $$m_s = \mathrm{GRU}\big(\mathrm{embed}(x_s),\, m_{s-1}\big), \quad m_0 = 0,
# \qquad \text{state} = m_{\text{last real } s}$$
#
# | | shape | |
# |---|---|---|
# | `tokens`, `mask` | $(N, S)$ | what `mask` calls False may hold *any* id; it must not matter |
# | `memory` | $(N, S, H)$ | zeros where `mask` is False |
# | `state` | $(N, H)$ | row $n$ of the memory at the last position where `mask[n]` is True |
#
# The weights are made in this order: the embedding $(V, E)$, then one GRU layer from $E$ to $H$,
# `nn.GRU` with its own initialisation.
#
# <details><summary>Hint</summary>
#
# `nn.GRU` has an option that puts the batch first; without it, it takes your batch for time, and
# raises no error. It returns `(outputs, h_n)`, and `h_n` is the state after the last column,
# padding included. With padding on the right, what is read later does not change the outputs before
# it. So take row `n` of the outputs at position `mask[n].sum() - 1`.
# (`nn.utils.rnn.pack_padded_sequence` is another way.)
#
# </details>


# %% exercise="Encoder"
class Encoder(nn.Module):
    """Read token ids with a GRU (Cho et al. 2014).

    vocab_size V, embedding_size E, hidden_size H: ints.
    """

    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        ### END SOLUTION

    def forward(self, tokens, mask):
        """Return memory (N, S, H), zeros at the padding, and state (N, H) at the last real token.

        tokens: (N, S) int64.  mask: (N, S) bool, at least one True in each row, all on the left.
        """
        ### BEGIN SOLUTION
        outputs, _ = self.gru(self.embedding(tokens))
        rows, last = torch.arange(len(tokens)), mask.sum(dim=1) - 1
        return outputs * mask[:, :, None], outputs[rows, last]
        ### END SOLUTION


# %% check="Encoder" points=4
torch.manual_seed(0)
encoder = Encoder(9, 4, 5)
count = sum(p.numel() for p in encoder.parameters())
check_close(count, 9 * 4 + 3 * (5 * 4 + 5 * 5 + 5 + 5), "the parameters of an embedding and a GRU")
tokens, mask = torch.tensor([[5, 7, 2, 0], [3, 2, 0, 0], [8, 4, 6, 2]]), torch.ones(3, 4).bool()
mask[0, 3:], mask[1, 2:] = False, False
with torch.no_grad():
    memory, state = encoder(tokens, mask)
    memory_alone, state_alone = encoder(tokens[1:2, :2], mask[1:2, :2])
check_shape(memory, (3, 4, 5), "memory is (N, S, H)")
check_shape(state, (3, 5), "state is (N, H)")
check_close(memory[1, 2:], np.zeros((2, 5)), "memory is zero at the padding")
close = {"rtol": 1e-4, "atol": 1e-5}  # float32
check_close(memory[1, :2], memory_alone[0], "neither padding nor batch-mates matter", **close)
check_close(state[1], state_alone[0], "state: after the last real token", **close)

# %% [markdown]
# ## 3 · One step of the decoder
#
# ●●○○○ · about 10 min · 3 points
#
# The decoder is run step by step, since its next input may be what it has just written. One step:
#
# $$h_t = \mathrm{GRU}\big(\mathrm{embed}(y_{t-1}),\, h_{t-1}\big), \qquad
# \text{logits}_t = W_o\, h_t + b_o .$$
#
# (Slides that compute the output from $h_{t-1}$ are one step late.) Softmax comes later, in the
# loss. The weights are made in this order: embedding $(V, E)$, `nn.GRUCell` from $E$ to $H$,
# `nn.Linear` from $H$ to $V$.
#
# In section 10 another decoder takes the place of this one. So that all functions in between
# can run either, a step also gets `memory` and `mask`, and returns a third value for the weights of
# attention. This decoder ignores the first two and returns `None` for the third.
#
# <details><summary>Hint</summary>
#
# `nn.GRUCell` takes `(input, state)` and returns the new state, which is all you need.
#
# </details>


# %% exercise="Decoder"
class Decoder(nn.Module):
    """One step of a GRU decoder.  vocab_size V, embedding_size E, hidden_size H: ints."""

    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.out = nn.Linear(hidden_size, vocab_size)
        ### END SOLUTION

    def forward(self, token, state, memory=None, mask=None):
        """Return logits (N, V), the new state (N, H), and None.

        token: (N,) int64, the previous token.  state: (N, H).  memory, mask: not used.
        """
        ### BEGIN SOLUTION
        state = self.cell(self.embedding(token), state)
        return self.out(state), state, None
        ### END SOLUTION


# %% check="Decoder" points=3
torch.manual_seed(1)
decoder = Decoder(8, 3, 5)
count = sum(p.numel() for p in decoder.parameters())
check_close(count, 8 * 3 + 3 * (5 * 3 + 5 * 5 + 5 + 5) + 8 * 5 + 8, "embedding, GRU cell, output")
with torch.no_grad():
    first = decoder(torch.tensor([1, 6]), torch.full((2, 5), 0.5))
    second = decoder(torch.tensor([1, 6]), first[1])
check_shape(first[0], (2, 8), "logits: one per token of the vocabulary")
check_shape(first[1], (2, 5), "the new state")
check_true(first[2] is None, "no weights of attention yet")
moved = (second[1] - first[1]).abs().max() > 1e-3
check_true(bool(moved), "the same token in another state leads elsewhere")

# %% [markdown]
# ### Find the bug
#
# ●●○○○ · about 8 min · 3 points
#
# At step $t$ the decoder should write $y_t$. Its input is $y_{t-1}$, and `BOS` at the first step:
#
# | step | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | input | `BOS` | m | a | i |
# | should write | m | a | i | `EOS` |
#
# A colleague makes the row of inputs from the row of targets as below. Her network trains without
# an error, and the loss looks fine. But of the dates of section 10, where others get 99 % right, it
# gets 68, 83 and 0 % (we ran it with three seeds), and what is wrong is mostly the beginning:
# `208-06-16` for `2028-06-16`.

# %%
def rolled_inputs(targets):
    """The decoder's inputs for targets (N, T): everything moves one step to the right."""
    return torch.roll(targets, shifts=1, dims=1)


# %% experiment
print(rolled_inputs(torch.tensor([[5, 3, 4, EOS], [7, EOS, PAD, PAD]])))

# %% [markdown]
# Find out what the network reads at the first step, and write it so that it is right.
#
# <details><summary>Hint</summary>
#
# `torch.roll` moves things *round*: what falls off at the right comes back at the left. What should
# stand there instead, and what should become of the last column?
#
# </details>


# %% exercise="mended_inputs"
def mended_inputs(targets):
    """The decoder's inputs under full teacher forcing.

    targets: (N, T) int64, T >= 1.
    Returns an (N, T) int64 tensor of its own: column t is what the decoder reads at step t.
    """
    ### BEGIN SOLUTION
    first = torch.full_like(targets[:, :1], BOS)
    return torch.cat([first, targets[:, :-1]], dim=1)
    ### END SOLUTION


# %% check="mended_inputs" points=3
targets = torch.tensor([[5, 3, 4, EOS], [7, EOS, PAD, PAD]])
before = targets.clone()
found = mended_inputs(targets)
check_shape(found, (2, 4), "as many inputs as targets")
check_close(found[:, 1:], [[5, 3, 4], [7, 2, 0]], "each later input is the target before it")
check_true(bool((found[:, 0] != rolled_inputs(targets)[:, 0]).all()), "the first input is mended")
check_close(targets, before, "the targets are as they were")

# %% [markdown]
# ## 4 · Teacher forcing
#
# ●●●○○ · about 18 min · 6 points
#
# In training we know what should have been written. We may feed the decoder the *true* previous
# token, whatever it wrote itself: **teacher forcing**. Learning is fast, but the decoder never
# practises with its own mistakes. Or we feed it its *own* previous token, as in real use: slow at
# first, since it must learn from nonsense. Bengio et al. (2015) toss a coin at each step.
#
# Beware of the word *ratio*: in this course, and in most code, it is **the chance of the true
# token**. 1 is full teacher forcing, 0 is none.
#
# | step | input of the whole batch |
# |---|---|
# | $t = 0$ | `BOS`, always |
# | $t \ge 1$ | with chance `ratio` column $t - 1$ of `targets`, else the argmax of step $t - 1$ |
#
# One number is drawn per step, for all rows together, from the generator that is passed. Logits of
# padded steps are computed like the others; the loss will ignore them.
#
# <details><summary>Hint</summary>
#
# Loop over `range(targets.shape[1])`, call `decoder(token, state, memory, mask)`, collect the
# logits, choose the next token. `torch.rand((), generator=generator) < ratio` is a coin that shows
# the true token with chance `ratio`; for 0 it never does, for 1 it always does. The list has one
# $(N, V)$ per step: `torch.stack` can put time where it belongs. (A `reshape` from $(T, N, V)$ to
# $(N, T, V)$ has the right shape and mixes up the sentences.)
#
# </details>


# %% exercise="forced_logits"
def forced_logits(decoder, targets, state, memory, mask, *, ratio, generator):
    """Run a decoder along the targets, with scheduled sampling (Bengio et al. 2015).

    decoder: called as decoder(token, state, memory, mask) -> (logits (N, V), state, weights).
    targets: (N, T) int64, T >= 1.  state: (N, H), the first state.  memory, mask: handed on.
    ratio: the chance of the true token, 0 to 1; generator: torch.Generator, drawn from per step.
    Returns logits (N, T, V), through which gradients flow back to the state and the memory.
    Raises ValueError naming ratio and its value if it is not from 0 to 1.
    """
    ### BEGIN SOLUTION
    if not 0 <= ratio <= 1:
        raise ValueError(f"ratio is {ratio}, expected a chance from 0 to 1")
    token = torch.full((len(targets),), BOS)
    steps = []
    for t in range(targets.shape[1]):
        logits, state, _ = decoder(token, state, memory, mask)
        steps.append(logits)
        forced = torch.rand((), generator=generator) < ratio
        token = targets[:, t] if forced else logits.argmax(dim=1)
    return torch.stack(steps, dim=1)
    ### END SOLUTION


# %% [markdown]
# The check uses a toy decoder that counts: it writes the number after the one it reads, and notes
# what it has read.


# %% check="forced_logits" points=6
def counting(read):
    """A decoder that notes what it reads and writes the number after it."""

    def step(token, state, memory, mask):
        read.append(token.tolist())
        return torch.nn.functional.one_hot(token + 1, 12).double(), state + 1, None

    return step


targets = torch.tensor([[7, 4, 2], [5, 2, 0]])
for ratio, expected in ((1.0, [[1, 1], [7, 5], [4, 2]]), (0.0, [[1, 1], [2, 2], [3, 3]])):
    read = []
    generator = torch.Generator().manual_seed(0)
    logits = forced_logits(
        counting(read), targets, torch.zeros(2, 3), None, None, ratio=ratio, generator=generator
    )
    check_close(np.array(read), expected, f"with ratio {ratio:g}, what the decoder reads")
    check_shape(logits, (2, 3, 12), "logits are (N, T, V)")
    written = np.array(expected).T + 1
    check_close(logits.argmax(dim=2), written, "row n of the logits belongs to sentence n")
nothing = (counting([]), targets, torch.zeros(2, 3), None, None)
check_raises(ValueError, forced_logits, *nothing, ratio=1.5, generator=None, match=r"\bratio\b")

# %% [markdown]
# ## 5 · The loss and one step of training
#
# ●●○○○ · about 9 min · 4 points
#
# Each step of the decoder is a classification among $V$ tokens, so the loss is the cross-entropy of
# lab 3. But rows have different lengths, and there is nothing to learn from padding. We take the
# mean **over the real tokens of the whole batch** (`EOS` is one of them):
#
# $$L = \frac{1}{\sum_{n,t} r_{nt}} \sum_{n,t} r_{nt}\,\big(-\log p_{nt}(y_{nt})\big),
# \qquad r_{nt} = \begin{cases} 1 & y_{nt} \ne \text{PAD} \\ 0 & \text{else} \end{cases}$$
#
# | | shape |
# |---|---|
# | `logits` | $(N, T, V)$ |
# | `targets` | $(N, T)$ |
# | result | $()$, a tensor that knows its graph |
#
# <details><summary>Hint</summary>
#
# `functional.cross_entropy` wants the classes on axis 1, or only two axes, and it can ignore an
# index. If everything is ignored, it returns NaN without a word.
#
# </details>


# %% exercise="masked_loss"
def masked_loss(logits, targets):
    """Mean cross-entropy over the tokens that are not PAD.

    logits: (N, T, V) float.  targets: (N, T) int64.
    Returns a tensor of shape () from which gradients flow to logits.
    Raises ValueError naming targets if its shape is not (N, T) or if it holds nothing but PAD.
    """
    ### BEGIN SOLUTION
    if targets.shape != logits.shape[:2]:
        raise ValueError(f"targets has shape {tuple(targets.shape)}, logits {tuple(logits.shape)}")
    if bool((targets == PAD).all()):
        raise ValueError("targets holds nothing but PAD: there is no token to average over")
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD)
    ### END SOLUTION


# %% check="masked_loss" points=4
targets = torch.tensor([[3, 4, 2], [2, 0, 0]])
even = torch.zeros(2, 3, 5, dtype=torch.float64)
check_close(masked_loss(even, targets), 1.6094379124, "a network that knows nothing: ln V")
uneven = even.clone()
uneven[0, 0, 3] = math.log(16)  # the right token has probability 16/20
uneven[1, 1:, 4] = 100.0  # sure of something, where there is only padding
expected = (math.log(20 / 16) + 3 * math.log(5)) / 4
check_close(masked_loss(uneven, targets), expected, "the mean over the four real tokens")
check_raises(ValueError, masked_loss, even, torch.zeros(2, 3).long(), match=r"\btargets\b")
check_raises(ValueError, masked_loss, even, targets.T, match=r"\btargets\b")

# %% [markdown]
# ### One step
#
# ●●●○○ · about 16 min · 5 points
#
# The order is that of lab 7, with one thing more. Recurrent networks have exploding gradients now
# and then (lab 8), so the norm of the gradient, **all parameters together**, is cut down to
# `max_norm` between `backward` and `step`:
#
# 1. the model goes into training mode, and computes logits: `model(source, mask, targets,
#    ratio=ratio, generator=generator)`;
# 2. `loss_function(logits, targets)` gives the loss;
# 3. old gradients away, `backward`, clip, `step`.
#
# Model and loss function are arguments, so this step does not depend on your other exercises.
#
# <details><summary>Hint</summary>
#
# `nn.utils.clip_grad_norm_`. Return `loss.item()`: a loss that is kept as a tensor keeps the whole
# graph of this batch alive.
#
# </details>


# %% exercise="train_step"
def train_step(model, loss_function, optimiser, batch, *, ratio, generator, max_norm=1.0):
    """One step of training with teacher forcing.

    model: nn.Module, called as described above.  loss_function: (logits, targets) -> loss.
    optimiser: a torch optimiser of the model's parameters.  batch: (source, mask, targets).
    ratio, generator: handed on to the model.  max_norm: the largest norm of the gradient allowed.
    Returns the loss, before the step, as a float.
    """
    ### BEGIN SOLUTION
    source, mask, targets = batch
    model.train()
    loss = loss_function(model(source, mask, targets, ratio=ratio, generator=generator), targets)
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimiser.step()
    return loss.item()
    ### END SOLUTION


# %% check="train_step" points=5
class Two(nn.Module):
    """A toy: two weights; it returns them times the source, whatever the mask and the ratio."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([3.0, -4.0], dtype=torch.float64))

    def forward(self, source, mask, targets, *, ratio, generator):
        return self.w * source


def half_square(logits, targets):
    return ((logits - targets) ** 2).sum() / 2


toy = Two()
descent = torch.optim.SGD(toy.parameters(), lr=0.5)
batch = (torch.ones(2).double(), None, torch.zeros(2).double())
loss = train_step(toy.eval(), half_square, descent, batch, ratio=1.0, generator=None)
check_true(isinstance(loss, float), "the loss is a float")
check_close(loss, 12.5, "the loss before the step")
# the gradient is (3, -4), of norm 5; clipped to norm 1 it is (0.6, -0.8)
check_close(toy.w.detach(), [2.7, -3.6], "one step with the clipped gradient", rtol=1e-5)
train_step(toy, half_square, descent, batch, ratio=1.0, generator=None, max_norm=9.0)
check_close(toy.w.detach(), [1.35, -1.8], "then one whose gradient is short enough", rtol=1e-5)
check_true(toy.training, "in training mode")

# %% [markdown]
# ## 6 · Writing
#
# ●●○○○ · about 12 min · 5 points
#
# In real use there is no teacher. *Greedy decoding* takes the likeliest token at each step and
# feeds it back. Sentences of a batch end at different steps. A row that has written `EOS` gets
# `PAD` in all later columns, whatever the network goes on saying:
#
# | | columns of `tokens`, `max_length` = 5 |
# |---|---|
# | a row that ends | 5, 3, 2, 0, 0 |
# | a row that does not | 5, 3, 4, 4, 4 |
#
# `BOS` is the first input, not an output, so it is in no column.
#
# <details><summary>Hint</summary>
#
# Keep a bool tensor `ended` of shape $(N,)$. The order within a step matters: first overwrite the
# rows that had ended *before* with `PAD`, then note the rows whose token is `EOS`. `EOS` itself
# must still be written. Nothing is learned here: `torch.no_grad()`.
#
# </details>


# %% exercise="greedy_decode"
def greedy_decode(decoder, state, memory, mask, *, max_length):
    """Write the likeliest token at each step.

    decoder: called as decoder(token, state, memory, mask) -> (logits (N, V), state, weights),
        without recording gradients.
    state: (N, H), the first state.  memory, mask: handed on.  max_length: int, L >= 1.
    Returns (N, L) int64: without BOS, with EOS where the row ends, PAD after it.
    Raises ValueError naming max_length if it is below 1.
    """
    ### BEGIN SOLUTION
    if max_length < 1:
        raise ValueError(f"max_length is {max_length}, expected 1 or more")
    token = torch.full((len(state),), BOS)
    ended = torch.zeros(len(state), dtype=torch.bool)
    columns = []
    with torch.no_grad():
        for _ in range(max_length):
            logits, state, _ = decoder(token, state, memory, mask)
            token = logits.argmax(dim=1).masked_fill(ended, PAD)
            ended = ended | (token == EOS)
            columns.append(token)
    return torch.stack(columns, dim=1)
    ### END SOLUTION


# %% [markdown]
# The toy decoder of this check has its sentence in its state: it writes the tokens of each row one
# after the other, and goes on after `EOS` as real networks do.

# %% check="greedy_decode" points=5
script = torch.tensor([[5, 3, 2, 6, 6], [2, 4, 2, 4, 7], [4, 4, 5, 6, 7]])


def reciting(token, state, memory, mask):
    """Writes the column of the script whose number is the state."""
    column = script[torch.arange(len(script)), state[:, 0].long()]
    return torch.nn.functional.one_hot(column, 9).double(), state + 1, None


written = greedy_decode(reciting, torch.zeros(3, 1), None, None, max_length=5)
expected = [[5, 3, 2, 0, 0], [2, 0, 0, 0, 0], [4, 4, 5, 6, 7]]
check_close(written, expected, "after EOS only PAD")
check_true(written.dtype == torch.int64, "tokens are int64")
shorter = greedy_decode(reciting, torch.zeros(3, 1), None, None, max_length=2)
check_close(shorter, [[5, 3], [2, 0], [4, 4]], "at most max_length columns")
nothing = (reciting, torch.zeros(3, 1), None, None)
check_raises(ValueError, greedy_decode, *nothing, max_length=0, match="max_length")

# %% [markdown]
# ## 7 · Marking what was written
#
# ### Predict, then run
#
# ●○○○○ · about 5 min · 1 point
#
# A date as `1946-06-26` has ten characters. Suppose a network gets each of them right with
# probability 0.95, one independently of the other, and always stops in the right place. What share
# of its dates is right **as a whole**? Write down your answer, to two digits or more, before you
# run the cell below it.


# %% exercise="predict_exact_share"
def predict_exact_share():
    """The share of whole dates that are right, as a float from 0 to 1."""
    ### BEGIN SOLUTION
    return 0.95**10
    ### END SOLUTION


# %% check="predict_exact_share" points=1
share = predict_exact_share()
check_true(isinstance(share, float), "a float")
check_true(0 <= share <= 1, "a share lies between 0 and 1")

# %% experiment
rng = np.random.default_rng(0)
for right in (0.8, 0.9, 0.95, 0.99, 0.999):
    whole = np.mean(np.all(rng.random((100_000, 10)) < right, axis=1))
    print(f"right characters {right:6.1%}   right dates {whole:6.1%}")

# %% [markdown]
# Was your number higher? A share of characters flatters: at 80 % right characters, only one date
# in ten is of any use. That is why this section marks whole sequences.
#
# ### Exact match
#
# ●●○○○ · about 12 min · 3 points
#
# A row of predictions *matches* its row of targets if both say the same: the same tokens in the
# same order, and the end in the same place. What stands after the first `EOS` says nothing, in
# either of the two. The two tensors may have different numbers of columns, so one may just not go
# on as far. A prediction that never ends does not match, since every target ends.
#
# | targets | predictions | |
# |---|---|---|
# | 5, 3, 2 | 5, 3, 2, 0, 0 | matches |
# | 5, 3, 2, 0 | 5, 3, 2, 7, 7 | matches: it had ended before |
# | 5, 3, 2, 0 | 5, 3, 6, 2 | does not: it goes on |
# | 5, 3, 2, 0 | 5, 3 | does not: no end |
#
# <details><summary>Hint</summary>
#
# It is easiest with lists: `row.tolist()`, then cut it after its first `EOS`. Then compare.
#
# </details>


# %% exercise="exact_match"
def exact_match(predictions, targets):
    """The share of rows that match as a whole.

    predictions: (N, L) int64, any L >= 1.  targets: (N, T) int64, each row with an EOS.  N >= 1.
    Returns a float from 0 to 1.
    Raises ValueError naming predictions if it has another number of rows than targets.
    """
    ### BEGIN SOLUTION
    if len(predictions) != len(targets):
        raise ValueError(f"predictions has {len(predictions)} rows, expected {len(targets)}")

    def up_to_the_end(row):
        return row[: row.index(EOS) + 1] if EOS in row else row

    pairs = zip(predictions.tolist(), targets.tolist())
    matches = [up_to_the_end(one) == up_to_the_end(other) for one, other in pairs]
    return sum(matches) / len(matches)
    ### END SOLUTION


# %% check="exact_match" points=3
targets = torch.tensor([[5, 3, 2, 0], [5, 3, 2, 0], [5, 3, 2, 0], [4, 6, 5, 2], [2, 0, 0, 0]])
predictions = torch.tensor(
    [[5, 3, 2, 0, 0], [5, 3, 2, 7, 7], [5, 3, 6, 2, 0], [4, 6, 5, 2, 0], [2, 0, 0, 0, 0]]
)
check_close(exact_match(predictions, targets), 0.8, "four of five match")
check_close(exact_match(predictions[:, :2], targets), 0.2, "too short: only the empty one matches")
check_true(type(exact_match(predictions, targets)) is float, "the result is a float")
check_raises(ValueError, exact_match, predictions[:2], targets, match=r"\bpredictions\b")

# %% [markdown]
# ### Hunt the bug
#
# ●●●○○ · about 10 min · 4 points
#
# Here is another version, which has an answer for the *padding*, too:

# %%
def suspicious_match(predictions, targets):
    """The share of rows that match as a whole, it says."""
    columns = min(predictions.shape[1], targets.shape[1])
    same = predictions[:, :columns] == targets[:, :columns]
    return (same | (targets[:, :columns] == PAD)).all(dim=1).double().mean().item()


# %% experiment
print(suspicious_match(predictions, targets))

# %% [markdown]
# It agrees with yours on the tensors of the check, and it is wrong. Write a function that returns
# **one** pair of arguments (predictions, targets) for which it gives another number than the right
# one. For half of the points it must expose this fault; for the other half, it must expose nine out
# of ten of the wrong versions that we have collected, each of them with a fault of its own.
# (Comparing too little, too much, in the wrong order, counting the wrong thing …) The arguments are
# two rectangular lists of lists of ints from 0 to 99, with as many rows, at most 1000 numbers in
# all.
#
# The result is a single number, so mind what cancels out. A row that a wrong version counts by
# mistake hides a row that it misses.
#
# <details><summary>Hint</summary>
#
# For each fault think of a *row* that it judges wrongly. If all your rows are such that the right
# answer is "no match", every fault that is too generous shows; then add one or more right rows for
# those that are too strict, and not as many as would make up for the others.
#
# </details>


# %% exercise="exposing_match"
def exposing_match():
    """A pair (predictions, targets) of lists of lists of ints that tells right from wrong.

    predictions: N rows of L ints.  targets: N rows of T ints, each with an EOS (2).
    """
    ### BEGIN SOLUTION
    rows = (  # target and prediction, a digit per token
        "53200 5362",  # a right beginning that goes on
        "53892 5389",  # never ends
        "67342 6734",  # the same: twice, or the last row would make up for it
        "53200 5232",  # ends too early, then says the rest
        "46200 6420",  # another order
        "46200 4062",  # padding in between
        "77200 2770",  # the end in front
        "74200 4420",  # a wrong first token
        "53420 5320",  # a beginning only
        "53200 5300",  # no end, but padding
        "53200 9532",  # the right text, one step late
        "62000 6292",  # right, with a tail that ends again
        "92555 9200",  # right, the target has the tail
    )
    targets, predictions = ([[*map(int, row.split()[i])] for row in rows] for i in (0, 1))
    return predictions, targets
    ### END SOLUTION


# %% check="exposing_match" points=4
found = exposing_match()
check_true(len(found) == 2, "two arguments: predictions and targets")
shapes = [np.array(rows).shape for rows in found]
check_true(all(len(shape) == 2 for shape in shapes), "each a rectangle of numbers")
check_true(shapes[0][0] == shapes[1][0], "with as many rows")
check_true(all(EOS in row for row in found[1]), "each target has an EOS")

# %% [markdown]
# ## 8 · First experiment: dates without attention
#
# All parts are there. `learn` below trains an encoder and a decoder on pairs of texts with full
# teacher forcing, and notes every 50 steps the share of held-out texts that the network writes
# without a mistake. Take a minute to find your functions in it.


# %%
def batch_of(pairs, vocabularies):
    """Source, mask and targets for pairs of texts."""
    sources, targets = zip(*pairs)
    source, mask = pad_batch([encode_text(text, vocabularies[0]) for text in sources])
    wanted, _ = pad_batch([encode_text(text, vocabularies[1]) for text in targets])
    return source, mask, wanted


def write(model, source, mask, length):
    """Token ids that the model writes for these sources."""
    with torch.no_grad():
        memory, state = model.encoder(source, mask)
    return greedy_decode(model.decoder, state, memory, mask, max_length=length)


def learn(make_decoder, training, held_out, *, steps, seed, ratio=1.0):
    """Train on pairs of texts; the model, its vocabularies and [(step, share exact), …]."""
    vocabularies = [vocabulary_of(texts) for texts in zip(*training)]
    sizes = [len(vocabulary) + 3 for vocabulary in vocabularies]
    torch.manual_seed(seed)
    model = Seq2Seq(Encoder(sizes[0], 24, 64), make_decoder(sizes[1], 24, 64))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.005)
    generator = torch.Generator().manual_seed(seed)
    everything, (source, mask, targets) = (
        batch_of(pairs, vocabularies) for pairs in (training, held_out)
    )
    curve = []
    for step in range(1, steps + 1):
        rows = torch.randint(len(training), (64,), generator=generator)
        batch = [part[rows] for part in everything]
        train_step(model, masked_loss, optimiser, batch, ratio=ratio, generator=generator)
        if step % 50 == 0:
            written = write(model.eval(), source, mask, targets.shape[1])
            curve.append((step, exact_match(written, targets)))
    return model, vocabularies, curve


def text_of(ids, vocabulary):
    """The text of a row of ids, up to EOS."""
    characters = {number: c for c, number in vocabulary.items()}
    ids = ids.tolist()
    return "".join(characters.get(i, "?") for i in ids[: ids.index(EOS) if EOS in ids else None])


# %% experiment
rng = np.random.default_rng(0)
training, held_out = draw_dates(4000, rng), draw_dates(500, rng)
plain_curves = []
for seed in (0, 1):
    plain, date_vocabularies, curve = learn(Decoder, training, held_out, steps=400, seed=seed)
    plain_curves.append(curve)
    print(f"seed {seed}: {curve[-1][1]:.1%} of the held-out dates are right after 400 steps")
source, mask, targets = batch_of(held_out[:8], date_vocabularies)
for (given, right), ids in zip(held_out, write(plain, source, mask, 12)):
    print(f"{given:26s} {right}   {text_of(ids, date_vocabularies[1])}")

# %% [markdown]
# What it writes looks like dates, and it is nearly always wrong. It has learned the grammar of ISO
# dates, where hyphens go and which months exist, and it gets the year and often the month; by the
# time it comes to the day, it guesses. (We ran five seeds: between 1 and 4 % of the dates were
# right. The run with seed 0 reached 33 % after 2,000 steps.) All that the decoder knows of the
# input has to go through one vector of 64 numbers, and then through the decoder's own states until
# it is needed. We shall do something better than waiting.
#
# ## 9 · Attention
#
# ### Predict, then run
#
# ●●○○○ · about 8 min · 2 points
#
# Attention compares a *query*, the decoder's state, with a *key* at each position of the source,
# the memory. The scores become weights by a softmax over the *real* positions; a padded one has
# weight zero, as if it were not there. The result is the weighted mean of the memory:
#
# $$e_s = \frac{q \cdot m_s}{\sqrt H}, \qquad
# \alpha_s = \frac{\exp e_s}{\sum_{s' \text{ real}} \exp e_{s'}} \ \ (s \text{ real}),
# \quad \alpha_s = 0 \ \ (s \text{ padded}), \qquad
# c = \sum_s \alpha_s\, m_s .$$
#
# Let $H = 1$, the query 1, and the memory $(0,\ \ln 2,\ \ln 5)$ at three positions. The third is
# padding. What are the three weights? (No computer needed: $e^{\ln 2} = 2$.)


# %% exercise="predict_weights"
def predict_weights():
    """The weights of the three positions, as a tuple of three floats."""
    ### BEGIN SOLUTION
    return 1 / 3, 2 / 3, 0.0
    ### END SOLUTION


# %% check="predict_weights" points=2
weights = predict_weights()
check_true(isinstance(weights, tuple) and len(weights) == 3, "a tuple of three")
check_true(all(isinstance(weight, float) for weight in weights), "of floats")
check_true(all(0 <= weight <= 1 for weight in weights), "each between 0 and 1")

# %% [markdown]
# ### The function
#
# ●●○○○ · about 12 min · 4 points
#
# Now for a batch. (Luong, Pham and Manning, 2015, call it *dot* attention. The $\sqrt H$ is that of
# Vaswani et al., 2017: a sum of $H$ products grows like $\sqrt H$, and without the division the
# softmax would be all or nothing from the start.)
#
# | | shape |
# |---|---|
# | `query` | $(N, H)$ |
# | `keys` | $(N, S, H)$ |
# | `mask` | $(N, S)$ bool |
# | returned `context`, `weights` | $(N, H)$, $(N, S)$ |
#
# <details><summary>Hint</summary>
#
# `torch.einsum("nh,nsh->ns", …)` or `(keys @ query[:, :, None]).squeeze(2)` for the scores. How
# do you keep a position out of a softmax? Multiplying its score by 0 does not: $e^0 = 1$. Its score
# must be one whose exponential is 0; see `masked_fill`. A row without a real position would be all
# of that, and its softmax NaN.
#
# </details>


# %% exercise="attend"
def attend(query, keys, mask):
    """Scaled dot-product attention; the keys are the values too.

    query: (N, H) float.  keys: (N, S, H) float.  mask: (N, S) bool, True where a key is real.
    Returns context (N, H) and weights (N, S); a row of weights sums to 1 and is 0 where not real.
    Raises ValueError naming mask if a row of it has no True.
    """
    ### BEGIN SOLUTION
    if not bool(mask.any(dim=1).all()):
        raise ValueError(f"mask of shape {tuple(mask.shape)} has a row without any True")
    scores = torch.einsum("nh,nsh->ns", query, keys) / math.sqrt(query.shape[1])
    weights = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=1)
    return torch.einsum("ns,nsh->nh", weights, keys), weights
    ### END SOLUTION


# %% check="attend" points=4
log2, log5 = math.log(2), math.log(5)
query = torch.tensor([[2.0, 0, 0, 0], [0, 2.0, 0, 0]], dtype=torch.float64)
keys = torch.zeros(2, 3, 4, dtype=torch.float64)
keys[0, :, 0] = torch.tensor([0.0, log2, log5])
keys[1, :, 1] = torch.tensor([log5, log2, 0.0])
keys[1, :, 3] = torch.tensor([1.0, -3.0, 8.0])
mask = torch.tensor([[True, True, True], [True, False, True]])
context, weights = attend(query, keys, mask)
check_close(weights, [[0.125, 0.25, 0.625], [5 / 6, 0.0, 1 / 6]], "one row of weights per query")
expected = [[0.25 * log2 + 0.625 * log5, 0, 0, 0], [0, 5 / 6 * log5, 0, 13 / 6]]
check_close(context, expected, "the weighted mean of the keys")
one_key, _ = attend(query, keys, torch.tensor([[False, True, False], [False, False, True]]))
check_close(one_key, [[log2, 0, 0, 0], [0, 0, 0, 8.0]], "with one real key, that key")
check_raises(ValueError, attend, query, keys, mask & False, match=r"\bmask\b")

# %% experiment
keys = torch.tensor([[[0.0], [log2], [log5]]])
_, weights = attend(torch.ones(1, 1), keys, torch.tensor([[True, True, False]]))
print("the weights that you predicted:", predict_weights())
print("the weights of your function:  ", tuple(round(w, 4) for w in weights[0].tolist()))

# %% [markdown]
# ### Backwards
#
# ●●●●○ · about 25 min · 6 points
#
# `autograd` will do this for us in training. Derive it once by hand all the same: in lab 12 you
# will need it in NumPy, and it shows something. For one row, with the context's gradient
# $\mathrm{d}c$ given,
#
# $$e_s = \frac{q \cdot m_s}{\sqrt H}, \qquad \alpha = \mathrm{softmax}(e), \qquad
# c = \sum_s \alpha_s m_s ,$$
#
# find $\mathrm{d}q$ and $\mathrm{d}m_s$. Work backwards, one line at a time:
#
# 1. From $c$: what is $\mathrm{d}\alpha_s$? And what does each $m_s$ get by this way?
# 2. From $\alpha$ to $e$: each weight depends on *every* score.
# 3. From $e$: what does $q$ get, and what does each $m_s$ get **by this second way**?
#
# The mask needs no attention of its own. Where a position is padded, $\alpha_s = 0$, and you will
# see that nothing arrives there.
#
# Before you begin, this is how you can test whatever you derive. The numerical gradient of
# $\sum \mathrm{d}c \circ c$ with respect to the query, from `attend` alone:

# %% experiment
generator = torch.Generator().manual_seed(0)
query, keys, dcontext = (
    torch.randn(*shape, generator=generator).double() for shape in ((2, 3), (2, 4, 3), (2, 3))
)
mask = torch.tensor([[True, True, True, False], [True, True, False, False]])
moved, h = torch.zeros_like(query), 1e-6
for n, k in np.ndindex(*query.shape):
    step = torch.zeros_like(query)
    step[n, k] = h
    above, below = (attend(query + sign * step, keys, mask)[0] for sign in (1, -1))
    moved[n, k] = (dcontext * (above - below)).sum() / (2 * h)
print("dquery, by differences:")
print(moved)

# %% [markdown]
# <details><summary>Hint: the softmax</summary>
#
# $\partial \alpha_s / \partial e_{s'} = \alpha_s (\delta_{ss'} - \alpha_{s'})$, so
# $\mathrm{d}e_s = \alpha_s \big(\mathrm{d}\alpha_s - \sum_{s'} \alpha_{s'}\,
# \mathrm{d}\alpha_{s'}\big)$.
#
# </details>
#
# <details><summary>Second hint: all the formulas</summary>
#
# $$\mathrm{d}\alpha_s = \mathrm{d}c \cdot m_s, \qquad
# \mathrm{d}e_s = \alpha_s\Big(\mathrm{d}\alpha_s - \sum_{s'} \alpha_{s'}
# \mathrm{d}\alpha_{s'}\Big),
# \qquad \mathrm{d}q = \frac{1}{\sqrt H} \sum_s \mathrm{d}e_s\, m_s, \qquad
# \mathrm{d}m_s = \alpha_s\, \mathrm{d}c + \frac{1}{\sqrt H}\, \mathrm{d}e_s\, q .$$
#
# </details>


# %% exercise="attend_backward"
def attend_backward(dcontext, query, keys, weights):
    """Gradients of attend, by formulas: no autograd.

    dcontext: (N, H), the gradient of the loss with respect to context.  query: (N, H).
    keys: (N, S, H).  weights: (N, S), as attend returns them.
    Returns dquery (N, H) and dkeys (N, S, H).
    """
    ### BEGIN SOLUTION
    scale = 1 / math.sqrt(query.shape[1])
    dweights = torch.einsum("nh,nsh->ns", dcontext, keys)
    dscores = weights * (dweights - (weights * dweights).sum(dim=1, keepdim=True))
    dquery = scale * torch.einsum("ns,nsh->nh", dscores, keys)
    as_values = weights[:, :, None] * dcontext[:, None, :]
    return dquery, as_values + scale * dscores[:, :, None] * query[:, None, :]
    ### END SOLUTION


# %% [markdown]
# The check has one row, $H = 4$ and three positions, the last of which is padded.

# %% check="attend_backward" points=6
double = {"dtype": torch.float64}
query = torch.tensor([[2.0, 0.0, 4.0, -2.0]], **double)
keys = torch.tensor([[[1.0, 2.0, 0.0, 3.0], [3.0, 0.0, 1.0, -1.0], [9.0, 9.0, 9.0, 9.0]]], **double)
weights = torch.tensor([[0.25, 0.75, 0.0]], **double)
dcontext = torch.tensor([[1.0, 0.0, -2.0, 4.0]], **double)
dquery, dkeys = attend_backward(dcontext, query, keys, weights)
check_close(dquery, [[-3.0, 3.0, -1.5, 6.0]], "the gradient of the query")
check_close(dkeys[:, 2], np.zeros((1, 4)), "nothing arrives at a padded position")
expected = [[[3.25, 0.0, 5.5, -2.0], [-2.25, 0.0, -7.5, 6.0]]]
check_close(dkeys[:, :2], expected, "two ways lead to each key")

# %% experiment
generator = torch.Generator().manual_seed(0)
query, keys, dcontext = (
    torch.randn(*shape, generator=generator).double() for shape in ((2, 3), (2, 4, 3), (2, 3))
)
mask = torch.tensor([[True, True, True, False], [True, True, False, False]])
dquery, dkeys = attend_backward(dcontext, query, keys, attend(query, keys, mask)[1])


def context_of(changed_query, changed_keys):
    return attend(torch.tensor(changed_query), torch.tensor(changed_keys), mask)[0].numpy()


q, k, dc = query.numpy(), keys.numpy(), dcontext.numpy()
check_gradient(lambda x: context_of(x, k), q, dquery, "dquery agrees with differences", upstream=dc)
check_gradient(lambda x: context_of(q, x), k, dkeys, "dkeys agrees with differences", upstream=dc)

# %% [markdown]
# Look at the formula for $\mathrm{d}m_s$ once more. Whatever the distance between the output and
# the place in the input it needs, the gradient arrives there in *one* step, with the factor
# $\alpha_s$. In the plain decoder it had to pass through all the states in between. It is the same
# short cut that the LSTM's note takes through time, but it leads everywhere.
#
# ## 10 · A decoder that looks
#
# ●●●○○ · about 12 min · 4 points
#
# One step: first the state moves on as before. The new state is the query. The output layer then
# sees the state *and* what was found:
#
# $$h_t = \mathrm{GRU}\big(\mathrm{embed}(y_{t-1}), h_{t-1}\big), \qquad
# c_t, \alpha_t = \mathrm{attend}(h_t, m, \text{mask}), \qquad
# \text{logits}_t = W_o\,[h_t, c_t] + b_o .$$
#
# The weights are made in this order: embedding $(V, E)$, `nn.GRUCell` from $E$ to $H$, `nn.Linear`
# from $2H$ to $V$ that reads **the state first, then the context**. (Bahdanau et al. look *before*
# the state moves, with $h_{t-1}$, and feed $c_t$ into the GRU. Luong et al. look afterwards, as
# here.)
#
# `attend` is an argument, so a mistake in yours costs nothing here.
#
# <details><summary>Hint</summary>
#
# Keep the function: `self.attend = attend`. Then it is the plain decoder with two lines more.
#
# </details>


# %% exercise="AttentionDecoder"
class AttentionDecoder(nn.Module):
    """One step of a GRU decoder that attends to the memory (after Luong et al. 2015).

    vocab_size V, embedding_size E, hidden_size H: ints.
    attend: (query, keys, mask) -> (context, weights), as in section 9; call no other.
    """

    def __init__(self, vocab_size, embedding_size, hidden_size, attend):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.out = nn.Linear(2 * hidden_size, vocab_size)
        self.attend = attend
        ### END SOLUTION

    def forward(self, token, state, memory, mask):
        """Return logits (N, V), the new state (N, H), and the weights of attention (N, S).

        token: (N,) int64, the previous token.  state: (N, H).  memory: (N, S, H).  mask: (N, S).
        """
        ### BEGIN SOLUTION
        state = self.cell(self.embedding(token), state)
        context, weights = self.attend(state, memory, mask)
        return self.out(torch.cat([state, context], dim=1)), state, weights
        ### END SOLUTION


# %% check="AttentionDecoder" points=4
asked = []


def first_position(query, keys, mask):
    """Attends to the first position, and notes what it was asked."""
    asked.append((query, keys, mask))
    weights = torch.zeros(keys.shape[:2])
    weights[:, 0] = 1.0
    return keys[:, 0], weights


torch.manual_seed(2)
decoder = AttentionDecoder(7, 3, 4, first_position)
count = sum(p.numel() for p in decoder.parameters())
check_close(count, 7 * 3 + 3 * (4 * 3 + 4 * 4 + 4 + 4) + 7 * 8 + 7, "the output layer reads 2 H")
memory, mask = torch.ones(2, 5, 4), torch.ones(2, 5).bool()
token, state = torch.tensor([1, 4]), torch.full((2, 4), 0.3)
with torch.no_grad():
    logits, new, weights = decoder(token, state, memory, mask)
    elsewhere, _, _ = decoder(token, state, 2 * memory, mask)
check_shape(logits, (2, 7), "logits")
check_close(weights, [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0]], "the weights that attend gave")
check_true(asked[0][0] is new, "the query is the new state")
check_true(asked[0][1] is memory and asked[0][2] is mask, "memory and mask are handed on")
check_true(bool((logits != elsewhere).all()), "what was found has a say in the logits")

# %% [markdown]
# ### The experiment again


# %% experiment
def with_attention(vocab_size, embedding_size, hidden_size):
    return AttentionDecoder(vocab_size, embedding_size, hidden_size, attend)


rng = np.random.default_rng(0)
training, held_out = draw_dates(4000, rng), draw_dates(500, rng)
for seed in (0, 1):
    model, date_vocabularies, curve = learn(
        with_attention, training, held_out, steps=200, seed=seed
    )
    print(f"seed {seed}: {curve[-1][1]:.1%} of the held-out dates are right after 200 steps")
    label = "with attention" if seed == 0 else None
    plt.plot(*zip((0, 0), *curve), "C1-o", label=label)
    label = "plain" if seed == 0 else None
    plt.plot(*zip((0, 0), *plain_curves[seed]), "C0-s", label=label)
plt.xlabel("steps of training, 64 dates each")
plt.ylabel("share of dates that are right")
plt.title("500 dates the networks have not seen, two seeds")
plt.legend(loc="center right")
plt.show()

# %% [markdown]
# The two networks differ in a weighted mean and a wider output layer. (Three seeds: between 56 and
# 74 % right after 100 steps, between 98 and 100 % after 200.) And since the weights of attention
# say where the decoder looked, we can look over its shoulder.


# %% experiment
def attention_map(model, text, vocabularies):
    """What the model writes for a text, and its weights: one row per character it writes."""
    source, mask = pad_batch([encode_text(text, vocabularies[0])])
    rows, written, token = [], [], torch.tensor([BOS])
    with torch.no_grad():
        memory, state = model.encoder(source, mask)
        while token.item() != EOS and len(rows) < 60:
            logits, state, weights = model.decoder(token, state, memory, mask)
            token = logits.argmax(dim=1)
            rows.append(weights[0])
            written.append(token)
    return text_of(torch.cat(written), vocabularies[1]), torch.stack(rows)


examples = ("mercredi 26 juin 1946", "le 1er mars 2007", "5/11/1983")
figure, axes = plt.subplots(1, 3, figsize=(13, 4.4), width_ratios=[22, 17, 10])
for axis, text in zip(axes, examples):
    written, weights = attention_map(model, text, date_vocabularies)
    picture = axis.imshow(weights, cmap="Oranges", vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(text) + 1), [*text.replace(" ", "␣"), "\nend"])
    axis.set_yticks(range(len(weights)), [*written, "end"][: len(weights)])
    axis.set_xlabel("read")
    axis.grid(False)
axes[0].set_ylabel("written, from top to bottom")
figure.colorbar(picture, ax=axes, label="weight")
plt.show()

# %% [markdown]
# **Question 1.** Read your map. (a) Where does the decoder look while it writes the four digits of
# the year, and where while it writes the month of `mercredi 26 juin 1946`? (b) Which part of that
# text is hardly looked at by any row, and why can the network afford it? (c) The output has two
# hyphens that stand nowhere in the words. Say from the map where the decoder looks for them, and
# explain why attention to any particular place is not needed to write one.

# %% [markdown] answer="reading_the_map" points=2
# ### BEGIN SOLUTION
# (a) For the year it looks at the last four characters and the end (at a digit itself, or at the
# next position, whose state has read it as well); for the second digit of the month at the letters
# of `juin` and the space after it, where the encoder has read enough to know which month it is.
# (The first digit is spread out in our map.) (b) The weekday: it follows from the date, and the
# answer does not contain it. (c) The rows of the hyphens are spread out, or still look where the
# row before them did. A hyphen always comes after four digits and after two more, so the decoder's
# own state, which has read what was written, is enough to know that one is due.
#
# Marking guide: 1 point for (a), half for the year and half for the month; half a point for (b)
# with its reason; half a point for (c). What counts is what *their* map shows: another place is
# right if it is there on the plot.
# ### END SOLUTION

# %% [markdown]
# ## 11 · Numbers in words
#
# ●●○○○ · about 20 min · 3 points
#
# A second task, to see what the dates do not show: numbers below 10,000, in both directions. From
# `4071` to `four thousand and seventy-one`, and from `seven hundred and twelve` to `712`. Of the
# 10,000 numbers, 4,000 are for training and 500 others for testing.
#
# Before you run the cell: which of the four networks (two directions, with and without attention)
# will do worst? A common argument is: "the plain decoder has to squeeze the whole input into one
# vector, so *long inputs* are its problem".

# %% experiment
numbers = np.random.default_rng(0).permutation(10_000)[:4500].tolist()
words = [(str(n), in_words(n)) for n in numbers]
digits = [(text, number) for number, text in words]
print(f"{'':16s} {'plain':>8s} {'attention':>10s}")
for name, pairs in (("words -> digits", digits), ("digits -> words", words)):
    shares = []
    for make_decoder in (Decoder, with_attention):
        model, vocabularies, curve = learn(
            make_decoder, pairs[:4000], pairs[4000:], steps=250, seed=0
        )
        shares.append(curve[-1][1])
    print(f"{name:16s} {shares[0]:8.1%} {shares[1]:10.1%}")
written, weights = attention_map(model, "4071", vocabularies)
plt.figure(figsize=(9, 2.6))
plt.imshow(weights.T, cmap="Oranges", vmin=0, vmax=1, aspect="auto")
plt.xticks(range(len(weights)), [*written.replace(" ", "␣"), "end"][: len(weights)])
plt.yticks(range(5), [*"4071", "end"])
plt.xlabel("written")
plt.ylabel("read")
plt.grid(False)
plt.colorbar(label="weight")
plt.show()

# %% [markdown]
# **Question 2.** (a) Give your four shares. Do they support the argument above? (b) Where must the
# plain decoder keep the digits `4071` while it writes, and for how many steps, and what does the
# decoder with attention do instead? Use the map. (c) We trained with full teacher forcing. Why does
# one wrong letter in the middle hurt more in testing than the loss in training suggests, and which
# argument of `forced_logits` would you change?

# %% [markdown] answer="long_in_or_long_out" points=3
# ### BEGIN SOLUTION
# (a) They do not. After 250 steps the plain network reads long words and writes short numbers in
# most cases (85 % in our run, 80 to 89 % over four seeds; attention 99 %), and it writes hardly any
# number in words (below 1 %; attention 89 %, 79 to 89 % over four seeds), though there the input
# has only four characters. The length of the *output* is its problem, not that of the input. (b) In
# its hidden state, where the digits have to survive all the 30 or 40 steps between reading and use,
# while the same state also keeps track of the spelling. With attention it looks the digit up when
# it is needed: the map shows the weight on one digit for the letters of its word, moving on from
# word to word. (c) In training the decoder always reads a true beginning. In testing it reads its
# own, so after one wrong letter it is in a place where it has never been, and errors grow. Lower
# `ratio`, so that it practises with its own outputs.
#
# Marking guide: 1 point for each part. (a) the shares and the conclusion half each; (b) half for
# the state that has to keep it, half for the look-up seen in the map; (c) half for the mismatch
# between training and use, half for `ratio` with the right direction.
# ### END SOLUTION

# %% [markdown]
# Try it: train the dates with `ratio=0.5` and `ratio=0.0`. (Three seeds, after 100 steps: with
# ratio 0, 44 to 50 % are right, with 0.5, 47 to 62 %, with 1, 56 to 74 %; after 400 steps all three
# are at 99 % or more.) Give the network a date in a form that it has never seen, `26 06 1946`.
#
# ## 12 · Stretch: beam search
#
# ●●●●○ · about 25 min · 0 points
#
# Greedy decoding cannot take back its first token, though a slightly less likely one may begin a
# much likelier sentence. *Beam search* keeps the `width` likeliest beginnings. The score of a
# beginning is its summed log-probability,
#
# $$\log p(y_1, \dots, y_t) = \sum_{i \le t} \log p(y_i \mid y_1, \dots, y_{i-1}) .$$
#
# One step: extend each beginning that has not ended by every token of the vocabulary. A beginning
# that has written `EOS` is finished: it is not extended, keeps its score, and *stays in the
# competition*. Of all of these keep the `width` best. Stop when all that are kept are finished, or
# when the longest have `max_length` tokens. The best then wins, finished or not.
#
# Many programs divide the score by a power of the length, since each token costs; we do not.
#
# <details><summary>Hint</summary>
#
# Keep a list of pairs `(score, tokens)` that begins as `[(0.0, [])]`. In each step make a new list:
# finished pairs as they are, others with each token appended. Sort it by score, cut it.
#
# </details>


# %% exercise="beam_search"
def beam_search(log_probabilities, *, width, max_length):
    """The likeliest sequence that a beam of this width finds.

    log_probabilities: a function of a list of token ids, what has been written so far (without
        BOS, at first empty); it returns a (V,) float tensor, the log-probability of each token as
        the next one.  It is not asked about lists that end with EOS.
    width: how many beginnings are kept, 1 or more.  max_length: the most tokens, EOS included.
    Returns (tokens, score): a list of ints, with EOS at the end if it is finished, and its summed
    log-probability as a float.  Ties may be broken in any way.
    Raises ValueError naming width if it is below 1.
    """
    ### BEGIN SOLUTION
    if width < 1:
        raise ValueError(f"width is {width}, expected 1 or more")
    beam = [(0.0, [])]
    for _ in range(max_length):
        longer = []
        for score, tokens in beam:
            if tokens and tokens[-1] == EOS:
                longer.append((score, tokens))
                continue
            for token, value in enumerate(log_probabilities(tokens).tolist()):
                longer.append((score + value, [*tokens, token]))
        beam = sorted(longer, key=lambda pair: -pair[0])[:width]
    score, tokens = beam[0]
    return tokens, score
    ### END SOLUTION


# %% check="beam_search" points=0
def tempting(tokens):
    """Token 3 is likelier at first, but nothing good comes after it."""
    table = {
        (): [0.0, 0.0, 0.1, 0.5, 0.4],
        (3,): [0.0, 0.0, 0.2, 0.4, 0.4],
        (4,): [0.0, 0.0, 0.9, 0.1, 0.0],
    }
    return torch.log(torch.tensor(table.get(tuple(tokens), [0.0, 0.0, 0.5, 0.5, 0.0])))


greedy_tokens, greedy_score = beam_search(tempting, width=1, max_length=4)
check_close(np.array(greedy_tokens[:1]), [3], "a beam of one is greedy: it falls for token 3")
tokens, score = beam_search(tempting, width=2, max_length=4)
check_close(np.array(tokens), [4, 2], "a beam of two finds the likelier sentence")
check_close(score, math.log(0.4 * 0.9), "the score is the summed log-probability", rtol=1e-5)
check_true(isinstance(score, float) and isinstance(tokens, list), "a list and a float")
check_raises(ValueError, beam_search, tempting, width=0, max_length=4, match=r"\bwidth\b")


# %% experiment
def translated(model, text, vocabularies, width):
    """The text that a beam of this width finds, and its log-probability."""
    source, mask = pad_batch([encode_text(text, vocabularies[0])])
    with torch.no_grad():
        memory, first = model.encoder(source, mask)

        def log_probabilities(tokens):
            state = first
            for token in [BOS, *tokens]:
                logits, state, _ = model.decoder(torch.tensor([token]), state, memory, mask)
            return functional.log_softmax(logits[0], dim=0)

        tokens, score = beam_search(log_probabilities, width=width, max_length=12)
    return text_of(torch.tensor(tokens), vocabularies[1]), score


print(f"{'read':24s} {'right':12s} {'greedy':12s} {'':6s} {'beam of 4':12s}")
likelier = 0
for number, (text, right) in enumerate(held_out[:40]):
    by_one, by_four = (translated(plain, text, date_vocabularies, width) for width in (1, 4))
    likelier += by_four[1] > by_one[1] + 1e-6
    if number < 6:
        print(f"{text:24s} {right:12s}", *(f"{t:12s} {s:6.2f}" for t, s in (by_one, by_four)))
print(f"for {likelier} of 40 dates the beam finds a likelier text than greedy decoding")

# %% [markdown]
# Likelier is not righter: the beam finds what the *network* believes in, and if that is wrong, so
# is the better search.
#
# ## 13 · Stretch: BLEU
#
# ●●●○○ · about 20 min · 0 points
#
# Exact match is too strict for translations, of which many are right. BLEU (Papineni et al., 2002)
# counts how many of the *n-grams*, runs of $n$ tokens, of the candidates occur in the references:
#
# $$p_n = \frac{\sum_{\text{pairs}} \sum_{g} \min\big(\text{count}_{\text{candidate}}(g),\,
# \text{count}_{\text{reference}}(g)\big)}{\sum_{\text{pairs}} \sum_{g}
# \text{count}_{\text{candidate}}(g)}, \qquad
# \text{BLEU} = B \cdot \exp\Big(\frac{1}{4}\sum_{n=1}^{4} \log p_n\Big), \qquad
# B = \min\big(1,\, e^{1 - r/c}\big) .$$
#
# The minimum *clips*: "the the the" does not get three hits for one "the". The sums run over **all
# pairs before dividing**; a mean of sentence scores is something else. $c$ and $r$ are the numbers
# of tokens of all candidates and of all references. $B$ punishes being shorter: dropping every
# doubtful word would raise $p_n$. If some $p_n$ is 0, or there are no $n$-grams, BLEU is 0.
#
# <details><summary>Hint</summary>
#
# `collections.Counter` counts tuples, and `a & b` of two Counters takes the minimum.
#
# </details>


# %% exercise="bleu"
def bleu(candidates, references, *, max_n=4):
    """Corpus BLEU with one reference per candidate, without smoothing (Papineni et al. 2002).

    candidates, references: lists of as many lists of tokens (strings or ints).
    max_n: the longest n-grams that count, 4 in the formula above; all weigh 1 / max_n.
    Returns a float from 0 to 1.
    Raises ValueError naming candidates if there are not as many as references.
    """
    ### BEGIN SOLUTION
    if len(candidates) != len(references):
        raise ValueError(f"candidates has {len(candidates)} items, expected {len(references)}")
    from collections import Counter

    def ngrams(tokens, n):
        return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    logarithms = 0.0
    for n in range(1, max_n + 1):
        pairs = [(ngrams(c, n), ngrams(r, n)) for c, r in zip(candidates, references)]
        hits, total = (sum(map(Counter.total, counts)) for counts in
                       ([c & r for c, r in pairs], [c for c, _ in pairs]))  # fmt: skip
        if hits == 0:
            return 0.0
        logarithms += math.log(hits / total) / max_n
    shorter = sum(map(len, references)) / sum(map(len, candidates))
    return math.exp(min(0.0, 1 - shorter) + logarithms)
    ### END SOLUTION


# %% check="bleu" points=0
reference, stutter, candidate = (
    text.split()
    for text in ("the cat sits on the old mat", "the " * 7, "the cat sits on a mat")
)
check_close(bleu([reference], [reference]), 1.0, "a perfect translation")
check_close(bleu([stutter], [reference], max_n=1), 2 / 7, "hits are clipped: two, not seven")
check_close(bleu([candidate], [reference], max_n=2), 0.5985534, "5/6, 3/5, and one token short",
            rtol=1e-5)  # fmt: skip
check_close(bleu([stutter], [reference]), 0.0, "no pair of tokens right: 0")
check_raises(ValueError, bleu, [candidate], [], match=r"\bcandidates\b")

# %% [markdown]
# ## What you have built
#
# - An encoder and a decoder translate between sequences of different lengths. `BOS` starts, `EOS`
#   ends, and `PAD` must never have a say: not in the state, not in attention, not in the loss.
# - Teacher forcing feeds the true *previous* token. A target that slips into its own step gives a
#   wonderful loss and a useless network.
# - Attention is a softmax over scores and a weighted mean. It spares the state from carrying
#   everything, brings the gradient in one step to where it is needed, and can be looked at.
# - Marks: a share of characters flatters, an exact match does not.
#
# Here attention helps a recurrent network. In lab 12 it does without one.
