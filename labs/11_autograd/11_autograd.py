# %% [markdown]
# # 11 · Build the engine
#
# In lab 2 you derived the gradient of a layer by hand, in lab 6 that of a convolution, in lab 9
# that of an LSTM. Each time the work was the same: walk backwards through the formula, apply the
# chain rule to every step, add up where a value was used twice. Work that is always the same can be
# given to a program. In PyTorch one writes `loss.backward()` and it is done.
#
# In this lab you build that program. An expression such as $e = a \cdot b + b$ is run once,
# forwards, and every operation leaves a note behind: what it was made from, and how a gradient gets
# back through it. The notes form a graph. Read in the right order, they give every gradient at
# once:
#
# ![The graph of e = a·b + b: values flow to the right, gradients to the left](graph.svg)
#
# Look at $b$. It is used twice, so two gradients arrive, and they add up: $3 + 1 = 4$. Most
# mistakes that people make in such an engine are about this one thing.
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1 | `unbroadcast` | 3 | 12 |
# | 2 | `gradcheck` | 3 | 18 |
# | 3 | `elementwise` | 3 | 10 |
# | 4 | `divide`, `power` | 4 | 14 |
# | 5 | `matmul` | 3 | 10 |
# | 6 | `total` | 3 | 10 |
# | 7 | `transpose`, `pick` | 5 | 18 |
# | 8 | `log_softmax`: derive its gradient | 4 | 20 |
# | 9 | `record` | 3 | 14 |
# | 10 | `topological_order` | 4 | 18 |
# | 11 | `backward` | 5 | 25 |
# | 12 | find the bug: `exposing_program` | 4 | 16 |
# | 13 | `no_grad` | 3 | 10 |
# | 14 | predict, then run: `predict_gradients` | 2 | 8 |
# | 15 | `Module` | 3 | 14 |
# | 16, 17 | two experiments on digits, two questions | 4 | 33 |
# | 18 | `grad`: gradients of gradients (stretch) | 0 | |
# | | together | 56 | 250 |
#
# **Notation and conventions**
#
# | word | meaning |
# |---|---|
# | rule | a function of arrays that returns `(value, pull)` |
# | `pull` | a function: gradient for `value` → a **tuple**, one gradient for each array, in order |
# | `g`, upstream | the gradient that arrives, of the shape of `value` |
# | leaf | a tensor that no operation made: a parameter, an input, a constant |
#
# All arrays are float64. No function changes its inputs, and no `pull` changes the `g` it is given.
# Each exercise is checked on its own: what it needs of an earlier one it gets as an argument.

# %% setup
import contextlib

import matplotlib.pyplot as plt
import numpy as np

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

# %% [markdown]
# ## 1 · Broadcasting, backwards
# ●●○○○ · about 12 min · 3 points
#
# NumPy adds a bias of shape $(3,)$ to a batch of shape $(4, 3)$ by using it four times. What is
# used several times gets the *sum* of its gradients. So the gradient of shape $(4, 3)$ that comes
# back has to be summed down to $(3,)$ before it fits the bias.
#
# Broadcasting does two things to a shape, and each has to be undone by a sum:
#
# | what broadcasting did | example | undone by |
# |---|---|---|
# | put new axes in front | $(3,) \to (4, 3)$ | a sum over those axes, which then go away |
# | stretched an axis of length 1 | $(4, 1) \to (4, 3)$ | a sum over that axis, which stays |
#
# Both may happen at once, at several axes: $(1, 3, 1) \to (5, 2, 3, 4)$.
#
# | argument | shape |
# |---|---|
# | `g` | what `shape` was broadcast to |
# | returned | `shape` |
#
# <details><summary>Hint</summary>
#
# There are `g.ndim - len(shape)` new axes, and they are the first ones. `sum` takes a tuple of
# axes, and `keepdims=True` leaves each of them with length 1. An empty tuple is allowed: then
# nothing is summed. Do the new axes first. After that the axes of `g` and the entries of `shape`
# have the same numbers.
#
# </details>

# %% exercise="unbroadcast"
def unbroadcast(g, shape):
    """Sum a gradient down to the shape that an array had before it was broadcast.

    g: an array, the gradient with respect to the broadcast array.
    shape: a tuple of ints, the shape before; () for a single number.
    Returns an array of that shape; with nothing to sum, the values of g.
    Raises ValueError naming shape, its value and the shape of g, when an array of that shape cannot
    be broadcast to the shape of g.
    """
    ### BEGIN SOLUTION
    extra = g.ndim - len(shape)
    if extra < 0 or any(n not in (1, m) for n, m in zip(shape, g.shape[extra:])):
        raise ValueError(f"shape {shape} cannot be broadcast to {g.shape}, the shape of g")
    g = g.sum(axis=tuple(range(extra)))
    stretched = tuple(axis for axis, n in enumerate(shape) if n == 1)
    return g.sum(axis=stretched, keepdims=True)
    ### END SOLUTION

# %% check="unbroadcast" points=3
g = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
before = g.copy()
check_close(unbroadcast(g, (3,)), [9.0, 18.0, 36.0], "a row that was used twice")
check_close(unbroadcast(g, (2, 1)), [[7.0], [56.0]], "a column that was used three times")
check_close(unbroadcast(g, (1, 3)), [[9.0, 18.0, 36.0]], "a first axis of length 1 stays")
check_close(unbroadcast(g, ()), 63.0, "a single number that was used six times")
check_close(unbroadcast(g, (2, 3)), g, "nothing was broadcast, nothing is summed")
check_shape(unbroadcast(np.ones((5, 2, 3, 4)), (1, 3, 1)), (1, 3, 1), "both things at once")
check_close(g, before, "g is unchanged")
check_raises(ValueError, unbroadcast, g, (2,), match=r"\bshape\b")

# %% [markdown]
# ## 2 · Rules, and a way to check them
# ●●●○○ · about 18 min · 3 points
#
# An engine knows a few dozen operations. For each it needs a **rule**: how to calculate the value,
# and how to *pull* a gradient back through it. A rule knows only its own operation. It has no idea
# what its inputs were made from, nor what its value is used for. Here are four:

# %% setup
def add(a, b):
    """The rule of a + b: its slope is 1 with respect to either."""
    return a + b, lambda g: (g, g)


def subtract(a, b):
    """The rule of a - b."""
    return a - b, lambda g: (g, -g)


def multiply(a, b):
    """The rule of a * b, entry by entry: the slope with respect to a is b, and the reverse."""
    return a * b, lambda g: (g * b, g * a)


def reshape(x, *, shape):
    """The rule of x.reshape(shape): the same numbers go back into the old shape."""
    return x.reshape(shape), lambda g: (g.reshape(x.shape),)


# %% experiment
value, pull = multiply(np.array([2.0, 3.0]), np.array([5.0, 7.0]))
print("value", value, "  gradients", pull(np.array([1.0, 10.0])))

# %% [markdown]
# `pull` is a function made inside a function. It remembers `a` and `b`, which stood around it when
# it was made. It is what you called *cache* and *backward* in earlier labs, in one object. Three
# things to note:
#
# - With one input, `pull` still returns a tuple: `(gradient,)`.
# - No rule cares about broadcasting. If `a` was stretched, the gradient it gets has the stretched
#   shape, and the engine calls `unbroadcast`, in one place, for all of them.
# - No rule cares whether its input was used elsewhere. That, too, is the engine's business.
#
# Rules are easy to get wrong, and a wrong one trains too, only worse. So before you write any,
# write what finds the mistakes. For each array $x$ that the rule is given, and each index $i$ of
# it, compare the entry $p_i$ that `pull(upstream)` returns with a central difference of the loss $L
# = \sum \text{upstream} \circ \text{value}$:
#
# $$q_i = \frac{L(x + h\,e_i) - L(x - h\,e_i)}{2h}, \qquad
# \text{error} = \max_{i} \frac{|p_i - q_i|}{\max(1, |q_i|)},$$
#
# where the maximum runs over all entries of all arrays, and $e_i$ has a 1 at $i$ and 0 elsewhere.
# For large gradients this is a relative error. For small ones it is an absolute error, since a
# relative error next to 0 says nothing. (PyTorch's `torch.autograd.gradcheck` is a relative of
# yours.)
#
# | argument | shape |
# |---|---|
# | `rule` | called as `rule(*arrays)` |
# | `arrays` | a list of float64 arrays, of any shapes |
# | `upstream` | the shape of the rule's value |
# | returned | one float |
#
# <details><summary>Hint</summary>
#
# `np.ndindex(x.shape)` runs over the indices of an array of any number of axes. Work on copies:
# `moved = [a.copy() for a in arrays]`, then `moved[k][index] += step`. What does `max(0.0, nan)`
# give in Python? Try it: a gradient that is not a number must not slip through.
#
# </details>

# %% exercise="gradcheck"
def gradcheck(rule, arrays, upstream, *, step=1e-6):
    """The largest error of a rule's gradients, by central differences.

    rule: a function (*arrays) -> (value, pull).  arrays: list of float64 arrays; not modified.
    upstream: array of the value's shape, what pull is given.  step: h, above 0.
    Returns a float, max |p - q| / max(1, |q|) over all entries of all arrays, where p is from pull
    and q is numerical; inf when any of pull's gradients holds a value that is not finite.
    Raises ValueError naming upstream when it has not the value's shape, and naming pull when it
    does not return one gradient for each array, of that array's shape.
    """
    ### BEGIN SOLUTION
    value, pull = rule(*arrays)
    if upstream.shape != np.shape(value):
        raise ValueError(f"upstream has shape {upstream.shape}, expected {np.shape(value)}")
    gradients = pull(upstream)
    shapes, expected = [np.shape(p) for p in gradients], [a.shape for a in arrays]
    if shapes != expected:
        raise ValueError(f"pull returned gradients of shapes {shapes}, expected {expected}")
    worst = 0.0
    for k, p in enumerate(gradients):
        if not np.isfinite(p).all():
            return float("inf")
        for index in np.ndindex(arrays[k].shape):
            above, below = [a.copy() for a in arrays], [a.copy() for a in arrays]
            above[k][index] += step
            below[k][index] -= step
            rise = np.sum(upstream * (rule(*above)[0] - rule(*below)[0]))
            q = rise / (2.0 * step)
            worst = max(worst, float(abs(p[index] - q) / max(1.0, abs(q))))
    return worst
    ### END SOLUTION

# %% check="gradcheck" points=3
def slope_of_a_forgotten(a, b):
    return a * b, lambda g: (g, g * a)


def not_a_number(x):
    return x * 1.0, lambda g: (g * np.nan,)


def bare_array(x):
    return 2.0 * x, lambda g: 2.0 * g


a, b = np.array([[3.0, -1.0], [0.5, 2.0]]), np.array([[4.0, 5.0], [-2.0, 8.0]])
upstream = np.array([[1.0, -2.0], [0.25, 3.0]])
before = [a.copy(), b.copy()]
error = gradcheck(multiply, [a, b], upstream)
check_true(isinstance(error, float) and error < 1e-8, "a right rule has next to no error")
error = gradcheck(slope_of_a_forgotten, [a, b], upstream)
check_close(error, 0.875, "1 for 4, -2 for -10, 0.25 for -0.5 and 3 for 24", rtol=1e-6)
check_true(gradcheck(not_a_number, [a], upstream) == np.inf, "NaN is the largest error of all")
check_close(a, before[0], "the arrays are unchanged")
check_raises(ValueError, gradcheck, multiply, [a, b], upstream[:1], match=r"\bupstream\b")
check_raises(ValueError, gradcheck, bare_array, [a[0]], upstream[0], match=r"\bpull\b")

# %% [markdown]
# From here on you have a tool for each rule you write. This cell tries it on rules whose gradients
# you know, and on one that is wrong:

# %% experiment
rng = np.random.default_rng(0)
a, b, upstream = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
for rule in (add, subtract, multiply, slope_of_a_forgotten):
    print(f"{rule.__name__:22s} error {gradcheck(rule, [a, b], upstream):.1e}")

# %% [markdown]
# ## 3 · Entry by entry
# ●●○○○ · about 10 min · 3 points
#
# Four functions are applied to each entry on its own. The chain rule is then one product per entry:
# $g \circ f'(x)$.
#
# | `name` | value | slope |
# |---|---|---|
# | `"exp"` | $e^x$ | $e^x$ |
# | `"log"` | $\log x$ | $1/x$ |
# | `"tanh"` | $\tanh x$ | $1 - \tanh^2 x$ |
# | `"relu"` | $\max(x, 0)$ | 1 where $x > 0$, else 0 |
#
# ReLU has no slope at 0. We take 0 there, as PyTorch does. For `exp` and `tanh` the slope is made
# of the *value*, which is there already: nothing has to be calculated twice.
#
# <details><summary>Hint</summary>
#
# `g * (x > 0)` multiplies by 1 or 0. Do not forget the comma in `(g / x,)`.
#
# </details>

# %% exercise="elementwise"
def elementwise(x, *, name):
    """The rule of exp, log, tanh or relu, for an array of any shape.

    x: array; positive where name is "log".  name: "exp", "log", "tanh" or "relu".
    Returns (value, pull): value of x's shape, pull(g) -> (gradient of x's shape,).
    The slope of relu at 0 is 0.
    Raises ValueError naming name, its value and the four names, when it is none of them.
    """
    ### BEGIN SOLUTION
    if name == "exp":
        value = np.exp(x)
        return value, lambda g: (g * value,)
    if name == "log":
        return np.log(x), lambda g: (g / x,)
    if name == "tanh":
        value = np.tanh(x)
        return value, lambda g: (g * (1.0 - value**2),)
    if name == "relu":
        return np.maximum(x, 0.0), lambda g: (g * (x > 0),)
    raise ValueError(f'name is {name!r}, expected "exp", "log", "tanh" or "relu"')
    ### END SOLUTION

# %% check="elementwise" points=3
x, g = np.array([[np.log(2.0), np.log(3.0), -np.log(4.0)]]), np.array([[1.0, -2.0, 8.0]])
value, pull = elementwise(x, name="exp")
check_close(value, [[2.0, 3.0, 0.25]], "exp: the values")
check_true(isinstance(pull(g), tuple) and len(pull(g)) == 1, "pull returns a tuple of one gradient")
check_close(pull(g)[0], [[2.0, -6.0, 2.0]], "exp: its slope is its value")
value, pull = elementwise(np.array([0.5, 4.0]), name="log")
check_close(pull(np.array([1.0, -2.0]))[0], [2.0, -0.5], "log: its slope is 1/x")
value, pull = elementwise(x, name="tanh")
check_close(value, [[0.6, 0.8, -15.0 / 17.0]], "tanh: the values")
check_close(pull(g)[0], [[0.64, -0.72, 512.0 / 289.0]], "tanh: 1 - tanh²")
value, pull = elementwise(np.array([-3.0, 0.0, 2.0]), name="relu")
check_close(value, [0.0, 0.0, 2.0], "relu: the values")
check_close(pull(np.array([5.0, 6.0, 7.0]))[0], [0.0, 0.0, 7.0], "relu: no slope up to 0")
check_raises(ValueError, elementwise, x, name="sin", match=r"\bname\b")

# %% [markdown]
# ## 4 · Quotients and powers
# ●●○○○ · about 14 min · 2 + 2 points
#
# Now two rules without a formula for the gradient: both slopes are school mathematics. Let your
# `gradcheck` say whether you remember it well.
#
# **`divide`**: the value is $a / b$, entry by entry. There are two slopes, one with respect to $a$
# and one with respect to $b$.
#
# **`power`**: the value is $x^p$ for a constant number $p$, called `exponent`. It may be negative,
# a fraction, or 0. For $p = 0$ the value is 1 everywhere, so the gradient is 0 everywhere, at $x =
# 0$ too, without a warning.
#
# | argument | shape |
# |---|---|
# | `a`, `b`, `x` | any; `a` and `b` may be stretched by broadcasting |
# | `exponent` | one number |
#
# <details><summary>Hint for divide</summary>
#
# Write $a/b$ as $a \cdot b^{-1}$. The second slope has a minus sign and a $b^2$.
#
# </details>
#
# <details><summary>Hint for power</summary>
#
# $0 \cdot 0^{-1}$ is `0 * inf` to NumPy, which is NaN. Treat $p = 0$ first. Do not go through
# logarithms: $(-2)^3$ is a fine number.
#
# </details>

# %% exercise="divide"
def divide(a, b):
    """The rule of a / b, entry by entry.

    a, b: arrays; b is nowhere 0.
    Returns (value, pull): pull(g) -> (gradient for a, gradient for b). Where a or b is stretched by
    broadcasting, its gradient may be left in the shape of the value.
    """
    ### BEGIN SOLUTION
    return a / b, lambda g: (g / b, -g * a / b**2)
    ### END SOLUTION

# %% check="divide" points=2
a, b, g = np.array([3.0, -8.0]), np.array([2.0, -4.0]), np.array([4.0, 6.0])
value, pull = divide(a, b)
check_close(value, [1.5, 2.0], "the quotients")
check_close(pull(g)[0], [2.0, -1.5], "with respect to a: 1/b")
check_close(pull(g)[1], [-3.0, 3.0], "with respect to b")
check_close(g, [4.0, 6.0], "g is unchanged")

# %% exercise="power"
def power(x, *, exponent):
    """The rule of x ** exponent, entry by entry, for a constant exponent.

    x: array; positive where the exponent is a fraction, nowhere 0 where it is negative.
    exponent: an int or a float.
    Returns (value, pull): value of x's shape, pull(g) -> (gradient of x's shape,).
    For exponent 0 the gradient is 0, also where x is 0, and NumPy does not warn.
    Raises ValueError naming exponent when it is an array (of any shape) or another object.
    """
    ### BEGIN SOLUTION
    if not isinstance(exponent, (int, float)):
        raise ValueError(f"exponent is a {type(exponent).__name__}, expected an int or a float")
    if exponent == 0:
        return np.ones_like(x), lambda g: (np.zeros_like(g),)
    return x**exponent, lambda g: (g * exponent * x ** (exponent - 1),)
    ### END SOLUTION

# %% check="power" points=2
x, g = np.array([2.0, -3.0]), np.array([10.0, -1.0])
value, pull = power(x, exponent=3)
check_close(value, [8.0, -27.0], "cubes, of negative numbers too")
check_close(pull(g)[0], [120.0, -27.0], "the slope of a cube")
value, pull = power(np.array([0.25]), exponent=-0.5)
check_close(pull(np.array([3.0]))[0], [-12.0], "a negative fraction")
value, pull = power(np.array([0.0, 5.0]), exponent=0)
check_close(value, [1.0, 1.0], "to the power 0")
check_close(pull(g)[0], [0.0, 0.0], "a constant has slope 0, at 0 too")
check_raises(ValueError, power, x, exponent=np.array([2.0, 3.0]), match=r"\bexponent\b")

# %% [markdown]
# ## 5 · The matrix product
# ●●●○○ · about 10 min · 3 points
#
# For matrices $A$ of shape $(n, k)$ and $B$ of shape $(k, m)$, the product $C = AB$ has the
# gradients that you know from the linear layer of lab 2:
#
# $$\mathrm{d}A = \mathrm{d}C\, B^\top, \qquad \mathrm{d}B = A^\top\, \mathrm{d}C .$$
#
# NumPy's `@` does more: with further axes in front, it multiplies a whole stack of matrices, and
# those axes broadcast. The attention of lab 12 lives on that.
#
# | argument | shape |
# |---|---|
# | `a` | $(\dots, n, k)$ |
# | `b` | $(\dots, k, m)$ |
# | value, `g` | $(\dots, n, m)$ |
#
# <details><summary>Hint</summary>
#
# `.T` reverses *all* axes. You want to swap the last two and leave the others where they are:
# `np.swapaxes(b, -1, -2)`. The axes in front need no care: the engine will call `unbroadcast`.
#
# </details>

# %% exercise="matmul"
def matmul(a, b):
    """The rule of a @ b for matrices and for stacks of matrices.

    a: (..., n, k); b: (..., k, m); the axes in front broadcast.
    Returns (value, pull): value (..., n, m), pull(g) -> (gradient for a, gradient for b), where
    axes in front may be left as broadcasting made them.
    Raises ValueError naming a (or b) and its shape when it has fewer than two axes.
    """
    ### BEGIN SOLUTION
    if a.ndim < 2:
        raise ValueError(f"a has shape {a.shape}, expected two axes or more")
    if b.ndim < 2:
        raise ValueError(f"b has shape {b.shape}, expected two axes or more")
    return a @ b, lambda g: (g @ np.swapaxes(b, -1, -2), np.swapaxes(a, -1, -2) @ g)
    ### END SOLUTION

# %% check="matmul" points=3
a, b = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 0.0], [2.0, -1.0], [0.0, 5.0]])
value, pull = matmul(a, b)
check_close(value, [[5.0, 13.0]], "a row times a matrix")
da, db = pull(np.array([[1.0, 10.0]]))
check_close(da, [[1.0, -8.0, 50.0]], "the gradient for a")
check_close(db, [[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]], "the gradient for b")
value, pull = matmul(np.ones((2, 3, 4)), np.ones((2, 4, 5)))
da, db = pull(np.ones((2, 3, 5)))
check_shape(da, (2, 3, 4), "a stack of two: the gradient for a")
check_shape(db, (2, 4, 5), "a stack of two: the gradient for b")
check_raises(ValueError, matmul, np.ones(3), b, match=r"\ba\b")

# %% [markdown]
# ## 6 · Sums
# ●●○○○ · about 10 min · 3 points
#
# A sum over some axes is broadcasting's opposite. Forwards, entries are added up; backwards, each
# entry that went into a sum gets that sum's gradient, whole. So the gradient is *repeated* along
# the summed axes.
#
# | argument | meaning |
# |---|---|
# | `x` | array of any shape |
# | `axis` | `None` for all axes, an int, or a tuple of ints; may be negative |
# | `keepdims` | whether summed axes stay, with length 1 |
#
# The mean needs no rule of its own. It is a sum, multiplied by a constant, and both are recorded.
#
# <details><summary>Hint</summary>
#
# Without `keepdims`, the summed axes are missing from `g`. `np.expand_dims(g, axis)` puts them back
# with length 1; it takes a tuple, and negative numbers, and counts in the *result*. Then
# `np.broadcast_to` repeats. For `axis=None` a number broadcasts by itself.
#
# </details>

# %% exercise="total"
def total(x, *, axis=None, keepdims=False):
    """The rule of x.sum(axis, keepdims=keepdims).

    x: array.  axis: None, an int, or a tuple of ints, negative ones included.
    Returns (value, pull): pull(g) -> (gradient of x's shape,).
    """
    ### BEGIN SOLUTION
    def pull(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return (np.broadcast_to(g, x.shape).copy(),)

    return np.sum(x, axis=axis, keepdims=keepdims), pull
    ### END SOLUTION

# %% check="total" points=3
x = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
value, pull = total(x)
check_close(value, 63.0, "the sum of all entries")
check_close(pull(np.array(5.0))[0], np.full((2, 3), 5.0), "each entry gets the sum's gradient")
value, pull = total(x, axis=1)
check_close(value, [7.0, 56.0], "a sum per row")
check_close(pull(np.array([1.0, 2.0]))[0], [[1, 1, 1.0], [2, 2, 2.0]], "a gradient per row")
value, pull = total(x, axis=0, keepdims=True)
check_close(value, [[9.0, 18.0, 36.0]], "a sum per column, the axis stays")
check_close(pull(np.array([[1.0, 2.0, 3.0]]))[0], [[1, 2, 3.0], [1, 2, 3.0]], "one per column")
value, pull = total(np.ones((2, 3, 4)), axis=(0, -1))
check_close(pull(np.array([1.0, 2.0, 3.0]))[0][1, :, 2], [1.0, 2.0, 3.0], "two axes at once")

# %% [markdown]
# ## 7 · Moving entries about
# ●●●○○ · about 18 min · 2 + 3 points
#
# `reshape`, `transpose` and indexing calculate nothing. They move entries to other places, and the
# gradient has to find the way back.
#
# **`transpose`** puts the axes in another order. `np.transpose(x, (2, 0, 1))` makes old axis 2 the
# first, old axis 0 the second, old axis 1 the third. The gradient needs the order that undoes it.
# With two axes the order that undoes is the same order. With three it need not be.
#
# **`pick`** is `x[index]`, for any index that NumPy takes: ints, slices, lists of rows, masks.
# Entries that were not picked get a gradient of 0. An entry that was picked *twice* was used twice,
# and you know by now what that means. Word vectors in lab 12 are looked up with this rule, and
# common words come several times in one batch.
#
# <details><summary>Hint for transpose</summary>
#
# The permutation that undoes `axes` is `np.argsort(axes)`, if all of `axes` count from the front.
# First make them so.
#
# </details>
#
# <details><summary>Hint for pick</summary>
#
# Start from zeros of `x`'s shape. `gradient[index] += g` does not add twice to one place: NumPy
# reads, adds and writes back all places at once. `np.add.at` does add every time.
#
# </details>

# %% exercise="transpose"
def transpose(x, *, axes=None):
    """The rule of np.transpose(x, axes).

    x: array.  axes: None to reverse the order of all axes, or a tuple with each axis of x once, in
    the new order; a negative number counts from the last axis.
    Returns (value, pull): pull(g) -> (gradient of x's shape,).
    """
    ### BEGIN SOLUTION
    if axes is None:
        axes = tuple(reversed(range(x.ndim)))
    back = np.argsort([axis % x.ndim for axis in axes])
    return np.transpose(x, axes), lambda g: (np.transpose(g, back),)
    ### END SOLUTION

# %% check="transpose" points=2
x = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
value, pull = transpose(x)
check_close(value, [[1.0, 8.0], [2.0, 16.0], [4.0, 32.0]], "a matrix is turned over")
check_close(pull(value)[0], x, "and the gradient is turned back")
x = np.arange(24.0).reshape(2, 3, 4)
value, pull = transpose(x, axes=(2, 0, 1))
check_shape(value, (4, 2, 3), "the last axis comes first")
check_close(pull(value)[0], x, "every entry finds its way back")
value, pull = transpose(x, axes=(1, -1, 0))
check_close(pull(value)[0], x, "with a negative axis as well")

# %% exercise="pick"
def pick(x, *, index):
    """The rule of x[index].

    x: array.  index: what NumPy takes in brackets: an int, a slice, an array of ints or bools, or a
    tuple of them.
    Returns (value, pull): pull(g) -> (gradient of x's shape,), which is 0 where nothing was picked,
    and a sum where an entry was picked several times.
    """
    ### BEGIN SOLUTION
    def pull(g):
        gradient = np.zeros_like(x)
        np.add.at(gradient, index, g)
        return (gradient,)

    return x[index], pull
    ### END SOLUTION

# %% check="pick" points=3
x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
value, pull = pick(x, index=1)
check_close(value, [3.0, 4.0], "one row")
check_close(pull(np.array([7.0, 9.0]))[0], [[0, 0], [7.0, 9.0], [0, 0]], "the others get nothing")
value, pull = pick(x, index=(np.arange(3), np.array([1, 0, 1])))
check_close(value, [2.0, 3.0, 6.0], "one entry per row: how a loss picks the right classes")
check_close(pull(np.array([1.0, 2.0, 3.0]))[0], [[0, 1.0], [2.0, 0], [0, 3.0]], "and back")
value, pull = pick(x, index=np.array([2, 0, 2]))
g = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
check_close(pull(g)[0], [[10.0, 20.0], [0, 0], [101.0, 202.0]], "a row that was picked twice")
check_close(pull(g)[0], [[10.0, 20.0], [0, 0], [101.0, 202.0]], "the same when called again")

# %% [markdown]
# ## 8 · Log-softmax: derive it
# ●●●●○ · about 20 min · 4 points
#
# A classifier's loss is minus the logarithm of a softmax. As three recorded operations (`exp`,
# `total`, `log`) it would overflow for logits above 709. As one rule it is safe. With $m$ the
# largest entry,
#
# $$y_j = \log\frac{e^{x_j}}{\sum_k e^{x_k}} = (x_j - m) - \log \sum_k e^{x_k - m},
# \qquad m = \max_k x_k .$$
#
# This is done along one axis: each row of a batch on its own, with its own maximum.
#
# | argument | shape |
# |---|---|
# | `x`, value, `g`, gradient | the same, any |
# | `axis` | the axis along which $\sum_j e^{y_j} = 1$ |
#
# **Derive the gradient yourself.** Take one row, with the upstream gradient
# $g_j = \partial L / \partial y_j$. Each $y_j$ depends on *every* $x_i$, so
# $\partial L / \partial x_i = \sum_j g_j \,\partial y_j / \partial x_i$. You have seen the
# special case of cross-entropy in lab 3. Here $g$ may be anything.
# (The shift by $m$ changes no value, so you may leave it out on paper.)
#
# Before you write any code, look at the numbers that your formula must give. This cell needs none
# of your functions:

# %% experiment
def log_softmax_of(row):
    shifted = row - row.max()
    return shifted - np.log(np.exp(shifted).sum())


row = np.log(np.array([1.0, 2.0, 5.0]))  # softmax: 1/8, 2/8, 5/8
for g in ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, -2.0, 4.0]):
    gradient = numerical_gradient(log_softmax_of, row, upstream=g)
    print(f"g = {g!s:18s} gradient = {np.round(gradient, 4)}, sum {gradient.sum():.4f}")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# $\partial y_j / \partial x_i$ is $1 - s_i$ for $i = j$, and $-s_i$ otherwise, where $s$ is the
# softmax. Why does each gradient above add up to 0?
#
# </details>
#
# <details><summary>Hint 2: the gradient</summary>
#
# $$\frac{\partial L}{\partial x_i} = g_i - s_i \sum_j g_j, \qquad s_i = e^{y_i} .$$
#
# The sum runs along `axis` and needs `keepdims=True`.
#
# </details>

# %% exercise="log_softmax"
def log_softmax(x, *, axis=-1):
    """The rule of the logarithm of the softmax along one axis.

    x: array of at least one axis.  axis: an int, may be negative.
    Returns (value, pull): both value and pull(g)[0] have x's shape.
    Values are finite and no warning appears for entries of +-10,000, and also when the rows differ
    by as much.
    """
    ### BEGIN SOLUTION
    shifted = x - x.max(axis=axis, keepdims=True)
    value = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))

    def pull(g):
        return (g - np.exp(value) * g.sum(axis=axis, keepdims=True),)

    return value, pull
    ### END SOLUTION

# %% check="log_softmax" points=4
x = np.log(np.array([[1.0, 2.0, 5.0], [2.0, 2.0, 4.0]]))
value, pull = log_softmax(x)
check_close(np.exp(value), [[0.125, 0.25, 0.625], [0.25, 0.25, 0.5]], "each row is normalised")
g = np.array([[1.0, -2.0, 4.0], [0.5, 3.0, -1.0]])


def fixed(x):
    return log_softmax(x)[0]


check_gradient(fixed, x, pull(g)[0], "your gradient agrees with differences", upstream=g)
far = np.array([[1e4, 0.0, -1e4], [-3.0, -3.0, -3.0]])
value, pull = log_softmax(far)
check_close(value[0], [0.0, -1e4, -2e4], "logits far apart")
check_close(value[1], np.full(3, -np.log(3.0)), "a row far below another one")
value, _ = log_softmax(x.T, axis=0)
check_close(np.exp(value), [[0.125, 0.25], [0.25, 0.25], [0.625, 0.5]], "along the first axis")

# %% [markdown]
# ## 9 · The record
# ●●●○○ · about 14 min · 3 points
#
# The rules work on plain arrays and forget everything at once. A `Tensor` is an array that
# remembers where it came from. It is given, since there is nothing to it:

# %% setup
class Tensor:
    """An array that remembers how it was made.

    data           float64 array, the value
    requires_grad  whether a gradient with respect to this tensor is of interest
    grad           None, or an array of data's shape; only leaves get one
    parents        the tensors it was made from, in the order of the rule's arguments; () for a leaf
    pull           the rule's pull: gradient of data -> a gradient for each parent; None for a leaf
    """

    recording = True  # one switch for all: while it is False, nothing is remembered
    __array_ufunc__ = None  # so that `array * tensor` asks the tensor, not the array

    def __init__(self, data, *, requires_grad=False, parents=(), pull=None):
        self.data = np.asarray(data, dtype=float)
        self.requires_grad = requires_grad
        self.grad = None
        self.parents = tuple(parents)
        self.pull = pull

    def __repr__(self):
        return f"Tensor({self.data}, requires_grad={self.requires_grad})"


# %% [markdown]
# `record` joins the two: it applies a rule to tensors and returns a tensor that knows its parents.
#
# | step | what |
# |---|---|
# | 1 | numbers and arrays become constants: tensors that require no gradient |
# | 2 | the rule is called with the inputs' *data* and with the options |
# | 3 | the result requires a gradient if **any** input does and `Tensor.recording` is on |
# | 4 | only then does it keep `parents` and `pull`; else it is a leaf without a history |
#
# Constants stay among the parents, since `pull` returns a gradient for them too and the places must
# match. And a result without a history holds on to nothing: that is how memory is freed.
#
# <details><summary>Hint</summary>
#
# A tensor that comes in must be among the parents *itself*, not a copy of it: the engine will put
# the gradient there. `isinstance(item, Tensor)` tells which inputs need wrapping.
#
# </details>

# %% exercise="record"
def record(rule, *inputs, **options):
    """Apply a rule to tensors and note how the result was made.

    rule: a function (*arrays, **options) -> (value, pull).
    inputs: tensors, or numbers and arrays, which become tensors that require no gradient; at least
    one is a tensor.  options: handed to the rule as they are.
    Returns a new Tensor. It requires a gradient when any input does and Tensor.recording is True;
    then parents are the inputs (all, in order) and pull is the rule's. Otherwise it has neither.
    """
    ### BEGIN SOLUTION
    tensors = [item if isinstance(item, Tensor) else Tensor(item) for item in inputs]
    value, pull = rule(*(tensor.data for tensor in tensors), **options)
    if Tensor.recording and any(tensor.requires_grad for tensor in tensors):
        return Tensor(value, requires_grad=True, parents=tensors, pull=pull)
    return Tensor(value)
    ### END SOLUTION

# %% check="record" points=3
a, c = Tensor([2.0, 3.0], requires_grad=True), Tensor([5.0, 7.0])
b = record(multiply, a, c)
check_close(b.data, [10.0, 21.0], "the rule's value")
check_true(b.requires_grad and b.grad is None, "it requires a gradient, and has none yet")
check_true(len(b.parents) == 2 and b.parents[0] is a and b.parents[1] is c, "its parents")
check_close(b.pull(np.array([1.0, 2.0]))[0], [5.0, 14.0], "the rule's pull")
check_close(record(reshape, b, shape=(2, 1)).data, [[10.0], [21.0]], "options reach the rule")
d = record(subtract, 1.0, a)
check_close(d.data, [-1.0, -2.0], "a number becomes a constant")
check_true(isinstance(d.parents[0], Tensor) and not d.parents[0].requires_grad, "as a parent")
e = record(add, c, c)
check_true(not e.requires_grad and e.parents == () and e.pull is None, "constants leave no trace")
Tensor.recording = False
f = record(multiply, a, c)
Tensor.recording = True
check_true(not f.requires_grad and f.parents == (), "nothing is noted while recording is off")

# %% [markdown]
# ## 10 · In which order?
# ●●●○○ · about 18 min · 4 points
#
# A graph of tensors is there. Where to begin, with the gradient, is clear: at the end, where
# $\partial L / \partial L = 1$. And then?
#
# Look at $b = e^a$, $c = b \cdot b$, $d = c + b$, $e = d \cdot c$ and $L = e + b$. The value $b$ is
# used by $c$ (twice), by $d$ and by $L$. Its gradient is complete only when *all three* have sent
# their part. Whoever passes it on to $a$ before that passes on too little:
#
# ![Five tensors in a row; arrows jump from b to c, d and L. Only one order works](order.svg)
#
# So each tensor must be handled after **everything that was made from it**. Turn this round and you
# get what you write now: a list in which every tensor comes after its parents. It is called a
# *topological order*, and the backward pass will walk through it from the end.
#
# | | |
# |---|---|
# | argument `root` | a tensor |
# | returned | a list: every tensor that `root` was made from, directly or not, and `root` |
# | each tensor | comes **once**, and after all of its parents; so `root` is last |
#
# Often several orders are right, and you may return any of them. Two tensors with the same *value*
# are still two tensors.
#
# <details><summary>Hint 1</summary>
#
# Depth first: to handle a tensor, handle its parents, *then* append the tensor itself. Skip what
# has been handled already.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# A small function inside the function, which calls itself for each parent, will do. Keep a set of
# `id(tensor)` for those you have met. (Python allows about 1,000 calls inside each other, which is
# enough for this lab. Real engines use a loop with a stack of their own.)
#
# </details>

# %% exercise="topological_order"
def topological_order(root):
    """All tensors that root was made from, and root, parents first.

    root: a tensor; its attribute parents is a tuple of tensors, () for a leaf. A parent may come
    twice in it (a * a).
    Returns a list of tensors, each once, each after all of its parents; root is last. Constants are
    included. Nothing is changed.
    """
    ### BEGIN SOLUTION
    order, met = [], set()

    def visit(tensor):
        if id(tensor) not in met:
            met.add(id(tensor))
            for parent in tensor.parents:
                visit(parent)
            order.append(tensor)

    visit(root)
    return order
    ### END SOLUTION

# %% check="topological_order" points=4
def child(name, *parents):
    """A tensor that only has parents and a name: the order needs no more."""
    made = Tensor(0.0, parents=parents)
    made.name = name
    return made


def names(tensors):
    return "".join(tensor.name for tensor in tensors)


a = child("a")
b = child("b", a)
c = child("c", b, b)
d = child("d", c, b)
e = child("e", d, c)
root = child("L", e, b)
check_true(names(topological_order(a)) == "a", "a leaf alone")
check_true(names(topological_order(root)) == "abcdeL", "the example above has one right order")
check_true(names(topological_order(c)) == "abc", "only what the root was made from")
x, y = child("x"), child("y")
found = sorted(names(topological_order(child("z", x, y))))
check_true(found == ["x", "y", "z"], "equal values, but two tensors")

# %% [markdown]
# ## 11 · The backward pass
# ●●●●○ · about 25 min · 5 points
#
# Everything is in place. Walk through the topological order from the end and keep, for each tensor,
# the sum of the gradients that have arrived:
#
# 1. The root starts with the gradient that was given, or with 1.
# 2. When a tensor's turn comes, all who used it have had theirs, so its sum is complete.
# 3. A leaf that requires a gradient *adds* the sum to its `.grad`.
# 4. Any other tensor hands the sum to its `pull` and passes the parts on to its parents. Each part
#    is first brought to the parent's shape by `unbroadcast`.
#
# What must hold at the end (these are PyTorch's rules):
#
# | who | `.grad` afterwards |
# |---|---|
# | a leaf with `requires_grad` | what it had before (`None` counts as 0), plus the gradient |
# | every other tensor: results in between, constants | `None`, as before |
#
# So a second backward pass through the same graph **adds again**: afterwards the leaves hold twice
# the gradient, not three times. If results in between kept theirs, they would be counted again.
#
# A backward pass needs a place to start. From one number it may start with 1. From anything else
# the caller has to say with which gradient: an array of the root's shape.
#
# One trap lies ready for you. The rule of $a + b$ returns the *same array* for both. Whoever then
# writes `+=` into one changes the other.
#
# <details><summary>Hint 1</summary>
#
# Keep the sums in a dictionary from `id(tensor)` to an array, inside the function. It is forgotten
# at the end, so nothing stale can be left over.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Write `sums[key] = sums[key] + part`, which makes a new array, and `tensor.grad = tensor.grad +
# g`. A parent that occurs twice among the parents simply gets two parts.
#
# </details>

# %% exercise="backward"
def backward(root, gradient=None, *, topological_order, unbroadcast):
    """Add to each leaf's grad the gradient of root with respect to it.

    root: a tensor.  gradient: array of root's shape, the upstream gradient; None stands for 1 where
    root holds one number (in any shape).
    topological_order: a function root -> list, parents first, each tensor once.
    unbroadcast: a function (g, shape) -> g summed down to that shape.  Call these two, no others.
    Leaves (pull is None) that require a gradient get grad, a new array, or what they had plus the
    new one. No other tensor's grad changes, and gradient itself is not modified.
    Raises ValueError naming root when it does not require a gradient, and naming gradient when it
    is needed but missing, or has another shape than root.
    """
    ### BEGIN SOLUTION
    if not root.requires_grad:
        raise ValueError("root requires no gradient: nothing that it was made from does")
    if gradient is None:
        if root.data.size != 1:
            raise ValueError(f"gradient is missing: root has the shape {root.data.shape}")
        gradient = np.ones_like(root.data)
    if gradient.shape != root.data.shape:
        raise ValueError(f"gradient has shape {gradient.shape}, expected {root.data.shape}")
    sums = {id(root): gradient}
    for tensor in reversed(topological_order(root)):
        if not tensor.requires_grad:
            continue
        g = sums[id(tensor)]
        if tensor.pull is None:
            tensor.grad = g.copy() if tensor.grad is None else tensor.grad + g
            continue
        for parent, part in zip(tensor.parents, tensor.pull(g)):
            part = unbroadcast(part, parent.data.shape)
            sums[id(parent)] = sums[id(parent)] + part if id(parent) in sums else part
    ### END SOLUTION

# %% [markdown]
# The check builds its small graphs by hand and brings its own order and its own `unbroadcast`, so
# that it depends on nothing you wrote before.

# %% check="backward" points=5
def leaf(value):
    return Tensor(value, requires_grad=True)


def made(value, pull, *parents):
    return Tensor(value, requires_grad=True, parents=parents, pull=pull)


def run(root, listed, gradient=None, fit=lambda g, shape: g):
    backward(root, gradient, topological_order=lambda _: listed, unbroadcast=fit)


a = leaf(3.0)
b = made(6.0, lambda g: (g, g), a, a)
c = made(12.0, lambda g: (g, g), b, b)
run(c, [a, b, c])
check_close(a.grad, 4.0, "b = a + a, c = b + b: four ways lead from c to a")
check_true(b.grad is None and c.grad is None, "only the leaf has a grad")
run(c, [a, b, c])
check_close(a.grad, 8.0, "a second pass adds the same again")
x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
z = made([4.0, 6.0], lambda g: (g, g), x, y)
g = np.array([5.0, -7.0])
for _ in range(2):
    run(z, [x, y, z], g)
check_close(x.grad, [10.0, -14.0], "x has twice g")
check_close(y.grad, [10.0, -14.0], "y has twice g, and shares nothing with x")
check_close(g, [5.0, -7.0], "g is unchanged")
constant, w = Tensor([2.0, 3.0]), leaf([1.0, 1.0])
p = made([2.0, 3.0], lambda g: (g * w.data, g * constant.data), constant, w)
run(p, [constant, w, p], np.array([1.0, 10.0]))
check_close(w.grad, [2.0, 30.0], "the other factor")
check_true(constant.grad is None, "a constant has no grad")
bias = leaf([1.0])
s = made([[1.0, 1.0, 1.0]], lambda g: (g,), bias)
run(s, [bias, s], np.array([[1.0, 2.0, 4.0]]), lambda g, shape: g.sum().reshape(shape))
check_close(bias.grad, [7.0], "a stretched parent gets a sum, from unbroadcast")
check_raises(ValueError, run, z, [x, y, z], match=r"\bgradient\b")
check_raises(ValueError, run, constant, [constant], match=r"\broot\b")

# %% [markdown]
# ## 12 · Find the bug
# ●●●●○ · about 16 min · 4 points
#
# A colleague has written an engine for single numbers. A *program* is a list of steps `(operation,
# i, j)` with the operations `"+"`, `"-"` and `"*"`. Its inputs stand in slots 0, 1, …; each step
# reads slots `i` and `j` and fills the next free slot. For $e = a \cdot b + b$ with $a = 3$, $b =
# 2$:
#
# | slot | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | filled by | input $a$ | input $b$ | `("*", 0, 1)` | `("+", 2, 1)` |
# | value | 3 | 2 | 6 | 8 |
#
# `program_gradients` returns the gradient of the last slot with respect to each input. It passed
# all her tests. It is wrong.

# %% setup
def run_program(values, program):
    """The value in every slot: the inputs, then one for each step."""
    if not 1 <= len(program) <= 12:
        raise ValueError(f"program has {len(program)} steps, expected 1 to 12")
    slots = [float(value) for value in values]
    for operation, i, j in program:
        if not (0 <= i < len(slots) and 0 <= j < len(slots)):
            raise ValueError(f"program reads slots {i} and {j}; {len(slots)} are filled")
        a, b = slots[i], slots[j]
        slots.append({"+": a + b, "-": a - b, "*": a * b}[operation])
    return slots


def slopes(operation, a, b):
    """The slopes of a + b, a - b or a * b with respect to a and to b."""
    return {"+": (1.0, 1.0), "-": (1.0, -1.0), "*": (b, a)}[operation]


def program_gradients(values, program):
    """The gradient of the last slot with respect to each input. There is a bug in it."""
    slots, inputs = run_program(values, program), len(values)
    gradients = [0.0] * len(slots)
    gradients[-1] = 1.0
    waiting, met = [len(slots) - 1], {len(slots) - 1}
    while waiting:
        slot = waiting.pop(0)
        if slot < inputs:
            continue
        operation, i, j = program[slot - inputs]
        to_i, to_j = slopes(operation, slots[i], slots[j])
        gradients[i] += gradients[slot] * to_i
        gradients[j] += gradients[slot] * to_j
        for parent in (i, j):
            if parent not in met:
                met.add(parent)
                waiting.append(parent)
    return gradients[:inputs]


# %% experiment
print(program_gradients([3.0, 2.0], [("*", 0, 1), ("+", 2, 1)]), "is right: b is 2, a + 1 is 4")

# %% [markdown]
# Do not mend it. Find a **program that exposes it**: one for which its answer is wrong. That is
# what a good test is.
#
# And go one further. Other engines have other faults: a gradient is overwritten where it should be
# added to; something is passed on too early, or twice; a tensor that is used twice *by one
# operation* is counted once; two tensors are taken for one since their values are equal; a slope
# belongs to the wrong factor; steps whose result nobody uses come into play. Your program will be
# tried on eleven such engines. For half the points it has to expose the one above, for the other
# half at least nine in ten.
#
# At most 12 steps; values and slots from −100 to 100. One rich program beats many simple ones.
#
# <details><summary>Hint</summary>
#
# How does it choose the next slot? Whose turn comes before its gradient is complete? To test an
# idea, compare with differences: `numerical_gradient(lambda v: run_program(v, program)[-1],
# values)`. For the other faults, go through the list in the text and see to it that your program
# has each of these: a slot used three times, one used twice by the same step, two inputs of equal
# value, a result that nobody uses.
#
# </details>

# %% exercise="exposing_program"
def exposing_program():
    """A program whose gradients a faulty engine gets wrong.

    Returns (values, program): values a list of floats, the inputs; program a list of 1 to 12 steps
    (operation, i, j), where operation is "+", "-" or "*" and slots i and j are filled before.
    """
    ### BEGIN SOLUTION
    values = [1.5, 1.5, -2.0]  # slots 0 to 2; the first two are equal
    # 3 uses one slot twice and is itself used three times, by 4, 5 and 9; nobody uses 7; and 9 is a
    # shortcut to 3, which breadth first takes before 8 has brought its part.
    steps = "0*0 3+1 4-3 5*2 1*2 6*4 3+8 9-5".split()  # slots 3 to 10
    return values, [(step[1], int(step[0]), int(step[2])) for step in steps]
    ### END SOLUTION

# %% check="exposing_program" points=4
values, program = exposing_program()
slots = run_program(values, program)
check_true(len(slots) == len(values) + len(program), "the program runs")
check_true(bool(np.isfinite(slots).all()), "every slot is finite")

# %% [markdown]
# ## 13 · A switch
# ●●○○○ · about 10 min · 3 points
#
# Not everything should be recorded. A network that is only being tested needs no graph, and the
# step of an optimiser must not become part of the next one. PyTorch writes
#
# ```python
# with torch.no_grad():
#     ...
# ```
#
# and so will you. Inside the block `Tensor.recording` is off. After it, the switch is **as it was
# before**, which is more than "on again":
#
# | situation | afterwards |
# |---|---|
# | an ordinary block | on again |
# | a block inside another such block | still off, until the outer one ends |
# | the block is left by an exception or `return` | on again; the exception goes on its way |
#
# Python calls `__enter__` where a `with` block begins and `__exit__` where it is left, in whatever
# way. What `__exit__` returns matters: if it is true, the exception is swallowed.
#
# So that it can be checked with other switches, the class takes the owner of the switch as an
# argument.
#
# <details><summary>Hint</summary>
#
# Remember in `__enter__`, not in `__init__`, how the switch stood; put that back in `__exit__`. (A
# function under `@contextlib.contextmanager` may take the place of the class. Then think of
# exceptions.)
#
# </details>

# %% exercise="no_grad"
class no_grad:
    """A context manager: inside its block, owner.recording is False.

    owner: an object with the attribute recording; by default the class Tensor.
    After the block, recording is what it was when the block was entered, also when the block ends
    with an exception, which is not swallowed. Making a no_grad() without entering it does nothing.
    """

    def __init__(self, owner=Tensor):
        self.owner = owner

    def __enter__(self):
        """Turn the switch off; remember how it stood."""
        ### BEGIN SOLUTION
        self.before = self.owner.recording
        self.owner.recording = False
        ### END SOLUTION

    def __exit__(self, kind, error, traceback):
        """Put the switch back."""
        ### BEGIN SOLUTION
        self.owner.recording = self.before
        ### END SOLUTION

# %% check="no_grad" points=3
class Owner:
    recording = True


owner = Owner()
with no_grad(owner):
    check_true(not owner.recording, "off inside")
    with no_grad(owner):
        check_true(not owner.recording, "off inside an inner block")
    check_true(not owner.recording, "still off after the inner block")
check_true(owner.recording, "on again after the outer one")


def failing_block():
    with no_grad(owner):
        raise KeyError("a mistake inside the block")


check_raises(KeyError, failing_block)
check_true(owner.recording, "on again after an exception")

# %% [markdown]
# ## 14 · Predict, then run
# ●●○○○ · about 8 min · 2 points
#
# You know all the rules of the engine now. Before it runs for the first time, say what it will do.
# Work these out **on paper**. All tensors are single numbers unless stated, and each part starts
# afresh.
#
# 1. $a = 3$ is a leaf that requires a gradient, $b = a \cdot a + a$. After `b.backward()`, what is
#    `a.grad`?
# 2. The same again, but `b.backward()` is called **twice**, and nothing is cleared in between. What
#    is `a.grad`?
# 3. $a = 3$. In a `no_grad` block, $k = a \cdot a$; after the block, $d = k \cdot a$ and
#    `d.backward()`. What is `a.grad`?
# 4. A leaf `bias` has shape $(1,)$. It is added to an array of shape $(5, 4)$, the result is
#    multiplied by 2, and all its entries are summed. After `backward()`, what is `bias.grad[0]`?
#
# <details><summary>Hint</summary>
#
# For 3: to whom can $k$ pass its gradient on? For 4: how often is the bias used?
#
# </details>

# %% exercise="predict_gradients"
def predict_gradients():
    """The four numbers, as a tuple of floats, in the order of the questions."""
    ### BEGIN SOLUTION
    return 7.0, 14.0, 9.0, 40.0
    ### END SOLUTION

# %% [markdown]
# The check looks only at the form: whether you are right, you will see in a minute.

# %% check="predict_gradients" points=2
answers = predict_gradients()
check_true(isinstance(answers, (tuple, list)) and len(answers) == 4, "four predictions")
check_true(all(isinstance(answer, (int, float)) for answer in answers), "all of them numbers")

# %% [markdown]
# Now the parts are put together. `Tensor` gets its operators: each is one call of `record` with one
# of your rules. From here on, `a * b + b` builds a graph. (The methods are attached to the class
# here, below your functions, since they need them.)

# %% setup
def as_rule(expression):
    """A function of tensors as a rule, so that gradcheck can check whole expressions."""

    def rule(*arrays):
        leaves = [Tensor(array, requires_grad=True) for array in arrays]
        out = expression(*leaves)

        def pull(g):
            out.backward(g)
            return tuple(leaf.grad for leaf in leaves)

        return out.data, pull

    return rule


def mean_of(tensor, axis=None, keepdims=False):
    """A sum times a constant. Neither needs a new rule."""
    added = record(total, tensor, axis=axis, keepdims=keepdims)
    return added * (added.data.size / tensor.data.size)


def backward_of(tensor, gradient=None):
    backward(tensor, gradient, topological_order=topological_order, unbroadcast=unbroadcast)


Tensor.__add__ = lambda self, other: record(add, self, other)
Tensor.__radd__ = lambda self, other: record(add, other, self)
Tensor.__sub__ = lambda self, other: record(subtract, self, other)
Tensor.__rsub__ = lambda self, other: record(subtract, other, self)
Tensor.__mul__ = lambda self, other: record(multiply, self, other)
Tensor.__rmul__ = lambda self, other: record(multiply, other, self)
Tensor.__truediv__ = lambda self, other: record(divide, self, other)
Tensor.__rtruediv__ = lambda self, other: record(divide, other, self)
Tensor.__matmul__ = lambda self, other: record(matmul, self, other)
Tensor.__rmatmul__ = lambda self, other: record(matmul, other, self)
Tensor.__pow__ = lambda self, exponent: record(power, self, exponent=exponent)
Tensor.__neg__ = lambda self: record(multiply, self, -1.0)
Tensor.__getitem__ = lambda self, index: record(pick, self, index=index)
Tensor.exp = lambda self: record(elementwise, self, name="exp")
Tensor.log = lambda self: record(elementwise, self, name="log")
Tensor.tanh = lambda self: record(elementwise, self, name="tanh")
Tensor.relu = lambda self: record(elementwise, self, name="relu")
Tensor.sum = lambda self, axis=None, keepdims=False: record(
    total, self, axis=axis, keepdims=keepdims
)
Tensor.mean = mean_of
Tensor.reshape = lambda self, *shape: record(reshape, self, shape=shape)
Tensor.transpose = lambda self, *axes: record(transpose, self, axes=axes or None)
Tensor.T = property(lambda self: record(transpose, self))
Tensor.log_softmax = lambda self, axis=-1: record(log_softmax, self, axis=axis)
Tensor.backward = backward_of

# %% experiment
first = Tensor(3.0, requires_grad=True)
(first * first + first).backward()

second = Tensor(3.0, requires_grad=True)
b = second * second + second
b.backward()
b.backward()

third = Tensor(3.0, requires_grad=True)
with no_grad():
    k = third * third
(k * third).backward()

bias = Tensor([0.0], requires_grad=True)
((Tensor(np.ones((5, 4))) + bias) * 2.0).sum().backward()

found = (first.grad, second.grad, third.grad, bias.grad[0])
for number, (predicted, got) in enumerate(zip(predict_gradients(), found), start=1):
    print(f"{number}. predicted {predicted:5.1f}   the engine says {float(got):5.1f}")

# %% [markdown]
# Where you were wrong, find out why before you go on: the same surprise will come back in a
# training loop. (Number 3: $k$ has no history, so it is a constant 9 in the eyes of the engine.)
#
# Does the engine as a whole work? Your own `gradcheck` can tell, since an expression of tensors is
# one large rule. Below are expressions that use everything you wrote, with shapes that broadcast,
# and one computed in PyTorch 2.13 for comparison.

# %% experiment
rng = np.random.default_rng(1)
A, B, row = rng.normal(size=(3, 4)), rng.normal(size=(4, 2)), rng.normal(size=4)
stack = rng.normal(size=(2, 3, 4))
expressions = {
    "broadcasting": (lambda a, r: (a * r + r) / (2.0 + r * r), [A, row], (3, 4)),
    "matrix product": (lambda a, b: (a @ b).tanh() ** 2, [A, B], (3, 2)),
    "a stack of them": (lambda s, b: (s @ b).relu(), [stack, B], (2, 3, 2)),
    "mean and scale": (lambda a: (a - a.mean(0)) / a.exp().sum(axis=0).log(), [A], (3, 4)),
    "picked twice": (lambda a: a[np.array([2, 0, 2])] * a, [A], (3, 4)),
    "turned about": (lambda s: s.transpose(2, 0, 1).reshape(8, 3) * 3.0, [stack], (8, 3)),
    "a classifier's loss": (
        lambda a, b: -(a @ b).log_softmax()[np.arange(3), np.array([1, 0, 1])].mean(), [A, B], ()
    ),
}
for name, (expression, arrays, shape) in expressions.items():
    error = gradcheck(as_rule(expression), arrays, rng.normal(size=shape))
    print(f"{name:20s} error {error:.1e}")

w = Tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], requires_grad=True)
inputs = np.array([[1.0, -2.0, 0.5], [0.3, 0.8, -1.2], [2.0, 1.0, 0.0], [-0.7, 0.4, 0.9]])
loss = -((inputs @ w.T).tanh() * 2.0).log_softmax()[np.arange(4), np.array([1, 0, 0, 1])].mean()
loss.backward()
print("loss and gradient, yours:")
print(loss.data, w.grad, sep="\n")
print("and those of PyTorch:")
print("2.6601738814889133")
print("[[-1.01192516 -0.37087809  0.17526644]\n [-0.16702174  0.52983029 -0.2821015 ]]")

# %% [markdown]
# ## 15 · Modules
# ●●●○○ · about 14 min · 3 points
#
# A network has many parameters. They sit in layers, the layers in blocks, the blocks in lists. An
# optimiser wants them all in one list. `Module` finds them, wherever they are: a layer only has to
# store its tensors as attributes.
#
# `parameters()` looks at the values of the module's attributes, in the order in which they were
# set:
#
# | value | what happens |
# |---|---|
# | a `Tensor` that requires a gradient | it is a parameter |
# | a `Tensor` that does not | it is passed over: a constant |
# | a `Module` | its attributes are searched the same way |
# | a list or a tuple | its items are, one after the other, lists in lists too |
# | a dict | its values are |
# | anything else | passed over |
#
# Some networks use one tensor in two places (*tied weights*). It is one parameter and comes
# **once**, at its first place. Otherwise an optimiser would move it twice per step. And two
# parameters with equal values are two.
#
# <details><summary>Hint</summary>
#
# `vars(module).values()` holds the attributes' values, in order. A function that takes any value,
# and calls itself for what is inside, needs five lines. To see whether a tensor is in a list
# already, compare with `is`.
#
# </details>

# %% exercise="Module"
class Module:
    """Something that has parameters: a layer, or a network of layers."""

    def parameters(self):
        """A list of the tensors that require a gradient, each once, in the order they are found.

        Searched are the attributes, in the order they were set, and, depth first, what is in
        modules, lists, tuples and dicts (their values).
        """
        ### BEGIN SOLUTION
        found = []

        def search(value):
            if isinstance(value, Tensor):
                if value.requires_grad and not any(value is other for other in found):
                    found.append(value)
            elif isinstance(value, (list, tuple)):
                for item in value:
                    search(item)
            elif isinstance(value, dict):
                search(list(value.values()))
            elif isinstance(value, Module):
                search(vars(value))

        search(vars(self))
        return found
        ### END SOLUTION

    def zero_grad(self):
        """Set the grad of every parameter to None. Their data is not touched."""
        ### BEGIN SOLUTION
        for parameter in self.parameters():
            parameter.grad = None
        ### END SOLUTION

# %% check="Module" points=3
class Block(Module):
    def __init__(self, *values):
        self.name = "a text is no parameter"
        self.scale = Tensor(2.0)
        self.values = values


p, q, r, s = (Tensor(1.0, requires_grad=True) for _ in range(4))
model = Block(q, [Block(p), {"key": r}], q)
model.last = s
found = model.parameters()
check_true(isinstance(found, list) and len(found) == 4, "four parameters, one of them used twice")
check_true(all(one is other for one, other in zip(found, (q, p, r, s))), "in order of the search")
p.grad, s.grad = np.array(5.0), np.array(6.0)
model.zero_grad()
check_true(p.grad is None and s.grad is None, "zero_grad clears what was there")
check_close(p.data, 1.0, "and leaves the data alone")

# %% [markdown]
# The rest of the library is short. Here is a linear layer, the MLP of lab 2, its loss, and a step
# of gradient descent:

# %% setup
class Linear(Module):
    """x Wᵀ + b, with torch's initial values: uniform up to 1/√inputs."""

    def __init__(self, inputs, outputs, rng):
        bound = 1.0 / np.sqrt(inputs)
        self.weight = Tensor(rng.uniform(-bound, bound, (outputs, inputs)), requires_grad=True)
        self.bias = Tensor(rng.uniform(-bound, bound, outputs), requires_grad=True)

    def __call__(self, x):
        return x @ self.weight.T + self.bias


class MLP(Module):
    """Linear layers with ReLU between them, and none after the last."""

    def __init__(self, widths, rng):
        self.layers = [Linear(n, m, rng) for n, m in zip(widths[:-1], widths[1:])]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


def cross_entropy(logits, labels):
    """Mean over the batch of minus the log-probability of the right class."""
    return -logits.log_softmax()[np.arange(len(labels)), labels].mean()


def descend(parameters, rate):
    """One step of gradient descent: not an operation of the network, so it is not recorded."""
    with no_grad():
        for parameter in parameters:
            parameter.data = parameter.data - rate * parameter.grad


# %% [markdown]
# ## 16 · Every gradient, checked
# ●●●○○ · about 18 min, with the question · 2 points
#
# The real thing: handwritten digits, an MLP, your engine. Before it is trained, *each one* of its
# gradients is compared with a central difference of the loss, on 40 images. That is slow (two
# forward passes per parameter) and it is the price of not deriving anything by hand.
#
# And while we are at it: how large should the step $h$ be? The lab said $10^{-6}$ and gave no
# reason. The cell measures the error for steps from $10^{-1}$ to $10^{-12}$, for central
# differences and for one-sided ones, $\big(L(x + h) - L(x)\big) / h$. It uses $\tanh$, so that no
# kink of ReLU gets in the way, and takes the median over 60 weights.

# %% experiment
digits = data.load_digits()
shuffled = np.random.default_rng(0).permutation(len(digits.y))
images, labels = digits.X[shuffled] / 16.0, digits.y[shuffled]
train_x, train_y, test_x, test_y = images[:1400], labels[:1400], images[1400:], labels[1400:]


class TanhMLP(MLP):
    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = layer(x).tanh()
        return self.layers[-1](x)


net = TanhMLP([64, 16, 10], np.random.default_rng(0))
batch_x, batch_y = train_x[:40], train_y[:40]
cross_entropy(net(batch_x), batch_y).backward()


def loss_moved(parameter, index, distance):
    """The loss with one entry of one parameter moved, and then moved back."""
    kept = parameter.data[index]
    parameter.data[index] = kept + distance
    with no_grad():
        loss = float(cross_entropy(net(batch_x), batch_y).data)
    parameter.data[index] = kept
    return loss


errors = []
for parameter in net.parameters():
    for index in np.ndindex(parameter.data.shape):
        rise = loss_moved(parameter, index, 1e-6) - loss_moved(parameter, index, -1e-6)
        errors.append(abs(parameter.grad[index] - rise / 2e-6))
print(f"{len(errors)} gradients, the largest error is {max(errors):.1e}")

# %% experiment
rng = np.random.default_rng(1)
weight = net.layers[0].weight
seen = np.argwhere(np.abs(weight.grad) > 1e-4)  # a pixel that is always white has no gradient
places = [tuple(place) for place in rng.permutation(seen)[:60]]
steps = 10.0 ** np.arange(-1.0, -12.5, -0.5)
start = loss_moved(weight, (0, 0), 0.0)
central, one_sided = [], []
for h in steps:
    ahead = np.array([loss_moved(weight, place, h) for place in places])
    behind = np.array([loss_moved(weight, place, -h) for place in places])
    exact = np.array([weight.grad[place] for place in places])
    central.append(np.median(np.abs((ahead - behind) / (2 * h) - exact) / np.abs(exact)))
    one_sided.append(np.median(np.abs((ahead - start) / h - exact) / np.abs(exact)))
plt.loglog(steps, central, "o-", label="central difference")
plt.loglog(steps, one_sided, "s--", label="one-sided difference")
plt.gca().invert_xaxis()
plt.xlabel("step h (smaller to the right)")
plt.ylabel("relative error, median of 60 weights")
plt.title("A numerical gradient has a best step")
plt.legend()
plt.show()
for name, error in (("central", central), ("one-sided", one_sided)):
    print(f"{name:10s} best step {steps[np.argmin(error)]:.0e}, error {min(error):.0e}")

# %% [markdown]
# **Question 1.** Read off from *your* plot, for each of the two curves: the best step and the error
# there, and by what factor the error changes on either side of it when $h$ becomes ten times
# smaller. What makes the error on the left side, and what on the right? What would you expect for
# numbers in float32, which have about seven digits instead of sixteen?

# %% [markdown] answer="best_step" points=2
# ### BEGIN SOLUTION
# Central: best at about $h = 3 \cdot 10^{-5}$, relative error about $5 \cdot 10^{-10}$. One-sided:
# best at about $h = 3 \cdot 10^{-7}$, error about $10^{-7}$.
#
# Left of the best step the error comes from the formula (the terms of the Taylor series that it
# leaves out). It falls by 100 per tenth of $h$ for the central difference, whose error goes with
# $h^2$, and by 10 for the one-sided one, whose error goes with $h$. Right of it the error comes
# from rounding: the two losses agree in more and more digits, what is left of their difference has
# an error of about $10^{-16}$, and this is divided by $h$. So it grows by 10 per tenth of $h$, for
# both.
#
# In float32 the rounding error is $10^{9}$ times larger. The best step is then much larger, near
# $10^{-2}$ to $10^{-3}$, and the error there much worse, about $10^{-4}$ or $10^{-5}$. Gradients
# are therefore checked in float64.
#
# *Marking guide.* ½ point: both best steps, from the plot, to a factor of 10. ½ point: factors of
# 100 and 10 on the left, 10 on the right. ½ point: truncation (Taylor) on the left, rounding on the
# right. ½ point: float32 needs a larger step and its best error is worse.
# ### END SOLUTION

# %% [markdown]
# ## 17 · Training, and the line everybody forgets
# ●●●○○ · about 15 min, with the question · 2 points
#
# Now train. The loop below is the one of lab 4, with your engine in it: 30 epochs of minibatches of
# 50, rate 0.2, a hidden layer of 32. It runs three times per seed, in three versions:
#
# | version | what differs |
# |---|---|
# | right | `zero_grad` before each backward pass |
# | never cleared | `zero_grad` is missing |
# | cleared once an epoch | `zero_grad` only at the start of an epoch |

# %% experiment
def train(version, seed, epochs=30, rate=0.2):
    """Test error after each epoch, in per cent."""
    rng = np.random.default_rng(seed)
    model = MLP([64, 32, 10], rng)
    wrong = []
    for _ in range(epochs):
        if version == "cleared once an epoch":
            model.zero_grad()
        for rows in np.split(rng.permutation(1400), 28):
            if version == "right":
                model.zero_grad()
            cross_entropy(model(train_x[rows]), train_y[rows]).backward()
            descend(model.parameters(), rate)
        with no_grad():
            wrong.append(100.0 * np.mean(model(test_x).data.argmax(axis=1) != test_y))
    return wrong


for version, style in (("right", "o-"), ("never cleared", "s--"), ("cleared once an epoch", "^:")):
    runs = np.array([train(version, seed) for seed in range(3)])
    plt.plot(np.arange(1, 31), runs.mean(axis=0), style, markersize=4, label=version)
    print(f"{version:22s} test error after 1 epoch {runs[:, 0].mean():5.1f} %,"
          f" after 30 {runs[:, -1].mean():5.1f} % (seeds: {np.round(runs[:, -1], 1)})")
plt.yscale("log")
plt.xlabel("epoch")
plt.ylabel("test error in %, mean of 3 seeds")
plt.title("A gradient that is never cleared")
plt.legend()
plt.show()

# %% [markdown]
# **Question 2.** Which test errors do you read off for the three versions, after the first epoch
# and at the end? Say with the rules of section 11 what stands in `.grad` after $t$ steps when it is
# never cleared, and to which method of lab 4, with which value of which parameter, the update then
# amounts. Why is that ahead at first, and far behind later? No error message appeared in any of the
# runs: name one check that would have told the difference on the second step.

# %% [markdown] answer="never_cleared" points=2
# ### BEGIN SOLUTION
# Means of three seeds. After the first epoch: right 36 %, the other two 12 %. After 30: right 2.5
# %, cleared once an epoch 5.5 %, never cleared 90 %, which is guessing.
#
# A backward pass adds to `.grad`. After $t$ steps without clearing it holds $\sum_{s \le t} g_s$,
# the sum of all gradients so far. The update $w \leftarrow w - \eta \sum_s g_s$ is momentum (a sum,
# with the rate outside the buffer) with $\mu = 1$: nothing is ever forgotten. At first the
# gradients point the same way, and their sum makes long steps: it is ahead. But without friction
# the weights cannot slow down. They overshoot the minimum, and the swings become larger. At the end
# they have entries of several hundred, and nearly every ReLU is dead. Clearing once an epoch limits
# the sum to 28 gradients, most of them of old weights.
#
# A check: compare `.grad` after the second backward pass with a numerical gradient of the present
# loss, or with the gradient of a copy of the model whose `.grad` was `None`.
#
# *Marking guide.* ½ point: the numbers, from the student's own run. ½ point: the sum of all
# gradients. ½ point: momentum with $\mu = 1$; fast while gradients agree, then overshoots (no
# friction, or: old gradients never fade). ½ point: a check that works on the second step.
# ### END SOLUTION

# %% [markdown]
# ## 18 · Stretch: the gradient of a gradient
# ●●●●● · about 30 min · stretch, no points
#
# Your `pull` functions work on plain arrays. What they calculate leaves no record, so a gradient
# cannot be differentiated again. Let them work on *tensors* instead, and the backward pass itself
# is recorded: its result is one more graph. That is all the secret of `create_graph=True` in
# PyTorch.
#
# To keep it small, we do it for single numbers. `Scalar` is given: its `pull` functions take a
# `Scalar` and return `Scalar`s, made with the same operators `+` and `*`.

# %% setup
class Scalar:
    """A number that remembers how it was made; its pull works on Scalars and returns Scalars."""

    def __init__(self, value, parents=(), pull=None):
        self.value = float(value)
        self.parents = tuple(parents)
        self.pull = pull

    def __add__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.value + other.value, (self, other), lambda g: (g, g))

    def __mul__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.value * other.value, (self, other), lambda g: (g * other, g * self))

    def tanh(self):
        out = Scalar(np.tanh(self.value), (self,))
        out.pull = lambda g: (g * (1.0 + -1.0 * (out * out)),)
        return out

    __radd__ = __add__
    __rmul__ = __mul__


# %% [markdown]
# Write `grad(output, inputs)`: the derivatives of one `Scalar` with respect to each of several,
# **as Scalars with a history**. For $y = x^3$, `grad(y, [x])` returns a `Scalar` of value $3x^2$,
# and `grad` of that returns $6x$.
#
# | | |
# |---|---|
# | `output` | a `Scalar` |
# | `inputs` | a list of `Scalar`s; leaves, or results in between |
# | returned | a list of `Scalar`s, one per input; 0 where the output does not depend on it |
#
# Nothing is stored in the inputs: there is no `.grad` here. That is why it can be called as often
# as you like, on its own results too.
#
# <details><summary>Hint</summary>
#
# It is your `backward`, shorter: no shapes, no leaves to tell apart. Start with `Scalar(1.0)`. Add
# gradients with `+`, as Scalars; who takes `.value` on the way cuts the history.
#
# </details>

# %% exercise="grad"
def grad(output, inputs, *, topological_order):
    """Derivatives that can be differentiated again.

    output: a Scalar.  inputs: a list of Scalars.
    topological_order: a function root -> list, parents first, each once.  Use it; call no other.
    Returns a list of Scalars: the derivative of output with respect to each of inputs, in their
    order, made with operators of Scalar, so that grad of them gives second derivatives.
    A Scalar of value 0 stands for an input that output does not depend on.
    """
    ### BEGIN SOLUTION
    sums = {id(output): Scalar(1.0)}
    for scalar in reversed(topological_order(output)):
        if scalar.pull is None:
            continue
        for parent, part in zip(scalar.parents, scalar.pull(sums[id(scalar)])):
            sums[id(parent)] = sums[id(parent)] + part if id(parent) in sums else part
    return [sums.get(id(scalar), Scalar(0.0)) for scalar in inputs]
    ### END SOLUTION

# %% check="grad" points=0
x, other = Scalar(2.0), Scalar(5.0)
y = x * x * x
(first,) = grad(y, [x], topological_order=topological_order)
check_true(isinstance(first, Scalar), "a Scalar, which has a history")
check_close(first.value, 12.0, "3x² at 2")
(second,) = grad(first, [x], topological_order=topological_order)
check_close(second.value, 12.0, "6x at 2")
nothing, again = grad(y, [other, x], topological_order=topological_order)
check_close(np.array([nothing.value, again.value]), [0.0, 12.0], "0 for what y does not use")

# %% [markdown]
# With it, higher derivatives cost one line each. Here are $\tanh$ and its first three derivatives:

# %% experiment
points = np.linspace(-3, 3, 61)
curves = np.zeros((4, len(points)))
for column, point in enumerate(points):
    x = Scalar(point)
    y = x.tanh()
    for order in range(4):
        curves[order, column] = y.value
        (y,) = grad(y, [x], topological_order=topological_order)
for order, curve in enumerate(curves):
    plt.plot(points, curve, label=["tanh", "first", "second", "third"][order])
plt.xlabel("x")
plt.ylabel("value")
plt.title("tanh and its derivatives, from one graph")
plt.legend()
plt.show()

# %% [markdown]
# ## What you have built
#
# - A rule knows one operation: a value, and a way to pull a gradient back. It knows nothing else.
# - A record of which rule made what is a graph. Walked through in topological order, from the end,
#   it gives all gradients in one pass, for about the price of the forward pass.
# - What is used several times gets the sum: in an expression, by broadcasting, by indexing, by a
#   second backward pass. Nearly every bug of an engine is a sum forgotten, or one too many.
# - Numerical gradients are slow and sure. They check the engine, and the engine does the work.
#
# PyTorch's engine is yours, with more rules, written in C++, on other devices. In the last lab you
# use it to build a small GPT.
