# %% [markdown]
# # 5 · Making deep networks train
#
# A network of ten layers is ten matrices in a row. If each of them shrinks its input by a half, one
# thousandth of the signal arrives at the far end; if each doubles it, a thousand times as much.
# The gradient makes the same journey in the other direction. So a deep network may hold a good
# solution and still never find it: nothing arrives that could be learned from.
#
# ![Three networks of eight layers. In the first the bars that stand for the size of the signal
# shrink from layer to layer, in the second they keep their height, in the third they grow out of
# the picture](signal.svg)
#
# For twenty years this was the reason why deep networks were said not to work. The remedies are
# short: draw the first weights with the right spread, normalise inside the network, and look at the
# right numbers while it trains. A network that learns well then soon learns too well, by heart, and
# needs remedies of another kind: dropout, weight penalties, stopping in time. You will write all of
# them. Every one fits on half a page, and every one is easy to get slightly wrong without any error
# message.
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1 | `predict_zero_start` | 2 | 8 |
# | 2 | `fans`, `torch_uniform` | 2 + 2 | 16 |
# | 3 | `predict_layer_factor`, `glorot`, `he_normal`; the depth plots | 2 + 3 + 3 | 38 |
# | 4 | `dead_fraction`, `update_ratio` | 2 + 2 | 18 |
# | 5 | `dropout_forward`, `dropout_backward`, `average_of_subnetworks` | 4 + 2 + 3 | 35 |
# | 6 | `batchnorm_forward`, `predict_doubled_weights`, `exposing_batchnorm` | 5 + 2 + 4 | 40 |
# | 7 | `batchnorm_backward` | 6 | 25 |
# | 8 | experiment: ten layers on digits; question 1 | 3 | 15 |
# | 9 | `add_penalty`, `early_stopping` | 3 + 5 | 37 |
# | 10 | `stratified_split`, `random_search`; question 2 | 4 + 4 + 3 | 43 |
# | 11 | stretch: `batchnorm_backward_compact`, `layer_norm_forward`, `k_fold` | | (40) |
# | | **together** | **66** | **275** |
#
# **Conventions.** Batches come first: `x` is $(N, D)$. A weight is (out, in), and a linear layer is
# $xW^\top + b$. Arrays hold `float64`. No function changes its inputs, and each exercise is checked
# on its own. What is random is drawn from the generator `rng` that you are given, never from
# `np.random`: else nobody can repeat your run.

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
# The network below is given; it is the one of lab 2, with softmax and cross-entropy on top. Between
# the linear map and the ReLU of each hidden layer it leaves room for something (`inside`). For now
# that is nothing. Later your dropout and your batch norm will stand there.


# %% setup
class Nothing:
    """What stands between the linear map and the ReLU of a hidden layer: here, nothing."""

    def forward(self, params, layer, z, training):
        return z

    def backward(self, grads, layer, dz):
        return dz


def network_forward(params, x, inside, *, training):
    """Logits (N, C), and the list of x and all hidden layers' outputs."""
    depth = sum(name.startswith("w") for name in params)
    outputs = [x]
    for layer in range(1, depth):
        z = outputs[-1] @ params[f"w{layer}"].T + params[f"b{layer}"]
        outputs.append(np.maximum(inside.forward(params, layer, z, training), 0.0))
    return outputs[-1] @ params[f"w{depth}"].T + params[f"b{depth}"], outputs


def loss_and_grads(params, x, y, inside):
    """Mean cross-entropy of a batch, and its gradients by parameter's name."""
    logits, outputs = network_forward(params, x, inside, training=True)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    d, grads, depth = np.exp(log_p), {}, len(outputs)
    d[np.arange(len(y)), y] -= 1.0
    d /= len(y)
    for layer in range(depth, 0, -1):
        if layer < depth:
            d = inside.backward(grads, layer, d * (outputs[layer] > 0))
        grads[f"w{layer}"], grads[f"b{layer}"] = d.T @ outputs[layer - 1], d.sum(axis=0)
        d = d @ params[f"w{layer}"]
    return -log_p[np.arange(len(y)), y].mean(), grads


def train_epoch(params, x, y, rng, *, rate, inside, batch=32, penalty=None):
    """One epoch of plain gradient descent, in place; the mean loss of its batches."""
    losses, order = [], rng.permutation(len(x))
    for rows in np.split(order, range(batch, len(x) - 1, batch)):
        loss, grads = loss_and_grads(params, x[rows], y[rows], inside)
        if penalty is not None:
            loss, grads = penalty(loss, grads, params)
        for name in grads:
            params[name] -= rate * grads[name]
        losses.append(loss)
    return np.mean(losses)


def accuracy(params, x, y, inside):
    """Share of right answers, in evaluation mode."""
    logits, _ = network_forward(params, x, inside, training=False)
    return np.mean(logits.argmax(axis=1) == y)


def validation_loss(params, x, y, inside):
    """Mean cross-entropy in evaluation mode."""
    logits, _ = network_forward(params, x, inside, training=False)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


def normal(std):
    """An initialiser like those you will write: normal with this standard deviation."""
    return lambda shape, fan_in, fan_out, rng: rng.normal(0.0, std, size=shape)


def deep_network(draw, rng, *, depth=10, width=64):
    """`depth` hidden layers of `width` units between 64 pixels and ten classes."""
    params, sizes = {}, [64, *[width] * depth, 10]
    for layer in range(1, depth + 2):
        n_in, n_out = sizes[layer - 1], sizes[layer]
        drawn = draw((n_out, n_in), n_in, n_out, rng)
        w, b = drawn if isinstance(drawn, tuple) else (drawn, np.zeros(n_out))
        params |= {f"w{layer}": w, f"b{layer}": b}
    return params


def digits(seed=0):
    """Handwritten digits, shuffled: x_train (1437, 64), y_train, x_test (360, 64), y_test."""
    table = data.load_digits()
    order = np.random.default_rng(seed).permutation(len(table.X))
    x, y = table.X[order] / 16, table.y[order]
    return x[:1437], y[:1437], x[1437:], y[1437:]


# %% [markdown]
# ## 1 · Predict: all weights start at zero
#
# ●●○○○ · about 8 min · 2 points
#
# Weights must start somewhere. Zero looks fair: no unit is favoured. Take a network with one hidden
# layer of 20 tanh units,
#
# $$h = \tanh(x W_1^\top + b_1), \qquad \text{logits} = h\, W_2^\top + b_2,$$
#
# with softmax and cross-entropy on top, for ten classes that are not equally frequent. Let **all
# four arrays be zero**, and take one step of gradient descent on a batch of random inputs.
#
# *Before you run anything:* which of the four arrays have changed after that step? Write down the
# backward pass on paper; two lines decide it. The check in the notebook looks only at the form of
# your answer.
#
# <details><summary>Hint</summary>
#
# $\mathrm{d}W_2 = \mathrm{d}\text{logits}^\top h$ and
# $\mathrm{d}h = \mathrm{d}\text{logits}\; W_2$. What are $h$ and $W_2$ at the start?
#
# </details>


# %% exercise="predict_zero_start"
def predict_zero_start():
    """Which arrays differ from zero after one step of gradient descent from all zeros?

    Returns a tuple of four bools, for W1, b1, W2, b2 in this order: True where it has changed.
    """
    ### BEGIN SOLUTION
    return (False, False, False, True)  # h = 0 and W2 = 0 stop everything but the last bias
    ### END SOLUTION


# %% check="predict_zero_start" points=2
predicted = predict_zero_start()
check_true(len(predicted) == 4, "four answers: W1, b1, W2, b2")
check_true(all(type(answer) is bool for answer in predicted), "each of them True or False")

# %% [markdown]
# Now look. The cell trains from zeros for a hundred steps, and once more from a constant 0.1.

# %% experiment
x, y, _, _ = digits()
for start in (0.0, 0.1):
    p = {"w1": np.full((20, 64), start), "b1": np.zeros(20)}
    p |= {"w2": np.full((10, 20), start), "b2": np.zeros(10)}
    before = {name: value.copy() for name, value in p.items()}
    for step in range(100):
        h = np.tanh(x @ p["w1"].T + p["b1"])
        logits = h @ p["w2"].T + p["b2"]
        d = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        d[np.arange(len(y)), y] -= 1.0
        d /= len(y)
        dz = (d @ p["w2"]) * (1.0 - h**2)
        grads = {"w1": dz.T @ x, "b1": dz.sum(axis=0), "w2": d.T @ h, "b2": d.sum(axis=0)}
        for name in p:
            p[name] -= 0.5 * grads[name]
        if step in (0, 99):
            far = {name: np.abs(p[name] - before[name]).max() for name in p}
            moved = [name for name in p if far[name] > 1e-12]  # less is rounding
            print(f"start {start}, step {step + 1:3d}: moved", *moved)
    units = len(np.unique(p["w1"].round(9), axis=0))
    print(f"start {start}: {units} different hidden unit(s) out of 20 after 100 steps\n")

# %% [markdown]
# Were you right? From zeros, the last bias learns how frequent each class is, and nothing else ever
# moves. From a constant all four move in the end, but all twenty units get the same gradient and
# stay copies of one another for ever: twenty units with the power of one. The first weights must
# **differ**, so we draw them at random. The question that remains is: how widely?

# %% [markdown]
# ## 2 · Fans, and torch's default
#
# ●●○○○ · about 8 min · 2 points
#
# The spread of the weights will depend on two counts, called **fans**. The fan-in is the number of
# inputs that one output unit adds up. The fan-out is the number of outputs that one input feeds.
# For a linear layer they are simply the two axes of $W$. A convolution (lab 6) has weights of shape
# (out channels, in channels per group, kernel height, kernel width); there each output adds up a
# whole window, so both counts are multiplied by the size of the window, the *receptive field* of
# the kernel.
#
# | layer | shape of the weight | fan-in | fan-out |
# |---|---|---|---|
# | linear, 20 → 7 | $(7, 20)$ | 20 | 7 |
# | convolution, 3 → 8 channels, 5 × 2 | $(8, 3, 5, 2)$ | $3 \cdot 10$ | $8 \cdot 10$ |
# | one-dimensional convolution | $(8, 3, 5)$ | $3 \cdot 5$ | $8 \cdot 5$ |
#
# The fan-out is taken from axis 0 even where the channels are split into groups; that is what torch
# does.
#
# <details><summary>Hint</summary>
#
# The product of an empty sequence is 1: `math.prod(shape[2:])` needs no special case, and neither
# does a loop over `shape[2:]`.
#
# </details>


# %% exercise="fans"
def fans(shape):
    """Fan-in and fan-out of a layer, from the shape of its weight.

    shape: tuple (out, in, *kernel) of two or more ints; the kernel may have any number of axes.
    Returns a tuple (fan_in, fan_out) of two ints, as torch.nn.init calculates them.
    Raises ValueError naming shape, its value and what was expected if it has fewer than two axes.
    """
    ### BEGIN SOLUTION
    if len(shape) < 2:
        raise ValueError(f"shape is {shape}, expected (out, in, ...): two axes or more")
    field = 1
    for size in shape[2:]:
        field *= size
    return shape[1] * field, shape[0] * field
    ### END SOLUTION


# %% check="fans" points=2
check_true(tuple(fans((7, 20))) == (20, 7), "a linear layer 20 to 7 has fans (20, 7)")
check_true(tuple(fans((8, 3, 5, 2))) == (30, 80), "a kernel of 5 by 2 counts ten times, in both")
check_raises(ValueError, fans, (7,), match=r"\bshape\b")

# %% [markdown]
# ### What torch does if you say nothing
#
# ●●○○○ · about 8 min · 2 points
#
# `torch.nn.Linear` and `torch.nn.Conv2d` draw weight **and bias** evenly from
#
# $$\Big[-\tfrac{1}{\sqrt{\text{fan-in}}},\ \tfrac{1}{\sqrt{\text{fan-in}}}\Big] .$$
#
# An even (uniform) distribution on $[-a, a]$ has the variance $a^2/3$, so this one has
# $\tfrac{1}{3\,\text{fan-in}}$. Keep the factor 3 in mind.
#
# *Two conventions.* What Keras calls `lecun_uniform` has the bound $\sqrt{3/\text{fan-in}}$ and so
# the variance $1/\text{fan-in}$ (LeCun et al. 1998). This exercise wants torch's.
#
# The three initialisers of this lab are called alike: a shape, both fans, a generator. Each uses
# what it needs of them. (So a wrong `fans` costs you nothing here.)
#
# <details><summary>Hint</summary>
#
# `rng.uniform(-a, a, size=shape)`. The bias has one number for each output: `shape[0]`.
#
# </details>


# %% exercise="torch_uniform"
def torch_uniform(shape, fan_in, fan_out, rng):
    """Weight and bias as torch.nn.Linear and torch.nn.Conv2d draw them.

    shape: tuple (out, in, *kernel); fan_in, fan_out: ints, the counts of section 2; rng: a NumPy
    Generator, from which everything is drawn.
    Returns (w, b): float64 arrays of shape `shape` and (out,), uniform within 1 / sqrt(fan_in)
    of 0.
    """
    ### BEGIN SOLUTION
    bound = 1.0 / np.sqrt(fan_in)
    return rng.uniform(-bound, bound, size=shape), rng.uniform(-bound, bound, size=shape[0])
    ### END SOLUTION


# %% check="torch_uniform" points=2
w, b = torch_uniform((300, 25), 25, 300, np.random.default_rng(0))
check_shape(w, (300, 25), "the weight has the shape asked for")
check_shape(b, (300,), "one bias for each output")
check_true(np.abs(w).max() <= 0.2, "no weight of 25 inputs is larger than 1/5")
check_true(w.max() > 0.19 and w.min() < -0.19, "they fill the interval, on both sides")
check_true(np.abs(b).max() <= 0.2 and b.std() > 0.1, "the bias is drawn likewise")

# %% [markdown]
# ## 3 · How wide? Glorot and He
#
# ### Predict: what one layer does to the size of the signal
#
# ●●●○○ · about 10 min · 2 points
#
# Measure the size of a layer's output by its root mean square, $\sqrt{\overline{h^2}}$. Let a
# hidden layer have 32 inputs and 32 outputs, no bias, weights drawn from a normal distribution with
# mean 0 and standard deviation 0.1, and a **ReLU**:
#
# $$z_j = \sum_{i=1}^{32} w_{ji}\, h_i, \qquad h'_j = \max(z_j, 0) .$$
#
# *Predict:* by which factor does the root mean square change from $h$ to $h'$, on average over many
# draws of the weights? Two steps: the variance of a sum of independent terms with mean zero; then
# what the ReLU does to the mean square of something symmetric around 0.
#
# <details><summary>Hint</summary>
#
# $\overline{z^2} = 32\,\sigma^2\, \overline{h^2}$. The ReLU sets one half of the values to zero and
# leaves the others as they are. The question asks for the factor of the root, not of the square.
#
# </details>


# %% exercise="predict_layer_factor"
def predict_layer_factor():
    """Root mean square of a ReLU layer's output, divided by that of its input.

    32 inputs, 32 outputs, no bias, weights of standard deviation 0.1.
    Returns a float; two digits are enough.
    """
    ### BEGIN SOLUTION
    return 0.4  # 0.1 times the root of 32 / 2
    ### END SOLUTION


# %% check="predict_layer_factor" points=2
check_shape(predict_layer_factor(), (), "one number")
check_true(predict_layer_factor() > 0, "a positive one: a size divided by a size")

# %% [markdown]
# Run it: twenty such layers, one after another, five draws of all weights.

# %% experiment
rng = np.random.default_rng(0)
factors = []
for _ in range(5):
    h = rng.normal(size=(200, 32))
    sizes = [np.sqrt(np.mean(h**2))]
    for _ in range(20):
        h = np.maximum(h @ rng.normal(0, 0.1, size=(32, 32)).T, 0.0)
        sizes.append(np.sqrt(np.mean(h**2)))
    factors.append((sizes[-1] / sizes[0]) ** (1 / 20))
print("mean factor per layer in five draws:", *(f"{factor:.3f}" for factor in factors))
print(f"so after 20 layers about {np.mean(factors) ** 20:.0e} of the signal is left")

# %% [markdown]
# The measured factors scatter a little below the prediction, since 32 units are few. How far was
# yours off, and which of the two steps was the reason? The cure is now a matter of solving for
# $\sigma$.
#
# ### Glorot
#
# ●●○○○ · about 8 min · 3 points
#
# Forwards, the factor of a layer without a ReLU is $\sigma\sqrt{\text{fan-in}}$. Backwards, the
# gradient passes through the same matrix transposed, and the factor is
# $\sigma\sqrt{\text{fan-out}}$. Both cannot be 1 unless the fans are equal. Glorot and Bengio
# (2010, equations 12 and 16) take the middle:
#
# $$\sigma = \text{gain}\cdot\sqrt{\frac{2}{\text{fan-in} + \text{fan-out}}} .$$
#
# The gain makes up for the activation: 1 for none, $5/3$ for tanh (torch's `calculate_gain`). For
# the uniform version, choose the bound so that its standard deviation is that same $\sigma$.
#
# *Beware:* some slides print $\sqrt{1/(\text{fan-in} + \text{fan-out})}$. That is the mean of the
# fans forgotten, and $\sqrt 2$ too small.
#
# <details><summary>Hint</summary>
#
# $[-a, a]$ has the standard deviation $a/\sqrt3$. `rng.normal` wants the standard deviation, not
# the variance.
#
# </details>


# %% exercise="glorot"
def glorot(shape, fan_in, fan_out, rng, *, distribution="normal", gain=1.0):
    """Weights after Glorot & Bengio (2010), as torch.nn.init.xavier_normal_ and xavier_uniform_.

    shape: tuple of ints; fan_in, fan_out: ints; rng: NumPy Generator; gain: factor of the spread.
    distribution: "normal" (not truncated) or "uniform"; both have the same standard deviation.
    Returns a float64 array of shape `shape` with mean 0.
    Raises ValueError naming distribution and its value if it is neither.
    """
    ### BEGIN SOLUTION
    std = gain * np.sqrt(2.0 / (fan_in + fan_out))
    if distribution == "normal":
        return rng.normal(0.0, std, size=shape)
    if distribution == "uniform":
        return rng.uniform(-np.sqrt(3.0) * std, np.sqrt(3.0) * std, size=shape)
    raise ValueError(f'distribution is {distribution!r}, expected "normal" or "uniform"')
    ### END SOLUTION


# %% check="glorot" points=3
rng = np.random.default_rng(1)
w = glorot((120, 80), 80, 120, rng)
check_shape(w, (120, 80), "the shape asked for")
check_close(w.std(), 0.1, "200 inputs and outputs: the spread is 1/10", rtol=0.04)
w = glorot((120, 80), 80, 120, rng, distribution="uniform", gain=2.0)
check_close(w.std(), 0.2, "uniform, and a gain of two: 1/5", rtol=0.04)
check_close(np.abs(w).max(), 0.34641, "a uniform distribution ends at its bound", rtol=0.01)
check_raises(ValueError, glorot, (3, 2), 2, 3, rng, distribution="even", match="distribution")

# %% [markdown]
# ### He
#
# ●●○○○ · about 6 min · 3 points
#
# A ReLU halves the mean square, so He et al. (2015) double the variance, and look at the way
# forwards only. With a leaky ReLU of slope $a$ on the left side, the left half keeps $a^2$ of its
# square, hence
#
# $$\sigma = \sqrt{\frac{2}{(1 + a^2)\ \text{fan-in}}} .$$
#
# <details><summary>Hint</summary>
#
# With `slope = 1` the "ReLU" is the identity, and $\sigma = 1/\sqrt{\text{fan-in}}$.
#
# </details>


# %% exercise="he_normal"
def he_normal(shape, fan_in, fan_out, rng, *, slope=0.0):
    """Normal weights for (leaky) ReLU layers: He et al. (2015), equation 15; fan-in mode.

    shape: tuple of ints; fan_in, fan_out: ints; rng: NumPy Generator; slope: of the leaky ReLU's
    negative side, 0 for a plain ReLU.
    Returns a float64 array of shape `shape`, normal (not truncated), with mean 0.
    """
    ### BEGIN SOLUTION
    return rng.normal(0.0, np.sqrt(2.0 / ((1.0 + slope**2) * fan_in)), size=shape)
    ### END SOLUTION


# %% check="he_normal" points=3
rng = np.random.default_rng(2)
w = he_normal((90, 200), 200, 90, rng)
check_shape(w, (90, 200), "the shape asked for")
check_close(w.std(), 0.1, "200 inputs: the spread is 1/10", rtol=0.04)
w = he_normal((90, 200), 200, 90, rng, slope=3.0)
check_close(w.std(), 0.0316228, "a slope of 3 keeps ten times the square", rtol=0.04)

# %% [markdown]
# ### The depth plots
#
# Thirty layers of 100 units, a batch of random inputs, and a random gradient that is sent in at the
# top. The left pictures follow the signal forwards, the right ones the gradient backwards (read
# them from right to left: it starts at layer 30). Each line is the geometric mean of five draws.


# %% experiment
def sizes_by_depth(draw, activation, slope_of, *, layers=30, width=100, seed=0):
    """Root mean squares of the outputs (layers + 1,) and of the gradients with respect to them."""
    rng = np.random.default_rng(seed)
    weights = [draw((width, width), width, width, rng) for _ in range(layers)]
    outputs = [rng.normal(size=(64, width))]
    for w in weights:
        outputs.append(activation(outputs[-1] @ w.T))
    gradients = [rng.normal(size=(64, width))]
    for w, h in zip(reversed(weights), reversed(outputs[1:]), strict=True):
        gradients.append((gradients[-1] * slope_of(h)) @ w)
    return [[np.sqrt(np.mean(a**2)) for a in arrays] for arrays in (outputs, gradients[::-1])]


draws = {
    "N(0, 0.01²)": normal(0.01),
    "torch's default": lambda *args: torch_uniform(*args)[0],
    "Glorot": glorot,
    "He": he_normal,
    "N(0, 0.3²)": normal(0.3),
}
activations = {
    "ReLU": (lambda z: np.maximum(z, 0.0), lambda h: h > 0),
    "tanh": (np.tanh, lambda h: 1.0 - h**2),
}
fig, axes = plt.subplots(2, 2, figsize=(10, 7), sharex=True)
print("             ", *(f"{name:>16}" for name in draws))
for row, (name, (activation, slope_of)) in zip(axes, activations.items(), strict=True):
    factors = []
    for label, draw in draws.items():
        drawn = [sizes_by_depth(draw, activation, slope_of, seed=seed) for seed in range(5)]
        signal, gradient = np.exp(np.mean(np.log(np.array(drawn) + 1e-300), axis=0))
        row[0].semilogy(signal, label=label)
        row[1].semilogy(gradient)
        factors.append((gradient[0] / gradient[-1]) ** (1 / 30))
    print(f"{name} gradient", *(f"{factor:16.3f}" for factor in factors))
    row[0].set(ylabel=f"{name}: size", ylim=(1e-13, 1e9))
    row[1].set(ylim=(1e-13, 1e9))
axes[0, 0].set_title("signal, forwards")
axes[0, 1].set_title("gradient, backwards")
axes[0, 0].legend(ncols=2, fontsize=9, loc="upper left")
for ax in axes[1]:
    ax.set_xlabel("layer")
plt.show()

# %% [markdown]
# The table gives the gradient's factor per layer, going down. A line that is level is good; a
# factor of 0.41 per layer (torch's default under ReLU) leaves $10^{-12}$ of the gradient after
# thirty layers. Where does $0.41 \approx \sqrt{1/6}$ come from? The variance of the weights is a
# third of $1/\text{fan-in}$, and the ReLU takes half of it.
#
# Look at the tanh row with 0.3: the signal does *not* explode, tanh holds it below 1. The gradient
# does not profit from that.

# %% [markdown]
# ## 4 · Two instruments
#
# Torn between two settings, look at numbers. Two of them are worth logging in every training run.
#
# ### Dead units
#
# ●●○○○ · about 7 min · 2 points
#
# A ReLU unit whose pre-activation is negative for **every** sample gives 0 for all of them, gets no
# gradient from any, and does not come back: it is *dead*. (That half of all *entries* are zero is
# quite normal.)
#
# $$\text{dead fraction} = \frac{\text{number of units } j \text{ with } h_{nj} = 0
# \text{ for all } n}{H}$$
#
# <details><summary>Hint</summary>
#
# Compare, then ask "all?" along one axis, then take the mean over the other. A sum of 0 is not the
# same as zeros: with other activations, −1 and 1 add up to 0 too.
#
# </details>


# %% exercise="dead_fraction"
def dead_fraction(h):
    """Share of the units that are exactly 0 for every sample of a batch.

    h: (N, H) outputs of a hidden layer, one row per sample; they may be negative.
    Returns a float from 0 to 1.
    Raises ValueError naming h, its shape and the shape expected unless it has two axes.
    """
    ### BEGIN SOLUTION
    if h.ndim != 2:
        raise ValueError(f"h has shape {h.shape}, expected (N, H)")
    return float(np.mean(np.all(h == 0.0, axis=0)))
    ### END SOLUTION


# %% check="dead_fraction" points=2
h = np.array([[0.0, 1.5, 0.0, -1.0, 0.0], [0.0, 0.0, 0.0, 1.0, 2.0], [0.0, 0.3, 0.0, 0.0, 0.0]])
kept = h.copy()
check_close(dead_fraction(h), 0.4, "two units of five are zero for all three samples")
check_close(dead_fraction(np.ones((2, 3))), 0.0, "nothing is dead here")
check_close(h, kept, "h is not changed")
check_raises(ValueError, dead_fraction, np.zeros(3), match=r"\bh\b")

# %% [markdown]
# ### The update ratio
#
# ●●○○○ · about 6 min · 2 points
#
# Is the learning rate right? Compare the size of a step with the size of what it changes:
#
# $$\text{update ratio} = \frac{\lVert \text{update} \rVert}{\lVert \text{parameter} \rVert},
# \qquad \lVert a \rVert = \sqrt{\textstyle\sum a^2}\ \text{ over all entries.}$$
#
# For a weight, $10^{-3}$ per step is healthy, give or take a factor of ten; $10^{-6}$ means that
# the layer stands still, $10^{-1}$ that it is being thrown about. (Some texts divide standard
# deviations instead of norms; for a mean near 0 there is no difference.)
#
# <details><summary>Hint</summary>
#
# `np.linalg.norm(a)` of an array of any shape, *without* an `ord`, is this norm; with `ord=2` a
# matrix gets another one. Biases often start at zero: treat that case first.
#
# </details>


# %% exercise="update_ratio"
def update_ratio(update, param):
    """Size of one step relative to the parameter it changes, by Euclidean norms of all entries.

    update: what is added to the parameter, an array of any shape; param: the parameter before the
    step, of the same shape.
    Returns a float >= 0. If param is all zeros: inf, or 0.0 where the update is all zeros too.
    Raises ValueError naming update, its shape and the shape expected unless the shapes are equal.
    """
    ### BEGIN SOLUTION
    if update.shape != param.shape:
        raise ValueError(f"update has shape {update.shape}, expected {param.shape} as param")
    step, size = np.sqrt(np.sum(update**2)), np.sqrt(np.sum(param**2))
    if size == 0.0:
        return 0.0 if step == 0.0 else float("inf")
    return float(step / size)
    ### END SOLUTION


# %% check="update_ratio" points=2
param, update = np.array([[12.0, 0.0], [-4.0, 3.0]]), np.array([[0.3, -0.4], [0.0, 1.2]])
check_close(update_ratio(update, param), 0.1, "a step of 1.3 on a parameter of 13")
check_close(update_ratio(update, 0.0 * param), np.inf, "any step is infinite against zeros")
check_close(update_ratio(0.0 * param, 0.0 * param), 0.0, "no step is no step")
check_raises(ValueError, update_ratio, np.ones(2), np.ones((2, 2)), match="update")

# %% [markdown]
# Both at work, on ten ReLU layers that start with He's weights and read digits for 60 steps, at
# three learning rates. Which rate would you keep, and by which of the two numbers would you have
# known without looking at the loss?

# %% experiment
x_train, y_train, x_test, y_test = digits()
fig, ax = plt.subplots()
for rate in (0.0003, 0.05, 0.6):
    rng = np.random.default_rng(0)
    params, ratios, losses = deep_network(he_normal, rng), [], []
    for _ in range(60):
        rows = rng.choice(len(x_train), size=32, replace=False)
        loss, grads = loss_and_grads(params, x_train[rows], y_train[rows], Nothing())
        losses.append(loss)
        updates = {name: -rate * grads[name] for name in params}
        of_layers = [update_ratio(updates[f"w{n}"], params[f"w{n}"]) for n in range(1, 11)]
        ratios.append(np.median(of_layers))
        for name in params:
            params[name] += updates[name]
    _, outputs = network_forward(params, x_train, Nothing(), training=False)
    dead = np.mean([dead_fraction(h) for h in outputs[1:]])
    ax.semilogy(np.array(ratios) + 1e-12, label=f"rate {rate}")
    print(f"rate {rate:6}: update ratio first {ratios[0]:.0e}, last {ratios[-1]:.0e};", end=" ")
    print(f"dead units {dead:3.0%}; loss {losses[0]:.2f} -> {np.mean(losses[-5:]):.2f}")
ax.axhspan(3e-4, 3e-2, color="0.9")
ax.set(xlabel="step", ylabel="median update ratio of ten layers", ylim=(1e-7, 1e2))
ax.legend()
plt.show()

# %% [markdown]
# ## 5 · Dropout
#
# ●●●○○ · about 15 min · 4 points
#
# Srivastava et al. (2014) switch off each unit with probability $p$, anew for each sample and each
# step. No unit can then rely on a certain neighbour. In evaluation nothing is switched off. So that
# the next layer sees the same mean in both modes, what survives training is scaled up
# (*inverted* dropout, torch's kind):
#
# $$y = \begin{cases} \dfrac{m \circ x}{1 - p} & \text{in training,}\quad
# m_{nj} = 1 \text{ with probability } 1-p \text{, else } 0 \\[1ex]
# x & \text{in evaluation.} \end{cases}$$
#
# | symbol | in code | shape |
# |---|---|---|
# | $x$, $y$ | `x`, `y` | any, the same |
# | $m$ | `keep` | bool, the shape of `x`; `None` in evaluation |
# | $p$ | `p` | a number from 0 to 1: **the chance to be dropped** |
#
# (The original paper's $p$ is the chance to be *kept*, and it scales in evaluation instead.) At
# $p = 1$ everything is dropped: the result is zeros, not `0/0`.
#
# <details><summary>Hint</summary>
#
# `rng.random(x.shape) >= p` is a mask; it is never true for $p = 1$ and always for $p = 0$. Divide
# only if $p < 1$.
#
# </details>


# %% exercise="dropout_forward"
def dropout_forward(x, p, rng, *, training):
    """Inverted dropout (Srivastava et al. 2014; scaled in training, as in torch).

    x: float array of any shape; p: chance that an entry is dropped, 0 to 1; rng: NumPy Generator,
    not used (and allowed to be None) in evaluation; training: bool.
    Returns y, cache. y: a float64 array of the shape of x. cache = (keep, p), where keep is the
    bool mask of the shape of x, True where an entry was kept; None in evaluation.
    Each entry is drawn independently of all others. p = 1 gives zeros.
    Raises ValueError naming p and its value unless 0 <= p <= 1, in both modes.
    """
    ### BEGIN SOLUTION
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"p is {p}, expected a probability from 0 to 1")
    if not training:
        return x.copy(), (None, p)
    keep = rng.random(x.shape) >= p
    y = keep * x
    if p < 1.0:
        y /= 1.0 - p
    return y, (keep, p)
    ### END SOLUTION


# %% check="dropout_forward" points=4
rng = np.random.default_rng(3)
x = 1.0 + rng.random((60, 50))
kept = x.copy()
y, (keep, p) = dropout_forward(x, 0.2, rng, training=True)
check_close(np.mean(y == 0.0), 0.2, "a fifth of the entries is dropped", rtol=0, atol=0.05)
check_close(y[keep], 1.25 * x[keep], "what is kept is scaled up by 1/(1 - p)")
check_true(not np.any(y[~keep]), "what is dropped is zero, as the mask says")
y, (keep, p) = dropout_forward(x, 0.2, None, training=False)
check_close(y, x, "nothing happens in evaluation")
check_true(keep is None, "and there is no mask")
y, _ = dropout_forward(x, 1.0, rng, training=True)
check_close(y, np.zeros((60, 50)), "p = 1 drops everything")
check_close(x, kept, "x is not changed")
check_raises(ValueError, dropout_forward, x, 1.5, rng, training=True, match=r"\bp\b")

# %% [markdown]
# ### Backwards
#
# ●●○○○ · about 6 min · 2 points
#
# For the backward pass the mask is a constant. It must be the mask of **this** forward pass, which
# is why it is in the cache. In evaluation the layer was the identity.
#
# <details><summary>Hint</summary>
#
# $\partial y_{nj} / \partial x_{nj}$ is a number that stands in the forward formula. And $p = 1$?
#
# </details>


# %% exercise="dropout_backward"
def dropout_backward(dout, cache):
    """Gradient of dropout with respect to x.

    dout: gradient with respect to y, of the shape of x; cache = (keep, p) as dropout_forward
    returns it: keep is a bool array of that shape, or None if the layer was in evaluation mode.
    Returns dx, a float64 array of the same shape; zeros for p = 1 in training.
    """
    ### BEGIN SOLUTION
    keep, p = cache
    if keep is None:
        return dout.copy()
    dx = keep * dout
    if p < 1.0:
        dx /= 1.0 - p
    return dx
    ### END SOLUTION


# %% check="dropout_backward" points=2
dout = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
kept = dout.copy()
keep = np.array([[True, False, True], [False, True, True]])
dx = dropout_backward(dout, (keep, 0.6))
check_close(dx, [[2.5, 0.0, 7.5], [0.0, 12.5, -15.0]], "through what was kept, scaled as forwards")
check_close(dropout_backward(dout, (None, 0.6)), dout, "the identity in evaluation")
dx = dropout_backward(dout, (np.zeros((2, 3), dtype=bool), 1.0))
check_close(dx, np.zeros((2, 3)), "p = 1: nothing comes back")
check_close(dout, kept, "dout is not changed")

# %% [markdown]
# ### Is evaluation mode the average of all the thinned networks?
#
# ●●●○○ · about 14 min · 3 points
#
# Often said: a network trained with dropout is an *ensemble* of all its thinned copies, and
# evaluation mode gives their average. A small network lets us check. Four hidden units have
# $2^4 = 16$ masks. Let $h$ be the hidden layer and $f$ all that comes after it:
#
# $$\bar y = \sum_{m \in \{0, 1\}^H} P(m)\; f\Big(\frac{m \circ h}{1 - p}\Big), \qquad
# P(m) = \prod_{j} \begin{cases} 1 - p & m_j = 1 \\ p & m_j = 0 . \end{cases}$$
#
# | symbol | in code | shape |
# |---|---|---|
# | $h$ | `h` | $(N, H)$, $H$ small |
# | $f$ | `head` | a function from $(N, H)$ to $(N, K)$, which treats each row by itself |
# | $\bar y$ | returned | $(N, K)$ |
#
# In each term all rows get the same mask; the average over all masks is then right for every row.
#
# <details><summary>Hint</summary>
#
# `itertools.product((0.0, 1.0), repeat=H)` runs through all masks, and so do the binary digits of
# 0 … 2ᴴ − 1. The weights $P(m)$ add up to 1. With $p = 0.5$ they are all equal, which hides
# mistakes.
#
# </details>


# %% exercise="average_of_subnetworks"
def average_of_subnetworks(h, head, p):
    """Exact mean of head(dropout(h)) over all 2^H masks, each weighted by its probability.

    h: (N, H) outputs of the layer that is dropped; head: function from (N, H) to (N, K); p: chance
    that a unit is dropped, 0 <= p < 1.
    Returns a float64 array (N, K).
    Raises ValueError naming p and its value unless 0 <= p < 1.
    """
    ### BEGIN SOLUTION
    if not 0.0 <= p < 1.0:
        raise ValueError(f"p is {p}, expected a probability from 0 to below 1")
    total, units = 0.0, h.shape[1]
    for number in range(2**units):
        mask = (number >> np.arange(units)) % 2
        probability = np.prod(np.where(mask == 1, 1.0 - p, p))
        total = total + probability * head(mask * h / (1.0 - p))
    return total
    ### END SOLUTION


# %% check="average_of_subnetworks" points=3
h = np.array([[1.0, 2.0, 4.0], [0.0, 3.0, -1.0]])
kept = h.copy()
mean = average_of_subnetworks(h, lambda a: a, 0.2)
check_close(mean, h, "without anything after it, the mean of dropout is h itself")
mean = average_of_subnetworks(h, lambda a: a**2, 0.2)
check_close(mean, [[1.25, 5.0, 20.0], [0.0, 11.25, 1.25]], "squares: the mean is 1/(1 - p) too big")
mean = average_of_subnetworks(h, lambda a: a.sum(axis=1, keepdims=True) ** 2, 0.2)
check_close(mean, [[54.25], [6.5]], "all masks count, with their own probabilities")
check_close(h, kept, "h is not changed")
check_raises(ValueError, average_of_subnetworks, h, lambda a: a, 1.0, match=r"\bp\b")

# %% experiment
rng = np.random.default_rng(0)
h = np.maximum(rng.normal(size=(200, 4)), 0.0)
w1, w2 = rng.normal(size=(8, 4)), rng.normal(size=(3, 8))


def softmax(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


heads = {
    "linear": lambda a: a @ w1.T @ w2.T,
    "ReLU layer": lambda a: np.maximum(a @ w1.T, 0.0) @ w2.T,
    "linear, softmax": lambda a: softmax(a @ w1.T @ w2.T),
    "ReLU layer, softmax": lambda a: softmax(np.maximum(a @ w1.T, 0.0) @ w2.T),
}
print("what follows the dropout    largest distance, average of 16 networks to evaluation mode")
for name, head in heads.items():
    distance = np.abs(average_of_subnetworks(h, head, 0.5) - head(h)).max()
    print(f"{name:20} {distance:18.3f}")

# %% [markdown]
# Exactly equal for a linear head, and only for that one. With anything curved behind it, evaluation
# mode is an approximation, and for single samples a rough one. It is used since it costs one pass
# instead of sixteen, or of $2^{1000}$.

# %% [markdown]
# ## 6 · Batch normalisation
#
# ●●●○○ · about 18 min · 5 points
#
# Good first weights keep the size of the signal right at step 0. Ioffe and Szegedy (2015) keep it
# right at *every* step: they normalise each feature over the batch, inside the network.
#
# $$\mu = \frac1N \sum_n x_n, \qquad \sigma^2 = \frac1N \sum_n (x_n - \mu)^2, \qquad
# \hat x_n = \frac{x_n - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad
# y_n = \gamma \circ \hat x_n + \beta .$$
#
# $\gamma$ and $\beta$ are learned, so the layer can undo the normalisation where that helps. In
# evaluation there may be no batch to take a mean of. So training keeps *running* statistics, and
# evaluation uses them in place of $\mu$ and $\sigma^2$:
#
# $$\text{running mean} \leftarrow (1 - \alpha)\ \text{running mean} + \alpha\,\mu, \qquad
# \text{running variance} \leftarrow (1 - \alpha)\ \text{running variance}
# + \alpha\, \tfrac{N}{N-1}\,\sigma^2 .$$
#
# | symbol | in code | shape |
# |---|---|---|
# | $x$, $y$ | `x`, `y` | $(N, D)$ |
# | $\gamma$, $\beta$ | `gamma`, `beta` | $(D,)$ each |
# | running statistics | `running_mean`, `running_var` | $(D,)$ each; new arrays are returned |
# | $\alpha$ | `momentum` | a number: **the weight of the new batch** (torch; Keras means the old) |
# | $\varepsilon$ | `eps` | a number, **inside** the root |
#
# Two variances, on purpose: the *biased* one (divided by $N$) normalises, the *unbiased* one
# (divided by $N - 1$) is stored, since it stands for data that was not in the batch. That is
# torch's way; some libraries store the biased one. A batch of one sample has no variance, so
# training refuses it.
#
# <details><summary>Hint</summary>
#
# `x.var(axis=0)` is biased, `x.var(axis=0, ddof=1)` is not. Write the new running mean as a new
# array; `running_mean *= …` would change your caller's. The cache holds the mean and the variance
# **that were used to normalise**, in each mode.
#
# </details>


# %% exercise="batchnorm_forward"
def batchnorm_forward(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    """Batch normalisation over axis 0 (Ioffe & Szegedy 2015, algorithm 1), as torch's.

    x: (N, D); gamma, beta, running_mean, running_var: (D,) each; training: bool; momentum: weight
    of the new batch in the running statistics; eps: added to the variance, inside the root.
    Returns (y, running_mean, running_var), cache with y of shape (N, D) and the running statistics
    after this batch, (D,) each (in evaluation: as they were).
        cache = (x, mean, var, gamma, eps, training): the mean and the variance (biased in training)
        that normalised x, (D,) each.
    Raises ValueError naming x and its shape if x has fewer than two rows in training; naming gamma
    (or beta), its shape and the shape expected unless it has shape (D,).
    """
    ### BEGIN SOLUTION
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array.shape != x.shape[1:]:
            raise ValueError(f"{name} has shape {array.shape}, expected {x.shape[1:]}")
    n = len(x)
    mean, var = running_mean, running_var
    if training:
        if n < 2:
            raise ValueError(f"x has shape {x.shape}: training needs two rows or more")
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = (1.0 - momentum) * running_mean + momentum * mean
        running_var = (1.0 - momentum) * running_var + momentum * var * n / (n - 1)
    y = gamma * (x - mean) / np.sqrt(var + eps) + beta
    return (y, running_mean, running_var), (x, mean, var, gamma, eps, training)
    ### END SOLUTION


# %% check="batchnorm_forward" points=5
x = np.array([[1.0, 10.0], [3.0, 20.0], [8.0, 60.0]])
gamma, beta = np.array([2.0, 0.5]), np.array([1.0, -3.0])
running_mean, running_var = np.array([1.0, -2.0]), np.array([4.0, 7.0])
copies = [array.copy() for array in (x, gamma, beta, running_mean, running_var)]
arguments = (x, gamma, beta, running_mean, running_var)
(y, new_mean, new_var), cache = batchnorm_forward(*arguments, training=True, momentum=0.3, eps=1.0)
expected = [[-0.9298026, -3.4624149], [0.3567325, -3.2312074], [3.5730701, -2.3063777]]
check_close(y, expected, "each column is normalised, scaled by gamma, moved by beta", rtol=1e-6)
check_close(new_mean, [1.9, 7.6], "0.7 of the old running mean and 0.3 of the batch's")
check_close(new_var, [6.7, 214.9], "the variance that is stored is the unbiased one")
check_true(len(cache) == 6, "the cache holds six things")
check_close(cache[2], [8.6666667, 466.6666667], "the biased variance normalised", rtol=1e-6)
(y, new_mean, new_var), cache = batchnorm_forward(*arguments, training=False, eps=2.0)
check_close(y[0], [1.0, -1.0], "evaluation uses the running statistics")
check_close(new_mean, [1.0, -2.0], "and leaves them as they were")
for array, copy in zip(arguments, copies, strict=True):
    check_close(array, copy, "no argument is changed")
check_raises(ValueError, batchnorm_forward, x[:1], *arguments[1:], training=True, match=r"\bx\b")

# %% [markdown]
# ### Predict: the weights before a batch norm are doubled
#
# ●●●○○ · about 7 min · 2 points
#
# A linear layer feeds a batch norm (training, $\varepsilon = 0$), and a loss $L$ depends on its
# output:
#
# $$y = \mathrm{BN}(x W^\top), \qquad L = L(y) .$$
#
# Now *all weights in* $W$ *are doubled*; nothing else changes. *Predict:* by which factor does $y$
# change? And the gradient $\partial L / \partial W$?
#
# <details><summary>Hint</summary>
#
# What happens to $\mu$ and to $\sigma$? For the gradient: you know how $L(2W)$ compares with
# $L(W)$ for every $W$; differentiate both sides.
#
# </details>


# %% exercise="predict_doubled_weights"
def predict_doubled_weights():
    """What doubling the weights in front of a batch norm does.

    Returns a tuple of two floats: the factor of y, and the factor of the gradient with respect to
    the weights.
    """
    ### BEGIN SOLUTION
    return (1.0, 0.5)
    ### END SOLUTION


# %% check="predict_doubled_weights" points=2
check_shape(np.array(predict_doubled_weights()), (2,), "two factors: of y, and of the gradient")

# %% [markdown]
# Try it. The gradient is measured by differences, so only your forward pass is needed.

# %% experiment
rng = np.random.default_rng(0)
x, w, upstream = rng.normal(size=(6, 3)), rng.normal(size=(2, 3)), rng.normal(size=(6, 2))


def normalised(w):
    ones, zeros = np.ones(2), np.zeros(2)
    return batchnorm_forward(x @ w.T, ones, zeros, zeros, ones, training=True, eps=0.0)[0][0]


print("factor of y:\n", normalised(2 * w) / normalised(w))
gradients = [numerical_gradient(normalised, point, upstream=upstream) for point in (w, 2 * w)]
print("factor of the gradient:\n", (gradients[1] / gradients[0]).round(5))

# %% [markdown]
# So behind a batch norm the *size* of the weights means nothing for the function, only for the
# speed: large weights get small gradients, and take small steps. That is one reason why networks
# with batch norm forgive a wrong first spread, as you will see in section 8.
#
# ### Find the bug
#
# ●●●●○ · about 15 min · 4 points
#
# A colleague's batch norm runs, trains, and is wrong. Her function trains on one batch and then
# evaluates another, starting from a running mean of 0 and a running variance of 1:


# %% setup
def suspect(x, x_new, gamma, beta, momentum, eps):
    """One training step on x (N, D), then evaluation of x_new (M, D).

    Returns (y, y_new, running_mean, running_var).
    """
    running_mean, running_var = np.zeros(x.shape[1]), np.ones(x.shape[1])
    mean, var = x.mean(axis=0), x.var(axis=0)
    y = gamma * (x - mean) / np.sqrt(var + eps) + beta
    running_mean = momentum * running_mean + (1 - momentum) * mean
    running_var = momentum * running_var + (1 - momentum) * x.var(axis=0, ddof=1)
    y_new = gamma * (x_new - running_mean) / np.sqrt(running_var + eps) + beta
    return y, y_new, running_mean, running_var


# %% [markdown]
# Do not mend it. Write a **test case**: arguments on which this function, *and as many other wrong
# batch norms as possible*, gives another result than the right one. The hidden check has a
# collection of faults: variances of the wrong kind, a γ or β that is lost, an ε in the wrong place,
# evaluation on the wrong statistics, and more. Half of the points are for exposing the fault shown,
# half for exposing at least nine in ten of the collection.
#
# Many natural inputs hide a lot: a square `x`, γ = 1 and β = 0, a mean of 0, `x_new` equal to `x`.
# Each of these makes some wrong formula right by chance.
#
# <details><summary>Hint</summary>
#
# Go through the symbols of the formula one by one, and ask for each: with which value would I not
# notice that it is missing, or stands in the wrong place? Then avoid that value. An ε of 10⁻⁵ next
# to a variance of 1 cannot be seen.
#
# </details>


# %% exercise="exposing_batchnorm"
def exposing_batchnorm():
    """Arguments for suspect(x, x_new, gamma, beta, momentum, eps) that expose wrong batch norms.

    Returns a tuple of the six arguments in this order: x (N, D) with N >= 2, x_new (M, D), gamma
    (D,), beta (D,), momentum, eps. All numbers finite, at most 1000 of them, and valid for a right
    batch norm.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(0)
    x, x_new = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    gamma, beta = rng.normal(size=(2, 3))
    return x, x_new, gamma, beta, 0.3, 0.5  # nothing is 0, 1 or 1/2, no two shapes are alike
    ### END SOLUTION


# %% check="exposing_batchnorm" points=4
arguments = exposing_batchnorm()
check_true(len(arguments) == 6, "six arguments: x, x_new, gamma, beta, momentum, eps")
check_true(np.ndim(arguments[0]) == 2 and len(arguments[0]) >= 2, "x is (N, D), N is 2 or more")
features = np.shape(arguments[0])[1]
check_true(np.shape(arguments[1])[1:] == (features,), "x_new has as many columns as x")
check_shape(arguments[2], (features,), "gamma has one number for each column")
check_shape(arguments[3], (features,), "and so has beta")

# %% [markdown]
# ## 7 · Batch normalisation, backwards: derive it
#
# ●●●●● · about 25 min · 6 points
#
# The hardest gradient of the course so far, and the most instructive: every $x_n$ influences every
# $y_m$ of its column, through $\mu$ and through $\sigma^2$. Given is only the forward formula, as a
# chain of small steps:
#
# $$\mu = \frac1N\sum_n x_n, \qquad c_n = x_n - \mu, \qquad
# v = \frac1N \sum_n c_n^2, \qquad s = \sqrt{v + \varepsilon}, \qquad
# \hat x_n = \frac{c_n}{s}, \qquad y_n = \gamma\circ\hat x_n + \beta .$$
#
# | | shape |
# |---|---|
# | $\mathrm{d}y$ = `dout`, $\mathrm{d}x$ | $(N, D)$ |
# | $\mathrm{d}\gamma$, $\mathrm{d}\beta$ | $(D,)$ |
# | $\mu, v, s$ | $(D,)$: one number per column, used by all rows |
#
# Go back through the chain, one arrow at a time. What is used in several places collects a sum. In
# **evaluation** the mean and variance were constants, so almost all of it falls away.
#
# A gradient is judged by differences before it is judged by anybody. This is the tool; try it on
# the simplest part of the chain first:

# %% experiment
rng = np.random.default_rng(0)
x, upstream = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))


def centred(x):
    return x - x.mean(axis=0)


check_gradient(
    centred, x, upstream - upstream.mean(axis=0), "the gradient of x − μ", upstream=upstream
)

# %% [markdown]
# Centring passes back a *centred* gradient: that is the $\mu$ part of your answer.
#
# <details><summary>Hint 1: the order of the steps</summary>
#
# $\mathrm{d}\hat x$, then $\mathrm{d}s$ (a sum over the rows), then $\mathrm{d}v$, then
# $\mathrm{d}c$ in two parts (through $\hat x$ directly, and through $v$), then $\mathrm{d}x$ in two
# parts (through $c$ directly, and through $\mu$). The cell above has done the last step for you.
#
# </details>
#
# <details><summary>Hint 2: the formulas (try without)</summary>
#
# $$\begin{aligned}
# \mathrm{d}\beta &= \textstyle\sum_n \mathrm{d}y_n, &
# \mathrm{d}\gamma &= \textstyle\sum_n \mathrm{d}y_n \circ \hat x_n, &
# \mathrm{d}\hat x_n &= \gamma\circ\mathrm{d}y_n \\
# \mathrm{d}s &= -\textstyle\sum_n \mathrm{d}\hat x_n\, c_n / s^2, &
# \mathrm{d}v &= \mathrm{d}s / (2s), &
# \mathrm{d}c_n &= \mathrm{d}\hat x_n / s + 2 c_n\,\mathrm{d}v / N \\
# & & & & \mathrm{d}x_n &= \mathrm{d}c_n - \tfrac1N \textstyle\sum_m \mathrm{d}c_m
# \end{aligned}$$
#
# In evaluation: $\mathrm{d}x_n = \mathrm{d}\hat x_n / s$.
#
# </details>


# %% exercise="batchnorm_backward"
def batchnorm_backward(dout, cache):
    """Gradients of batch normalisation, in either mode.

    dout: (N, D), gradient with respect to y; cache = (x, mean, var, gamma, eps, training) as
    batchnorm_forward returns it: x (N, D); mean, var, gamma (D,); var is the biased variance in
    training, the running one in evaluation.
    Returns (dx, dgamma, dbeta) of shapes (N, D), (D,), (D,).
    """
    ### BEGIN SOLUTION
    x, mean, var, gamma, eps, training = cache
    centred, std = x - mean, np.sqrt(var + eps)
    dx_hat = gamma * dout
    dgamma, dbeta = (dout * centred / std).sum(axis=0), dout.sum(axis=0)
    dcentred = dx_hat / std
    if not training:
        return dcentred, dgamma, dbeta
    dstd = -(dx_hat * centred).sum(axis=0) / std**2
    dvar = dstd / (2.0 * std)
    dcentred = dcentred + 2.0 * centred * dvar / len(x)
    return dcentred - dcentred.mean(axis=0), dgamma, dbeta
    ### END SOLUTION


# %% check="batchnorm_backward" points=6
x = np.array([[0.0, 2.0], [1.0, -1.0], [5.0, 4.0], [2.0, 7.0]])
gamma, mean, var = np.array([2.0, -1.0]), np.array([2.0, 3.0]), np.array([3.5, 8.5])
dout = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0], [3.0, -1.0]])
kept = [array.copy() for array in (x, gamma, mean, var, dout)]
dx, dgamma, dbeta = batchnorm_backward(dout, (x, mean, var, gamma, 0.5, True))
check_close(dbeta, [3.0, 2.0], "beta collects dout")
check_close(dgamma, [-2.5, -3.6666667], "gamma collects dout times the normalised x", rtol=1e-6)


def forward_by_hand(x):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 0.5)


check_gradient(forward_by_hand, x, dx, "dx in training agrees with differences", upstream=dout)
dx, dgamma, dbeta = batchnorm_backward(dout, (x, mean + 1.0, var + 5.0, gamma, 0.5, False))
expected = [[0.6666667, 0.0], [0.0, -0.5345225], [-0.6666667, -0.2672612], [2.0, 0.2672612]]
check_close(dx, expected, "in evaluation each entry goes its own way", rtol=1e-6)
check_close(dgamma, [-2.6666667, -3.4743961], "with the statistics that were used", rtol=1e-6)
for array, copy in zip((x, gamma, mean, var, dout), kept, strict=True):
    check_close(array, copy, "nothing is changed")

# %% [markdown]
# If you sent in an upstream gradient of ones, or used $N = 2$, you would find $\mathrm{d}x = 0$ (or
# nearly): adding a constant to a column does not change $\hat x$, and two points normalise to
# $\pm 1$ wherever they are. Good tests avoid both.

# %% [markdown]
# ## 8 · Experiment: ten layers on digits
#
# Now the proof. Ten hidden ReLU layers of 64 units read handwritten digits, by plain gradient
# descent with rate 0.05, 15 epochs, from five starts; the last of them with your batch norm between
# the linear map and the ReLU. Three seeds each (about half a minute).


# %% experiment
class BatchNorm:
    """Your batch norm in every hidden layer, for the given network."""

    def __init__(self):
        self.running, self.caches = {}, {}

    def forward(self, params, layer, z, training):
        width = z.shape[1]
        mean, var = self.running.get(layer, (np.zeros(width), np.ones(width)))
        gamma, beta = params[f"gamma{layer}"], params[f"beta{layer}"]
        (y, *statistics), self.caches[layer] = batchnorm_forward(
            z, gamma, beta, mean, var, training=training
        )
        self.running[layer] = statistics
        return y

    def backward(self, grads, layer, dz):
        dz, grads[f"gamma{layer}"], grads[f"beta{layer}"] = batchnorm_backward(
            dz, self.caches[layer]
        )
        return dz


def with_batchnorm(params):
    for layer in range(1, 11):
        width = len(params[f"b{layer}"])
        params |= {f"gamma{layer}": np.ones(width), f"beta{layer}": np.zeros(width)}
    return params


starts = {
    "N(0, 0.01²)": (normal(0.01), False),
    "torch's default": (torch_uniform, False),
    "Glorot": (glorot, False),
    "He": (he_normal, False),
    "N(0, 0.01²), batch norm": (normal(0.01), True),
}
x_train, y_train, x_test, y_test = digits()
fig, ax = plt.subplots(figsize=(8, 4.5))
print(f"{'start':24} test accuracy of three seeds       mean")
for (name, (draw, norm)), style in zip(starts.items(), ["-", "--", "-", "-", "-."], strict=True):
    curves, scores = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        params, inside = deep_network(draw, rng), Nothing()
        if norm:
            params, inside = with_batchnorm(params), BatchNorm()
        options = {"rate": 0.05, "inside": inside}
        curves.append([train_epoch(params, x_train, y_train, rng, **options) for _ in range(15)])
        scores.append(accuracy(params, x_test, y_test, inside))
    ax.plot(range(1, 16), np.mean(curves, axis=0), style, label=name)
    print(f"{name:24}", *(f"{score:9.1%}" for score in scores), f"{np.mean(scores):11.1%}")
ax.axhline(np.log(10), color="0.7", linewidth=1)
ax.set(xlabel="epoch", ylabel="training loss (mean of three seeds)", ylim=(0, 2.6))
ax.legend(loc="center right")
plt.show()

# %% [markdown]
# The thin grey line is $\ln 10$, the loss of somebody who knows nothing but that there are ten
# classes.
#
# **Question 1 (3 points).** Read it off *your* plots. (a) Which starts never leave the grey line,
# and in which order, and when, do the others fall below a loss of 0.5? (b) By which factor per
# layer does the gradient shrink under torch's default with ReLU (section 3), and what does that
# make of it after ten layers? (c) The last row of the table starts with the same tiny weights as
# the first. How can it learn, although its twin without batch norm never did? Use what you
# predicted in section 6.

# %% [markdown] answer="what_ten_layers_need" points=3
# ### BEGIN SOLUTION
# (a) N(0, 0.01²) and torch's default stay at 2.30 for all 15 epochs. He is below 0.5 after about 5
# epochs, batch norm after about 9, Glorot after about 14 (its weights are √2 too small for ReLU
# layers: 0.71 per layer).
#
# (b) About 0.41 per layer, so about $0.41^{10} \approx 10^{-4}$ after ten layers: the first layers
# get a ten-thousandth of the gradient at the top, and the signal itself is as small, so that all
# inputs look alike to the last layer.
#
# (c) Batch norm divides each column by its own standard deviation, so the size of the weights has
# no influence on $y$: the signal is back at size 1 after each layer. And the gradient of small
# weights is *larger* in the same proportion (halved weights, doubled gradient), so they even grow
# quickly to a useful size.
#
# *Marking guide:* 1 point for each part. (a) both flat curves, and the order and epochs of the
# student's own plot. (b) a factor of 0.38 to 0.45 and its tenth power; half for the factor alone.
# (c) the scale is divided out forwards, and the gradient grows as weights shrink; half for one of
# them.
# ### END SOLUTION

# %% [markdown]
# ## 9 · Not learning by heart
#
# Now the opposite trouble. With 300 digits to learn from, a wide network soon knows them all by
# heart, mistakes included, and reads new ones no better. Three remedies against it: dropout (you
# have it), penalties on large weights, and stopping in time.
#
# ### Penalties
#
# ●●○○○ · about 12 min · 3 points
#
# $$L_{\text{total}} = L + \tfrac{\lambda_2}{2} \sum_W \lVert W \rVert^2
# + \lambda_1 \sum_W \lVert W \rVert_1$$
#
# The sums run over the **weights**: the arrays with two axes or more. Biases, and batch norm's γ
# and β, have one axis and are never penalised. The gradient gets $\lambda_2 W +
# \lambda_1\,\mathrm{sign}(W)$, with $\mathrm{sign}(0) = 0$.
#
# *Conventions.* The $\tfrac12$ makes $\lambda_2$ the `weight_decay` of torch's SGD. Others write
# $\lambda\lVert W\rVert^2$, whose gradient is twice as large, or divide by $2N$. Nothing is divided
# by the number of samples here.
#
# <details><summary>Hint</summary>
#
# Make a new dict, with new arrays for the weights. `np.abs(w).sum()` is $\lVert W\rVert_1$;
# `np.sign` has the right value at 0.
#
# </details>


# %% exercise="add_penalty"
def add_penalty(loss, grads, params, *, l1=0.0, l2=0.0):
    """Add an L1 and an L2 penalty on the weights to a loss and to its gradients.

    loss: float; grads, params: dicts of arrays with the same names and shapes; l1, l2: the two
    lambdas. Only arrays with two axes or more are penalised.
    Returns (total, new): total = loss + l1 * sum |w| + l2 / 2 * sum w^2 as a float, and a new dict
    with the gradients of that total. Neither grads nor its arrays are changed.
    """
    ### BEGIN SOLUTION
    total, new = loss, {}
    for name, w in params.items():
        new[name] = grads[name].copy()
        if w.ndim >= 2:
            total = total + l1 * np.abs(w).sum() + 0.5 * l2 * np.sum(w**2)
            new[name] += l1 * np.sign(w) + l2 * w
    return float(total), new
    ### END SOLUTION


# %% check="add_penalty" points=3
params = {"w1": np.array([[3.0, 0.0, -1.0]]), "b1": np.array([5.0])}
params["w2"] = np.array([[2.0], [-4.0]])
grads = {"w1": np.array([[0.1, 0.2, 0.3]]), "b1": np.array([0.4]), "w2": np.array([[0.5], [0.6]])}
total, new = add_penalty(1.0, grads, params, l2=0.1)
check_close(total, 2.5, "a tenth of half of 30 is added, biases do not count")
check_close(new["w1"], [[0.4, 0.2, 0.2]], "l2 adds 0.1 w to the gradient")
total, new = add_penalty(1.0, grads, params, l1=0.5)
check_close(total, 6.0, "half of 10 is added")
check_close(new["w1"], [[0.6, 0.2, -0.2]], "l1 adds 0.5 or -0.5, and nothing at 0")
check_close(new["b1"], [0.4], "a bias keeps its gradient")
check_close(grads["w2"], [[0.5], [0.6]], "the gradients handed in are not changed")

# %% [markdown]
# ### Early stopping
#
# ●●●●○ · about 20 min · 5 points
#
# Watch the loss on data that is not trained on. While it falls, all is well. When it has not
# improved for a while, stop, and go back to the best weights you had. Simple, and yet four rules
# need to be exact:
#
# 1. An epoch *improves* if its validation loss is **strictly below** (best so far − `min_delta`).
#    The best so far begins at ∞. NaN never improves.
# 2. An epoch that does not improve is bad. One that improves sets the count of bad epochs back to
#    zero. When the count reaches `patience`, stop: with `patience=1`, after the first bad epoch.
# 3. The best weights are a **copy**. Training goes on changing the arrays in `params`.
# 4. At the end `params` holds the best weights, **in place**, no matter whether patience ran out or
#    the epochs did. If no epoch improved, they are those of the start.
#
# <details><summary>Hint</summary>
#
# `NaN < anything` is false, so rule 1 written as it stands has NaN covered; written the other way
# round it has not. `params[name][...] = best[name]` writes into the array that is there.
#
# </details>


# %% exercise="early_stopping"
def early_stopping(params, train, validate, *, max_epochs, patience, min_delta=0.0):
    """Train with early stopping (Prechelt 1998), and leave the best weights in params.

    params: dict of arrays; train(params): runs one epoch, changes the arrays in place, returns
    the training loss; validate(params): returns the validation loss, a float that may be NaN. Each
    epoch calls train once, then validate once. max_epochs >= 1, patience >= 1, min_delta >= 0.
    Returns (losses, best_epoch): the list of the validation losses of all epochs that ran, and the
    number of the best one, from 0; None if none improved on infinity.
    Raises ValueError naming patience and its value if it is below 1.
    """
    ### BEGIN SOLUTION
    if patience < 1:
        raise ValueError(f"patience is {patience}, expected 1 or more")
    best = {name: value.copy() for name, value in params.items()}
    lowest, best_epoch, bad, losses = float("inf"), None, 0, []
    for epoch in range(max_epochs):
        train(params)
        losses.append(validate(params))
        if losses[-1] < lowest - min_delta:
            lowest, best_epoch, bad = losses[-1], epoch, 0
            best = {name: value.copy() for name, value in params.items()}
        else:
            bad += 1
        if bad >= patience:
            break
    for name, value in best.items():
        params[name][...] = value
    return losses, best_epoch
    ### END SOLUTION


# %% check="early_stopping" points=5
def scripted(losses):
    """Epochs that add 1 to w, and a validation that reads its losses from a list."""
    w, script = np.zeros(2), iter(losses)

    def train(params):
        params["w"] += 1.0
        return -params["w"][0]  # the training loss: it falls for ever

    return w, {"w": w}, train, lambda params: next(script)


w, params, train, validate = scripted([5.0, 3.0, 3.0, 4.0, 1.0, 0.5])
losses, best = early_stopping(params, train, validate, max_epochs=6, patience=2)
check_true(losses == [5.0, 3.0, 3.0, 4.0], "two epochs in a row no better than 3: stop")
check_true(best == 1, "the second epoch was the best")
check_close(w, [2.0, 2.0], "its weights are back, in the same array")
w, params, train, validate = scripted([5.0, 4.0, 6.0, 3.9, 6.0])
losses, best = early_stopping(params, train, validate, max_epochs=5, patience=2)
check_true(len(losses) == 5 and best == 3, "an improvement sets the count back to zero")
check_close(w, [4.0, 4.0], "the best weights are restored when the epochs run out, too")
options = {"max_epochs": 5, "patience": 0, "match": "patience"}
check_raises(ValueError, early_stopping, params, train, validate, **options)

# %% [markdown]
# ### All of them, on digits with wrong labels
#
# Real labels are not all right. Here a fifth of the 300 training labels is drawn anew at random (so
# that about 18 % are wrong). One hidden layer of 100 units learns from them for 60 epochs, has 300
# clean digits to validate on, and is tested on 360. The table shows means over five draws.


# %% experiment
class Dropout:
    """Your dropout in every hidden layer, for the given network."""

    def __init__(self, p, rng):
        self.p, self.rng, self.caches = p, rng, {}

    def forward(self, params, layer, z, training):
        y, self.caches[layer] = dropout_forward(z, self.p, self.rng, training=training)
        return y

    def backward(self, grads, layer, dz):
        return dropout_backward(dz, self.caches[layer])


def one_run(seed, *, p=0.0, l1=0.0, l2=0.0, stop=False, n=300, epochs=60):
    """Validation losses by epoch, and the accuracy on the training and on the test digits."""
    x_all, y_all, x_test, y_test = digits(seed)
    rng = np.random.default_rng(seed)
    y_train, wrong = y_all[:n].copy(), rng.random(n) < 0.2
    y_train[wrong] = rng.integers(0, 10, size=wrong.sum())
    params = deep_network(he_normal, rng, depth=1, width=100)
    inside = Dropout(p, rng) if p else Nothing()

    def penalty(loss, grads, params):
        return add_penalty(loss, grads, params, l1=l1, l2=l2)

    def train(params):
        options = {"rate": 0.2, "inside": inside, "batch": 30, "penalty": penalty}
        return train_epoch(params, x_all[:n], y_train, rng, **options)

    def validate(params):
        return validation_loss(params, x_all[n : 2 * n], y_all[n : 2 * n], inside)

    if stop:
        losses, _ = early_stopping(params, train, validate, max_epochs=epochs, patience=15)
    else:
        losses = [(train(params), validate(params))[1] for _ in range(epochs)]
    scores = accuracy(params, x_all[:n], y_train, inside), accuracy(params, x_test, y_test, inside)
    return losses, *scores


runs = {
    "nothing": {},
    "early stopping": {"stop": True},
    "L1, 0.002": {"l1": 0.002},
    "L2, 0.01": {"l2": 0.01},
    "dropout, 0.5": {"p": 0.5},
    "dropout, L2 and stopping": {"p": 0.5, "l2": 0.01, "stop": True},
}
fig, ax = plt.subplots(figsize=(8, 4.5))
print(f"{'mean of five draws':26} epochs   training   test (and its spread)")
for name, options in runs.items():
    losses, training, test = zip(*(one_run(seed, **options) for seed in range(5)), strict=True)
    epochs = np.mean([len(series) for series in losses])
    print(f"{name:26} {epochs:6.0f} {np.mean(training):9.1%}", end=" ")
    print(f"{np.mean(test):9.1%} ± {np.std(test):.1%}")
    if not options.get("stop"):  # those that stop are the same curves, cut off
        ax.plot(range(1, 61), np.mean(losses, axis=0), label=name)
ax.set(xlabel="epoch", ylabel="validation loss (mean of five draws)", ylim=(0.4, 1.0))
ax.legend(fontsize=9)
plt.show()

# %% [markdown]
# Without a remedy the network ends up with 91 % of its training labels right. But only 82 % of them
# *are* right: it has learned half of the mistakes by heart, and pays for it on the test. In the
# plot, its validation loss falls for twenty epochs and then slowly creeps up; early stopping does
# no more than get off near the lowest stop. Penalties change what is learned: the training accuracy
# stays near the share of right labels. All three together did best here, but look at the spread
# before you rank methods that are one or two points apart. And look twice: the penalised networks
# have a *higher* validation loss than the others, though they are as often right. They are less
# sure of themselves. Loss and accuracy need not agree.

# %% [markdown]
# ## 10 · Splitting and searching
#
# ### A stratified split
#
# ●●●○○ · about 15 min · 4 points
#
# Early stopping used up the validation data: it chose the epoch by it. What is chosen by a set can
# no longer be judged by it, so an honest figure needs a third set, the **test set**, that was
# looked at once. With rare classes a random split may leave one of the sets with none of them. A
# *stratified* split divides each class for itself.
#
# For a class with $n_c$ samples and a part with share $s$, the part gets $s\, n_c$ of them, up to
# one: $|n_{\text{part}, c} - s\, n_c| \le 1$.
#
# <details><summary>Hint</summary>
#
# For each class: shuffle its indices, then cut them at the *cumulative* shares, rounded in whatever
# way. Each cut is off by less than one and in the same direction, so each piece is off by less than
# one. (Rounding down the pieces themselves pushes all the errors into the last one.) At the end,
# shuffle each part: else it is sorted by class.
#
# </details>


# %% exercise="stratified_split"
def stratified_split(y, shares, rng):
    """Divide samples at random into parts, each class in the same proportions.

    y: (N,) int labels, any ints in any order; shares: a sequence of numbers >= 0 that add up to 1,
    such as (0.6, 0.2, 0.2); rng: NumPy Generator.
    Returns a list of one int array of indices per share: every index from 0 to N - 1 in exactly one
    of them, at most 1 sample per class away from its share, each part in random order.
    Raises ValueError naming shares and their value if one is negative or they do not add up to 1
    (within 1e-9).
    """
    ### BEGIN SOLUTION
    shares = np.asarray(shares)
    if np.any(shares < 0.0) or abs(shares.sum() - 1.0) > 1e-9:
        raise ValueError(f"shares are {shares.tolist()}, expected numbers >= 0 that add up to 1")
    pieces = [[] for _ in shares]
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        cuts = (np.cumsum(shares)[:-1] * len(members)).astype(int)
        for piece, part in zip(pieces, np.split(members, cuts), strict=True):
            piece.append(part)
    return [rng.permutation(np.concatenate(piece)) for piece in pieces]
    ### END SOLUTION


# %% check="stratified_split" points=4
y = np.array([7] * 40 + [-1] * 10 + [3] * 25)
parts = stratified_split(y, (0.6, 0.3, 0.1), np.random.default_rng(0))
check_true(len(parts) == 3, "one part for each share")
check_close(np.sort(np.concatenate(parts)), np.arange(75), "every sample is in exactly one part")
for share, part in zip((0.6, 0.3, 0.1), parts, strict=True):
    for label, count in ((7, 40), (-1, 10), (3, 25)):
        off = abs(np.sum(y[part] == label) - share * count)
        check_true(off <= 1.000001, f"class {label} has its share of {share}, up to one sample")
check_true(np.any(np.diff(y[parts[0]]) != 0), "the parts are not sorted by class")
check_raises(ValueError, stratified_split, y, (0.6, 0.3), np.random.default_rng(0), match="shares")

# %% [markdown]
# ### Random search
#
# ●●●○○ · about 15 min · 4 points
#
# Learning rate, dropout, λ, width: who chooses them? A grid of three values each for five settings
# is 243 runs, and tries only three learning rates. Bergstra and Bengio (2012) draw every setting at
# random instead: with 20 runs you try 20 learning rates. What spans orders of magnitude is drawn
# evenly **in its logarithm**, so that 0.001–0.01 gets as many tries as 0.1–1.
#
# | entry of `space` | is drawn |
# |---|---|
# | `(low, high)` | evenly from low to high |
# | `(low, high, "log")` | so that the logarithm is even between $\log$ low and $\log$ high |
# | a list | one of its items, each as likely |
#
# <details><summary>Hint</summary>
#
# `np.exp(rng.uniform(np.log(low), np.log(high)))`. Give the objective a copy of the setting, in
# case it changes it. `min` and `argmin` stumble over NaN (a run that diverged): compare with `<`.
#
# </details>


# %% exercise="random_search"
def random_search(objective, space, n, rng):
    """Minimise a function of several settings by trying random ones (Bergstra & Bengio 2012).

    objective(setting): takes a dict name -> value, returns a float (may be NaN); called n times.
    space: dict name -> (low, high) uniform, (low, high, "log") log-uniform (low > 0), or a list of
    choices; n: int; rng: NumPy Generator from which all is drawn, each name anew in each trial.
    Returns (best, trials): trials is the list of the n pairs (setting, value), in the order in
    which they ran; best is the setting with the lowest value (the first of several), None if no
    value is below infinity. NaN is never the best.
    Raises ValueError naming space and the name if a low is above its high.
    """
    ### BEGIN SOLUTION
    for name, entry in space.items():
        if isinstance(entry, tuple) and entry[0] > entry[1]:
            raise ValueError(f"space: {name} is {entry}, expected low <= high")
    best, lowest, trials = None, float("inf"), []
    for _ in range(n):
        setting = {}
        for name, entry in space.items():
            if isinstance(entry, list):
                setting[name] = entry[rng.integers(len(entry))]
            elif len(entry) == 3:
                setting[name] = float(np.exp(rng.uniform(np.log(entry[0]), np.log(entry[1]))))
            else:
                setting[name] = float(rng.uniform(entry[0], entry[1]))
        value = objective(dict(setting))
        trials.append((setting, value))
        if value < lowest:
            best, lowest = setting, value
    return best, trials
    ### END SOLUTION


# %% check="random_search" points=4
space = {"rate": (1e-4, 1.0, "log"), "p": (0.2, 0.8), "units": [8, 32, 128]}
best, trials = random_search(
    lambda s: (np.log10(s["rate"]) + 2) ** 2 + s["p"], space, 400, np.random.default_rng(0)
)
check_true(len(trials) == 400, "400 tries")
rates = np.array([setting["rate"] for setting, _ in trials])
check_close(np.mean(rates < 0.01), 0.5, "half of the rates lie below the middle, 0.01", atol=0.1)
check_true(all(0.2 <= setting["p"] <= 0.8 for setting, _ in trials), "p stays in its interval")
check_true({setting["units"] for setting, _ in trials} == {8, 32, 128}, "all choices come up")
values = [value for _, value in trials]
check_close(values[[setting for setting, _ in trials].index(best)], min(values), "best is lowest")
best, trials = random_search(lambda s: np.nan, space, 3, np.random.default_rng(0))
check_true(best is None and len(trials) == 3, "if all is NaN there is no best")

# %% [markdown]
# A search over rate, λ₂ and width, 25 short runs on digits. Look at more than the best setting: the
# picture tells which setting matters at all.


# %% experiment
x_all, y_all, x_test, y_test = digits(1)
train_rows, valid_rows = stratified_split(y_all, (0.8, 0.2), np.random.default_rng(0))


def trained(setting, epochs=6):
    rng = np.random.default_rng(0)
    params = deep_network(he_normal, rng, depth=1, width=setting["width"])

    def penalty(loss, grads, params):
        return add_penalty(loss, grads, params, l2=setting["l2"])

    with np.errstate(all="ignore"):  # a rate that is too large diverges, and that is a result too
        for _ in range(epochs):
            train_epoch(
                params, x_all[train_rows], y_all[train_rows], rng,
                rate=setting["rate"], inside=Nothing(), penalty=penalty,
            )  # fmt: skip
    return params


def objective(setting):
    with np.errstate(all="ignore"):
        return validation_loss(trained(setting), x_all[valid_rows], y_all[valid_rows], Nothing())


space = {"rate": (1e-3, 10.0, "log"), "l2": (1e-6, 1e-2, "log"), "width": [16, 32, 64, 128]}
best, trials = random_search(objective, space, 25, np.random.default_rng(3))
fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
values = np.array([value for _, value in trials])
for ax, name in zip(axes, space, strict=True):
    ax.semilogy([setting[name] for setting, _ in trials], values, "o")
    ax.set(xlabel=name, xscale="linear" if name == "width" else "log")
axes[0].set_ylabel("validation loss")
plt.show()
shown = ", ".join(f"{name} {value:.2g}" for name, value in best.items())
print(f"best: {shown}; validation loss {np.nanmin(values):.3f}")
print(f"test accuracy of the best: {accuracy(trained(best), x_test, y_test, Nothing()):.1%}")

# %% [markdown]
# Nearly everything is decided by the rate; in the other two panels good and bad runs lie side by
# side. A grid of 25 runs, five rates by five values of λ₂, would have tried five rates only.
#
# ### Optuna and TensorBoard
#
# Two tools that you will meet, and do not need for this lab. [Optuna](https://optuna.org) searches
# more cleverly: it learns from the tries so far where to look next, and breaks off hopeless runs.
# The search above, with Optuna:
#
# ```python
# def optuna_objective(trial):
#     return objective({
#         "rate": trial.suggest_float("rate", 1e-3, 10.0, log=True),
#         "l2": trial.suggest_float("l2", 1e-6, 1e-2, log=True),
#         "width": trial.suggest_categorical("width", [16, 32, 64, 128]),
#     })
#
# study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=0))
# study.optimize(optuna_objective, n_trials=25)
# print(study.best_params, study.best_value)
# ```
#
# [TensorBoard](https://www.tensorflow.org/tensorboard) draws curves while a run is still going. It
# reads files that the training writes; the update ratio and the dead fraction belong there:
#
# ```python
# from torch.utils.tensorboard import SummaryWriter
#
# writer = SummaryWriter("runs/he_rate_0.05")
# writer.add_scalar("update ratio/w1", update_ratio(update, params["w1"]), step)
# writer.add_scalar("dead/layer 1", dead_fraction(h), step)
# ```
#
# Then `tensorboard --logdir runs` in a terminal, and a browser. The next cell says what is
# installed on your computer.

# %% experiment volatile
from importlib.util import find_spec

for package in ("optuna", "tensorboard"):
    found = find_spec(package) is not None
    print(package, "is installed" if found else f"is missing; to have it: pip install {package}")

# %% [markdown]
# **Question 2 (3 points).** A colleague trains a network with batch norm and dropout and reads
# 98 % on her validation data. Deployed, it gets pictures **one at a time**, and the program still
# runs in training mode. (a) What goes wrong in batch norm, what in dropout? (b) She repairs it, but
# then reports as her final figure the best validation accuracy of 200 settings that a random search
# has tried. Why is that figure too good, and what should she report?

# %% [markdown] answer="one_at_a_time" points=3
# ### BEGIN SOLUTION
# (a) In training mode, batch norm normalises by the statistics of the batch. Of a single picture
# there is no variance ($x - \mu = 0$, so every picture would give $y = \beta$; our function, and
# torch's, refuse). Even with a few pictures, the answer for one would depend on the others that
# happen to come with it, and the running statistics would go on moving. Dropout would go on
# switching off units at random: the same picture gets another answer each time. Both need
# evaluation mode: running statistics, no mask.
#
# (b) The best of 200 noisy figures is partly the luckiest one: by choosing the maximum she has
# fitted the settings (and, by early stopping, the epoch) to the validation data. She should
# evaluate the one chosen setting once on a test set that had no part in any choice, and report
# that.
#
# *Marking guide:* 1 point for batch norm (the batch's own statistics; no variance or dependence on
# the neighbours), 1 for dropout still random and evaluation mode as the cure, 1 for selection on
# the validation set and a separate test set used once.
# ### END SOLUTION

# %% [markdown]
# ## 11 · Stretch
#
# Not counted, but checked.
#
# ### The compact backward pass
#
# ●●●●○ · about 15 min · stretch
#
# The chain of section 7 takes about ten passes over the data. Put the steps into one another on
# paper, and most of it cancels: what is left needs only $\hat x$, $s$ and $\gamma$, and two means
# per column. Libraries do it this way. Derive it, in training mode.
#
# <details><summary>Hint 1</summary>
#
# Start from $\mathrm{d}c_n = \mathrm{d}\hat x_n/s + 2c_n\mathrm{d}v/N$ and put in $\mathrm{d}v$ and
# $c_n = s\,\hat x_n$. The mean of $\hat x$ over a column is 0.
#
# </details>
#
# <details><summary>Hint 2: the formula</summary>
#
# $$\mathrm{d}x_n = \frac{\gamma}{s} \circ \Big( \mathrm{d}y_n
# - \frac1N \sum_m \mathrm{d}y_m - \hat x_n \circ \frac1N \sum_m \mathrm{d}y_m \circ \hat x_m
# \Big)$$
#
# The two sums are $\mathrm{d}\beta$ and $\mathrm{d}\gamma$.
#
# </details>


# %% exercise="batchnorm_backward_compact"
def batchnorm_backward_compact(dout, x_hat, gamma, std):
    """Gradients of batch normalisation in training, from the normalised inputs alone.

    dout: (N, D), gradient with respect to y; x_hat: (N, D) = (x - mean) / std; gamma: (D,);
    std: (D,) = sqrt(var + eps).
    Returns (dx, dgamma, dbeta) of shapes (N, D), (D,), (D,).
    """
    ### BEGIN SOLUTION
    n = len(dout)
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma / std * (dout - (dbeta + x_hat * dgamma) / n), dgamma, dbeta
    ### END SOLUTION


# %% check="batchnorm_backward_compact" points=0
x = np.array([[0.0, 2.0], [1.0, -1.0], [5.0, 4.0], [2.0, 7.0]])
gamma, std = np.array([2.0, -1.0]), np.array([2.0, 3.0])
dout = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0], [3.0, -1.0]])
kept = dout.copy()
x_hat = (x - np.array([2.0, 3.0])) / std
dx, dgamma, dbeta = batchnorm_backward_compact(dout, x_hat, gamma, std)
check_close(dgamma, [-2.5, -3.6666667], "gamma collects dout times x_hat", rtol=1e-6)
check_close(dbeta, [3.0, 2.0], "beta collects dout")


def forward_by_hand(x):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 0.5)


check_gradient(forward_by_hand, x, dx, "dx agrees with differences", upstream=dout)
check_close(dout, kept, "dout is not changed")

# %% [markdown]
# ### Layer normalisation
#
# ●●○○○ · about 10 min · stretch
#
# Ba, Kiros and Hinton (2016) normalise each *sample* over its features. No batch is needed, so
# there is nothing to keep running, and training and evaluation are the same. Transformers (lab 12)
# use it throughout.
#
# $$\hat x = \frac{x - \mathrm{mean}(x)}{\sqrt{\mathrm{var}(x) + \varepsilon}}, \qquad
# y = \gamma\circ\hat x + \beta, \qquad \text{mean and biased variance over the last axis.}$$
#
# <details><summary>Hint</summary>
#
# `keepdims=True`. `x` may be $(N, D)$, $(N, T, D)$ or more; `axis=-1` serves all.
#
# </details>


# %% exercise="layer_norm_forward"
def layer_norm_forward(x, gamma, beta, *, eps=1e-5):
    """Layer normalisation over the last axis (Ba et al. 2016), as torch's.

    x: (..., D); gamma, beta: (D,) each; eps: added to the variance, inside the root.
    Returns y, cache with y of the shape of x and cache = (x_hat, std, gamma): the normalised x, and
    std = sqrt(var + eps) of shape (..., 1).
    Raises ValueError naming gamma (or beta), its shape and the shape expected unless it is (D,).
    """
    ### BEGIN SOLUTION
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array.shape != x.shape[-1:]:
            raise ValueError(f"{name} has shape {array.shape}, expected {x.shape[-1:]}")
    std = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    x_hat = (x - x.mean(axis=-1, keepdims=True)) / std
    return gamma * x_hat + beta, (x_hat, std, gamma)
    ### END SOLUTION


# %% check="layer_norm_forward" points=0
x = np.array([[1.0, 3.0, 8.0], [-2.0, 2.0, 0.0]])
kept = x.copy()
gamma, beta = np.array([1.0, 2.0, -1.0]), np.array([0.5, 0.0, 1.0])
y, cache = layer_norm_forward(x, gamma, beta, eps=1.0 / 3.0)
expected = [[-0.5, -0.6666667, -0.3333333], [-0.6547005, 2.3094011, 1.0]]
check_close(y, expected, "each row is normalised, whatever its scale", rtol=1e-6)
check_shape(cache[1], (2, 1), "one spread for each row")
y, _ = layer_norm_forward(np.stack([x, 10 * x]), gamma, beta)
check_shape(y, (2, 2, 3), "any number of axes before the last")
check_close(x, kept, "x is not changed")
check_raises(ValueError, layer_norm_forward, x, np.ones(2), beta, match="gamma")

# %% [markdown]
# ### K-fold cross-validation
#
# ●●○○○ · about 10 min · stretch
#
# With few data, a validation set of 30 samples gives a noisy figure, and the 30 are missing in
# training. Cross-validation divides the samples into $k$ folds and lets each of them be the
# validation set once; the mean of the $k$ figures uses every sample.
#
# <details><summary>Hint</summary>
#
# `np.array_split` cuts into pieces whose sizes differ by one at most.
#
# </details>


# %% exercise="k_fold"
def k_fold(n, k, rng):
    """Index sets of k-fold cross-validation, shuffled.

    n: number of samples; k: number of folds; rng: NumPy Generator.
    Returns a list of k pairs (train, validation) of int arrays. The k validation sets hold every
    index from 0 to n - 1 exactly once together, in random order, and their sizes differ by one at
    most; train holds all indices that are not in validation, in any order.
    Raises ValueError naming k and its value unless 2 <= k <= n.
    """
    ### BEGIN SOLUTION
    if not 2 <= k <= n:
        raise ValueError(f"k is {k}, expected 2 to n = {n}")
    folds = np.array_split(rng.permutation(n), k)
    return [
        (np.concatenate([other for j, other in enumerate(folds) if j != i]), fold)
        for i, fold in enumerate(folds)
    ]
    ### END SOLUTION


# %% check="k_fold" points=0
pairs = k_fold(11, 3, np.random.default_rng(0))
check_true(len(pairs) == 3, "three folds")
check_true(sorted(len(valid) for _, valid in pairs) == [3, 4, 4], "of 4, 4 and 3 samples")
for pair in pairs:
    check_close(np.sort(np.concatenate(pair)), np.arange(11), "training and validation: all 11")
check_close(np.sort(np.concatenate([v for _, v in pairs])), np.arange(11), "each validates once")
check_raises(ValueError, k_fold, 11, 12, np.random.default_rng(0), match=r"\bk\b")

# %% [markdown]
# ## What you have built
#
# - First weights: not zero, not equal, and just wide enough that neither signal nor gradient
#   changes its size from layer to layer. Glorot for tanh, He for ReLU.
# - Two instruments: the share of dead units, and the size of a step relative to its weights.
# - Batch norm holds the signal's size at every step, and makes the first spread almost irrelevant.
#   It has two modes and two variances; most wrong versions of it run without complaint.
# - Dropout, penalties and early stopping against learning by heart; a stratified split, so that the
#   final figure means something; random search over what is left to choose.
#
# The next lab stops connecting everything with everything: in an image, neighbours belong together.
