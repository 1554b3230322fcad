# %% [markdown]
# # 2 · Stacking layers
#
# One neuron draws one straight border. In the last lab that was enough for tumours, and it is
# hopeless for a question as small as *either, but not both*: no straight line separates the points
# $(0,1)$ and $(1,0)$ from $(0,0)$ and $(1,1)$. In 1969 Minsky and Papert made a book of such
# examples, and for years afterwards few people worked on neural networks.
#
# The way out is to put neurons in layers and layers on top of each other, with one small but
# decisive thing in between: a *bend*. A layer without a bend maps lines to lines, and a
# hundred such layers still do. With a bend, each layer can fold its input, and the next one folds
# what is already folded:
#
# ![A line, folded once, twice and three times](folding.svg)
#
# In this lab you build the whole machine, forwards and backwards, with NumPy alone. Then you use
# it to answer three questions. What does the bend do? What do you get from more *width*, and what
# from more *depth*? And when is a hidden layer worth having on real data?
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1 | `linear_forward` | 2 | 6 |
# | 2 | `numerical_gradient` | 3 | 9 |
# | 3 | `linear_backward`, derived by you | 4 | 12 |
# | 4, 5 | `activation_forward`, `activation_backward` | 4 + 4 | 22 |
# | 6 | `maxout_forward` | 3 | 7 |
# | 7 | `softmax`; find the bug: `exposing_logits` | 3 + 3 | 14 |
# | 8 | `output_layer` | 2 | 6 |
# | 9 | `one_hidden_forward`, `xor_parameters` | 2 + 3 | 13 |
# | 10 | `mlp_forward`, `parameter_count` | 4 + 2 | 13 |
# | 11 | `mlp_backward`, derived by you | 6 | 15 |
# | 12 | `fit_output_layer`, question 1 | 4 + 2 | 14 |
# | 13 | `predict_pieces`, `count_linear_pieces` | 2 + 4 | 13 |
# | 14 | `train`, an experiment on flowers, question 2 | 3 + 3 | 16 |
# | 15 | `maxout_backward` (stretch) | | |
# | | **in all** | **63** | **160** |
#
# That is two and a half hours; after section 8 is a good place for a break.
#
# **Conventions.** Arrays hold `float64`. No function modifies its inputs.
#
# | symbol | name in code | shape | |
# |---|---|---|---|
# | $x$ | `x` | $(N, D)$ | a batch of $N$ samples, one in each row |
# | $W$ | `w` | (out, in) | one row for each unit, as in torch |
# | $b$ | `b` | (out,) | one number for each unit |
# | $z$ | `z` | $(N, \text{out})$ | what a linear layer gives, before the bend |
# | $a$ | `a` | as $z$ | after the bend: $a = \varphi(z)$ |
# | $\mathrm{d}y$ | `dout` | as $y$ | $\partial L / \partial y$, which arrives from above |
#
# A function `…_forward` returns its output and a *cache*: what the way back will need. A function
# `…_backward(dout, cache)` returns the gradients. Any $1/N$ of the loss is already in `dout`.
# Each exercise is checked on its own; where a function needs another one, it gets it as an
# argument.

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

# %% [markdown]
# ## 1 · One layer
#
# ●○○○○ · about 6 min · 2 points
#
# A linear layer is a row of neurons that all look at the same input. Each has its own weights, a
# row of $W$, and its own bias. A whole batch goes through in one matrix product:
#
# $$y = x\,W^\top + b, \qquad y_{nj} = \sum_i x_{ni} W_{ji} + b_j .$$
#
# | symbol | argument | shape |
# |---|---|---|
# | $x$ | `x` | $(N, \text{in})$ |
# | $W$ | `w` | $(\text{out}, \text{in})$ |
# | $b$ | `b` | $(\text{out},)$ |
# | $y$ | returned | $(N, \text{out})$ |
#
# NumPy is generous with shapes: a `b` of shape `(1,)` or `(N, 1)` would be added without a word,
# and the result would be wrong in silence. So refuse what does not fit.
#
# <details><summary>Hint</summary>
#
# `x @ w.T` is the product. Compare `b.shape` with `w.shape[:1]`.
#
# </details>


# %% exercise="linear_forward"
def linear_forward(x, w, b):
    """A linear layer, y = x Wᵀ + b.

    x: (N, in); w: (out, in); b: (out,).
    Returns y, cache with y: (N, out) and cache = (x, w).
    Raises ValueError naming w (or b), its shape and the shape expected, unless w has as many
    columns as x and b has shape (out,).
    """
    ### BEGIN SOLUTION
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}, expected (out, {x.shape[1]})")
    if b.shape != w.shape[:1]:
        raise ValueError(f"b has shape {b.shape}, expected {w.shape[:1]}: one number per row of w")
    return x @ w.T + b, (x, w)
    ### END SOLUTION


# %% check="linear_forward" points=2
x = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 4.0]])
w = np.array([[2.0, 0.0, 1.0], [1.0, 3.0, -2.0], [0.5, 0.5, 0.5], [0.0, 0.0, 0.0]])
b = np.array([0.25, -1.0, 0.0, 7.0])
x_before = x.copy()
y, cache = linear_forward(x, w, b)
expected = [[2.75, 5.0, 1.75, 7.0], [4.25, -12.0, 1.5, 7.0]]
check_close(y, expected, "two samples, three inputs, four units")
check_close(x, x_before, "x is as it was")
check_true(len(cache) == 2, "the cache holds two arrays")
check_close(cache[1], w, "the second is w")
check_raises(ValueError, linear_forward, x, w[:, :2], b, match=r"\bw\b")
check_raises(ValueError, linear_forward, x, w, b[:1], match=r"\bb\b")

# %% [markdown]
# ## 2 · A yardstick for gradients
#
# ●●○○○ · about 9 min · 3 points
#
# Backward passes are easy to get nearly right, and a nearly right gradient still trains, only
# worse. So before you write one, build the tool that tells right from nearly right. Change one
# entry of $x$ by a little, up and down, and see what $f$ does:
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + h\,e_i) - f(x - h\,e_i)}{2h} .$$
#
# The symmetric form matters. From Taylor's formula, the one-sided quotient is wrong by
# $\tfrac h2 f''$, while here the even terms cancel and the error is $\tfrac{h^2}{6} f'''$. With
# $h = 10^{-6}$ that is far below what rounding does.
#
# | | argument | |
# |---|---|---|
# | $f$ | `f` | a function that takes an array like `x` and returns **one number** |
# | $x$ | `x` | an array of any shape |
# | $h$ | `h` | the step, by keyword |
# | | returned | an array of the shape of `x` |
#
# It takes two calls of $f$ per entry. For a network with a million weights that is hopeless, and
# it is why backpropagation exists. For a test on a few numbers it is perfect.
#
# <details><summary>Hint</summary>
#
# `np.ndindex(x.shape)` gives every index, whatever the shape. Work on `x.copy()`; put the entry
# back before you go on to the next one.
#
# </details>


# %% exercise="numerical_gradient"
def numerical_gradient(f, x, *, h=1e-6):
    """The gradient of f at x, by central differences.

    f: a function of one array of the shape of x; returns a number.
    x: float array of one or more axes.  h: the step, above 0, the same for every entry.
    Returns a new float array of the shape of x, with (f(x + h e) - f(x - h e)) / 2h in the place of
    each entry, where e is 1 at that entry and 0 elsewhere.
    Raises ValueError naming h when it is not above 0.
    """
    ### BEGIN SOLUTION
    if h <= 0:
        raise ValueError(f"h is {h}, expected a number above 0")
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = h
        gradient[index] = (f(x + step) - f(x - step)) / (2.0 * h)
    return gradient
    ### END SOLUTION


# %% check="numerical_gradient" points=3
def weighted_cubes(x):
    return np.sum(np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]]) * x**3)


x = np.array([[1.0, -2.0, 0.5], [2.0, 1.0, -1.0]])
x_before = x.copy()
gradient = numerical_gradient(weighted_cubes, x)
expected = [[3.0, 24.0, -0.75], [6.0, 0.0, 9.0]]
check_close(gradient, expected, "the cubes' slopes", rtol=1e-6, atol=1e-6)
check_close(x, x_before, "x is as it was")
coarse = numerical_gradient(weighted_cubes, x, h=0.5)
expected = [[3.25, 24.5, -1.0], [6.125, 0.0, 9.75]]
check_close(coarse, expected, "with a large step, the quotient and not the slope")
check_raises(ValueError, numerical_gradient, weighted_cubes, x, h=0.0, match=r"\bh\b")

# %% [markdown]
# The next cell puts the yardstick to use. It compares a backward pass with differences of its
# forward pass, for every array argument: it sends a random gradient `dout` back, and
# differentiates $\sum y \circ \mathrm{d}y$, whose gradient is exactly what a backward pass returns.
# (It uses the course's `check_gradient`, which works as your function does, so that a slip in
# section 2 does not follow you around.)


# %% setup
def compare_gradients(forward, backward, arguments, names, seed=0):
    """Check backward against central differences of forward, for each of the array arguments."""
    y, cache = forward(*arguments)
    dout = np.random.default_rng(seed).normal(size=y.shape)
    for place, gradient in enumerate(backward(dout, cache)):

        def output(value, place=place):
            return forward(*arguments[:place], value, *arguments[place + 1 :])[0]

        message = f"d{names[place]} agrees with differences"
        check_gradient(output, arguments[place], gradient, message, upstream=dout)


# %% [markdown]
# ## 3 · The layer, backwards
#
# ●●●○○ · about 12 min · 4 points · **you derive it**
#
# Now the loss $L$ is some number computed from $y$, and you are told $\mathrm{d}y = \partial L /
# \partial y$, one number for each entry of $y$. Find the three gradients that follow. The forward
# formula is all you need:
#
# $$y_{nj} = \sum_i x_{ni} W_{ji} + b_j .$$
#
# | gradient | shape |
# |---|---|
# | `dout` | $(N, \text{out})$ |
# | `dx` | $(N, \text{in})$ |
# | `dw` | $(\text{out}, \text{in})$ |
# | `db` | $(\text{out},)$ |
#
# Take one entry, say $W_{ji}$, and ask: which entries of $y$ does it touch, and by how much does
# each change when it grows by a little? Multiply each of these by what the loss thinks of that
# entry of $y$, and add up. That is the whole chain rule. Then look for the matrix product that does
# it for all entries at once; the shapes leave little choice.
#
# <details><summary>Hint 1: how to begin</summary>
#
# $W_{ji}$ touches $y_{nj}$ for every sample $n$, and $\partial y_{nj} / \partial W_{ji} = x_{ni}$.
# So $\mathrm{d}W_{ji}$ is a sum over $n$. The bias $b_j$ touches the same entries, each by 1. The
# input $x_{ni}$ touches $y_{nj}$ for every unit $j$.
#
# </details>
#
# <details><summary>Hint 2: the formulas</summary>
#
# $$\mathrm{d}x = \mathrm{d}y\,W, \qquad \mathrm{d}W = \mathrm{d}y^\top x, \qquad
# \mathrm{d}b_j = \sum_n \mathrm{d}y_{nj} .$$
#
# </details>


# %% exercise="linear_backward"
def linear_backward(dout, cache):
    """Gradients of a linear layer y = x Wᵀ + b.

    dout: (N, out), gradient of the loss with respect to y.
    cache: (x, w) as linear_forward returns it.
    Returns (dx, dw, db) of the shapes of x, w and b. dw and db are sums over the batch: any 1/N of
    the loss is already in dout.
    Raises ValueError naming dout, its shape and the shape expected, unless it has the shape of y.
    """
    ### BEGIN SOLUTION
    x, w = cache
    expected = (x.shape[0], w.shape[0])
    if dout.shape != expected:
        raise ValueError(f"dout has shape {dout.shape}, expected {expected}")
    return dout @ w, dout.T @ x, dout.sum(axis=0)
    ### END SOLUTION


# %% check="linear_backward" points=4
x = np.array([[1.0, 2.0, -1.0], [3.0, 0.0, 2.0]])
w = np.array([[2.0, 0.0, 1.0], [1.0, 3.0, -2.0]])
dout = np.array([[0.5, -1.0], [2.0, 4.0]])
dout_before = dout.copy()
dx, dw, db = linear_backward(dout, (x, w))
check_close(dx, [[0.0, -3.0, 2.5], [8.0, 12.0, -6.0]], "dx collects from all units")
check_close(dw, [[6.5, 1.0, 3.5], [11.0, -2.0, 9.0]], "dw collects from all samples")
check_close(db, [2.5, 3.0], "db too")
check_close(dout, dout_before, "dout is as it was")
check_raises(ValueError, linear_backward, dout[:1], (x, w), match="dout")

# %% [markdown]
# And the yardstick, on random numbers. This cell is not graded. If it fails although the checks
# above pass, look at your forward pass.

# %% experiment
rng = np.random.default_rng(1)
layer = [rng.normal(size=(4, 3)), rng.normal(size=(2, 3)), rng.normal(size=2)]
compare_gradients(linear_forward, linear_backward, layer, "xwb")

# %% [markdown]
# ## 4 · The bend
#
# ●●○○○ · about 11 min · 4 points
#
# Put one linear layer on another and you get $(xW_1^\top + b_1)W_2^\top + b_2$, which is a linear
# layer again: its matrix is $W_2W_1$. An *activation* $\varphi$ between them, applied to each
# number on its own, is what makes a stack more than its top. These are the ones you will meet:
#
# | `kind` | $\varphi(z)$ | remarks |
# |---|---|---|
# | `"identity"` | $z$ | no bend; we need it for comparison |
# | `"sigmoid"` | $1 / (1 + e^{-z})$ | between 0 and 1 |
# | `"tanh"` | $\tanh z$ | a sigmoid from −1 to 1, twice as steep in $z$ |
# | `"relu"` | $\max(0, z)$ | the usual choice (Nair and Hinton, 2010) |
# | `"leaky_relu"` | $z$ if $z > 0$, else $s\,z$ | slope $s$ on the left (Maas et al., 2013) |
# | `"elu"` | $z$ if $z > 0$, else $\alpha\,(e^z - 1)$ | down to $-\alpha$ (Clevert et al., 2015) |
#
# The slope $s$ is `slope`, 0.1 unless given, and $\alpha$ is `alpha`, 1 unless given.
#
# Numbers of a thousand do occur, above all when training goes wrong. Your function must then stay
# finite and silent: `np.exp(1000)` overflows, and `np.where` computes both of its branches before
# it chooses.
#
# <details><summary>Hint</summary>
#
# Let `np.exp` see negative numbers only. For the sigmoid, use that
# $\sigma(z) = \tfrac12\left(1 + \tanh\tfrac z2\right)$. For ELU, `np.minimum(z, 0)` is a harmless
# argument. A dictionary of functions reads better than six `if`s, as long as only the one that is
# wanted runs.
#
# </details>


# %% exercise="activation_forward"
def activation_forward(kind, z, *, slope=0.1, alpha=1.0):
    """An activation, applied to every entry of z.

    kind: "identity", "sigmoid", "tanh", "relu", "leaky_relu" or "elu".
    z: float array of any shape.
    slope: of leaky_relu, for z < 0.  alpha: of elu, minus its limit on the left.
    Returns a, cache with a of the shape of z and cache = (kind, z, a, slope, alpha).
    Finite, and without a warning, for any finite z.
    Raises ValueError naming kind and its value if it is none of the six.
    """
    ### BEGIN SOLUTION
    positive, negative = np.maximum(z, 0.0), np.minimum(z, 0.0)
    if kind == "identity":
        a = z.copy()
    elif kind == "sigmoid":
        a = 0.5 * (1.0 + np.tanh(0.5 * z))
    elif kind == "tanh":
        a = np.tanh(z)
    elif kind == "relu":
        a = positive
    elif kind == "leaky_relu":
        a = positive + slope * negative
    elif kind == "elu":
        a = positive + alpha * np.expm1(negative)
    else:
        raise ValueError(f"kind is {kind!r}, expected one of the six activations")
    return a, (kind, z, a, slope, alpha)
    ### END SOLUTION


# %% check="activation_forward" points=4
z = np.array([[-2.0, 0.5, 3.0], [-0.25, 1.0, -1.0]])
z_before = z.copy()
log3 = np.log(3.0)
check_close(activation_forward("identity", z)[0], z, "the identity changes nothing")
sigmoids = activation_forward("sigmoid", np.array([log3, -log3]))[0]
check_close(sigmoids, [0.75, 0.25], "sigmoid(log 3) is 3/4")
check_close(activation_forward("tanh", np.array([log3, -log3 / 2]))[0], [0.8, -0.5], "tanh")
check_close(activation_forward("relu", z)[0], [[0.0, 0.5, 3.0], [0.0, 1.0, 0.0]], "ReLU")
leaky = activation_forward("leaky_relu", z)[0]
check_close(leaky, [[-0.2, 0.5, 3.0], [-0.025, 1.0, -0.1]], "leaky ReLU, slope 0.1 by default")
elu = activation_forward("elu", np.array([2.0, -log3]), alpha=0.3)[0]
check_close(elu, [2.0, -0.2], "ELU with alpha = 0.3")
far, cache = activation_forward("sigmoid", np.array([-1000.0, 1000.0]))
check_close(far, [0.0, 1.0], "far from 0 the sigmoid is flat")
check_true(len(cache) == 5, "the cache holds five things")
check_close(z, z_before, "z is as it was")
check_raises(ValueError, activation_forward, "swish", z, match="kind")

# %% [markdown]
# ## 5 · The bend, backwards
#
# ●●○○○ · about 11 min · 4 points
#
# Each entry of $z$ touches one entry of $a$, so the chain rule is a product, entry by entry:
#
# $$\mathrm{d}z = \mathrm{d}a \circ \varphi'(z) .$$
#
# Two of the slopes are best written with the *output*, which the cache holds as well:
#
# | `kind` | $\varphi'(z)$ | largest value |
# |---|---|---|
# | `"sigmoid"` | $a\,(1 - a)$ | ¼, at 0 |
# | `"tanh"` | $1 - a^2$ | 1, at 0 |
# | the other four | from their definition | |
#
# The four are yours. At the kink at 0, ReLU and leaky ReLU have no derivative; return the slope of
# either side there.
#
# <details><summary>Hint</summary>
#
# On the left, $\frac{\mathrm{d}}{\mathrm{d}z}\alpha(e^z - 1) = \alpha e^z$, which is also
# $a + \alpha$. `slope` and `alpha` come with the cache.
#
# </details>


# %% exercise="activation_backward"
def activation_backward(da, cache):
    """The gradient of an activation.

    da: gradient of the loss with respect to a, of the shape of a.
    cache: (kind, z, a, slope, alpha) as activation_forward returns it.
    Returns dz, of the shape of z; finite, and without a warning, for any finite z.
    Raises ValueError naming da, its shape and the shape expected, unless it has the shape of z.
    """
    ### BEGIN SOLUTION
    kind, z, a, slope, alpha = cache
    if da.shape != z.shape:
        raise ValueError(f"da has shape {da.shape}, expected {z.shape} as z")
    if kind == "sigmoid":
        return da * a * (1.0 - a)
    if kind == "tanh":
        return da * (1.0 - a**2)
    if kind == "elu":
        return da * np.where(z > 0, 1.0, alpha * np.exp(-np.abs(z)))
    left = {"identity": 1.0, "relu": 0.0, "leaky_relu": slope}[kind]
    return da * np.where(z > 0, 1.0, left)
    ### END SOLUTION


# %% check="activation_backward" points=4
z = np.array([[-2.0, 0.5], [3.0, -0.25], [-1.0, 2.0]])
da = np.array([[1.0, -2.0], [0.5, 4.0], [-3.0, 1.5]])
da_before = da.copy()
leaky_a = np.where(z > 0, z, 0.3 * z)
dz = activation_backward(da, ("relu", z, np.maximum(z, 0), 0.1, 1.0))
check_close(dz, [[0.0, -2.0], [0.5, 0.0], [0.0, 1.5]], "ReLU lets through or stops")
dz = activation_backward(da, ("leaky_relu", z, leaky_a, 0.3, 1.0))
check_close(dz, [[0.3, -2.0], [0.5, 1.2], [-0.9, 1.5]], "leaky ReLU with slope 0.3")
half, three_quarters = np.array([0.5, -0.5]), np.array([0.75, 0.25])
dz = activation_backward(np.array([2.0, -4.0]), ("tanh", np.arctanh(half), half, 0.1, 1.0))
check_close(dz, [1.5, -3.0], "tanh at a = 1/2")
logits = np.log(three_quarters / (1 - three_quarters))
dz = activation_backward(np.array([2.0, -4.0]), ("sigmoid", logits, three_quarters, 0.1, 1.0))
check_close(dz, [0.375, -0.75], "sigmoid at a = 3/4")
check_close(da, da_before, "da is as it was")
check_raises(ValueError, activation_backward, da[:1], ("relu", z, z, 0.1, 1.0), match="da")

# %% [markdown]
# Look at all six and their slopes, drawn with your functions. Flat parts are where learning stops:
# a unit that sits there passes no gradient back.

# %% experiment
z = np.linspace(-4, 4, 400)
kinds = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu")
_, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
for kind, style in zip(kinds, ("k:", "C0-", "C1-", "C2-", "C3--", "C4-."), strict=True):
    a, cache = activation_forward(kind, z)
    left.plot(z, a, style, label=kind)
    right.plot(z, activation_backward(np.ones_like(z), cache), style)
left.set_ylim(-1.6, 4)
left.legend(loc="upper left")
left.set(xlabel="z", ylabel="a", title="six activations")
right.set(xlabel="z", ylabel="da / dz", title="and their slopes")
plt.show()

# %% [markdown]
# ## 6 · Maxout
#
# ●●○○○ · about 7 min · 3 points
#
# Why choose a bend at all? Let each unit *learn* its own. A maxout unit (Goodfellow et al., 2013)
# has $K$ linear pieces and shows the largest:
#
# $$y_{nj} = \max_{k}\ \Big(\sum_i x_{ni} W_{kji} + b_{kj}\Big) .$$
#
# With $K = 2$ and one piece 0 it is a ReLU. With more pieces it comes close to any convex curve.
#
# | symbol | argument | shape |
# |---|---|---|
# | $x$ | `x` | $(N, \text{in})$ |
# | $W$ | `w` | $(K, \text{out}, \text{in})$ |
# | $b$ | `b` | $(K, \text{out})$ |
# | $y$ | returned | $(N, \text{out})$ |
# | which $k$ won | in the cache | $(N, \text{out})$, whole numbers from 0 |
#
# <details><summary>Hint</summary>
#
# `np.einsum("ni,koi->kno", x, w)` computes all pieces, and so does `x @ w.transpose(0, 2, 1)`. The
# bias needs one more axis, `b[:, None, :]`. Then `max` and `argmax` along axis 0.
#
# </details>


# %% exercise="maxout_forward"
def maxout_forward(x, w, b):
    """A maxout layer: the largest of K linear pieces (Goodfellow et al. 2013).

    x: (N, in); w: (K, out, in); b: (K, out).
    Returns y, cache with y: (N, out) and cache = (x, w, winner), where winner is the (N, out)
    integer array of the piece k that gave the largest value.
    Raises ValueError naming w (or b), its shape and the shape expected, unless w has three axes and
    as many columns as x, and b has shape (K, out).
    """
    ### BEGIN SOLUTION
    if w.ndim != 3 or w.shape[2] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}, expected (K, out, {x.shape[1]})")
    if b.shape != w.shape[:2]:
        raise ValueError(f"b has shape {b.shape}, expected {w.shape[:2]}")
    pieces = np.einsum("ni,koi->kno", x, w) + b[:, None, :]
    return pieces.max(axis=0), (x, w, pieces.argmax(axis=0))
    ### END SOLUTION


# %% check="maxout_forward" points=3
x = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, -3.0]])
w = np.array([[[1.0, 0.0], [2.0, 1.0], [0.0, 1.0], [1.0, 1.0]],
              [[-1.0, 0.0], [0.0, 0.0], [0.0, -1.0], [3.0, 2.0]]])  # fmt: skip
b = np.array([[0.0, -1.0, 0.5, 0.0], [0.25, 1.5, 0.0, -4.0]])
y, cache = maxout_forward(x, w, b)
check_shape(y, (3, 4), "three samples, four units")
expected = [[1.0, 3.0, 2.5, 3.0], [1.25, 1.5, 1.0, -0.5], [0.25, 1.5, 3.0, -3.0]]
check_close(y, expected, "the larger of two pieces")
check_true(len(cache) == 3, "the cache holds three arrays")
check_close(cache[2], [[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]], "which piece won")
check_raises(ValueError, maxout_forward, x, w, b[0], match=r"\bb\b")

# %% [markdown]
# ## 7 · Softmax, and a colleague's
#
# ●●○○○ · about 7 min · 3 points
#
# To choose one of $C$ classes, a network gives $C$ numbers, the *logits*. Softmax makes them
# positive and lets them add up to 1, for each sample on its own:
#
# $$p_{nc} = \frac{e^{z_{nc}}}{\sum_{k} e^{z_{nk}}} .$$
#
# Adding the same number to all logits of a sample changes nothing: it cancels. Your function must
# use that freedom, since $e^{710}$ is more than a float64 can hold, and $e^{-750}$ is 0.
#
# | symbol | argument | shape |
# |---|---|---|
# | $z$ | `z` | $(N, C)$ |
# | $p$ | returned | $(N, C)$, each row adds up to 1 |
#
# <details><summary>Hint</summary>
#
# Which number do you have to subtract so that the largest exponent of a row is 0? `keepdims=True`
# keeps the axis that you reduce.
#
# </details>


# %% exercise="softmax"
def softmax(z):
    """Softmax of each row.

    z: (N, C) logits.
    Returns (N, C) probabilities; each row adds up to 1. Finite for any finite z.
    Raises ValueError naming z and its shape unless it has two axes.
    """
    ### BEGIN SOLUTION
    if z.ndim != 2:
        raise ValueError(f"z has shape {z.shape}, expected two axes (N, C)")
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% check="softmax" points=3
z = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 3.0, 1.0]]))
z_before = z.copy()
check_close(softmax(z), [[0.125, 0.25, 0.625], [0.5, 0.375, 0.125]], "odds of 1 to 2 to 5")
check_close(softmax(z + 1000.0), softmax(z), "1000 more on every logit changes nothing")
check_close(z, z_before, "z is as it was")
check_raises(ValueError, softmax, z[0], match=r"\bz\b")

# %% [markdown]
# ### Find the bug
#
# ●●○○○ · about 7 min · 3 points
#
# A colleague has a softmax too. He has compared it with a library on a hundred random batches, to
# the last digit. Yet now and then a training run of his ends in NaN. Read it; the fault is in one
# line.


# %% setup
def colleagues_softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum(axis=1, keepdims=True)


# %% [markdown]
# Do not mend it. Write the **test** that he should have had: a batch of logits for which his
# function and a right one differ. Half of the points are for exposing his fault. The other half is
# for a test so good that it exposes nearly every fault that we have seen in a softmax: at least
# nine in ten of them. So think about what else one can do wrong here (the axis? the shift? the
# shape?), and let *one* batch show it all.
#
# <details><summary>Hint 1</summary>
#
# His version subtracts one number from the whole batch. For which rows is that too much?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# A square batch hides one kind of mistake and a batch of one row another. Logits near 0 hide a
# third kind, logits that are all positive a fourth, and rows of logits that lie close together a
# fifth.
#
# </details>


# %% exercise="exposing_logits"
def exposing_logits():
    """Arguments that tell a right softmax from faulty ones.

    Returns a tuple with one element, the (N, C) float array z to call softmax(z) with; at most
    1,000 numbers, all finite.
    """
    ### BEGIN SOLUTION
    row = np.array([[0.5, 2.0, -1.0]])
    # one row: moved up, moved down, stretched, and as it is
    return (np.concatenate([row + 1000.0, row - 1000.0, 900.0 * row, row]),)
    ### END SOLUTION


# %% check="exposing_logits" points=3
arguments = exposing_logits()
check_true(isinstance(arguments, tuple) and len(arguments) == 1, "a tuple with one element")
check_true(np.ndim(arguments[0]) == 2, "its element has two axes")
check_true(np.all(np.isfinite(arguments[0])), "and finite numbers only")

# %% [markdown]
# What do the two functions say to your batch?

# %% experiment
with np.errstate(all="ignore"):
    print("his:  ", np.round(colleagues_softmax(*exposing_logits()), 3).tolist())
print("yours:", np.round(softmax(*exposing_logits()), 3).tolist())

# %% [markdown]
# ## 8 · What the last layer says
#
# ●●○○○ · about 6 min · 2 points
#
# The hidden layers are free to use any bend. The output is not: it must be able to say what the
# task asks for, all of it and nothing else. Here are four kinds of task. Decide for each what has
# to be done to the last layer's numbers $z$: nothing, a sigmoid, or a softmax?
#
# | `task` | example | columns of $z$ | the answer |
# |---|---|---|---|
# | `"regression"` | tomorrow's lowest and highest temperature, °C | any | the quantities |
# | `"binary"` | is this mail spam? | 1 | the probability of *yes* |
# | `"multiclass"` | which of three species is it? | 2 or more | for each class, how probable |
# | `"multilabel"` | which instruments play in this song? | any | for each label, how probable |
#
# Of the classes, exactly one is right. Of the labels, any number may be.
#
# Your sigmoid and your softmax come as arguments.
#
# <details><summary>Hint</summary>
#
# May the answers of one row add up to more than 1? May one be negative? What would a softmax over a
# single number say?
#
# </details>


# %% exercise="output_layer"
def output_layer(z, task, sigmoid, softmax):
    """What a network answers, from the numbers of its last linear layer.

    z: (N, K); task: "regression", "binary", "multiclass" or "multilabel".
    sigmoid: function for an array of any shape; softmax: function for an (N, K) array, by rows.
    Returns the (N, K) answers. Calls no other function for the probabilities.
    Raises ValueError naming task and its value if it is none of the four; naming z, its shape and
    what was expected if a binary task has not exactly one column, or a multiclass task fewer than
    two.
    """
    ### BEGIN SOLUTION
    columns = z.shape[1]
    if task == "binary" and columns != 1:
        raise ValueError(f"z has shape {z.shape}, expected (N, 1): one number for yes or no")
    if task == "multiclass" and columns < 2:
        raise ValueError(f"z has shape {z.shape}, expected two columns or more: one for each class")
    if task == "regression":
        return z.copy()
    if task in ("binary", "multilabel"):
        return sigmoid(z)
    if task == "multiclass":
        return softmax(z)
    raise ValueError(f"task is {task!r}, expected one of the four")
    ### END SOLUTION


# %% check="output_layer" points=2
def times_ten(z):
    return 10.0 * z


def plus_one(z):
    return z + 1.0


z = np.array([[-2.0, 3.0], [0.5, -1.0], [4.0, 0.0]])
for task in ("regression", "multiclass", "multilabel"):
    check_shape(output_layer(z, task, times_ten, plus_one), (3, 2), f"{task}: shape of z")
check_shape(output_layer(z[:, :1], "binary", times_ten, plus_one), (3, 1), "binary: one column")
check_raises(ValueError, output_layer, z, "binary", times_ten, plus_one, match=r"\bz\b")
check_raises(ValueError, output_layer, z, "ranking", times_ten, plus_one, match="task")

# %% [markdown]
# ## 9 · One hidden layer
#
# ●○○○○ · about 5 min · 2 points
#
# Time to stack. One hidden layer of $H$ units, a bend, and a linear layer on top:
#
# $$y = \varphi\big(x W_1^\top + b_1\big)\,W_2^\top + b_2 .$$
#
# | symbol | argument | shape |
# |---|---|---|
# | $x$ | `x` | $(N, D)$ |
# | $W_1$, $b_1$ | `w1`, `b1` | $(H, D)$, $(H,)$ |
# | $W_2$, $b_2$ | `w2`, `b2` | $(T, H)$, $(T,)$ |
# | $\varphi$ | `phi` | a function that takes an array and returns one of the same shape |
# | $y$ | returned | $(N, T)$ |
#
# There is no bend after the last layer. What the task asks for (section 8) comes afterwards.
#
# <details><summary>Hint</summary>
#
# Two lines: the hidden layer, then the output.
#
# </details>


# %% exercise="one_hidden_forward"
def one_hidden_forward(x, w1, b1, w2, b2, phi):
    """A network with one hidden layer.

    x: (N, D); w1: (H, D); b1: (H,); w2: (T, H); b2: (T,).
    phi: the activation of the hidden layer, a function of one array.
    Returns y: (N, T).
    Raises ValueError naming w2, its shape and the shape expected, unless it has a column for each
    hidden unit.
    """
    ### BEGIN SOLUTION
    if w2.shape[1] != w1.shape[0]:
        raise ValueError(f"w2 has shape {w2.shape}, expected (T, {w1.shape[0]})")
    hidden = phi(x @ w1.T + b1)
    return hidden @ w2.T + b2
    ### END SOLUTION


# %% check="one_hidden_forward" points=2
x = np.array([[1.0, -1.0], [0.5, 2.0], [-3.0, 0.0]])
w1 = np.array([[1.0, 1.0], [2.0, 0.0], [-1.0, 0.5]])
b1 = np.array([0.5, -1.0, 0.0])
w2 = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]])
b2 = np.array([-10.0, 0.25])
y = one_hidden_forward(x, w1, b1, w2, b2, np.square)
expected = [[-5.0, -1.875], [-0.25, 4.5], [-74.75, -5.625]]
check_close(y, expected, "three samples, three hidden units that square, two outputs")
check_raises(ValueError, one_hidden_forward, x, w1, b1, w2[:, :2], b2, np.square, match="w2")

# %% [markdown]
# ### Either, but not both
#
# ●●●○○ · about 8 min · 3 points
#
# Now the question from the beginning. Find, **by hand**, the numbers of a network with two ReLU
# units that computes *exclusive or*:
#
# | $x_1$ | $x_2$ | $y$ |
# |---|---|---|
# | 0 | 0 | 0 |
# | 0 | 1 | 1 |
# | 1 | 0 | 1 |
# | 1 | 1 | 0 |
#
# There are many solutions, and any will do. A pencil helps: draw $y$ against $s = x_1 + x_2$. It
# has to go through $(0, 0)$, $(1, 1)$ and $(2, 0)$. Which two ReLUs of $s$ add up to that? Or think
# of something that is large when $x_1$ and $x_2$ *differ*.
#
# <details><summary>Hint</summary>
#
# On the first path, one unit gives the slope 1 from the start. At $s = 1$ the slope must become
# $-1$, so a second unit has to set in there. By how much must the slope change?
#
# </details>


# %% exercise="xor_parameters"
def xor_parameters():
    """Weights of a network with two ReLU hidden units whose output is x1 xor x2.

    Returns (w1, b1, w2, b2), arrays of shapes (2, 2), (2,), (1, 2), (1,), for which
    relu(x w1ᵀ + b1) w2ᵀ + b2 is 0, 1, 1, 0 on (0, 0), (0, 1), (1, 0), (1, 1).
    """
    ### BEGIN SOLUTION
    w1 = np.array([[1.0, 1.0], [1.0, 1.0]])
    b1 = np.array([0.0, -1.0])
    w2 = np.array([[1.0, -2.0]])
    b2 = np.array([0.0])
    return w1, b1, w2, b2
    ### END SOLUTION


# %% check="xor_parameters" points=3
w1, b1, w2, b2 = xor_parameters()
for array, shape in ((w1, (2, 2)), (b1, (2,)), (w2, (1, 2)), (b2, (1,))):
    check_shape(array, shape, f"one of the four has shape {shape}")
outputs = []
for point in ([0, 0], [0, 1], [1, 0], [1, 1]):
    hidden = [max(0.0, float(np.dot(row, point) + bias)) for row, bias in zip(w1, b1, strict=True)]
    outputs.append(float(np.dot(w2[0], hidden) + b2[0]))
check_close(np.array(outputs), [0.0, 1.0, 1.0, 0.0], "exclusive or")

# %% [markdown]
# See what the hidden layer does. On the left are the four points as they come in. On the right they
# are as your two units see them. A straight line separates them now: the hidden layer has folded
# the plane so that the last layer's job is easy. (If you see fewer than four points, two have
# landed on the same place. So much the better.)

# %% experiment
points = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
is_one = np.array([False, True, True, False])
w1, b1, w2, b2 = xor_parameters()
hidden = np.maximum(linear_forward(points, w1, b1)[0], 0.0)
_, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.4))
for axes, seen, title in ((left, points, "the inputs"), (right, hidden, "the hidden units")):
    axes.plot(*seen[is_one].T, "C1s", markersize=11, label="xor is 1")
    axes.plot(*seen[~is_one].T, "C0o", markersize=8, label="xor is 0")
    axes.set(title=title)
    axes.margins(0.25)
left.set(xlabel="$x_1$", ylabel="$x_2$")
right.set(xlabel="first unit", ylabel="second unit")
left.legend(loc="center")
plt.show()

# %% [markdown]
# ## 10 · As many layers as you like
#
# ●●○○○ · about 8 min · 4 points
#
# A multilayer perceptron (MLP) is a list of pairs $(W_l, b_l)$, $l = 1, \dots, L$:
#
# $$a_0 = x, \qquad z_l = a_{l-1} W_l^\top + b_l, \qquad a_l = \varphi(z_l) \ \text{ for } l < L,
# \qquad y = z_L .$$
#
# **There is no bend after the last layer.** With $L = 1$ the network is a linear layer.
#
# | | argument | |
# |---|---|---|
# | $x$ | `x` | $(N, D_0)$ |
# | $(W_1, b_1), \dots$ | `params` | list of pairs; `w` is $(D_l, D_{l-1})$, `b` is $(D_l,)$ |
# | $\varphi$ | `phi` | function of one array |
# | $y$ | returned | $(N, D_L)$ |
# | | `cache` | list of triples $(a_{l-1}, W_l, z_l)$, one per layer, first layer first |
#
# Think for a moment about what the way back will need: for each layer, what came in, what it was
# multiplied by, and where on its activation each unit stood. That is the cache.
#
# <details><summary>Hint</summary>
#
# `enumerate(params)` numbers the layers, and the last number is `len(params) - 1`. Or bend at the
# *start* of each turn of the loop, except the first.
#
# </details>


# %% exercise="mlp_forward"
def mlp_forward(x, params, phi):
    """A multilayer perceptron: linear layers with phi between them, none after the last.

    x: (N, D0); params: list of one or more pairs (w, b), w: (out, in), b: (out,); phi: the
    activation of the hidden layers, a function of one array.
    Returns y, cache with y: (N, out of the last layer) and cache = [(a_in, w, z), ...], a triple
    per layer, first layer first: what went into the layer, its weights, what came out of it before
    phi.
    Raises ValueError naming params when it is empty, or when a w has not as many columns as its
    input.
    """
    ### BEGIN SOLUTION
    if len(params) == 0:
        raise ValueError("params is empty, expected one pair (w, b) or more")
    a, cache = x, []
    for number, (w, b) in enumerate(params):
        if w.shape[1] != a.shape[1]:
            raise ValueError(
                f"params[{number}] has w of shape {w.shape}, expected (out, {a.shape[1]})"
            )
        z = a @ w.T + b
        cache.append((a, w, z))
        a = phi(z)
    return z, cache
    ### END SOLUTION


# %% check="mlp_forward" points=4
x = np.array([[1.0, -1.0], [0.5, 2.0], [-3.0, 0.0]])
params = [
    (np.array([[1.0, 1.0], [2.0, 0.0], [-1.0, 0.5]]), np.array([0.5, -1.0, 0.0])),
    (np.array([[1.0, -2.0, 0.5], [0.5, 0.0, -1.0]]), np.array([-1.0, 0.25])),
    (np.array([[2.0, 1.0]]), np.array([0.5])),
]
y, cache = mlp_forward(x, params, np.square)
check_shape(y, (3, 1), "three samples, one output")
check_close(y, [[9.296875], [152.78125], [15608.265625]], "three layers that square in between")
check_true(len(cache) == 3 and all(len(triple) == 3 for triple in cache), "a triple per layer")
check_close(cache[0][0], x, "into the first layer goes x")
check_close(cache[1][0], [[0.25, 1.0, 2.25], [9.0, 0.0, 0.25], [6.25, 49.0, 9.0]], "then a")
check_close(cache[1][2], [[-1.625, -1.875], [8.125, 4.5], [-88.25, -5.625]], "and z comes out")
one_layer, _ = mlp_forward(x, params[:1], np.square)
check_close(one_layer, [[0.5, 1.0, -1.5], [3.0, 0.0, 0.5], [-2.5, -7.0, 3.0]], "one: no bend")
check_raises(ValueError, mlp_forward, x, params[1:], np.square, match="params")

# %% [markdown]
# ### How many numbers does it learn?
#
# ●○○○○ · about 5 min · 2 points
#
# A network with 10 inputs, 20 hidden units and 3 outputs has 283 parameters. Not 260, and not 33:
# why? Write the count for any list of widths. If the hidden layers are maxout layers with $K$
# pieces (section 6), each of *them* has $K$ of everything; the output layer stays an ordinary one.
#
# <details><summary>Hint</summary>
#
# Pair each width with the next one, `zip(widths, widths[1:])`. A unit has one weight for each of
# its inputs, and what else?
#
# </details>


# %% exercise="parameter_count"
def parameter_count(widths, *, pieces=1):
    """How many numbers an MLP learns.

    widths: list of two or more whole numbers: inputs, hidden layers, outputs.
    pieces: K of the maxout units in the hidden layers; 1 for an ordinary network. The last layer
    is an ordinary linear layer, whatever K is.
    Returns an int.
    Raises ValueError naming widths when it has fewer than two numbers.
    """
    ### BEGIN SOLUTION
    if len(widths) < 2:
        raise ValueError(f"widths is {widths}, expected inputs and outputs at least")
    counts = [(widths[n] + 1) * widths[n + 1] for n in range(len(widths) - 1)]
    return pieces * sum(counts[:-1]) + counts[-1]
    ### END SOLUTION


# %% check="parameter_count" points=2
check_close(parameter_count([10, 20, 3]), 283, "10-20-3")
check_close(parameter_count([3, 2]), 8, "without a hidden layer")
check_close(parameter_count([5, 7, 4, 2]), 84, "5-7-4-2")
check_close(parameter_count([10, 20, 3], pieces=2), 503, "maxout with two pieces")
check_raises(ValueError, parameter_count, [4], match="widths")

# %% [markdown]
# ## 11 · And all the way back
#
# ●●●●○ · about 15 min · 6 points · **you derive it**
#
# Given $\mathrm{d}y = \partial L / \partial y$, find the gradients of *all* the parameters, and of
# $x$, in one walk from the last layer to the first. You have every part already. What is new is
# only the order in which they meet.
#
# | | argument | |
# |---|---|---|
# | $\mathrm{d}y$ | `dout` | $(N, D_L)$ |
# | $(a_{l-1}, W_l, z_l)$ | `cache` | list of $L$ triples, first layer first |
# | $\varphi'$ | `dphi` | function: the slope of $\varphi$ at each entry of $z$ |
# | $\mathrm{d}x$ | returned | $(N, D_0)$ |
# | $(\mathrm{d}W_l, \mathrm{d}b_l)$ | returned `grads` | list of $L$ pairs, **first layer first** |
#
# Let $\delta_l = \partial L / \partial z_l$. Three questions: what is $\delta_L$? Given $\delta_l$,
# what are $\mathrm{d}W_l$ and $\mathrm{d}b_l$? And given $\delta_l$, what is $\delta_{l-1}$?
#
# <details><summary>Hint 1: how to begin</summary>
#
# After the last layer there is no bend, so $\delta_L = \mathrm{d}y$. Section 3 answered the second
# question. For the third, go back through the layer (section 3 again) and then through the bend
# below it (section 5). Which $z$ does that bend's slope belong to?
#
# </details>
#
# <details><summary>Hint 2: the formulas</summary>
#
# $$\delta_L = \mathrm{d}y, \qquad \mathrm{d}W_l = \delta_l^\top a_{l-1}, \qquad
# \mathrm{d}b_l = \sum_n \delta_{l,n}, \qquad
# \delta_{l-1} = (\delta_l W_l) \circ \varphi'(z_{l-1}), \qquad \mathrm{d}x = \delta_1 W_1 .$$
#
# </details>


# %% exercise="mlp_backward"
def mlp_backward(dout, cache, dphi):
    """Backpropagation through a multilayer perceptron (Rumelhart, Hinton & Williams 1986).

    dout: (N, out), gradient of the loss with respect to y.
    cache: [(a_in, w, z), ...] as mlp_forward returns it, first layer first.
    dphi: the derivative of the activation, as a function of z.
    Returns dx, grads with dx: (N, D0) and grads = [(dw, db), ...], a pair per layer, first layer
    first; dw and db are sums over the batch.
    """
    ### BEGIN SOLUTION
    grads = []
    for number in reversed(range(len(cache))):
        a_in, w, _ = cache[number]
        grads.append((dout.T @ a_in, dout.sum(axis=0)))
        dout = dout @ w
        if number > 0:
            dout = dout * dphi(cache[number - 1][2])
    return dout, grads[::-1]
    ### END SOLUTION


# %% check="mlp_backward" points=6
w1, w2 = np.array([[1.0, 1.0], [2.0, 0.0], [-1.0, 0.5]]), np.array([[1.0, -2.0, 0.5]])
z1 = np.array([[0.5, 1.0, -1.5], [3.0, -0.5, 0.5]])
x = np.array([[1.0, -1.0], [0.5, 2.0]])
cache = [(x, w1, z1), (z1**2, w2, z1**2 @ w2.T)]
dout = np.array([[1.0], [-2.0]])
dout_before = dout.copy()
dx, grads = mlp_backward(dout, cache, lambda z: 2.0 * z)
check_true(len(grads) == 2 and all(len(pair) == 2 for pair in grads), "a pair per layer")
check_close(grads[1][0], [[-17.75, 0.5, 1.75]], "the last layer's weights")
check_close(grads[1][1], [-1.0], "and its bias")
check_close(grads[0][0], [[-5.0, -25.0], [-6.0, -4.0], [-2.0, -0.5]], "the first layer's weights")
check_close(grads[0][1], [-11.0, -8.0, -2.5], "and its biases")
check_close(dx, [[-5.5, 0.25], [-19.0, -12.5]], "and all the way down to x")
check_close(dout, dout_before, "dout is as it was")

# %% [markdown]
# The yardstick, on your own forward pass with three layers and tanh. Not graded, and worth more
# than the check above.


# %% experiment
def forward_of_six(x, *arrays):
    return mlp_forward(x, list(zip(arrays[::2], arrays[1::2], strict=True)), np.tanh)


def backward_of_six(dout, cache):
    dx, grads = mlp_backward(dout, cache, lambda z: 1.0 - np.tanh(z) ** 2)
    return dx, *(array for pair in grads for array in pair)


rng = np.random.default_rng(2)
shapes = [(5, 3), (4, 3), (4,), (2, 4), (2,), (3, 2), (3,)]
arrays = [rng.normal(size=shape) for shape in shapes]
names = ["x", "w1", "b1", "w2", "b2", "w3", "b3"]
compare_gradients(forward_of_six, backward_of_six, arrays, names)

# %% [markdown]
# ## 12 · Width: one hidden layer can draw anything
#
# ●●●○○ · about 14 min with the plot and the question · 4 points
#
# A network with one hidden layer can come as close as you like to any continuous function on a
# bounded set, if it has enough units (Cybenko, 1989; Hornik, 1991; for any bend that is no
# polynomial, Leshno et al., 1993). You can see this without training: draw the *first*
# layer at random, leave it alone, and fit only the last one. What is left is a linear problem,
#
# $$\min_{W_2, b_2} \ \sum_n \lVert h_n W_2^\top + b_2 - y_n \rVert^2 , \qquad
# h = \varphi\big(x W_1^\top + b_1\big) ,$$
#
# and least squares solves it exactly.
#
# | symbol | argument | shape |
# |---|---|---|
# | $x$, $y$ | `x`, `y` | $(N, D)$, $(N, T)$ |
# | $W_1$, $b_1$ | `w1`, `b1` | $(H, D)$, $(H,)$, given |
# | $W_2$, $b_2$ | returned | $(T, H)$, $(T,)$ |
#
# Some units may be dead: 0 on every sample. Then there are many best fits, and any one will do; but
# a formula with an inverse breaks down.
#
# <details><summary>Hint</summary>
#
# `np.linalg.lstsq(A, y)[0]` minimises $\lVert A\theta - y\rVert^2$, also where $A$
# lacks rank. Let the last column of $A$ be ones: its coefficient is the bias.
#
# </details>


# %% exercise="fit_output_layer"
def fit_output_layer(x, y, w1, b1, phi):
    """The best last layer on top of a given hidden layer, by least squares.

    x: (N, D); y: (N, T) targets; w1: (H, D) and b1: (H,), the hidden layer, which stays as it is;
    phi: its activation.
    Returns (w2, b2) of shapes (T, H) and (T,), for which phi(x w1ᵀ + b1) w2ᵀ + b2 has the least
    sum of squared errors; any of the best where there are several, as with dead units.
    Raises ValueError naming y and its shape unless it has two axes and a row for each row of x.
    """
    ### BEGIN SOLUTION
    if y.ndim != 2 or y.shape[0] != x.shape[0]:
        raise ValueError(f"y has shape {y.shape}, expected ({x.shape[0]}, T)")
    hidden = phi(x @ w1.T + b1)
    columns = np.concatenate([hidden, np.ones((len(x), 1))], axis=1)
    solution = np.linalg.lstsq(columns, y)[0]
    return solution[:-1].T, solution[-1]
    ### END SOLUTION


# %% check="fit_output_layer" points=4
x = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0], [3.0]])
w1, b1 = np.array([[1.0], [1.0]]), np.array([0.0, -1.0])
hat = np.array([[5.0], [5.0], [5.0], [7.0], [6.0], [5.0]])
w2, b2 = fit_output_layer(x, np.concatenate([hat, -hat], axis=1), w1, b1, np.abs)
check_shape(w2, (2, 2), "a row for each of two targets, a column for each of two units")
check_shape(b2, (2,), "and two biases")
w2, b2 = fit_output_layer(x, hat, w1, b1, lambda z: np.maximum(z, 0.0))
check_close(w2, [[2.0, -3.0]], "up by 2 from 0 on, and down by 1 from 1 on")
check_close(b2, [5.0], "starting from 5")
dead = np.array([0.0, -9.0])
w2, b2 = fit_output_layer(x, np.maximum(x, 0.0), w1, dead, lambda z: np.maximum(z, 0.0))
check_true(bool(np.isfinite(w2).all()), "a dead unit does no harm")
check_raises(ValueError, fit_output_layer, x, hat[:, 0], w1, b1, np.abs, match=r"\by\b")

# %% [markdown]
# Now the curve $\sin 2\pi x$, with 1 to 512 random ReLU units, each with its kink at a random
# place. The error is the root of the mean square (RMSE) over the grid, its median over ten draws of
# the hidden layer. The dotted line is the same network without a bend (two draws, which agree).


# %% setup
def relu(z):
    return np.maximum(z, 0.0)


def identity(z):
    return z


# %% experiment
def random_hidden_layer(width, seed):
    """Units with random slopes whose kinks lie at random places from -1 to 1."""
    rng = np.random.default_rng(seed)
    w1 = rng.normal(size=(width, 1))
    return w1, -w1[:, 0] * rng.uniform(-1, 1, size=width)


def fitted(width, phi, seed):
    w1, b1 = random_hidden_layer(width, seed)
    w2, b2 = fit_output_layer(grid, curve, w1, b1, phi)
    return one_hidden_forward(grid, w1, b1, w2, b2, phi)


def rmse(width, phi, draws=10):
    errors = [np.sqrt(np.mean((fitted(width, phi, seed) - curve) ** 2)) for seed in range(draws)]
    return np.median(errors)


grid = np.linspace(-1, 1, 600)[:, None]
curve = np.sin(2 * np.pi * grid)
widths = [2**k for k in range(10)]
with_bend = [rmse(width, relu) for width in widths]
without = [rmse(width, identity, draws=2) for width in widths]
print("units   ", *(f"{width:7d}" for width in widths))
print("ReLU    ", *(f"{error:7.4f}" for error in with_bend))
print("identity", *(f"{error:7.4f}" for error in without))

_, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6))
left.plot(grid, curve, "k", linewidth=1, label="target")
for width, colour in ((1, "C4"), (4, "C2"), (16, "C1")):
    left.plot(grid, fitted(width, relu, 1), colour, label=f"{width} ReLU")
left.plot(grid, fitted(512, identity, 1), "k:", label="512, no bend")
left.set(xlabel="x", ylabel="y", title="one draw each", ylim=(-1.4, 2.6))
left.legend(loc="upper center", ncols=2)
right.loglog(widths, with_bend, "o-", label="ReLU")
right.loglog(widths, without, "k:", label="no bend")
right.set(xlabel="hidden units", ylabel="RMSE, median of 10", title="error against width")
right.legend(loc="lower left")
plt.show()

# %% [markdown]
# ### Question 1 (2 points)
#
# Without a bend, the error is the same for 1 unit and for 512. Explain from the formula why that
# must be so: which *one* layer does such a network amount to, and what are its matrix and its bias?
# Then say how many parameters the network of 512 units without a bend has (count the hidden layer
# too), and how many of them it would need for the same line.

# %% [markdown] answer="without_a_bend" points=2
# ### BEGIN SOLUTION
# With $\varphi(z) = z$,
# $y = (xW_1^\top + b_1)W_2^\top + b_2 = x\,(W_2W_1)^\top + (b_1W_2^\top + b_2)$: one linear layer
# with the matrix $W_2W_1$ and the bias $b_1W_2^\top + b_2$. Here $W_2W_1$ is a single number,
# whatever $H$ is. So every width can draw straight lines and nothing else, and least
# squares finds the same best line each time.
#
# The widths 1, 512, 1 give $2 \cdot 512 + 513 = 1537$ parameters. A line needs 2.
#
# *Marking: 1 point for the product of the matrices and a right bias (½ where the bias lacks $b_1$
# or the argument is only "linear of linear is linear"); 1 point for the numbers, ½ each.*
# ### END SOLUTION

# %% [markdown]
# ## 13 · Depth: folding what is folded
#
# ●●○○○ · about 4 min · 2 points · **predict, then run**
#
# A ReLU network draws a line in straight *pieces*. How many can it have? Take two networks from one
# input to one output.
#
# **Wide**: one hidden layer of eight ReLU units, each with its kink in another place.
#
# **Deep**: four hidden layers of two ReLU units each. Every pair of units is set to the tent
# $t(x) = 2\max(0, x) - 4\max(0, x - \tfrac12)$, and each layer takes the tent of the one before, so
# that the network computes $t(t(t(t(x))))$. The tent goes from 0 up to 1 at $x = \tfrac12$ and back
# down to 0 at $x = 1$, as in the picture at the top.
#
# Both have eight hidden units, and both have 25 parameters. **Before you go on**, write down how
# many straight pieces each has: the deep one for $x$ between 0 and 1, the wide one on the whole
# line, when all its kinks show. A wrong prediction costs two points and teaches more than a right
# one; please don't run anything yet.
#
# <details><summary>Hint</summary>
#
# Draw $t(x)$, then $t(t(x))$. While $x$ goes from 0 to ½, $t(x)$ goes through everything from 0 to
# 1.
#
# </details>


# %% exercise="predict_pieces"
def predict_pieces():
    """Your prediction: (pieces of the deep network, pieces of the wide network), two ints."""
    ### BEGIN SOLUTION
    return 16, 9
    ### END SOLUTION


# %% check="predict_pieces" points=2
prediction = predict_pieces()
check_true(isinstance(prediction, tuple) and len(prediction) == 2, "a pair")
check_true(all(isinstance(number, int) for number in prediction), "of whole numbers")
check_true(all(number >= 1 for number in prediction), "each at least 1")

# %% [markdown]
# ### Count them
#
# ●●●○○ · about 9 min with the plot · 4 points
#
# Between two kinks the same hidden units are at work. Call a hidden unit **active** at $x$ where
# its
# $z > 0$. Walk along points $x_1 < x_2 < \dots < x_N$ and note for each the on and off of *all*
# hidden units, in all layers. Where the pattern changes from one point to the next, a new piece
# begins; several units may switch between two points, and that is still one new piece.
#
# | | argument | |
# |---|---|---|
# | layers | `params` | list of pairs $(W, b)$; the first $W$ has one column |
# | points | `x` | $(N,)$, strictly increasing |
# | pieces | returned | an int: 1, plus the number of changes |
#
# The last layer has no bend, so its sign does not count. Write the forward pass into the function;
# it is three lines.
#
# <details><summary>Hint</summary>
#
# Collect `z > 0` of each hidden layer and join them along axis 1: one row of on and off for each
# point. `patterns[1:] != patterns[:-1]` compares neighbours. Each unit gives its own answer there;
# `any` along axis 1 makes it one per pair of neighbours.
#
# </details>


# %% exercise="count_linear_pieces"
def count_linear_pieces(params, x):
    """How many straight pieces a ReLU network shows along the points x.

    params: list of one or more pairs (w, b), w: (out, in), b: (out,), of an MLP with ReLU between
    its layers and none after the last; the first w has one column.
    x: (N,) points, strictly increasing.
    Returns an int: 1, plus the number of pairs of neighbouring points between which at least one
    hidden unit, in any layer, switches between active (z > 0) and not active.
    Raises ValueError naming x unless it is strictly increasing.
    """
    ### BEGIN SOLUTION
    if np.any(np.diff(x) <= 0):
        raise ValueError("x must be strictly increasing")
    a, pieces = x[:, None], np.zeros(len(x) - 1, dtype=bool)
    for w, b in params[:-1]:
        active = a @ w.T + b > 0
        pieces |= np.any(active[1:] != active[:-1], axis=1)
        a = np.maximum(a @ w.T + b, 0.0)
    return 1 + int(pieces.sum())
    ### END SOLUTION


# %% check="count_linear_pieces" points=4
x = np.linspace(-2.0, 2.0, 37)
three_kinks = (np.array([[1.0], [-1.0], [2.0]]), np.array([1.03, 0.52, -2.51]))
output = (np.array([[1.0, 1.0, -1.0]]), np.array([0.0]))
check_close(count_linear_pieces([output], x[:5]), 1, "no hidden layer, no kink")
check_close(count_linear_pieces([three_kinks, output], x), 4, "three kinks, four pieces")
twins = (np.array([[1.0], [3.0], [2.0]]), np.array([0.5, 1.5, -2.51]))
check_close(count_linear_pieces([twins, output], x), 3, "two units with the same kink")
second = (np.array([[1.0, -1.0, 0.0]]), np.array([-0.55]))
last = (np.array([[1.0]]), np.array([-0.1]))
check_close(count_linear_pieces([three_kinks, second, last], x), 5, "a second layer adds one")
check_raises(ValueError, count_linear_pieces, [output], x[::-1], match=r"\bx\b")

# %% [markdown]
# Now run it. On the left is the deep tent, layer by layer. On the right, random networks of 24
# hidden units in one to six layers (the mean of 50 draws).


# %% experiment
def tents(layers):
    """Hidden layers of two units each that compute the tent of the tent of ... of x."""
    fold, first = np.array([[2.0, -4.0]]), np.array([[1.0], [1.0]])
    bias = np.array([0.0, -0.5])
    hidden = [(first, bias)] + [(np.repeat(fold, 2, axis=0), bias)] * (layers - 1)
    return [*hidden, (fold, np.zeros(1))]


def random_network(layers, units, rng):
    widths = [1] + [units // layers] * layers + [1]
    shapes = [(widths[n + 1], widths[n]) for n in range(layers + 1)]
    return [(rng.normal(size=s) * np.sqrt(2 / s[1]), rng.normal(size=s[0])) for s in shapes]


inside = (np.arange(2000) + 0.5) / 2000
_, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6))
for layers in (1, 2, 4):
    y, _ = mlp_forward(inside[:, None], tents(layers), relu)
    left.plot(inside, y, linewidth=2.4 - 0.4 * layers, label=f"{layers} deep")
    print(f"layers of 2 units, {layers}: {count_linear_pieces(tents(layers), inside)} pieces")
kinks = np.arange(1.0, 9.0)
wide = [(np.ones((8, 1)), -kinks), (np.ones((1, 8)), np.zeros(1))]
print(f"one layer of 8 units: {count_linear_pieces(wide, np.linspace(0.2, 9.1, 500))} pieces")
print("parameters:", parameter_count([1, 2, 2, 2, 2, 1]), "and", parameter_count([1, 8, 1]))
left.set(xlabel="x", ylabel="y", title="tents of tents", ylim=(0, 1.35))
left.legend(loc="upper center", ncols=3)

line, depths = np.linspace(-30, 30, 6001), (1, 2, 3, 4, 6)
rng = np.random.default_rng(0)
counts = [
    [count_linear_pieces(random_network(d, 24, rng), line) for _ in range(50)] for d in depths
]
right.errorbar(depths, np.mean(counts, axis=1), np.std(counts, axis=1), fmt="o-", capsize=3)
right.axhline(25, color="0.5", linestyle="--", label="one layer, at most")
right.set(xlabel="layers that share 24 units", ylabel="pieces", title="random networks")
right.set_ylim(0, 32)
right.legend(loc="lower left")
plt.show()

# %% [markdown]
# Was your prediction right? A layer *adds* to the pieces, one for each kink. A layer on top of
# others can *multiply* them: each straight piece below that runs through the whole range is bent
# again. With $L$ tents there are $2^L$ pieces from $2L$ units. Telgarsky (2016) shows that a flat
# network needs exponentially many units for that.
#
# The right-hand picture is the other half of the truth. Networks with random weights have no more
# pieces for being deep (Hanin and Rolnick, 2019). Depth *can* fold; whether training finds
# the folds is another matter.

# %% [markdown]
# ## 14 · When is a hidden layer worth having?
#
# ●●○○○ · about 6 min · 3 points
#
# Last comes training, and you know how from lab 1: step against the gradient, again and again. New
# is that the parameters are a list of pairs. The loss and its gradients come from a function that
# you are given, so the loop does not need to know what it trains.
#
# $$W_l \leftarrow W_l - \eta\, \mathrm{d}W_l, \qquad b_l \leftarrow b_l - \eta\, \mathrm{d}b_l
# \qquad \text{for all } l \text{ at once.}$$
#
# | | argument | |
# |---|---|---|
# | $(W_l, b_l)$ | `params` | list of pairs; its arrays stay as they are |
# | | `loss_and_grads` | function: params → (loss, `[(dw, db), …]`) |
# | $\eta$, steps | `rate`, `steps` | by keyword |
# | | returned | the new list of pairs; the `steps` losses, each from **before** its step |
#
# <details><summary>Hint</summary>
#
# Build a new list in each step: `[(w - rate * dw, b - rate * db) for ...]`, with `zip(params,
# grads)`. One call of `loss_and_grads` per step is enough.
#
# </details>


# %% exercise="train"
def train(params, loss_and_grads, *, rate, steps):
    """Gradient descent on all parameters of a network.

    params: list of pairs (w, b) of float arrays; neither the list nor its arrays are modified.
    loss_and_grads: function of such a list that returns (loss, grads): a float and a list of pairs
    (dw, db), at these parameters.
    rate: learning rate, above 0.  steps: how many, 0 or more.
    Returns params, losses: the list of pairs after the last step, and the list of the losses before
    each step, as many as steps.
    Raises ValueError naming rate when it is not above 0.
    """
    ### BEGIN SOLUTION
    if rate <= 0:
        raise ValueError(f"rate is {rate}, expected a number above 0")
    params, losses = [(w.copy(), b.copy()) for w, b in params], []
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        pairs = zip(params, grads, strict=True)
        params = [(w - rate * dw, b - rate * db) for (w, b), (dw, db) in pairs]
    return params, losses
    ### END SOLUTION


# %% check="train" points=3
def bowl(params):
    """Half the sum of all squares, the weights of the second layer counted twice."""
    (w1, b1), (w2, b2) = params
    loss = 0.5 * (np.sum(w1**2) + np.sum(b1**2) + 2.0 * np.sum(w2**2) + np.sum(b2**2))
    return float(loss), [(w1, b1), (2.0 * w2, b2)]


start = [
    (np.array([[2.0, -4.0]]), np.array([8.0])),
    (np.array([[1.0], [3.0]]), np.array([4.0, 0.0])),
]
trained, losses = train(start, bowl, rate=0.25, steps=2)
check_close(np.array(losses), [60.0, 30.625], "the loss before each step")
check_close(trained[0][0], [[1.125, -2.25]], "two steps shrink w1 by 3/4 each")
check_close(trained[0][1], [4.5], "b1 too")
check_close(trained[1][0], [[0.25], [0.75]], "w2 is twice as steep")
check_close(trained[1][1], [2.25, 0.0], "and b2")
check_close(start[0][0], [[2.0, -4.0]], "the start is as it was")
check_raises(ValueError, train, start, bowl, rate=0.0, steps=2, match="rate")

# %% [markdown]
# ### Flowers
#
# The data are 150 irises of three species, measured by Anderson in 1936. We use the length and the
# width of the petals, so that we can draw everything. First the plain question: *which species?*
# Then one that sounds the same: *is it versicolor, yes or no?*
#
# In both cases we train networks without and with a hidden layer (tanh), 1000 steps on 105 flowers,
# and test on the other 45, for ten random splits and starts. For the gradient of the loss at the
# logits we use $(p - \text{truth})/N$, which holds for the sigmoid with logistic loss (lab 1) and
# for softmax with cross-entropy (lab 3).


# %% experiment
def sigmoid(z):
    return activation_forward("sigmoid", z)[0]


def tanh_slope(z):
    return 1.0 - np.tanh(z) ** 2


def loss_on(x, truth, task):
    """The function that train wants: mean negative log-likelihood of the truth, and gradients."""

    def loss_and_grads(params):
        z, cache = mlp_forward(x, params, np.tanh)
        p = output_layer(z, task, sigmoid, softmax)
        right = np.where(truth == 1, p, 1.0 if task == "multiclass" else 1.0 - p)
        loss = -np.sum(np.log(np.maximum(right, 1e-300))) / len(x)
        _, grads = mlp_backward((p - truth) / len(x), cache, tanh_slope)
        return loss, grads

    return loss_and_grads


def random_start(widths, rng):
    shapes = [(widths[n + 1], widths[n]) for n in range(len(widths) - 1)]
    return [(rng.normal(size=s) / np.sqrt(s[1]), np.zeros(s[0])) for s in shapes]


iris = data.load_iris()
petals = iris.X[:, 2:]
species = np.eye(3)[iris.y]
versicolor = (iris.y == 1).astype(float)[:, None]


def flowers(hidden, truth, task, seed):
    """Train on 35 flowers of each species; the network, its scaling, and both accuracies."""
    rng = np.random.default_rng(seed)
    training = np.zeros(150, dtype=bool)
    for k in range(3):
        training[rng.permutation(np.flatnonzero(iris.y == k))[:35]] = True
    centre, scale = petals[training].mean(axis=0), petals[training].std(axis=0)
    x = (petals - centre) / scale
    params = random_start([2, *hidden, truth.shape[1]], rng)
    objective = loss_on(x[training], truth[training], task)
    params, losses = train(params, objective, rate=1.0, steps=1000)
    z, _ = mlp_forward(x, params, np.tanh)
    hit = (z > 0) == (truth == 1) if task == "binary" else z.argmax(1) == truth.argmax(1)
    return params, (centre, scale), losses, hit[training].mean(), hit[~training].mean()


print("which species?   test accuracy, mean and worst of ten splits")
for hidden in ((), (8,)):
    scores = [flowers(hidden, species, "multiclass", seed)[-1] for seed in range(10)]
    print(f"  hidden units {sum(hidden)}: {np.mean(scores):.2f}  {min(scores):.2f}")
print("is it versicolor?")
for hidden in ((), (1,), (2,), (3,), (8,)):
    scores = [flowers(hidden, versicolor, "binary", seed)[-2:] for seed in range(10)]
    (_, mean), (_, worst) = np.mean(scores, axis=0), np.min(scores, axis=0)
    print(f"  hidden units {sum(hidden)}: {mean:.2f}  {worst:.2f}")
print(f"  answering no: {1 - versicolor.mean():.2f}")

# %% experiment
length, width = np.meshgrid(np.linspace(0.5, 7.5, 200), np.linspace(-0.3, 2.9, 200))
plane = np.stack([length.ravel(), width.ravel()], axis=1)
yes = versicolor[:, 0] == 1


def draw(axes, title, margin):
    """Shade the plane by a margin, above 0 where the answer is versicolor; its border in black."""
    margin = margin.reshape(length.shape)
    axes.contourf(length, width, np.tanh(margin), levels=np.linspace(-1, 1, 11), cmap="RdBu_r",
                  alpha=0.5)  # fmt: skip
    axes.contour(length, width, margin, levels=[0.0], colors="k")
    axes.plot(*petals[yes].T, "s", color="#8b1a1a", markersize=3, label="versicolor")
    axes.plot(*petals[~yes].T, "o", color="#10305a", markersize=3, label="the others")
    axes.set(title=title, xlabel="petal length in cm")


_, panels = plt.subplots(1, 4, figsize=(12, 3.5), sharey=True)
for axes, hidden in zip(panels, ((), (1,), (2,)), strict=False):
    params, (centre, scale), *_ = flowers(hidden, versicolor, "binary", seed=0)
    z, _ = mlp_forward((plane - centre) / scale, params, np.tanh)
    draw(axes, f"versicolor? units: {sum(hidden)}", z)
params, (centre, scale), *_ = flowers((), species, "multiclass", seed=0)
z, _ = mlp_forward((plane - centre) / scale, params, np.tanh)
draw(panels[3], "which species? units: 0", z[:, 1] - np.maximum(z[:, 0], z[:, 2]))
panels[0].set_ylabel("petal width in cm")
panels[0].legend(loc="upper left")
plt.show()

# %% [markdown]
# For the three species the hidden layer changes nothing. That is worth remembering: where straight
# borders do, more layers only cost time. For *versicolor or not* it makes all the difference:
# without one, the network does no better than by always answering *no*.
#
# ### Question 2 (3 points)
#
# Look at your four pictures and your table.
#
# 1. What shape is the black border in the first three pictures, with 0, 1 and 2 hidden units?
# 2. Why can one hidden unit do no better than none here, although it has a bend? Use the formula.
# 3. The last picture has no hidden layer either, and yet it keeps versicolor between two borders.
#    Where does the second border come from?

# %% [markdown] answer="borders" points=3
# ### BEGIN SOLUTION
# 1. With none: one straight line. With one unit: again one straight line (perhaps elsewhere). With
# two: two borders, one on either side of versicolor, which lies in a strip.
#
# 2. With one unit, $z = w_2 \tanh(w_1 \cdot x + b_1) + b_2$. Tanh only rises, so $z = 0$ holds for
# at most one value of $w_1 \cdot x + b_1$, and the points with that value are a straight line. (The
# same with any activation that only rises or only falls.) With two units, the sum of a rising and
# a falling tanh is large only in between.
#
# 3. There each of the three species has a linear score of its own, and the largest wins. Versicolor
# has one straight border with setosa and another with virginica. The maximum of three linear scores
# is a bend too, as in maxout. In the yes-or-no task the network has only one score.
#
# *Marking: 1 point for each part. Part 1: ½ if only one of the shapes is right. Part 2: ½ for "the
# border is still a line" without the argument that tanh takes each value once. Part 3: ½ for "three
# outputs", 1 for saying that each pair of classes has a border of its own.*
# ### END SOLUTION

# %% [markdown]
# ## 15 · Stretch: maxout, backwards
#
# ●●●●○ · about 20 min · not counted
#
# Which piece of a maxout unit hears of the loss? Derive the three gradients from the forward
# formula in section 6. The cache holds `winner`, the piece that gave the largest value for each
# sample and unit.
#
# | gradient | shape |
# |---|---|
# | `dout` | $(N, \text{out})$ |
# | `dx` | $(N, \text{in})$ |
# | `dw` | $(K, \text{out}, \text{in})$ |
# | `db` | $(K, \text{out})$ |
#
# <details><summary>Hint 1: how to begin</summary>
#
# A small change of a piece that did not win changes nothing. So give each piece its own `dout`, of
# shape $(K, N, \text{out})$, that is 0 where it did not win.
#
# </details>
#
# <details><summary>Hint 2: the formulas</summary>
#
# With $m_{kno} = \mathrm{d}y_{no}$ where $k$ is the winner, else 0:
# $\mathrm{d}W_{koi} = \sum_n m_{kno} x_{ni}$, $\ \mathrm{d}b_{ko} = \sum_n m_{kno}$,
# $\ \mathrm{d}x_{ni} = \sum_{k,o} m_{kno} W_{koi}$.
#
# </details>


# %% exercise="maxout_backward"
def maxout_backward(dout, cache):
    """Gradients of a maxout layer.

    dout: (N, out), gradient of the loss with respect to y.
    cache: (x, w, winner) as maxout_forward returns it.
    Returns (dx, dw, db) of shapes (N, in), (K, out, in) and (K, out); dw and db are sums over the
    batch.
    """
    ### BEGIN SOLUTION
    x, w, winner = cache
    won = winner == np.arange(len(w))[:, None, None]
    m = dout * won
    return np.einsum("kno,koi->ni", m, w), np.einsum("kno,ni->koi", m, x), m.sum(axis=1)
    ### END SOLUTION


# %% check="maxout_backward" points=0
x = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, -3.0]])
w = np.array([[[1.0, 0.0], [2.0, 1.0]], [[-1.0, 0.0], [0.0, 0.5]]])
winner = np.array([[0, 0], [1, 1], [1, 0]])
dout = np.array([[1.0, -2.0], [0.5, 3.0], [-1.0, 4.0]])
dx, dw, db = maxout_backward(dout, (x, w, winner))
check_close(db, [[1.0, 2.0], [-0.5, 3.0]], "a bias hears of the samples that its piece won")
check_close(dw, [[[1.0, 2.0], [-2.0, -16.0]], [[-0.5, 3.25], [-3.0, 1.5]]], "and so do the weights")
check_close(dx, [[-3.0, -2.0], [-0.5, 1.5], [9.0, 4.0]], "x hears from the winners of all units")

# %% experiment
rng = np.random.default_rng(4)
layer = [rng.normal(size=(5, 3)), rng.normal(size=(4, 2, 3)), rng.normal(size=(4, 2))]
compare_gradients(maxout_forward, maxout_backward, layer, "xwb")

# %% [markdown]
# ## What to take with you
#
# - A layer without a bend adds nothing to a stack. The bend goes between layers; the output gets
#   what the task asks for.
# - Each backward pass is a sum over the ways by which a number reached the loss. Shapes and a
#   numerical gradient find nearly every slip.
# - Width adds pieces, and depth can multiply them. Neither helps where a straight border will do.
# - *Can represent* and *will be found by training* are two things. The next labs are about the
#   second: losses and backpropagation in lab 3, better steps in lab 4.
