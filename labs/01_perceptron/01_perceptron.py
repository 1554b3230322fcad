# %% [markdown]
# # 1 · One neuron and gradient descent
#
# Every network in this course, up to the one that translates sentences, is made of one part:
# multiply the inputs by weights, add them up, bend the result. And nearly every one learns in one
# way: measure how wrong the output is, find out which way each weight should move, and move it a
# little.
#
# In this lab you build that part and that way of learning, once, by hand, for a single neuron. It
# is small enough to see everything: the whole loss as a curve, each step on it, and the exact step
# length at which learning breaks.
#
# ![Features times weights, plus a bias, summed and passed through an activation](neuron.svg)
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1, 2 | `predict`; the first table | 2 | 12 |
# | 3, 4 | `squared_loss`, `squared_loss_gradient`; the loss as a curve | 3 + 3 | 28 |
# | 5 | `gradient_descent`; the walk | 4 | 20 |
# | 6 | `predict_rate_factors`, `largest_stable_rate` | 2 + 3 | 25 |
# | 6 | `exposing_features`; question 1 | 3 + 2 | 20 |
# | 7 | `neuron` | 2 | 10 |
# | 8 | `sigmoid`, `logistic_loss`, `logistic_gradient`; the tumours | 3 + 4 + 3 | 45 |
# | 9 | `standardise`; the experiment; question 2 | 4 + 3 | 30 |
# | 10 | stretch: `perceptron_epoch` | | (20) |
# | | **together** | **41** | **190** |
#
# **How it works.** Replace each `raise NotImplementedError` by your code, then run the check below
# it. The visible checks are small on purpose. When you hand in, hidden checks try other shapes and
# values, so write for every shape the docstring allows, not for the example.
#
# **Conventions of the course.** Arrays hold `float64`. The batch comes first: `X` is $(N, D)$, that
# is $N$ samples in rows and $D$ features in columns. A function never modifies its inputs. A loss
# averages over the $N$ samples.

# %% setup
import time

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
# ## 1 · A neuron at its simplest
#
# ●○○○○ · about 5 min · 2 points
#
# Take away the bias and the activation. What is left is a weighted sum:
#
# $$\hat y_n = \sum_{d=1}^{D} w_d\, x_{nd}
# \qquad\text{or, for all samples at once,}\qquad \hat{\mathbf y} = X\mathbf w .$$
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $X$ | `X` | $(N, D)$ | one sample per row |
# | $\mathbf w$ | `w` | $(D{,})$ | one weight per feature |
# | $\hat{\mathbf y}$ | returned | $(N{,})$ | one output per sample |
#
# Mind the shape of `w`. If it were $(D, 1)$, the result would be $(N, 1)$, and NumPy would later
# subtract targets of shape $(N{,})$ from it and hand you an $(N, N)$ table without a word. Silent
# broadcasting is the most common bug in code like this. So we refuse such a `w` at the door.
#
# <details><summary>Hint</summary>
#
# The operator `@` multiplies matrices and vectors. Compare `w.shape` with `(X.shape[1],)` before
# you use it, and put all three things in the message: `f"w has shape {w.shape}, expected ..."`.
#
# </details>


# %% exercise="predict"
def predict(X, w):
    """Outputs of a linear neuron without bias: the weighted sum of each row of X.

    X: (N, D) array, one sample per row.
    w: (D,) array, one weight per feature.
    Returns a (N,) array.
    Raises ValueError naming w, its shape and the shape expected, unless w has shape (D,).
    """
    ### BEGIN SOLUTION
    if w.shape != (X.shape[1],):
        raise ValueError(
            f"w has shape {w.shape}, expected ({X.shape[1]},): one weight per column of X"
        )
    return X @ w
    ### END SOLUTION


# %% check="predict" points=2
X = np.array([[1.0, 2.0], [3.0, 4.0], [-5.0, 0.5]])
w = np.array([10.0, -1.0])
check_shape(predict(X, w), (3,), "one output per sample")
check_close(predict(X, w), [8.0, 26.0, -50.5], "each output is the weighted sum of its row")
check_raises(ValueError, predict, X, np.array([[10.0], [-1.0]]), match=r"\bw\b")

# %% [markdown]
# ## 2 · A table to learn from
#
# Our first data are 442 people with diabetes. For each we know ten measurements, in their own
# units, and a score of how far the disease had progressed one year later (Efron and others, 2004).
# One feature says more than the others: the body mass index, `bmi`.
#
# **Why not Boston housing?** Older courses begin with house prices in Boston. We do not use that
# table. One of its columns, `B`, is $1000\,(b - 0.63)^2$ with $b$ the share of Black residents of a
# district: its authors assumed that segregation raises prices and built the assumption into the
# feature (Harrison and Rubinfeld, 1978). The formula even hides $b$, since two values of $b$ can
# give the same `B`. scikit-learn took the table out in version 1.2 for this reason. The prices are
# also cut off at 50,000 dollars, which bends every fit. The lesson outlives the table: know what
# each column means before you multiply it by a weight.
#
# Our neuron has no bias yet, so its line must pass through the origin. We therefore measure both
# quantities from their means. Run the cell. Which of the three lines would you choose, and why?

# %% experiment
table = data.load_diabetes()
bmi = table.X[:, table.feature_names.index("bmi")]
bmi = bmi - bmi.mean()
progression = table.y - table.y.mean()

ends = np.array([[bmi.min()], [bmi.max()]])
plt.scatter(bmi, progression, s=12, color="0.6", label="442 patients")
for weight in (0.0, 10.0, 25.0):
    plt.plot(ends[:, 0], predict(ends, np.array([weight])), label=f"w = {weight:g}")
plt.xlabel("body mass index, from its mean (kg/m²)")
plt.ylabel("progression, from its mean")
plt.legend()
plt.show()

# %% [markdown]
# ## 3 · How wrong is a weight?
#
# ●●○○○ · about 10 min · 3 points
#
# "Better line" needs a number. Square each error and average over the samples:
#
# $$L(w) = \frac1N \sum_{n=1}^{N} (w\,x_n - y_n)^2 .$$
#
# With one feature, the loss is a function of one number, and we can look at all of it. To draw it
# we want $L$ at many candidates $w_1, \dots, w_K$ at once.
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $x_n$ | `x` | $(N{,})$ | the one feature of each sample |
# | $y_n$ | `y` | $(N{,})$ | the target of each sample |
# | $w_k$ | `w` | $(K{,})$ | candidates: $K$ neurons, each with one weight |
# | $L(w_k)$ | returned | $(K{,})$ | the loss of each candidate |
#
# **Convention.** The mean over the $N$ samples, and no factor ½. Some texts write
# $\frac{1}{2N}\sum$ to tidy the derivative; both are in use, so always say which one you mean.
#
# **No loop.** One NumPy expression on a $(K, N)$ array does the work of $K$ passes in compiled
# code. The cell after the check measures the difference.
#
# <details><summary>Hint</summary>
#
# `w[:, None]` has shape $(K, 1)$ and `x` has shape $(N{,})$. Their product has shape $(K, N)$: row
# $k$ holds the outputs of candidate $k$. Over which axis do you average?
#
# </details>


# %% exercise="squared_loss"
def squared_loss(x, y, w):
    """Mean squared error of each of K candidate weights: mean over n of (w_k x_n - y_n)².

    x: (N,) array, the only feature.  y: (N,) array, the targets.
    w: (K,) array, the candidates.
    Returns a (K,) array: the loss of each candidate, averaged over the N samples, no factor ½.
    Raises ValueError naming y, its shape and the shape expected, unless y has the shape of x.
    """
    ### BEGIN SOLUTION
    if y.shape != x.shape:
        raise ValueError(f"y has shape {y.shape}, expected {x.shape}: one target for each x")
    residuals = w[:, None] * x - y  # (K, N)
    return np.mean(residuals**2, axis=1)
    ### END SOLUTION


# %% check="squared_loss" points=3
x, y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 7.0])
w = np.array([0.0, 1.0, 2.0, 3.0])
check_shape(squared_loss(x, y, w), (4,), "one loss per candidate")
check_close(
    squared_loss(x, y, w), [23.0, 7.0, 1 / 3, 3.0], "each loss is the mean of squared errors"
)
check_raises(ValueError, squared_loss, x, y[:, None], w, match=r"\by\b")

# %% [markdown]
# Now look at the whole loss. It is a parabola, as the formula says: a sum of squares of straight
# lines in $w$. Learning is nothing but finding its lowest point.

# %% experiment
candidates = np.linspace(-15, 35, 501)
losses = squared_loss(bmi, progression, candidates)
best = candidates[np.argmin(losses)]
print(f"best of {candidates.size} candidates: w = {best:.1f}, loss {losses.min():.1f}")
print(f"predicting the mean (w = 0):         loss {np.mean(progression**2):.1f}")

plt.plot(candidates, losses)
plt.plot(best, losses.min(), "o", label=f"best candidate, w = {best:.1f}")
plt.xlabel("weight w")
plt.ylabel("loss L(w)")
plt.legend()
plt.show()

# %% experiment volatile
started = time.perf_counter()
squared_loss(bmi, progression, candidates)
between = time.perf_counter()
pairs = list(zip(bmi.tolist(), progression.tolist(), strict=True))
for w in candidates.tolist():
    sum((w * x_n - y_n) ** 2 for x_n, y_n in pairs) / len(pairs)
ended = time.perf_counter()
print(f"one expression on a (K, N) array {1e3 * (between - started):6.1f} ms")
print(f"two loops in Python              {1e3 * (ended - between):6.1f} ms")

# %% [markdown]
# ## 4 · Which way is down?
#
# ●●○○○ · about 10 min · 3 points
#
# Trying 501 candidates works for one weight. With thirty weights it would take $501^{30}$ losses.
# We need to know where to go from where we stand: the derivative.
#
# $$\frac{\mathrm dL}{\mathrm dw} = \frac2N \sum_{n=1}^{N} (w\,x_n - y_n)\,x_n$$
#
# Read it aloud: the error of each sample, times the input that caused it, averaged. A positive
# value means that the loss rises with $w$. You will meet "error times input" in every lab to come.
#
# The shapes are those of section 3: `x` and `y` are $(N{,})$, `w` is $(K{,})$, and the result is
# $(K{,})$. The loss of candidate $k$ depends on $w_k$ only, so there is one derivative per
# candidate.
#
# The check below needs no calculus. For a parabola the slope at $w$ is *exactly*
# $\tfrac12\big(L(w+1) - L(w-1)\big)$, and you have already seen these losses.
#
# <details><summary>Hint</summary>
#
# Start from the same $(K, N)$ array of errors. The derivative of $r^2$ is $2r$ times the derivative
# of $r$, and here $\partial r_{kn} / \partial w_k = x_n$.
#
# </details>


# %% exercise="squared_loss_gradient"
def squared_loss_gradient(x, y, w):
    """Derivative of the mean squared error of section 3 at each of K candidate weights.

    x: (N,) array, the only feature.  y: (N,) array, the targets.
    w: (K,) array, the candidates.
    Returns a (K,) array: 2/N times the sum over n of (w_k x_n - y_n) x_n.
    """
    ### BEGIN SOLUTION
    residuals = w[:, None] * x - y  # (K, N)
    return 2 * np.mean(residuals * x, axis=1)
    ### END SOLUTION


# %% check="squared_loss_gradient" points=3
x, y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 7.0])
slope = squared_loss_gradient(x, y, np.array([1.0, 2.0]))
check_shape(slope, (2,), "one slope per candidate")
check_close(slope[1], (3.0 - 7.0) / 2, "the slope at w = 2 is (L(3) - L(1)) / 2")
check_close(slope[0], (1 / 3 - 23.0) / 2, "the slope at w = 1 is (L(2) - L(0)) / 2")

# %% [markdown]
# ## 5 · Walk downhill
#
# ●●○○○ · about 15 min · 4 points
#
# Gradient descent repeats one line:
#
# $$\mathbf w_{t+1} = \mathbf w_t - \eta\,\nabla L(\mathbf w_t), \qquad t = 0, 1, \dots, T-1 .$$
#
# The number $\eta$ is the *learning rate*. The method does not care what the loss is: give it a
# function that returns the gradient, and it walks. So `gradient` is an argument here, and you will
# use this one function again for classification in section 8.
#
# | symbol | argument | shape or type | meaning |
# |---|---|---|---|
# | $\nabla L$ | `gradient` | function, $(D{,}) \to (D{,})$ | called with the current weights |
# | $\mathbf w_0$ | `start` | $(D{,})$ | where the walk begins |
# | $\eta$ | `rate` | float | learning rate |
# | $T$ | `steps` | int, 0 or more | how many steps to take |
# | $\mathbf w_0, \dots, \mathbf w_T$ | returned | $(T+1, D)$ | the whole walk, the start first |
#
# We return the whole walk, not only its end. What goes wrong in training is seen on the way.
#
# <details><summary>Hint</summary>
#
# Collect the points in a list and `np.stack` them at the end. Beware of `w -= ...`: it changes the
# array that you have just stored (and the caller's `start` with it). `w = w - ...` makes a new one.
#
# </details>


# %% exercise="gradient_descent"
def gradient_descent(gradient, start, rate, steps):
    """Take `steps` steps of gradient descent and return every point of the walk.

    gradient: function that takes a (D,) array and returns the (D,) gradient there.
    start: (D,) float64 array, not modified.
    rate: float, the learning rate.
    steps: int, 0 or more.
    Returns a (steps + 1, D) array: row 0 is start, row t + 1 is row t minus rate times the
    gradient at row t.
    """
    ### BEGIN SOLUTION
    points = [start]
    for _ in range(steps):
        points.append(points[-1] - rate * gradient(points[-1]))
    return np.stack(points)
    ### END SOLUTION


# %% check="gradient_descent" points=4
start = np.array([8.0, -4.0])
walk = gradient_descent(lambda w: 2 * w, start, 0.25, 3)
check_shape(walk, (4, 2), "three steps visit four points")
check_close(walk[0], [8.0, -4.0], "the walk begins at the start")
check_close(
    walk[1:], [[4.0, -2.0], [2.0, -1.0], [1.0, -0.5]], "on w² this rate halves w at each step"
)
check_close(start, [8.0, -4.0], "the start is left as it was")

# %% [markdown]
# Put the pieces together. On the left is the loss with your steps on it; on the right the line that
# belongs to each step. The steps shorten by themselves: near the minimum the slope is small.


# %% experiment
def descend_on_bmi(rate, steps, start=-8.0):
    """The walk of the one weight, as a (steps + 1,) array."""
    walk = gradient_descent(
        lambda w: squared_loss_gradient(bmi, progression, w), np.array([start]), rate, steps
    )
    return walk[:, 0]


walk = descend_on_bmi(rate=0.006, steps=15)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
left.plot(candidates, losses, color="0.7")
left.plot(walk, squared_loss(bmi, progression, walk), "o-", markersize=4)
left.set(xlabel="weight w", ylabel="loss L(w)", title="15 steps on the loss")
right.scatter(bmi, progression, s=10, color="0.8")
for t in (0, 1, 2, 4, 8, 15):
    shade = plt.cm.viridis(1 - t / 15)
    right.plot(ends[:, 0], predict(ends, walk[t : t + 1]), color=shade, label=f"step {t}")
right.set(xlabel="body mass index, from its mean", ylabel="progression, from its mean")
right.set(title="the line after some of them", ylim=(-150, 330))
right.legend(ncols=3, loc="upper left")
plt.show()
print(f"after 15 steps w = {walk[-1]:.3f}")

# %% [markdown]
# ## 6 · How long may a step be?
#
# The learning rate is the one number you will tune in every project of your life. For this loss we
# can compute what it may be. Write $w^*$ for the minimum and $m = \frac1N\sum_n x_n^2$. The
# gradient is zero at $w^*$ and has slope $2m$, so it equals $2m\,(w - w^*)$. Put that into the
# step:
#
# $$w_{t+1} - w^* = (1 - 2\eta m)\,(w_t - w^*) .$$
#
# Each step multiplies the distance to the minimum by the same factor $1 - 2\eta m$:
#
# | learning rate | factor | what you see |
# |---|---|---|
# | $0 < \eta \ll \frac{1}{2m}$ | a little below 1 | crawls |
# | $\eta = \frac{1}{2m}$ | 0 | there in one step |
# | $\frac{1}{2m} < \eta < \frac1m$ | between −1 and 0 | jumps from side to side, converges |
# | $\eta = \frac1m$ | −1 | jumps from side to side for ever |
# | $\eta > \frac1m$ | below −1 | diverges |
#
# The walk converges for every rate below $\eta_{\max} = 1/m$, and for none from there on.
#
# ### Predict, then run
#
# ●●○○○ · about 5 min · 2 points
#
# Two changes to the table of patients. First, every patient is entered ten times, so that $N$ is
# 4,420. Second (with the 442 again), `bmi` is measured in g/cm² times 100, so that every $x_n$ is
# ten times as large. *By which factor does the largest stable rate change, each time?* Write down
# what you believe before you run anything; the check looks at the form only.
#
# <details><summary>Hint</summary>
#
# What happens to $m$, which is a mean, and a mean of squares?
#
# </details>


# %% exercise="predict_rate_factors"
def predict_rate_factors():
    """What two changes of the data do to the largest stable rate.

    Returns a tuple of two floats: the factor when every sample comes ten times, and the factor when
    every feature value is ten times as large. 1.0 means that the rate does not change.
    """
    ### BEGIN SOLUTION
    return (1.0, 0.01)
    ### END SOLUTION


# %% check="predict_rate_factors" points=2
check_shape(np.array(predict_rate_factors()), (2,), "two factors, one for each change")

# %% experiment
for name, x in (("442 patients", bmi), ("each ten times", np.tile(bmi, 10)), ("× 10", 10 * bmi)):
    print(f"{name:15s} 1/m = {1 / np.mean(x**2):.6f}")

# %% [markdown]
# What differed from your prediction? A mean forgets how many samples it was taken from. It does not
# forget the unit: change that, and the rate that worked yesterday is a hundred times too long.
#
# ### The formula
#
# ●●●○○ · about 10 min · 3 points
#
# **Many features.** With $D$ features the slope of the gradient is a matrix, the Hessian
# $H = \frac2N X^\top X$. Along each of its eigenvectors the loss is a parabola of its own, and the
# distance shrinks by $1 - \eta\lambda$, where $\lambda$ is the eigenvalue. All directions share one
# $\eta$, so the steepest one decides (LeCun and others, *Efficient BackProp*, 1998, section 5.1):
#
# $$\eta_{\max} = \frac{2}{\lambda_{\max}(H)}
# = \frac{1}{\lambda_{\max}\!\left(\frac1N X^\top X\right)} .$$
#
# For $D = 1$ this is $1/m$ again. `X` is $(N, D)$, with at least one entry that is not zero; the
# result is a float.
#
# <details><summary>Hint</summary>
#
# $X^\top X$ is symmetric: `np.linalg.eigvalsh` returns its eigenvalues in ascending order. Do not
# subtract the means; the formula has none.
#
# </details>


# %% exercise="largest_stable_rate"
def largest_stable_rate(X):
    """Learning rate below which gradient descent on the mean squared error converges.

    The loss is the mean over n of (w·x_n - y_n)², as in section 3: no factor ½, no bias.
    X: (N, D) array, the features, not all zero.
    Returns a float: 2 over the largest eigenvalue of the Hessian (LeCun and others 1998, sec. 5.1).
    """
    ### BEGIN SOLUTION
    mean_squares = X.T @ X / X.shape[0]  # (D, D), half the Hessian
    return 1 / np.linalg.eigvalsh(mean_squares)[-1]
    ### END SOLUTION


# %% check="largest_stable_rate" points=3
X = np.array([[1.0], [2.0], [3.0]])
check_close(largest_stable_rate(X), 3 / 14, "one feature: one over the mean square")
X = np.array([[3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
check_close(largest_stable_rate(X), 1 / 3, "two features: the steeper direction decides")
X = np.array([[2.0, 1.0], [1.0, 2.0]])
check_close(
    largest_stable_rate(X), 2 / 9, "correlated features: the steepest direction is a mixture"
)

# %% [markdown]
# ### Find the bug
#
# ●●●○○ · about 10 min · 3 points
#
# A colleague does not like eigenvalues. His version takes the steepest *feature* instead:


# %%
def hasty_stable_rate(X):
    """The largest stable rate, says its author."""
    return 1 / np.max(np.mean(X**2, axis=0))


# %% experiment
print(hasty_stable_rate(np.array([[3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])))

# %% [markdown]
# For this table he is right: $\tfrac13$. Find a table for which he is wrong, and not he alone: it
# should show most of the mistakes that people make here, such as a forgotten 2, the wrong mean, or
# subtracted means.
#
# <details><summary>Hint</summary>
#
# When is the steepest direction not an axis? And when do $N$ and $D$, or the first and the largest
# feature, look the same?
#
# </details>


# %% exercise="exposing_features"
def exposing_features():
    """Features for which faulty versions of largest_stable_rate differ from the right one.

    Returns X: (N, D) array of finite numbers, D at least 2, of at most 100 entries.
    Half of the points are for exposing hasty_stable_rate, half for nine in ten of the mistakes
    that are known.
    """
    ### BEGIN SOLUTION
    return np.array([[1.0, 2.5, 0.5], [0.5, 3.0, -1.0], [2.0, 1.5, 0.25], [-0.5, 2.0, 1.0]])
    ### END SOLUTION


# %% check="exposing_features" points=3
X = exposing_features()
check_true(isinstance(X, np.ndarray) and X.ndim == 2, "X is an array of N rows and D columns")
check_true(bool(np.isfinite(X).all()), "its entries are finite")

# %% [markdown]
# A formula that predicts is a formula to test. First four rates, from too short to too long.

# %% experiment
limit = largest_stable_rate(bmi[:, None])
rates = {"crawls": 0.02, "converges": 0.3, "overshoots, converges": 0.95, "diverges": 1.03}
print(f"largest stable rate for bmi: {limit:.4f}")

wide = np.linspace(-32, 52, 201)
figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), sharey=True)
for axis, (name, fraction) in zip(axes, rates.items(), strict=True):
    walk = descend_on_bmi(fraction * limit, steps=15)
    axis.plot(wide, squared_loss(bmi, progression, wide), color="0.8")
    axis.plot(walk, squared_loss(bmi, progression, walk), "o-", markersize=4, linewidth=1)
    axis.set(xlabel="weight w", title=f"{name}\nrate = {fraction:g} × limit")
axes[0].set_ylabel("loss L(w)")
plt.show()

for name, fraction in rates.items():
    walk = descend_on_bmi(fraction * limit, steps=40)
    plt.plot(squared_loss(bmi, progression, walk), label=f"{fraction:g} × limit: {name}")
plt.yscale("log")
plt.xlabel("step")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [markdown]
# Then a hundred rates. The line is the theory: after 40 steps the distance has been multiplied by
# $|1 - 2\eta m|^{40}$. The dots are your code. The curve crosses 1 exactly at the limit.

# %% experiment
fractions = np.linspace(0.01, 1.1, 110)
ends_of_walks = np.array([descend_on_bmi(f * limit, steps=40)[-1] for f in fractions])
minimum = bmi @ progression / (bmi @ bmi)
remaining = np.abs(ends_of_walks - minimum) / np.abs(-8.0 - minimum)

plt.semilogy(fractions, np.maximum(np.abs(1 - 2 * fractions) ** 40, 1e-16), label="theory")
plt.semilogy(fractions, np.maximum(remaining, 1e-16), "o", markersize=3, label="your walk")
plt.axvline(1, color="0.5", linestyle="--", label="largest stable rate")
plt.xlabel("learning rate, as a fraction of the limit")
plt.ylabel("distance left after 40 steps")
plt.legend(loc="upper center")
plt.show()

# %% [markdown]
# ### Question 1 (2 points)
#
# A colleague fits the same neuron to the same 442 patients, but her loss is the *sum* of the
# squared errors, not the mean. She uses a rate that works well for you, and her weight explodes.
# Explain why, and say what her largest stable rate is in terms of yours. Then: how do you tell from
# a plot of the loss alone that a rate is too small, and how that it is too large?

# %% [markdown] answer="sum_or_mean" points=2
# ### BEGIN SOLUTION
# A sum is 442 times the mean, so her gradient and her curvature are 442 times ours. Her factor is
# $1 - 2\eta\sum_n x_n^2 = 1 - 442 \cdot 2\eta m$, which is below −1 for any rate that is
# comfortable for us. Her largest stable rate is $\eta_{\max} / 442$: with a sum, the stable rate
# depends on how many samples there are.
#
# Too small: the loss falls smoothly but is still falling noticeably when the run ends; it never
# jumps. Too large: the loss grows from step to step, by a constant factor here, until it overflows.
# Just below the limit it falls, though slowly, while the weight jumps from side to side; the loss
# alone cannot tell this from a small rate, the walk can.
#
# *Marking:* 1 point for the sum and the factor 442; 1 point for both plots.
# ### END SOLUTION

# %% [markdown]
# ## 7 · The whole neuron
#
# ●○○○○ · about 5 min · 2 points
#
# Now add what we took away:
#
# $$\mathbf z = X\mathbf w + b, \qquad \hat{\mathbf y} = a(\mathbf z) .$$
#
# The *bias* $b$ shifts the sum; without it every line passes through the origin. The *activation*
# $a$ is a function of one number, applied to each $z_n$ by itself. It comes last, after the bias.
#
# | symbol | argument | shape or type | meaning |
# |---|---|---|---|
# | $X$, $\mathbf w$ | `X`, `w` | $(N, D)$, $(D{,})$ | samples and weights |
# | $b$ | `b` | float | bias, one for the neuron |
# | $a$ | `activation` | function | takes an array, returns one of the same shape |
# | $\hat{\mathbf y}$ | returned | $(N{,})$ | outputs |
#
# <details><summary>Hint</summary>
#
# A function is a value like any other: `activation(z)` calls whichever one was passed.
#
# </details>


# %% exercise="neuron"
def neuron(X, w, b, activation):
    """Outputs of a neuron: the activation of the weighted sum plus the bias.

    X: (N, D) array.  w: (D,) array.  b: float.
    activation: function applied element by element, after the bias was added.
    Returns a (N,) array.
    """
    ### BEGIN SOLUTION
    return activation(X @ w + b)
    ### END SOLUTION


# %% check="neuron" points=2
X = np.array([[1.0, 2.0], [3.0, 4.0], [-5.0, 0.5]])
w = np.array([2.0, -1.0])
check_close(
    neuron(X, w, 1.0, lambda z: z), [1.0, 3.0, -9.5], "identity: the weighted sum plus the bias"
)
check_close(neuron(X, w, 1.0, np.square), [1.0, 9.0, 90.25], "the activation comes last")

# %% [markdown]
# The weight sets how fast the output changes and in which direction, the bias where, the activation
# with what shape. The oldest activation is the step (McCulloch and Pitts, 1943): the neuron fires
# or it does not. It cannot be trained by gradient descent. Look at the plot: what is the slope of
# the step, almost everywhere?

# %% experiment
line = np.linspace(-6, 6, 401)[:, None]
activations = {
    "identity": lambda z: z,
    "tanh": np.tanh,
    "step": lambda z: np.where(z > 0, 1.0, 0.0),
}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.2))
for axis, (name, activation) in zip(axes, activations.items(), strict=True):
    for weight, bias in ((1.0, 0.0), (2.0, 0.0), (1.0, 3.0)):
        output = neuron(line, np.array([weight]), bias, activation)
        axis.plot(line[:, 0], output, label=f"w = {weight:g}, b = {bias:g}")
    axis.set(xlabel="x", title=name)
axes[0].legend()
plt.show()

# %% [markdown]
# ## 8 · Yes or no
#
# Is a tumour malignant? The target is now a class, $y \in \{0, 1\}$, and we want a probability.
# Three pieces: an activation that turns any number into a probability, a loss for probabilities,
# and its gradient.
#
# ### The sigmoid
#
# ●●○○○ · about 10 min · 3 points
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# It maps the real line to $(0, 1)$, with $\sigma(0) = \tfrac12$ and $\sigma(-z) = 1 - \sigma(z)$.
# The number $z$ that goes in is called a *logit*: it is the logarithm of the odds,
# $z = \log\frac{p}{1-p}$.
#
# On paper the formula is done. In a computer $e^{1000}$ overflows. At $z = -1000$ the formula above
# answers correctly but with a `RuntimeWarning`; its twin $e^z / (1 + e^z)$ gives NaN at
# $z = +1000$. One NaN in one sample turns every weight into NaN at the next step. Both formulas are
# fine on their own side of zero, so use each where its exponent is not positive.
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $z$ | `z` | any | logits, between −1000 and 1000 and beyond |
# | $\sigma(z)$ | returned | that of `z` | probabilities, without any warning |
#
# <details><summary>Hint</summary>
#
# `np.exp(-np.abs(z))` never overflows. Call it `e`; it lies between 0 and 1. For $z \ge 0$ the
# sigmoid is `1 / (1 + e)`; for $z < 0$ it is `e / (1 + e)`. `np.where` chooses element by element.
# It evaluates *both* choices everywhere, so both must be harmless for every `z`.
#
# </details>


# %% exercise="sigmoid"
def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)), element by element, without overflow.

    z: float64 array of any shape, () too; entries such as -1000 and 1000 raise no warning.
    Returns an array of the same shape, with values from 0 to 1.
    """
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(z))  # never above 1
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))
    ### END SOLUTION


# %% check="sigmoid" points=3
z = np.log(np.array([[1.0, 3.0, 1 / 3], [9.0, 1 / 9, 4.0]]))
check_shape(sigmoid(z), (2, 3), "the shape stays")
check_close(
    sigmoid(z), [[0.5, 0.75, 0.25], [0.9, 0.1, 0.8]], "odds of 3 to 1 are a probability of 0.75"
)
with np.errstate(over="raise", invalid="raise"):
    check_close(sigmoid(np.array([-1000.0, 1000.0])), [0.0, 1.0], "no overflow at -1000 and 1000")

# %% [markdown]
# ### The logistic loss
#
# ●●●○○ · about 12 min · 4 points
#
# How wrong is a probability $p_n = \sigma(z_n)$? Take the probability that the neuron gave to what
# really happened, and punish its logarithm:
#
# $$L = -\frac1N \sum_{n=1}^{N} \Big( y_n \log p_n + (1 - y_n) \log(1 - p_n) \Big) .$$
#
# A confident mistake costs much, a confident success almost nothing. The squared error would punish
# a confident mistake by at most 1, and its slope there would vanish.
#
# Computed as written, this fails too: at $z = 1000$ we get $1 - p = 0$ and $\log 0$. Clipping $p$
# hides the mistake instead of measuring it: clipped at $10^{-12}$, every loss beyond 27.6 looks the
# same. Work from the logits instead. Insert $p = \sigma(z)$ and simplify:
#
# $$\ell(z, y) = \log(1 + e^{z}) - y z, \qquad
# \log(1 + e^z) = \max(z, 0) + \log\left(1 + e^{-|z|}\right) .$$
#
# The right-hand forms never overflow and are exact: at $z = -1000$, $y = 1$ the loss is 1000.
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $z_n$ | `z` | $(N{,})$ | logits, not probabilities |
# | $y_n$ | `y` | $(N{,})$ | classes, each 0 or 1 |
# | $L$ | returned | float | mean over the $N$ samples, natural logarithm |
#
# <details><summary>Hint</summary>
#
# `np.log1p(t)` is $\log(1 + t)$, accurate also for tiny $t$. Do not call your `sigmoid`: the point
# is to avoid the probability.
#
# </details>


# %% exercise="logistic_loss"
def logistic_loss(z, y):
    """Mean logistic loss (binary cross-entropy) of N logits, exact also for z = ±1000.

    z: (N,) array of logits; the probability of class 1 is sigmoid(z).
    y: (N,) array of classes, each 0 or 1.
    Returns a float: the mean over n of log(1 + exp(z_n)) - y_n z_n, without overflow or clipping,
    and accurate where it is tiny: z = -40 and y = 0 cost 4e-18, not 0.
    """
    ### BEGIN SOLUTION
    losses = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
    return np.mean(losses)
    ### END SOLUTION


# %% check="logistic_loss" points=4
check_close(logistic_loss(np.zeros(3), np.array([0, 1, 1])), np.log(2), "undecided costs log 2")
z, y = np.log(np.array([3.0, 1 / 3])), np.array([1, 1])
check_close(logistic_loss(z, y), -(np.log(0.75) + np.log(0.25)) / 2, "the mean of -log p")
with np.errstate(over="raise", invalid="raise", divide="raise"):
    z = np.array([1000.0, -1000.0])
    check_close(logistic_loss(z, np.array([1, 0])), 0.0, "sure and right costs nothing")
    check_close(logistic_loss(z, np.array([0, 1])), 1000.0, "sure and wrong costs |z|")

# %% [markdown]
# ### Its gradient, derived
#
# ●●●○○ · about 15 min · 3 points
#
# This formula you derive yourself. The way forward is
#
# $$z_n = \mathbf w^\top \mathbf x_n + b, \qquad p_n = \sigma(z_n), \qquad
# L = -\frac1N \sum_{n} \Big( y_n \log p_n + (1 - y_n) \log(1 - p_n) \Big) .$$
#
# You want $\partial L / \partial \mathbf w$, of shape $(D{,})$, and $\partial L / \partial b$, a
# number. The probabilities were computed on the way forward, so they are passed in: a *backward*
# function reuses what the forward one knows.
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $X$ | `X` | $(N, D)$ | samples |
# | $y_n$ | `y` | $(N{,})$ | classes, each 0 or 1 |
# | $p_n$ | `p` | $(N{,})$ | probabilities $\sigma(z_n)$, already computed |
# | $\partial_{\mathbf w} L$, $\partial_b L$ | returned | $(D{,})$ and a float | in this order |
#
# How will you know that your formula is right? Move one weight a little and see how the loss
# changes. The next cell does so for a small example; its numbers are what you should get.
#
# <details><summary>Hint 1</summary>
#
# The chain rule in three links: $\partial L/\partial p_n$, then
# $\sigma'(z) = \sigma(z)(1 - \sigma(z))$, then $\partial z_n / \partial \mathbf w = \mathbf x_n$.
# Multiply the first two and simplify: almost everything cancels.
#
# </details>
#
# <details><summary>Hint 2: the result</summary>
#
# $$\frac{\partial L}{\partial \mathbf w} = \frac1N \sum_{n} (p_n - y_n)\,\mathbf x_n , \qquad
# \frac{\partial L}{\partial b} = \frac1N \sum_{n} (p_n - y_n) .$$
#
# Error times input, once more. `X.T @ error` adds up `error[n] * X[n]` over the samples.
#
# </details>


# %%
def textbook_loss(X, y, w, b):
    """The loss as written above: good enough for small logits."""
    p = 1 / (1 + np.exp(-(X @ w + b)))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


# %% experiment
X, y = np.array([[1.0, 2.0], [3.0, -4.0], [0.0, 1.0]]), np.array([1, 0, 1])
w, b = np.array([0.5, 0.25]), -0.75
print("dw", numerical_gradient(lambda v: textbook_loss(X, y, v, b), w).round(6))
print("db", numerical_gradient(lambda v: textbook_loss(X, y, w, v), np.array(b)).round(6))


# %% exercise="logistic_gradient"
def logistic_gradient(X, y, p):
    """Gradient of the mean logistic loss with respect to the weights and the bias.

    X: (N, D) array.  y: (N,) array of classes, each 0 or 1.
    p: (N,) array, p = sigmoid(X @ w + b), computed before.
    Returns (dw, db): a (D,) array and a float, both averaged over the N samples.
    """
    ### BEGIN SOLUTION
    error = (p - y) / X.shape[0]
    return X.T @ error, error.sum()
    ### END SOLUTION


# %% check="logistic_gradient" points=3
X, y = np.array([[1.0, 2.0], [3.0, -4.0], [0.0, 1.0]]), np.array([1, 0, 1])
dw, db = logistic_gradient(X, y, np.array([0.75, 0.5, 0.5]))
check_close(dw, [1.25 / 3, -1.0], "dw for probabilities of 0.75, 0.5 and 0.5")
check_close(db, -0.25 / 3, "db for the same")
w, b = np.array([0.5, 0.25]), -0.75
dw, db = logistic_gradient(X, y, 1 / (1 + np.exp(-(X @ w + b))))
check_gradient(lambda v: textbook_loss(X, y, v, b), w, dw, "dw agrees with a numerical gradient")
check_gradient(lambda v: textbook_loss(X, y, w, v), b, db, "and so does db")

# %% [markdown]
# Now use all three on real data: 569 tumours from Wisconsin. We ask for the probability that one is
# malignant, from one feature, the mean radius of its cell nuclei. The weight and the bias are
# packed into one array of two numbers, so that your `gradient_descent` can move both.
#
# A word on the rate. The logistic loss is no parabola, but it bends nowhere more than ⅛ of the
# squared loss of the same inputs (the Hessian has weights $p(1-p) \le \tfrac14$ in place of 2). So
# every rate below $8\,\eta_{\max}$ converges, and $\eta_{\max}$ comes from the function you already
# have. This bound is safe, not sharp: where $p$ is near 0 or 1 the loss bends less, and here even
# $12\,\eta_{\max}$ still converges. We use half of the bound.


# %% experiment
def fit_logistic(X, y, steps):
    """Walk of (weights, bias), packed into (D + 1,), at half the bound. Returns (walk, rate)."""
    ones = np.ones((len(X), 1))
    rate = 0.5 * 8 * largest_stable_rate(np.hstack([X, ones]))

    def gradient(packed):
        p = neuron(X, packed[:-1], packed[-1], sigmoid)
        dw, db = logistic_gradient(X, y, p)
        return np.append(dw, db)

    return gradient_descent(gradient, np.zeros(X.shape[1] + 1), rate, steps), rate


cancer = data.load_breast_cancer()
malignant = np.where(cancer.y == 0, 1.0, 0.0)
radius = cancer.X[:, :1] - cancer.X[:, 0].mean()
walk, rate = fit_logistic(radius, malignant, steps=500)

shift = 0.03 * np.random.default_rng(0).standard_normal(len(radius))
grid = np.linspace(radius.min(), radius.max(), 200)[:, None]
plt.scatter(radius, malignant + shift, s=8, color="0.6", label="tumours (0 benign, 1 malignant)")
for t in (1, 20, 500):
    plt.plot(grid, neuron(grid, walk[t, :1], walk[t, 1], sigmoid), label=f"neuron at step {t}")
plt.xlabel(f"{cancer.feature_names[0]}, from its mean")
plt.ylabel("probability of malignant")
plt.legend(loc="center right")
plt.show()
guess = neuron(radius, walk[-1, :1], walk[-1, 1], sigmoid) > 0.5
print(f"right for {np.mean(guess == malignant):.1%} of the tumours, with one feature")

# %% [markdown]
# ## 9 · The same ruler for every feature
#
# ●●●○○ · about 15 min · 4 points
#
# The tumours have 30 features. Areas reach 4,000, smoothness stays near 0.1. Section 6 told us what
# that does: the steepest direction sets the step for all, and the flat ones crawl. The loss is a
# ravine.
#
# ![A zigzag path in a ravine, a straight path in a bowl](ravine_and_bowl.svg)
#
# The cure is to measure every feature with the same ruler, its own mean and standard deviation:
#
# $$\tilde x_{nd} = \frac{x_{nd} - \mu_d}{s_d}, \qquad \mu_d = \frac1N\sum_n x_{nd}, \qquad
# s_d = \sqrt{\frac1N\sum_n (x_{nd} - \mu_d)^2} .$$
#
# Three rules, each of which is broken somewhere every day:
#
# 1. $\mu_d$ and $s_d$ come from the **training set only**, and the test set is transformed with
#    those same numbers. The test set stands for patients who have not come yet; their mean is not
#    known.
# 2. $s_d$ divides by $N$, not by $N - 1$. NumPy's `std` does so unless told otherwise.
# 3. A feature that is constant in the training set has $s_d = 0$. Divide it by 1 instead, so that
#    it becomes 0 there. Do not compare $s_d$ with 0, though: the mean of a column of 0.1s may be
#    off in the last digit, and then NumPy's `std` gives $10^{-17}$. Compare the column's values.
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $X$ | `train` | $(N, D)$ | training samples |
# | | `test` | $(M, D)$ | other samples, $M$ may differ from $N$ |
# | $\mu_d$, $s_d$ | inside | $(D{,})$ | one mean and one deviation per feature |
# | | returned | $(N, D)$, $(M, D)$ | both sets, transformed |
#
# <details><summary>Hint</summary>
#
# `train.mean(axis=0)` has shape $(D{,})$ and broadcasts over the rows. A column is constant if its
# largest value equals its smallest; `np.where(condition, 1.0, s)` chooses by feature.
#
# </details>


# %% exercise="standardise"
def standardise(train, test):
    """Standardise both sets with the mean and standard deviation of the training set.

    train: (N, D) array.  test: (M, D) array.
    Returns (train_z, test_z), of the same shapes. The deviation divides by N; a feature whose
    values in train are all equal is divided by 1, so it is shifted only.
    Raises ValueError naming test, its shape and what was expected, unless it has D columns.
    """
    ### BEGIN SOLUTION
    if test.shape[1:] != train.shape[1:]:
        raise ValueError(f"test has shape {test.shape}, expected (M, {train.shape[1]}) as in train")
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    constant = train.max(axis=0) == train.min(axis=0)
    deviation = np.where(constant, 1.0, deviation)
    return (train - mean) / deviation, (test - mean) / deviation
    ### END SOLUTION


# %% check="standardise" points=4
train = np.array([[0.0, 10.0, 2.0], [4.0, 10.0, 2.0], [0.0, 10.0, 8.0], [4.0, 10.0, 8.0]])
test = np.array([[6.0, 11.0, 5.0]])
train_z, test_z = standardise(train, test)
expected = [[-1.0, 0.0, -1.0], [1.0, 0.0, -1.0], [-1.0, 0.0, 1.0], [1.0, 0.0, 1.0]]
check_close(
    train_z, expected, "training features get mean 0 and deviation 1, a constant one gets 0"
)
check_close(test_z, [[2.0, 1.0, 0.0]], "the test set is measured with the training set's ruler")
check_raises(ValueError, standardise, train, test[:, :1], match=r"\btest\b")

# %% [markdown]
# Now the experiment this lab was built for. The same neuron, the same 300 steps, each run at half
# of its own bound. Only the ruler differs.

# %% experiment
order = np.random.default_rng(0).permutation(len(malignant))
seen, unseen = order[:400], order[400:]
raw = cancer.X[seen], cancer.X[unseen]
versions = {"raw features": raw, "standardised features": standardise(*raw)}

print("                       curvature           rate   loss after   test")
print("                       max / min                   300 steps   accuracy")
for name, (train, test) in versions.items():
    walk, rate = fit_logistic(train, malignant[seen], steps=300)
    curve = [logistic_loss(train @ v[:-1] + v[-1], malignant[seen]) for v in walk]
    with_ones = np.hstack([train, np.ones((len(train), 1))])  # the bias has a direction, too
    spread = np.linalg.svd(with_ones, compute_uv=False) ** 2  # the Hessian's, up to 2/N
    accuracy = np.mean((test @ walk[-1, :-1] + walk[-1, -1] > 0) == malignant[unseen])
    print(
        f"{name:22s} {spread[0] / spread[-1]:11.1e} {rate:11.2g} {curve[-1]:12.3f} {accuracy:10.1%}"
    )
    plt.plot(curve, label=name)
plt.xlabel("step")
plt.ylabel("logistic loss on the training set")
plt.legend()
plt.show()

# %% [markdown]
# Where the raw run stands after 300 steps, the standardised one stood after its first few. Nothing
# about the model changed: any line that can be drawn with one set of features can be drawn with the
# other.
#
# Standardising gives every axis the same scale. It does not remove correlation: the radius, the
# perimeter and the area of a nucleus still tell nearly the same story, so some directions stay
# flat, and the loss is still creeping down at step
# 300. Better optimisers (lab 4) and batch normalisation (lab 5) carry on from here.
#
# ### Question 2 (3 points)
#
# *From your own plot and table:* after how many steps was the standardised run below the loss at
# which the raw run ended, and by what factor do the two rates differ? Which step of the argument in
# section 6 explains it? *And:* a classmate standardises all 569 tumours first and then splits them
# into a training and a test set. What is wrong with that, although no label was used?

# %% [markdown] answer="training_statistics" points=3
# ### BEGIN SOLUTION
# The raw run ends at a loss of 0.492; the standardised run is at 0.322 after its very first step.
# Its rate is 0.31 against 2.4e-6, about 130,000 times as long. One rate serves all directions, and
# it must stay below 2 over the largest eigenvalue of the Hessian. Raw, that eigenvalue is dominated
# by the squares of the largest feature (an area), so the rate is tiny, and the directions of small
# curvature shrink by $1 - \eta\lambda \approx 1$. Standardised, all features have mean square 1,
# and the ratio of the largest to the smallest eigenvalue is smaller by seven orders of magnitude.
#
# The test set stands for data that do not exist yet. With means and deviations from all rows, every
# training feature carries information about the test rows, so the test accuracy no longer measures
# how the model does on patients never seen (leakage). It may be harmless for 569 similar rows, and
# it is serious when the sets are small or differ. When the model is used, the next patient's
# statistics are not available either.
#
# *Marking:* 1 point for the two numbers read from the student's own run; 1 point for the largest
# curvature that sets one rate for all; 1 point for the leak.
# ### END SOLUTION

# %% [markdown]
# ## 10 · Stretch: Rosenblatt's perceptron
#
# ●●●○○ · about 20 min · stretch, 0 points
#
# The perceptron, built of hardware around 1958, had a step for an activation and so no useful
# gradient. Frank Rosenblatt found a rule that needs none. Classes are $y_n \in \{-1, +1\}$. Visit
# the samples in order; whenever one is on the wrong side, or exactly on the border, move the
# border:
#
# $$\text{if}\quad y_n\,(\mathbf w^\top \mathbf x_n + b) \le 0: \qquad
# \mathbf w \leftarrow \mathbf w + y_n \mathbf x_n, \quad b \leftarrow b + y_n .$$
#
# The new weights count at once, for the very next sample. If some line separates the classes, the
# rule makes only finitely many mistakes (Novikoff, 1962). If none does, it never stops. The cell
# after the check lets it loose on the tumours; skip it if you skip the stretch.
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $X$, $y_n$ | `X`, `y` | $(N, D)$, $(N{,})$ | samples and classes, −1 or +1 |
# | $\mathbf w$, $b$ | `w`, `b` | $(D{,})$, float | where this pass begins |
# | | returned | $(D{,})$, float, int | new weights, new bias, mistakes made during the pass |
#
# <details><summary>Hint</summary>
#
# A loop over the rows is right here, since each step depends on the one before. Copy `w` first.
#
# </details>


# %% exercise="perceptron_epoch"
def perceptron_epoch(X, y, w, b):
    """One pass of Rosenblatt's rule over the samples, in order.

    X: (N, D) array.  y: (N,) float array of classes, each -1 or +1.
    w: (D,) array and b: float, the weights before the pass; not modified.
    Returns (w, b, mistakes): (D,) array, float, int. A sample with y (w·x + b) <= 0 is a
    mistake; it adds y x to w and y to b, at once.
    """
    ### BEGIN SOLUTION
    mistakes = 0
    for x_n, y_n in zip(X, y, strict=True):
        if y_n * (w @ x_n + b) <= 0:
            w, b = w + y_n * x_n, b + y_n
            mistakes += 1
    return w, b, mistakes
    ### END SOLUTION


# %% check="perceptron_epoch" points=0
X, y = np.array([[2.0, 0.0], [1.0, 1.0], [-1.0, 3.0]]), np.array([1.0, -1.0, 1.0])
w, b, mistakes = perceptron_epoch(X, y, np.zeros(2), 0.0)
check_close(w, [0.0, 2.0], "the weights after one pass")
check_close(b, 1.0, "the bias after one pass")
check_true(mistakes == 3, "three mistakes on the way")
w, b, mistakes = perceptron_epoch(X, y, w, b)
check_close(w, [-1.0, 1.0], "the weights after a second pass")
check_true(mistakes == 1, "one mistake left")

# %% experiment
train, test = versions["standardised features"]
signs = np.where(malignant > 0, 1.0, -1.0)
w, b, history = np.zeros(train.shape[1]), 0.0, []
for _ in range(60):
    w, b, mistakes = perceptron_epoch(train, signs[seen], w, b)
    history.append(mistakes)
plt.plot(range(1, 61), history)
plt.xlabel("pass over the training set")
plt.ylabel("mistakes in the pass")
plt.show()
print(f"test accuracy {np.mean(np.sign(test @ w + b) == signs[unseen]):.1%}")

# %% [markdown]
# ## What to take with you
#
# - A neuron is $a(\mathbf w^\top\mathbf x + b)$. Learning moves $\mathbf w$ and $b$ against the
#   gradient of an average loss.
# - The gradient of both losses is the same sentence: error times input, averaged.
# - The largest stable rate is 2 over the largest curvature. Too short a step wastes your time, too
#   long a step destroys the run, and the limit is sharp.
# - Work with logits. A formula that is right on paper may still overflow.
# - Standardise with the training set's statistics. It turns a ravine into something like a bowl.
#
# **Sources.** W. McCulloch and W. Pitts, *A logical calculus of the ideas immanent in nervous
# activity*, 1943 · F. Rosenblatt, *The perceptron*, Psychological Review 65, 1958 · A. Novikoff,
# *On convergence proofs on perceptrons*, 1962 · Y. LeCun, L. Bottou, G. Orr and K.-R. Müller,
# *Efficient BackProp*, 1998 · B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, *Least angle
# regression*, 2004 (the diabetes table) · W. N. Street, W. H. Wolberg and O. L. Mangasarian,
# *Nuclear feature extraction for breast tumor diagnosis*, 1993 (the tumours) · D. Harrison and D.
# Rubinfeld, *Hedonic housing prices and the demand for clean air*, 1978 (the table we do not use).
