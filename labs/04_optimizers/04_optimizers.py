# %% [markdown]
# # 4 · How to minimise
#
# A loss and its gradient say which way is down *here*. How far to go, and whether to trust a slope
# that was measured on 64 examples only, they do not say. That is the optimiser's business. In this
# lab you write all those in common use, from plain gradient descent to AdamW. Each is ten lines or
# fewer, and each exists because the one before it fails somewhere. You will see where.
#
# ![Two walks down a long narrow valley. Plain gradient descent jumps from wall to wall and gets a
# third of the way in 25 steps; with momentum the jumps cancel and the walk nearly
# arrives](ravine.svg)
#
# The picture is the whole problem in two dimensions: a **ravine**, steep across and almost flat
# along. A rate small enough for the walls is far too small for the floor. Deep networks have
# ravines in thousands of directions at once.
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1, 2 | `minibatches`, `SGD` | 4 + 2 | 22 |
# | 3, 4 | `Momentum`, `Nesterov`; `valley_slope`; the ravine | 3 + 3 + 3 | 38 |
# | 5, 6 | `AdaGrad`, `RMSProp` | 3 + 3 | 20 |
# | 7 | stretch: `Adadelta` | | (12) |
# | 8, 9 | `Adam`, `predict_step_factors`, `AdamW`; the saddle | 5 + 2 + 3 | 42 |
# | 10 a, b | `step_schedule`, `exponential_schedule` | 2 + 1 | 10 |
# | 10 c, d | `cosine_schedule`, `exposing_rates`, `warmup_schedule` | 2 + 3 + 2 | 23 |
# | 11, 12 | `clip_by_global_norm`, `train` | 3 + 4 | 25 |
# | 13, 14 | eight optimisers read digits; two questions | 3 + 2 | 30 |
# | | **together** | **53** | **210** |
#
# ## What every optimiser has in common
#
# | symbol | in code | what it is |
# |---|---|---|
# | $\theta$ | `params` | dict: name → float array of any shape. **Updated in place.** |
# | $g_t$ | `grads` | dict: the same names and shapes. **Neither modified nor kept.** |
# | $\eta$ | `optimiser.lr` | the learning rate. A schedule may change it between two steps |
# | $v, s, m, \dots$ | `self.state` | its memory, **one for each parameter**; zero at first |
#
# *In place* means `params[name] -= ...`: the array that the model holds changes. After
# `params[name] = params[name] - ...` the dict holds a new array, and a layer that kept the old one
# never learns. *Not kept* means: copy what you need, for the caller may reuse the arrays of
# `grads`.
#
# All operations below are element by element: $g^2$ squares each entry, $\sqrt{s}$ has the shape
# of $s$.

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
    numerical_gradient,
    plot_style,
)

plot_style()

# %% [markdown]
# One small tool for the checks and the pictures: it lets an optimiser walk on a surface whose
# slope you give.


# %%
def walk(optimiser, slope, start, steps):
    """Positions (steps + 1, D) of an optimiser from `start` on; slope(w) is the gradient at w."""
    params = {"w": np.array(start, dtype=float)}
    path = [params["w"].copy()]
    for _ in range(steps):
        optimiser.step(params, {"w": slope(params["w"])})
        path.append(params["w"].copy())
    return np.array(path)


# %% [markdown]
# ## 1 · Minibatches
# ●●○○○ · about 10 min · 4 points
#
# The gradient of the whole training set costs one pass over all $N$ samples, for one step. The
# gradient of a random handful points nearly the same way and costs a fraction. So each **epoch**
# goes through the samples once, in a fresh random order, a **minibatch** of $B$ at a time:
#
# | | shape |
# |---|---|
# | `X`, `y` | $(N, \dots)$ and $(N, \dots)$ |
# | batches $1 \dots \lfloor N/B \rfloor$ | $(B, \dots)$ and $(B, \dots)$ |
# | last batch, if $B$ does not divide $N$ | $(N \bmod B, \dots)$ |
#
# Shuffle with the generator `rng` that is passed in and with nothing else: then one seed repeats
# the whole training run.
#
# <details><summary>Hint</summary>
#
# Shuffle *indices*, once, before the first batch: `rng.permutation(N)`. Indexing `X` and `y` with
# the same piece of them keeps each pair together and leaves the originals alone. A function with
# `yield` in it is a generator.
#
# </details>


# %% exercise="minibatches"
def minibatches(X, y, batch_size, rng):
    """Yield one epoch of shuffled minibatches.

    Args:
        X: (N, ...) samples.  y: (N, ...) their targets.  Neither is modified; N may be 0.
        batch_size: B >= 1; may exceed N.
        rng: np.random.Generator, the only source of randomness.

    Yields:
        (X_batch, y_batch) with B rows each; the last may have fewer, but never none.
        Every sample appears exactly once, beside its own target.

    Raises (when the first batch is asked for, or before):
        ValueError: X and y differ in length (name y), or batch_size < 1 (name batch_size).
    """
    ### BEGIN SOLUTION
    if len(X) != len(y):
        raise ValueError(f"y has shape {y.shape}; expected {len(X)} rows, as X {X.shape}")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; expected at least 1")
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]
    ### END SOLUTION


# %% check="minibatches" points=4
ids = np.arange(10)
samples = np.stack([ids, ids**2], axis=1).astype(float)
epoch = list(minibatches(samples, ids, 4, np.random.default_rng(0)))
sizes = np.array([len(yb) for _, yb in epoch])
check_close(sizes, np.array([4, 4, 2]), "10 samples in batches of 4, 4 and 2")
check_shape(epoch[0][0], (4, 2), "a batch keeps the columns of X")
met = np.concatenate([yb for _, yb in epoch])
check_close(np.sort(met), ids, "every sample once")
check_true(list(met) != list(ids), "in another order than before")
rows = np.concatenate([xb for xb, _ in epoch])
check_close(rows, samples[met], "each sample beside its own target")
rng = np.random.default_rng(0)
again = np.concatenate([yb for _, yb in minibatches(samples, ids, 4, rng)])
check_close(again, met, "the same seed gives the same batches")
check_raises(ValueError, lambda: list(minibatches(samples, ids[:9], 4, rng)), match=r"\by\b")

# %% [markdown]
# ## 2 · Stochastic gradient descent
# ●○○○○ · about 6 min · 2 points
#
# $$\theta \leftarrow \theta - \eta\, g$$
#
# That is all. *Stochastic* it is because $g$ comes from a minibatch. The gradient is already a
# mean over the batch (lab 3): do not divide again.
#
# Arrays of unequal shapes are the trap here: NumPy would broadcast a gradient of shape (4, 1) over
# a parameter of shape (4, 3) without a word. `SGD` checks this once for all; the optimisers after
# it may trust their input.
#
# <details><summary>Hint</summary>
#
# Loop over the names in `params` and fetch both arrays by name. `params[name] -= ...` works in
# place.
#
# </details>


# %% exercise="SGD"
class SGD:
    """Stochastic gradient descent (Robbins and Monro 1951).

    Args:
        lr: learning rate; the attribute `lr` may be changed between two steps.
    """

    def __init__(self, lr):
        self.lr = lr

    def step(self, params, grads):
        """Move every parameter once.

        params: dict of name -> float array, updated in place (each array keeps its identity).
        grads: dict with the same names (in any order) and shapes; not modified.

        Raises:
            ValueError: a gradient's shape differs from its parameter's; the message names the
                gradient, as grads["w"], and both shapes.
        """
        ### BEGIN SOLUTION
        for name, value in params.items():
            if grads[name].shape != value.shape:
                shapes = f"has shape {grads[name].shape}; expected {value.shape}"
                raise ValueError(f'grads["{name}"] {shapes}, as params["{name}"]')
        for name in params:
            params[name] -= self.lr * grads[name]
        ### END SOLUTION


# %% check="SGD" points=2
weights, bias = np.array([[1.0, 2.0]]), np.array([3.0])
params = {"w": weights, "b": bias}
slopes = {"b": np.array([-1.0]), "w": np.array([[10.0, 0.5]])}
SGD(0.1).step(params, slopes)
check_close(params["w"], np.array([[0.0, 1.95]]), "w moves against its gradient")
check_close(params["b"], np.array([3.1]), "b as well")
check_true(params["w"] is weights and params["b"] is bias, "both are still the same arrays")
check_close(slopes["w"], np.array([[10.0, 0.5]]), "the gradient is as it was")
wide, narrow = {"w": np.ones((4, 3))}, {"w": np.ones((4, 1))}
check_raises(ValueError, SGD(0.1).step, wide, narrow, match=r"\bw\b")

# %% [markdown]
# ## 3 · Momentum
# ●●○○○ · about 10 min · 3 points
#
# A ball in the ravine would not stop at every wall. Its velocity collects what the slopes have in
# common (along the floor) and forgets what they do not (across). The optimiser keeps a velocity
# $v$ for each parameter, 0 at first:
#
# $$v \leftarrow \mu v + g \qquad\qquad \theta \leftarrow \theta - \eta\, v$$
#
# With a constant slope the velocity grows to $g\,(1 + \mu + \mu^2 + \dots) = g/(1-\mu)$: ten times
# as fast for $\mu = 0.9$.
#
# **Two conventions.** This is
# [torch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html): a plain sum, and
# the rate *outside* the buffer.
# [Sutskever et al. (2013)](https://proceedings.mlr.press/v28/sutskever13.html) write
# $v \leftarrow \mu v - \eta g$, the rate *inside*. They agree until the rate changes: inside, an
# old gradient keeps its old rate. A third form, $v \leftarrow \mu v + (1-\mu) g$, is an *average*;
# you will meet it in Adam, not here.
#
# <details><summary>Hint</summary>
#
# `self.state.get(name, 0.0)` is the velocity of that parameter, or zero at the first step. Make a
# new array (`v = self.momentum * v + g`) and store it under the parameter's name.
#
# </details>


# %% exercise="Momentum"
class Momentum:
    """Gradient descent with (heavy-ball) momentum, Polyak 1964, in torch's form.

    Args:
        lr: learning rate, outside the velocity; the attribute may be changed between two steps.
        momentum: mu, 0 <= mu < 1.
    """

    def __init__(self, lr, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        self.state = {}  # yours: what must last from one step to the next

    def step(self, params, grads):
        """Move every parameter once.

        params: dict of name -> float array, updated in place (each array keeps its identity).
        grads: dict with the same names (in any order) and shapes; neither modified nor kept.
        """
        ### BEGIN SOLUTION
        for name in params:
            velocity = self.momentum * self.state.get(name, 0.0) + grads[name]
            self.state[name] = velocity
            params[name] -= self.lr * velocity
        ### END SOLUTION


# %% check="Momentum" points=3
path = walk(Momentum(0.5, momentum=0.5), lambda w: np.array([2.0, -4.0]), [1.0, 2.0], 3)
check_close(path[1], np.array([0.0, 4.0]), "the first step is one of gradient descent")
check_close(path[2], np.array([-1.5, 7.0]), "the second is half as long again")
check_close(path[3], np.array([-3.25, 10.5]), "the third is 1 + 1/2 + 1/4 times the first")
params = {"a": np.zeros(2), "b": np.zeros(2)}
Momentum(1.0).step(params, {"b": np.array([7.0, 7.0]), "a": np.array([1.0, 1.0])})
both = np.concatenate([params["a"], params["b"]])
check_close(both, np.array([-1.0, -1.0, -7.0, -7.0]), "a and b have a velocity each")

# %% [markdown]
# ## 4 · Nesterov's momentum
# ●●○○○ · about 10 min · 3 points
#
# Momentum will carry us by $-\eta\mu v$ in the next step whatever happens. So why measure the
# slope *here*, and not where we shall be? Nesterov's idea is to look first, then correct:
#
# ![Left: momentum adds the slope measured at the present point. Right: Nesterov first follows the
# velocity and adds the slope measured there](lookahead.svg)
#
# An optimiser that is handed its gradients cannot measure elsewhere. But it can keep as `params`
# the point *ahead*; then the gradient it is handed is the right one, and the formula becomes
#
# $$v \leftarrow \mu v + g \qquad\qquad \theta \leftarrow \theta - \eta\,(g + \mu v)$$
#
# with the *new* $v$ in the second equation.
#
# **Two conventions.** This is torch's (`SGD(nesterov=True)`), after
# [Bengio et al. (2013)](https://arxiv.org/abs/1212.0901); with a constant rate it walks through
# the look-ahead points of Nesterov's original form.
#
# <details><summary>Hint</summary>
#
# At the very first step $v$ is $g$, so $\theta$ moves by $-\eta(1+\mu)g$.
#
# </details>


# %% exercise="Nesterov"
class Nesterov:
    """Nesterov's accelerated gradient (1983), in torch's form.

    Args:
        lr: learning rate, outside the velocity; the attribute may be changed between two steps.
        momentum: mu, 0 <= mu < 1.
    """

    def __init__(self, lr, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        self.state = {}  # yours

    def step(self, params, grads):
        """Move every parameter once.

        params: dict of name -> float array, updated in place (each array keeps its identity).
        grads: dict with the same names (in any order) and shapes; neither modified nor kept.
        """
        ### BEGIN SOLUTION
        for name in params:
            velocity = self.momentum * self.state.get(name, 0.0) + grads[name]
            self.state[name] = velocity
            params[name] -= self.lr * (grads[name] + self.momentum * velocity)
        ### END SOLUTION


# %% check="Nesterov" points=3
path = walk(Nesterov(0.5, momentum=0.5), lambda w: np.array([2.0, -4.0]), [1.0, 2.0], 2)
check_close(path[1], np.array([-0.5, 5.0]), "the first step is 1 + 1/2 times a plain one")
check_close(path[2], np.array([-2.25, 8.5]), "the second is 1 + 1/2 + 1/4 times as long")

# %% [markdown]
# ### A valley of your own, derived
# ●●○○○ · about 8 min · 3 points
#
# A ravine need not be straight. Rosenbrock's valley is bent, and optimisers have been tried on it
# since 1960. For $K$ points at once, `w` is $(2, K)$ with rows $a$ and $b$, and the height is
# $(K{,})$:
#
# $$f(a, b) = (1 - a)^2 + c\,(b - a^2)^2$$
#
# Derive the slope: the derivatives with respect to $a$ and to $b$, as an array $(2, K)$. The next
# cell measures it at one point; your formula must give the same numbers.
#
# <details><summary>Hint 1</summary>
#
# Call $r = b - a^2$. Then $\partial r/\partial a = -2a$ and $\partial r/\partial b = 1$. The first
# term depends on $a$ only.
#
# </details>
#
# <details><summary>Hint 2: the result</summary>
#
# $$\frac{\partial f}{\partial a} = -2(1 - a) - 4\,c\,a\,(b - a^2), \qquad
# \frac{\partial f}{\partial b} = 2\,c\,(b - a^2)$$
#
# </details>


# %%
def valley(w, c):
    """Rosenbrock's valley: heights (K,) of K points w (2, K)."""
    a, b = w
    return (1 - a) ** 2 + c * (b - a**2) ** 2


# %% experiment
point = np.array([[0.5], [1.5]])
print(numerical_gradient(lambda w: valley(w, 3.0).sum(), point).round(6))


# %% exercise="valley_slope"
def valley_slope(w, c):
    """Gradient of f(a, b) = (1 - a)² + c (b - a²)² at each of K points.

    w: (2, K) array, its rows are a and b; not modified.  c: float.
    Returns a (2, K) array: the derivatives with respect to a, then with respect to b.
    """
    ### BEGIN SOLUTION
    a, b = w
    r = b - a**2
    return np.stack([-2 * (1 - a) - 4 * c * a * r, 2 * c * r])
    ### END SOLUTION


# %% check="valley_slope" points=3
points = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]])
check_shape(valley_slope(points, 3.0), (2, 3), "two derivatives for each of three points")
slopes = valley_slope(points, 3.0)
check_gradient(lambda w: valley(w, 3.0).sum(), points, slopes, "as measured by differences")

# %% [markdown]
# ### See it
# A ravine, $f(w) = \frac12 (0.01\, w_0^2 + w_1^2)$, and three walkers. Change the rates: from
# which one on does gradient descent diverge?


# %% experiment
def ravine(w):
    return 0.5 * (0.01 * w[0] ** 2 + w[1] ** 2)


def ravine_slope(w):
    return np.array([0.01 * w[0], w[1]])


def draw_contours(ax, f, xs, ys, levels=20):
    grid = np.meshgrid(xs, ys)
    ax.contour(*grid, f(np.array(grid)), levels=levels, colors="0.8", linewidths=0.8)


fig, axes = plt.subplots(3, 1, figsize=(8, 6.5), sharex=True)
walkers = {"SGD": SGD(1.8), "Momentum": Momentum(0.8, 0.85), "Nesterov": Nesterov(0.8, 0.85)}
for ax, (name, optimiser) in zip(axes, walkers.items(), strict=True):
    path = walk(optimiser, ravine_slope, [-9.0, 1.5], 30)
    draw_contours(ax, ravine, np.linspace(-10, 3, 80), np.linspace(-2, 2, 80))
    ax.plot(*path.T, "o-", markersize=3, linewidth=1)
    ax.plot(0, 0, "k*", markersize=10)
    ax.set(title=f"{name}: f = {ravine(path[-1]):.4f} after 30 steps", ylabel="$w_1$, across")
axes[-1].set_xlabel("$w_0$, along the floor of the ravine")
plt.show()

# %% [markdown]
# ## 5 · AdaGrad: a rate for each parameter
# ●●○○○ · about 8 min · 3 points
#
# Momentum uses one rate for all directions. AdaGrad gives each entry of each parameter its own:
# what has met large gradients so far takes small steps. It adds up the squares, for ever:
#
# $$s \leftarrow s + g^2 \qquad\qquad
# \theta \leftarrow \theta - \eta\, \frac{g}{\sqrt{s} + \varepsilon}$$
#
# Multiply a parameter's gradient by 100, at every step, and its steps stay as they were: the size
# cancels. (If it grew because the *feature* was multiplied by 100, the weight that is looked for is
# 100 times smaller, and steps of the old length are then too long.) The price: $s$ only grows, so
# the steps shrink for ever.
#
# **Where ε stands.** Here (and in torch) *outside* the root: $\sqrt s + \varepsilon$. Others write
# $\sqrt{s + \varepsilon}$. With $\varepsilon = 10^{-8}$ a gradient of 1 does not care; a gradient
# of $10^{-5}$ does: the first gives a step of nearly $\eta$, the second one of $\eta/10$.
#
# <details><summary>Hint</summary>
#
# Same skeleton as `Momentum`. Take care that $s$ is an array of the parameter's shape, not a norm.
#
# </details>


# %% exercise="AdaGrad"
class AdaGrad:
    """AdaGrad (Duchi, Hazan and Singer 2011), in torch's form.

    Args:
        lr: learning rate; the attribute `lr` may be changed between two steps.
        eps: added to the root, outside it.
    """

    def __init__(self, lr, eps=1e-10):
        self.lr = lr
        self.eps = eps
        self.state = {}  # yours

    def step(self, params, grads):
        """Move every parameter once.

        params: dict of name -> float array, updated in place (each array keeps its identity).
        grads: dict with the same names (in any order) and shapes; neither modified nor kept.
        """
        ### BEGIN SOLUTION
        for name in params:
            total = self.state.get(name, 0.0) + grads[name] ** 2
            self.state[name] = total
            params[name] -= self.lr * grads[name] / (np.sqrt(total) + self.eps)
        ### END SOLUTION


# %% check="AdaGrad" points=3
path = walk(AdaGrad(1.0), lambda w: np.array([3.0, -0.03]), [0.0, 0.0], 4)
check_close(path[1], np.array([-1.0, 1.0]), "the first step has length lr in each entry")
check_close(path[4] - path[3], np.array([-0.5, 0.5]), "the fourth is half as long: the root of 4")
path = walk(AdaGrad(1.0, eps=0.5), lambda w: np.array([1.5]), [0.0], 1)
check_close(path[1], np.array([-0.75]), "eps stands outside the root")

# %% [markdown]
# ## 6 · RMSProp: forget the distant past
# ●●○○○ · about 7 min · 3 points
#
# The slope changes along the way, and old squares say little about the present. RMSProp replaces
# AdaGrad's sum by an **exponential moving average**:
#
# $$s \leftarrow \alpha s + (1 - \alpha)\, g^2 \qquad\qquad
# \theta \leftarrow \theta - \eta\, \frac{g}{\sqrt{s} + \varepsilon}$$
#
# $\alpha$ weighs the *old* value: 0.99 remembers about $1/(1-\alpha) = 100$ steps.
#
# **Two conventions.** As in torch: $\alpha = 0.99$ and ε outside the root.
# [Hinton's lecture](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf),
# where RMSProp was first published, used 0.9; some libraries put ε inside.
#
# <details><summary>Hint</summary>
#
# One line of `AdaGrad` changes.
#
# </details>


# %% exercise="RMSProp"
class RMSProp:
    """RMSProp (Hinton 2012), in torch's form: not centred, no momentum.

    Args:
        lr: learning rate; the attribute `lr` may be changed between two steps.
        alpha: weight of the old average, 0 <= alpha < 1.
        eps: added to the root, outside it.
    """

    def __init__(self, lr, alpha=0.99, eps=1e-8):
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.state = {}  # yours

    def step(self, params, grads):
        """Move every parameter once.

        params: dict of name -> float array, updated in place (each array keeps its identity).
        grads: dict with the same names (in any order) and shapes; neither modified nor kept.
        """
        ### BEGIN SOLUTION
        for name in params:
            average = self.alpha * self.state.get(name, 0.0) + (1 - self.alpha) * grads[name] ** 2
            self.state[name] = average
            params[name] -= self.lr * grads[name] / (np.sqrt(average) + self.eps)
        ### END SOLUTION


# %% check="RMSProp" points=3
path = walk(RMSProp(1.0, alpha=0.75, eps=0.0), lambda w: np.array([5.0]), [0.0], 40)
check_close(path[1], [-2.0], "the average starts at 0: a first step of 1 / sqrt(1 - alpha)")
check_close(path[40] - path[39], [-1.0], "a constant slope ends in steps of length lr", rtol=1e-5)
path = walk(RMSProp(1.0, alpha=0.75, eps=0.5), lambda w: np.array([1.0]), [0.0], 1)
check_close(path[1], np.array([-1.0]), "eps stands outside the root")

# %% [markdown]
# ## 7 · Stretch: Adadelta, no rate at all
# ●●●○○ · about 12 min · stretch, 0 points
#
# A step should have the unit of $\theta$. $\eta g$ has that of $1/\theta$; $g/\sqrt{s}$ has none.
# Zeiler repairs this with a second average, $u$, of the squares of the steps themselves:
#
# $$s \leftarrow \rho s + (1-\rho)\, g^2 \qquad
# \delta = \frac{\sqrt{u + \varepsilon}}{\sqrt{s + \varepsilon}}\; g \qquad
# u \leftarrow \rho u + (1-\rho)\, \delta^2 \qquad
# \theta \leftarrow \theta - \eta\, \delta$$
#
# Note the order: $\delta$ uses the *old* $u$. And here ε stands **inside** both roots ([Zeiler
# 2012](https://arxiv.org/abs/1212.5701) and torch): without it the first step would be 0, and so
# would all others. $\eta = 1$ is the original; torch adds the factor so that schedules work.
#
# <details><summary>Hint</summary>
#
# Two values to remember for a parameter: store a tuple `(s, u)`.
#
# </details>


# %% exercise="Adadelta"
class Adadelta:
    """Adadelta (Zeiler 2012, algorithm 1), in torch's form.

    Args:
        lr: factor of the step, outside both averages; may be changed between two steps.
        rho: weight of the old averages, 0 <= rho < 1.
        eps: added inside both roots.
    """

    def __init__(self, lr=1.0, rho=0.9, eps=1e-6):
        self.lr = lr
        self.rho = rho
        self.eps = eps
        self.state = {}  # yours

    def step(self, params, grads):
        """Move every parameter once.

        params: dict of name -> float array, updated in place (each array keeps its identity).
        grads: dict with the same names (in any order) and shapes; neither modified nor kept.
        """
        ### BEGIN SOLUTION
        for name in params:
            s, u = self.state.get(name, (0.0, 0.0))
            s = self.rho * s + (1 - self.rho) * grads[name] ** 2
            delta = np.sqrt(u + self.eps) / np.sqrt(s + self.eps) * grads[name]
            u = self.rho * u + (1 - self.rho) * delta**2
            self.state[name] = (s, u)
            params[name] -= self.lr * delta
        ### END SOLUTION


# %% check="Adadelta" points=0
path = walk(Adadelta(rho=0.5, eps=1.0), lambda w: np.array([4.0]), [0.0], 2)
check_close(path[1], np.array([-4 / 3]), "first step: s = 8, the step is 4 / sqrt(9)")
check_close(path[2], np.array([-4 / 3 - 1.5247250]), "second step: s = 12, u = 8/9", rtol=1e-6)

# %% [markdown]
# ## 8 · Adam
# ●●●○○ · about 15 min · 5 points
#
# Momentum smooths the gradient; RMSProp scales it. Adam does both, with two moving averages:
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2$$
#
# Both start at 0 and are too small at first. After $t$ steps with a constant $g$,
# $m = (1-\beta_1^t)\,g$; so divide that factor out. This is the **bias correction**:
#
# $$\hat m = \frac{m}{1-\beta_1^t} \qquad \hat v = \frac{v}{1-\beta_2^t} \qquad\qquad
# \theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}$$
#
# $t$ counts *steps*, from 1: the first step uses $t = 1$, for every parameter.
#
# **Two conventions**, and a mistake. This is algorithm 1 of
# [Kingma and Ba (2015)](https://arxiv.org/abs/1412.6980), and torch's: ε *outside* the root. Some
# lecture notes put it inside, $\sqrt{\hat v + \varepsilon}$; TensorFlow adds it to the
# *uncorrected* root. And some notes write the correction as $m \leftarrow m/(1-\beta_1^t)$ and go
# on from there, so that the corrected value enters the next average. That is another algorithm:
# $\hat m$ and $\hat v$ are for this step only.
#
# <details><summary>Hint</summary>
#
# Count the step once, before the loop over the parameters. Keep `m` and `v` uncorrected in
# `self.state`.
#
# </details>


# %% exercise="Adam"
class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1).

    Args:
        lr: learning rate; the attribute `lr` may be changed between two steps.
        betas: (beta1, beta2), the weights of the old averages of g and of its square.
        eps: added to the root of the corrected average, outside it.
    """

    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8):
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.state = {}  # yours
        self.steps = 0  # steps taken so far

    def step(self, params, grads):
        """Move every parameter once.

        params: dict of name -> float array, updated in place (each array keeps its identity).
        grads: dict with the same names (in any order) and shapes; neither modified nor kept.
        """
        ### BEGIN SOLUTION
        self.steps += 1
        beta1, beta2 = self.betas
        for name in params:
            m, v = self.state.get(name, (0.0, 0.0))
            m = beta1 * m + (1 - beta1) * grads[name]
            v = beta2 * v + (1 - beta2) * grads[name] ** 2
            self.state[name] = (m, v)
            m_hat = m / (1 - beta1**self.steps)
            v_hat = v / (1 - beta2**self.steps)
            params[name] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        ### END SOLUTION


# %% check="Adam" points=5
path = walk(Adam(0.1), lambda w: np.array([3.0, -0.003]), [0.0, 0.0], 3)
check_close(path[1], np.array([-0.1, 0.1]), "the first step has length lr in each entry", rtol=1e-5)
check_close(path[3], np.array([-0.3, 0.3]), "with a constant gradient all steps have", rtol=1e-5)
path = walk(Adam(1.0, betas=(0.5, 0.5), eps=0.5), lambda w: w, [2.0], 2)
check_close(path[1], np.array([1.2]), "from 2 with slope 2 and eps = 0.5 the step is 2 / 2.5")
check_close(path[2], np.array([0.4719001]), "the second step averages slopes 2 and 1.2", rtol=1e-6)

# %% [markdown]
# ### Predict, then run
# ●●○○○ · about 4 min · 2 points
#
# Somebody multiplies the whole loss by 100; nothing else changes, ε is too small to matter, and the
# slope is the same at every step. *By which factor does the fifth step become longer* for SGD, for
# momentum and for Adam? Write down what you believe before you run the cell after it.
#
# <details><summary>Hint</summary>
#
# All gradients are multiplied by 100. Does the factor cancel in the step?
#
# </details>


# %% exercise="predict_step_factors"
def predict_step_factors():
    """What a loss multiplied by 100 does to the length of a step.

    Returns a tuple of three floats: the factors for SGD, for Momentum and for Adam.
    """
    ### BEGIN SOLUTION
    return (100.0, 100.0, 1.0)
    ### END SOLUTION


# %% check="predict_step_factors" points=2
check_shape(np.array(predict_step_factors()), (3,), "three factors: SGD, momentum, Adam")

# %% experiment
for maker in (SGD, Momentum, Adam):
    plain, scaled = (
        walk(maker(0.1), lambda w, size=size: np.array([size]), [0.0], 5)
        for size in (1.0, 100.0)
    )
    print(f"{maker.__name__:9} {(scaled[5] - scaled[4]).item() / (plain[5] - plain[4]).item():.4g}")

# %% [markdown]
# What differed from your prediction? This is why a rate for Adam can be carried from one problem to
# the next, and one for SGD cannot.

# %% [markdown]
# ## 9 · AdamW: weight decay that is one
# ●●○○○ · about 8 min · 3 points
#
# An L2 penalty $\frac{\lambda}{2}\lVert\theta\rVert^2$ adds $\lambda\theta$ to the gradient. In
# SGD this shrinks each weight by the factor $1 - \eta\lambda$. In Adam it does not:
# $\lambda\theta$ is divided by $\sqrt{\hat v}$ with the rest: weights with large gradients are
# hardly shrunk, and weights with small ones far more than they should be. AdamW takes the decay out
# of the gradient and does it directly, **before** Adam's step:
#
# $$\theta \leftarrow (1 - \eta\lambda)\,\theta \qquad\text{then Adam's step with the same } g$$
#
# **Two conventions.** As in torch, $\lambda$ is multiplied by the rate.
# [Loshchilov and Hutter (2019)](https://arxiv.org/abs/1711.05101) multiply it by the schedule's
# factor only, $\theta \leftarrow \theta - \lambda\theta - \dots$ Every parameter in `params`
# decays, biases too; leave out of `params` what should not.
#
# `AdamW` must stand on its own: do not build it on your `Adam` (a mistake there would cost you
# twice).
#
# <details><summary>Hint</summary>
#
# Copy your step of `Adam` and add one line at the right place. Does the order within the line
# matter? $(1-\eta\lambda)\theta - \eta d$ is what is wanted, not
# $(1-\eta\lambda)(\theta - \eta d)$.
#
# </details>


# %% exercise="AdamW"
class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019), in torch's form.

    Args:
        lr: learning rate; the attribute `lr` may be changed between two steps.
        betas: (beta1, beta2), the weights of the old averages of g and of its square.
        eps: added to the root of the corrected average, outside it.
        weight_decay: lambda; each step first multiplies every parameter by 1 - lr * lambda.
    """

    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.state = {}  # yours
        self.steps = 0  # steps taken so far

    def step(self, params, grads):
        """Move every parameter once.

        params: dict of name -> float array, updated in place (each array keeps its identity).
        grads: dict with the same names (in any order) and shapes; neither modified nor kept.
        """
        ### BEGIN SOLUTION
        self.steps += 1
        beta1, beta2 = self.betas
        for name in params:
            m, v = self.state.get(name, (0.0, 0.0))
            m = beta1 * m + (1 - beta1) * grads[name]
            v = beta2 * v + (1 - beta2) * grads[name] ** 2
            self.state[name] = (m, v)
            m_hat = m / (1 - beta1**self.steps)
            v_hat = v / (1 - beta2**self.steps)
            params[name] *= 1 - self.lr * self.weight_decay
            params[name] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        ### END SOLUTION


# %% check="AdamW" points=3
path = walk(AdamW(0.1, weight_decay=0.5), lambda w: np.zeros(2), [4.0, -2.0], 2)
check_close(path[1], np.array([3.8, -1.9]), "without a gradient only the decay is left: 5 %")
check_close(path[2], np.array([3.61, -1.805]), "and 5 % of the rest")
path = walk(AdamW(0.1, weight_decay=0.5), lambda w: np.array([6.0, -6.0]), [4.0, -2.0], 1)
check_close(path[1], np.array([3.7, -1.8]), "first the decay, then a step of length lr", rtol=1e-6)

# %% [markdown]
# ### See it
# A saddle, $f(w) = \frac12 w_0^2 - \frac12 w_1^2 + \frac14 w_1^4$: at the origin the slope is 0,
# but it is no minimum. The two minima lie at $(0, \pm1)$. All walkers start almost on the ridge,
# $w_1 = 10^{-4}$. An optimiser that you have not written yet is left out.


# %% experiment
def saddle(w):
    return 0.5 * w[0] ** 2 - 0.5 * w[1] ** 2 + 0.25 * w[1] ** 4


def saddle_slope(w):
    return np.array([w[0], -w[1] + w[1] ** 3])


def written(walkers, slope, start, steps):
    """The paths of those optimisers that are no stubs any more."""
    paths = {}
    for name, optimiser in walkers.items():
        try:
            paths[name] = walk(optimiser, slope, start, steps)
        except NotImplementedError:
            print(f"{name} is not written yet")
    return paths


RAVINE = {
    "SGD": SGD(1.8), "Momentum": Momentum(0.8, 0.85), "Nesterov": Nesterov(0.8, 0.85),
    "AdaGrad": AdaGrad(1.5), "RMSProp": RMSProp(0.1), "Adadelta": Adadelta(50.0),
    "Adam": Adam(0.3), "AdamW": AdamW(0.3),
}  # fmt: skip
SADDLE = {
    "SGD": SGD(0.1), "Momentum": Momentum(0.1, 0.8), "Nesterov": Nesterov(0.1, 0.8),
    "AdaGrad": AdaGrad(0.1), "RMSProp": RMSProp(0.02), "Adadelta": Adadelta(10.0),
    "Adam": Adam(0.1), "AdamW": AdamW(0.1),
}  # fmt: skip
CYCLE = [*plt.rcParams["axes.prop_cycle"].by_key()["color"], "0.55"]
COLOURS = dict(zip(RAVINE, CYCLE, strict=True))

fig, axes = plt.subplots(2, 2, figsize=(11, 7.5), width_ratios=[2, 1], layout="constrained")
surfaces = [
    (ravine, written(RAVINE, ravine_slope, [-9.0, 1.5], 60), (-10, 3), (-2, 2)),
    (saddle, written(SADDLE, saddle_slope, [-1.2, 1e-4], 60), (-1.3, 0.7), (-0.4, 1.4)),
]
for (plane, curve), (f, paths, xs, ys) in zip(axes, surfaces, strict=True):
    draw_contours(plane, f, np.linspace(*xs, 80), np.linspace(*ys, 80))
    for name, path in paths.items():
        plane.plot(*path.T, ".-", markersize=3, linewidth=1, label=name, color=COLOURS[name])
        curve.plot(f(path.T), color=COLOURS[name])
    plane.set(title=f"{f.__name__}: 60 steps", xlim=xs, ylim=ys, xlabel="$w_0$", ylabel="$w_1$")
    curve.set(xlabel="step", ylabel="f(w)")
axes[0, 1].set_yscale("log")
fig.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside lower center", ncol=8)
plt.show()

# %% [markdown]
# Compare the two. Gradient descent has not left the ridge after 60 steps, because the slope there
# is nearly 0; momentum collects it. The adaptive methods divide by the size of the slope and do not
# notice that it is small.
#
# ## 10 · Learning-rate schedules
#
# Far from the minimum long steps are right, near it short ones: with a constant rate the noise of
# the minibatches keeps the parameters dancing around. A **schedule** gives the rate of each epoch.
# Yours are plain functions: base rate `lr` and `epoch` $t = 0, 1, 2, \dots$ in, rate of that epoch
# out. They remember nothing: every call computes from the *base* rate $\eta_0$.
#
# ### 10a · Steps
# ●○○○○ · about 4 min · 2 points
#
# At each milestone the rate is multiplied by $\gamma$; an epoch that *equals* a milestone already
# has the smaller rate:
#
# $$\eta_t = \eta_0\, \gamma^{k_t}, \qquad k_t = \text{number of milestones} \le t$$
#
# <details><summary>Hint</summary>
#
# `sum(m <= epoch for m in milestones)` counts.
#
# </details>


# %% exercise="step_schedule"
def step_schedule(lr, epoch, milestones, gamma=0.1):
    """The rate of `epoch`: lr times gamma for each milestone reached (torch's MultiStepLR).

    lr: base rate.  epoch: int >= 0.
    milestones: increasing list or tuple of epochs, perhaps empty.
    Returns a float.
    """
    ### BEGIN SOLUTION
    return lr * gamma ** sum(milestone <= epoch for milestone in milestones)
    ### END SOLUTION


# %% check="step_schedule" points=2
rates = [step_schedule(0.8, t, [2, 5], gamma=0.5) for t in range(8)]
check_close(np.array(rates), [0.8, 0.8, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2], "halved at 2 and at 5")

# %% [markdown]
# ### 10b · Exponential decay
# ●○○○○ · about 2 min · 1 point
#
# The same factor after every epoch, without milestones: nothing to choose but $\gamma$. With
# $\gamma = 0.9$ the rate is halved about every seven epochs.
#
# $$\eta_t = \eta_0\, \gamma^t$$
#
# <details><summary>Hint</summary>
#
# One line; no loop and nothing to remember. Epoch 0 has the full rate.
#
# </details>


# %% exercise="exponential_schedule"
def exponential_schedule(lr, epoch, gamma):
    """The rate of `epoch`: lr times gamma to the power of the epoch (torch's ExponentialLR).

    lr: base rate.  epoch: int >= 0.  gamma: factor of an epoch, 0 < gamma <= 1.
    Returns a float.
    """
    ### BEGIN SOLUTION
    return lr * gamma**epoch
    ### END SOLUTION


# %% check="exponential_schedule" points=1
rates = [exponential_schedule(0.8, t, 0.5) for t in range(4)]
check_close(np.array(rates), np.array([0.8, 0.4, 0.2, 0.1]), "halved at each epoch")

# %% [markdown]
# ### 10c · Half a cosine
# ●●○○○ · about 5 min · 2 points
#
# Slow at first, fast in the middle, slow at the end: from $\eta_0$ at $t = 0$ to $\eta_{\min}$ at
# $t = T$ along half a wave.
#
# $$\eta_t = \eta_{\min} + \frac{\eta_0 - \eta_{\min}}{2}\left(1 + \cos\frac{\pi t}{T}\right)$$
#
# **Two conventions.** As in torch the formula holds for *every* $t$: past $T$ the rate rises
# again. Others stay at $\eta_{\min}$, or jump back to $\eta_0$
# ([SGDR](https://arxiv.org/abs/1608.03983), warm restarts).
#
# <details><summary>Hint</summary>
#
# `np.cos` and `np.pi`. At $t = T/2$ the rate is half-way between the two.
#
# </details>


# %% exercise="cosine_schedule"
def cosine_schedule(lr, epoch, total, lr_min=0.0):
    """The rate of `epoch` on a cosine from lr (epoch 0) to lr_min (epoch `total`), not clamped.

    lr: base rate.  epoch: int >= 0.  total: T >= 1.  lr_min: lowest rate.
    Returns a float.  Source: Loshchilov and Hutter 2017, equation 5; torch's CosineAnnealingLR.
    """
    ### BEGIN SOLUTION
    return lr_min + (lr - lr_min) / 2 * (1 + np.cos(np.pi * epoch / total))
    ### END SOLUTION


# %% check="cosine_schedule" points=2
rates = [cosine_schedule(1.0, t, 4, lr_min=0.2) for t in range(7)]
check_close(np.array(rates)[[0, 2, 4]], np.array([1.0, 0.6, 0.2]), "start, middle and end")
check_close(np.array(rates)[[5, 6]], np.array(rates)[[3, 2]], "past the end the rate rises again")

# %% [markdown]
# ### Find the bug
# ●●○○○ · about 8 min · 3 points
#
# This one is from a training program that was copied many times:


# %%
def copied_schedule(lr, epoch, total, lr_min=0.0):
    """A cosine from lr to lr_min, says its author."""
    progress = min(epoch, total) / total
    return lr_min + (lr - lr_min) / 2 * (1 + np.cos(np.pi * progress))


# %% experiment
print(np.round([copied_schedule(1.0, t, 4, lr_min=0.2) for t in range(5)], 3))

# %% [markdown]
# These five rates are right. Find arguments for which the function is wrong, measured by the
# docstring of `cosine_schedule`, and which show most other mistakes, too.
#
# <details><summary>Hint</summary>
#
# Which epochs did the author not try? And which rates are the same in the middle, at the ends, or
# when `lr_min` is 0?
#
# </details>


# %% exercise="exposing_rates"
def exposing_rates():
    """Arguments for which faulty versions of cosine_schedule differ from the right one.

    Returns a tuple (lr, epoch, total, lr_min) of four numbers: lr > lr_min >= 0, epoch >= 0 and
    total >= 1 whole numbers, at most 100.
    Half of the points are for exposing copied_schedule, half for nine in ten of the mistakes that
    are known.
    """
    ### BEGIN SOLUTION
    return 0.9, 9, 7, 0.05
    ### END SOLUTION


# %% check="exposing_rates" points=3
check_shape(np.array(exposing_rates()), (4,), "four numbers: lr, epoch, total, lr_min")

# %% [markdown]
# ### 10d · Warm-up
# ●●○○○ · about 4 min · 2 points
#
# The first gradients of a fresh network are large and unreliable. So let the rate grow in $W$
# equal stairs, the *first* of which is $\eta_0/W$ (not 0: that would waste an epoch), and then
# stay:
#
# $$\eta_t = \eta_0 \min\left(1, \frac{t+1}{W}\right)$$
#
# <details><summary>Hint</summary>
#
# Epoch $W-1$ is the first with the full rate. $W = 1$ means no warm-up at all.
#
# </details>


# %% exercise="warmup_schedule"
def warmup_schedule(lr, epoch, warmup):
    """The rate of `epoch` with a linear warm-up of W = `warmup` epochs.

    lr: base rate, reached at epoch W - 1 and kept.  epoch: int >= 0.  warmup: int >= 1.
    Returns a float.  Source: Goyal et al. 2017, section 2.2 (from lr/W; torch's LinearLR).
    """
    ### BEGIN SOLUTION
    return lr * min(1.0, (epoch + 1) / warmup)
    ### END SOLUTION


# %% check="warmup_schedule" points=2
rates = [warmup_schedule(0.8, t, 4) for t in range(6)]
check_close(np.array(rates), np.array([0.2, 0.4, 0.6, 0.8, 0.8, 0.8]), "four stairs, then constant")

# %% [markdown]
# ### See them

# %% experiment
SCHEDULES = {
    "constant": lambda t: 0.1,
    "steps": lambda t: step_schedule(0.1, t, [15, 23]),
    "exponential": lambda t: exponential_schedule(0.1, t, 0.88),
    "cosine": lambda t: cosine_schedule(0.1, t, 30),
    "warm-up, then cosine": lambda t: min(warmup_schedule(0.1, t, 5), cosine_schedule(0.1, t, 30)),
}
fig, ax = plt.subplots(figsize=(8, 3.2))
for name, schedule in SCHEDULES.items():
    ax.step(range(30), [schedule(t) for t in range(30)], where="mid", label=name)
ax.set(xlabel="epoch", ylabel="learning rate")
ax.legend(fontsize="small")
plt.show()

# %% [markdown]
# ## 11 · Clipping by the global norm
# ●●○○○ · about 8 min · 3 points
#
# Now and then a minibatch sits at the foot of a cliff: its gradient is a thousand times as long as
# usual, and one step throws the parameters out of the country. Clipping shortens such a gradient
# and keeps its **direction**. For that, all parameters must shrink by the *same* factor; so take
# one norm over all of them:
#
# $$\lVert g\rVert = \sqrt{\sum_{\text{name}} \sum_i g_{\text{name},i}^2}
# \qquad\qquad g \leftarrow c\, g, \quad
# c = \min\left(1, \frac{c_{\max}}{\lVert g\rVert + 10^{-6}}\right)$$
#
# A gradient that is short enough is left as it is ($c = 1$, never more).
#
# **Two conventions.** torch has the $10^{-6}$,
# [Pascanu et al. (2013)](https://proceedings.mlr.press/v28/pascanu13.html) have not; the check
# accepts either. Without it, beware of $0/0$.
#
# <details><summary>Hint</summary>
#
# `grads[name] *= c` works in place. Compute the norm completely before you change anything.
#
# </details>


# %% exercise="clip_by_global_norm"
def clip_by_global_norm(grads, max_norm):
    """Shorten the gradients, in place, so that their common norm is at most max_norm.

    grads: dict of name -> float array of any shape, all multiplied in place by one factor <= 1.
    max_norm: longest norm allowed, > 0.

    Returns:
        float, the global norm *before* clipping.

    Raises:
        ValueError: max_norm <= 0 (name max_norm).

    Source: Pascanu et al. 2013, algorithm 1; torch.nn.utils.clip_grad_norm_.
    """
    ### BEGIN SOLUTION
    if max_norm <= 0:
        raise ValueError(f"max_norm is {max_norm}; expected a positive number")
    norm = float(np.sqrt(sum((g**2).sum() for g in grads.values())))
    factor = min(1.0, max_norm / (norm + 1e-6))
    for name in grads:
        grads[name] *= factor
    return norm
    ### END SOLUTION


# %% check="clip_by_global_norm" points=3
grads = {"w": np.array([[2.0, 4.0]]), "b": np.array([4.0])}
check_close(clip_by_global_norm(grads, 12.0), 6.0, "the norm of (2, 4, 4) is 6")
check_close(grads["w"], np.array([[2.0, 4.0]]), "shorter than 12: left alone")
check_close(clip_by_global_norm(grads, 3.0), 6.0, "the norm before clipping is returned")
check_close(grads["w"], np.array([[1.0, 2.0]]), "w is halved", rtol=1e-5)
check_close(grads["b"], np.array([2.0]), "b by the same factor", rtol=1e-5)
check_raises(ValueError, clip_by_global_norm, grads, 0.0, match="max_norm")

# %% [markdown]
# ## 12 · The loop that uses them
# ●●●○○ · about 12 min · 4 points
#
# Every training program you will ever read has this skeleton:
#
# > for each epoch: **set** the rate; for each minibatch: **loss and gradient**, **clip**, **step**;
# > note the mean loss
#
# `train` gets all its parts as arguments, so that it works with any model and any optimiser; do
# not call your earlier functions by name.
#
# | argument | called as | gives |
# |---|---|---|
# | `loss_and_grads` | `loss_and_grads(params, X, y)` | mean loss of the batch, dict of gradients |
# | `optimiser` | `optimiser.step(params, grads)` | changes `params` |
# | `batches` | `batches()`, once an epoch | an iterable of `(X, y)` |
# | `schedule` | `schedule(epoch)`, before the epoch; from 0 | the new `optimiser.lr` |
# | `clip` | `clip(grads)`, before the step | changes `grads`; its result is of no interest |
#
# The loss of an epoch is the mean over its *samples*. The last batch may be short, so weigh each
# batch's loss by its number of rows $n_b$:
#
# $$\bar L = \frac{\sum_b n_b L_b}{\sum_b n_b}$$
#
# <details><summary>Hint</summary>
#
# Two nested loops. Keep a running sum of $n_b L_b$ and of $n_b$, both set to 0 at the beginning of
# each epoch.
#
# </details>


# %% exercise="train"
def train(params, loss_and_grads, optimiser, batches, *, epochs, schedule=None, clip=None):
    """Train `params` in place and return the loss of every epoch.

    Arguments as in the table above; without `schedule` the rate stays as it is, without `clip`
    the gradients do. epochs: int >= 1.

    Returns:
        list of `epochs` floats: the mean over an epoch's samples of the losses met on the way,
        each computed before the step that it leads to.
    """
    ### BEGIN SOLUTION
    history = []
    for epoch in range(epochs):
        if schedule is not None:
            optimiser.lr = schedule(epoch)
        total, count = 0.0, 0
        for X, y in batches():
            loss, grads = loss_and_grads(params, X, y)
            if clip is not None:
                clip(grads)
            optimiser.step(params, grads)
            total += len(X) * loss
            count += len(X)
        history.append(total / count)
    return history
    ### END SOLUTION


# %% check="train" points=4
class Walker:
    """An optimiser that is gradient descent and notes the rates it was given."""

    def __init__(self):
        self.lr, self.rates = 0.5, []

    def step(self, params, grads):
        params["w"] -= self.lr * grads["w"]
        self.rates.append(self.lr)


def distance(params, X, y):
    """Half the mean squared distance of w to the samples, and its gradient."""
    apart = params["w"] - X
    return 0.5 * float(np.mean(apart**2)), {"w": apart.mean(axis=0)}


def two_batches():
    yield np.array([[1.0], [3.0]]), np.zeros(2)
    yield np.array([[7.0]]), np.zeros(1)


params, walker = {"w": np.array([0.0])}, Walker()
history = train(params, distance, walker, two_batches, epochs=1)
check_close(np.array(history), np.array([23 / 3]), "the loss of one epoch, by samples")
check_close(params["w"], np.array([4.0]), "two steps: from 0 to 1, from 1 to 4")
params, walker = {"w": np.array([0.0])}, Walker()
train(params, distance, walker, two_batches, epochs=3, schedule=lambda epoch: 0.1 * epoch)
check_close(np.array(walker.rates), np.array([0.0, 0.0, 0.1, 0.1, 0.2, 0.2]), "one rate an epoch")


def halve(grads):
    grads["w"] *= 0.5


params = {"w": np.array([0.0])}
train(params, distance, Walker(), two_batches, epochs=1, clip=halve)
check_close(params["w"], np.array([2.125]), "gradients are clipped before the step")

# %% [markdown]
# ## 13 · Experiment: eight optimisers read digits
#
# Real data: 1,797 handwritten digits of 8 × 8 pixels. The network is small (64 → 32 → 10, ReLU,
# softmax and cross-entropy) and is given; every optimiser starts from the same weights and meets
# the same batches.

# %% experiment
digits = data.load_digits()
order = np.random.default_rng(0).permutation(len(digits.X))
pixels, labels = digits.X[order] / 16, np.asarray(digits.y)[order].astype(int)
X_train, y_train, X_test, y_test = pixels[:1437], labels[:1437], pixels[1437:], labels[1437:]


def new_network():
    rng = np.random.default_rng(1)
    W1, W2 = rng.normal(0, np.sqrt(2 / 64), (32, 64)), rng.normal(0, np.sqrt(2 / 32), (10, 32))
    return {"W1": W1, "b1": np.zeros(32), "W2": W2, "b2": np.zeros(10)}


def log_probabilities(params, X):
    """Hidden activations (N, 32) and log-probabilities (N, 10)."""
    hidden = np.maximum(0, X @ params["W1"].T + params["b1"])
    logits = hidden @ params["W2"].T + params["b2"]
    logits = logits - logits.max(axis=1, keepdims=True)
    return hidden, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def loss_and_grads(params, X, y):
    """Mean cross-entropy of a batch and its gradients."""
    hidden, log_p = log_probabilities(params, X)
    rows = np.arange(len(X))
    d_logits = np.exp(log_p)
    d_logits[rows, y] -= 1
    d_logits /= len(X)
    d_hidden = (d_logits @ params["W2"]) * (hidden > 0)
    grads = {"W1": d_hidden.T @ X, "b1": d_hidden.sum(axis=0)}
    grads |= {"W2": d_logits.T @ hidden, "b2": d_logits.sum(axis=0)}
    return -float(log_p[rows, y].mean()), grads


def accuracy(params, X, y):
    return float((log_probabilities(params, X)[1].argmax(axis=1) == y).mean())


def fit(optimiser, batches, params, epochs, **parts):
    """Losses by epoch; None where the optimiser is still a stub."""
    try:
        return train(params, loss_and_grads, optimiser, batches, epochs=epochs, **parts)
    except NotImplementedError:
        return None


def training_batches(X, batch_size=64):
    """What `train` calls once an epoch; each call of this function starts from the same seed."""
    rng = np.random.default_rng(2)
    return lambda: minibatches(X, y_train, batch_size, rng)


# %% experiment
optimisers = {
    "SGD": SGD(0.5), "Momentum": Momentum(0.1), "Nesterov": Nesterov(0.1),
    "AdaGrad": AdaGrad(0.1), "RMSProp": RMSProp(0.005), "Adadelta": Adadelta(3.0),
    "Adam": Adam(0.01), "AdamW": AdamW(0.01),
}  # fmt: skip
fig, ax = plt.subplots(figsize=(8, 4.5))
print("optimiser   training loss   test accuracy")
for name, optimiser in optimisers.items():
    params = new_network()
    losses = fit(optimiser, training_batches(X_train), params, epochs=20)
    if losses is None:
        print(f"{name:10}  not written yet")
        continue
    ax.semilogy(losses, label=name, color=COLOURS[name])
    print(f"{name:10} {losses[-1]:14.4f} {accuracy(params, X_test, y_test):15.1%}")
ax.set(xlabel="epoch", ylabel="training loss", xticks=range(0, 20, 2))
ax.set_title("The same network, the same batches, eight optimisers")
ax.legend(ncol=2)
plt.show()

# %% [markdown]
# On a small, well-behaved problem, each with a rate that suits it, all arrive. That is the first
# lesson.
#
# ### What are the adaptive ones for, then?
#
# Two things decide in practice: how exactly the rate must be guessed, and what happens when the
# features come in different units. On the right every pixel column is multiplied by a factor of
# its own between 1/30 and 30, and its first weights are divided by it: the network computes the
# same as on the left, from the same start. Only the ravines are deeper.

# %% experiment
units = 30 ** np.random.default_rng(3).uniform(-1, 1, size=64)
rates = 10.0 ** np.arange(-4, 1.1, 0.5)
makers = {"SGD": SGD, "Momentum": Momentum, "AdaGrad": AdaGrad, "RMSProp": RMSProp, "Adam": Adam}


def loss_after_five_epochs(optimiser, scale):
    params = new_network()
    params["W1"] /= scale
    with np.errstate(all="ignore"):  # too large a rate diverges: that is part of the picture
        losses = fit(optimiser, training_batches(X_train * scale), params, epochs=5)
    return losses[-1] if losses is not None and np.isfinite(losses[-1]) else np.nan


fig, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True)
for ax, scale, title in zip(axes, [np.ones(64), units], ["one unit", "64 units"], strict=True):
    for name, maker in makers.items():
        finals = [loss_after_five_epochs(maker(rate), scale) for rate in rates]
        if not np.all(np.isnan(finals)):
            below = np.sum(np.array(finals) < 0.5)
            print(f"{title:9} {name:9} best {np.nanmin(finals):.3f}, below 0.5 at {below} rates")
            label = f"{name}: {np.nanmin(finals):.2f} at best"
            ax.loglog(rates, finals, ".-", label=label, color=COLOURS[name])
    ax.set(title=f"pixels in {title}", xlabel="learning rate", ylim=(0.03, 3.5))
    ax.legend(fontsize="small", loc="lower left")
axes[0].set_ylabel("training loss after 5 epochs")
plt.show()

# %% [markdown]
# A *wide* valley in this plot is worth more than a deep one: a guess will do. Which methods keep
# theirs on the right, and what has become of the best that SGD can reach?
#
# ### Schedules and clipping at work
#
# Left: fresh noise is added to the pixels of every batch, so that no two gradients are alike, not
# even at the minimum. With a constant rate the noise keeps the weights dancing; every schedule
# ends the dance. Right: momentum at a rate of 0.8, far too large, with and without clipping.


# %% experiment
def noisy_batches(batch_size=16, noise=0.4):
    rng = np.random.default_rng(2)

    def one_epoch():
        for X, y in minibatches(X_train, y_train, batch_size, rng):
            yield X + rng.normal(0, noise, size=X.shape), y

    return one_epoch


fig, axes = plt.subplots(1, 2, figsize=(11, 4))
for name, schedule in SCHEDULES.items():
    params = new_network()
    losses = fit(Momentum(0.1), noisy_batches(), params, epochs=30, schedule=schedule)
    axes[0].plot(losses, label=name)
    print(f"{name:22} test accuracy {accuracy(params, X_test, y_test):.1%}")
axes[0].set(title="noisy pixels, five schedules", xlabel="epoch", ylabel="training loss")
axes[0].legend(fontsize="small")
clips = {"gradients as they come": None, "clipped to norm 1": lambda g: clip_by_global_norm(g, 1.0)}
for name, clip in clips.items():
    losses = fit(Momentum(0.8), training_batches(X_train), new_network(), epochs=20, clip=clip)
    axes[1].plot(losses, label=name)
axes[1].set(title="a rate of 0.8", xlabel="epoch", ylabel="training loss")
axes[1].legend()
plt.show()

# %% [markdown]
# ## 14 · In your own words
#
# **Your own valleys (3 points).** From the plot of section 13 and the lines below it: at how many
# of the rates does each method get below 0.5, with one unit and with 64? Which method lost most
# when the units changed, and which hardly anything? Explain both from their formulas.

# %% [markdown] answer="own_valleys" points=3
# ### BEGIN SOLUTION
# Of eleven rates, SGD gets below 0.5 at 2 with one unit and at none with 64 (its best falls from
# 0.18 to 0.55); momentum at 3 and 2; AdaGrad and RMSProp at 3 and 3; Adam at 4 and 3, with a best
# of 0.11 and 0.18. SGD lost most, the adaptive methods hardly anything.
#
# A feature in a unit 30 times larger has a gradient that is 30 times as large. SGD multiplies the
# gradient by one rate for all: the steepest direction decides how long a step may be, and the flat
# ones crawl, so its best loss after five epochs is far worse. Momentum helps along the floor but
# has one rate, too. Methods that divide by the root of averaged squares, entry by entry, take steps
# of about the rate in every direction, whatever the unit is: their valleys stay wide.
#
# *Marking:* 1 point for the counts read from the student's own run; 1 point for one rate for all
# directions in SGD; 1 point for the division by the root that cancels the unit.
# ### END SOLUTION

# %% [markdown]
# **Decay or penalty (2 points).** A friend adds $\lambda\theta$ to the gradients, hands them to
# Adam and says: "the same as AdamW." For SGD she would be right. Which weights does her version
# shrink *less* than AdamW does, which ones *more*, and why?

# %% [markdown] answer="decay_or_penalty" points=2
# ### BEGIN SOLUTION
# In Adam the whole gradient, $\lambda\theta$ included, is divided by $\sqrt{\hat v} + \varepsilon$.
# Where that root is above 1 (large gradients), a weight shrinks less than in AdamW; where it is
# below 1, as it is for most weights of a real network, it shrinks more: the smaller its gradients,
# the more. AdamW multiplies every weight by the same $1 - \eta\lambda$, whatever its gradients are.
# SGD divides by nothing, and there
# $\theta - \eta(g + \lambda\theta) = (1-\eta\lambda)\theta - \eta g$ is the same thing.
#
# *Marking:* 1 point for less with large gradients and more with small ones (a bound of 1 is not
# asked for); 1 point for the penalty being divided by $\sqrt{\hat v}$ too.
# ### END SOLUTION
