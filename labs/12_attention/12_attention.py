# %% [markdown]
# # 12 · Attention: a small GPT
#
# Read this sentence: *The animal did not cross the street because it was too tired.* What does
# "it" mean? You knew at once, and you did not carry the animal along, word by word, until you
# needed it. You looked back.
#
# A recurrent network cannot look back. All it knows of the past is one vector, which it rewrites at
# every step. The gates of lab 09 made that vector last longer, and the decoder of lab 10 was
# allowed to look at the encoder's states. **Attention** makes looking back the whole mechanism:
# each step asks a question (the *query*), every earlier step offers a label (its *key*), and what
# comes back is a mixture of the steps' contents (their *values*), weighted by how well label and
# question match.
#
# ![A query meets four keys; the softmax of the scores mixes the values](attention.svg)
#
# Stack a few of these and you have the architecture behind today's language models (Vaswani and
# others, 2017; Radford and others, 2018). In this lab you build a small one, a GPT of 60,000
# parameters, and let it invent first names. You begin with the arithmetic in NumPy, gradient
# included, and go on in PyTorch.
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1 | `attention_forward` | 5 | 20 |
# | 2 | `causal_mask`, `padding_mask` | 4 | 10 |
# | 3 | `exposing_attention` (find the bug) | 3 | 12 |
# | 4 | `attention_backward` | 6 | 25 |
# | 5 | `predict_reversed`, `sinusoidal_positions` | 5 | 18 |
# | 6 | `MultiHeadAttention` | 6 | 20 |
# | 7 | `Block` | 4 | 12 |
# | 8 | `GPT` | 5 | 15 |
# | 9 | `next_token_loss` | 4 | 10 |
# | 10 | training, and a question | 2 | 20 |
# | 11 | `sampling_probabilities`, `generate` | 7 | 25 |
# | 12 | `attend_cached` | 4 | 18 |
# | 13 | `predict_doubling`, `generation_cost`, a question | 7 | 25 |
# | 14 | `rotate` (stretch) | 0 | 15 |
# | | total, without the stretch | 62 | 230 |
#
# **Conventions of this lab.** Sequences are $(N, T, D)$: batch first, then time. And one fork that
# costs everybody an afternoon once: in our masks **`True` means "may be seen"**. So does
# `F.scaled_dot_product_attention`. The masks of `nn.MultiheadAttention` and of
# `nn.TransformerEncoderLayer` say the opposite: there `True` means "hidden".
#
# | symbol | name in code | meaning |
# |---|---|---|
# | $N$ | `n` | sequences in the batch |
# | $T$, $S$ | | steps that ask (queries), steps that are asked (keys and values) |
# | $D$, $V$ | | size of a query or key, size of a value |
# | $E$ | `width` | size of a step's vector in the network |
#
# No function changes its inputs. Each exercise is checked on its own: where one needs another, it
# gets it as an argument.

# %% setup
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from gradlab.lab import (
    check_close,
    check_gradient,
    check_raises,
    check_shape,
    check_true,
    data,
    numerical_gradient,
    plot_style,
)

plot_style()
torch.set_num_threads(1)  # these networks are small: a second thread costs more than it brings

# %% [markdown]
# ## 1 · One question, many answers
#
# ●●○○○ · about 15 min · 5 points
#
# A dictionary gives back the value whose key equals the question, or nothing. Attention is a
# dictionary that never says no: it compares the query with *all* keys, turns the similarities into
# weights that sum to 1, and returns the weighted mean of all values. For one sequence of the batch:
#
# $$a_{ts} = \frac{q_t \cdot k_s}{\sqrt D}, \qquad
# p_{ts} = \frac{e^{a_{ts}}}{\sum_{s'} e^{a_{ts'}}}, \qquad
# y_t = \sum_s p_{ts}\, v_s .$$
#
# | symbol | argument | shape |
# |---|---|---|
# | $q$ | `q` | $(N, T, D)$, a query for each of $T$ steps |
# | $k$ | `k` | $(N, S, D)$, a key for each of $S$ steps |
# | $v$ | `v` | $(N, S, V)$, a value for each key |
# | | `mask` | `None`, or a bool array that broadcasts to $(N, T, S)$ |
# | $p$ | in the cache | $(N, T, S)$, the weights; each row sums to 1 |
# | $y$ | returned | $(N, T, V)$ |
#
# Where the mask is `False`, the query must not see the key. Its weight has to be *exactly* 0, and
# the others have to sum to 1 without it. The way to get both is to set the **score** to $-\infty$
# before the softmax: $e^{-\infty} = 0$.
#
# What if a query may see nothing at all? Then the formula says $0/0$. PyTorch itself gives two
# answers: NaN from `nn.MultiheadAttention` (as a rule), zeros from
# `F.scaled_dot_product_attention`. We want the second: **all weights of such a row are 0, and so is
# its output.**
#
# <details><summary>Hint</summary>
#
# `k.transpose(0, 2, 1)` swaps the last two axes, and `@` multiplies matrix by matrix along the
# batch. As in every stable softmax, subtract the largest score of the row first. In a row that sees
# nothing the largest score is $-\infty$, and $-\infty - (-\infty)$ is NaN: there, subtract 0
# instead, and do not divide by 0 afterwards.
#
# </details>


# %% exercise="attention_forward"
def attention_forward(q, k, v, mask=None):
    """Scaled dot-product attention (Vaswani et al. 2017, equation 1).

    q: (N, T, D) queries; k: (N, S, D) keys; v: (N, S, V) values.
    mask: None (all may be seen), or a bool array that broadcasts to (N, T, S); True where the query
        may see the key.
    Returns y, cache with y: (N, T, V) and cache = (q, k, v, weights), weights: (N, T, S).
    A query that sees no key has weights 0 and output 0. Finite, and without a warning, for scores
    of any size.
    Raises ValueError naming k (or v), its shape and the shape expected, unless k agrees with q in
    N and D, and v with k in N and S; naming mask and its dtype unless that is bool.
    """
    ### BEGIN SOLUTION
    expected = (q.shape[0], k.shape[1], q.shape[2])
    if k.shape != expected:
        raise ValueError(f"k has shape {k.shape}, expected {expected}: N and D of q")
    if v.shape[:2] != k.shape[:2]:
        raise ValueError(f"v has shape {v.shape}, expected {k.shape[:2]} in front, as in k")
    if mask is not None and mask.dtype != bool:
        raise ValueError(f"mask has dtype {mask.dtype}, expected bool: True where q may see k")
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    largest = scores.max(axis=2, keepdims=True)
    shares = np.exp(scores - np.where(np.isfinite(largest), largest, 0.0))
    total = shares.sum(axis=2, keepdims=True)
    weights = shares / np.where(total > 0, total, 1.0)
    return weights @ v, (q, k, v, weights)
    ### END SOLUTION


# %% [markdown]
# The check uses logarithms, so that the weights are plain fractions: the scores of the first query
# are $\ln 2, 0, \ln 5$, its weights $\tfrac28, \tfrac18, \tfrac58$.

# %% check="attention_forward" points=5
q = np.array([[[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]])
k = np.zeros((1, 3, 4))
k[0, :, 0] = np.log([2.0, 1.0, 5.0])
k[0, :, 1] = np.log([3.0, 1.0, 1.0])
v = np.array([[[8.0, 0.0], [0.0, 8.0], [16.0, 8.0]]])
before = (q.copy(), k.copy(), v.copy())
y, cache = attention_forward(q, k, v)
check_close(y, [[[12.0, 6.0], [8.0, 3.2]]], "each query gets a weighted mean of the values")
check_true(len(cache) == 4, "the cache holds q, k, v and the weights")
check_close(cache[3], [[[0.25, 0.125, 0.625], [0.6, 0.2, 0.2]]], "each row of weights sums to 1")
mask = np.array([[True, True, False], [False, False, False]])
y, cache = attention_forward(q, k, v, mask)
check_close(cache[3][0, 0], [2 / 3, 1 / 3, 0.0], "without the third key, two thirds and one third")
check_close(y[0, 1], [0.0, 0.0], "a query that sees nothing gets zeros")
y, _ = attention_forward(1e4 * q, k, v)
check_close(y[0], [[16.0, 8.0], [8.0, 0.0]], "huge scores pick one value, and overflow nowhere")
check_true(all(map(np.array_equal, before, (q, k, v))), "q, k and v are not changed")
check_raises(ValueError, attention_forward, q, k[:, :, :3], v, match=r"\bk\b")
check_raises(ValueError, attention_forward, q, k, v, mask.astype(float), match=r"\bmask\b")

# %% [markdown]
# ### Why divide by √D?
#
# Let the entries of a query and a key be independent with variance 1. Their dot product is a sum of
# $D$ terms, so its variance is $D$ and its size grows like $\sqrt D$. Large scores make a hard
# softmax: nearly all weight on one key, and almost no gradient for the others. The next cell draws
# 200 random queries with 16 keys each and looks at the largest weight, with and without the root.

# %% experiment
rng = np.random.default_rng(0)
sizes = 2 ** np.arange(1, 11)
largest = {"divided by √D": [], "not divided": []}
for size in sizes:
    q, k = rng.normal(size=(200, 1, size)), rng.normal(size=(200, 16, size))
    v = np.zeros((200, 16, 1))
    for name, factor in (("divided by √D", 1.0), ("not divided", np.sqrt(size))):
        _, (*_, weights) = attention_forward(factor * q, k, v)
        largest[name].append(weights.max(axis=2).mean())
for name, style in (("divided by √D", "C0-o"), ("not divided", "C1--s")):
    print(f"{name:14s}", *(f"{value:5.2f}" for value in largest[name]))
    plt.semilogx(sizes, largest[name], style, base=2, label=name)
plt.axhline(1 / 16, color="0.6", linewidth=1)
plt.text(2, 0.08, "all 16 keys alike", color="0.4")
plt.xlabel("D, the size of a key")
plt.ylabel("mean of the largest weight")
plt.ylim(0, 1.05)
plt.legend(loc="center right")
plt.show()

# %% [markdown]
# With the root, a row of weights looks the same whatever the size of the keys. Without it, an
# untrained layer of 1,024 has already made up its mind.

# %% [markdown]
# ## 2 · Who may see whom
#
# ●●○○○ · about 10 min · 2 + 2 points
#
# Two reasons to hide a key come up all the time.
#
# **The future.** A model that predicts the next letter must not see it. Step $i$ may look at steps
# $0, \dots, i$: itself and what came before. That is a lower triangle of `True`. When the queries
# are only the *last* $T$ steps of $S$ (the rest is already known, section 12), query $i$ is step
# number $i + S - T$ of the sequence, so the triangle is shifted: **the last query sees all keys**.
# (The literature has both corners. `is_causal=True` of `F.scaled_dot_product_attention` starts in
# the *upper left*, whatever the shape; FlashAttention since version 2.1 in the lower right, as we
# do. For $T = S$ they agree.)
#
# $$\text{mask}_{ij} = \big[\, j \le i + S - T \,\big]
# \qquad T = 2,\ S = 4:\quad
# \begin{bmatrix} 1 & 1 & 1 & 0 \\ 1 & 1 & 1 & 1 \end{bmatrix}$$
#
# **Padding.** Sequences of a batch have unequal lengths and are filled up at the end. What fills
# them must be seen by nobody. This mask depends on the key alone, so one row a sequence is enough:
# shape $(N, 1, S)$, and broadcasting does the rest.
#
# | function | arguments | returns |
# |---|---|---|
# | `causal_mask` | two ints | bool $(T, S)$ |
# | `padding_mask` | `lengths` $(N,)$ of ints, and $S$ | bool $(N, 1, S)$ |
#
# The two together are `causal_mask(T, S) & padding_mask(lengths, S)`, of shape $(N, T, S)$.
#
# <details><summary>Hint</summary>
#
# Compare `np.arange(keys)` with a column of numbers: `np.arange(queries)[:, None]` for the one
# mask, `lengths[:, None, None]` for the other. For the triangle `np.tril` works as well; look up
# its argument `k`.
#
# </details>


# %% exercise="causal_mask"
def causal_mask(queries, keys):
    """Which keys each query may see when nobody sees the future; the queries are the last steps.

    queries: T >= 1; keys: S >= T, ints.
    Returns a bool array (T, S), True where key j <= i + S - T.
    Raises ValueError naming keys and both numbers if there are fewer keys than queries.
    """
    ### BEGIN SOLUTION
    if keys < queries:
        raise ValueError(f"keys is {keys}, expected at least {queries}, the number of queries")
    return np.arange(keys) <= np.arange(queries)[:, None] + keys - queries
    ### END SOLUTION


# %% check="causal_mask" points=2
check_close(causal_mask(3, 3), np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=bool), "T = S = 3")
last_two = np.array([[1, 1, 1, 0], [1, 1, 1, 1]], dtype=bool)
check_close(causal_mask(2, 4), last_two, "two queries are the last two of four steps")
check_raises(ValueError, causal_mask, 3, 2, match=r"\bkeys\b")


# %% exercise="padding_mask"
def padding_mask(lengths, keys):
    """Which keys are real: the first `lengths[n]` of sequence n.

    lengths: (N,) ints from 0 to S; keys: S, an int.
    Returns a bool array (N, 1, S), True where the key is no padding.
    Raises ValueError naming lengths and the number it must not exceed if one is below 0 or above S.
    """
    ### BEGIN SOLUTION
    if np.any(lengths < 0) or np.any(lengths > keys):
        raise ValueError(f"lengths are {lengths}, expected numbers from 0 to {keys}")
    return np.arange(keys) < lengths[:, None, None]
    ### END SOLUTION


# %% check="padding_mask" points=2
lengths = np.array([3, 1])
check_shape(padding_mask(lengths, 4), (2, 1, 4), "a row a sequence, the same for all queries")
real = np.array([[[1, 1, 1, 0]], [[1, 0, 0, 0]]], dtype=bool)
check_close(padding_mask(lengths, 4), real, "the first three keys are real, and the first one")
check_raises(ValueError, padding_mask, np.array([3, 5]), 4, match=r"\blengths\b")

# %% [markdown]
# ## 3 · Find the bug
#
# ●●●○○ · about 12 min · 3 points
#
# A colleague wrote this in a hurry. It runs, its weights are positive and sum to 1, and on his test
# (one sequence, $T = S = D$, all keys visible) it agrees with yours to the last digit.


# %% setup
def attention_in_a_hurry(q, k, v, mask=None):
    """Scaled dot-product attention. One line is wrong."""
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2])
    if mask is not None:
        scores = scores * mask
    shares = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = shares / shares.sum(axis=2, keepdims=True)
    return weights @ v, (q, k, v, weights)


# %% [markdown]
# Don't mend it. Write a **test that would have caught it**: a function that returns the arguments
# `(q, k, v, mask)` of one call for which right and wrong give different outputs.
#
# One call can do more than that. Attention has been got wrong in many ways: a softmax along the
# wrong axis, no root, an overflow, rows and columns mixed up, a mask turned round, a row without
# keys, sequences of the batch mixed. Half of the points are for exposing the function above. The
# other half are for **one call that exposes at least nine in ten** of the faults in our collection.
# Your arguments must be allowed by the docstring of `attention_forward` and hold at most 1,000
# numbers.
#
# <details><summary>Hint</summary>
#
# Everything that is alike hides something. Equal sizes hide swapped axes, one sequence hides what
# goes wrong along the batch, equal values hide the weights. Small scores hide an overflow (how
# large must a score be so that `np.exp` gives infinity?), and a mask with something visible in each
# row hides how rows without any are treated. But if *all* your scores are huge, every softmax is a
# 0 and a 1, and that hides the root.
#
# </details>


# %% exercise="exposing_attention"
def exposing_attention():
    """Arguments of one call that tells a right attention_forward from wrong ones.

    Returns a tuple (q, k, v, mask) as attention_forward takes them, without an error; float64
    arrays and a bool array, at most 1,000 numbers in all.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(0)
    q, k, v = (rng.normal(size=shape) for shape in [(3, 5, 4), (3, 6, 4), (3, 6, 2)])
    q[0, 4] *= 5000.0  # scores above 710 overflow in exp; the other rows keep moderate ones
    mask = rng.random((3, 5, 6)) < 0.7
    mask[1, 2] = False  # a row that sees nothing
    return q, k, v, mask
    ### END SOLUTION


# %% check="exposing_attention" points=3
arguments = exposing_attention()
check_true(isinstance(arguments, tuple) and len(arguments) == 4, "a tuple of four: q, k, v, mask")
numbers = sum(np.size(array) for array in arguments if array is not None)
check_true(numbers <= 1000, "at most 1,000 numbers in all")

# %% [markdown]
# Now look whether your arguments do what you think. (This cell is not graded. It compares with
# *your* `attention_forward`, so finish that first.)

# %% experiment
with np.errstate(all="ignore"):
    wrong, _ = attention_in_a_hurry(*exposing_attention())
right, _ = attention_forward(*exposing_attention())
differ = ~np.isclose(wrong, right)
rows = differ.any(axis=2)
print(f"{differ.sum()} of {differ.size} outputs differ, in {rows.sum()} of {rows.size} rows.")
print(f"The largest difference is {np.nanmax(np.abs(wrong - right)):.3g}.")

# %% [markdown]
# A masked score of 0 is no masked score: $e^0 = 1$ is quite a lot of attention.

# %% [markdown]
# ## 4 · The way back
#
# ●●●●○ · about 25 min · 6 points
#
# Now you derive. The loss arrives as $\mathrm{d}y$, of the shape of $y$. You know the way forward:
#
# $$A = \frac{Q K^\top}{\sqrt D}, \qquad P = \operatorname{softmax}_{\text{rows}}(A), \qquad
# Y = P V .$$
#
# | | shape | |
# |---|---|---|
# | $\mathrm{d}Y$ | $(N, T, V)$ | argument `dout` |
# | $Q$, $K$ | $(N, T, D)$, $(N, S, D)$ | the first two of the `cache` |
# | $V$, $P$ | $(N, S, V)$, $(N, T, S)$ | its third and fourth |
# | $\mathrm{d}Q$, $\mathrm{d}K$, $\mathrm{d}V$ | as $Q$, $K$, $V$ | returned, in this order |
#
# The mask is not in the cache, and you do not need it: where it hid something, $P$ is 0. A row that
# saw nothing gives no gradient to anybody.
#
# Before you write anything, make the thing that will judge you. The next cell lets central
# differences calculate $\mathrm{d}Q$ for a small case; that is what your formula has to give.

# %% experiment
rng = np.random.default_rng(4)
small_q, small_k, small_v = (rng.normal(size=s) for s in [(1, 2, 3), (1, 4, 3), (1, 4, 2)])
small_mask = np.array([[True, True, False, True], [True, True, True, True]])
small_dout = rng.normal(size=(1, 2, 2))


def output_of_q(q):
    return attention_forward(q, small_k, small_v, small_mask)[0]


print(numerical_gradient(output_of_q, small_q, upstream=small_dout).round(4))

# %% [markdown]
# <details><summary>First hint: the plan</summary>
#
# Three products, three steps back. $Y = PV$ is a matrix product: it gives $\mathrm{d}P$ and
# $\mathrm{d}V$. Then each row of the softmax by itself: you met its Jacobian,
# $\partial p_s / \partial a_r = p_s (\delta_{sr} - p_r)$, with the cross-entropy. But here nothing
# cancels, since another gradient than that of the cross-entropy arrives. Multiply it out; you never
# need to build the Jacobian. Then $QK^\top$, again a matrix product, and do not lose the root.
#
# </details>
#
# <details><summary>Second hint: the formulas</summary>
#
# $$\mathrm{d}V = P^\top \mathrm{d}Y, \qquad \mathrm{d}P = \mathrm{d}Y\, V^\top, \qquad
# \mathrm{d}A_{ts} = P_{ts}\Big(\mathrm{d}P_{ts} - \sum_r P_{tr}\, \mathrm{d}P_{tr}\Big),$$
#
# $$\mathrm{d}Q = \frac{\mathrm{d}A\, K}{\sqrt D}, \qquad
# \mathrm{d}K = \frac{\mathrm{d}A^\top Q}{\sqrt D} .$$
#
# </details>


# %% exercise="attention_backward"
def attention_backward(dout, cache):
    """Gradients of scaled dot-product attention.

    dout: (N, T, V), gradient of the loss with respect to y.
    cache: (q, k, v, weights) as attention_forward returns it; weights are 0 where the mask hid a
        key, and in the whole row of a query that saw nothing.
    Returns (dq, dk, dv) of the shapes of q: (N, T, D), k: (N, S, D) and v: (N, S, V).
    Raises ValueError naming dout, its shape and the shape expected, unless that is (N, T, V).
    """
    ### BEGIN SOLUTION
    q, k, v, weights = cache
    expected = (*q.shape[:2], v.shape[2])
    if dout.shape != expected:
        raise ValueError(f"dout has shape {dout.shape}, expected {expected}")
    dv = weights.transpose(0, 2, 1) @ dout
    dweights = dout @ v.transpose(0, 2, 1)
    mean = (weights * dweights).sum(axis=2, keepdims=True)
    dscores = weights * (dweights - mean) / np.sqrt(q.shape[2])
    return dscores @ k, dscores.transpose(0, 2, 1) @ q, dv
    ### END SOLUTION


# %% [markdown]
# One query, two keys with weights $\tfrac14$ and $\tfrac34$, values of one number: enough for
# paper.

# %% check="attention_backward" points=6
q, k = np.array([[[1.0, 2.0, 0.0, 4.0]]]), np.array([[[1.0, 0.0, 2.0, 0.0], [3.0, 0.0, 0.0, 5.0]]])
v, weights = np.array([[[2.0], [6.0]]]), np.array([[[0.25, 0.75]]])
cache = (q, k, v, weights)
dq, dk, dv = attention_backward(np.array([[[4.0]]]), cache)
check_close(dv, [[[1.0], [3.0]]], "the values get their share of the gradient")
check_close(dk, [[[-1.5, -3.0, 0.0, -6.0], [1.5, 3.0, 0.0, 6.0]]], "the keys: one gains, one loses")
check_close(dq, [[[3.0, 0.0, -3.0, 7.5]]], "the query moves towards the key whose value is wanted")
nothing_seen = (q, k, v, np.zeros((1, 1, 2)))
dq, dk, dv = attention_backward(np.array([[[4.0]]]), nothing_seen)
check_close(np.concatenate([dq, dk], axis=1), np.zeros((1, 3, 4)), "who saw nothing learns nothing")
check_raises(ValueError, attention_backward, np.ones((1, 2, 1)), cache, match=r"\bdout\b")

# %% experiment
_, cache = attention_forward(small_q, small_k, small_v, small_mask)
gradients = attention_backward(small_dout, cache)
inputs = {"q": small_q, "k": small_k, "v": small_v}
for (name, value), gradient in zip(inputs.items(), gradients, strict=True):

    def output(changed, name=name):
        return attention_forward(**{**inputs, name: changed}, mask=small_mask)[0]

    check_gradient(output, value, gradient, f"d{name} agrees with differences", upstream=small_dout)

# %% [markdown]
# ## 5 · Where am I?
#
# ●●○○○ · about 6 min · 2 points
#
# **Predict, then run.** Take a sequence $x$ of five different steps and let it attend to itself:
# $q = k = v = x$, no weights in between. Call the output $y$. Now turn the sequence round,
# `x[:, ::-1]`, and do the same again. Is the new output
#
# - `"same"`: equal to $y$,
# - `"reversed"`: equal to `y[:, ::-1]`, or
# - `"other"`: neither of the two?
#
# Four variants:
#
# 1. just so, without a mask;
# 2. with the causal mask, the same both times;
# 3. without a mask, but before attention a fixed table of positions, with a different row for each
#    step, is added to the sequence (to $x$ the first time, to the reversed $x$ the second time);
# 4. without a mask, and the *queries stay as they are*: only keys and values are turned round.
#
# Write your four words down *before* you run the cell below the check. A guess costs nothing here;
# the surprise is what you learn from.


# %% exercise="predict_reversed"
def predict_reversed():
    """What reversing a sequence does to the output of attention.

    Returns a tuple of four words, each "same", "reversed" or "other": without a mask, with the
    causal mask, with positions added, with only keys and values reversed.
    """
    ### BEGIN SOLUTION
    return "reversed", "other", "other", "same"
    ### END SOLUTION


# %% check="predict_reversed" points=2
words = predict_reversed()
check_true(isinstance(words, tuple | list) and len(words) == 4, "four predictions")
check_true(set(words) <= {"same", "reversed", "other"}, 'each "same", "reversed" or "other"')

# %% experiment
rng = np.random.default_rng(1)
x, positions = rng.normal(size=(1, 5, 8)), rng.normal(size=(5, 8))
turned, lower = x[:, ::-1], np.tri(5, dtype=bool)


def outcome(first, second):
    """Compare the outputs of two calls of attention, given by their arguments."""
    (y, _), (other, _) = attention_forward(*first), attention_forward(*second)
    if np.allclose(other, y):
        return "same"
    return "reversed" if np.allclose(other, y[:, ::-1]) else "other"


a, b = x + positions, turned + positions
print("1 no mask        ", outcome((x, x, x), (turned, turned, turned)))
print("2 causal mask    ", outcome((x, x, x, lower), (turned, turned, turned, lower)))
print("3 positions added", outcome((a, a, a), (b, b, b)))
print("4 keys and values", outcome((x, x, x), (x, turned, turned)))

# %% [markdown]
# Did anything differ from what you wrote? The first and the last line say it all: to attention, a
# sequence is a *set*. Each step gets what it would get in any other order. "Dog bites man" and "man
# bites dog" are the same set. The causal mask breaks that a little. Positions break it for good.
#
# ### A table of positions
#
# ●●○○○ · about 10 min · 3 points
#
# We add to each step a vector that says where it stands. Vaswani and others (2017, section 3.5)
# take sines and cosines of slower and slower frequency, like the hands of a clock with
# $\tfrac{E}{2}$ hands, the coordinates of each side by side:
#
# $$p_{t,\,2i} = \sin\frac{t}{b^{\,2i/E}}, \qquad
# p_{t,\,2i+1} = \cos\frac{t}{b^{\,2i/E}}, \qquad
# t = 0, 1, \dots, \qquad i = 0, \dots, \tfrac{E}{2}-1, \qquad b = 10000 .$$
#
# | | shape |
# |---|---|
# | `steps`, `width` | ints $T$ and $E$; $E$ even |
# | returned | $(T, E)$, sine and cosine of one frequency in neighbouring columns |
#
# (Some libraries, tensor2tensor first, put all sines before all cosines. Same information, other
# columns. We take the paper's order.)
#
# <details><summary>Hint</summary>
#
# A column of times divided by a row of $b^{2i/E}$ gives all angles at once. `table[:, 0::2] = ...`
# fills every other column.
#
# </details>


# %% exercise="sinusoidal_positions"
def sinusoidal_positions(steps, width, *, base=10000.0):
    """Sinusoidal positional encoding (Vaswani et al. 2017, section 3.5).

    steps: T >= 1; width: E, an even int; base: b; the larger, the slower the last columns.
    Returns a float64 array (T, E): in row t, columns 2i and 2i + 1, sine and cosine of
    t / b ** (2i / E).
    Raises ValueError naming width and its value if it is odd.
    """
    ### BEGIN SOLUTION
    if width % 2 != 0:
        raise ValueError(f"width is {width}, expected an even number: a sine and a cosine each")
    angles = np.arange(steps)[:, None] / base ** (np.arange(0, width, 2) / width)
    table = np.empty((steps, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    return table
    ### END SOLUTION


# %% check="sinusoidal_positions" points=3
table = sinusoidal_positions(3, 4)
check_shape(table, (3, 4), "a row for each step")
check_close(table[0], [0.0, 1.0, 0.0, 1.0], "at step 0 all hands point the same way")
second = [0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004]
check_close(table[1], second, "at step 1: sin 1, cos 1, sin 0.01, cos 0.01", rtol=1e-6)
check_close(sinusoidal_positions(2, 4, base=4.0)[1, 2], np.sin(0.5), "the base sets the last angle")
check_raises(ValueError, sinusoidal_positions, 3, 5, match=r"\bwidth\b")

# %% experiment
table = sinusoidal_positions(64, 32)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
image = left.imshow(table.T, aspect="auto", cmap="RdBu_r")
left.set_xlabel("step")
left.set_ylabel("column")
figure.colorbar(image, ax=left)
for step, style in ((10, "C0"), (30, "C1"), (50, "C2")):
    right.plot(table @ table[step] / 16, style, label=f"step {step}")
right.set_xlabel("other step")
right.set_ylabel("similarity (1: same step)")
right.set_ylim(0, 1.35)
right.legend(loc="upper center", ncols=3)
plt.show()

# %% [markdown]
# On the right, the dot product of one step's vector with those of all others. The three curves are
# one curve, moved: what counts is the *distance* alone. By and large it falls off on both sides, so
# a step that looks for its own position finds its neighbourhood.

# %% [markdown]
# ## 6 · Many heads
#
# ●●●○○ · about 20 min · 6 points
#
# From here on: PyTorch, which does the way back for us.
#
# One softmax can look at one thing at a time. Who stands before me? Which vowel came last? A
# network wants to ask several such questions at once, so it splits its vector of $E$ numbers into
# $H$ **heads** of $D = E / H$ numbers each, lets every head attend by itself, and puts the results
# side by side again. Around that stand linear layers: one makes queries, keys and values, one mixes
# the heads at the end.
#
# ![Cut into heads, attend in each, join, mix](heads.svg)
#
# | step | shape |
# |---|---|
# | input $x$ | $(N, T, E)$ |
# | one linear layer $E \to 3E$: outputs for $q$, then $k$, then $v$ | $(N, T, 3E)$ |
# | cut into heads: head $h$ takes the numbers $hD$ to $(h{+}1)D - 1$ | 3 times $(N, H, T, D)$ |
# | attention, for each head by itself | $(N, H, T, D)$ |
# | heads side by side again, in order | $(N, T, E)$ |
# | one linear layer $E \to E$ | $(N, T, E)$ |
#
# That is the format of `nn.MultiheadAttention`, so weights can be exchanged with it. (Three layers
# for $q$, $k$ and $v$, made in this order, in place of the joint one are accepted as well.)
#
# `forward` uses two methods that section 12 will need by themselves: `project` goes from $x$ to the
# three tensors by heads, `merge` from the heads' outputs to the result.
#
# <details><summary>Hint</summary>
#
# Cutting takes two moves: $(N, T, E) \to (N, T, H, D)$ by `reshape`, then `transpose(1, 2)`. A
# `reshape` straight to $(N, H, T, D)$ runs too, and mixes up steps and heads. On the way back,
# transpose first. A mask with a batch axis, $(N, T, T)$, needs an axis for the heads. For a row
# that sees nothing, `torch.softmax` gives NaN; what may `masked_fill` do about that afterwards?
#
# </details>


# %% exercise="MultiHeadAttention"
class MultiHeadAttention(nn.Module):
    """Multi-head self-attention (Vaswani et al. 2017, section 3.2.2).

    width: E, size of a step's vector; heads: H, which divides E.
    Parameters, in this order, made by nn.Linear: weight (3E, E) and bias (3E,) for q, k, v; weight
    (E, E) and bias (E,) of the output.
    Raises ValueError naming heads and both numbers if H does not divide E.
    """

    def __init__(self, width, heads):
        super().__init__()
        ### BEGIN SOLUTION
        if width % heads != 0:
            raise ValueError(f"heads is {heads}, expected a divisor of the width {width}")
        self.heads = heads
        self.inputs = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        ### END SOLUTION

    def project(self, x):
        """x: (N, T, E). Returns q, k, v, each (N, H, T, E / H)."""
        ### BEGIN SOLUTION
        n, steps, width = x.shape
        parts = self.inputs(x).split(width, dim=2)
        return tuple(part.reshape(n, steps, self.heads, -1).transpose(1, 2) for part in parts)
        ### END SOLUTION

    def merge(self, y):
        """y: (N, H, T, E / H), what the heads found. Returns (N, T, E), the output layer's."""
        ### BEGIN SOLUTION
        return self.output(y.transpose(1, 2).flatten(2))
        ### END SOLUTION

    def forward(self, x, mask=None):
        """Let x attend to itself.

        x: (N, T, E).  mask: None, or a bool tensor (T, T), (N, 1, T) or (N, T, T), the same for all
        heads; True where the query (row) may see the key (column).
        Returns (N, T, E). For a query that sees no key, all heads give zeros (to the output layer).
        Then, too, results and gradients are finite.
        """
        ### BEGIN SOLUTION
        q, k, v = self.project(x)
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
        if mask is None:
            return self.merge(torch.softmax(scores, dim=3) @ v)
        if mask.dim() == 3:
            mask = mask[:, None]
        weights = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=3)
        weights = weights.masked_fill(~mask, 0.0)  # they are 0 already, or NaN in an empty row
        return self.merge(weights @ v)
        ### END SOLUTION


# %% check="MultiHeadAttention" points=6
torch.manual_seed(0)
attention = MultiHeadAttention(6, 2)
weights = list(attention.parameters())
check_true(sum(w.numel() for w in weights) == 4 * 6 * 6 + 4 * 6, "4 E E + 4 E parameters")
x = torch.randn(3, 5, 6)
with torch.no_grad():
    q, k, v = attention.project(x)
    check_shape(q, (3, 2, 5, 3), "project: batch, heads, steps, numbers of a head")
    first_head = x @ weights[0][:3].T + weights[1][:3]
    message = "head 0 of q has the first rows of weights"
    check_close(q[:, 0], first_head, message, rtol=1e-4, atol=1e-6)
    check_shape(attention(x), (3, 5, 6), "an output for each step")
    changed = torch.cat([x[:, :4], torch.randn(3, 1, 6)], dim=1)
    lower = torch.ones(5, 5, dtype=torch.bool).tril()
    same = torch.allclose(attention(x, lower)[:, :4], attention(changed, lower)[:, :4])
    check_true(same, "with the causal mask, the last step is seen by nobody before it")
    nobody = attention(x, torch.zeros(5, 5, dtype=torch.bool))
    message = "who sees nothing gets the output layer's bias"
    check_close(nobody[1, 2], weights[-1], message, rtol=1e-4, atol=1e-6)
attention(x, lower).square().sum().backward()
reached = all(w.grad is not None and w.grad.isfinite().all() for w in weights)
check_true(reached, "a finite gradient reaches every parameter")
check_raises(ValueError, MultiHeadAttention, 6, 4, match=r"\bheads\b")

# %% [markdown]
# ## 7 · A block
#
# ●●○○○ · about 12 min · 4 points
#
# Attention moves information *between* steps. What a step then does with it is the work of a small
# MLP, the same for every step. Both are wrapped in the two things that make deep networks
# trainable: a **residual** connection, so that a block only has to *add* something, and **layer
# norm**. The original put the norm after the sum. Today it stands before the layer (*pre-norm*), so
# that an unbroken path of sums leads from the first block to the last, and training needs no
# warm-up (Xiong and others, 2020):
#
# $$x \leftarrow x + \mathrm{Attention}\big(\mathrm{LN}_1(x), \text{mask}\big), \qquad
# x \leftarrow x + \mathrm{MLP}\big(\mathrm{LN}_2(x)\big), \qquad
# \mathrm{MLP}: E \to 4E \to \mathrm{GELU} \to E .$$
#
# GELU, $z\,\Phi(z)$, is a ReLU with its corner rounded off; `nn.GELU()` as it comes.
#
# The block gets its attention as an argument: any module that is called as `attention(x, mask)` and
# returns the shape of `x`.
#
# <details><summary>Hint</summary>
#
# Two `nn.LayerNorm(width)`: they have weights of their own. Assign the given `attention` to an
# attribute; that is all it takes to register its parameters. Mind the order in `__init__`.
#
# </details>


# %% exercise="Block"
class Block(nn.Module):
    """A pre-norm transformer block (Radford et al. 2019), without dropout.

    attention: a module, called as attention(x, mask), which keeps the shape of x; width: E.
    Made in the order in which data passes through: layer norm, the given attention, layer norm,
    linear layer E to 4E, (GELU,) linear layer 4E to E.
    """

    def __init__(self, attention, width):
        super().__init__()
        ### BEGIN SOLUTION
        self.norm1 = nn.LayerNorm(width)
        self.attention = attention
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        ### END SOLUTION

    def forward(self, x, mask=None):
        """x: (N, T, E); mask: handed to attention as it is. Returns (N, T, E); x stays as it is."""
        ### BEGIN SOLUTION
        x = x + self.attention(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))
        ### END SOLUTION


# %% check="Block" points=4
class Scale(nn.Module):
    """Stands in for attention: multiplies by a number; a mask doubles the result."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(3.0))

    def forward(self, x, mask):
        return self.factor * x * (1 if mask is None else 2)


torch.manual_seed(0)
block = Block(Scale(), 4)
weights = list(block.parameters())
numbers = sum(w.numel() for w in weights)
check_true(numbers == 8 * 16 + 9 * 4 + 1, "8 E E + 9 E parameters, and the one of Scale")
x = torch.tensor([[[1.0, -1.0, 1.0, -1.0]]])
with torch.no_grad():
    for w in weights[5:]:
        w.zero_()
    check_close(block(x), 4.0 * x, "x plus three times its norm", rtol=1e-3)
    check_close(block(x, True), 7.0 * x, "the mask reaches attention", rtol=1e-3)
    weights[-1][:] = torch.tensor([5.0, 6.0, 7.0, 8.0])
    added = block(x) - 4.0 * x
    check_close(added, [[[5.0, 6.0, 7.0, 8.0]]], "then the MLP adds to that", rtol=1e-3)

# %% [markdown]
# ## 8 · The whole network
#
# ●●●○○ · about 15 min · 5 points
#
# $$x = \mathrm{Embedding}(\text{tokens}) + \text{positions}, \qquad
# x \leftarrow \mathrm{Block}_\ell(x, \text{causal mask}), \quad \ell = 1, \dots, L, \qquad
# \text{logits} = \mathrm{Linear}\big(\mathrm{LN}(x)\big) .$$
#
# | | shape |
# |---|---|
# | `tokens` | $(N, T)$, int64 |
# | `positions`, given at the start | $(\text{context}, E)$; fixed, not learned |
# | logits | $(N, T, C)$: at each step, scores for the symbol that comes **next** |
#
# The causal mask is made here, for the $T$ steps at hand. Thanks to it, one pass predicts after
# every step at once: $T$ lessons from a sequence of $T$ letters.
#
# The table of positions is part of the network but not a parameter. PyTorch calls that a *buffer*:
# `register_buffer` has it moved to the GPU and saved with the rest, and keeps it from the
# optimiser.
#
# <details><summary>Hint</summary>
#
# A Python list of blocks is invisible to PyTorch; use `nn.ModuleList`, and call `make_block()` once
# for each layer. `torch.ones(T, T, dtype=torch.bool).tril()` is the mask; make it on
# `tokens.device`.
#
# </details>


# %% exercise="GPT"
class GPT(nn.Module):
    """A language model of transformer blocks (Radford et al. 2018, with pre-norm).

    make_block: a function without arguments; each call makes a new block, called as block(x, mask);
    symbols: C, how many there are; positions: tensor (context, E); layers: how many blocks.
    Made in this order: nn.Embedding, buffer of positions, blocks, layer norm, linear layer E to C
    without a bias.
    """

    def __init__(self, make_block, symbols, positions, layers):
        super().__init__()
        ### BEGIN SOLUTION
        width = positions.shape[1]
        self.embedding = nn.Embedding(symbols, width)
        self.register_buffer("positions", positions)
        self.blocks = nn.ModuleList(make_block() for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, symbols, bias=False)
        ### END SOLUTION

    def forward(self, tokens, start=0):
        """tokens: (N, T), int64; start: the position of the first of them.

        Returns the logits (N, T, C). The mask that the blocks get is bool (T, T), True where the
        query (row) may see the key (column).
        Raises ValueError naming tokens, T, start and the context if start + T is above the context.
        """
        ### BEGIN SOLUTION
        steps, context = tokens.shape[1], len(self.positions)
        if start + steps > context:
            raise ValueError(f"tokens has {steps} steps from {start} on, the context is {context}")
        x = self.embedding(tokens) + self.positions[start : start + steps]
        mask = torch.ones(steps, steps, dtype=torch.bool, device=tokens.device).tril()
        for block in self.blocks:
            x = block(x, mask)
        return self.head(self.norm(x))
        ### END SOLUTION


# %% check="GPT" points=5
class Mean(nn.Module):
    """Stands in for a block: adds the mean of the steps that may be seen, times a number."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(1.0))

    def forward(self, x, mask):
        weights = mask / mask.sum(dim=-1, keepdim=True)
        return x + self.factor * (weights @ x)


torch.manual_seed(0)
network = GPT(Mean, 7, torch.randn(6, 4), 3)
numbers = sum(w.numel() for w in network.parameters())
check_true(numbers == 2 * 7 * 4 + 2 * 4 + 3, "2 C E + 2 E parameters, and those of 3 blocks")
buffers = [tuple(buffer.shape) for buffer in network.buffers()]
check_true((6, 4) in buffers, "the positions are a buffer")
tokens = torch.randint(7, (2, 5))
with torch.no_grad():
    logits = network(tokens)
    check_shape(logits, (2, 5, 7), "scores of seven symbols at each step")
    changed = tokens.clone()
    changed[:, 3] = (changed[:, 3] + 1) % 7
    unmoved = torch.isclose(logits, network(changed)).all(dim=2).all(dim=0).tolist()
    check_true(unmoved == [True, True, True, False, False], "a changed token shows from there on")
check_raises(ValueError, network, torch.zeros(1, 7, dtype=torch.int64), match=r"\btokens\b")
check_raises(ValueError, network, tokens, 2, match=r"\btokens\b")

# %% [markdown]
# ## 9 · What comes next?
#
# ●●○○○ · about 10 min · 4 points
#
# The logits at step $t$ are a guess at token $t + 1$. So the targets are the tokens themselves,
# shifted by one. The logits at the last step have no target; the first token is nobody's target.
# Targets that are padding do not count, and the loss is the **mean over all targets that do**, in
# the whole batch together.
#
# | tokens | `.` | `e` | `v` | `a` | `.` | PAD |
# |---|---|---|---|---|---|---|
# | logits at this step are compared with | `e` | `v` | `a` | `.` | (padding) | (nothing) |
#
# <details><summary>Hint</summary>
#
# Slices do the shift. `F.cross_entropy` wants $(M, C)$ and $(M,)$: `flatten(0, 1)` joins the first
# two axes. It has an argument for targets to leave out.
#
# </details>


# %% exercise="next_token_loss"
def next_token_loss(logits, tokens, pad):
    """Mean cross-entropy of the next token, over all targets that are not padding.

    logits: (N, T, C), at step t for token t + 1; tokens: (N, T), int64; pad: the token that is
    padding, an int.
    Returns a 0-d tensor, through which gradients flow to the logits.
    Raises ValueError naming tokens and its shape if there is no target that is not padding.
    """
    ### BEGIN SOLUTION
    targets = tokens[:, 1:]
    if not (targets != pad).any():
        raise ValueError(f"tokens of shape {tuple(tokens.shape)} hold no target, only padding")
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), targets.flatten(), ignore_index=pad)
    ### END SOLUTION


# %% [markdown]
# In the check, the logits are logarithms of probabilities: 0.5 for the first target of the first
# sequence, 0.25 for the second, and 0.1 for the one target of the second sequence.

# %% check="next_token_loss" points=4
logits = torch.tensor(
    [
        [[0.2, 0.5, 0.3, 0.0], [0.25, 0.25, 0.25, 0.25], [0.9, 0.1, 0.0, 0.0]],
        [[0.8, 0.1, 0.1, 0.0], [0.6, 0.3, 0.1, 0.0], [0.7, 0.2, 0.1, 0.0]],
    ]
).clamp(min=1e-9).log()
tokens = torch.tensor([[0, 1, 2], [0, 2, 3]])
loss = next_token_loss(logits, tokens, 3)
expected = -np.log([0.5, 0.25, 0.1]).mean()
check_close(loss, expected, "the mean over three targets of two sequences", rtol=1e-5)
padding = torch.tensor([[0, 3, 3]])
check_raises(ValueError, next_token_loss, logits[:1], padding, 3, match=r"\btokens\b")

# %% [markdown]
# ## 10 · A model that invents names
#
# Data: 5,163 first names from a sample of the census of the United States in 1990. A name becomes a
# row of tokens: `.` for the beginning, its letters, `.` for the end, then padding. A tenth of the
# names is kept for validation.


# %% setup
SYMBOLS = ".abcdefghijklmnopqrstuvwxyz_"  # the token of a symbol is its place here
PAD = SYMBOLS.index("_")


def encode(names, context):
    """Names as tokens (N, context): a dot, the letters, a dot, padding."""
    rows = [f".{name}.".ljust(context, "_") for name in names]
    return torch.tensor([[SYMBOLS.index(symbol) for symbol in row] for row in rows])


def decode(tokens):
    """One row of tokens as a name: the letters after the first dot, up to the next one."""
    return "".join(SYMBOLS[token] for token in tokens[1:]).partition(".")[0]


# %% experiment
known_names = data.load_names().names
context = max(map(len, known_names)) + 2
order = torch.randperm(len(known_names), generator=torch.Generator().manual_seed(0)).tolist()
tokens = encode([known_names[index] for index in order], context)
validation, training = tokens[:516], tokens[516:]
print(len(training), "names for training,", len(validation), "for validation; context", context)
print([decode(row) for row in training[:8].tolist()])


def perplexity(network):
    """exp of the mean loss on the validation names: among how many letters it hesitates."""
    with torch.no_grad():
        return math.exp(next_token_loss(network(validation), validation, PAD))


def train(network, *, steps, rate, seed, batch=64, watch=None):
    """AdamW with a rate that rises and falls; returns the perplexities after each `watch` steps."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    generator = torch.Generator().manual_seed(seed)
    curve = []
    for step in range(1, steps + 1):
        rows = training[torch.randint(len(training), (batch,), generator=generator)]
        optimiser.zero_grad()
        next_token_loss(network(rows), rows, PAD).backward()
        optimiser.step()
        schedule.step()
        if watch and step % watch == 0:
            curve.append(perplexity(network))
    return curve


def make_gpt(width, heads, layers, *, wrap=lambda attention: attention, scale=1.0):
    """A GPT of your parts; `wrap` may put something around each attention."""
    table = scale * torch.tensor(sinusoidal_positions(context, width), dtype=torch.float32)

    def make_block():
        return Block(wrap(MultiHeadAttention(width, heads)), width)

    return GPT(make_block, len(SYMBOLS), table, layers)


# %% [markdown]
# First, two health checks that take a second and find most mistakes. Before any training the loss
# is about $\ln C = 3.33$ (here a little more, since the first guesses are not quite even). And a
# network must be able to learn one small batch by heart. By heart does not mean a loss of 0: any of
# the eight names may begin after the dot, so that each name costs $\ln 8$ somewhere.

# %% experiment
torch.manual_seed(0)
network = make_gpt(32, 4, 2)
before = math.log(perplexity(network))
print(f"loss before training {before:.2f}, ln C = {math.log(len(SYMBOLS)):.2f}")
few = training[:8]
optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
for _ in range(150):
    optimiser.zero_grad()
    loss = next_token_loss(network(few), few, PAD)
    loss.backward()
    optimiser.step()
least = 8 * math.log(8) / (few[:, 1:] != PAD).sum()
print(f"eight names, 150 steps: loss {loss:.2f}; the least that is possible: {least:.2f}")

# %% [markdown]
# Now the experiment of this lab. We train four networks of two small blocks, three seeds each:
#
# - the **GPT** as you built it;
# - one **without positions** (the table is zero);
# - one **without attention**: every step sees itself only;
# - one **without the mask**: a wrapper drops the mask on its way to your attention, so that every
#   step sees all others. This is a bug that people have published.
#
# The grey lines are what counting gives: how often does each letter follow each other letter
# (bigrams), each pair of letters (trigrams)? It takes about a minute.


# %% experiment
class OnlyItself(nn.Module):
    """Attention that may see its own step only."""

    def __init__(self, attention):
        super().__init__()
        self.attention = attention

    def forward(self, x, mask):
        return self.attention(x, torch.eye(x.shape[1], dtype=torch.bool))


class NoMask(OnlyItself):
    """Attention that never gets to know the mask."""

    def forward(self, x, mask):
        return self.attention(x)


def counted_perplexity(order):
    """Perplexity of counts, given the last `order` symbols; 0.1 is added to each count."""
    counts = np.full((27,) * (order + 1), 0.1)
    for rows, learn in ((training, True), (validation, False)):
        padded = np.concatenate([np.zeros((len(rows), order - 1), dtype=int), rows.numpy()], axis=1)
        windows = np.lib.stride_tricks.sliding_window_view(padded, order + 1, axis=1)
        windows = windows[windows[..., -1] != PAD]
        if learn:
            np.add.at(counts, tuple(windows.T), 1)
    shares = counts / counts.sum(axis=-1, keepdims=True)
    return np.exp(-np.log(shares[tuple(windows.T)]).mean())


variants = {
    "GPT": {},
    "without positions": {"scale": 0.0},
    "without attention": {"wrap": OnlyItself},
    "without the mask": {"wrap": NoMask},
}
trained = {}
styles = ("C0-o", "C1--s", "C2-.^", "C3:v")
for (name, options), style in zip(variants.items(), styles, strict=True):
    curves = []
    for seed in range(3):
        torch.manual_seed(seed)
        trained[name] = make_gpt(32, 4, 2, **options)
        curves.append(train(trained[name], steps=300, rate=8e-3, seed=seed, watch=50))
    plt.semilogy(range(50, 301, 50), np.mean(curves, axis=0), style, label=name)
    print(f"{name:18s}", *(f"{curve[-1]:6.2f}" for curve in curves))
for order, name in ((1, "bigrams"), (2, "trigrams")):
    counted = counted_perplexity(order)
    print(f"{name:18s} {counted:6.2f}")
    plt.axhline(counted, color="0.6", linewidth=1)
    plt.text(305, counted, name, color="0.4", va="bottom")
plt.xlim(right=350)
plt.yticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
plt.minorticks_off()
plt.xlabel("steps of training")
plt.ylabel("validation perplexity")
plt.title("Among how many letters does it hesitate?")
plt.legend()
plt.show()

# %% [markdown]
# **Question 1.** Look at *your* plot and the printed numbers.
#
# (a) One of the four curves is too good to be true. Which one, what perplexity does it end at, and
# what does that network do to get there? Why does the validation set, which it has never seen, not
# give it away? Name one thing that would.
#
# (b) Compare "without positions" with the GPT. Section 5 said that attention sees a set. How can a
# network without positions do as well as it does?

# %% [markdown] answer="too_good_to_be_true" points=2
# ### BEGIN SOLUTION
# (a) The network without the mask ends at a perplexity of about 1.0: it hardly ever hesitates. The
# logits at step $t$ are compared with token $t + 1$, and without the mask that token is among those
# it may look at. It learns to look one step ahead and copy. The validation names come with their
# next letters as well, so copying works there just as well: a validation set tells what was
# learned from what was memorised, but not a prediction from a copy. What gives it away: inventing
# names, where no next letter exists (it writes rubbish); or changing a later token and seeing
# earlier logits move; or knowing that nobody can be certain of the first letter of a name.
#
# (b) It ends very near the GPT. The causal mask already breaks the symmetry: step $t$ sees exactly
# $t + 1$ steps, so how much the mixture is diluted tells a network how far it is into the name.
# And a second block can tell apart what the first has found at each step. (Only a network
# without a mask is blind to order.)
#
# **Marking.** (a) 1.2 points: names the curve with a perplexity near 1 from the plot 0.3; it looks
# at the next token 0.4; the validation names contain the answers in the same way 0.3; a test that
# would show it 0.2. (b) 0.8 points: reads that the two are close 0.2; the causal mask carries
# information about position, with a reason 0.6 (0.3 for the mask without a reason).
# ### END SOLUTION

# %% [markdown]
# ## 11 · Let it speak
#
# ●●○○○ · about 10 min · 3 points
#
# The network gives scores; we have to choose. Two knobs change the character of what comes out:
#
# **Temperature** $\tau$ divides the logits, $p = \operatorname{softmax}(z / \tau)$. Below 1 the
# favourites gain, above 1 the outsiders. As $\tau \to 0$ only the largest is left, so we *define*
# $\tau = 0$ as: probability 1 for the largest logit.
#
# **Top-k** strikes out all but the $k$ largest logits and shares the probability among those.
#
# | | shape |
# |---|---|
# | `logits` | $(\dots, C)$; each row along the last axis by itself |
# | returned | the same; each row sums to 1 |
#
# <details><summary>Hint</summary>
#
# Strike out before the softmax, with $-\infty$, so that the rest sums to 1 by itself. `logits.topk`
# gives the $k$ largest in falling order; the last of them is the threshold.
#
# </details>


# %% exercise="sampling_probabilities"
def sampling_probabilities(logits, *, temperature=1.0, top_k=None):
    """Probabilities of the next symbol.

    logits: (..., C) floating tensor; temperature: >= 0, where 0 puts all probability on the largest
    logit; top_k: None (keep all) or an int >= 1, how many of each row to keep; above C keeps all.
    Returns a tensor of the shape of logits.
    Raises ValueError naming temperature (or top_k) and its value if it is below 0 (below 1).
    """
    ### BEGIN SOLUTION
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}, expected 0 or more")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k is {top_k}, expected None, or 1 or more")
    if temperature == 0:
        return F.one_hot(logits.argmax(dim=-1), logits.shape[-1]).to(logits.dtype)
    if top_k is not None:
        threshold = logits.topk(min(top_k, logits.shape[-1])).values[..., -1:]
        logits = logits.masked_fill(logits < threshold, -math.inf)
    return torch.softmax(logits / temperature, dim=-1)
    ### END SOLUTION


# %% check="sampling_probabilities" points=3
logits = torch.tensor([[0.1, 0.5, 0.4], [0.6, 0.1, 0.3]], dtype=torch.float64).log()
check_close(sampling_probabilities(logits), logits.exp(), "as they are: a softmax of each row")
cold = sampling_probabilities(logits, temperature=0.5)
squares = [[1 / 42, 25 / 42, 16 / 42], [36 / 46, 1 / 46, 9 / 46]]
check_close(cold, squares, "temperature 1/2 squares the probabilities, up to a factor")
two = sampling_probabilities(logits, top_k=2)
check_close(two, [[0.0, 5 / 9, 4 / 9], [2 / 3, 0.0, 1 / 3]], "top-2 shares all among two")
greedy = sampling_probabilities(logits, temperature=0)
check_close(greedy, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], "temperature 0 takes the largest")
check_raises(ValueError, sampling_probabilities, logits, temperature=-1.0, match=r"\btemperature\b")
check_raises(ValueError, sampling_probabilities, logits, top_k=0, match=r"\btop_k\b")

# %% [markdown]
# ### One after the other
#
# ●●●○○ · about 12 min · 4 points
#
# Now the loop: run the network on what there is, take the logits of the **last** step, draw a
# token, append it, repeat. It ends after the token `end` has been drawn (and kept), or after
# `steps` new tokens. The network sees the last `context` tokens at most, since it has no more
# positions than that.
#
# Be a good guest: no gradients, evaluation mode while you work, and the mode you found afterwards.
# And every draw comes from the given generator, so that a seed can be repeated.
#
# | argument | is |
# |---|---|
# | `model` | a module: int64 $(1, T) \to$ logits $(1, T, C)$ |
# | `tokens` | int64 $(T,)$, at least one: what to begin with |
# | `probabilities` | a function: logits $(C,) \to$ probabilities $(C,)$ |
# | `generator` | a `torch.Generator` |
#
# <details><summary>Hint</summary>
#
# `torch.multinomial(p, 1, generator=generator)` draws one index. `tokens[None, -context:]` is a
# batch of one. `with torch.no_grad():`, and `model.training` tells the mode.
#
# </details>


# %% exercise="generate"
def generate(model, tokens, steps, *, probabilities, context, end, generator):
    """Continue a sequence, one drawn token at a time.

    model, tokens, probabilities, generator: see the table above; steps: how many new tokens at
    most, >= 0; context: how many tokens the model may be shown, the last ones; end: the token after
    which to stop.
    Returns an int64 tensor (T + drawn,): the given tokens, then the drawn ones, `end` included.
    The model is in evaluation mode while it runs, and in its old mode afterwards. No gradients.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for _ in range(steps):
            logits = model(tokens[None, -context:])[0, -1]
            drawn = torch.multinomial(probabilities(logits), 1, generator=generator)
            tokens = torch.cat([tokens, drawn])
            if drawn.item() == end:
                break
    model.train(was_training)
    return tokens
    ### END SOLUTION


# %% check="generate" points=4
class Counting(nn.Module):
    """A model that is sure: after token t comes (t + 1) modulo 5."""

    def forward(self, tokens):
        return 100.0 * F.one_hot((tokens + 1) % 5, 5)


def settings(seed):
    generator = torch.Generator().manual_seed(seed)
    return {"probabilities": nn.Softmax(dim=-1), "context": 3, "end": 0, "generator": generator}


counting = Counting()
begin = torch.tensor([1, 2])
check_close(generate(counting, begin, 2, **settings(0)), [1, 2, 3, 4], "two new tokens")
whole = generate(counting, begin, 9, **settings(0))
check_close(whole, [1, 2, 3, 4, 0], "the end is kept, and nothing follows")
check_close(begin, [1, 2], "the given tokens are not changed")
check_true(counting.training, "the model is back in training mode")

# %% [markdown]
# Now a somewhat larger network, trained for somewhat longer (a quarter of a minute), and its voice
# at four temperatures. For each we count how many of 200 invented names are really in the list
# (training or validation), and how many are different from each other.

# %% experiment
torch.manual_seed(0)
gpt = make_gpt(48, 4, 2)
print(sum(weight.numel() for weight in gpt.parameters()), "parameters")
print(f"validation perplexity {train(gpt, steps=800, rate=6e-3, seed=0, watch=800)[-1]:.2f}")


def invent(network, number, seed, **knobs):
    """Names drawn from a network, from the first dot to the next."""
    generator = torch.Generator().manual_seed(seed)

    def probabilities(logits):
        return sampling_probabilities(logits, **knobs)

    options = {"probabilities": probabilities, "context": context, "end": 0, "generator": generator}
    dot = torch.tensor([0])
    return [decode(generate(network, dot, context - 1, **options).tolist()) for _ in range(number)]


real = set(known_names)
for knobs in (
    {"temperature": 0.3},
    {"temperature": 0.7},
    {"temperature": 1.0},
    {"temperature": 1.5},
    {"temperature": 1.0, "top_k": 3},
):
    names = invent(gpt, 200, seed=1, **knobs)
    known = sum(name in real for name in names)
    print(f"\n{knobs}: {known} of 200 are in the list, {len(set(names))} different")
    print(", ".join(names[:10]))
print("\nWithout the mask:", invent(trained["without the mask"], 5, seed=1))

# %% [markdown]
# Cold, it mostly gives names that exist; hot, it stammers; in between it invents names that nobody
# bears and somebody could. And the network with the wonderful perplexity? It has learned to copy
# what stands on its right. Where nothing stands there, it has nothing to say.
#
# ## 12 · Remember what you know
#
# ●●●○○ · about 15 min · 4 points
#
# Watch `generate` work: for each new letter the network runs over *all* the letters again, and
# calculates the same keys and values again. They cannot have changed, since no step sees a later
# one. So keep them. With a **key-value cache**, only the new steps go through the network; their
# queries meet the old keys and values together with the new ones.
#
# | | argument | shape |
# |---|---|---|
# | of the new steps | `q`, `k`, `v` | $(N, H, T, D)$ each |
# | of the $P$ steps before | `past` | `None`, or a pair $(k, v)$ of $(N, H, P, D)$ each |
# | returned | `y` | $(N, H, T, D)$, for the new steps only |
# | | the new `past` | a pair of $(N, H, P + T, D)$ each |
#
# Nobody sees the future here either: new step $i$ is step number $P + i$, and sees the steps
# $0, \dots, P + i$. With $T = 1$ no mask is needed at all; with $T > 1$ it is that of section 2.
#
# <details><summary>Hint</summary>
#
# `torch.cat([old, new], dim=2)`. The mask has $T$ rows and $P + T$ columns;
# `torch.ones(...).tril(P)` shifts the triangle. Write it from scratch: nothing of the earlier
# exercises is needed.
#
# </details>


# %% exercise="attend_cached"
def attend_cached(q, k, v, past=None):
    """Causal attention of new steps, which come after the steps whose keys and values are kept.

    q, k, v: tensors (N, H, T, D) of the new steps; past: None (there is nothing before them) or the
    pair (k, v) of all steps before, tensors (N, H, P, D).
    Returns y, past: y (N, H, T, D) for the new steps, and the pair to pass on with the next ones,
    (N, H, P + T, D) each. The given past is not changed.
    """
    ### BEGIN SOLUTION
    if past is not None:
        k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
    new, known = q.shape[2], k.shape[2]
    mask = torch.ones(new, known, dtype=torch.bool, device=q.device).tril(known - new)
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
    return torch.softmax(scores.masked_fill(~mask, -math.inf), dim=3) @ v, (k, v)
    ### END SOLUTION


# %% check="attend_cached" points=4
torch.manual_seed(0)
q, k, v = torch.randn(3, 2, 4, 5, 6, dtype=torch.float64)
whole, past = attend_cached(q, k, v)
check_close(whole[:, :, 0], v[:, :, 0], "the first step sees itself only")
unmasked = F.scaled_dot_product_attention(q, k, v)
check_close(whole[:, :, 4], unmasked[:, :, 4], "the last one sees all")
first, past = attend_cached(q[:, :, :2], k[:, :, :2], v[:, :, :2])
second, past = attend_cached(q[:, :, 2:], k[:, :, 2:], v[:, :, 2:], past)
check_close(torch.cat([first, second], dim=2), whole, "two steps, then three: the same outputs")
check_close(past[0], k, "all keys are kept, in order")

# %% [markdown]
# Put it to work in the trained network. `Remembering` wraps your attention (its methods `project`
# and `merge`) and keeps the past; `GPT` is as you wrote it, told by `start` where the new tokens
# stand. Letter by letter it gives the logits of the full pass. The second half times 400 steps of a
# longer context, with and without the cache (random weights will do for that).


# %% experiment
class Remembering(nn.Module):
    """Attention that keeps the keys and values of all it has seen."""

    def __init__(self, attention):
        super().__init__()
        self.attention = attention
        self.past = None

    def forward(self, x, mask):
        y, self.past = attend_cached(*self.attention.project(x), self.past)
        return self.attention.merge(y)


def forget(network):
    for module in network.modules():
        if isinstance(module, Remembering):
            module.past = None


with_memory = make_gpt(48, 4, 2, wrap=Remembering)
with torch.no_grad():
    for mine, trained_one in zip(with_memory.parameters(), gpt.parameters(), strict=True):
        mine.copy_(trained_one)
    rows = validation[:20]
    steps = [with_memory(rows[:, t : t + 1], start=t) for t in range(rows.shape[1])]
    difference = (torch.cat(steps, dim=1) - gpt(rows)).abs().max().item()
print("largest difference of any logit below 0.0001:", difference < 1e-4)

# %% experiment volatile
long_table = torch.tensor(sinusoidal_positions(400, 48), dtype=torch.float32)


def long_network(wrap):
    return GPT(lambda: Block(wrap(MultiHeadAttention(48, 4)), 48), len(SYMBOLS), long_table, 2)


def seconds_by_step(network, cached):
    """Seconds from the start to each of 400 steps, when tokens are fed one by one."""
    tokens = torch.zeros(1, 400, dtype=torch.int64)
    started, seconds = time.perf_counter(), []
    with torch.no_grad():
        for t in range(400):
            if cached:
                network(tokens[:, t : t + 1], start=t)
            else:
                network(tokens[:, : t + 1])
            seconds.append(time.perf_counter() - started)
    return seconds


without = seconds_by_step(long_network(lambda attention: attention), cached=False)
with_cache = seconds_by_step(long_network(Remembering), cached=True)
plt.plot(without, "C1--", label="everything again")
plt.plot(with_cache, "C0-", label="with the cache")
plt.xlabel("tokens so far")
plt.ylabel("seconds so far")
plt.legend()
plt.show()

# %% [markdown]
# The one line bends upwards, the other is nearly straight.
#
# ## 13 · What does it cost?
#
# ●●○○○ · about 5 min · 2 points
#
# **Predict, then run.** A GPT with sinusoidal positions reads a sequence. Then it reads one **twice
# as long**. By what factor does each of these four numbers grow?
#
# 1. the multiplications inside attention (scores $q \cdot k$, and weights times values; without a
#    cache, masked scores count too);
# 2. the multiplications of the linear layers of the blocks;
# 3. the parameters of the network;
# 4. the numbers that a key-value cache holds at the end.


# %% exercise="predict_doubling"
def predict_doubling():
    """Factors by which four costs grow when the sequence becomes twice as long.

    Returns a tuple of four numbers: multiplications inside attention, multiplications of the linear
    layers, parameters, numbers in a key-value cache.
    """
    ### BEGIN SOLUTION
    return 4, 2, 1, 2
    ### END SOLUTION


# %% check="predict_doubling" points=2
factors = predict_doubling()
check_true(isinstance(factors, tuple | list) and len(factors) == 4, "four predictions")
check_true(all(isinstance(factor, int | float) for factor in factors), "each a number")

# %% [markdown]
# The next cell looks: it counts while your network runs. (PyTorch has a counter built in. It counts
# a multiplication and an addition as two operations.)

# %% experiment
from torch.utils.flop_counter import FlopCounterMode


def four_costs(steps):
    attention_only = MultiHeadAttention(48, 4)
    table = torch.zeros(steps, 48)
    network = GPT(lambda: Block(Remembering(attention_only), 48), len(SYMBOLS), table, 1)
    q = torch.zeros(1, 4, steps, 12)
    with torch.no_grad(), FlopCounterMode(display=False) as inside:
        attend_cached(q, q, q)
    with torch.no_grad(), FlopCounterMode(display=False) as block:
        network.blocks[0](torch.zeros(1, steps, 48))
    kept = sum(part.numel() for part in network.blocks[0].attention.past)
    core = inside.get_total_flops() // 2
    parameters = sum(weight.numel() for weight in network.parameters())
    return core, block.get_total_flops() // 2 - core, parameters, kept


names = ("inside attention", "linear layers", "parameters", "cache")
for name, short, long in zip(names, four_costs(100), four_costs(200), strict=True):
    print(f"{name:17s} {short:10,d} at 100 steps {long:10,d} at 200: {long / short:g} times")

# %% [markdown]
# ### Counting a generation
#
# ●●○○○ · about 10 min · 3 points
#
# Count the multiplications of the blocks' matrix products while a text of $T$ tokens is written,
# token by token. When $n$ tokens go through a block and $s$ keys are there to be seen, it needs
#
# | product | multiplications |
# |---|---|
# | queries, keys, values, and the output layer | $4\, n E^2$ |
# | the MLP, $E \to 4E \to E$ | $8\, n E^2$ |
# | scores $QK^\top$ | $n\, s\, E$ for all heads together |
# | weights times values | $n\, s\, E$ |
#
# Masked scores are calculated like all others. Embedding, head, norms, biases and softmax do not
# count. There are $T$ passes, one for each number of known tokens $t = 1, \dots, T$. Which $n$ and
# $s$ pass $t$ has, with the cache and without it, is for you to say.
#
# <details><summary>Hint</summary>
#
# Without the cache all $t$ known tokens go through the network. With it, only the newest does. The
# keys to be seen are $t$ either way. A loop over $t$ is fine.
#
# </details>


# %% exercise="generation_cost"
def generation_cost(steps, width, layers, *, cached):
    """Multiplications in the blocks while `steps` tokens are fed one by one, each with a pass.

    steps: T >= 0; width: E; layers: how many blocks; cached: whether keys and values are kept.
    Returns an int.
    """
    ### BEGIN SOLUTION
    total = 0
    for known in range(1, steps + 1):
        new = 1 if cached else known
        total += layers * (12 * new * width**2 + 2 * new * known * width)
    return total
    ### END SOLUTION


# %% check="generation_cost" points=3
check_close(generation_cost(1, 10, 1, cached=True), 1220, "one token: 12 E E + 2 E")
without = generation_cost(1, 10, 1, cached=False)
check_close(without, 1220, "the first pass is the same without a cache")
check_close(generation_cost(2, 10, 3, cached=True), 3 * 2460, "the second token meets two keys")
without, kept = (generation_cost(50, 10, 1, cached=cached) for cached in (False, True))
check_true(without > 10 * kept, "at 50 tokens the cache saves more than nine tenths")

# %% [markdown]
# Counted, then measured. On the left, one block's two kinds of work in **one pass** over $T$ steps.
# On the right, the time they take on your machine, in milliseconds, for $E = 64$. (One linear layer
# of $E \to 12E$ stands in for those of a block: as many multiplications.)

# %% experiment volatile
lengths = [16, 32, 64, 128, 256, 512, 1024, 2048]
width = 64
attention, mlp = MultiHeadAttention(width, 4), nn.Linear(width, 12 * width)


def milliseconds(function, *arguments):
    """The shortest of five runs, in milliseconds."""
    seconds = []
    with torch.no_grad():
        for _ in range(5):
            started = time.perf_counter()
            function(*arguments)
            seconds.append(time.perf_counter() - started)
    return 1e3 * min(seconds)


measured = {"inside attention": [], "linear layers": []}
for length in lengths:
    q = torch.randn(1, 4, length, width // 4)
    measured["inside attention"].append(milliseconds(attend_cached, q, q, q))
    measured["linear layers"].append(milliseconds(mlp, torch.randn(1, length, width)))
counted = {
    "inside attention": [2 * t * t * width for t in lengths],
    "linear layers": [12 * t * width**2 for t in lengths],
}
figure, axes = plt.subplots(1, 2, figsize=(9, 3.8))
for axis, values, label in (
    (axes[0], counted, "multiplications, counted"),
    (axes[1], measured, "milliseconds, measured"),
):
    axis.loglog(lengths, values["inside attention"], "C1--s", label="inside attention")
    axis.loglog(lengths, values["linear layers"], "C0-o", label="linear layers")
    axis.set_xlabel("sequence length T")
    axis.set_ylabel(label)
    axis.set_xticks(lengths, lengths, rotation=45)
    axis.minorticks_off()
axes[0].legend(loc="upper left")
plt.show()
for name, values in measured.items():
    print(f"{name:17s}", *(f"{value:8.3f}" for value in values), "ms")

# %% [markdown]
# **Question 2.** (a) At which length does the work inside attention overtake the linear layers, by
# the count and on your machine? Derive the first from the table above, read the second off your
# plot, and name one reason why they differ. (b) With the cache, a pass for one token is cheap. What
# does one pay for it, and how does that grow with the length of the text? Is writing a text of $T$
# tokens then linear in $T$?

# %% [markdown] answer="where_the_time_goes" points=2
# ### BEGIN SOLUTION
# (a) By the count, where $2T^2E = 12TE^2$, that is at $T = 6E = 384$ steps for $E = 64$. Measured,
# it happens much earlier: in our runs below 100 steps, on some machines at the shortest length
# already (any answer that fits the plot handed in). A multiplication inside attention costs more
# time than one in a large linear layer: the mask, the exponentials and the division are not in the
# count, and the $T \times T$ scores are written to memory and read again several times, while the
# linear layers are one large matrix product each, which a processor does best. (At small $T$ the
# fixed cost of calling a dozen operations decides.)
#
# (b) One pays with memory: two numbers for each layer, step and entry of the width, $2 L T E$ in
# all for each sequence, so it grows in proportion to $T$ (and every pass has to read it). Writing
# is not linear: the linear layers cost $12 E^2$ for each token, but the token number $t$ still
# meets $t$ keys, so the sum contains $E\,T^2$. Without the cache it would be of order $T^3$.
#
# **Marking.** (a) 1.2 points: $T = 6E$ or 384 with the derivation 0.5; the length read off the
# plot 0.4; a reason that is not "inaccurate measurement" 0.3. (b) 0.8 points: memory, in proportion
# to $T$ 0.4; not linear, since each token meets all earlier keys 0.4.
# ### END SOLUTION

# %% [markdown]
# ## 14 · Stretch: positions that turn
#
# ●●●●○ · about 15 min · no points
#
# Adding a table of positions is one way. Most models of today turn the queries and keys instead
# (RoPE, Su and others, 2021). Take the entries of a vector in pairs $(x_{2i}, x_{2i+1})$; each pair
# is a point in a plane. At position $t$ it is turned by an angle in proportion to $t$:
#
# $$\begin{bmatrix} x'_{2i} \\ x'_{2i+1} \end{bmatrix} =
# \begin{bmatrix} \cos\varphi & -\sin\varphi \\ \sin\varphi & \cos\varphi \end{bmatrix}
# \begin{bmatrix} x_{2i} \\ x_{2i+1} \end{bmatrix}, \qquad
# \varphi = \frac{t}{b^{\,2i/D}} .$$
#
# If query and key are turned so, their dot product depends on both vectors and on the *difference*
# of their positions only. Nothing is added, and lengths stay as they are. (Two layouts are in use.
# The paper pairs neighbours, as we do; LLaMA's published weights pair the first half with the
# second. Weights for the one give nonsense with the other.)
#
# <details><summary>Hint</summary>
#
# `x[..., 0::2]` and `x[..., 1::2]` are the two coordinates; a `torch.stack` along a new last axis
# and `flatten(-2)` interleave them again. Calculate the angles in the dtype of `x`.
#
# </details>


# %% exercise="rotate"
def rotate(x, start=0, *, base=10000.0):
    """Rotary position embedding (Su et al. 2021, equation 34): pairs of neighbours, turned.

    x: (..., T, D) floating tensor, D even; the step t of the last axis but one has position
    start + t; base: b.
    Returns a tensor of the shape and dtype of x.
    Raises ValueError naming x and its shape if D is odd.
    """
    ### BEGIN SOLUTION
    steps, size = x.shape[-2:]
    if size % 2 != 0:
        raise ValueError(f"x has shape {tuple(x.shape)}, expected an even last axis: pairs")
    times = torch.arange(start, start + steps, device=x.device)
    exponents = torch.arange(0, size, 2, dtype=x.dtype, device=x.device) / size
    angles = times[:, None] / base**exponents
    cos, sin = angles.cos(), angles.sin()
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)
    ### END SOLUTION


# %% check="rotate" points=0
x = torch.tensor([[1.0, 0.0, 2.0, 0.0], [1.0, 0.0, 0.0, 2.0]], dtype=torch.float64)
turned = rotate(x, base=100.0)
check_close(turned[0], x[0], "position 0 is not turned")
expected = [0.5403023059, 0.8414709848, -0.1996668333, 1.9900083306]
check_close(turned[1], expected, "position 1: by an angle of 1, and by 0.1", rtol=1e-6)
check_close(rotate(x[1:], 1, base=100.0)[0], turned[1], "start counts on")
check_raises(ValueError, rotate, x[:, :3], match=r"\bx\b")

# %% experiment
rng = torch.Generator().manual_seed(0)
q, k = torch.randn(2, 1, 32, generator=rng, dtype=torch.float64)
for shift in (0, 10, 300):
    scores = [(rotate(q, shift + 5) @ rotate(k, shift + 5 - d).T).item() for d in range(5)]
    print(f"query at {shift + 5:3d}, keys 0 to 4 steps before it:", *(f"{s:7.3f}" for s in scores))

# %% [markdown]
# ## What you have built
#
# - Attention compares a query with all keys and mixes the values. The root keeps its softmax soft;
#   a mask works on the scores, with $-\infty$; for a row that sees nothing, decide what happens and
#   say so.
# - To attention a sequence is a set. Order comes from positions, and from the causal mask.
# - Heads, residual sums, layer norm, a small MLP: that is a block. Embedding, blocks, norm, head:
#   that is a GPT. The famous ones are built the same way, with larger numbers.
# - A loss that is too good means the answer was visible. A validation set does not find that; a
#   generated text does, and so does a test that changes the future and watches the past.
# - Keys and values can be kept. That turns the cost of writing from $T^3$ into $T^2$, and pays with
#   memory.
