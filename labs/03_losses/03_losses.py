# %% [markdown]
# # 3 · What to minimise
#
# A network does what its loss asks for, and nothing else. If the loss counts a patient who was
# missed like a patient who was alarmed for nothing, the network will miss patients. If it squares
# the error, one misplaced decimal point in the table counts more than a hundred good rows. If
# it is flat where the network is wrong, the network stays wrong.
#
# The layers of lab 2 will serve you for years without a change. The loss is chosen anew for each
# task. In this lab you write the losses that nearly all networks are trained by, with their
# gradients, so that they survive any input; and in three experiments you see what happens when the
# wrong one is chosen.
#
# ![One far point pulls the line of the squared error up; Huber's line stays](pulled_line.svg)
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | introduction | | | 5 |
# | 1 · How far off? | `mse` | 2 | 8 |
# | | `mse_gradient` | 2 | 8 |
# | | `predict_best_constants` | 2 | 8 |
# | | experiment and question 1 | 3 | 20 |
# | | `huber_loss` (stretch) | 0 | (20) |
# | 2 · Yes or no | `bce_from_probabilities` | 3 | 12 |
# | | `bce_from_logits` | 4 | 18 |
# | | `bce_from_logits_gradient` | 4 | 20 |
# | | `predict_saturated_steps` and experiment | 2 | 15 |
# | 3 · One of many | `one_hot` | 2 | 8 |
# | | `softmax_cross_entropy` | 4 | 20 |
# | | `softmax_cross_entropy_gradient` | 4 | 20 |
# | | `predict_untrained_loss` and experiment | 2 | 12 |
# | | `exposing_logits` (find the bug) | 4 | 20 |
# | | `smooth_labels` (stretch) | 0 | (15) |
# | 4 · Rare and important | `weighted_cross_entropy` | 4 | 18 |
# | | `confusion_matrix` | 3 | 10 |
# | | `recall` | 2 | 8 |
# | | experiment and question 2 | 3 | 20 |
# | 5 · What the weights cost | `l2_penalty`, `l1_penalty` | 3 + 3 | 18 |
# | | `total_objective` and experiment | 4 | 22 |
# | **together** | 18 exercises, 2 questions | **60** | **290** |
#
# That is about five hours: take two or three sittings. Times in brackets are not in the sum.
#
# **How it works.** Replace each `raise NotImplementedError` by your code, then run the check below
# it. The visible checks are small on purpose. When you hand in, hidden checks try other shapes and
# values, so write for every input that the docstring allows.
#
# **Conventions of the course.** Arrays hold `float64`. The batch comes first. A function never
# modifies its inputs. A loss is the **mean over the $N$ samples of a sum over the outputs**, one
# Python or NumPy float. Its gradient already holds the $\frac1N$. Bad input raises a `ValueError`
# that names the argument.

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


def sigmoid(z):
    """1 / (1 + exp(-z)), for any z without overflow; you know it from labs 1 and 2."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))


# %% [markdown]
# ## 1 · How far off?
#
# ### Squared error
#
# ●○○○○ · about 8 min · 2 points
#
# A network that predicts quantities (a price, a temperature, the two coordinates of an eye in a
# photograph) has one output unit for each of them, with no activation. The usual loss is
#
# $$L = \frac1N \sum_{n=1}^{N} \sum_{k=1}^{K} (\hat y_{nk} - y_{nk})^2 .$$
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $\hat y_{nk}$ | `predictions` | $(N, K)$ | output $k$ for sample $n$ |
# | $y_{nk}$ | `targets` | $(N, K)$ | what it should have been |
# | $L$ | returned | a float | |
#
# **Convention.** "Mean squared error" has three meanings in use. We average over the samples and
# *sum* over the outputs, as for every loss of this course. torch's `F.mse_loss` averages over all
# $N K$ entries, so for two outputs ours is twice torch's. Some texts put a ½ in front. None of this
# moves the minimum, but all of it changes the gradient, and with it the learning rate that works.
#
# **The trap.** Subtract targets of shape $(N{,})$ from predictions of shape $(N, 1)$ and NumPy
# gives you an $(N, N)$ table: every prediction against every target. The mean of its squares looks
# like a loss and even falls in training, until all predictions are the same. So refuse unequal
# shapes.
#
# <details><summary>Hint</summary>
#
# `np.sum` over everything, divided by the number of rows.
#
# </details>


# %% exercise="mse"
def mse(predictions, targets):
    """Squared error, averaged over the samples and summed over the outputs.

    predictions: (N, K) array.  targets: (N, K) array.
    Returns a float: 1/N times the sum over n and k of (predictions - targets)², no factor ½.
    Raises ValueError naming targets, its shape and the shape expected, unless the shapes agree.
    """
    ### BEGIN SOLUTION
    if targets.shape != predictions.shape:
        raise ValueError(f"targets has shape {targets.shape}, expected {predictions.shape}")
    return np.sum((predictions - targets) ** 2) / len(predictions)
    ### END SOLUTION


# %% check="mse" points=2
predictions = np.array([[1.0, -2.0], [0.5, 3.0], [4.0, 0.0]])
targets = np.array([[0.0, -1.0], [2.5, 3.0], [1.0, -0.5]])
check_close(mse(predictions, targets), 15.25 / 3, "three samples with two outputs each")
check_close(mse(predictions[:1], targets[:1]), 2.0, "one sample")
check_close(predictions[:, 1], [-2.0, 3.0, 0.0], "the predictions are left as they were")
check_raises(ValueError, mse, predictions[:, :1], targets[:, 0], match=r"\btargets\b")

# %% [markdown]
# ### Its gradient
#
# ●○○○○ · about 8 min · 2 points
#
# Training needs the slope of the loss with respect to each prediction. The entry $\hat y_{nk}$
# occurs in one term of the double sum only, so the derivative is short. Write it down, then
# write it in NumPy.
#
# The result has the shape of the predictions, $(N, K)$. It is the `dout` with which the backward
# pass of lab 2 begins, and it already holds the $\frac1N$.
#
# <details><summary>Hint</summary>
#
# The derivative of $r^2$ is $2r$, and $r_{nk} = \hat y_{nk} - y_{nk}$. What stands in front of the
# double sum also stands in front of each term.
#
# </details>


# %% exercise="mse_gradient"
def mse_gradient(predictions, targets):
    """Gradient of `mse` with respect to the predictions.

    predictions: (N, K) array.  targets: (N, K) array.
    Returns a new (N, K) array.
    """
    ### BEGIN SOLUTION
    return 2.0 * (predictions - targets) / len(predictions)
    ### END SOLUTION


# %% check="mse_gradient" points=2
predictions = np.array([[1.0, -2.0], [0.5, 3.0], [4.0, 0.0]])
targets = np.array([[0.0, -1.0], [2.5, 3.0], [1.0, -0.5]])
slopes = mse_gradient(predictions, targets)
check_close(
    slopes, [[2 / 3, -2 / 3], [-4 / 3, 0.0], [2.0, 1 / 3]], "three samples with two outputs each"
)
check_gradient(
    lambda a: np.sum((a - targets) ** 2) / 3, predictions, slopes, "agrees with small steps"
)
check_close(predictions[:, 1], [-2.0, 3.0, 0.0], "the predictions are left as they were")

# %% [markdown]
# ### Predict: what does each loss ask for?
#
# ●●○○○ · about 8 min · 2 points
#
# The simplest model ignores its input and always says the same number $c$. Which $c$ is best
# depends on the loss alone. Five houses were sold for
#
# $$2, \quad 3, \quad 5, \quad 7, \quad 83$$
#
# (the last may be a castle or a typing error). Work out on paper, without a computer:
#
# - which $c$ makes the mean of the **squared** errors $(c - y_n)^2$ smallest, and
# - which $c$ makes the mean of the **absolute** errors $|c - y_n|$ smallest.
#
# <details><summary>Hint</summary>
#
# At the minimum the slope is 0. The slope of $(c-y)^2$ is $2(c-y)$: the far house pulls harder.
# The slope of $|c-y|$ is $+1$ or $-1$: every house pulls with the same strength, and only the side
# counts.
#
# </details>


# %% exercise="predict_best_constants"
def predict_best_constants():
    """The best constant prediction for the five prices, by two losses.

    Returns (a, b): a minimises the mean squared error, b the mean absolute error.
    """
    ### BEGIN SOLUTION
    return 20.0, 5.0
    ### END SOLUTION


# %% check="predict_best_constants" points=2
guess = predict_best_constants()
check_true(isinstance(guess, tuple | list) and len(guess) == 2, "two values come back")
check_true(
    all(isinstance(c, int | float | np.number) for c in guess), "both are numbers; more is hidden"
)

# %% [markdown]
# Now run it. Each curve is the loss of the constant $c$, divided by its own minimum so that both
# fit into one picture. Do the lowest points lie where you said? If one does not: which of the five
# houses had you given too much weight, or too little?

# %% experiment
prices = np.array([2.0, 3.0, 5.0, 7.0, 83.0])
constants = np.linspace(0, 45, 451)
squared = np.mean((constants[:, None] - prices) ** 2, axis=1)
absolute = np.mean(np.abs(constants[:, None] - prices), axis=1)
for name, curve in (("squared error", squared), ("absolute error", absolute)):
    line = plt.plot(constants, curve / curve.min(), label=name)[0]
    best = constants[np.argmin(curve)]
    plt.plot(best, 1.0, "o", color=line.get_color())
    print(f"{name:15s} lowest at c = {best:.1f}")
plt.plot(prices[:4], np.full(4, 0.95), "k|", markersize=10, label="the four near prices")
plt.xlabel("constant prediction c")
plt.ylabel("loss / lowest loss")
plt.legend()
plt.show()

# %% [markdown]
# ### The experiment: fifteen wrong rows
#
# Real tables have typing errors. We take the 442 patients of lab 1, predict the progression of
# their disease from ten measurements, and multiply some targets of the training set by 10, as if a
# decimal point had been lost. The test set stays clean, and we judge by its mean absolute error.
#
# The rival of the squared error is a loss by Peter Huber (1964). It is the squared error (halved)
# as long as the error is at most $\delta$, and a straight line beyond:
#
# $$\ell_\delta(r) = \begin{cases} \tfrac12 r^2 & |r| \le \delta \\
# \delta\,(|r| - \tfrac12\delta) & |r| > \delta \end{cases}$$
#
# So its slope is $r$, but never more than $\delta$ in size: no single row can pull harder than
# that. This is all that training needs, and the next cell has it. (The loss itself is the stretch
# exercise at the end of this section.)


# %% setup
def huber_slopes(predictions, targets, delta):
    """Gradient of the mean Huber loss with respect to the predictions."""
    return np.clip(predictions - targets, -delta, delta) / len(predictions)


def fit_line(X, y, slopes, steps=1000):
    """Weights of a linear model, by gradient descent. X: (N, D) with a column of ones.

    slopes(predictions, targets) returns the gradient of the loss, (N, 1), as `mse_gradient` does.
    """
    curvature = np.linalg.eigvalsh(X.T @ X / len(X))[-1]
    w = np.zeros((X.shape[1], 1))
    for _ in range(steps):
        w = w - 0.5 / curvature * X.T @ slopes(X @ w, y)
    return w


def diabetes_test_error(slopes, wrong_rows, seed):
    """Mean absolute error on 142 clean patients; `wrong_rows` of 300 training targets are x 10."""
    rng = np.random.default_rng(seed)
    table = data.load_diabetes()
    order = rng.permutation(len(table.y))
    train, test = order[:300], order[300:]
    X = (table.X - table.X[train].mean(axis=0)) / table.X[train].std(axis=0)
    X = np.hstack([X, np.ones((len(X), 1))])
    y = table.y[:, None].copy()
    y[train[:wrong_rows]] *= 10
    w = fit_line(X[train], y[train], slopes)
    return np.mean(np.abs(X[test] @ w - table.y[test, None]))


# %% experiment
def mean_over_seeds(slopes, wrong_rows, seeds=10):
    return np.mean([diabetes_test_error(slopes, wrong_rows, seed) for seed in range(seeds)])


def huber_with(delta):
    return lambda predictions, targets: huber_slopes(predictions, targets, delta)


wrong = np.array([0, 3, 6, 15, 30])
deltas = np.array([5, 20, 50, 100, 200, 500, 1000, 3000])
by_squares = [mean_over_seeds(mse_gradient, rows) for rows in wrong]
by_huber = [mean_over_seeds(huber_with(50), rows) for rows in wrong]
by_delta = [mean_over_seeds(huber_with(delta), 15) for delta in deltas]

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
left.plot(wrong / 3, by_squares, "o-", label="squared error")
left.plot(wrong / 3, by_huber, "s-", label="Huber, δ = 50")
left.set(xlabel="training targets times 10 (%)", ylabel="test error (mean absolute)")
left.set(title="one loss each", ylim=(0, None))
left.legend(loc="upper left")
right.semilogx(deltas, by_delta, "s-", color="C1", label="Huber, 5 % wrong")
right.axhline(by_squares[3], color="C0", linestyle="--", label="squared error, 5 % wrong")
right.axhline(by_squares[0], color="0.6", linestyle=":", label="squared error, none wrong")
right.set(xlabel="δ", title="one δ each")
right.legend(loc="upper left")
plt.show()
print("wrong rows   ", *(f"{value:7d}" for value in wrong))
print("squared error", *(f"{value:7.1f}" for value in by_squares))
print("Huber, δ = 50", *(f"{value:7.1f}" for value in by_huber))
print("δ            ", *(f"{value:7d}" for value in deltas))
print("5 % wrong    ", *(f"{value:7.1f}" for value in by_delta))

# %% [markdown]
# Every point is the mean of ten splits. With fifteen wrong rows of 300 the error of the squared
# loss almost doubles, from 44.9 to 87.5. Huber's hardly moves.
#
# ### Question 1 (3 points)
#
# Look at your right-hand plot. (a) From which δ to which is the Huber loss nearly as good as if
# no row were wrong, and how does that compare with the size of ordinary errors on this table (about
# 45)? (b) What does the curve approach as δ grows, and why must it? (c) A colleague says: "Then let
# us always take a tiny δ." Which loss is the Huber loss for a tiny δ, up to a factor, and what
# number does it predict when all it has is a bias: think of the five houses?

# %% [markdown] answer="choosing_delta" points=3
# ### BEGIN SOLUTION
# (a) From the smallest δ tried up to about 100 the test error stays within one unit of the clean
# 45; by 200 it begins to rise, and at 500 it is clearly worse. So δ should be of the order of
# ordinary errors, at most about twice their size: then ordinary rows are in the quadratic part or
# near it, and wrong rows, whose errors are well above a thousand, are far out on the straight part.
#
# (b) It approaches the dashed line, the squared error's result. Once δ is larger than every error,
# no error is clipped, and the Huber loss *is* half the squared error: same minimum.
#
# (c) For a tiny δ almost every error is beyond it, so the loss is δ times the absolute error.
# Only the sign of each error counts; a bias alone ends at the median (5 for the houses), not at the
# mean. That may be what one wants, but then the loss asks for another number than before, and its
# gradient does not shrink near the minimum.
#
# *Marking guide (1 point each).* (a) ½ for a range read from the own plot, ½ for the comparison
# with the size of the errors. (b) ½ for "the squared error", ½ for the reason (nothing is clipped).
# (c) ½ for the absolute error, ½ for the median. Other ranges are right if the plot shows them.
# ### END SOLUTION

# %% [markdown]
# ### Stretch: the Huber loss
#
# ●●●○○ · about 20 min · not counted
#
# Write the loss itself and its gradient, for any $\delta > 0$: the mean over the $N$ samples and
# the sum over the $K$ outputs of $\ell_\delta(\hat y_{nk} - y_{nk})$.
#
# **Convention.** torch has two functions of this family: `F.huber_loss` is ours, with slope
# $\pm\delta$ far out; `F.smooth_l1_loss` divides it by $\delta$, so its slope there is $\pm1$. At
# $\delta = 1$ they are the same, which is why the check uses 2.
#
# <details><summary>Hint</summary>
#
# With $c$ = the error clipped to $[-\delta, \delta]$, both pieces are $c\,(r - \frac12 c)$. Or
# use `np.where` with both formulas: unlike an exponential, neither can overflow.
#
# </details>


# %% exercise="huber_loss"
def huber_loss(predictions, targets, delta):
    """Huber's loss and its gradient with respect to the predictions (Huber 1964).

    predictions: (N, K) array.  targets: (N, K) array.  delta: float above 0.
    Returns (loss, gradient): a float, averaged over the samples and summed over the outputs,
    and a new (N, K) array.
    Raises ValueError naming delta when it is not above 0.
    """
    ### BEGIN SOLUTION
    if not delta > 0:
        raise ValueError(f"delta is {delta}: expected a number above 0")
    error = predictions - targets
    clipped = error.clip(-delta, delta)
    return np.sum(clipped * (error - clipped / 2)) / len(error), clipped / len(error)
    ### END SOLUTION


# %% check="huber_loss" points=0
close = np.array([[0.5, -3.0], [2.0, 0.25]])
loss, slopes = huber_loss(close, np.zeros((2, 2)), 2.0)
check_close(loss, 3.078125, "two samples, one error beyond delta")
check_close(slopes, [[0.25, -1.0], [1.0, 0.125]], "its gradient")
check_close(close[0], [0.5, -3.0], "the predictions are left as they were")
check_raises(ValueError, huber_loss, close, close, 0.0, match=r"\bdelta\b")

# %% [markdown]
# ## 2 · Yes or no
#
# ### From probabilities
#
# ●●○○○ · about 12 min · 3 points
#
# Now the target is 0 or 1, and the network says with which probability $p$ it is 1. A good loss
# pays for honesty: it should be lowest on average when $p$ is the true chance. The logarithm does
# that. It asks how likely the model found what happened:
#
# $$L = -\frac1N \sum_{n=1}^{N} \Big( y_n \log p_n + (1 - y_n) \log(1 - p_n) \Big) .$$
#
# This is the *binary cross-entropy*, BCE for short; lab 1 called it the logistic loss. In each row
# one term is alive: $-\log p$ for a 1, $-\log(1-p)$ for a 0. Targets between 0 and 1 are allowed
# too ("three of four doctors said yes").
#
# What about $p = 0$ for a sample of class 1? Then the model has called impossible what happened,
# and the formula says $\infty$: one such sample, and the mean and its gradient are lost. And for
# $p = 0$ and $y = 0$ the dead term is $0 \cdot \log 0$, which NumPy turns into NaN. **We
# follow torch's `F.binary_cross_entropy`: each logarithm is replaced by $-100$ where it is
# less.** So a sample that is certain and wrong costs exactly 100, and one that is certain and right
# costs 0.
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $p_n$ | `p` | $(N{,})$ | probabilities, from 0 to 1, both included |
# | $y_n$ | `y` | $(N{,})$ | targets, from 0 to 1, integers or floats |
# | $L$ | returned | a float | |
#
# <details><summary>Hint</summary>
#
# `np.log(0.0)` is `-inf` and warns. `np.maximum(np.log(p), -100)` mends the value, and
# `with np.errstate(divide="ignore"):` around it keeps the warning quiet. Adding a small number
# inside the logarithm is another loss: it changes every value a little.
#
# </details>


# %% exercise="bce_from_probabilities"
def bce_from_probabilities(p, y):
    """Binary cross-entropy of probabilities, averaged over the samples.

    p: (N,) array of probabilities that the target is 1.  y: (N,) array of targets, from 0 to 1.
    Returns a float. Each logarithm counts as -100 where it is less (as in torch). No warning.
    Raises ValueError naming p unless every entry is from 0 to 1 (NaN is not).
    Raises ValueError naming y, its shape and the shape expected, unless it has the shape of p.
    """
    ### BEGIN SOLUTION
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"p of shape {p.shape} has entries that are not from 0 to 1")
    if y.shape != p.shape:
        raise ValueError(f"y has shape {y.shape}, expected {p.shape}")
    with np.errstate(divide="ignore"):
        log_p, log_q = np.maximum(np.log(p), -100.0), np.maximum(np.log(1.0 - p), -100.0)
    return -np.mean(y * log_p + (1 - y) * log_q)
    ### END SOLUTION


# %% check="bce_from_probabilities" points=3
p, y = np.array([0.8, 0.1, 0.3, 0.95]), np.array([1, 0, 1, 0])
check_close(bce_from_probabilities(p, y), 1.1320522862, "four samples")
check_close(bce_from_probabilities(np.array([0.5, 0.5]), np.array([0, 1])), np.log(2), "undecided")
sure = np.array([0.0, 1.0, 0.0, 0.5, 1.0])
check_close(
    bce_from_probabilities(sure, np.array([1, 1, 0, 1, 1])), 20.1386294361, "p = 0 and p = 1"
)
check_close(p, [0.8, 0.1, 0.3, 0.95], "p is left as it was")
check_raises(ValueError, bce_from_probabilities, np.array([0.5, 2.0]), y[:2], match=r"\bp\b")
check_raises(ValueError, bce_from_probabilities, p, y[:, None], match=r"\by\b")

# %% [markdown]
# ### From logits
#
# ●●●○○ · about 18 min · 4 points
#
# The clamp is a bandage. A network's last layer computes a *logit* $z$, any real number, and
# $p = \sigma(z)$. In float64 $\sigma(40)$ is exactly 1: what the network still knew is lost
# before the loss sees it. So put $\sigma$ into the formula and simplify. Since
# $-\log \sigma(z) = \log(1 + e^{-z})$ and $-\log(1 - \sigma(z)) = \log(1 + e^{z})$,
#
# $$\ell(z, y) = y\,\log(1 + e^{-z}) + (1 - y)\,\log(1 + e^{z}) .$$
#
# **A weight for the rare class.** If one sample in twenty is a 1, a network that ignores them all
# is right 95 times in 100. The cure is to let each 1 count $w$ times, by a factor on the first term
# only (torch calls it `pos_weight`):
#
# $$L = \frac1N \sum_{n=1}^{N} \Big( w\, y_n \log(1 + e^{-z_n}) + (1 - y_n) \log(1 + e^{z_n})
# \Big) .$$
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $z_n$ | `z` | $(N{,})$ | logits, any size |
# | $y_n$ | `y` | $(N{,})$ | targets, from 0 to 1, integers or floats |
# | $w$ | `pos_weight` | float | what a 1 counts; by keyword, 1.0 unless given |
# | $L$ | returned | a float | |
#
# **Convention.** The mean divides by $N$, whatever $w$ is (as torch does here). In section 4 you
# will meet a loss that divides by the sum of the weights instead.
#
# **Large logits.** `np.exp(1000)` is `inf`. But the loss of $z = -1000$, $y = 1$ is 1000, and 1000
# must come out, without a warning.
#
# <details><summary>Hint</summary>
#
# What is $\log(1 + e^z)$ close to when $z$ is large? `np.logaddexp(a, b)` is
# $\log(e^a + e^b)$, computed so that neither exponential overflows. Which $a$ makes $e^a = 1$?
#
# </details>


# %% exercise="bce_from_logits"
def bce_from_logits(z, y, *, pos_weight=1.0):
    """Binary cross-entropy of logits, averaged over the samples; exact for logits of any size.

    z: (N,) array of logits.  y: (N,) array of targets, from 0 to 1.
    pos_weight: float, factor of the term of target 1. The mean divides by N.
    Returns a float. No warning, also at z = -1000 and z = 1000.
    Raises ValueError naming y, its shape and the shape expected, unless it has the shape of z.
    """
    ### BEGIN SOLUTION
    if y.shape != z.shape:
        raise ValueError(f"y has shape {y.shape}, expected {z.shape}")
    cost_of_one, cost_of_zero = np.logaddexp(0.0, -z), np.logaddexp(0.0, z)
    return np.mean(pos_weight * y * cost_of_one + (1 - y) * cost_of_zero)
    ### END SOLUTION


# %% check="bce_from_logits" points=4
z, y = np.array([1.5, -0.5, 2.0, -3.0, 0.25]), np.array([1, 0, 0, 1, 1])
check_close(bce_from_logits(z, y), 1.2853890089, "five samples")
check_close(bce_from_logits(z, y, pos_weight=3.0), 2.8157650287, "and a 1 counts three times")
with np.errstate(over="raise", invalid="raise", divide="raise"):
    far = np.array([1000.0, -1000.0])
    check_close(bce_from_logits(far, np.array([1, 0])), 0.0, "certain and right")
    check_close(bce_from_logits(far, np.array([0, 1])), 1000.0, "certain and wrong")
check_close(z, [1.5, -0.5, 2.0, -3.0, 0.25], "z is left as it was")
check_raises(ValueError, bce_from_logits, z, y[:, None], match=r"\by\b")

# %% [markdown]
# ### Its gradient: derive it
#
# ●●●○○ · about 20 min · 4 points
#
# You have the forward formula. The gradient is yours to find: what is
# $\partial L / \partial z_n$, with the weight $w$ in it? Its shape is that of `z`, $(N{,})$.
#
# Before you differentiate, look at the answer. The next cell moves each logit a little, calls your
# loss and prints the slopes times $N$ (so that the mean is out of the way), beside $\sigma(z)$.
# Compare the column for $w = 1$ with $\sigma(z)$ and $y$. Then see what $w = 3$ changes, and
# in which rows.

# %% experiment
tried = np.array([-2.0, -0.5, 1.0, -2.0, -0.5, 1.0])
classes = np.array([0, 0, 0, 1, 1, 1])
print("    z   y   sigmoid(z)   N dL/dz, w = 1   N dL/dz, w = 3")
plain, weighted = (
    6 * numerical_gradient(lambda a, w=w: bce_from_logits(a, classes, pos_weight=w), tried)
    for w in (1.0, 3.0)
)
for row in zip(tried, classes, sigmoid(tried), plain, weighted, strict=True):
    print("{:5.1f} {:3d} {:12.4f} {:16.4f} {:16.4f}".format(*row))

# %% [markdown]
# Now do it with the chain rule, and write it so that $z = \pm 1000$ gives a finite slope without a
# warning. `sigmoid` from the first cell is safe for any $z$.
#
# <details><summary>Hint 1: where to begin</summary>
#
# $\frac{d}{dz} \log(1 + e^{z}) = \frac{e^z}{1 + e^z} = \sigma(z)$. What is the derivative of
# $\log(1 + e^{-z})$? Mind the inner derivative, and that $1 - \sigma(z) = \sigma(-z)$.
#
# </details>
#
# <details><summary>Hint 2: the formula</summary>
#
# $$\frac{\partial L}{\partial z_n} = \frac1N \Big( (1 - y_n)\,\sigma(z_n)
# - w\, y_n\,\big(1 - \sigma(z_n)\big) \Big)$$
#
# For $w = 1$ this is $(\sigma(z_n) - y_n) / N$: error, averaged, as in lab 1.
#
# </details>


# %% exercise="bce_from_logits_gradient"
def bce_from_logits_gradient(z, y, *, pos_weight=1.0):
    """Gradient of `bce_from_logits` with respect to the logits.

    z: (N,) array of logits, any size.  y: (N,) array of targets, from 0 to 1.
    pos_weight: float, factor of the term of target 1.
    Returns a new (N,) array, finite for any finite z. No warning.
    """
    ### BEGIN SOLUTION
    p = sigmoid(z)
    return ((1 - y) * p - pos_weight * y * (1 - p)) / len(z)
    ### END SOLUTION


# %% check="bce_from_logits_gradient" points=4
def textbook_bce(logits):
    chance = 1 / (1 + np.exp(-logits))  # good enough for small logits
    return -np.mean(3 * y * np.log(chance) + (1 - y) * np.log(1 - chance))


z, y = np.array([1.5, -0.5, 2.0, -3.0, 0.25]), np.array([1, 0, 0, 1, 1])
check_close(
    bce_from_logits_gradient(z, y),
    [-0.0364851048, 0.0755081338, 0.1761594156, -0.1905148254, -0.0875646998],
    "five samples",
)
slopes = bce_from_logits_gradient(z, y, pos_weight=3.0)
check_gradient(textbook_bce, z, slopes, "a 1 counts three times: agrees with small steps")
with np.errstate(over="raise", invalid="raise", divide="raise"):
    slopes = bce_from_logits_gradient(np.array([1000.0, -1000.0]), np.array([0, 1]))
    check_close(slopes, [0.5, -0.5], "certain and wrong: the full slope")
check_close(z, [1.5, -0.5, 2.0, -3.0, 0.25], "z is left as it was")

# %% [markdown]
# ### Predict: a unit that is certain and wrong
#
# ●●●○○ · about 15 min with the experiment · 2 points
#
# Why not simply use the squared error for a probability, $(p - y)^2$ with $p = \sigma(z)$? Take one
# unit at $z = -10$, so $p \approx e^{-10} \approx 0.000045$, and let its target be $y = 1$. It is
# certain and wrong. Gradient descent moves its logit directly, $z \leftarrow z - \eta\,\ell'(z)$
# with $\eta = 1$, until $p$ has reached ½, that is $z = 0$.
#
# How many steps does it take with each loss? A power of ten is enough: return the whole number $k$
# such that $10^k$ is nearest to the number of steps (0 for 1 step, 1 for about 10, 2 for about 100,
# and so on).
#
# <details><summary>Hint</summary>
#
# BCE: the slope is $p - y$, nearly $-1$ all the way. Squared error: the slope is
# $2(p-1)\,p\,(1-p) \approx -2e^{z}$. As a differential equation, $\dot z = 2 e^{z}$ has the
# solution $e^{-z(0)} - e^{-z(t)} = 2t$. The steps grow on the way, so the first one does not
# decide.
#
# </details>


# %% exercise="predict_saturated_steps"
def predict_saturated_steps():
    """How long a unit at z = -10 takes to p = 1/2 when the target is 1, at rate 1.

    Returns (a, b), two whole numbers: about 10**a steps by binary cross-entropy, about 10**b
    steps by the squared error of the probability.
    """
    ### BEGIN SOLUTION
    return 1, 4
    ### END SOLUTION


# %% check="predict_saturated_steps" points=2
guess = predict_saturated_steps()
check_true(isinstance(guess, tuple | list) and len(guess) == 2, "two values come back")
check_true(all(isinstance(k, int | np.integer) for k in guess), "both are whole numbers")

# %% experiment
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
z = np.linspace(-12, 6, 300)
left.plot(z, np.logaddexp(0, -z), label="cross-entropy")
left.plot(z, (sigmoid(z) - 1) ** 2, label="squared error")
left.set(xlabel="logit z", ylabel="loss for a target of 1", title="what the unit sees")
left.legend()


def squared_slope(z, y):
    p = sigmoid(z)
    return 2 * (p - y) * p * (1 - p)


for name, slope in (
    ("cross-entropy", bce_from_logits_gradient),
    ("squared error", squared_slope),
):
    z, path = np.array([-10.0]), [-10.0]
    while z[0] < 0 and len(path) < 20_000:
        z = z - slope(z, np.array([1]))
        path.append(z[0])
    print(f"{name:14s} {len(path) - 1:6d} steps")
    right.plot(np.arange(1, len(path) + 1), sigmoid(np.array(path)), label=name)
right.set(xscale="log", xlabel="step (from 1)", ylabel="probability p", title="how it learns")
right.legend(loc="center")
plt.show()

# %% [markdown]
# On the left the squared error is flat at both ends. On one side that is welcome: nothing is left
# to learn. On the other it is fatal: the more wrong the unit, the less it moves. Cross-entropy
# undoes the exponential of the sigmoid, so the slope stays.
#
# Did you expect more for the squared error? Its first step is about $9 \cdot 10^{-5}$ long, and at
# that speed the way of 10 would take 110,000 steps. It takes a tenth of that, because
# the unit gets faster as it goes.
#
# ## 3 · One of many
#
# ### Labels as rows
#
# ●○○○○ · about 8 min · 2 points
#
# With $C$ classes the target is a whole number $c \in \{0, \dots, C-1\}$. A loss compares
# probabilities with probabilities, and as probabilities the label is a row with a single 1:
#
# $$t_{nc} = \begin{cases} 1 & c = y_n \\ 0 & \text{otherwise} \end{cases}$$
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $y_n$ | `labels` | $(N{,})$ | integers from 0 to $C-1$ |
# | $C$ | `classes` | int | how many classes there are, seen in this batch or not |
# | $t_{nc}$ | returned | $(N, C)$ | `float64` |
#
# Mind that NumPy takes an index of $-1$ for the last one. A data set that codes "unknown" as $-1$
# would get the last class without a word, so refuse it.
#
# <details><summary>Hint</summary>
#
# `labels[:, None] == np.arange(classes)` compares a column with a row and gives an $(N, C)$ table.
# Without `[:, None]` it compares entry by entry, and NumPy complains only when $N \ne C$.
#
# </details>


# %% exercise="one_hot"
def one_hot(labels, classes):
    """Rows of zeros with a single 1, at the label.

    labels: (N,) array of ints.  classes: int, the number of classes C.
    Returns an (N, C) float64 array.
    Raises ValueError naming labels unless every entry is from 0 to C - 1.
    """
    ### BEGIN SOLUTION
    if np.any((labels < 0) | (labels >= classes)):
        raise ValueError(f"labels must be 0 or more, and less than classes = {classes}")
    return (labels[:, None] == np.arange(classes)).astype(np.float64)
    ### END SOLUTION


# %% check="one_hot" points=2
labels = np.array([2, 0])
rows = one_hot(labels, 4)
check_shape(rows, (2, 4), "a row for each sample, a column for each class")
check_close(rows, [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]], "a single 1 in each row")
check_raises(ValueError, one_hot, np.array([0, -1, 1]), 3, match=r"\blabels\b")

# %% [markdown]
# ### Softmax cross-entropy
#
# ●●●○○ · about 20 min · 4 points
#
# The network's last layer gives $C$ logits $z_{nc}$ for each sample. Softmax makes probabilities of
# them (lab 2), and the loss is again the logarithm of what happened. Written with the logarithm
# inside,
#
# $$\log p_{nc} = z_{nc} - \log \sum_{c'} e^{z_{nc'}}, \qquad
# L = -\frac1N \sum_{n=1}^{N} \sum_{c=1}^{C} t_{nc} \log p_{nc} .$$
#
# With a label instead of a row, the inner sum has one term left: $-\log p_{n, y_n}$. Your function
# accepts both, and tells them apart by their shape.
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $z_{nc}$ | `z` | $(N, C)$ | logits, any size |
# | $y_n$ or $t_{nc}$ | `targets` | $(N{,})$ or $(N, C)$ | integer labels, or rows that sum to 1 |
# | $L$ | returned | a float | |
#
# **Stay with the logarithm.** If you compute $p$ first and then its logarithm, a logit that lies
# 800 below the best one has $p = 0$ and $\log p = -\infty$. If you compute $e^{z}$ first, a
# logit of 1000 is `inf`. Subtract the largest logit *of each row*: that changes nothing in the
# formula and everything in the computer.
#
# <details><summary>Hint</summary>
#
# `s = z - z.max(axis=1, keepdims=True)` and then
# `log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))`. For labels,
# `log_p[np.arange(N), labels]` picks one entry of each row. (`log_p[:, labels]` picks $N$ columns.)
#
# </details>


# %% exercise="softmax_cross_entropy"
def softmax_cross_entropy(z, targets):
    """Cross-entropy of softmax(z), averaged over the samples; exact for logits of any size.

    z: (N, C) array of logits.
    targets: (N,) array of integer labels, or (N, C) array of rows that sum to 1.
    Returns a float. No warning.
    Raises ValueError naming targets, its shape and the shapes expected, if it has another shape.
    """
    ### BEGIN SOLUTION
    N = len(z)
    if targets.shape not in ((N,), z.shape):
        raise ValueError(f"targets has shape {targets.shape}, expected {(N,)} or {z.shape}")
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    if targets.ndim == 1:
        return -np.mean(log_p[np.arange(N), targets])
    return -np.sum(targets * log_p) / N
    ### END SOLUTION


# %% check="softmax_cross_entropy" points=4
z = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [-1.5, 0.5, 2.0], [1.0, 1.0, -2.0]])
labels = np.array([2, 1, 0, 1])
rows = np.array([[0.25, 0.0, 0.75], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.7, 0.1]])
check_close(softmax_cross_entropy(z, labels), 1.5886738210, "integer labels")
check_close(softmax_cross_entropy(z, np.eye(3)[labels]), 1.5886738210, "the same labels as rows")
check_close(softmax_cross_entropy(z, rows), 1.3199238210, "rows with several classes")
with np.errstate(over="raise", invalid="raise", divide="raise"):
    far = np.array([[1000.0, 0.0, -1000.0], [-5000.0, -5001.0, -5002.0]])
    check_close(softmax_cross_entropy(far, np.array([1, 0])), 500.2038029783, "logits of any size")
check_close(z[:, 0], [2.0, 0.0, -1.5, 1.0], "z is left as it was")
check_raises(ValueError, softmax_cross_entropy, z, labels[:, None], match=r"\btargets\b")

# %% [markdown]
# ### Its gradient: derive it
#
# ●●●○○ · about 20 min · 4 points
#
# Again the formula is yours to find: $\partial L / \partial z_{nc}$, of shape $(N, C)$, for targets
# of both kinds. A change of one logit changes all probabilities of its row, which is where most
# wrong derivations stop. Working with $\log p$ makes it painless.
#
# First look. The cell prints $N$ times the numerical slopes of your loss for one sample, beside its
# probabilities. What do you see? What does a row of the gradient sum to?

# %% experiment
one = np.array([[2.0, -1.0, 0.5, 0.0]])
p = np.exp(one) / np.exp(one).sum()
print("probabilities   ", np.round(p[0], 4))
for label in range(4):
    slopes = numerical_gradient(lambda a, c=label: softmax_cross_entropy(a, np.array([c])), one)
    print(f"slopes, label {label} ", np.round(slopes[0], 4), f" sum {abs(slopes.sum()):.4f}")

# %% [markdown]
# <details><summary>Hint 1: where to begin</summary>
#
# For one sample $\ell = -\sum_{c} t_c\, z_c + \log \sum_{c'} e^{z_{c'}}$, since the targets sum to
# 1. Differentiate both terms with respect to $z_c$. The second gives
# $e^{z_c} / \sum_{c'} e^{z_{c'}}$: you know that number.
#
# </details>
#
# <details><summary>Hint 2: the formula</summary>
#
# $$\frac{\partial L}{\partial z_{nc}} = \frac1N (p_{nc} - t_{nc})$$
#
# Softmax of the row, minus the target row, divided by $N$. For labels, subtract 1 at
# `[np.arange(N), labels]`, from an array of your own.
#
# </details>


# %% exercise="softmax_cross_entropy_gradient"
def softmax_cross_entropy_gradient(z, targets):
    """Gradient of `softmax_cross_entropy` with respect to the logits.

    z: (N, C) array of logits, any size.
    targets: (N,) array of integer labels, or (N, C) array of rows that sum to 1.
    Returns a new (N, C) array, finite for any finite z. No warning.
    """
    ### BEGIN SOLUTION
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    if targets.ndim == 1:
        p[np.arange(len(z)), targets] -= 1.0
        return p / len(z)
    return (p - targets) / len(z)
    ### END SOLUTION


# %% check="softmax_cross_entropy_gradient" points=4
def textbook_cross_entropy(logits):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)  # fine for small logits
    return -np.sum(rows * np.log(p)) / 4


z = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [-1.5, 0.5, 2.0], [1.0, 1.0, -2.0]])
labels = np.array([2, 1, 0, 1])
rows = np.array([[0.25, 0.0, 0.75], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.7, 0.1]])
slopes = softmax_cross_entropy_gradient(z, rows)
check_gradient(textbook_cross_entropy, z, slopes, "rows: agrees with small steps")
slopes = softmax_cross_entropy_gradient(z, labels)
check_close(slopes[0], [0.1963992586, 0.0097781433, -0.2061774020], "labels: the first row")
with np.errstate(over="raise", invalid="raise"):
    slopes = softmax_cross_entropy_gradient(np.array([[1000.0, 0.0]]), np.array([1]))
    check_close(slopes, [[1.0, -1.0]], "certain and wrong: the full slope")
check_close(z[:, 0], [2.0, 0.0, -1.5, 1.0], "z is left as it was")

# %% [markdown]
# ### Predict: the loss before and after
#
# ●●○○○ · about 12 min with the experiment · 2 points
#
# The first number that a training run prints is worth a look, because you can know it in advance.
#
# **(a)** A classifier of ten digits starts with all weights and biases 0. What is its softmax
# cross-entropy, whatever the images and labels are?
#
# **(b)** A classmate's network ends in a softmax layer, and its output goes into
# `softmax_cross_entropy`, which applies softmax again. After long training its outputs are perfect:
# exactly 1 for the right one of ten classes, 0 for the others. Which loss does it print?
#
# Two decimals are enough. You may use NumPy as a pocket calculator in the function.
#
# <details><summary>Hint</summary>
#
# (a) Which probability does each class get? (b) The "logits" are 1, 0, 0, ..., 0. What is the
# softmax of that row at the right class?
#
# </details>


# %% exercise="predict_untrained_loss"
def predict_untrained_loss():
    """Two losses of a classifier of ten classes, to two decimals or better.

    Returns (a, b): a of the untrained network with weights 0, b of perfect probabilities that are
    taken for logits.
    """
    ### BEGIN SOLUTION
    return np.log(10), np.log(np.e + 9) - 1
    ### END SOLUTION


# %% check="predict_untrained_loss" points=2
guess = predict_untrained_loss()
check_true(isinstance(guess, tuple | list) and len(guess) == 2, "two values come back")
check_true(all(isinstance(c, int | float | np.number) for c in guess), "both are numbers")

# %% [markdown]
# Run it on 1,797 real digits with a single linear layer. The dashed curve is what the classmate
# sees: the same network at the same steps, but its probabilities go through softmax once more.
# Where do both curves start? Were your two numbers right?


# %% experiment
digits = data.load_digits()
X, W = digits.X / 16.0, np.zeros((10, 64))
curve, seen_twice = [], []
for _ in range(300):
    z = X @ W.T
    curve.append(softmax_cross_entropy(z, digits.y))
    p = np.exp(z - z.max(axis=1, keepdims=True))
    seen_twice.append(softmax_cross_entropy(p / p.sum(axis=1, keepdims=True), digits.y))
    W = W - 0.5 * softmax_cross_entropy_gradient(z, digits.y).T @ X
plt.plot(curve, label="logits into the loss")
plt.plot(seen_twice, "--", label="softmax applied twice")
plt.axhline(curve[0], color="0.6", linestyle=":", linewidth=1)
perfect = softmax_cross_entropy(np.eye(10), np.arange(10))
plt.axhline(perfect, color="0.6", linestyle=":", linewidth=1)
plt.xlabel("step")
plt.ylabel("loss on the digits")
plt.ylim(0, 2.5)
plt.legend(loc="center right")
plt.show()
print(f"first loss {curve[0]:.4f}; perfect outputs, softmax twice {perfect:.4f}")
print(f"right after 300 steps: {np.mean(np.argmax(X @ W.T, axis=1) == digits.y):.1%}")

# %% [markdown]
# Two numbers to remember. A first loss far *above* $\ln C$ means that the network starts out
# certain of nonsense: its weights are too large. A loss that falls from $\ln 10 = 2.30$ and
# sticks near 1.46 means softmax twice.
#
# ### Find the bug
#
# ●●●○○ · about 20 min · 4 points
#
# The next cell holds a cross-entropy such as you can find in many projects. It runs. It passes a
# test with logits drawn from a normal distribution, to nine digits. It has one fault.


# %% setup
def suspicious_cross_entropy(z, labels):
    """Softmax cross-entropy for integer labels, with one fault."""
    shifted = z - z.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(z)), labels] + 1e-12))


# %% [markdown]
# Don't mend it. Do what a tester does: find **one input that exposes it**, and not it alone. Your
# `(z, labels)` will be given to this function and to nearly thirty other faulty versions of
# `softmax_cross_entropy`, of the kind that people write in earnest: softmax along the wrong axis,
# no shift or the wrong shift, a factor lost, the wrong entry picked, a logarithm cut off. A version
# is exposed when its result differs from the right one, or when it raises an error.
#
# - Half of the points: the version above is exposed.
# - The other half: at least nine in ten of all versions are.
#
# The labels are integers from 0 to $C-1$, and 1,000 numbers in all are the most you may use. The
# right function has to accept your input.
#
# <details><summary>Hint</summary>
#
# Go through what makes faults invisible: as many samples as classes; one sample only; the label
# where the largest logit is; equal logits; small logits; all logits positive. Then do the
# opposite, all at once. The version above is right as long as $p$ is much larger than $10^{-12}$. A
# function that does not shift is right as long as $e^z$ stays below $10^{308}$; one that shifts all
# rows by the same number is right as long as the rows are of similar size.
#
# </details>


# %% exercise="exposing_logits"
def exposing_logits():
    """An input that tells wrong versions of softmax_cross_entropy from the right one.

    Returns (z, labels): an (N, C) float array of logits and an (N,) array of integer labels.
    """
    ### BEGIN SOLUTION
    z = np.outer([1000.0, 1.0, -1000.0], [1.0, 0.3, -0.5, 2.0])
    return z, z.argmin(axis=1)
    ### END SOLUTION


# %% check="exposing_logits" points=4
z, labels = exposing_logits()
check_true(np.ndim(z) == 2, "z is a table")
check_shape(labels, len(z), "one label for each row of z")
check_true(np.asarray(labels).dtype.kind in "iu", "the labels are integers")
check_true(bool(np.all((labels >= 0) & (labels < z.shape[1]))), "the labels are columns of z")

# %% experiment
z, labels = exposing_logits()
print(f"the version above {suspicious_cross_entropy(z, labels):12.6f}")
print(f"yours             {softmax_cross_entropy(z, labels):12.6f}")

# %% [markdown]
# ### Stretch: label smoothing
#
# ●●○○○ · about 15 min · not counted
#
# With one-hot targets the loss is never satisfied: it falls as long as the logits grow, and the
# network becomes ever more certain. *Label smoothing* (Szegedy and others, 2016) asks for a little
# doubt. It moves the share $s$ of the target away from the right class and spreads it evenly:
#
# $$t_{nc} = (1 - s)\,[c = y_n] + \frac{s}{C} .$$
#
# **Convention.** The share is spread over **all** $C$ classes, the right one included (as in
# the paper and in torch). Some code spreads it over the other $C-1$.
#
# <details><summary>Hint</summary>
#
# An $(N, C)$ table filled with $s/C$; then add $1-s$ at the labels. Each row sums to 1.
#
# </details>


# %% exercise="smooth_labels"
def smooth_labels(labels, classes, smoothing):
    """Target rows with label smoothing (Szegedy and others 2016, section 7).

    labels: (N,) array of ints from 0 to C - 1.  classes: int, the number of classes C.
    smoothing: float from 0 to 1, the share that is spread evenly over all C classes.
    Returns an (N, C) float64 array.
    Raises ValueError naming smoothing unless it is from 0 to 1, both included.
    """
    ### BEGIN SOLUTION
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing is {smoothing}: expected a number from 0 to 1")
    rows = np.full((len(labels), classes), smoothing / classes)
    rows[np.arange(len(labels)), labels] += 1 - smoothing
    return rows
    ### END SOLUTION


# %% check="smooth_labels" points=0
rows = smooth_labels(np.array([1, 3]), 4, 0.2)
check_close(rows, [[0.05, 0.85, 0.05, 0.05], [0.05, 0.05, 0.05, 0.85]], "two samples, four classes")
check_raises(ValueError, smooth_labels, np.array([1, 3]), 4, 1.5, match=r"\bsmoothing\b")

# %% [markdown]
# ## 4 · Rare and important
#
# ### A weight for each class
#
# ●●●○○ · about 18 min · 4 points
#
# `pos_weight` generalises to $C$ classes: one weight $w_c$ for each, and each sample counts with
# the weight of its label. The mean is then a weighted one:
#
# $$L = -\frac{1}{S} \sum_{n=1}^{N} w_{y_n} \log p_{n, y_n}, \qquad S = \sum_{n=1}^{N} w_{y_n} .$$
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | $z_{nc}$ | `z` | $(N, C)$ | logits, any size |
# | $y_n$ | `labels` | $(N{,})$ | integers from 0 to $C-1$ |
# | $w_c$ | `class_weights` | $(C{,})$ | above 0 |
# | $L$, $\partial L/\partial z$ | returned | a float and $(N, C)$ | in this order |
#
# **Convention.** We divide by the sum $S$ of the weights of the samples, as torch's
# `F.cross_entropy` does for integer labels. So multiplying all weights by 10 changes nothing.
# (Given rows instead of labels, torch divides by $N$; and so does `pos_weight` in section 2.)
#
# Write it so that it stands alone: it should not call your functions of section 3.
#
# <details><summary>Hint</summary>
#
# `class_weights[labels]` has shape $(N{,})$: the weight of each sample. Divided by its sum, it
# takes the place of $\frac1N$ in the loss and, as a column, in the gradient: the row of sample
# $n$ is multiplied by $w_{y_n} / S$.
#
# </details>


# %% exercise="weighted_cross_entropy"
def weighted_cross_entropy(z, labels, class_weights):
    """Softmax cross-entropy in which each sample counts with its class's weight, and its gradient.

    z: (N, C) array of logits, any size.  labels: (N,) array of ints from 0 to C - 1.
    class_weights: (C,) array of numbers above 0.
    Returns (loss, dz): a float, the sum divided by the sum of the samples' weights, and a new
    (N, C) array. No warning.
    Raises ValueError naming class_weights, its shape and the shape expected, unless it is (C,).
    """
    ### BEGIN SOLUTION
    N, C = z.shape
    if class_weights.shape != (C,):
        raise ValueError(f"class_weights has shape {class_weights.shape}, expected {(C,)}")
    share = class_weights[labels] / class_weights[labels].sum()
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dz = np.exp(log_p)
    dz[np.arange(N), labels] -= 1.0
    return -np.sum(share * log_p[np.arange(N), labels]), share[:, None] * dz
    ### END SOLUTION


# %% check="weighted_cross_entropy" points=4
z = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [-1.5, 0.5, 2.0], [1.0, 1.0, -2.0]])
labels, class_weights = np.array([2, 1, 0, 1]), np.array([4.0, 1.0, 0.5])
loss, slopes = weighted_cross_entropy(z, labels, class_weights)
check_close(loss, 2.5632993513, "four samples, three classes")
check_close(slopes[2], [-0.6005576811, 0.1095570495, 0.4910006315], "the slopes of sample 2")
check_close(slopes[0], [0.0604305411, 0.0030086595, -0.0634392006], "the slopes of sample 0")
check_close(class_weights, [4.0, 1.0, 0.5], "the weights are left as they were")
check_raises(
    ValueError, weighted_cross_entropy, z, labels, class_weights[:2], match=r"\bclass_weights\b"
)

# %% [markdown]
# ### Count the mistakes, by kind
#
# ●●○○○ · about 10 min · 3 points
#
# A loss is for the optimiser. People want to know how many tumours were missed. The *confusion
# matrix* $M$ counts everything: $M_{ij}$ is the number of samples of class $i$ that the
# network took for class $j$.
#
# | symbol | argument | shape | meaning |
# |---|---|---|---|
# | | `labels` | $(N{,})$ | true classes, integers from 0 to $C-1$ |
# | | `predictions` | $(N{,})$ | predicted classes, likewise |
# | $C$ | `classes` | int | number of classes, met in this batch or not |
# | $M_{ij}$ | returned | $(C, C)$ | integers: **rows are the truth, columns the prediction** |
#
# **Convention.** Rows are the truth, as in scikit-learn. Many books have it the other way round.
#
# <details><summary>Hint</summary>
#
# `M[labels, predictions] += 1` counts a pair that occurs twice only once: NumPy reads, adds and
# writes all at the same time. `np.add.at(M, (labels, predictions), 1)` adds one after the other. Or
# number the pairs, $iC + j$, and use `np.bincount`.
#
# </details>


# %% exercise="confusion_matrix"
def confusion_matrix(labels, predictions, classes):
    """How often each true class was taken for each class.

    labels: (N,) array of ints from 0 to C - 1.  predictions: (N,) array of ints, likewise.
    classes: int, the number of classes C.
    Returns a (C, C) integer array; entry [i, j] counts samples of class i predicted as j.
    Raises ValueError naming predictions, its shape and the shape expected, unless it has the
    shape of labels.
    """
    ### BEGIN SOLUTION
    if predictions.shape != labels.shape:
        raise ValueError(f"predictions has shape {predictions.shape}, expected {labels.shape}")
    matrix = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(matrix, (labels, predictions), 1)
    return matrix
    ### END SOLUTION


# %% check="confusion_matrix" points=3
labels, predictions = np.array([0, 2, 2, 1, 2, 2]), np.array([0, 0, 2, 2, 0, 2])
matrix = confusion_matrix(labels, predictions, 4)
expected = [[1, 0, 0, 0], [0, 0, 1, 0], [2, 0, 2, 0], [0, 0, 0, 0]]
check_close(matrix, expected, "six samples, four classes of which three occur")
check_raises(ValueError, confusion_matrix, labels, predictions[:5], 4, match=r"\bpredictions\b")

# %% [markdown]
# ### Recall
#
# ●○○○○ · about 8 min · 2 points
#
# Of all samples of class $i$, which share was found? That is the *recall* of the class:
#
# $$R_i = \frac{M_{ii}}{\sum_j M_{ij}} .$$
#
# It does not depend on how common the class is, so it can be read on a test set of any mixture. For
# the class "ill", doctors call it the sensitivity of a test. A class that does not occur has no
# recall: return NaN, not 0 and not an error.
#
# <details><summary>Hint</summary>
#
# `np.diag` takes out the diagonal. $0/0$ is NaN in NumPy, with a warning that `np.errstate`
# silences.
#
# </details>


# %% exercise="recall"
def recall(matrix):
    """Share of each class that was found.

    matrix: (C, C) integer array, entry [i, j] counts samples of class i predicted as j.
    Returns a (C,) float array: NaN for a class without samples. No warning.
    """
    ### BEGIN SOLUTION
    with np.errstate(invalid="ignore"):
        return np.diag(matrix) / matrix.sum(axis=1)
    ### END SOLUTION


# %% check="recall" points=2
matrix = np.array([[6, 1, 1, 0], [3, 2, 0, 0], [0, 0, 0, 0], [0, 4, 0, 12]])
check_close(recall(matrix), [0.75, 0.4, np.nan, 0.75], "four classes, one without samples")

# %% [markdown]
# ### The experiment: ten malignant tumours among 210
#
# In screening, illness is rare. From the table of lab 1 we draw a training set of **10 malignant
# and 200 benign** ones, and train a logistic neuron on ten features, with `pos_weight` from 1 to
# 100. The rest is the test set. Since recall does not depend on the mixture, we can read from it
# how the neuron would do where one woman in 21 is ill: the dotted line is the accuracy there.


# %% setup
def screen(slopes, pos_weight, seed):
    """Train on 10 malignant and 200 benign tumours; labels and predictions of all others."""
    rng = np.random.default_rng(seed)
    table = data.load_breast_cancer()
    ill = rng.permutation(np.flatnonzero(table.y == 0))
    well = rng.permutation(np.flatnonzero(table.y == 1))
    train = np.concatenate([ill[:10], well[:200]])
    test = np.concatenate([ill[10:], well[200:]])
    y = 1 - table.y  # malignant is the 1 that we look for
    X = table.X[:, :10]
    X = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
    X = np.hstack([X, np.ones((len(X), 1))])
    w = np.zeros(11)
    for _ in range(300):
        w = w - 0.5 * X[train].T @ slopes(X[train] @ w, y[train], pos_weight=pos_weight)
    return y[test], (X[test] @ w > 0).astype(int)


# %% experiment
pos_weights = np.array([1, 2, 5, 10, 20, 50, 100])
recalls = []
for weight in pos_weights:
    one_weight = []
    for seed in range(10):
        truth, guesses = screen(bce_from_logits_gradient, weight, seed)
        one_weight.append(recall(confusion_matrix(truth, guesses, 2)))
    recalls.append(np.mean(one_weight, axis=0))
of_benign, of_malignant = np.array(recalls).T
accuracy = (of_malignant + 20 * of_benign) / 21

plt.semilogx(pos_weights, of_malignant, "o-", label="recall of malignant")
plt.semilogx(pos_weights, of_benign, "s-", label="recall of benign")
plt.semilogx(pos_weights, accuracy, "k:", label="accuracy, one in 21 ill")
plt.xlabel("pos_weight")
plt.ylabel("share")
plt.ylim(0.6, 1.02)
plt.legend(loc="lower right")
plt.show()
print("pos_weight         ", *(f"{value:6d}" for value in pos_weights))
print("recall of malignant", *(f"{value:6.3f}" for value in of_malignant))
print("recall of benign   ", *(f"{value:6.3f}" for value in of_benign))
print("accuracy           ", *(f"{value:6.3f}" for value in accuracy))
print(f"accuracy of always saying benign: {20 / 21:.3f}")

# %% [markdown]
# Every point is the mean of ten draws of the training set (single draws differ by about 0.05 in the
# recall of malignant).
#
# ### Question 2 (3 points)
#
# (a) Read from your plot: what happens to the two recalls and to the accuracy when `pos_weight`
# goes from 1 to 20? Give the numbers. (b) A colleague chooses the `pos_weight` of the highest
# accuracy. Why is that a bad choice for screening? Compare with a "test" that always says benign.
# (c) You screen 2,100 women, 100 of whom are ill. How many ill ones are found, and how many healthy
# ones are alarmed, with weight 1 and with weight 20? Which would you choose, and what
# would you need to know to be sure?

# %% [markdown] answer="screening" points=3
# ### BEGIN SOLUTION
# (a) The recall of malignant rises from about 0.73 to 0.87, the recall of benign falls from about
# 0.99 to 0.95, and the accuracy falls with it, from about 0.98 to 0.94.
#
# (b) Accuracy counts every woman alike, and 20 of 21 are healthy, so it is nearly the recall of
# benign. Its best value is at weight 1 or 2, where more than a fifth of the tumours are missed.
# Always saying benign finds none of them, helps nobody, and has an accuracy of 0.952: better than
# the neuron with weight 20.
#
# (c) Weight 1: about 73 of 100 found, about 2000 · 0.006 = 12 alarmed for nothing. Weight 20: about
# 87 found, about 2000 · 0.055 = 110 alarmed. So 14 more are found for about 100 more false alarms.
# A missed tumour costs far more than a second examination, so weight 20 or more is reasonable;
# to decide, one needs the two costs (and the capacity for second examinations). The weight is a
# statement about them, not a trick to be tuned on accuracy.
#
# *Marking guide (1 point each).* (a) ½ for both recalls with numbers from the own plot, ½ for the
# falling accuracy. (b) ½ for the dominance of the healthy, ½ for the comparison with the constant
# answer. (c) ½ for numbers that follow from the recalls read (± 15 % is fine), ½ for a choice
# argued by costs; the choice itself is free.
# ### END SOLUTION

# %% [markdown]
# ## 5 · What the weights cost
#
# ### The L2 penalty
#
# ●●○○○ · about 9 min · 3 points
#
# A network with many weights can learn its training set by heart. One way to hold it back is to
# make large weights cost something. The L2 penalty costs
#
# $$\Omega_2 = \tfrac12\,\lambda \sum_{W} \sum_{ij} W_{ij}^2$$
#
# over all weight matrices. Its slope is proportional to the weight, so it shrinks every weight by
# the same *share* in each step.
#
# **Convention.** With the ½, the gradient is $\lambda W$: that is what torch's `weight_decay` adds
# to the gradient. Keras and many papers have no ½ (gradient $2\lambda W$), and some courses divide
# by $N$ as well. A $\lambda$ without its formula means nothing.
#
# | symbol | argument | type | meaning |
# |---|---|---|---|
# | $W$ | `weights` | list of arrays | of any shapes |
# | $\lambda$ | `strength` | float | 0 or more |
# | $\Omega_2$, its gradient | returned | a float, a list of arrays | one gradient for each array |
#
# <details><summary>Hint</summary>
#
# A sum over the list of `np.sum(W**2)`, and a list comprehension. No square root: the penalty is
# the *squared* norm.
#
# </details>


# %% exercise="l2_penalty"
def l2_penalty(weights, strength):
    """The L2 penalty ½ λ Σ W² of all arrays together, and its gradients.

    weights: list of float arrays, of any shapes; not modified.  strength: float λ, 0 or more.
    Returns (penalty, gradients): a float and a list of new arrays, of the shapes of weights.
    Raises ValueError naming strength when it is negative.
    """
    ### BEGIN SOLUTION
    if strength < 0:
        raise ValueError(f"strength is {strength}: expected 0 or more")
    penalty = 0.5 * strength * sum(np.sum(W**2) for W in weights)
    return penalty, [strength * W for W in weights]
    ### END SOLUTION


# %% check="l2_penalty" points=3
weights = [np.array([[1.0, -2.0, 0.0]]), np.array([[3.0], [0.5]])]
penalty, gradients = l2_penalty(weights, 0.2)
check_close(penalty, 1.425, "of two arrays together")
check_true(len(gradients) == 2, "one gradient for each array")
check_close(gradients[0], [[0.2, -0.4, 0.0]], "the gradient of the first")
check_close(gradients[1], [[0.6], [0.1]], "the gradient of the second")
check_close(weights[1], [[3.0], [0.5]], "the weights are left as they were")
check_raises(ValueError, l2_penalty, weights, -1.0, match=r"\bstrength\b")

# %% [markdown]
# ### The L1 penalty
#
# ●●○○○ · about 9 min · 3 points
#
# $$\Omega_1 = \lambda \sum_{W} \sum_{ij} |W_{ij}|$$
#
# Its slope is $+\lambda$ or $-\lambda$, however small the weight is. So it pulls small weights
# all the way to zero, and leaves few large ones: a *sparse* model. At $W_{ij} = 0$ the slope is not
# defined; **we take 0**, and so does `np.sign`.
#
# Arguments and results are those of `l2_penalty`.
#
# <details><summary>Hint</summary>
#
# `np.abs` and `np.sign`.
#
# </details>


# %% exercise="l1_penalty"
def l1_penalty(weights, strength):
    """The L1 penalty λ Σ |W| of all arrays together, and its gradients.

    weights: list of float arrays, of any shapes; not modified.  strength: float λ, 0 or more.
    Returns (penalty, gradients): a float and a list of new arrays, of the shapes of weights.
    The gradient at a weight of 0 is 0.
    Raises ValueError naming strength when it is negative.
    """
    ### BEGIN SOLUTION
    if strength < 0:
        raise ValueError(f"strength is {strength}: expected 0 or more")
    penalty = strength * sum(np.sum(np.abs(W)) for W in weights)
    return penalty, [strength * np.sign(W) for W in weights]
    ### END SOLUTION


# %% check="l1_penalty" points=3
weights = [np.array([[1.0, -2.0, 0.0]]), np.array([[3.0], [0.5]])]
penalty, gradients = l1_penalty(weights, 0.2)
check_close(penalty, 1.3, "of two arrays together")
check_true(len(gradients) == 2, "one gradient for each array")
check_close(gradients[0], [[0.2, -0.2, 0.0]], "the gradient of the first")
check_close(gradients[1], [[0.2], [0.2]], "the gradient of the second")
check_close(weights[0], [[1.0, -2.0, 0.0]], "the weights are left as they were")
check_raises(ValueError, l1_penalty, weights, -1.0, match=r"\bstrength\b")

# %% [markdown]
# ### The total objective
#
# ●●●○○ · about 22 min with the experiment · 4 points
#
# What is minimised in the end is the loss on the data plus all penalties:
#
# $$J = L + \sum_{\text{penalties}} \Omega .$$
#
# **Biases are never penalised.** A bias does not multiply anything, so it cannot make the function
# steeper; a penalty on it only keeps the model from shifting its output to where the targets are.
# So pick the weights out of the parameters, and give the penalties those alone.
#
# | argument | type | meaning |
# |---|---|---|
# | `loss` | float | the loss on the data |
# | `gradients` | list of pairs `(dW, db)` | its gradients, layer by layer; not modified |
# | `parameters` | list of pairs `(W, b)` | the layers of lab 2 |
# | `penalties` | list of pairs `(penalty, strength)` | functions like `l2_penalty`, and their λ |
# | returned | a float, a list of pairs `(dW, db)` | $J$ and its gradients |
#
# Call each penalty as `penalty(weights, strength)`; it gives a value and a list of gradients. The
# list of penalties may be empty. The hidden checks bring penalties of their own, so a slip in
# yours costs nothing here.
#
# <details><summary>Hint</summary>
#
# `weights = [W for W, b in parameters]`. Keep a list of the `dW` and replace each by
# `dW + extra`; `dW += extra` would change the caller's array.
#
# </details>


# %% exercise="total_objective"
def total_objective(loss, gradients, parameters, penalties):
    """Loss plus penalties on the weights (never on the biases), and its gradients.

    loss: float.  gradients: list of (dW, db), the loss's gradients; not modified.
    parameters: list of (W, b), of the same shapes.
    penalties: list of (penalty, strength); penalty(weights, strength) takes the list of the
    weights W and returns (value, list of gradients).
    Returns (objective, gradients): a float and a list of (dW, db).
    """
    ### BEGIN SOLUTION
    weights = [W for W, _ in parameters]
    slopes = [dW for dW, _ in gradients]
    for penalty, strength in penalties:
        value, extra = penalty(weights, strength)
        loss = loss + value
        slopes = [dW + extra[layer] for layer, dW in enumerate(slopes)]
    return loss, [(dW, db) for dW, (_, db) in zip(slopes, gradients)]
    ### END SOLUTION


# %% check="total_objective" points=4
def cubes(weights, strength):
    """A penalty for the check: strength times the sum of W³."""
    return strength * sum(np.sum(W**3) for W in weights), [3 * strength * W**2 for W in weights]


def total(weights, strength):
    """Another one: strength times the sum of W."""
    return strength * sum(np.sum(W) for W in weights), [
        strength * np.ones(W.shape) for W in weights
    ]


parameters = [
    (np.array([[1.0, -2.0]]), np.array([5.0])),
    (np.array([[3.0], [0.5]]), np.array([7.0, -8.0])),
]
gradients = [
    (np.array([[0.1, 0.2]]), np.array([0.3])),
    (np.array([[0.4], [0.5]]), np.array([0.6, 0.7])),
]
objective, slopes = total_objective(1.5, gradients, parameters, [(cubes, 0.1), (total, 2.0)])
check_close(objective, 1.5 + 2.0125 + 5.0, "the loss and two penalties")
check_close(slopes[0][0], [[2.4, 3.4]], "dW of the first layer")
check_close(slopes[1][0], [[5.1], [2.575]], "dW of the second layer")
check_close(slopes[1][1], [0.6, 0.7], "db is left alone")
check_close(gradients[0][0], [[0.1, 0.2]], "the given gradients are left as they were")

# %% [markdown]
# See what the two penalties do to a logistic neuron on all 30 features of the tumours. The bars
# are the weights after 2,000 steps, sorted by size.

# %% experiment
table = data.load_breast_cancer()
X, y = (table.X - table.X.mean(axis=0)) / table.X.std(axis=0), 1 - table.y
choices = {
    "no penalty": [],
    "L2, λ = 0.1": [(l2_penalty, 0.1)],
    "L1, λ = 0.03": [(l1_penalty, 0.03)],
}
figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True)
for axis, (name, penalties) in zip(axes, choices.items(), strict=True):
    W, b = np.zeros((1, 30)), np.zeros(1)
    for _ in range(2000):
        z = (X @ W.T + b)[:, 0]
        dz = bce_from_logits_gradient(z, y)[:, None]
        _, slopes = total_objective(
            bce_from_logits(z, y), [(dz.T @ X, dz.sum(axis=0))], [(W, b)], penalties
        )
        W, b = W - 0.1 * slopes[0][0], b - 0.1 * slopes[0][1]
    sizes = np.sort(np.abs(W[0]))[::-1]
    axis.bar(range(30), sizes)
    axis.set(title=name, xlabel="weight, by size")
    right = np.mean((z > 0) == (y == 1))
    print(f"{name:13s} {np.sum(sizes < 0.01):2d} of 30 below 0.01, {right:.1%} right (training)")
axes[0].set_ylabel("size of the weight")
plt.show()

# %% [markdown]
# L2 makes all weights smaller and keeps them all. L1 puts most of them to (almost) zero and keeps a
# few: it has chosen features. (Plain gradient descent steps back and forth over the zero, so the
# weights end within one step of it. Algorithms made for L1 reach it exactly.)
#
# ## What to take with you
#
# - The loss decides what is learnt: squares ask for the mean, absolute errors for the median,
#   cross-entropy for probabilities.
# - Work with logits and logarithms. Subtract the maximum of each row. Never add an ε inside a
#   logarithm to hide an infinity.
# - The gradient of both cross-entropies is "probability minus target", averaged. It does not vanish
#   where the network is wrong; that of the squared error does.
# - Know the number that an untrained network prints: $\ln C$.
# - Always say what is averaged and what is summed, what the weights are divided by, and whether
#   there is a ½ in the penalty.
# - Accuracy is the recall of the majority. Look at each class, and set the weights by what mistakes
#   cost.
#
# **Sources.** P. J. Huber, *Robust estimation of a location parameter*, Annals of Mathematical
# Statistics 35, 1964 · I. J. Good, *Rational decisions*, Journal of the Royal Statistical Society B
# 14, 1952 (the logarithm that pays for honesty) · J. S. Bridle, *Probabilistic interpretation of
# feedforward classification network outputs*, 1990 (softmax) · R. Tibshirani, *Regression shrinkage
# and selection via the lasso*, 1996 (L1) · A. Krogh and J. A. Hertz, *A simple weight decay can
# improve generalization*, 1992 (L2) · C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens and Z. Wojna,
# *Rethinking the Inception architecture for computer vision*, 2016 (label smoothing) · B. Efron, T.
# Hastie, I. Johnstone and R. Tibshirani, *Least angle regression*, 2004 (the diabetes table) ·
# W. N. Street, W. H. Wolberg and O. L. Mangasarian, *Nuclear feature extraction for breast tumor
# diagnosis*, 1993 (the tumours) · E. Alpaydin and C. Kaynak, *Cascading classifiers*, 1998 (the
# digits).
