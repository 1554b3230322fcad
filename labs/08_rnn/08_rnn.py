# %% [markdown]
# # 8 · Memory: recurrent networks
#
# Read this sentence from its first word to its last. You do not start afresh at each word: you
# carry along what you have understood so far, and each word changes it a little. A **recurrent
# network** reads in the same way. It keeps a vector $h$, its *state*. At each step it takes one
# input and its own old state, and makes a new state of the two, always with the same weights:
#
# ![The same cell at four steps, the state carried from one to the next](unrolled.svg)
#
# The networks of the earlier labs take an input of a fixed size. This one takes a sequence of any
# length, and it has no more weights for a long sequence than for a short one.
#
# You will build it from one step, run it forwards and backwards through time, and find out how far
# back its gradient reaches, which is not far. Then you will put it to work: it tells nine speakers
# apart by two vowels, and it invents first names.
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1, 2 | `rnn_cell_forward`, `rnn_cell_backward` (you derive it) | 3 + 6 | 35 |
# | 3 | `rnn_forward`; find the bug: `exposing_rnn_input` | 4 + 4 | 25 |
# | 4 | `rnn_backward`, `truncated_backward` | 8 + 4 | 45 |
# | 5 | `predict_fates`; `gradient_factors`, `clip_by_norm` | 3 + 5 + 2 | 40 |
# | 6 | `head_forward`, `head_backward`, `one_to_many` | 3 + 4 + 3 | 30 |
# | 7 | `output_recurrence` | 4 | 15 |
# | 8 | `masked_cross_entropy`, `last_valid` | 5 + 2 | 22 |
# | 9 | `predict_parameter_counts`; `bidirectional`, `bidirectional_last` | 2 + 6 + 2 | 30 |
# | 10 | experiment: who is speaking? Question 1 | 3 | 13 |
# | 11 | `sample_sequence`; experiment: names; Question 2 | 5 + 2 | 25 |
# | 12 | experiment: sunspots, beside a straight line | | 5 |
# | 13 | stretch: `leaky_forward`, `skip_forward` | 0 | (25) |
# | | **together**, reading, plots and questions included, without the stretch | **80** | **285** |
#
# **Conventions of this lab.**
#
# | symbol | name in code | shape | |
# |---|---|---|---|
# | $x$ | `x` | $(N, T, D)$ | $N$ sequences, $T$ steps of $D$ numbers; step $t$ is `x[:, t]` |
# | $h$ | `h` | $(N, T, H)$ | the state after each step; $H$ units |
# | $h_0$ | `h0` | $(N, H)$ | the state before the first step |
# | $W_x, W_h, b$ | `w_x`, `w_h`, `b` | $(H, D)$, $(H, H)$, $(H,)$ | the same at all steps |
#
# In code, steps are counted from 0: `h[:, 0]` is the state after the first input, `h[:, -1]` the
# last state. `h0` is not part of `h`. Arrays hold `float64`. No function modifies its inputs. Each
# exercise is checked on its own: where a function needs another one, it gets it as an argument;
# otherwise write it so that it stands alone.

# %% setup
import matplotlib.pyplot as plt
import numpy as np

from gradlab.lab import (
    check_close,
    check_gradient,
    check_raises,
    check_shape,
    check_true,
    data,
    plot_style,
)

plot_style()


def unchanged(message, **arrays):
    """A context that checks that none of these arrays was modified. Given."""

    class Watch:
        def __enter__(self):
            self.before = {name: np.copy(array) for name, array in arrays.items()}

        def __exit__(self, kind, *_):
            if kind is None:
                same = (np.array_equal(arrays[name], self.before[name]) for name in arrays)
                check_true(all(same), message)

    return Watch()


# %% [markdown]
# ## 1 · One step
# ●○○○○ · about 10 min · 3 points
#
# The new state is a layer of $\tanh$ units that sees both the input and the old state
# ([Elman, 1990](https://doi.org/10.1207/s15516709cog1402_1)):
#
# $$h_t = \tanh\big(x_t W_x^\top + h_{t-1} W_h^\top + b\big) .$$
#
# | symbol | argument | shape |
# |---|---|---|
# | $x_t$ | `x` | $(N, D)$, one step of a batch |
# | $h_{t-1}$ | `h_prev` | $(N, H)$ |
# | $W_x, W_h, b$ | `w_x`, `w_h`, `b` | $(H, D)$, $(H, H)$, $(H,)$ |
# | $h_t$ | returned `h` | $(N, H)$ |
#
# <details><summary>Hint</summary>
#
# A layer with weights `(out, in)` is `x @ w.T`. Compare the shapes before you calculate: a `b` of
# shape `(1,)` would broadcast without a word.
#
# </details>


# %% exercise="rnn_cell_forward"
def rnn_cell_forward(x, h_prev, w_x, w_h, b):
    """One step of a recurrent network (Elman 1990), with tanh.

    x: (N, D) input; h_prev: (N, H) state before the step.
    w_x: (H, D), w_h: (H, H), b: (H,) parameters.
    Returns h, cache with h: (N, H) the state after the step and
        cache = (x, h_prev, w_x, w_h, h).
    Raises ValueError naming w_x, w_h or b, its shape and the shape expected, if it has another.
    """
    ### BEGIN SOLUTION
    units = h_prev.shape[1]
    if w_x.shape != (units, x.shape[1]):
        raise ValueError(f"w_x has shape {w_x.shape}, expected {(units, x.shape[1])}: (H, D)")
    if w_h.shape != (units, units):
        raise ValueError(f"w_h has shape {w_h.shape}, expected {(units, units)}: (H, H)")
    if b.shape != (units,):
        raise ValueError(f"b has shape {b.shape}, expected {(units,)}: (H,)")
    h = np.tanh(x @ w_x.T + h_prev @ w_h.T + b)
    return h, (x, h_prev, w_x, w_h, h)
    ### END SOLUTION


# %% check="rnn_cell_forward" points=3
x = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 3.0]])
h_prev = np.array([[0.5, 0.25], [1.0, 0.0]])
w_x = np.array([[0.2, 0.1, -0.4], [0.3, -0.1, 0.2]])
w_h = np.array([[0.4, -0.8], [0.1, 0.6]])
b = np.array([0.1, -0.35])
with unchanged("the inputs are as they were", x=x, h_prev=h_prev, w_x=w_x, w_h=w_h, b=b):
    h, cache = rnn_cell_forward(x, h_prev, w_x, w_h, b)
expected = [[-0.0996679946, 0.4218990053], [-0.5370495670, 0.2449186624]]
check_close(h, expected, "two samples, two units")
check_true(len(cache) == 5, "the cache holds five arrays")
check_close(cache[4], h, "the last of them is the new state")
check_raises(ValueError, rnn_cell_forward, x, h_prev, w_x, w_h, b[:1], match=r"\bb\b")
check_raises(ValueError, rnn_cell_forward, x, h_prev, w_x, w_h[:1], b, match=r"\bw_h\b")

# %% [markdown]
# ## 2 · One step, backwards
# ●●●○○ · about 25 min · 6 points
#
# This time you **derive** it. The loss sends you its gradient with respect to the new state, `dh`.
# You want its gradients with respect to the five inputs of the step:
#
# $$h = \tanh(a), \qquad a = x W_x^\top + h_{\text{prev}} W_h^\top + b .$$
#
# | given | shape | wanted | shape |
# |---|---|---|---|
# | `dh` | $(N, H)$ | `dx`, `dh_prev` | $(N, D)$, $(N, H)$ |
# | `cache` | see section 1 | `dw_x`, `dw_h`, `db` | $(H, D)$, $(H, H)$, $(H,)$ |
#
# Go in two stages: first through the $\tanh$, from `dh` to the gradient of the loss with respect to
# $a$; then through the two layers that add up to $a$. Shapes help: there are few ways to multiply
# an $(N, H)$ and an $(N, D)$ array and get an $(H, D)$ one.
#
# How do you know that a gradient is right? Compare it with differences. The next cell is a
# *given* test, which you can run as soon as you have a first version: it perturbs each input of
# the step a little and looks at what the loss $\sum \mathtt{dh} \circ h$ does.
#
# <details><summary>Hint 1: how to begin</summary>
#
# Write $a$ for one sample $n$ and one unit $k$: $a_{nk} = \sum_d x_{nd} W_{kd} + \dots$. Which
# $a_{nk}$ does the weight $W_{kd}$ occur in? In those of every sample, so its gradient is a sum
# over $n$. And $\tanh'(a) = 1 - \tanh^2(a)$: you need not keep $a$, since you have $h$.
#
# </details>
#
# <details><summary>Hint 2: the formulas (only when you are stuck)</summary>
#
# $$\mathrm{d}a = \mathrm{d}h \circ (1 - h^2), \qquad
# \mathrm{d}x = \mathrm{d}a\, W_x, \quad \mathrm{d}h_{\text{prev}} = \mathrm{d}a\, W_h, \quad
# \mathrm{d}W_x = \mathrm{d}a^\top x, \quad \mathrm{d}W_h = \mathrm{d}a^\top h_{\text{prev}}, \quad
# \mathrm{d}b = \textstyle\sum_n \mathrm{d}a_n .$$
#
# </details>


# %% setup
def compare_with_differences(step, step_backward):
    """Check a step's backward pass against differences of its forward pass. Given."""
    rng = np.random.default_rng(3)
    shapes = {"x": (4, 3), "h_prev": (4, 2), "w_x": (2, 3), "w_h": (2, 2), "b": (2,)}
    inputs = {name: 0.5 * rng.normal(size=shape) for name, shape in shapes.items()}
    dh = rng.normal(size=(4, 2))
    _, cache = step(**inputs)
    for (name, value), gradient in zip(inputs.items(), step_backward(dh, cache), strict=True):

        def h_after(changed, name=name):
            return step(**{**inputs, name: changed})[0]

        check_gradient(h_after, value, gradient, f"d{name} agrees with differences", upstream=dh)


# %% exercise="rnn_cell_backward"
def rnn_cell_backward(dh, cache):
    """Gradients of one step of a recurrent network.

    dh: (N, H), gradient of the loss with respect to the new state h.
    cache: (x, h_prev, w_x, w_h, h) as rnn_cell_forward returns it.
    Returns (dx, dh_prev, dw_x, dw_h, db) of the shapes of x, h_prev, w_x, w_h and b; those of the
    parameters are sums over the batch.
    """
    ### BEGIN SOLUTION
    x, h_prev, w_x, w_h, h = cache
    da = dh * (1.0 - h**2)
    return da @ w_x, da @ w_h, da.T @ x, da.T @ h_prev, da.sum(axis=0)
    ### END SOLUTION


# %% [markdown]
# Your test bench: try it on your own two functions. (It uses your `rnn_cell_forward`; the graded
# check below does not.)

# %% experiment
compare_with_differences(rnn_cell_forward, rnn_cell_backward)

# %% check="rnn_cell_backward" points=6
cache = (
    np.array([[1.0, -2.0, 0.5]]),
    np.array([[0.5, -1.0]]),
    np.array([[2.0, 1.0, -4.0], [3.0, -1.0, 2.0]]),
    np.array([[4.0, -8.0], [1.0, 6.0]]),
    np.array([[0.5, -0.2]]),
)
dh = np.array([[4.0, 1.25]])
with unchanged("dh is as it was", dh=dh):
    dx, dh_prev, dw_x, dw_h, db = rnn_cell_backward(dh, cache)
check_close(db, [3.0, 1.2], "the slope of the tanh is taken at the right place")
check_close(dx, [[9.6, 1.8, -9.6]], "dx")
check_close(dh_prev, [[13.2, -16.8]], "dh_prev")
check_close(dw_x, [[3.0, -6.0, 1.5], [1.2, -2.4, 0.6]], "dw_x")
check_close(dw_h, [[1.5, -3.0], [0.6, -1.2]], "dw_h")

# %% [markdown]
# ## 3 · Through time
# ●●○○○ · about 10 min · 4 points
#
# Now a whole sequence. The step is repeated, and each time the state goes in that came out of the
# step before. For this exercise write the step out; do not call `rnn_cell_forward`.
#
# | | name | shape |
# |---|---|---|
# | sequences | `x` | $(N, T, D)$ |
# | first states | `h0` | $(N, H)$ |
# | all states | returned `h` | $(N, T, H)$; `h[:, t]` is the state after input `x[:, t]` |
#
# The axis of time is the second one, as in torch's `RNN(..., batch_first=True)`. Other libraries,
# and torch by default, put it first. Nothing but the documentation tells you which.
#
# <details><summary>Hint</summary>
#
# Keep the running state in a variable of its own that begins as `h0`. Collect the states in a list
# and use `np.stack(states, axis=1)`, or fill an array.
#
# </details>


# %% exercise="rnn_forward"
def rnn_forward(x, h0, w_x, w_h, b):
    """Run a recurrent network over sequences: torch.nn.RNN with one layer, batch_first=True.

    x: (N, T, D), T >= 1; h0: (N, H); w_x: (H, D), w_h: (H, H), b: (H,) parameters of each step.
    Returns h, cache with h: (N, T, H), the state after each step, and
        cache = (x, h0, w_x, w_h, h).
    Raises ValueError naming x and its shape unless x has three dimensions, the last of size D, and
    naming h0, its shape and the shape expected unless that is (N, H).
    """
    ### BEGIN SOLUTION
    if x.ndim != 3 or x.shape[2] != w_x.shape[1]:
        raise ValueError(f"x has shape {x.shape}, expected (N, T, {w_x.shape[1]})")
    if h0.shape != (len(x), len(w_h)):
        raise ValueError(f"h0 has shape {h0.shape}, expected {(len(x), len(w_h))}: (N, H)")
    state, states = h0, []
    for t in range(x.shape[1]):
        state = np.tanh(x[:, t] @ w_x.T + state @ w_h.T + b)
        states.append(state)
    h = np.stack(states, axis=1)
    return h, (x, h0, w_x, w_h, h)
    ### END SOLUTION


# %% check="rnn_forward" points=4
x = np.array([[[1.0, 0.5], [-1.0, 2.0], [0.0, 0.3]]])
h0 = np.array([[0.5, -0.5, 0.2]])
w_x = np.array([[0.5, -0.2], [0.1, 0.3], [-0.4, 0.6]])
w_h = np.array([[0.3, 0.7, -0.1], [-0.5, 0.2, 0.4], [0.6, 0.1, 0.2]])
b = np.array([0.05, -0.1, 0.2])
with unchanged("the inputs are as they were", x=x, h0=h0, w_x=w_x, w_h=w_h, b=b):
    h, cache = rnn_forward(x, h0, w_x, w_h, b)
check_shape(h, (1, 3, 3), "a state after each of three steps")
check_close(h[:, 0], [[0.2260283523, -0.1194272985, 0.3713602279]], "the first step starts from h0")
expected = [[-0.0487578464, 0.6709046392, 0.1791760716]]
check_close(h[:, 2], expected, "the third step starts from the second state")
check_true(len(cache) == 5 and cache[4] is not None, "the cache holds five arrays")
check_raises(ValueError, rnn_forward, x, h0[0], w_x, w_h, b, match=r"\bh0\b")
check_raises(ValueError, rnn_forward, x[0], h0, w_x, w_h, b, match=r"\bx\b")

# %% [markdown]
# ### Find the bug
# ●●●○○ · about 15 min · 4 points
#
# A colleague has written the loop of the last exercise as well. It runs, it is short, and it has
# passed the test beside it. It is wrong.


# %% setup
def suspicious_rnn_forward(x, h0, w_x, w_h, b):
    """Given, with a mistake in it."""
    h = np.zeros((x.shape[0], x.shape[1], len(b)))
    for t in range(x.shape[1]):
        h[:, t] = np.tanh(x[:, t] @ w_x.T + h[:, t - 1] @ w_h.T + b)
    return h, (x, h0, w_x, w_h, h)


def test_of_the_colleague(forward):
    h, _ = forward(np.ones((2, 2, 2)), np.zeros((2, 2)), np.eye(2), np.eye(2), np.zeros(2))
    check_close(h[0, 0], [0.7615941560, 0.7615941560], "after one step")
    check_close(h[1, 1], [0.9426807891, 0.9426807891], "after two steps")


# %% experiment
test_of_the_colleague(suspicious_rnn_forward)

# %% [markdown]
# The fault is not in the code alone: the *test* is so tame that many other mistakes would pass it
# as well. Write the arguments of a better one. `exposing_rnn_input` returns one tuple
# `(x, h0, w_x, w_h, b)` with which the right `rnn_forward` gives something else than the wrong one.
#
# You get half of the points if your arguments expose the fault shown above. For the other half we
# try them on some thirty other wrong versions of `rnn_forward` which we have collected; at least
# nine in ten have to give themselves away.
#
# <details><summary>Hint</summary>
#
# What does `h[:, t - 1]` mean at `t = 0`? And which mistakes can hide when all numbers are equal,
# when a matrix is the identity, when a vector is zero, when two sizes are equal, when there are
# only two steps?
#
# </details>


# %% exercise="exposing_rnn_input"
def exposing_rnn_input():
    """Arguments that tell a right rnn_forward from wrong ones.

    Returns a tuple (x, h0, w_x, w_h, b) of arrays that rnn_forward accepts: at most 1000 numbers.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(8)
    x, h0 = rng.normal(size=(3, 5, 2)), rng.normal(size=(3, 4))
    w_x, w_h = rng.normal(size=(4, 2)), rng.normal(size=(4, 4)) / 2
    return x, h0, w_x, w_h, rng.normal(size=4)
    ### END SOLUTION


# %% [markdown]
# The check you see looks at the form alone.

# %% check="exposing_rnn_input" points=4
arguments = exposing_rnn_input()
check_true(isinstance(arguments, tuple) and len(arguments) == 5, "five arguments in a tuple")
dimensions = [np.ndim(argument) for argument in arguments]
check_close(np.array(dimensions), [3, 2, 2, 2, 1], "their numbers of dimensions fit")
check_true(sum(np.size(argument) for argument in arguments) <= 1000, "they are small")

# %% [markdown]
# ## 4 · Backpropagation through time
# ●●●●○ · about 25 min · 8 points
#
# Unroll the loop, and the recurrent network is a deep network with one layer per step. Two things
# are special. Every layer has a loss of its own: `dh[:, t]` is the gradient of the loss *of step
# t* with respect to `h[:, t]`. And all layers share their weights.
#
# ![Back in time, each state collects the gradient of its own loss and of the next step](bptt.svg)
#
# So there are two ways from the loss to $h_t$: directly, through the loss of step $t$, and through
# $h_{t+1}$, which carries the losses of all later steps. Walk from the last step to the first. At
# each step, add the two, go back through the step as in section 2, and hand on what arrives at the
# old state. And a weight that is used $T$ times gets $T$ gradients, which add up.
#
# | given | shape | wanted | shape |
# |---|---|---|---|
# | `dh`, of the loss of each step | $(N, T, H)$ | `dx`, `dh0` | $(N, T, D)$, $(N, H)$ |
# | `cache` of `rnn_forward` | | `dw_x`, `dw_h`, `db` | $(H, D)$, $(H, H)$, $(H,)$ |
#
# Write the step out again, without calling `rnn_cell_backward`.
#
# <details><summary>Hint</summary>
#
# The state before step $t$ is `h[:, t - 1]`, except for $t = 0$. Write
# `total = dh[:, t] + future`; with `dh[:, t] += future` you would change your caller's array.
#
# </details>
#
# <details><summary>Hint: the formulas (only when you are stuck)</summary>
#
# With $\mathrm{d}h_{T+1}^{\text{future}} = 0$, for $t = T, \dots, 1$:
#
# $$\mathrm{d}a_t = \big(\mathrm{d}h_t^{\text{loss}} + \mathrm{d}h_t^{\text{future}}\big)
# \circ (1 - h_t^2), \qquad
# \mathrm{d}h_{t-1}^{\text{future}} = \mathrm{d}a_t\, W_h, \qquad
# \mathrm{d}x_t = \mathrm{d}a_t\, W_x,$$
#
# $$\mathrm{d}W_x = \sum_t \mathrm{d}a_t^\top x_t, \qquad
# \mathrm{d}W_h = \sum_t \mathrm{d}a_t^\top h_{t-1}, \qquad
# \mathrm{d}b = \sum_t \sum_n \mathrm{d}a_{tn} .$$
#
# </details>


# %% exercise="rnn_backward"
def rnn_backward(dh, cache):
    """Backpropagation through time (Werbos 1990), with a loss at every step.

    dh: (N, T, H), gradient of the loss of each step with respect to the state after that step; it
        does not contain what comes back from later steps.
    cache: (x, h0, w_x, w_h, h) as rnn_forward returns it.
    Returns (dx, dh0, dw_x, dw_h, db) of the shapes of x, h0, w_x, w_h and b; those of the
    parameters are sums over batch and steps.
    Raises ValueError naming dh, its shape and the shape expected unless dh has the shape of h.
    """
    ### BEGIN SOLUTION
    x, h0, w_x, w_h, h = cache
    if dh.shape != h.shape:
        raise ValueError(f"dh has shape {dh.shape}, expected {h.shape}: (N, T, H)")
    dx, future = np.zeros_like(x), np.zeros_like(h0)
    dw_x, dw_h, db = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros(len(w_h))
    for t in reversed(range(h.shape[1])):
        before = h[:, t - 1] if t > 0 else h0
        da = (dh[:, t] + future) * (1.0 - h[:, t] ** 2)
        dx[:, t] = da @ w_x
        dw_x += da.T @ x[:, t]
        dw_h += da.T @ before
        db += da.sum(axis=0)
        future = da @ w_h
    return dx, future, dw_x, dw_h, db
    ### END SOLUTION


# %% [markdown]
# The check has one sample, one unit, one input and three steps with $h = (0.5, -0.5, 0)$ and
# $W_h = 2$: short enough for paper. It looks at a loss at the end alone, then at every step.

# %% check="rnn_backward" points=8
x = np.array([[[1.0], [2.0], [-3.0]]])
h = np.array([[[0.5], [-0.5], [0.0]]])
cache = (x, np.array([[4.0]]), np.array([[10.0]]), np.array([[2.0]]), h)
dx, dh0, dw_x, dw_h, db = rnn_backward(np.array([[[0.0], [0.0], [1.0]]]), cache)
check_close(dx, [[[22.5], [15.0], [10.0]]], "a loss at the end reaches the inputs of all steps")
check_close(dh0, [[4.5]], "and the first state")
dh = np.array([[[-1.0], [2.0], [1.0]]])
with unchanged("dh is as it was", dh=dh):
    dx, dh0, dw_x, dw_h, db = rnn_backward(dh, cache)
check_close(dx, [[[37.5], [30.0], [10.0]]], "a loss at every step: the gradients meet")
check_close(dw_x, [[6.75]], "the input weights were used three times")
check_close(dw_h, [[16.0]], "so were the recurrent weights, the first time with h0")
check_close(db, [7.75], "so was the bias")
check_raises(ValueError, rnn_backward, dh[:, :2], cache, match=r"\bdh\b")

# %% [markdown]
# ### Cutting it short
# ●●●○○ · about 20 min · 4 points
#
# The text of a book is one sequence of a million steps. To train on it, you would have to keep a
# million states before you could take one step of gradient descent. **Truncated** backpropagation
# through time cuts the sequence into windows of $k$ steps, one after another. The *state* is
# carried from each window to the next, so the network still reads the whole book. The *gradient*
# is not: at the border of a window it ends.
#
# | steps | 0 1 2 | 3 4 5 | 6 |
# |---|---|---|---|
# | $T = 7$, window 3 | first window | second | the rest, a short one |
# | state before the window | `h0` | `h[:, 2]` | `h[:, 5]` |
#
# The forward pass stays as it is. Your function takes its cache apart, one piece per window, and
# lets `backward` (such as your `rnn_backward`) work on each piece. What it returns is put together
# again. Only the first window knows anything about `h0`.
#
# <details><summary>Hint</summary>
#
# A piece is a cache of its own, with the five entries of the large one: the window's inputs, the
# state before the window, the same weights, and the window's states. `range(0, T, window)` yields
# the first step of each window; a slice that reaches beyond the end is cut there.
#
# </details>


# %% exercise="truncated_backward"
def truncated_backward(backward, dh, cache, window):
    """Truncated backpropagation through time, in disjoint windows (Williams & Peng 1990).

    backward: a function (dh, cache) -> (dx, dh0, dw_x, dw_h, db), such as rnn_backward; it is
        called once per window, and no other function of this lab is.
    dh: (N, T, H), gradient of the loss of each step with respect to the state after that step.
    cache: (x, h0, w_x, w_h, h) of the whole sequence, as rnn_forward returns it.
    window: k >= 1, the steps of a window; they are counted from the first step, and the last
        window may be shorter.
    Returns (dx, dh0, dw_x, dw_h, db): dx as backward returns it for each window, joined to T steps;
    dh0 of the first window; the others summed over the windows.
    Raises ValueError naming window and its value if it is below 1.
    """
    ### BEGIN SOLUTION
    if window < 1:
        raise ValueError(f"window is {window}, expected 1 or more")
    x, h0, w_x, w_h, h = cache
    results = []
    for start in range(0, h.shape[1], window):
        steps = slice(start, start + window)
        before = h[:, start - 1] if start > 0 else h0
        piece = (x[:, steps], before, w_x, w_h, h[:, steps])
        results.append(backward(dh[:, steps], piece))
    dx, dh0, dw_x, dw_h, db = zip(*results)
    return np.concatenate(dx, axis=1), dh0[0], sum(dw_x), sum(dw_h), sum(db)
    ### END SOLUTION


# %% [markdown]
# The check uses a toy in place of `rnn_backward`. It only counts: at each step it adds up the `dh`
# of this step and all later ones of its piece, and `dw_h` is what that meets of the states before.


# %% check="truncated_backward" points=4
def counting_backward(dh, cache):
    x, h0, *_, h = cache
    total = np.cumsum(dh[:, ::-1], axis=1)[:, ::-1]
    before = np.concatenate([h0[:, None], h[:, :-1]], axis=1)
    return total, total[:, 0], (total * x).sum(), (total * before).sum(), total.sum()


x = np.array([[[1.0], [0.0], [2.0], [5.0], [1.0]]])
h = np.array([[[10.0], [20.0], [30.0], [40.0], [50.0]]])
dh = np.array([[[1.0], [2.0], [3.0], [4.0], [5.0]]])
cache = (x, np.array([[7.0]]), np.ones(()), np.ones(()), h)
with unchanged("dh is as it was", dh=dh, h=h):
    dx, dh0, dw_x, dw_h, db = truncated_backward(counting_backward, dh, cache, 2)
check_close(dx, [[[3.0], [2.0], [7.0], [4.0], [5.0]]], "gradients end where a window ends")
check_close(dh0, [[3.0]], "h0 belongs to the first window")
check_close(np.array([dw_x, db]), [42.0, 21.0], "the parameters collect from all windows")
check_close(np.array(dw_h), 501.0, "each window starts from the state before it")
dx, *_ = truncated_backward(counting_backward, dh, cache, 9)
check_close(dx, [[[15.0], [14.0], [12.0], [9.0], [5.0]]], "one window is enough: nothing is cut")
check_raises(ValueError, truncated_backward, counting_backward, dh, cache, 0, match=r"\bwindow\b")

# %% [markdown]
# What do we lose by cutting? The next cell compares the truncated gradient of $W_h$ with the full
# one, for windows from 1 to 40 steps. The network has 16 units, 40 steps and a random loss at each
# of them; the lines are means over ten networks. $W_h$ is a random rotation, multiplied by a
# number: its *gain*.


# %% experiment
def random_rotation(rng, units):
    """A random orthogonal matrix: it changes directions, and no lengths."""
    return np.linalg.qr(rng.normal(size=(units, units)))[0]


def angle_to_full(gain, window, seed, steps=40, units=16):
    rng = np.random.default_rng(seed)
    w_x, w_h = rng.normal(size=(units, 3)) / 4, gain * random_rotation(rng, units)
    x, zeros = rng.normal(size=(8, steps, 3)), np.zeros((8, units))
    _, cache = rnn_forward(x, zeros, w_x, w_h, np.zeros(units))
    dh = rng.normal(size=(8, steps, units))
    full = rnn_backward(dh, cache)[3].ravel()
    cut = truncated_backward(rnn_backward, dh, cache, window)[3].ravel()
    cosine = full @ cut / np.linalg.norm(full) / np.linalg.norm(cut)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


windows = (1, 2, 3, 5, 8, 12, 20, 30, 40)
for gain in (0.7, 1.0, 1.3):
    angles = [np.mean([angle_to_full(gain, k, seed) for seed in range(10)]) for k in windows]
    plt.plot(windows, angles, "o-", label=f"gain {gain}")
plt.xlabel("window (steps)")
plt.ylabel("angle to the full gradient (degrees)")
plt.title("What truncation does to the gradient of the recurrent weights")
plt.legend()
plt.show()

# %% [markdown]
# An angle of 90 degrees would mean that the truncated gradient has nothing to do with the full one.
# At gain 0.7, windows of eight steps come within 14 degrees of it: what comes from further back has
# died out on the way, so little is lost. At gain 1.3 the same windows are 45 degrees off. (Windows
# of 20 and of 30 steps do alike: both cut these 40 steps once.) Why the gradient dies at a small
# gain is the subject of the next section.

# %% [markdown]
# ## 5 · How far back?
#
# How much does the state $h_T$ still depend on the state $h_t$, many steps before? By the chain
# rule the answer is a product of matrices, one for each step between them:
#
# $$\frac{\partial h_T}{\partial h_t} = J_T\, J_{T-1} \cdots J_{t+1}, \qquad
# J_s = \frac{\partial h_s}{\partial h_{s-1}} = \operatorname{diag}(1 - h_s^2)\, W_h .$$
#
# A product of many equal numbers either vanishes or explodes, unless the number is 1. With matrices
# it is much the same, with a few surprises.
#
# ### Predict, then run
# ●●○○○ · about 10 min · 3 points
#
# Here are six recurrences with two units. Let $R$ be the rotation by 30 degrees. What happens to
# the **spectral norm** of $\partial h_{100} / \partial h_0$, the largest factor by which a small
# change of $h_0$ is stretched in 100 steps? Say `"vanishes"` if it is below 0.1, `"explodes"` if
# it is above 10. No case lies between.
#
# | | recurrence | |
# |---|---|---|
# | 1 | $h_t = 0.9\, R\, h_{t-1}$ | |
# | 2 | $h_t = 1.1\, R\, h_{t-1}$ | |
# | 3 | $h_t = \tanh\big(1.1\, R\, h_{t-1} + (3, 3)\big)$, from $h_0 = 0$ | with a large bias |
# | 4 | $h_t = A\, h_{t-1}$ | $A = \begin{pmatrix} 0.9 & 5 \\ 0 & 0.9 \end{pmatrix}$ |
# | 5 | $h_t = B\, h_{t-1}$ | $B = \begin{pmatrix} 1.1 & 0 \\ 0 & 0.5 \end{pmatrix}$ |
# | 6 | $h_t = C\, h_{t-1}$ | $C = \begin{pmatrix} 0.5 & 1 \\ -1 & 0.5 \end{pmatrix}$ |
#
# Use your head and paper, not the computer. You are graded on the answer; the check you see looks
# at the form alone.
#
# <details><summary>Hint</summary>
#
# Which numbers say what the 100th power of a matrix does? Not its entries. And what is the slope of
# $\tanh$ far from 0?
#
# </details>


# %% exercise="predict_fates"
def predict_fates():
    """What becomes of the gradient factor over 100 steps in the recurrences 1 to 6.

    Returns a tuple of six texts, each "vanishes" or "explodes".
    """
    ### BEGIN SOLUTION
    return "vanishes", "explodes", "vanishes", "vanishes", "explodes", "explodes"
    ### END SOLUTION


# %% check="predict_fates" points=3
fates = predict_fates()
check_true(isinstance(fates, tuple) and len(fates) == 6, "a tuple of six")
check_true(set(fates) <= {"vanishes", "explodes"}, 'each is "vanishes" or "explodes"')

# %% [markdown]
# Now run it. The factor is shown for every distance from 1 to 100.

# %% experiment
c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
rotation = np.array([[c, -s], [s, c]])
a, b, c = [[0.9, 5.0], [0.0, 0.9]], [[1.1, 0.0], [0.0, 0.5]], [[0.5, 1.0], [-1.0, 0.5]]
matrices = [0.9 * rotation, 1.1 * rotation, 1.1 * rotation, np.array(a), np.array(b), np.array(c)]
styles = ["C0-", "C1-", "C1--", "C2-", "k:", "C4-"]
for number, (matrix, style) in enumerate(zip(matrices, styles), start=1):
    state, product, norms = np.zeros(2), np.eye(2), []
    for _ in range(100):
        slope = np.ones(2)
        if number == 3:
            state = np.tanh(matrix @ state + 3.0)
            slope = 1.0 - state**2
        product = slope[:, None] * matrix @ product
        norms.append(np.linalg.norm(product, 2))
    plt.semilogy(range(1, 101), np.maximum(norms, 1e-12), style, label=f"recurrence {number}")
plt.axhspan(0.1, 10, color="0.9")
plt.ylim(1e-8, 1e6)
plt.xlabel("steps")
plt.ylabel("spectral norm of ∂h(t) / ∂h(0)")
plt.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
plt.show()

# %% [markdown]
# <details><summary>Compare with what you wrote, and open this when you have run the
# cell.</summary>
#
# What decides in the end is the largest *absolute value of an
# eigenvalue* of the matrix, its spectral radius: 0.9, 1.1, (1.1), 0.9, 1.1 and 1.118. Recurrence 4
# is the surprise: its norm is above 5, so it stretches at first, and for some ten steps it looks
# like an explosion. Then the eigenvalue 0.9 wins. Recurrence 3 has the same matrix as recurrence 2,
# but its units are saturated, their slope is nearly 0, and the gradient is gone after two steps.
# (Recurrences 2 and 5 draw the same line.)
#
# </details>
#
# ### The factor of a trained or untrained network
# ●●●○○ · about 15 min · 5 points
#
# Write the measurement for any network with $\tanh$: given the states of one sequence and the
# recurrent weights, find the spectral norm of $\partial h_T / \partial h_t$ for every $t$.
#
# | | name | shape |
# |---|---|---|
# | states of one sequence | `h` | $(T, H)$; the last is `h[-1]` |
# | recurrent weights | `w_h` | $(H, H)$ |
# | $\lVert \partial h_T / \partial h_t \rVert_2$ | returned | $(T,)$; the last entry is 1 |
#
# The last entry is 1 because $\partial h_T / \partial h_T$ is the identity. From there go back, one
# matrix per step, and mind the side on which each is multiplied.
#
# <details><summary>Hint</summary>
#
# Keep the product $P = \partial h_T / \partial h_t$ in a variable, beginning with the identity. One
# step further back means one more matrix on its right. `np.linalg.norm(P, 2)` is the spectral norm;
# without the `2` you get another one. `slope[:, None] * w_h` multiplies
# each row of $W_h$ by its slope: $\operatorname{diag}(\text{slope})\, W_h$.
#
# </details>


# %% exercise="gradient_factors"
def gradient_factors(h, w_h):
    """How strongly the last state depends on each state (Pascanu et al. 2013, equation 5).

    h: (T, H), the states h_1 ... h_T of one sequence under h_t = tanh(... + w_h @ h_{t-1}).
    w_h: (H, H) recurrent weights.
    Returns a (T,) array; entry t is the spectral norm (largest singular value) of the matrix of
    derivatives of h[-1] with respect to h[t]; the last entry is 1.
    Raises ValueError naming w_h, its shape and the shape expected unless that is (H, H).
    """
    ### BEGIN SOLUTION
    steps, units = h.shape
    if w_h.shape != (units, units):
        raise ValueError(f"w_h has shape {w_h.shape}, expected {(units, units)}: (H, H)")
    factors, product = np.ones(steps), np.eye(units)
    for t in reversed(range(steps - 1)):
        product = product @ ((1.0 - h[t + 1] ** 2)[:, None] * w_h)
        factors[t] = np.linalg.norm(product, 2)
    return factors
    ### END SOLUTION


# %% check="gradient_factors" points=5
w_h = np.array([[2.0, 1.0], [-1.0, 0.5]])
h = np.array([[0.3, -0.9], [0.5, 0.2], [-0.6, 0.8]])
factors = gradient_factors(h, w_h)
check_shape(factors, 3, "one factor for each state")
check_close(factors[2], 1.0, "the last state depends on itself with factor 1")
check_close(factors[1], 1.4523549101, "one step back")
check_close(factors[0], 1.9324264029, "two steps back")
check_raises(ValueError, gradient_factors, h, w_h[:1], match=r"\bw_h\b")

# %% [markdown]
# Now look at networks of 32 units that read 60 steps of weak noise. As before, $W_h$ is a rotation
# times a gain. The lines are geometric means over ten networks.


# %% experiment
def factors_by_distance(gain, seed, steps=60, units=32):
    rng = np.random.default_rng(seed)
    w_x, w_h = rng.normal(size=(units, 2)), gain * random_rotation(rng, units)
    x = 0.2 * rng.normal(size=(1, steps, 2))
    h, _ = rnn_forward(x, np.zeros((1, units)), w_x, w_h, np.zeros(units))
    return gradient_factors(h[0], w_h)[::-1]


for gain in (0.8, 1.0, 1.2, 1.5, 3.0):
    logs = [np.log(factors_by_distance(gain, seed)) for seed in range(10)]
    plt.semilogy(np.exp(np.mean(logs, axis=0)), label=f"gain {gain}")
plt.axhline(1.0, color="0.6", linewidth=1)
plt.xlabel("distance (steps back from the last)")
plt.ylabel("gradient factor")
plt.title("How much of the gradient is left")
plt.legend(loc="lower left")
plt.show()

# %% [markdown]
# Nearly straight lines on a logarithmic axis: each step multiplies by about the same number. Up to
# gain 1 the gradient always vanishes, since the slope of $\tanh$, at most 1, can only make it
# smaller. Above 1 there is a fight between the matrix, which stretches, and that slope, which
# shrinks. At 1.2 and 1.5 they are nearly even here; at 3 the matrix wins, and the gradient
# explodes. If it does so *just now and then*, one step of training throws the parameters far away.
#
# Against vanishing there is no cheap remedy; the next lab builds an expensive one. Against
# explosions there is: shorten the gradient.
#
# ### Clipping
# ●○○○○ · about 8 min · 2 points
#
# Take the norm over **all** gradients together. If it is above a limit, multiply all of them by the
# same number, so that the direction stays. You may have done this in lab 4, in place; here it
# returns new arrays.
#
# $$\lVert g \rVert = \sqrt{\textstyle\sum_i \sum_j g_{i,j}^2}, \qquad
# g_i \leftarrow g_i \cdot \min\left(1, \frac{c}{\lVert g \rVert}\right) .$$
#
# torch adds $10^{-6}$ to the divisor; the check accepts it with and without. Clip *after* the whole
# backward pass: a gradient that is cut between two steps of time has lost its direction.


# %% exercise="clip_by_norm"
def clip_by_norm(gradients, max_norm):
    """Gradients whose common norm is at most max_norm (Pascanu et al. 2013, algorithm 1).

    gradients: list of float arrays of any shapes; max_norm: > 0.
    Returns clipped, norm: a list of new arrays in the same order, and the common norm before
    clipping, as a float.
    Raises ValueError naming max_norm and its value unless it is above 0.
    """
    ### BEGIN SOLUTION
    if max_norm <= 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number above 0")
    norm = float(np.sqrt(sum((g**2).sum() for g in gradients)))
    scale = min(1.0, max_norm / (norm + 1e-6))
    return [scale * g for g in gradients], norm
    ### END SOLUTION


# %% check="clip_by_norm" points=2
gradients = [np.array([[3.0, 0.0], [0.0, -12.0]]), np.array([4.0])]
with unchanged("the gradients you got are as they were", first=gradients[0], second=gradients[1]):
    clipped, norm = clip_by_norm(gradients, 6.5)
check_close(norm, 13.0, "the norm of all of them, before")
check_close(clipped[0], [[1.5, 0.0], [0.0, -6.0]], "too long by 2: all are halved", rtol=1e-6)
check_close(clipped[1], [2.0], "by the same number", rtol=1e-6)
clipped, _ = clip_by_norm(gradients, 20.0)
check_close(clipped[1], [4.0], "short enough: nothing changes")
check_raises(ValueError, clip_by_norm, gradients, 0.0, match=r"\bmax_norm\b")

# %% [markdown]
# ## 6 · Heads: what comes in, what goes out
#
# A recurrent network turns a sequence of inputs into a sequence of states. What the task wants is
# another matter:
#
# ![Many to one, one to many, and many to many](heads.svg)
#
# | | example | inputs | outputs |
# |---|---|---|---|
# | many to many | tag each word, predict each next letter | every step | every step |
# | many to one | who is speaking? | every step | one, of the last state or of the mean state |
# | one to many | a caption for a picture | one vector | every step |
#
# ### Reading the states
# ●●○○○ · about 8 min · 3 points
#
# A **head** is a linear layer on the states, $y = h\, W_y^\top + b_y$, and the question is which
# states it reads:
#
# | `reads` | it reads | $y$ |
# |---|---|---|
# | `"each"` | every state | $(N, T, C)$ |
# | `"last"` | the last state | $(N, C)$ |
# | `"mean"` | the mean of the states over time | $(N, C)$ |
#
# The output at step $t$ comes from the state *after* input $t$. (Some slides print $t - 1$: their
# outputs are one step late.)


# %% exercise="head_forward"
def head_forward(h, w_y, b_y, *, reads):
    """A linear layer on the states of a recurrent network.

    h: (N, T, H) states; w_y: (C, H), b_y: (C,) parameters; reads: "each", "last" or "mean".
    Returns y, cache with y: (N, T, C) for "each", else (N, C), and cache = (h, w_y, reads).
    Raises ValueError naming reads and its value if it is none of the three.
    """
    ### BEGIN SOLUTION
    if reads not in ("each", "last", "mean"):
        raise ValueError(f'reads is {reads!r}, expected "each", "last" or "mean"')
    read = {"each": h, "last": h[:, -1], "mean": h.mean(axis=1)}[reads]
    return read @ w_y.T + b_y, (h, w_y, reads)
    ### END SOLUTION


# %% check="head_forward" points=3
h = np.array([[[1.0, 0.0], [0.0, 2.0], [5.0, 1.0]], [[-1.0, 1.0], [3.0, 0.0], [1.0, 2.0]]])
w_y, b_y = np.array([[2.0, -1.0], [0.5, 1.0], [1.0, 3.0]]), np.array([0.5, -1.0, 0.0])
with unchanged("the inputs are as they were", h=h, w_y=w_y, b_y=b_y):
    each, cache = head_forward(h, w_y, b_y, reads="each")
check_shape(each, (2, 3, 3), "an output at each step")
check_close(each[1, 1], [6.5, 0.5, 3.0], "the second step of the second sample")
check_close(head_forward(h, w_y, b_y, reads="last")[0][0], [9.5, 2.5, 8.0], "the last state")
check_close(head_forward(h, w_y, b_y, reads="mean")[0][1], [1.5, 0.5, 4.0], "the mean state")
check_true(len(cache) == 3 and cache[2] == "each", "the cache is (h, w_y, reads)")
check_raises(ValueError, head_forward, h, w_y, b_y, reads="first", match=r"\breads\b")

# %% [markdown]
# ### And backwards
# ●●●○○ · about 12 min · 4 points
#
# The gradient `dh` of a head is what your `rnn_backward` starts from: an $(N, T, H)$ array, a
# gradient for the state of each step. What does a step get that the head has not read? What does
# each step get of a mean?


# %% exercise="head_backward"
def head_backward(dy, cache):
    """Gradients of head_forward.

    dy: gradient of the loss with respect to y, (N, T, C) for reads="each", else (N, C).
    cache: (h, w_y, reads) as head_forward returns it.
    Returns (dh, dw_y, db_y) with dh: (N, T, H), dw_y: (C, H), db_y: (C,).
    """
    ### BEGIN SOLUTION
    h, w_y, reads = cache
    if reads == "each":
        return dy @ w_y, np.einsum("ntc,nth->ch", dy, h), dy.sum(axis=(0, 1))
    dh, steps = np.zeros_like(h), h.shape[1]
    if reads == "last":
        dh[:, -1] = dy @ w_y
        return dh, dy.T @ h[:, -1], dy.sum(axis=0)
    dh[:] = (dy @ w_y / steps)[:, None]
    return dh, dy.T @ h.mean(axis=1), dy.sum(axis=0)
    ### END SOLUTION


# %% check="head_backward" points=4
dy = np.array([[1.0, 0.0, 2.0], [0.0, -3.0, 1.0]])
with unchanged("dy is as it was", dy=dy):
    dh, dw_y, db_y = head_backward(dy, (h, w_y, "last"))
check_close(dh[0], [[0.0, 0.0], [0.0, 0.0], [4.0, 5.0]], "only the last state was read")
check_close(dw_y, [[5.0, 1.0], [-3.0, -6.0], [11.0, 4.0]], "so the weights see only that one")
dh, dw_y, db_y = head_backward(dy, (h, w_y, "mean"))
check_close(dh[1, 0], [-1 / 6, 0.0], "of the mean, each state gets its share")
dh, dw_y, db_y = head_backward(np.stack([dy, 2 * dy, 0 * dy], axis=1), (h, w_y, "each"))
check_close(dh[0, 1], [8.0, 10.0], "each output sends its gradient to its own state")
check_close(db_y, [3.0, -9.0, 9.0], "the bias is used at every step")

# %% [markdown]
# ### One to many
# ●●○○○ · about 10 min · 3 points
#
# Here the input is a single vector, and the network has to go on from it. There are two customs:
# show the vector at the first step only, and zeros afterwards; or show it at every step, so that
# it cannot be forgotten.
#
# | `feed` | input of the first step | of each later step |
# |---|---|---|
# | `"first"` | $x$ | zeros |
# | `"every"` | $x$ | $x$ |


# %% exercise="one_to_many"
def one_to_many(step, x, h0, steps, *, feed):
    """Run a step of a network several times, on one input vector per sample.

    step: a function (x_t, h) -> h, from (N, D) and (N, H) to (N, H); called once per step.
    x: (N, D); h0: (N, H); steps: T >= 1; feed: "first" or "every".
    Returns the (N, T, H) states after each step.
    Raises ValueError naming feed and its value if it is neither; naming steps if it is below 1.
    """
    ### BEGIN SOLUTION
    if feed not in ("first", "every"):
        raise ValueError(f'feed is {feed!r}, expected "first" or "every"')
    if steps < 1:
        raise ValueError(f"steps is {steps}, expected 1 or more")
    h, states = h0, []
    for t in range(steps):
        h = step(x if t == 0 or feed == "every" else np.zeros_like(x), h)
        states.append(h)
    return np.stack(states, axis=1)
    ### END SOLUTION


# %% check="one_to_many" points=3
def adding_step(x_t, h):
    return 10.0 * h + x_t.sum(axis=1, keepdims=True)


x, h0 = np.array([[1.0, 2.0], [0.0, 4.0]]), np.array([[1.0], [2.0]])
with unchanged("the inputs are as they were", x=x, h0=h0):
    states = one_to_many(adding_step, x, h0, 3, feed="first")
check_close(states[:, :, 0], [[13.0, 130.0, 1300.0], [24.0, 240.0, 2400.0]], "shown once")
states = one_to_many(adding_step, x, h0, 3, feed="every")
check_close(states[:, :, 0], [[13.0, 133.0, 1333.0], [24.0, 244.0, 2444.0]], "shown at every step")
check_raises(ValueError, one_to_many, adding_step, x, h0, 3, feed="last", match=r"\bfeed\b")

# %% [markdown]
# ## 7 · Feeding the output back
# ●●●○○ · about 15 min · 4 points
#
# There is another way to close the loop: not through the state but through the **output**. The next
# state sees what the network has *said*, and nothing else of the past:
#
# $$h_t = \tanh\big(x_t W_x^\top + o_{t-1} W_o^\top + b\big), \qquad
# o_t = h_t W_y^\top + b_y .$$
#
# This is a weaker memory, since everything must pass through the output. But it has a charm. During
# training we know what the output *should* have been, and may feed that: the target $y_{t-1}$
# takes the place of $o_{t-1}$. This is called **teacher forcing**. No step depends on the
# network's own earlier steps then, all of them can be computed at once, and no gradient has to
# travel through time at all. When the network is used later, there is no teacher, and it has to
# live with its own outputs.
#
# | | name | shape |
# |---|---|---|
# | inputs | `x` | $(N, T, D)$ |
# | what the first step sees as the last output | `o0` | $(N, C)$ |
# | parameters | `w_x`, `w_o`, `b`, `w_y`, `b_y` | $(H, D)$, $(H, C)$, $(H,)$, $(C, H)$, $(C,)$ |
# | the teacher, or `None` | `targets` | $(N, T, C)$ |
# | outputs | returned | $(N, T, C)$ |
#
# With and without a teacher, the first step sees `o0`.


# %% exercise="output_recurrence"
def output_recurrence(x, o0, w_x, w_o, b, w_y, b_y, *, targets=None):
    """A network whose recurrence runs from the output to the next state (Jordan 1986).

    x: (N, T, D); o0: (N, C); w_x: (H, D), w_o: (H, C), b: (H,), w_y: (C, H), b_y: (C,).
    targets: None, and each step sees the network's own last output; or (N, T, C), and each step
        sees the last step's target instead (teacher forcing). The first step sees o0 either way.
    Returns the outputs, (N, T, C); they have no activation function.
    Raises ValueError naming targets, its shape and the shape expected unless it has the shape of
    the outputs.
    """
    ### BEGIN SOLUTION
    expected = (*x.shape[:2], len(b_y))
    if targets is not None and targets.shape != expected:
        raise ValueError(f"targets has shape {targets.shape}, expected {expected}: (N, T, C)")
    outputs, seen = [], o0
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ w_x.T + seen @ w_o.T + b)
        outputs.append(h @ w_y.T + b_y)
        seen = outputs[-1] if targets is None else targets[:, t]
    return np.stack(outputs, axis=1)
    ### END SOLUTION


# %% check="output_recurrence" points=4
x, o0 = np.array([[[0.5], [-1.0], [0.2]]]), np.array([[1.0, -0.5]])
w_x, w_o, b = np.array([[1.0], [-0.4]]), np.array([[0.3, 0.2], [-0.6, 0.5]]), np.array([0.1, 0.2])
w_y, b_y = np.array([[2.0, 0.5], [-1.0, 1.5]]), np.array([0.3, -0.1])
with unchanged("the inputs are as they were", x=x, o0=o0, w_o=w_o):
    outputs = output_recurrence(x, o0, w_x, w_o, b, w_y, b_y)
check_close(outputs[0, 0], [1.2825388056, -1.8006409750], "the first step sees o0")
check_close(outputs[0, 2], [0.0906442757, 1.0968846979], "the third sees the second output")
targets = np.array([[[1.0, 0.0], [0.5, 2.0], [9.0, 9.0]]])
forced = output_recurrence(x, o0, w_x, w_o, b, w_y, b_y, targets=targets)
check_close(forced[0, 0], [1.2825388056, -1.8006409750], "with a teacher, too")
check_close(forced[0, 2], [2.0196738771, 0.2215353424], "then the third sees the second target")
arguments = (x, o0, w_x, w_o, b, w_y, b_y)
check_raises(ValueError, output_recurrence, *arguments, targets=targets[:, 1:], match="targets")

# %% [markdown]
# ## 8 · Sequences of unequal length
#
# Words, sentences and recordings differ in length, but an array is a box. So a batch is as long as
# its longest sequence, and the others are followed by **padding**. An array `lengths` says how many
# steps of each sequence are real: those with $t < \mathtt{lengths}[n]$. What the padding holds must
# never matter, neither to the loss nor to what is read at the end.
#
# ### A loss that does not see the padding
# ●●●○○ · about 15 min · 5 points
#
# With a class to predict at every step, the loss is the mean of the cross-entropy over all **real**
# steps of the batch. Each real step weighs the same, whatever sequence it stands in:
#
# $$L = \frac{1}{M} \sum_{n} \sum_{t < \mathtt{lengths}[n]} -\log p_{nt}[\mathtt{targets}_{nt}],
# \qquad p_{nt} = \operatorname{softmax}(\mathtt{logits}_{nt}), \qquad
# M = \sum_n \mathtt{lengths}[n] .$$
#
# You also want $\mathrm{d}L/\mathrm{d}\,\mathtt{logits}$. You know it from lab 3: for a single
# step it is $p$ minus the one-hot target.
#
# | | name | shape |
# |---|---|---|
# | scores | `logits` | $(N, T, C)$ |
# | classes; in the padding anything, say $-1$ or 999 | `targets` | $(N, T)$, integers |
# | real steps | `lengths` | $(N,)$, integers from 1 to $T$ |
# | loss, gradient | returned | a float, $(N, T, C)$ |
#
# <details><summary>Hint</summary>
#
# `np.arange(T) < lengths[:, None]` is True where a step is real. Select the real steps first
# (`logits[real]` has shape $(M, C)$), and never index with a target of the padding. Subtract each
# step's largest score before you take `exp`.
#
# </details>


# %% exercise="masked_cross_entropy"
def masked_cross_entropy(logits, targets, lengths):
    """Mean cross-entropy over the real steps of a padded batch, and its gradient.

    logits: (N, T, C); targets: (N, T) integers, classes 0 ... C - 1 in real steps and anything in
    the padding; lengths: (N,) integers from 1 to T.
    Returns loss, dlogits: a float, and (N, T, C), the gradient of loss with respect to logits,
    exactly 0 in the padding. Both are finite for scores like 1e4 or -1e4.
    Raises ValueError naming lengths unless all of them are from 1 to T.
    """
    ### BEGIN SOLUTION
    steps = logits.shape[1]
    if np.any(lengths < 1) or np.any(lengths > steps):
        raise ValueError(f"lengths are {lengths}, expected numbers from 1 to {steps}")
    real = np.arange(steps) < lengths[:, None]
    scores, classes = logits[real], targets[real]
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    rows = np.arange(len(classes))
    slope = np.exp(log_p)
    slope[rows, classes] -= 1.0
    dlogits = np.zeros(logits.shape)
    dlogits[real] = slope / len(classes)
    return float(-log_p[rows, classes].mean()), dlogits
    ### END SOLUTION


# %% check="masked_cross_entropy" points=5
logits = np.log([[[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]], [[0.3, 0.3, 0.4], [0.8, 0.1, 0.1]]])
targets, lengths = np.array([[1, 2], [0, -1]]), np.array([2, 1])
with unchanged("the inputs are as they were", logits=logits, targets=targets, lengths=lengths):
    loss, dlogits = masked_cross_entropy(logits, targets, lengths)
check_close(loss, 0.9823140365, "three real steps with probabilities 0.25, 0.7 and 0.3")
check_close(3 * dlogits[0, 0], [0.5, -0.75, 0.25], "a real step")
check_close(dlogits[1, 1], [0.0, 0.0, 0.0], "nothing flows into the padding")
loss, dlogits = masked_cross_entropy(logits * 1e5, targets, lengths)
check_true(np.isfinite(loss) and np.all(np.isfinite(dlogits)), "huge scores do no harm")
check_raises(ValueError, masked_cross_entropy, logits, targets, lengths + 1, match="lengths")

# %% [markdown]
# ### The last real state
# ●○○○○ · about 7 min · 2 points
#
# A network that reads padding goes on stirring its state with every padded step. So a head that
# wants "the last state" must read it at the last *real* step of each sequence.


# %% exercise="last_valid"
def last_valid(h, lengths):
    """The state after the last real step of each sequence.

    h: (N, T, H) states; lengths: (N,) integers from 1 to T.
    Returns a (N, H) array.
    Raises ValueError naming lengths unless all of them are from 1 to T.
    """
    ### BEGIN SOLUTION
    if np.any(lengths < 1) or np.any(lengths > h.shape[1]):
        raise ValueError(f"lengths are {lengths}, expected numbers from 1 to {h.shape[1]}")
    return h[np.arange(len(h)), lengths - 1]
    ### END SOLUTION


# %% check="last_valid" points=2
h = np.array([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]])
with unchanged("h is as it was", h=h):
    read = last_valid(h, np.array([2, 3]))
check_close(read, [[3.0, 4.0], [0.5, 0.6]], "after the second and after the third step")
check_raises(ValueError, last_valid, h, np.array([2, 0]), match="lengths")

# %% [markdown]
# ## 9 · In both directions
#
# In "the bank of the river", the last word explains the second. A network that tags words should
# see what comes *after* as well. So let a second network, with weights of its own, read the
# sequence from the end ([Schuster and Paliwal, 1997](https://doi.org/10.1109/78.650093)). At each
# step you join the two states: the first has seen everything up to this step, the second everything
# from this step on.
#
# ### Predict, then count
# ●●○○○ · about 7 min · 2 points
#
# A recurrent network has 12 inputs, 24 units and one bias per unit (as in section 1). A head
# $y = h W_y^\top + b_y$ reads its last state and has 9 outputs. How many numbers does it learn
#
# 1. when its sequences have 7 steps,
# 2. when its sequences have 29 steps,
# 3. when it is bidirectional (29 steps), and the head reads both states, joined?


# %% exercise="predict_parameter_counts"
def predict_parameter_counts():
    """How many numbers are learned in the three cases.

    Returns a tuple of three ints.
    """
    ### BEGIN SOLUTION
    network = 24 * 12 + 24 * 24 + 24
    return network + 9 * 24 + 9, network + 9 * 24 + 9, 2 * network + 9 * 48 + 9
    ### END SOLUTION


# %% check="predict_parameter_counts" points=2
counts = predict_parameter_counts()
check_true(isinstance(counts, tuple) and len(counts) == 3, "a tuple of three")
check_true(all(isinstance(n, int) and n > 0 for n in counts), "three whole numbers above 0")

# %% [markdown]
# Written down? Then make such networks, let them read sequences of both lengths, and count.


# %% experiment
def count_parameters(steps, directions):
    """Run networks over a sequence of so many steps and count what they were made of."""
    rng, arrays, states = np.random.default_rng(0), [], []
    for _ in range(directions):
        w_x, w_h, b = rng.normal(size=(24, 12)), rng.normal(size=(24, 24)), rng.normal(size=24)
        h, _ = rnn_forward(rng.normal(size=(1, steps, 12)), np.zeros((1, 24)), w_x, w_h, b)
        states.append(h[:, -1])
        arrays += [w_x, w_h, b]
    read = np.concatenate(states, axis=1)
    w_y, b_y = rng.normal(size=(9, read.shape[1])), rng.normal(size=9)
    scores = read @ w_y.T + b_y
    return sum(array.size for array in [*arrays, w_y, b_y]), scores.shape


for steps, directions in ((7, 1), (29, 1), (29, 2)):
    count, shape = count_parameters(steps, directions)
    print(f"{steps:2d} steps, {directions} direction(s): {count} numbers, scores of shape {shape}")

# %% [markdown]
# <details><summary>Were you right? Open this when you have run the cell.</summary>
#
# Time does not occur in any shape: the weights of the first step are those of the hundredth. The
# second direction doubles the network, and the part of the head that reads states, but not the
# head's bias.
#
# </details>
#
# ### The bidirectional network
# ●●●●○ · about 18 min · 6 points
#
# Two things go wrong easily. The second network reads each sequence **from its own end**: if you
# turn the whole box round, it reads the padding first. And its states come out in the order in
# which it read, so you have to turn them round again, before you join them.
#
# | step | 0 | 1 | 2 | 3 | 4 |
# |---|---|---|---|---|---|
# | a sequence of length 3 | $a$ | $b$ | $c$ | pad | pad |
# | what the second network reads | $c$ | $b$ | $a$ | | |
# | left half of the output: has seen | $a$ | $ab$ | $abc$ | 0 | 0 |
# | right half of the output: has seen | $cba$ | $cb$ | $c$ | 0 | 0 |
#
# Your function gets the network as `run(x, *parameters)` and the parameters of both directions. A
# network has no way to look ahead, so what stands after the end cannot change the states before
# it. In the padding, the output is zero, as it is in torch for packed sequences.
#
# <details><summary>Hint</summary>
#
# To turn round the real part of one sequence: `x[n, :length][::-1]`. A loop over the samples is
# fine. With an index array you need none: at step $t$ of sample $n$ stands step
# $\mathtt{lengths}[n] - 1 - t$.
#
# </details>


# %% exercise="bidirectional"
def bidirectional(run, x, lengths, forward, backward):
    """Join the states of a network that reads forwards and of one that reads backwards.

    run: a function (x, *parameters) -> (N, T, H) states; state t depends on the steps 0 ... t of
        its sequence only. It may be called as often as you like.
    x: (N, T, D), anything in the padding; lengths: (N,) integers from 1 to T.
    forward, backward: tuples of the parameters of the two directions.
    Returns a (N, T, 2H) array: states of the forward direction first, then those of the backward
    direction, each at the step of the input it has just read; 0 in the padding.
    Raises ValueError naming lengths unless all of them are from 1 to T.
    """
    ### BEGIN SOLUTION
    steps = np.arange(x.shape[1])
    if np.any(lengths < 1) or np.any(lengths > len(steps)):
        raise ValueError(f"lengths are {lengths}, expected numbers from 1 to {len(steps)}")
    real = steps < lengths[:, None]
    mirrored = np.where(real, lengths[:, None] - 1 - steps, steps)
    samples = np.arange(len(x))[:, None]
    there = run(x, *forward)
    back = run(x[samples, mirrored], *backward)[samples, mirrored]
    return np.where(real[..., None], np.concatenate([there, back], axis=2), 0.0)
    ### END SOLUTION


# %% check="bidirectional" points=6
def reading_run(x, base):
    """Append each input as a digit: state t is a number that shows what was read."""
    states, state = [], 0.0
    for t in range(x.shape[1]):
        state = base * state + x[:, t]
        states.append(state)
    return np.stack(states, axis=1)


x = np.array([[[1.0], [2.0], [3.0], [9.0]], [[4.0], [5.0], [6.0], [7.0]]])
with unchanged("x is as it was", x=x):
    h = bidirectional(reading_run, x, np.array([3, 4]), (10.0,), (100.0,))
check_shape(h, (2, 4, 2), "twice as many numbers per step")
check_close(h[:, :, 0], [[1.0, 12.0, 123.0, 0.0], [4.0, 45.0, 456.0, 4567.0]], "forwards")
expected = [[30201.0, 302.0, 3.0, 0.0], [7060504.0, 70605.0, 706.0, 7.0]]
check_close(h[:, :, 1], expected, "backwards, from each sequence's own end, at the step just read")
bad_lengths = (reading_run, x, np.array([3, 5]), (10.0,), (100.0,))
check_raises(ValueError, bidirectional, *bad_lengths, match="lengths")

# %% [markdown]
# ### The summary of both
# ●●○○○ · about 5 min · 2 points
#
# A many-to-one head wants one vector per sequence: the state of each direction after it has read
# *everything*. Where does each of the two halves stand?


# %% exercise="bidirectional_last"
def bidirectional_last(h, lengths):
    """The final state of both directions.

    h: (N, T, 2H) as bidirectional returns it; lengths: (N,) integers from 1 to T.
    Returns a (N, 2H) array: the forward direction's state after it has read its whole sequence,
    then the backward direction's.
    Raises ValueError naming h and its shape if its last axis is odd.
    """
    ### BEGIN SOLUTION
    if h.shape[2] % 2:
        raise ValueError(f"h has shape {h.shape}, expected an even last axis: (N, T, 2H)")
    units = h.shape[2] // 2
    there = h[np.arange(len(h)), lengths - 1, :units]
    return np.concatenate([there, h[:, 0, units:]], axis=1)
    ### END SOLUTION


# %% check="bidirectional_last" points=2
with unchanged("h is as it was", h=h):
    read = bidirectional_last(h, np.array([3, 4]))
check_close(read, [[123.0, 30201.0], [4567.0, 7060504.0]], "each has read the whole sequence")
check_raises(ValueError, bidirectional_last, h[:, :, :1], np.array([3, 4]), match=r"\bh\b")

# %% [markdown]
# ## 10 · Who is speaking?
# about 13 min, with the question
#
# Nine men say the vowels /ae/, 640 times in all (Kudo, Toyama and Shimbo, 1999). Every 6.4 ms a
# frame of the sound was turned into 12 numbers, and an utterance takes 7 to 29 frames. The task is
# many-to-one: which of the nine is it? 270 utterances are for training, 370 for testing.
#
# We train three networks of 24 units that differ in what the head reads, and put a linear
# classifier beside them that has no notion of time: it sees the mean of the real frames.
#
# | | reads |
# |---|---|
# | last padded | `h[:, -1]`, whatever the length (all sequences are padded to 29 steps) |
# | last valid | your `last_valid` |
# | both directions | the final states of two networks, forwards and backwards |
#
# The training code is given. It runs on your `rnn_forward`, `rnn_backward`, `last_valid` and
# `clip_by_norm`, and uses Adam, which you know from lab 4.


# %% setup
class Adam:
    """Adam (Kingma & Ba 2015) on a dict of arrays. Given."""

    def __init__(self, parameters, rate):
        self.rate, self.t = rate, 0
        self.mean = {name: np.zeros_like(p) for name, p in parameters.items()}
        self.square = {name: np.zeros_like(p) for name, p in parameters.items()}

    def step(self, parameters, gradients):
        self.t += 1
        for name, g in gradients.items():
            self.mean[name] += 0.1 * (g - self.mean[name])
            self.square[name] += 0.001 * (g**2 - self.square[name])
            root = np.sqrt(self.square[name] / (1.0 - 0.999**self.t)) + 1e-8
            mean = self.mean[name] / (1.0 - 0.9**self.t)
            parameters[name] = parameters[name] - self.rate * mean / root


def draw_network(rng, inputs, units):
    """w_x, w_h, b of a fresh network; w_h is a rotation, of gain 1. Given."""
    w_h = np.linalg.qr(rng.normal(size=(units, units)))[0]
    return rng.normal(size=(units, inputs)) / np.sqrt(inputs), w_h, np.zeros(units)


def softmax(scores):
    """Probabilities along the last axis. Given."""
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def clipped_step(adam, parameters, gradients):
    """Clip the gradients to norm 1 and take a step. Given; it calls your clip_by_norm."""
    clipped, _ = clip_by_norm(list(gradients.values()), 1.0)
    adam.step(parameters, dict(zip(gradients, clipped)))


# %% experiment
vowels = data.load_japanese_vowels()
lengths, speaker = vowels.lengths, vowels.y
training = np.flatnonzero(vowels.training)
testing = np.flatnonzero(~vowels.training)
real = np.arange(vowels.X.shape[1]) < lengths[:, None]
frames = vowels.X[real & vowels.training[:, None]]
x = np.where(real[..., None], (vowels.X - frames.mean(axis=0)) / frames.std(axis=0), 0.0)
mirrored = x.copy()
for row, length in zip(mirrored, lengths):
    row[:length] = row[:length][::-1]

shown = training[[0, 40, 95]]
figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), sharey=True)
for axis, n in zip(axes, shown):
    axis.imshow(x[n].T, aspect="auto", cmap="coolwarm", vmin=-3, vmax=3)
    axis.axvline(lengths[n] - 0.5, color="k")
    axis.set(title=f"speaker {speaker[n] + 1}, {lengths[n]} frames", xlabel="frame")
axes[0].set(ylabel="coefficient", yticks=[0, 4, 8])
figure.suptitle("Three utterances; right of the line is padding")
plt.show()


# %% experiment
def directions(reads):
    """The sequences each network reads, and where its final state stands."""
    if reads == "last padded":
        return [(x, np.full(len(x), x.shape[1]))]
    return [(x, lengths), (mirrored, lengths)][: 2 if reads == "both directions" else 1]


def read_states(p, reads, rows, late=0):
    """The final states of these utterances, joined, and the caches of the networks."""
    states, caches = [], []
    for k, (sequences, ends) in enumerate(directions(reads)):
        longer = np.pad(sequences[rows], ((0, 0), (0, late), (0, 0)))
        zeros = np.zeros((len(rows), 24))
        h, cache = rnn_forward(longer, zeros, *(p[f"{name}{k}"] for name in NAMES))
        states.append(last_valid(h, ends[rows] + late))
        caches.append((cache, ends[rows]))
    return np.concatenate(states, axis=1), caches


def train_speaker(reads, seed, steps=200):
    """The parameters of a network with this reading, after training."""
    rng = np.random.default_rng(seed)
    count = len(directions(reads))
    p = {"w_y": np.zeros((9, 24 * count)), "b_y": np.zeros(9)}
    for k in range(count):
        p |= {f"{name}{k}": value for name, value in zip(NAMES, draw_network(rng, 12, 24))}
    adam = Adam(p, rate=0.005)
    for _ in range(steps):
        rows = rng.choice(training, size=45, replace=False)
        states, caches = read_states(p, reads, rows)
        dy = softmax(states @ p["w_y"].T + p["b_y"])
        dy[np.arange(45), speaker[rows]] -= 1.0
        dy /= 45
        gradients = {"w_y": dy.T @ states, "b_y": dy.sum(axis=0)}
        for k, (cache, ends) in enumerate(caches):
            dh = np.zeros_like(cache[4])
            dh[np.arange(45), ends - 1] = dy @ p["w_y"][:, 24 * k : 24 * (k + 1)]
            gradients |= {f"{n}{k}": g for n, g in zip(NAMES, rnn_backward(dh, cache)[2:])}
        clipped_step(adam, p, gradients)
    return p


def share_recognised(p, reads, late=0):
    """Of the test utterances; every state is read `late` padded steps too late."""
    states, _ = read_states(p, reads, testing, late)
    return np.mean(np.argmax(states @ p["w_y"].T + p["b_y"], axis=1) == speaker[testing])


def linear_classifier(steps=1000):
    """Which test utterances a linear classifier gets right that sees the mean real frame."""
    means = np.stack([row[:length].mean(axis=0) for row, length in zip(x, lengths)])
    means = np.concatenate([means, np.ones((len(means), 1))], axis=1)
    w, wanted = np.zeros((9, 13)), np.eye(9)[speaker[training]]
    for _ in range(steps):
        slope = softmax(means[training] @ w.T) - wanted
        w -= 0.5 * slope.T @ means[training] / len(training)
    return np.argmax(means[testing] @ w.T, axis=1) == speaker[testing]


NAMES = ("w_x", "w_h", "b")
seeds, late = range(4), np.arange(23)
shares = {"mean of the frames, linear": [linear_classifier().mean()]}
for reads in ("last padded", "last valid", "both directions"):
    networks = [train_speaker(reads, seed) for seed in seeds]
    shares[reads] = [share_recognised(p, reads) for p in networks]
    if reads == "last valid":
        too_late = [[share_recognised(p, reads, late=k) for k in late] for p in networks]
for name, values in shares.items():
    print(f"{name:27s} mean {np.mean(values):.3f}   each run", *(f"{v:.3f}" for v in values))

plt.plot(late, np.mean(too_late, axis=0), "C0-o", label="last valid, but read k steps too late")
styles = ["k--", "C1-", None, "C2-"]
for (name, values), style in zip(shares.items(), styles):
    if style:
        plt.plot(late, np.full(len(late), np.mean(values)), style, label=name)
plt.xlabel("k: padded steps between the last real frame and the state that is read")
plt.ylabel("share of speakers recognised")
plt.title(f"What padding does to a state (mean of {len(seeds)} runs)")
plt.ylim(0, 1.05)
plt.legend(loc="center right")
plt.show()

# %% [markdown]
# The blue curve belongs to the networks that were trained to read the last valid step. We let them
# run on after the end of each utterance, over padding, and read their state $k$ steps too late.
#
# **Question 1.** (a) After how many padded steps has the blue curve lost half of its height, and
# what happens to the state on the way? (b) The networks of the orange line, "last padded", were
# *trained* to read after the padding. They could have learned to keep what they need. Why have they
# not? (c) The dashed line ignores the order of the frames. What does it tell you about this task,
# and about what the recurrent networks have, or have not, shown here?

# %% [markdown] answer="what_padding_does" points=3
# ### BEGIN SOLUTION
# (a) Between three and four steps: 0.94 at $k = 0$, 0.58 after three steps, 0.45 after four. From
# seven on it is at about one fifth, where the orange line is.
# The network cannot stop: at each padded step the input is zero, and the state is turned by $W_h$
# and squashed once more. So it drifts away from where it stood after the last real frame, and the
# head, which has learned to read it there, reads something else.
#
# (b) Their gradient enters at step 29 and has to pass the padded steps, up to 22 of them, before it
# meets a real frame. At each it is multiplied by $W_h$ and by slopes of $\tanh$ below 1, so
# little of it arrives: section 5. Parameters that solve the task may well exist, but the gradient
# does not lead there in 200 steps.
#
# (c) The linear classifier on the mean frame recognises about as many as the networks that read the
# last valid step. The order of the frames adds little here: what a speaker sounds like on the
# average is nearly enough. The networks have shown that they can collect the evidence over time
# (and two directions do a little better than the mean), but not that the task needs memory.
#
# *Marking guide.* (a) 1 point: ½ for a number that agrees with the plot (from 1 step more to 1 step
# less), ½ for the state that goes on changing over padded steps. (b) 1 point: ½ for "the gradient
# must pass the padded steps", ½ for "and is made smaller at each", or a reference to section 5.
# (c) 1 point: ½ for "the linear baseline is about as good as the last valid step", ½ for a sober
# conclusion (order matters little here; no proof of a need for memory).
# ### END SOLUTION

# %% [markdown]
# ## 11 · Inventing names
#
# A network that predicts the next letter can write: draw a letter from its prediction, feed it
# back as the next input, and go on until it predicts the end. That is the feedback of section 7,
# with a die in the loop.
#
# ### One letter after another
# ●●●○○ · about 13 min · 5 points
#
# The scores of the next token are turned into probabilities with a **temperature** $\tau$:
#
# $$p_k = \frac{e^{s_k / \tau}}{\sum_j e^{s_j / \tau}} .$$
#
# $\tau = 1$ is what the network has learned. With a small $\tau$ the likeliest token nearly always
# wins; with a large one all tokens become equally likely.
#
# | | argument | |
# |---|---|---|
# | one step of the network | `step(token, h)` | returns `(scores, h)`: $(V,)$, and the new state |
# | the state before the first step | `h0` | whatever `step` understands: hand it on as it is |
# | tokens | `start`, `end` | integers; the first input is `start`, and `end` ends the sequence |
# | source of chance | `rng` | a NumPy `Generator` |
# | limit | `longest` | no more tokens than this |
#
# Return the tokens that were drawn, without `start` and without `end`.
#
# <details><summary>Hint</summary>
#
# `rng.choice(len(p), p=p)` draws an index with probabilities `p`. Subtract the largest score before
# you take `exp`. Convert the result to an `int`.
#
# </details>


# %% exercise="sample_sequence"
def sample_sequence(step, h0, start, end, *, temperature, rng, longest=50):
    """Draw a sequence from a network that predicts its own next input.

    step: a function (token, h) -> (scores, h): scores is a (V,) array for the next token.
    h0: the state before the first step, passed to step unchanged.
    start, end: tokens, ints from 0 to V - 1 (they may be equal): the first input, and the token
        that ends the sequence.
    temperature: > 0; scores are divided by it. rng: numpy Generator, the only source of chance.
    longest: stop after this many tokens even without end.
    Returns a list of the tokens drawn, as ints, without start and end.
    Raises ValueError naming temperature and its value unless it is above 0.
    """
    ### BEGIN SOLUTION
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}, expected a number above 0")
    tokens, token, h = [], start, h0
    while len(tokens) < longest:
        scores, h = step(token, h)
        p = np.exp((scores - scores.max()) / temperature)
        token = int(rng.choice(len(p), p=p / p.sum()))
        if token == end:
            break
        tokens.append(token)
    return tokens
    ### END SOLUTION


# %% check="sample_sequence" points=5
def counting_step(token, h):
    """From token k to k + h, with certainty; h grows by 1."""
    scores = np.full(12, -1e5)
    scores[(token + h) % 12] = 1e5
    return scores, h + 1


def even_or_rare(token, h):
    return np.array([-np.inf, 0.0, np.log(4.0)]), h


rng = np.random.default_rng(5)
tokens = sample_sequence(counting_step, 1, 0, 10, temperature=1.0, rng=rng)
check_true(tokens == [1, 3, 6], "0 + 1, + 2, + 3; the next, 6 + 4 = 10, is the end")
tokens = sample_sequence(counting_step, 1, 0, 11, temperature=1.0, rng=rng, longest=4)
check_true(tokens == [1, 3, 6, 10], "four tokens are enough when longest is 4")
many = sample_sequence(even_or_rare, 0, 0, 0, temperature=0.5, rng=rng, longest=2000)
check_close(np.mean(np.array(many) == 2), 16 / 17, "temperature ½ squares the odds", atol=0.03)
many = sample_sequence(even_or_rare, 0, 0, 0, temperature=2.0, rng=rng, longest=2000)
check_close(np.mean(np.array(many) == 2), 2 / 3, "temperature 2 takes their root", atol=0.05)
arguments = (even_or_rare, 0, 0, 0)
check_raises(ValueError, sample_sequence, *arguments, temperature=0, rng=rng, match="temperature")

# %% [markdown]
# ### First names
# about 12 min, with the question
#
# The list has the 5,163 first names that were most frequent in the 1990 census of the United
# States. 500 of them, chosen at random, are kept for testing. The network reads a name letter by
# letter and at each step predicts the next letter or the end: 27 possibilities, many to many.
#
# We measure the **perplexity**, $e^{L}$ for the mean cross-entropy $L$ per letter. It is the number
# of equally likely letters that would leave you as uncertain. Without any knowledge it is 27. A
# table of **bigrams**, which predicts each letter from the one before it alone, is the honest
# baseline.


# %% experiment
names = data.load_names().names
longest_name = max(map(len, names))
targets = np.zeros((len(names), longest_name + 1), dtype=int)  # 1 to 26 are a to z, 0 is the end
for row, name in zip(targets, names):
    row[: len(name)] = [ord(letter) - ord("a") + 1 for letter in name]
inputs = np.concatenate([np.zeros((len(names), 1), dtype=int), targets[:, :-1]], axis=1)
steps_of = np.array([len(name) + 1 for name in names])  # the end is predicted, too
shuffled = np.random.default_rng(0).permutation(len(names))
held_out, known = shuffled[:500], shuffled[500:]
one_hot = np.eye(27)

counts = np.ones((27, 27))
in_name = np.arange(longest_name + 1) < steps_of[:, None]
np.add.at(counts, (inputs[known][in_name[known]], targets[known][in_name[known]]), 1)
bigrams = counts / counts.sum(axis=1, keepdims=True)


def train_names(seed, units=64, steps=1000, rate=0.01):
    rng = np.random.default_rng(seed)
    w_x, w_h, b = draw_network(rng, 27, units)
    p = {"w_x": 2.5 * w_x, "w_h": w_h, "b": b, "w_y": np.zeros((27, units)), "b_y": np.zeros(27)}
    adam = Adam(p, rate)
    for step in range(steps):
        adam.rate = rate * (1.0 - step / steps)
        rows = rng.choice(known, size=64, replace=False)
        scores, h, cache = predict_letters(p, rows)
        _, dscores = masked_cross_entropy(scores, targets[rows], steps_of[rows])
        dh, dw_y, db_y = head_backward(dscores, (h, p["w_y"], "each"))
        _, _, dw_x, dw_h, db = rnn_backward(dh, cache)
        gradients = {"w_x": dw_x, "w_h": dw_h, "b": db, "w_y": dw_y, "b_y": db_y}
        clipped_step(adam, p, gradients)
    return p


def predict_letters(p, rows):
    zeros = np.zeros((len(rows), len(p["b"])))
    h, cache = rnn_forward(one_hot[inputs[rows]], zeros, p["w_x"], p["w_h"], p["b"])
    return head_forward(h, p["w_y"], p["b_y"], reads="each")[0], h, cache


def surprise(probabilities):
    """-log p of each true letter of the names held out: (500, steps), NaN after the end."""
    true = targets[held_out][..., None]
    p = np.take_along_axis(probabilities, true, axis=2)[..., 0]
    return np.where(in_name[held_out], -np.log(p), np.nan)


networks = [train_names(seed) for seed in range(3)]
by_bigrams = surprise(bigrams[inputs[held_out]])
by_networks = [surprise(softmax(predict_letters(p, held_out)[0])) for p in networks]
print(f"perplexity: uniform 27.0, bigrams {np.exp(np.nanmean(by_bigrams)):.1f}, network", end="")
print(*(f" {np.exp(np.nanmean(each)):.2f}" for each in by_networks))

positions = np.arange(1, 11)
plt.plot(positions, np.exp(np.nanmean(by_bigrams[:, :10], axis=0)), "k--o", label="bigrams")
for k, each in enumerate(by_networks):
    label = "network, three runs" if k == 0 else None
    plt.plot(positions, np.exp(np.nanmean(each[:, :10], axis=0)), "C0-o", alpha=0.6, label=label)
plt.xticks(positions)
plt.xlabel("position of the letter that is predicted (1 is the first)")
plt.ylabel("perplexity on names held out")
plt.title("How uncertain is the next letter?")
plt.ylim(0, None)
plt.legend()
plt.show()

# %% [markdown]
# And now let it write, at three temperatures. Which of these do you believe?


# %% experiment
def letter_step(token, h):
    p = networks[0]
    h, _ = rnn_cell_forward(one_hot[[token]], h, p["w_x"], p["w_h"], p["b"])
    return (h @ p["w_y"].T + p["b_y"])[0], h


rng = np.random.default_rng(1)
for temperature in (0.3, 1.0, 2.0):
    written = []
    for _ in range(12):
        zeros = np.zeros((1, 64))
        tokens = sample_sequence(letter_step, zeros, 0, 0, temperature=temperature, rng=rng)
        written.append("".join(chr(ord("a") + token - 1) for token in tokens).capitalize())
    known_share = np.mean([name.lower() in names for name in written])
    print(f"temperature {temperature}: {', '.join(written)}  ({known_share:.0%} are on the list)")

# %% [markdown]
# **Question 2.** Look at your plot of the perplexity by position. (a) About the first letter the
# network and the table of bigrams are equally uncertain. Why must they be? (b) Before the second
# letter both have seen the same single letter, and yet the network knows more. What does it know
# that the table does not? (c) What more does the distance between the curves measure from the third
# letter on?

# %% [markdown] answer="where_memory_begins" points=2
# ### BEGIN SOLUTION
# (a) Before the first letter both know only that a name begins (the start has a row of its own in
# the table). All that can be learned is how frequent each first letter is.
#
# (b) The network knows *where* it is: its state says that this letter is the first of the name. The
# table counts a pair wherever it occurs, so its row for "a" mixes what follows an initial A with
# what follows an "a" in the middle or near the end of a name, where the end is a frequent
# successor.
#
# (c) From the third letter on the state may hold the letters before the last one as well as the
# position. The distance measures what these tell about the next letter, as far as the network has
# learned to use it: the worth of its memory.
#
# *Marking guide.* (a) ½ point: no context for either. (b) 1 point: the position, or "that it is the
# first letter" (½ for "the network has a state" without saying what it holds). (c) ½ point: context
# longer than one letter.
# ### END SOLUTION

# %% [markdown]
# ## 12 · A time series, and a straight line beside it
# about 5 min
#
# One warning before you use recurrent networks on every series of numbers. Here is the yearly
# number of sunspots, 1700 to 2008. A network of 16 units reads 24 years and predicts the next one;
# to look further ahead, it takes its own forecasts for observations, as in section 7. Beside it
# stands a **linear autoregression**: least squares on the last nine years, likewise run on its own
# forecasts. And the naive forecast: it stays as it is. Years before 1920 are for training.


# %% experiment
sunspots = data.load_sunspots()
years, number = sunspots.X[:, 0], sunspots.y
centre, scale = number[years < 1920].mean(), number[years < 1920].std()
series, seen, ahead = (number - centre) / scale, 24, 8
windows = np.lib.stride_tricks.sliding_window_view(series, seen + ahead)
past = windows[years[seen + ahead - 1 :] < 1920]
future = windows[years[seen : len(years) - ahead + 1] >= 1920]


def forecast(predict, rows):
    """The next `ahead` values, each prediction taken for an observation by the next."""
    known_so_far = rows[:, :seen]
    for _ in range(ahead):
        following = predict(known_so_far[:, -seen:])
        known_so_far = np.concatenate([known_so_far, following[:, None]], axis=1)
    return known_so_far[:, seen:]


def train_sunspots(seed, units=16, steps=300):
    rng = np.random.default_rng(seed)
    p = dict(zip(("w_x", "w_h", "b"), draw_network(rng, 1, units)))
    p |= {"w_y": np.zeros((1, units)), "b_y": np.zeros(1)}
    adam = Adam(p, rate=0.005)

    def run(rows):
        zeros = np.zeros((len(rows), units))
        return rnn_forward(rows[..., None], zeros, p["w_x"], p["w_h"], p["b"])

    for _ in range(steps):
        rows = past[rng.choice(len(past), size=64)]
        h, cache = run(rows[:, :seen])
        y, head = head_forward(h, p["w_y"], p["b_y"], reads="each")
        dy = 2.0 * (y - rows[:, 1 : seen + 1, None]) / y[..., 0].size
        dy[:, :8] = 0.0  # the first years only warm up the state
        dh, dw_y, db_y = head_backward(dy, head)
        _, _, dw_x, dw_h, db = rnn_backward(dh, cache)
        gradients = {"w_x": dw_x, "w_h": dw_h, "b": db, "w_y": dw_y, "b_y": db_y}
        clipped_step(adam, p, gradients)
    return lambda rows: head_forward(run(rows)[0], p["w_y"], p["b_y"], reads="last")[0][:, 0]


def nine_years(rows):
    return np.concatenate([rows[:, -9:], np.ones((len(rows), 1))], axis=1)


line, *_ = np.linalg.lstsq(nine_years(past[:, :seen]), past[:, seen], rcond=None)
forecasters = {
    "naive": [lambda rows: rows[:, -1]],
    "linear autoregression": [lambda rows: nine_years(rows) @ line],
    "recurrent network, mean of 4": [train_sunspots(seed) for seed in range(4)],
}
print("mean absolute error in sunspots, by years ahead")
for name, predictors in forecasters.items():
    misses = [np.abs(forecast(each, future) - future[:, seen:]) for each in predictors]
    errors = scale * np.mean(misses, axis=(0, 1))
    print(f"{name:29s}", *(f"{error:5.1f}" for error in errors))
    plt.plot(range(1, ahead + 1), errors, "o-", label=name)
plt.xlabel("years ahead")
plt.ylabel("mean absolute error (sunspots)")
plt.title("Forecasts from 1920 on")
plt.ylim(0, None)
plt.legend()
plt.show()

# %% [markdown]
# The network beats the naive forecast by far, and the straight line beats the network at every
# distance: ten numbers found by least squares, in a thousandth of the time. A short, smooth series
# with a memory of a dozen years is not where recurrent networks shine. Whoever leaves out the
# straight line never finds out.
#
# ## 13 · Stretch: slower units, longer steps
#
# The gradient factor shrinks with every step. Two old ideas make the way shorter, both without
# gates. These two exercises give no points, but they are checked.
#
# ### Leaky units
# ●●●○○ · about 10 min · 0 points
#
# A leaky unit keeps a part of its old state as it is, and adds the rest from the new one
# ([Jaeger and others, 2007](https://doi.org/10.1016/j.neunet.2007.04.016)):
#
# $$h_t = \alpha \circ h_{t-1} + (1 - \alpha) \circ
# \tanh\big(x_t W_x^\top + h_{t-1} W_h^\top + b\big) .$$
#
# With $\alpha$ near 1 it is a slow unit with a long memory; with $\alpha = 0$ it is the unit of
# section 1. Some papers call $1 - \alpha$ the *leaking rate* and write the formula with that
# letter; here `keep` is $\alpha$, the part that is kept. Each unit may have its own.


# %% exercise="leaky_forward"
def leaky_forward(x, h0, w_x, w_h, b, keep):
    """A recurrent network of leaky units (Jaeger et al. 2007; Goodfellow et al. 2016, 10.9.2).

    x: (N, T, D); h0: (N, H); w_x, w_h, b: as in rnn_forward.
    keep: a number from 0 to 1, or a (H,) array of them: the part of the old state that stays.
    Returns the (N, T, H) states.
    Raises ValueError naming keep unless all of it is from 0 to 1.
    """
    ### BEGIN SOLUTION
    if not np.all((keep >= 0) & (keep <= 1)):
        raise ValueError(f"keep is {keep}, expected numbers from 0 to 1")
    state, states = h0, []
    for t in range(x.shape[1]):
        proposal = np.tanh(x[:, t] @ w_x.T + state @ w_h.T + b)
        state = keep * state + (1.0 - keep) * proposal
        states.append(state)
    return np.stack(states, axis=1)
    ### END SOLUTION


# %% check="leaky_forward" points=0
x, h0 = np.array([[[1.0], [-2.0]]]), np.array([[0.8, -0.4]])
w_x, w_h, b = np.zeros((2, 1)), np.zeros((2, 2)), np.array([np.log(3.0) / 2, 0.0])
h = leaky_forward(x, h0, w_x, w_h, b, np.array([0.75, 0.5]))
check_close(h, [[[0.725, -0.2], [0.66875, -0.1]]], "three quarters, or a half, of the old state")
check_raises(ValueError, leaky_forward, x, h0, w_x, w_h, b, 1.5, match="keep")

# %% [markdown]
# ### Skips through time
# ●●●○○ · about 15 min · 0 points
#
# The other idea: connect each state with one that lies $d$ steps back as well. A gradient that
# takes the skips has $d$ times fewer factors on its way
# ([Lin and others, 1996](https://doi.org/10.1109/72.548162)):
#
# $$h_t = \tanh\big(x_t W_x^\top + h_{t-1} W_h^\top + h_{t-d} W_s^\top + b\big),
# \qquad h_s = h_0 \text{ for all } s \le 0 .$$


# %% exercise="skip_forward"
def skip_forward(x, h0, w_x, w_h, w_skip, b, skip):
    """A recurrent network with a second recurrent connection over several steps (Lin et al. 1996).

    x: (N, T, D); h0: (N, H), the state before the first step and at all times before;
    w_x: (H, D), w_h, w_skip: (H, H), b: (H,); skip: d >= 2, an int.
    Returns the (N, T, H) states.
    Raises ValueError naming skip and its value if it is below 2.
    """
    ### BEGIN SOLUTION
    if skip < 2:
        raise ValueError(f"skip is {skip}, expected 2 or more")
    states = [h0] * skip
    for t in range(x.shape[1]):
        a = x[:, t] @ w_x.T + states[-1] @ w_h.T + states[-skip] @ w_skip.T + b
        states.append(np.tanh(a))
    return np.stack(states[skip:], axis=1)
    ### END SOLUTION


# %% check="skip_forward" points=0
x, h0 = np.array([[[0.5], [-0.3], [0.8], [0.1]]]), np.array([[0.6]])
w_x, w_h, w_skip, b = np.array([[1.0]]), np.array([[0.5]]), np.array([[-2.0]]), np.array([0.2])
h = skip_forward(x, h0, w_x, w_h, w_skip, b, 2)
check_close(h[0, :2, 0], [-0.1973753202, -0.8850676529], "the first two steps skip to h0")
check_close(h[0, 2:, 0], [0.7407850048, 0.9849363208], "the others to the states two steps back")
check_raises(ValueError, skip_forward, x, h0, w_x, w_h, w_skip, b, 1, match="skip")

# %% [markdown]
# ## What you have built
#
# - A recurrent network is one step, repeated, with the same weights. Its gradient goes the same way
#   back; two gradients meet at each state, and the gradients of the weights add up over the steps.
# - What reaches a state $d$ steps back has been multiplied by $d$ matrices. It vanishes or explodes
#   with the spectral radius, and the slope of $\tanh$ pulls it down. Clipping helps against
#   explosions. Nothing you built here helps against vanishing.
# - Padding is not data. Mask it in the loss, read the state at the last real step, and turn round
#   the real part alone.
# - Put a simple baseline beside the network: the mean of the frames, a table of bigrams, a straight
#   line. Memory is worth what it adds to that.
#
# In the next lab, gates let a network decide for itself what to keep, and the gradient lives.
