# %% [markdown]
# # 7 · Convolutional networks in PyTorch
#
# In the last lab you wrote a convolution by hand, forwards and backwards. From now on PyTorch does
# that part. What it does *not* do is to notice when you use it wrongly. A training loop that
# forgets to clear its gradients runs. So does one that measures accuracy with dropout switched
# on, one that trains on its validation data, and a network whose layers are invisible to the
# optimiser. All of them print a loss, and the loss goes down.
#
# ![An image becomes many small maps, then few numbers](lenet.svg)
#
# In this lab you write **one training loop and get it right**. Then you feed it networks: a
# multilayer perceptron, LeNet, a residual block, a convolutional network for time series. At the
# end you reuse a trained network for a task with three images a class, make new training data out
# of old, and ask a network where it looked.
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1 | `MLP`, `RegularisedMLP` | 6 | 25 |
# | 2 | `make_loaders` | 3 | 12 |
# | 3 | `predict_epoch`, `train_epoch`, `evaluate`, `fit` | 17 | 58 |
# | 4 | `predict_small_lenet`, `SmallLeNet`, `LeNet5` | 8 | 30 |
# | 5 | `receptive_field`, `exposing_layers` | 5 | 18 |
# | 6 | `ResidualBlock` | 5 | 16 |
# | 7 | `TimeSeriesNet`, one question | 6 | 24 |
# | 8 | `shifted`, `augmented`, `predict_moved`, one question | 9 | 32 |
# | 9 | `freeze`, `transfer` | 7 | 25 |
# | 10 | `pooled_head_backward`, `class_activation_map` | 7 | 24 |
# | 11 | `read_idx` | 3 | 12 |
# | 12 | `InceptionBlock` (stretch) | 0 | 14 |
# | | **together** | **76** | **290** |
#
# **Conventions of this lab**
#
# | what | shape or rule |
# |---|---|
# | a batch of images | `(N, C, H, W)`, a torch tensor |
# | a batch of time series | `(N, T, D)`: samples, steps, features |
# | labels | `(N,)` whole numbers 0 … K − 1 |
# | logits | `(N, K)`: what a classifier returns, **without** a softmax; the loss contains it |
# | `loss_function(logits, y)` | the *mean* over the batch, as `nn.CrossEntropyLoss()` gives it |
# | `device` | where the batches are to be computed: `"cpu"`, `"cuda"`, … |
#
# The order of a module's parameters is part of each exercise: it is the order in which the text
# names the layers. Names are yours. Each exercise is checked on its own; a function that needs
# another one gets it as an argument.

# %% setup
import copy
import math
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from gradlab.lab import (
    check_close,
    check_raises,
    check_shape,
    check_true,
    data,
    numerical_gradient,
    plot_style,
)

plot_style()
torch.set_num_threads(1)  # networks this small gain nothing from more, and lose on a busy machine
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def filled(module):
    """The module in float64, its parameters and buffers set to fixed values without a pattern.

    With it a check can name expected numbers, whatever a module's layers are called.
    """
    module.double()
    with torch.no_grad():
        named = [(array, 0.05) for array in module.parameters()]
        named += [(array, 0.6) for array in module.buffers() if array.is_floating_point()]
        for number, (array, level) in enumerate(named, start=1):  # a variance must be above 0
            angles = 1.7 * torch.arange(array.numel(), dtype=torch.float64) + number
            array.copy_(level + 0.5 * torch.sin(angles).reshape(array.shape))
    return module


def waves(*shape):
    """A float64 tensor of fixed values between -1 and 1, without a pattern."""
    return torch.sin(2.3 * torch.arange(math.prod(shape), dtype=torch.float64) + 0.4).reshape(shape)


def number_of_parameters(module):
    return sum(array.numel() for array in module.parameters())


# %% [markdown]
# ## 1 · A network is a module
#
# ●●○○○ · about 12 min · 3 points
#
# An `nn.Module` holds parameters and says what happens to an input. Its constructor makes the
# layers, its `forward` uses them. Whatever you assign to `self.something` is **registered**, if it
# is a module or an `nn.Parameter`: it appears in `parameters()` and `state_dict()`, moves with
# `.to(device)`, and is switched by `train()` and `eval()`. A plain Python list of layers is not.
# The forward pass works, the optimiser is given nothing to learn, and no error is raised.
#
# Write a multilayer perceptron for any list of sizes: `MLP((7, 3, 1))` maps 7 numbers to 3 hidden
# units and these to 1 output.
#
# $$h_0 = x, \qquad h_\ell = \mathrm{ReLU}(h_{\ell-1} W_\ell^\top + b_\ell) \quad (\ell < L),
# \qquad y = h_{L-1} W_L^\top + b_L .$$
#
# | | shape |
# |---|---|
# | `sizes` | $L + 1$ whole numbers: inputs, widths of the hidden layers, outputs |
# | `x` | $(N,$ `sizes[0]`$)$ |
# | returned by `forward` | $(N,$ `sizes[-1]`$)$ |
# | parameters, in order | $W_1, b_1, W_2, b_2, \dots$: `(sizes[1], sizes[0])`, `(sizes[1],)`, … |
#
# No activation follows the last layer: an output that passed a ReLU could never be negative.
#
# <details><summary>Hint</summary>
#
# `nn.Sequential(*layers)` and `nn.ModuleList(layers)` register the layers of a list.
# `pairwise(sizes)` gives the pairs (inputs, outputs).
#
# </details>


# %% exercise="MLP"
class MLP(nn.Module):
    """Linear layers with a ReLU between them, and none after the last.

    sizes: two or more whole numbers: inputs, hidden widths, outputs.
    forward(x): (N, sizes[0]) -> (N, sizes[-1]).
    Parameters in order: weight and bias of the first layer, of the second, ...
    Raises ValueError naming sizes and its value if it has fewer than two numbers.
    """

    def __init__(self, sizes):
        super().__init__()
        ### BEGIN SOLUTION
        if len(sizes) < 2:
            raise ValueError(f"sizes is {sizes}, expected two numbers or more")
        layers = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION


# %% check="MLP" points=3
net = MLP((7, 3, 1))
check_close(number_of_parameters(net), 28, "7-3-1 has 7·3 + 3 and 3·1 + 1 parameters, registered")
check_shape(net(torch.ones(5, 7)), (5, 1), "five samples in, five numbers out")
net = filled(MLP((3, 4, 2, 3)))
x = 4 * waves(2, 3)
check_close(
    net(x).detach(),
    [[-0.0897077491, 0.5440841169, 0.0623877127], [-0.1027007807, 0.5585244281, 0.0534094006]],
    "the values, with fixed weights: negative ones among them",
)
check_close(x, 4 * waves(2, 3), "x itself is unchanged")
check_raises(ValueError, MLP, (7,), match=r"\bsizes\b")

# %% [markdown]
# ### Batch norm and dropout take their places
#
# ●●○○○ · about 13 min · 3 points
#
# Lab 5 had two remedies for deep networks. Both behave in one way while training and in another
# afterwards, and `train()` and `eval()` switch them. The usual order in a hidden block is
#
# $$\text{Linear} \;\to\; \text{BatchNorm} \;\to\; \text{ReLU} \;\to\; \text{Dropout}$$
#
# and the last layer is a Linear alone.
#
# | part of a hidden block of width $H$ | parameters | buffers |
# |---|---|---|
# | `nn.Linear(·, H)` | weight, bias | |
# | `nn.BatchNorm1d(H)` | $\gamma$ and $\beta$, each $(H,)$ | running statistics, batch count |
# | `nn.ReLU()`, `nn.Dropout(p)` | none | none |
#
# <details><summary>Hint</summary>
#
# Every block needs a batch norm of its own, because it has statistics of its own. `nn.Dropout`
# knows whether the module is in training; `functional.dropout` has to be told.
#
# </details>


# %% exercise="RegularisedMLP"
class RegularisedMLP(nn.Module):
    """Hidden blocks Linear, BatchNorm1d, ReLU, Dropout; then one Linear alone.

    sizes: two or more whole numbers: inputs, hidden widths, outputs.
    dropout: the probability that a hidden unit is dropped, 0 to 1.
    forward(x): (N, sizes[0]) -> (N, sizes[-1]).
    Parameters in order: of each block weight, bias, gamma, beta; then weight and bias.
    """

    def __init__(self, sizes, *, dropout=0.2):
        super().__init__()
        ### BEGIN SOLUTION
        layers = []
        for inputs, outputs in pairwise(sizes[:-1]):
            layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs)]
            layers += [nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION


# %% check="RegularisedMLP" points=3
net = filled(RegularisedMLP((3, 4, 5, 2), dropout=0.5))
check_close(number_of_parameters(net), 71, "7 + 9 numbers of batch norms are among 71 parameters")
x = waves(6, 3)
net.eval()
check_close(
    net(x[:2]).detach(),
    [[0.09568765471, -0.5556784203], [0.08919067391, -0.56064371]],
    "in evaluation: running statistics, no dropout",
)
check_true(torch.equal(net(x), net(x)), "in evaluation, the same each time")
net.train()
check_true(not torch.equal(net(x), net(x)), "in training, dropout draws anew each time")
quiet = filled(RegularisedMLP((3, 4, 2), dropout=0.0)).train()
check_close(
    quiet(x)[:2].detach(),
    [[0.1133623094, 0.6688276244], [0.09479323421, 0.6574208637]],
    "in training, without dropout: the batch's statistics",
)

# %% [markdown]
# ## 2 · Batches
#
# ●●○○○ · about 12 min · 3 points
#
# A `DataLoader` deals out a data set in batches. The training loader shuffles, anew in each epoch.
# The validation loader has no reason to.
#
# The shuffling takes random numbers, and where they come from matters. By default it is torch's one
# global generator, which also draws initial weights and dropout masks. Then an added dropout layer
# changes the order of your data, and two experiments that should differ in one thing differ in two.
# Give the training loader **a generator of its own**, seeded with `seed`.
#
# | | |
# |---|---|
# | `training`, `validation` | pairs `(X, y)` of tensors: `X` is $(N, \dots)$, `y` is $(N,)$ |
# | returned | two loaders; each gives pairs `(x, y)` of at most `batch_size` samples |
# | last batch | may be short: every sample comes once per epoch |
#
# <details><summary>Hint</summary>
#
# `TensorDataset(X, y)` pairs samples with labels. `torch.Generator().manual_seed(seed)` makes a
# generator; `torch.manual_seed(seed)` would reset the global one.
#
# </details>


# %% exercise="make_loaders"
def make_loaders(training, validation, *, batch_size, seed):
    """A loader that shuffles the training data, and one that keeps the validation data in order.

    training, validation: pairs (X, y) of tensors, X of shape (N, ...), y of shape (N,).
    batch_size: at most so many samples per batch; the last batch of an epoch may have fewer.
    seed: of the generator that orders the training data; each epoch has another order, and the
        same seed repeats them all. torch's global generator is neither seeded nor decides.
    Returns (training loader, validation loader).
    """
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)
    return (
        DataLoader(TensorDataset(*training), batch_size, shuffle=True, generator=generator),
        DataLoader(TensorDataset(*validation), batch_size),
    )
    ### END SOLUTION


# %% check="make_loaders" points=3
pairs = (waves(7, 2), torch.arange(7)), (waves(5, 2), torch.arange(5))
first, second = make_loaders(*pairs, batch_size=3, seed=1)
epochs = [torch.cat([y for _, y in first]) for _ in range(3)]
check_close(
    np.array([len(y) for _, y in first]), [3, 3, 1], "7 samples in batches of 3: the last is short"
)
check_close(epochs[0].sort().values, np.arange(7), "every training sample comes once")
check_true(any(not torch.equal(epochs[0], epoch) for epoch in epochs), "each epoch has its order")
check_true(all(torch.equal(pairs[0][0][y], x) for x, y in first), "samples keep their labels")
check_close(torch.cat([y for _, y in second]), np.arange(5), "validation data stay in order")
again, _ = make_loaders(*pairs, batch_size=3, seed=1)
repeated = [torch.cat([y for _, y in again]) for _ in range(3)]
check_true(all(map(torch.equal, epochs, repeated)), "the same seed repeats the orders")

# %% [markdown]
# ## 3 · One training loop
#
# Everything you train from here to lab 12 goes through three functions: an epoch of training, an
# evaluation, and the loop around both.
#
# ### Predict first
#
# ●○○○○ · about 6 min · 1 point
#
# Twelve samples come in batches of 5, 5 and 2. The loss function returns the mean over its batch:
# 1.0, then 2.0, then 6.0. (The weights are not moved, so that the numbers stay simple.)
# *Before* you read on, write down:
#
# - how many steps the optimiser takes in this epoch;
# - the mean loss **per sample** of this epoch.
#
# The check below looks at the form of your answer only. The number is compared when your work is
# graded, and the cell after `train_epoch` shows it to you.


# %% exercise="predict_epoch"
def predict_epoch():
    """Your prediction: (number of optimiser steps, mean loss per sample), an int and a float."""
    ### BEGIN SOLUTION
    return 3, (5 * 1.0 + 5 * 2.0 + 2 * 6.0) / 12
    ### END SOLUTION


# %% check="predict_epoch" points=1
steps, loss = predict_epoch()
check_true(type(steps) is int and steps >= 0, "the first is a whole number of steps")
check_true(type(loss) is float, "the second is a loss, a float")

# %% [markdown]
# ### An epoch of training
#
# ●●●○○ · about 20 min · 6 points
#
# For each batch, in this order:
#
# 1. move `x` and `y` to `device`;
# 2. clear the gradients of the last batch;
# 3. compute the loss of the model's output;
# 4. go backward: gradients are *added* to what is there, hence 2;
# 5. let the optimiser step.
#
# The model must be in training mode, whatever mode it came in. The function returns the mean loss
# **per sample** of the epoch, as a plain number. Two traps wait here:
#
# - The mean of the batches' means is not the mean over the samples when the last batch is short.
#   A batch of $n$ samples counts $n$ times.
# - A loss is a tensor that hangs on the whole graph which made it. Adding up such tensors keeps
#   every graph of the epoch in memory. `loss.item()` takes the number and lets go of the graph.
#
# <details><summary>Hint</summary>
#
# `model.train()`, then `for x, y in loader:`. `.to` returns the moved tensor and does not change
# its own: `x = x.to(device)`. Do not use `loader.dataset`: count the samples as they come.
#
# </details>


# %% exercise="train_epoch"
def train_epoch(model, loader, loss_function, optimiser, *, device="cpu"):
    """Train for one epoch: one step of the optimiser for each batch.

    model: a module, already on device, in any mode; it is trained in training mode.
    loader: gives pairs (x, y); each tensor is moved to device before it is used.
    loss_function(model(x), y): the mean loss of the batch, a tensor without dimensions.
    optimiser: has zero_grad() and step(), as those of torch.optim.
    Returns the mean loss per sample of the epoch, before each step, as a float.
    """
    ### BEGIN SOLUTION
    model.train()
    total, samples = 0.0, 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        optimiser.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimiser.step()
        total += loss.item() * len(y)
        samples += len(y)
    return total / samples
    ### END SOLUTION


# %% check="train_epoch" points=6
net = filled(MLP((2, 3, 2))).eval()
batches = [(waves(5, 2), torch.tensor([0, 1, 1, 0, 1])), (waves(2, 2) - 0.5, torch.tensor([1, 1]))]
optimiser = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
loss = train_epoch(net, batches, nn.CrossEntropyLoss(), optimiser)
check_true(type(loss) is float, "the loss is a plain number")
check_close(loss, 0.6602646014, "five samples and two: the mean per sample")
check_true(net.training, "the model was trained in training mode")
check_close(
    list(net.parameters())[-1].detach(),
    [-0.5636961977, 0.009952178713],
    "the last bias after two steps",
)
second_loss = train_epoch(net, batches, nn.CrossEntropyLoss(), optimiser)
check_close(second_loss, 0.5544400666, "the second epoch starts from there")

# %% [markdown]
# And your prediction? The model below returns what it is given, and its optimiser does nothing.


# %% experiment
class CountingOptimiser:
    """Moves nothing, and counts its steps."""

    steps = 0

    def zero_grad(self):
        pass

    def step(self):
        self.steps += 1


def mean_of(output, y):
    return output.mean()


levels = [
    torch.full((n,), level, requires_grad=True) for n, level in ((5, 1.0), (5, 2.0), (2, 6.0))
]
counting = CountingOptimiser()
loss = train_epoch(nn.Identity(), [(x, x) for x in levels], mean_of, counting)
print(f"{counting.steps} steps, mean loss {loss:.4f}; you predicted {predict_epoch()}")

# %% [markdown]
# ### Evaluation
#
# ●●○○○ · about 12 min · 4 points
#
# How good is a model on data? Nothing may be learnt while we ask: no gradients, no steps, no
# dropout, and batch norm keeps its statistics. Afterwards the model is in the mode in which it
# came. So evaluation can happen anywhere, also in the middle of training.
#
# | returned | |
# |---|---|
# | loss | mean per sample, a float |
# | accuracy | share of the samples whose largest logit is their label's, a float from 0 to 1 |
#
# <details><summary>Hint</summary>
#
# `model.training` says the mode; `model.train(mode)` sets it. `with torch.no_grad():` around the
# loop keeps graphs from being built. `logits.argmax(dim=1)` are the predicted classes.
#
# </details>


# %% exercise="evaluate"
def evaluate(model, loader, loss_function, *, device="cpu"):
    """Mean loss and accuracy of a classifier, in evaluation mode and without gradients.

    model, loader, loss_function, device: as in train_epoch; the model returns logits (N, K).
    Returns (mean loss per sample, share of samples classified correctly), two floats.
    The model is left as it came: mode, parameters, buffers and gradients.
    """
    ### BEGIN SOLUTION
    mode = model.training
    model.eval()
    total, correct, samples = 0.0, 0, 0
    with torch.no_grad():
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            logits = model(x)
            total += loss_function(logits, y).item() * len(y)
            correct += (logits.argmax(dim=1) == y).sum().item()
            samples += len(y)
    model.train(mode)
    return total / samples, correct / samples
    ### END SOLUTION


# %% check="evaluate" points=4
net = filled(RegularisedMLP((2, 4, 3))).train()
batches = [(waves(5, 2), torch.tensor([0, 1, 2, 2, 1])), (waves(2, 2) - 0.5, torch.tensor([2, 1]))]
buffers = [array.clone() for array in net.buffers()]
loss, accuracy = evaluate(net, batches, nn.CrossEntropyLoss())
check_close(loss, 1.075154785, "the mean loss per sample, without dropout")
check_close(accuracy, 0.4285714286, "the share of right answers among seven")
check_true(net.training, "a model that came in training mode leaves in training mode")
check_true(all(map(torch.equal, net.buffers(), buffers)), "the running statistics are unchanged")
evaluate(net.eval(), batches, nn.CrossEntropyLoss())
check_true(not net.training, "a model that came in evaluation mode leaves in evaluation mode")

# %% [markdown]
# ### The loop around both
#
# ●●●○○ · about 20 min · 6 points
#
# For each epoch: train on the training data, let the schedule step (a schedule counts epochs here),
# evaluate on the validation data. The best epoch is the one with the **lowest validation loss**; of
# two equal ones, the earlier. At the end the model holds the weights of that epoch, not of the
# last.
#
# `model.state_dict()` gives parameters *and* buffers, and a batch norm is worth nothing without its
# buffers. But its tensors **are** those of the model: they change with every step. Keep a copy.
#
# | argument | |
# |---|---|
# | `training`, `validation` | two loaders |
# | `train_epoch`, `evaluate` | two functions to call, as you wrote them above |
# | `scheduler` | None, or something with `step()` |
#
# <details><summary>Hint</summary>
#
# `copy.deepcopy(model.state_dict())` is a real copy, `dict(...)` and `.copy()` are not: they copy
# the names and share the tensors. Start with a best loss of `math.inf`.
#
# </details>


# %% exercise="fit"
def fit(
    model,
    training,
    validation,
    loss_function,
    optimiser,
    *,
    epochs,
    train_epoch,
    evaluate,
    scheduler=None,
    device="cpu",
):
    """Train for some epochs and leave the model with the weights of the best one.

    train_epoch(model, training, loss_function, optimiser, device=device) returns a loss.
    evaluate(model, validation, loss_function, device=device) returns (loss, accuracy).
    scheduler.step() is called once per epoch, after its training, unless scheduler is None.
    Best is the epoch of the lowest validation loss, the first one of equals; the model ends with
        the parameters and buffers that it had after that epoch.
    Returns a dict of three lists with a number for each epoch: "training_loss",
        "validation_loss", "validation_accuracy".
    """
    ### BEGIN SOLUTION
    history = {"training_loss": [], "validation_loss": [], "validation_accuracy": []}
    lowest, best = math.inf, None
    for _ in range(epochs):
        history["training_loss"].append(
            train_epoch(model, training, loss_function, optimiser, device=device)
        )
        if scheduler is not None:
            scheduler.step()
        loss, accuracy = evaluate(model, validation, loss_function, device=device)
        history["validation_loss"].append(loss)
        history["validation_accuracy"].append(accuracy)
        if loss < lowest:
            lowest, best = loss, copy.deepcopy(model.state_dict())
    if best is not None:
        model.load_state_dict(best)
    return history
    ### END SOLUTION


# %% check="fit" points=6
class Walker(nn.Module):
    """Its one parameter is the number of epochs that it was trained."""

    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(torch.zeros(1))


def walk(model, loader, loss_function, optimiser, *, device):
    with torch.no_grad():
        model.place += 1
    return 10.0 * model.place.item()


def look(model, loader, loss_function, *, device):
    return [5.0, 3.0, 4.0, 3.0, 6.0][int(model.place.item()) - 1], model.place.item() / 10


walker = Walker()
history = fit(walker, [], [], None, None, epochs=5, train_epoch=walk, evaluate=look)
check_close(
    np.array(history["training_loss"]), [10, 20, 30, 40, 50], "five training losses", rtol=1e-6
)
check_close(
    np.array(history["validation_loss"]), [5.0, 3.0, 4.0, 3.0, 6.0], "five validation losses"
)
check_close(walker.place.detach(), [2.0], "epoch 2 was the best, and the first of its loss")

# %% [markdown]
# Now all of it together, on the 1,797 handwritten digits of 8 × 8 pixels from lab 4. Before the
# first step, look at the loss: a classifier that has learnt nothing gives each of ten classes about
# a tenth, so its loss is about $\ln 10 = 2.303$. Any other number means that something is wrong
# before training has begun. A second test of a loop takes a minute and finds most faults: **can it
# learn one batch by heart?** If the loss of 20 samples does not go to 0, do not start the big run.


# %% experiment
def as_tensors(X, y):
    return torch.tensor(X, dtype=torch.float32), torch.tensor(y)


def split(X, y, *sizes, seed=0):
    """The data, shuffled, as pairs (X, y) of these sizes; the last pair is the rest."""
    order = np.random.default_rng(seed).permutation(len(y))
    parts = np.split(order, np.cumsum(sizes))
    return [as_tensors(X[part], y[part]) for part in parts]


digits = data.load_digits()
train_set, validation_set, test_set = split(digits.X / 16, digits.y, 1000, 300)
torch.manual_seed(0)
net = RegularisedMLP((64, 100, 50, 10)).to(DEVICE)
loaders = make_loaders(train_set, validation_set, batch_size=50, seed=0)
loss_function = nn.CrossEntropyLoss()
untrained, _ = evaluate(net, loaders[1], loss_function, device=DEVICE)
print(f"untrained: loss {untrained:.3f}, ln 10 is {math.log(10):.3f}")

torch.manual_seed(0)
by_heart = MLP((64, 50, 10)).to(DEVICE)
optimiser = torch.optim.Adam(by_heart.parameters(), lr=0.01)
one_batch = [(train_set[0][:20], train_set[1][:20])]
for step in range(101):
    loss = train_epoch(by_heart, one_batch, loss_function, optimiser, device=DEVICE)
    if step % 25 == 0:
        print(f"one batch of 20, step {step:3d}: loss {loss:.4f}")

optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=20)
steps = {"train_epoch": train_epoch, "evaluate": evaluate, "device": DEVICE}
history = fit(net, *loaders, loss_function, optimiser, epochs=20, scheduler=scheduler, **steps)
test_loader = DataLoader(TensorDataset(*test_set), 100)
print(
    "test: loss {:.3f}, accuracy {:.3f}".format(
        *evaluate(net, test_loader, loss_function, device=DEVICE)
    )
)
best = int(np.argmin(history["validation_loss"]))
plt.plot(
    range(1, 21), history["training_loss"], "o-", markersize=4, label="training (with dropout)"
)
plt.plot(range(1, 21), history["validation_loss"], "s-", markersize=4, label="validation")
plt.plot(best + 1, history["validation_loss"][best], "k*", markersize=13, label="kept")
plt.xlabel("epoch")
plt.ylabel("cross-entropy per sample")
plt.yscale("log")
plt.legend()
plt.show()

# %% [markdown]
# The training loss lies above the validation loss for a part of the run. That is no mistake: it is
# measured *with* dropout and *during* the epoch, the other one without and after it.
#
# Two tools are worth knowing once runs become long. **TensorBoard** draws the curves while they
# grow, of many runs side by side. **Optuna** searches learning rates and widths, and gives up early
# on trials that go badly. Neither is needed for this course. The next cell uses them where they are
# installed and says what to type where they are not.

# %% experiment volatile
try:
    from torch.utils.tensorboard import SummaryWriter
except ImportError:
    print("for curves in the browser: pip install tensorboard, then run this cell again")
else:
    with SummaryWriter("runs/digits") as writer:
        for name, values in history.items():
            for epoch, value in enumerate(values, start=1):
                writer.add_scalar(name, value, epoch)
    print("written; look at them with: tensorboard --logdir runs")

try:
    import optuna
except ImportError:
    print("for a search over learning rates and widths: pip install optuna")
else:

    def objective(trial):
        rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        width = trial.suggest_int("width", 10, 200, log=True)
        torch.manual_seed(0)
        tried = MLP((64, width, 10)).to(DEVICE)
        adam = torch.optim.Adam(tried.parameters(), lr=rate)
        found = fit(tried, *loaders, loss_function, adam, epochs=5, **steps)
        return min(found["validation_loss"])

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=15)
    print("best:", study.best_params, f"validation loss {study.best_value:.3f}")

# %% [markdown]
# ## 4 · LeNet
#
# LeNet-5 read the amounts on American cheques in the nineties (LeCun, Bottou, Bengio and Haffner,
# 1998). It has the plan that convolutional networks still follow: convolution and pooling in turn,
# fewer pixels and more channels from stage to stage, then a few dense layers.
#
# ### Predict first: a small one
#
# ●●○○○ · about 8 min · 2 points
#
# The digits of section 3 have 8 × 8 pixels, too few for LeNet-5. This is a small sister of it:
#
# | layer | | output shape |
# |---|---|---|
# | input | | $(1, 8, 8)$ |
# | convolution 3 × 3, 6 filters, **padding 1**, then ReLU | `nn.Conv2d(1, 6, 3, padding=1)` | ? |
# | max pooling 2 × 2 | `nn.MaxPool2d(2)` | ? |
# | convolution 3 × 3, 16 filters, **no padding**, then ReLU | `nn.Conv2d(6, 16, 3)` | ? |
# | flatten | `nn.Flatten()` | ? |
# | dense, 120 units, ReLU | `nn.Linear(?, 120)` | $(120,)$ |
# | dense, 84 units, ReLU | `nn.Linear(120, 84)` | $(84,)$ |
# | dense, 10 units | `nn.Linear(84, 10)` | $(10,)$ |
#
# Fill in the four question marks on the right, by hand: three shapes $(C, H, W)$ and one length.
# Then count the parameters of the whole network, biases included.
#
# <details><summary>Hint</summary>
#
# Lab 6: a convolution gives $\lfloor (n + 2p - k) / s \rfloor + 1$ positions on each axis. A filter
# reaches through **all** channels of its input and has one bias.
#
# </details>


# %% exercise="predict_small_lenet"
def predict_small_lenet():
    """Your prediction: ([shape, shape, shape], flat length, number of parameters).

    The shapes are tuples (C, H, W): after the first convolution, the pooling, the second
    convolution. All are whole numbers, and none comes from running a network.
    """
    ### BEGIN SOLUTION
    return [(6, 8, 8), (6, 4, 4), (16, 2, 2)], 64, 60 + 880 + 7800 + 10164 + 850
    ### END SOLUTION


# %% check="predict_small_lenet" points=2
shapes, flat, count = predict_small_lenet()
check_true(len(shapes) == 3 and all(len(shape) == 3 for shape in shapes), "three shapes (C, H, W)")
check_true(type(flat) is int and type(count) is int, "then two whole numbers")

# %% [markdown]
# ### Build the small one
#
# ●●○○○ · about 8 min · 2 points
#
# Write the table above as a module. It returns logits: no softmax at the end, the loss has it.
#
# <details><summary>Hint</summary>
#
# One `nn.Sequential` of all the layers is enough. `nn.Flatten()` keeps the batch axis.
#
# </details>


# %% exercise="SmallLeNet"
class SmallLeNet(nn.Module):
    """The table of section 4 for images of 8 x 8 pixels.

    forward(x): (N, 1, 8, 8) -> logits (N, 10).
    Parameters in order: weight and bias of the two convolutions and of the three dense layers.
    """

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 3),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, 10),
        )
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION


# %% check="SmallLeNet" points=2
net = filled(SmallLeNet())
logits = net(waves(3, 1, 8, 8)).detach()
check_shape(logits, (3, 10), "three images, ten logits each")
check_true(len(list(net.parameters())) == 10, "five layers, each with a weight and a bias")
check_close(
    logits[1, :3], [242.6033801, 276.3127655, 262.6603827], "the values, with fixed weights"
)

# %% [markdown]
# Your prediction against the network:

# %% experiment
net = SmallLeNet()
seen = []
for layer in net.modules():
    if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.Flatten):
        layer.register_forward_hook(lambda layer, given, out: seen.append(tuple(out.shape[1:])))
net(torch.zeros(1, 1, 8, 8))
print("the network:", seen, number_of_parameters(net))
print("you:        ", *predict_small_lenet())

# %% [markdown]
# ### LeNet-5
#
# ●●●○○ · about 14 min · 4 points
#
# | layer | output shape | parameters |
# |---|---|---|
# | input | $(1, 28, 28)$ | |
# | convolution 5 × 5, 6 filters, padding 2; ReLU | $(6, 28, 28)$ | 156 |
# | max pooling 2 × 2 | $(6, 14, 14)$ | |
# | convolution 5 × 5, 16 filters, no padding; ReLU | $(16, 10, 10)$ | 2,416 |
# | max pooling 2 × 2 | $(16, 5, 5)$ | |
# | flatten | $(400,)$ | |
# | dense 120; ReLU | $(120,)$ | 48,120 |
# | dense 84; ReLU | $(84,)$ | 10,164 |
# | dense, one unit for each class | $(10,)$ | 850 |
# | **together** | | **61,706** |
#
# (The original of 1998 took images of 32 × 32 pixels without padding, averaged where we take
# maxima, had $\tanh$ where we have ReLU, and joined its channels by a table of its own.)
#
# Look at where the parameters are: four in five sit in the first dense layer.
#
# <details><summary>Hint</summary>
#
# As before. Where flattening goes wrong, the batch axis is usually lost or mixed in: check with
# N = 3, and that each image's logits do not depend on the others.
#
# </details>


# %% exercise="LeNet5"
class LeNet5(nn.Module):
    """LeNet-5 after LeCun et al. (1998), with ReLU, max pooling and padding 2.

    classes: how many logits, 10 by default.
    forward(x): (N, 1, 28, 28) -> logits (N, classes).
    Parameters in order: weight and bias of the two convolutions and of the three dense layers.
    """

    def __init__(self, classes=10):
        super().__init__()
        ### BEGIN SOLUTION
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(400, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, classes),
        )
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.classifier(self.features(x))
        ### END SOLUTION


# %% check="LeNet5" points=4
net = LeNet5()
check_close(number_of_parameters(net), 61706, "61,706 parameters")
check_close(number_of_parameters(LeNet5(classes=3)), 61111, "three classes need fewer")
net = filled(net)
logits = net(waves(3, 1, 28, 28)).detach()
check_shape(logits, (3, 10), "three images, ten logits each")
check_close(
    logits[1, :3], [9943.157918, 11790.71443, 11675.12163], "the values, with fixed weights"
)

# %% [markdown]
# Real MNIST: 5,000 of its images ship with this course, 500 of each digit. Four thousand train, a
# thousand test. Five epochs take some seconds.


# %% experiment
mnist = data.load_mnist()
mnist_train, mnist_validation, mnist_test = split(
    mnist.X.reshape(-1, 1, 28, 28) / 255, mnist.y, 3500, 500
)
mnist_test_loader = DataLoader(TensorDataset(*mnist_test), 250)


def trained(net, training, validation, *, epochs, rate=0.002, seed=0, batch_size=50):
    """The network after fit with Adam, and its history."""
    net = net.to(DEVICE)
    loaders = make_loaders(training, validation, batch_size=batch_size, seed=seed)
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    return net, fit(net, *loaders, loss_function, optimiser, epochs=epochs, **steps)


torch.manual_seed(0)
lenet, history = trained(LeNet5(), mnist_train, mnist_validation, epochs=6)
_, accuracy = evaluate(lenet, mnist_test_loader, loss_function, device=DEVICE)
print("validation accuracy by epoch:", *(f"{a:.3f}" for a in history["validation_accuracy"]))
print(f"test accuracy {accuracy:.3f}")

convolutions = [layer for layer in lenet.modules() if isinstance(layer, nn.Conv2d)]
maps = []
hook = convolutions[0].register_forward_hook(lambda layer, given, out: maps.append(out))
image = mnist_test[0][3:4].to(DEVICE)
with torch.no_grad():
    lenet(image)
hook.remove()
figure, axes = plt.subplots(2, 7, figsize=(8, 2.6))
axes[0, 0].imshow(image[0, 0].cpu(), cmap="gray_r")
axes[0, 0].set_title("image", fontsize=9)
axes[1, 0].axis("off")
for k in range(6):
    axes[0, k + 1].imshow(
        convolutions[0].weight[k, 0].detach().cpu(), cmap="RdBu", vmin=-0.5, vmax=0.5
    )
    axes[0, k + 1].set_title(f"filter {k}", fontsize=9)
    axes[1, k + 1].imshow(maps[0][0, k].cpu(), cmap="gray_r")
    axes[1, k + 1].set_title(f"map {k}", fontsize=9)
for axis in axes.flat:
    axis.set_xticks([])
    axis.set_yticks([])
plt.show()

# %% [markdown]
# The filters are small edge and stroke detectors that nobody designed: blue weights are positive,
# red ones negative. Each map is the image as one filter sees it.
#
# ## 5 · How far does a pixel see?
#
# ●●○○○ · about 10 min · 3 points
#
# One value in a late layer depends on a window of the input: its **receptive field**. Two 3 × 3
# convolutions see 5 × 5 pixels; with a pooling between them they see more, since one step in the
# pooled map is two pixels of the image.
#
# For each layer, with kernel size $k$, stride $s$ and dilation $d$, first to last, keep two
# numbers: the size $r$ of the field so far, and the jump $j$, the distance in input pixels
# between two neighbouring values.
#
# $$r_0 = 1, \quad j_0 = 1; \qquad
# r_\ell = r_{\ell-1} + (k_\ell - 1)\, d_\ell\, j_{\ell-1}, \qquad
# j_\ell = j_{\ell-1}\, s_\ell .$$
#
# A layer's own stride does not widen its own field. It widens the fields of all later layers.
#
# | example | $r$ |
# |---|---|
# | `[(3, 1, 1), (3, 1, 1)]` | 5 |
# | `[(3, 1, 1), (2, 2, 1), (3, 1, 1)]`: convolution, pooling, convolution | 8 |
#
# <details><summary>Hint</summary>
#
# Pooling counts as a layer like any other: what matters is the window and the stride. Check the
# numbers of every layer before you compute with them.
#
# </details>


# %% exercise="receptive_field"
def receptive_field(layers):
    """How many input pixels along one axis a value after the last layer depends on.

    layers: a list of (kernel_size, stride, dilation), whole numbers >= 1, first layer first; a
        convolution or a pooling along one axis. An empty list leaves the input as it is: 1.
    Returns an int.
    Raises ValueError naming layers and the wrong entry if a number is below 1.
    """
    ### BEGIN SOLUTION
    size, jump = 1, 1
    for layer in layers:
        kernel_size, stride, dilation = layer
        if min(layer) < 1:
            raise ValueError(f"layers has the entry {layer}, expected numbers of 1 or more")
        size += (kernel_size - 1) * dilation * jump
        jump *= stride
    return size
    ### END SOLUTION


# %% check="receptive_field" points=3
check_close(receptive_field([(3, 1, 1), (3, 1, 1)]), 5, "two 3 × 3 convolutions")
check_close(receptive_field([(3, 1, 1), (2, 2, 1), (3, 1, 1)]), 8, "with a pooling between them")
check_close(receptive_field([(4, 3, 2), (3, 2, 3), (2, 1, 4)]), 49, "strides and dilations")
check_close(receptive_field([]), 1, "no layer: a pixel sees itself")
check_raises(ValueError, receptive_field, [(3, 0, 1)], match=r"\blayers\b")

# %% experiment
lenet5 = [(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)]
print("LeNet-5 before its dense layers:", receptive_field(lenet5), "pixels of 28")
vgg_stage, wavenet_stage = [(3, 1, 1)] * 10, [(2, 1, 2**n) for n in range(10)]
print("ten 3 x 3 convolutions:         ", receptive_field(vgg_stage))
print("ten kernels of 2, dilated 2^n:  ", receptive_field(wavenet_stage), "(WaveNet)")

# %% [markdown]
# ### Find the bug
#
# ●●●○○ · about 8 min · 2 points
#
# Somebody else wrote the function below. It has one fault, and it gives the right answer for many
# networks, for example for the first two of the check above's. Do not mend it. Give **one list of
# layers** for which it is wrong.
#
# Half of the points are for exposing this fault. For the other half, your list must be a good test
# in general: it is tried on a dozen faulty versions of `receptive_field`, and must tell at least
# nine in ten of them from the right one.


# %% setup
def somebodys_receptive_field(layers):
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        size += (kernel_size - 1) * dilation * jump
        jump = stride
    return size


# %% [markdown]
# <details><summary>Hint</summary>
#
# What makes a test blind? Ones (they hide factors), equal numbers (they hide swaps), too few layers
# (they hide everything that accumulates), the same numbers forwards and backwards (they hide the
# order).
#
# </details>


# %% exercise="exposing_layers"
def exposing_layers():
    """A list of (kernel_size, stride, dilation) that the right function and the faulty ones
    answer differently; whole numbers from 1 to 100."""
    ### BEGIN SOLUTION
    return [(3, 2, 3), (4, 3, 2), (2, 5, 4), (5, 2, 1)]
    ### END SOLUTION


# %% check="exposing_layers" points=2
layers = exposing_layers()
check_true(isinstance(layers, list) and len(layers) > 0, "a list of layers")
check_true(all(len(layer) == 3 for layer in layers), "each is (kernel_size, stride, dilation)")

# %% [markdown]
# ## 6 · A residual block
#
# ●●●○○ · about 16 min · 5 points
#
# Deep plain networks are hard to train. He, Zhang, Ren and Sun (2016) let every block learn what to
# **add** to its input instead of a new output:
#
# $$y = \mathrm{ReLU}\big(F(x) + S(x)\big) .$$
#
# ![Two convolutions on the main way, a shortcut around them](residual.svg)
#
# | way | layers, in order |
# |---|---|
# | $F$, first half | `Conv2d(in, out, 3, stride, padding=1)` → BatchNorm → ReLU |
# | $F$, second half | `Conv2d(out, out, 3, padding=1)` → BatchNorm |
# | $S$, if the shape stays | the identity: nothing at all |
# | $S$, if `stride` is not 1 or `in` is not `out` | `Conv2d(in, out, 1, stride)` → BatchNorm |
#
# Batch norm stands **before** the sum, the last ReLU **after** it, and nothing on the identity.
# None of the convolutions has a bias (`bias=False`): the $\beta$ of the batch norm behind it does
# its work. From 8 to 16 channels with stride 2, a block has 3,680 parameters.
#
# <details><summary>Hint</summary>
#
# Keep the input: `nn.ReLU(inplace=True)` on a tensor that the shortcut still needs destroys it.
# `nn.Identity()` is a module that returns what it is given.
#
# </details>


# %% exercise="ResidualBlock"
class ResidualBlock(nn.Module):
    """A basic block of a residual network (He et al. 2016, figure 5 on the left).

    in_channels, out_channels: channels of input and output.
    stride: of the first convolution and of the projection.
    forward(x): (N, in_channels, H, W) -> (N, out_channels, H', W'), H' = ceil(H / stride).
    Parameters in order: convolution, gamma, beta; convolution, gamma, beta; and, where the block
        has a projection, convolution, gamma, beta.
    """

    def __init__(self, in_channels, out_channels, *, stride=1):
        super().__init__()
        ### BEGIN SOLUTION
        self.main = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return functional.relu(self.main(x) + self.shortcut(x))
        ### END SOLUTION


# %% check="ResidualBlock" points=5
block = ResidualBlock(8, 16, stride=2)
check_close(number_of_parameters(block), 3680, "8 to 16 channels, stride 2: 3,680 parameters")
check_shape(
    block(torch.zeros(2, 8, 7, 6)), (2, 16, 4, 3), "height and width are halved, rounded up"
)
check_close(number_of_parameters(ResidualBlock(4, 4)), 304, "an identity has no parameters")
check_close(number_of_parameters(ResidualBlock(3, 4)), 288, "more channels need a projection")
x = waves(2, 2, 4, 3)
plain = filled(ResidualBlock(2, 2)).eval()
check_close(
    plain(x)[0, :, 1].detach(),
    [[1.366401026, 0.1605853146, 0], [0.2175557402, 0.1308631008, 1.408648475]],
    "identity shortcut",
)
check_close(x, waves(2, 2, 4, 3), "x itself is unchanged")
projected = filled(ResidualBlock(2, 3, stride=2)).eval()
check_close(
    projected(x)[1, :, 1].detach(), [[0, 0], [0.118540905, 0], [0, 0.0899628616]], "projection"
)
x.requires_grad_()
plain(x).sum().backward()
check_true(bool((x.grad != 0).any()), "a gradient arrives at the input")

# %% [markdown]
# ## 7 · One dimension: time series
#
# ●●○○○ · about 14 min · 4 points
#
# Nothing in a convolution asks for two dimensions. Along time, a filter is a short pattern that is
# looked for at every step. With padding "same" and a mean over time at the end, the network takes
# series of any length (Wang, Yan and Oates, 2017):
#
# | layer | output shape |
# |---|---|
# | input | $(N, T, D)$ |
# | `Conv1d(D, w, 7, padding=3)` → BatchNorm → ReLU | $(N, w, T)$ |
# | `Conv1d(w, 2w, 5, padding=2)` → BatchNorm → ReLU | $(N, 2w, T)$ |
# | `Conv1d(2w, w, 3, padding=1)` → BatchNorm → ReLU | $(N, w, T)$ |
# | mean over time | $(N, w)$ |
# | `Linear(w, classes)` | $(N, K)$ |
#
# The convolutions have biases here. **One trap**: our sequences are $(N, T, D)$, and `Conv1d` wants
# $(N, D, T)$. That is a transposition. `reshape` gives the same shape and other data.
#
# <details><summary>Hint</summary>
#
# `x.transpose(1, 2)` swaps two axes. `BatchNorm1d` takes $(N, C, T)$ too.
#
# </details>


# %% exercise="TimeSeriesNet"
class TimeSeriesNet(nn.Module):
    """A convolutional classifier of time series (after Wang, Yan & Oates 2017).

    features: D, the features of a step; classes: K; width: w, channels of the first convolution.
    forward(x): (N, T, D), any T >= 1 -> logits (N, K).
    Parameters in order: for each of the three blocks weight, bias, gamma, beta; then weight and
        bias of the last layer.
    """

    def __init__(self, features, classes, *, width=16):
        super().__init__()
        ### BEGIN SOLUTION
        sizes = [features, width, 2 * width, width]
        layers = []
        for inputs, outputs, kernel in zip(sizes[:-1], sizes[1:], (7, 5, 3)):
            layers += [nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2)]
            layers += [nn.BatchNorm1d(outputs), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers)
        self.head = nn.Linear(width, classes)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.head(self.convolutions(x.transpose(1, 2)).mean(dim=2))
        ### END SOLUTION


# %% check="TimeSeriesNet" points=4
net = filled(TimeSeriesNet(3, 2, width=4)).eval()
check_close(
    number_of_parameters(net), 398, "398 parameters for three features, two classes, width 4"
)
check_close(
    net(waves(2, 9, 3)).detach(),
    [[0.4924560893, -0.1867619461], [0.4925016723, -0.1871267804]],
    "nine steps",
)
check_shape(net(waves(2, 5, 3)), (2, 2), "five steps, the same network")
check_close(number_of_parameters(TimeSeriesNet(6, 4)), 5028, "the width is 16 by default")

# %% [markdown]
# Real data: students wore a smart watch for ten seconds while standing, running, walking or playing
# badminton; six sensors, a hundred steps, forty records to train on and forty to test. Beside the
# convolutional network stands an MLP that sees all 600 numbers at once, with about as many
# parameters. Both are then asked again with the test records **moved in time** by a fifth (twenty
# steps, wrapped around): the same motion, started a little later.

# %% experiment
motions = data.load_basic_motions()
scale = motions.X[motions.training].std(axis=(0, 1))
motion_train = as_tensors(motions.X[motions.training] / scale, motions.y[motions.training])
motion_test = as_tensors(motions.X[~motions.training] / scale, motions.y[~motions.training])
moves = (0, 5, 10, 20, 30, 40)


class FlatMLP(nn.Module):
    """An MLP that sees a sample as one row of numbers."""

    def __init__(self, sizes):
        super().__init__()
        self.mlp = MLP(sizes)

    def forward(self, x):
        return self.mlp(x.flatten(1))


def accuracy_on(net, X, y):
    loader = DataLoader(TensorDataset(X, y), 250)
    return evaluate(net, loader, loss_function, device=DEVICE)[1]


def motion_curve(make_net, seed):
    """Accuracy on the test records, moved by each of `moves`."""
    torch.manual_seed(seed)
    # with forty records there is none to spare: the training data stand in for validation data
    net, _ = trained(make_net(), motion_train, motion_train, epochs=40, seed=seed, batch_size=10)
    X, y = motion_test
    return [accuracy_on(net, X.roll(move, dims=1), y) for move in moves]


candidates = {
    "convolutional": lambda: TimeSeriesNet(6, 4),
    "MLP": lambda: FlatMLP((600, 8, 4)),
}
for (name, make_net), style in zip(candidates.items(), ("o-", "s--")):
    print(f"{name:14s}{number_of_parameters(make_net()):6d} parameters")
    curves = np.array([motion_curve(make_net, seed) for seed in range(5)])
    print("  accuracy, mean of 5 seeds:", *(f"{a:.2f}" for a in curves.mean(axis=0)))
    plt.plot(moves, curves.mean(axis=0), style, label=name)
    plt.fill_between(moves, curves.min(axis=0), curves.max(axis=0), alpha=0.2)
plt.axhline(0.25, color="0.6", linewidth=1)
plt.text(31, 0.27, "guessing", color="0.4", fontsize=9)
plt.ylim(0, 1.05)
plt.xlabel("test records moved by so many steps of 100")
plt.ylabel("test accuracy (band: all seeds)")
plt.legend(loc="lower left")
plt.show()

# %% [markdown]
# **Question.** Look at your two curves. Which line of the table of `TimeSeriesNet` keeps the
# convolutional network's curve flat, and what do the convolutions before it contribute? Name from
# your plot the accuracies of the MLP at 0 and at 20 steps, and say why it has no chance to do the
# same with 40 training records.

# %% [markdown] answer="moved_in_time" points=2
# ### BEGIN SOLUTION
# **Model answer.** The mean over time. A convolution is *equivariant*: the moved record gives the
# moved maps. The mean then forgets where in time something was (*invariant*), so the logits hardly
# change. The convolutions find the patterns, with the same filter at every step. The MLP falls from
# about 0.79 at 0 to about 0.43 at 20 steps: it has a weight of its own for each step of each
# sensor, so a pattern learnt at one time is unknown at another, and it would have to see every
# motion at every start; forty records cannot show that.
#
# **Marking guide.** 1 point for the mean over time *and* for the convolutions moving their maps
# along with the input (half for one of them). 1 point for two accuracies that fit the plot (half)
# and for weights that are tied to their time steps (half).
# ### END SOLUTION

# %% [markdown]
# ## 8 · More data from the data you have
#
# ●●○○○ · about 10 min · 3 points
#
# A digit that is moved by two pixels is the same digit. If the training data do not say so, the
# network has to guess. **Augmentation** says so: each time an image is used, it is moved a little,
# or mirrored, at random.
#
# First the deterministic part. Image $n$ is moved by its own offset $(a_n, b_n)$: $a_n$ rows down,
# $b_n$ columns to the right, negative numbers up and to the left. What leaves the image is lost,
# what comes in is 0:
#
# $$y_{n,c,i,j} = \begin{cases} x_{n,c,\,i - a_n,\, j - b_n} & \text{if that pixel exists} \\
# 0 & \text{else.} \end{cases}$$
#
# | argument | shape |
# |---|---|
# | `images` | $(N, C, H, W)$ |
# | `offsets` | $(N, 2)$, whole numbers, of any size |
# | returned | as `images` |
#
# <details><summary>Hint</summary>
#
# `torch.roll` moves round the edge: what leaves on the right comes in on the left. For each image,
# copy a slice of the old one into a slice of zeros; `max(a, 0)` and `max(-a, 0)` give the two
# starts. What if the offset is larger than the image?
#
# </details>


# %% exercise="shifted"
def shifted(images, offsets):
    """Each image moved by its own offset; zeros come in, nothing comes round the edge.

    images: (N, C, H, W).  offsets: (N, 2) integers, (rows down, columns to the right).
    Returns a new tensor of the shape and dtype of images.
    """
    ### BEGIN SOLUTION
    height, width = images.shape[2:]
    moved = torch.zeros_like(images)
    for image, target, (down, right) in zip(images, moved, offsets.tolist()):
        rows, columns = height - abs(down), width - abs(right)
        if rows > 0 and columns > 0:
            top, left = max(-down, 0), max(-right, 0)
            part = image[:, top : top + rows, left : left + columns]
            top, left = max(down, 0), max(right, 0)
            target[:, top : top + rows, left : left + columns] = part
    return moved
    ### END SOLUTION


# %% check="shifted" points=3
images = torch.arange(1.0, 13.0).reshape(2, 1, 2, 3)
moved = shifted(images, torch.tensor([[1, 0], [0, -2]]))
check_close(moved[0, 0], [[0, 0, 0], [1, 2, 3]], "the first image moves one row down")
check_close(moved[1, 0], [[9, 0, 0], [12, 0, 0]], "the second moves two columns to the left")
check_close(images.flatten(), np.arange(1.0, 13.0), "the images themselves are unchanged")
gone = shifted(images, torch.tensor([[0, 3], [-5, 1]]))
check_close(gone, torch.zeros(2, 1, 2, 3), "moved too far, nothing is left")

# %% [markdown]
# ### At random
#
# ●●●○○ · about 10 min · 3 points
#
# For each image separately, draw
#
# - whether it is mirrored, left to right, with probability `flip`;
# - two offsets, each a whole number from `-largest` to `largest`, all equally likely.
#
# Mirror first, then move. All random numbers come from `generator`. (A mirrored 3 is no digit, so
# we train digits with `flip=0`. A mirrored shoe is a shoe.)
#
# <details><summary>Hint</summary>
#
# `torch.randint(low, high, size, generator=generator)` never gives `high`. `torch.rand(...) < flip`
# gives a mask; `images.flip(3)` mirrors the last axis. `torch.where` chooses.
#
# </details>


# %% exercise="augmented"
def augmented(images, generator, *, shifted, largest=2, flip=0.5):
    """Each image mirrored with probability flip, then moved by a random offset.

    images: (N, C, H, W).  generator: a torch.Generator, the only source of random numbers.
    shifted(images, offsets): moves them, as described above.
    largest: each of the two offsets of an image is drawn from -largest, ..., largest.
    flip: the probability that an image is mirrored left to right, 0 to 1.
    Returns a new tensor of the shape and dtype of images.
    """
    ### BEGIN SOLUTION
    n = len(images)
    mirror = torch.rand(n, generator=generator) < flip
    images = torch.where(mirror[:, None, None, None], images.flip(3), images)
    offsets = torch.randint(-largest, largest + 1, (n, 2), generator=generator)
    return shifted(images, offsets)
    ### END SOLUTION


# %% check="augmented" points=3
images = waves(3, 1, 2, 4)


def draw(seed, images=images, **options):
    return augmented(images, torch.Generator().manual_seed(seed), shifted=shifted, **options)


check_close(draw(0, largest=0, flip=0.0), waves(3, 1, 2, 4), "nothing to move, nothing to mirror")
check_close(draw(0, largest=0, flip=1.0), waves(3, 1, 2, 4).flip(3), "flip=1 mirrors every image")
check_true(torch.equal(draw(1), draw(1)), "the same seed gives the same images")
check_true(not torch.equal(draw(1), draw(2)), "another seed gives others")
dots = torch.ones(400, 1, 1, 1)
kept = draw(3, dots, largest=1).mean()
check_true(0.02 < kept < 0.25, "a single pixel stays where it is about once in nine times")

# %% [markdown]
# ### Predict first
#
# ●○○○○ · about 4 min · 1 point
#
# Three networks are trained on MNIST as it is, with the digit in the middle: an MLP (`"mlp"`),
# LeNet-5 (`"lenet"`), and LeNet-5 with images that are moved by up to 4 pixels at random while it
# trains (`"augmented"`). All have about 62,000 parameters. The **test** digits are then moved by
# four pixels. Order the three by the accuracy they will have, the worst first.


# %% exercise="predict_moved"
def predict_moved():
    """Your prediction: a tuple of "mlp", "lenet" and "augmented", the worst first."""
    ### BEGIN SOLUTION
    return "mlp", "lenet", "augmented"
    ### END SOLUTION


# %% check="predict_moved" points=1
names = predict_moved()
check_true(sorted(names) == ["augmented", "lenet", "mlp"], "each of the three names once")

# %% experiment
shifts = (0, 1, 2, 3, 4, 5, 6)


class AugmentingLoader:
    """A loader whose images are moved at random each time they are dealt out."""

    def __init__(self, loader, *, largest, seed):
        self.loader, self.largest = loader, largest
        self.generator = torch.Generator().manual_seed(seed)

    def __iter__(self):
        for x, y in self.loader:
            yield augmented(x, self.generator, shifted=shifted, largest=self.largest, flip=0.0), y


def mnist_curve(make_net, largest, seed):
    """Test accuracy with the digits moved up, down, left or right by each of `shifts`."""
    torch.manual_seed(seed)
    net = make_net().to(DEVICE)
    training, validation = make_loaders(mnist_train, mnist_validation, batch_size=50, seed=seed)
    training = AugmentingLoader(training, largest=largest, seed=seed)
    validation = AugmentingLoader(validation, largest=largest, seed=seed + 1)
    adam = torch.optim.Adam(net.parameters(), lr=0.002)
    fit(net, training, validation, loss_function, adam, epochs=6, **steps)
    X, y = mnist_test
    # down, up, right or left, a quarter of the images each
    directions = torch.tensor([(1, 0), (-1, 0), (0, 1), (0, -1)])[torch.arange(len(y)) % 4]
    return [accuracy_on(net, shifted(X, shift * directions), y) for shift in shifts]


candidates = {
    "mlp": (lambda: FlatMLP((784, 74, 48, 10)), 0),
    "lenet": (LeNet5, 0),
    "augmented": (LeNet5, 4),
}
for (name, (make_net, largest)), style in zip(candidates.items(), ("s--", "o-", "^-")):
    curves = np.array([mnist_curve(make_net, largest, seed) for seed in range(2)])
    print(f"{name:10s}", *(f"{a:.3f}" for a in curves.mean(axis=0)))
    plt.plot(shifts, curves.mean(axis=0), style, label=name)
    plt.fill_between(shifts, curves.min(axis=0), curves.max(axis=0), alpha=0.2)
plt.axhline(0.1, color="0.6", linewidth=1)
plt.text(0, 0.12, "guessing", color="0.4", fontsize=9)
plt.ylim(0, 1.03)
plt.xlabel("test digits moved by so many pixels")
plt.ylabel("test accuracy (band: both seeds)")
plt.legend(loc="lower left", bbox_to_anchor=(0.0, 0.12))
plt.show()
print("you predicted:", *predict_moved())

# %% [markdown]
# **Question.** In section 7 a convolutional network did not mind being moved. Here LeNet-5 does,
# and it consists of convolutions as well. Why? Read from your plot what augmentation costs at 0
# pixels and what it gains at 4, and what happens at 6, beyond anything that was trained.

# %% [markdown] answer="moved_digits" points=2
# ### BEGIN SOLUTION
# **Model answer.** LeNet-5 does not average over positions at the end: it flattens its maps, and
# the dense layers have a weight of their own for every position. The convolutions move their maps
# along with the digit (equivariance), pooling forgives a pixel or two, and then the first dense
# layer sees its patterns at places where they never were in training. Augmentation shows it those
# places: it costs a little more than 0.01 at 0 pixels (0.95 to 0.93) and gains about 0.5 at 4
# (0.39 to 0.90). At 6 pixels, which no training image reached, it falls to about 0.72, still far
# above the others: it has learnt the moves that it was shown, not that digits may be anywhere.
#
# **Marking guide.** 1 point for the dense layers after flattening, with a weight for each position
# (half if only "pooling is not enough" is said). 1 point for cost at 0, gain at 4 and the fall at
# 6, read from the student's own plot (a third each; other numbers than ours are fine).
# ### END SOLUTION

# %% [markdown]
# ## 9 · Transfer: what was learnt once
#
# ●●●○○ · about 12 min · 3 points
#
# A network that has learnt to read eight digits knows about strokes and loops. To teach it two new
# digits from a handful of images, keep what it knows: **freeze** the convolutions and train new
# dense layers on top.
#
# Freezing has more to it than switching off gradients:
#
# | what moves | why | what to do |
# |---|---|---|
# | parameters | the optimiser steps along their gradients | `requires_grad = False` |
# | … even so | an old `.grad` is there; momentum and decay go on | `.grad = None` |
# | running statistics | buffers that each forward pass in training mode moves | evaluation mode |
# | … even so | the next `model.train()` switches **all** modules in it back | see below |
# | dropout | it is active in training mode | evaluation mode |
#
# So after `freeze(module)` the module must stay in evaluation mode, also when it is a part of a
# model on which `train()` is called, as `train_epoch` does at its start. One way: `model.train()`
# calls `child.train(mode)` on each child, and Python lets an object have a method of its own.
#
# <details><summary>Hint</summary>
#
# `module.train = lambda mode=True: module` gives this one object a `train` that does nothing. Call
# `module.eval()` before that. Think of somebody who calls `train()` on a layer *inside* the module:
# go through `module.modules()`, and beware of a lambda in a loop that sees only the last one.
# Another way is a hook that runs before each forward pass: `module.register_forward_pre_hook`.
#
# </details>


# %% exercise="freeze"
def freeze(module):
    """Keep a module as it is: nothing in it learns, and it computes as in evaluation from now on.

    Afterwards no parameter of it requires a gradient or holds one, and train() on the module, on a
    part of it or on a model that contains it no longer changes what it computes; its running
    statistics do not move. Gradients still flow through it to its input.
    Returns the module itself.
    """
    ### BEGIN SOLUTION
    for parameter in module.parameters():
        parameter.requires_grad = False
        parameter.grad = None
    module.eval()
    for part in module.modules():
        part.train = lambda mode=True, part=part: part
    return module
    ### END SOLUTION


# %% check="freeze" points=3
body = filled(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)))
x = waves(5, 3)
body(x).sum().backward()
statistics = body[1].running_mean.clone()
wanted = body.eval()(x).detach()
body.train()
check_true(freeze(body) is body, "the module itself is returned")
model = nn.Sequential(body, nn.Linear(4, 2).double())
model.train()
check_close(body(x).detach(), wanted, "it computes as in evaluation, although train() was called")
model(x).sum().backward()
check_true(not any(array.requires_grad for array in body.parameters()), "nothing in it learns")
check_true(all(array.grad is None for array in body.parameters()), "no gradient is left over")
check_close(body[1].running_mean, statistics, "the running statistics do not move")
check_true(model[1].weight.grad is not None and model[1].training, "the new layer still learns")

# %% [markdown]
# ### A new network around an old one
#
# ●●●○○ · about 13 min · 4 points
#
# Build the network for the new task:
#
# | part | layers |
# |---|---|
# | body | a **copy** of the trained layers, frozen; the original can go on learning |
# | new | `Flatten` → `Linear(size, width)` → ReLU → `Linear(width, classes)` |
#
# Only one new layer (a new *head*) would be too little: the old dense layers have learnt to tell
# eight digits apart, and what tells the new two apart may be lost in them. So the new part starts
# right behind the convolutions.
#
# <details><summary>Hint</summary>
#
# `copy.deepcopy(body)` copies the parameters and the buffers. `freeze` is an argument: call it on
# the copy. New layers are initialised by torch when you make them.
#
# </details>


# %% exercise="transfer"
def transfer(body, size, classes, *, freeze, width=32):
    """A network for a new task: a frozen copy of body, then new dense layers.

    body: a trained module, (N, ...) -> (N, ...); it is copied and itself not changed.
    size: how many numbers body gives for a sample, once flattened.
    classes: how many logits the new network gives.
    freeze(module): freezes a module, as described above.
    width: units of the new hidden layer, which has a ReLU.
    Returns a module whose parameters are, in order: those of the copy; weight and bias of the two
        new layers.
    """
    ### BEGIN SOLUTION
    return nn.Sequential(
        freeze(copy.deepcopy(body)),
        nn.Flatten(),
        nn.Linear(size, width),
        nn.ReLU(),
        nn.Linear(width, classes),
    )
    ### END SOLUTION


# %% check="transfer" points=4
body = filled(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)))
weight = body[0].weight.detach().clone()
net = transfer(body, 8, 3, freeze=freeze, width=5)
check_close(number_of_parameters(net), 24 + 45 + 18, "the copy, a layer 8 → 5, a layer 5 → 3")
learning = [tuple(array.shape) for array in net.parameters() if array.requires_grad]
check_true(learning == [(5, 8), (5,), (3, 5), (3,)], "only the new layers learn")
check_true(all(array.requires_grad for array in body.parameters()), "the original still learns")
check_true(body.training, "the original is still in training mode")
with torch.no_grad():
    body[0].weight += 1.0
check_close(next(net.parameters()), weight, "the copy does not follow the original")
check_shape(net.double()(waves(6, 1, 4, 4)), (6, 3), "six images, three logits each")

# %% [markdown]
# Three ways to learn two new digits, 4 and 9, from 3, 10 or 30 images of each. LeNet-5 has been
# trained on the eight others. **Head only** freezes all but its last layer, which is new.
# **Transfer** freezes the convolutions and trains new dense layers. **From scratch** is a LeNet-5
# that starts from random weights. All get the same 25 epochs.

# %% experiment
NEW = (4, 9)
OLD = [digit for digit in range(10) if digit not in NEW]


def only(digits, X, y):
    """The images of these digits; the labels are their places in the list."""
    chosen = np.flatnonzero(np.isin(y, digits))
    return X[chosen], torch.tensor([list(digits).index(label) for label in y[chosen].tolist()])


torch.manual_seed(0)
teacher, _ = trained(
    LeNet5(classes=8), only(OLD, *mnist_train), only(OLD, *mnist_validation), epochs=5
)
teacher_layers = [layer for layer in teacher.modules() if not list(layer.children())]
body = nn.Sequential(*teacher_layers[:6])  # two stages of convolution, ReLU, pooling
all_but_head = nn.Sequential(*teacher_layers[:-1])
new_train, new_test = only(NEW, *mnist_train), only(NEW, *mnist_test)
ways = {
    "head only": lambda: nn.Sequential(freeze(copy.deepcopy(all_but_head)), nn.Linear(84, 2)),
    "from scratch": lambda: LeNet5(classes=2),
    "transfer": lambda: transfer(body, 400, 2, freeze=freeze, width=84),
}


def learnt(make_net, images, seed):
    """Test accuracy on the new digits after training on so many images of each."""
    X, y = new_train
    rng = np.random.default_rng(seed)
    chosen = np.concatenate([rng.permutation(np.flatnonzero(y == k))[:images] for k in (0, 1)])
    few = X[chosen], y[chosen]
    torch.manual_seed(seed)
    net, _ = trained(make_net(), few, few, epochs=25, seed=seed, batch_size=10)
    return accuracy_on(net, *new_test)


numbers, seeds = (3, 10, 30), range(5)
for (name, make_net), style in zip(ways.items(), ("s--", "o-", "^-")):
    accuracies = [np.mean([learnt(make_net, n, seed) for seed in seeds]) for n in numbers]
    print(f"{name:13s}", *(f"{a:.3f}" for a in accuracies))
    plt.plot(numbers, accuracies, style, label=name)
plt.xscale("log")
plt.xticks(numbers, numbers)
plt.minorticks_off()
plt.xlabel("training images of each new digit")
plt.ylabel(f"test accuracy (mean of {len(seeds)} seeds)")
plt.legend(loc="lower right")
plt.show()

# %% [markdown]
# With three images a class, the frozen convolutions and new dense layers are right in .77 of the
# cases, the other two in .72. With thirty, a new head alone is stuck at .88: the layers that it
# cannot change were trained to tell *other* digits apart. From scratch catches up (.96) once there
# is enough to learn from, and transfer stays ahead (.98). Try a pair that is easier than 4 and 9.
#
# ## 10 · Where did it look?
#
# ### A head to take apart
#
# ●●●○○ · about 14 min · 4 points
#
# Many networks end in a **pooled head**: the mean of each map, then one linear layer. It has few
# parameters, takes images of any size, and does not mind where things are. You met it in section 7
# with one dimension; here it is with two, written out:
#
# $$m_{n,c} = \frac{1}{HW} \sum_{i,j} f_{n,c,i,j}, \qquad
# z_{n,k} = \sum_c w_{k,c}\, m_{n,c} + b_k .$$
#
# | symbol | in code | shape |
# |---|---|---|
# | $f$ | `features` | $(N, C, H, W)$ |
# | $w$, $b$ | `weight`, `bias` | $(K, C)$, $(K,)$ |
# | $z$ | `logits` | $(N, K)$ |
# | upstream gradient $\partial L / \partial z$ | `dlogits` | $(N, K)$ |
#
# The forward pass is given. **Derive** the backward pass by hand, without autograd: the gradients
# of the loss with respect to `features`, `weight` and `bias`. The cell below the forward pass shows
# you, by central differences, what the first must come out as for a small example.


# %% setup
def pooled_head_forward(features, weight, bias):
    """Logits of a pooled head, and cache = (features, weight)."""
    return features.mean(dim=(2, 3)) @ weight.T + bias, (features, weight)


# %% experiment
small_features, small_weight, small_bias = waves(1, 2, 2, 3), waves(3, 2), waves(3)
upstream = np.array([[1.0, -2.0, 0.5]])


def small_logits(values):
    return pooled_head_forward(torch.tensor(values), small_weight, small_bias)[0].numpy()


print("weight:", small_weight.numpy().round(3).tolist(), " dlogits:", upstream.tolist())
print("gradient with respect to features, by differences:")
print(numerical_gradient(small_logits, small_features.numpy(), upstream=upstream).round(4))

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Ask of each entry: in which outputs does it occur, and with what factor? $f_{n,c,i,j}$ occurs in
# every logit of sample $n$, through $m_{n,c}$ alone. Which indices does the factor depend on, and
# what do the numbers above have in common within a map? Bias and weight are those of any linear
# layer whose input is $m$.
#
# </details>
#
# <details><summary>Hint 2: the formulas</summary>
#
# $$\frac{\partial L}{\partial f_{n,c,i,j}} = \frac{1}{HW}
# \sum_k \frac{\partial L}{\partial z_{n,k}} w_{k,c}, \qquad
# \frac{\partial L}{\partial w_{k,c}} = \sum_n \frac{\partial L}{\partial z_{n,k}} m_{n,c}, \qquad
# \frac{\partial L}{\partial b_k} = \sum_n \frac{\partial L}{\partial z_{n,k}} .$$
#
# </details>


# %% exercise="pooled_head_backward"
def pooled_head_backward(dlogits, cache):
    """Gradients of a pooled head, by hand.

    dlogits: (N, K), the gradient of the loss with respect to the logits; any 1/N is in it.
    cache: (features, weight) of shapes (N, C, H, W) and (K, C), as pooled_head_forward gives it.
    Returns (dfeatures, dweight, dbias), new tensors of the shapes of features, weight and bias.
    """
    ### BEGIN SOLUTION
    features, weight = cache
    height, width = features.shape[2:]
    dmeans = dlogits @ weight
    dfeatures = (dmeans / (height * width))[:, :, None, None].repeat(1, 1, height, width)
    return dfeatures, dlogits.T @ features.mean(dim=(2, 3)), dlogits.sum(dim=0)
    ### END SOLUTION


# %% check="pooled_head_backward" points=4
features, weight = torch.arange(12.0).double().reshape(2, 1, 2, 3), waves(4, 1)
dlogits = torch.tensor([[6.0, 0.0, 12.0, 0.0], [0.0, 3.0, 0.0, -3.0]]).double()
weight = torch.tensor([[1.0], [2.0], [-1.0], [4.0]]).double()
dfeatures, dweight, dbias = pooled_head_backward(dlogits, (features, weight))
check_close(dbias, [6.0, 3.0, 12.0, -3.0], "dbias")
check_close(dweight, [[15.0], [25.5], [30.0], [-25.5]], "dweight")
check_shape(dfeatures, (2, 1, 2, 3), "dfeatures has the shape of features")
check_close(dfeatures[:, 0, 1, 2], [-1.0, -1.0], "each pixel gets its share of the mean")
check_close(features.flatten(), np.arange(12.0), "features is unchanged")

# %% [markdown]
# ### The map
#
# ●●○○○ · about 10 min · 3 points
#
# The two sums of the pooled head may change places:
#
# $$z_{n,k} - b_k = \sum_c w_{k,c} \frac{1}{HW} \sum_{i,j} f_{n,c,i,j}
# = \frac{1}{HW} \sum_{i,j} \underbrace{\sum_c w_{k,c}\, f_{n,c,i,j}}_{M_{n,i,j}} .$$
#
# So the logit of class $k$ is a mean over positions of $M$, the **class activation map** (Zhou et
# al., 2016): it says how much each place speaks for the class. (Compare with the gradient you just
# derived: $w_{k,c}$ is $HW$ times the gradient of $z_k$ with respect to a pixel of map $c$.
# Grad-CAM uses that for networks with other heads.) To lay the map over the image, it is enlarged
# to the image's size, bilinearly.
#
# | argument | shape |
# |---|---|
# | `features` | $(N, C, H, W)$ |
# | `weight` | $(K, C)$ |
# | `labels` | $(N,)$: the class $k$ to ask about, for each image |
# | `size` | $(H', W')$ of the maps wanted |
# | returned | $(N, H', W')$ |
#
# Neither the bias nor a ReLU nor a scaling to 0 … 1 is part of it.
#
# <details><summary>Hint</summary>
#
# `weight[labels]` is $(N, C)$: a row for each image. `functional.interpolate(maps, size=size,
# mode="bilinear", align_corners=False)` wants $(N, C, H, W)$.
#
# </details>


# %% exercise="class_activation_map"
def class_activation_map(features, weight, labels, size):
    """Class activation maps, enlarged to size (Zhou et al. 2016, equation 2).

    features: (N, C, H, W), the maps that the mean was taken of; weight: (K, C), of the linear
    layer behind; labels: (N,) whole numbers, one class for each image; size: (H', W').
    Returns (N, H', W'): bilinear, align_corners=False; neither clipped nor scaled, no bias.
    """
    ### BEGIN SOLUTION
    maps = torch.einsum("nc,nchw->nhw", weight[labels], features)
    large = functional.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)
    return large[:, 0]
    ### END SOLUTION


# %% check="class_activation_map" points=3
features = torch.tensor([[[[1.0, 2.0]], [[10.0, 0.0]]], [[[0.0, -3.0]], [[5.0, 1.0]]]]).double()
weight = torch.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, -1.0]]).double()
labels = torch.tensor([1, 2])
maps = class_activation_map(features, weight, labels, (1, 2))
check_close(
    maps, [[[12.0, 4.0]], [[-5.0, -1.0]]], "the first image's class 1, the second's class 2"
)
large = class_activation_map(features, weight, labels, (2, 4))
check_close(large[0], [[12, 10, 6, 4], [12, 10, 6, 4]], "enlarged bilinearly", rtol=1e-6)

# %% [markdown]
# A network with a pooled head, trained on MNIST; then four test images, and for each the map of its
# own class beside the map of another. Red speaks for the class, blue against it.


# %% experiment
class PooledNet(nn.Module):
    """Three convolutions and a pooled head."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        return pooled_head_forward(self.features(x), self.head.weight, self.head.bias)[0]


torch.manual_seed(0)
pooled, _ = trained(PooledNet(), mnist_train, mnist_validation, epochs=4, rate=0.005)
print(
    f"pooled head: test accuracy {accuracy_on(pooled, *mnist_test):.3f},"
    f" {number_of_parameters(pooled):,} parameters"
)
X, y = mnist_test
chosen, rivals = [int(np.flatnonzero(y == digit)[0]) for digit in (3, 4, 7, 9)], [8, 9, 1, 4]
pooled.eval()
with torch.no_grad():
    features = pooled.features(X[chosen].to(DEVICE))
figure, axes = plt.subplots(2, 4, figsize=(8, 4.2))
for row, labels in zip(axes, (y[chosen], torch.tensor(rivals))):
    maps = class_activation_map(features, pooled.head.weight.detach(), labels.to(DEVICE), (28, 28))
    for axis, image, label, shown in zip(row, X[chosen], labels, maps.cpu()):
        axis.imshow(image[0], cmap="gray_r")
        limit = float(shown.abs().max())
        axis.imshow(shown, cmap="RdBu_r", alpha=0.55, vmin=-limit, vmax=limit)
        axis.set_title(f"for {int(label)}", fontsize=10)
        axis.set_xticks([])
        axis.set_yticks([])
plt.show()

# %% [markdown]
# Look for the place that decides between two rivals: the gap on the left of the 3 that an 8 would
# close, the open top of the 4.
#
# ## 11 · Your own data: the IDX format
#
# ●●○○○ · about 12 min · 3 points
#
# MNIST and Fashion-MNIST are published as IDX files: a short header, then the bytes of one array.
#
# | bytes | meaning |
# |---|---|
# | 0, 1 | both 0 |
# | 2 | type: `0x08` uint8, `09` int8, `0B` int16, `0C` int32, `0D` float32, `0E` float64 |
# | 3 | the number of dimensions $d$ |
# | 4 … 4 + 4d − 1 | $d$ sizes, each an unsigned 32-bit integer, **big-endian** |
# | the rest | the values, the last dimension running fastest, big-endian |
#
# Your computer is almost certainly little-endian: read the other way round, the size 60,000 becomes
# 1,625,948,160. A loader must also notice a file that was cut off, or is something else (a web page
# that says "not found", say), *before* it is trained on.
#
# <details><summary>Hint</summary>
#
# `np.frombuffer(content, dtype=">u4", count=d, offset=4)` reads $d$ big-endian integers. Such an
# array cannot be written to and keeps its byte order; `.astype` makes a normal one.
#
# </details>


# %% exercise="read_idx"
def read_idx(content):
    """The array in an IDX file, given as bytes (already unpacked).

    content: bytes.
    Returns a new array of the shape and type in the header, in the machine's own byte order.
    Raises ValueError naming content and what is wrong if the first two bytes are not 0, the type
        is unknown, or the length does not fit the header.
    """
    ### BEGIN SOLUTION
    types = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    if len(content) < 4 or content[0] != 0 or content[1] != 0:
        raise ValueError(f"content begins with {content[:4]!r}, expected 0, 0, type, dimensions")
    if content[2] not in types:
        raise ValueError(f"content has the type {content[2]:#x}, expected one of {list(types)}")
    dtype, start = np.dtype(types[content[2]]), 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"content has {len(content)} bytes, its header alone should have {start}")
    shape = np.frombuffer(content, ">u4", count=content[3], offset=4).astype(int)
    expected = start + math.prod(shape.tolist()) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(f"content has {len(content)} bytes, expected {expected} for {shape}")
    values = np.frombuffer(content, dtype, offset=start)
    return values.astype(dtype.newbyteorder("=")).reshape(shape)
    ### END SOLUTION


# %% check="read_idx" points=3
header = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3])
values = read_idx(header + bytes([1, 2, 3, 4, 5, 255]))
check_close(values.astype(int), [[1, 2, 3], [4, 5, 255]], "two rows of three bytes")
check_true(values.dtype == np.uint8, "bytes stay uint8")
steps_of_two = read_idx(bytes([0, 0, 11, 1, 0, 0, 0, 2, 0, 5, 255, 254]))
check_close(steps_of_two.astype(int), [5, -2], "16-bit numbers, big-endian and with a sign")
check_raises(ValueError, read_idx, header + bytes([1, 2]), match=r"\bcontent\b")
check_raises(ValueError, read_idx, b"<html>not found</html>", match=r"\bcontent\b")

# %% [markdown]
# With it, Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017; 70,000 pictures of clothes, 30 MB) can be
# used here too. It is not part of this course's package. The next cell says where to put the files
# if you want it, and trains LeNet-5 on them if they are there.

# %% experiment
import gzip
from pathlib import Path

FASHION = Path("fashion-mnist")
FASHION_FILES = [
    f"{part}-{kind}-ubyte.gz"
    for part in ("train", "t10k")
    for kind in ("images-idx3", "labels-idx1")
]


def load_fashion(folder=FASHION):
    """Training images, training labels, test images, test labels, as arrays."""
    missing = [name for name in FASHION_FILES if not (folder / name).exists()]
    if missing:
        raise FileNotFoundError(
            f"Fashion-MNIST: put {', '.join(missing)} into the folder {folder}/ beside this"
            " notebook; they are at https://github.com/zalandoresearch/fashion-mnist, data/fashion"
        )
    return [read_idx(gzip.decompress((folder / name).read_bytes())) for name in FASHION_FILES]


try:
    clothes, kinds, test_clothes, test_kinds = load_fashion()
except FileNotFoundError as error:
    print(error)
else:
    fashion_train, fashion_validation = split(clothes[:6000, None] / 255, kinds[:6000], 5000)
    torch.manual_seed(0)
    dresser, _ = trained(LeNet5(), fashion_train, fashion_validation, epochs=5)
    fashion_test = as_tensors(test_clothes[:, None] / 255, test_kinds)
    print(f"Fashion-MNIST: test accuracy {accuracy_on(dresser, *fashion_test):.3f}")

# %% [markdown]
# ## 12 · Stretch: an Inception block for time series
#
# ●●●○○ · about 14 min · 0 points
#
# How long is the pattern to look for: three steps, or nineteen? An Inception block does not choose.
# It looks with several lengths at once and joins what they find (Ismail Fawaz et al., 2020):
#
# ![Three convolutions of different length and a pooled branch, side by side](inception.svg)
#
# | branch | layers, from $(N, C, T)$ to $(N, w, T)$ |
# |---|---|
# | 1, 2, 3 | one bottleneck `Conv1d(C, w, 1)` for all; then `Conv1d(w, w, k)`, $k$ = 5, 9, 19 |
# | 4 | `MaxPool1d(3, stride=1, padding=1)`; then `Conv1d(C, w, 1)` |
#
# The four are concatenated along the channels, in this order; then one BatchNorm over the $4w$
# channels and a ReLU. The convolutions have no bias and padding $(k-1)/2$, so the length stays.
#
# <details><summary>Hint</summary>
#
# `torch.cat(branches, dim=1)`. The pooled branch starts from the block's input, not from the
# bottleneck.
#
# </details>


# %% exercise="InceptionBlock"
class InceptionBlock(nn.Module):
    """One block of InceptionTime (Ismail Fawaz et al. 2020, figure 2), with kernels 5, 9, 19.

    in_channels: C; width: w, the channels of each of the four branches.
    forward(x): (N, C, T) -> (N, 4w, T).
    Parameters in order: bottleneck; the kernels of length 5, 9, 19; the convolution behind the
        pooling; gamma and beta of the batch norm.
    """

    def __init__(self, in_channels, width=8):
        super().__init__()
        ### BEGIN SOLUTION
        self.bottleneck = nn.Conv1d(in_channels, width, 1, bias=False)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, width, k, padding=k // 2, bias=False) for k in (5, 9, 19)
        )
        self.pool = nn.MaxPool1d(3, stride=1, padding=1)
        self.after_pool = nn.Conv1d(in_channels, width, 1, bias=False)
        self.norm = nn.BatchNorm1d(4 * width)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        narrow = self.bottleneck(x)
        branches = [convolution(narrow) for convolution in self.convolutions]
        branches.append(self.after_pool(self.pool(x)))
        return functional.relu(self.norm(torch.cat(branches, dim=1)))
        ### END SOLUTION


# %% check="InceptionBlock" points=0
block = InceptionBlock(3, 2)
check_close(number_of_parameters(block), 160, "3 channels, width 2: 160 parameters")
check_shape(
    block(torch.ones(2, 3, 7)), (2, 8, 7), "four branches of two channels, the length stays"
)
block = filled(InceptionBlock(2, 1)).eval()
check_close(
    block(waves(1, 2, 4))[0, :, 2].detach(),
    [0.4666331652, 0, 0, 0.2378976409],
    "one channel of each branch",
)

# %% [markdown]
# ## What you have built
#
# - One training loop that does five things in order, counts samples and not batches, and leaves a
#   model as it found it. You will use it unchanged in the labs that follow.
# - Networks as modules: what is not registered does not learn.
# - Convolutions move their maps along with the input. Whether the *answer* stays the same is
#   decided behind them: by a mean over positions (yes), by dense layers (only as far as they were
# shown). - What a network has learnt can be kept, if freezing means *everything* that moves.
#
# In the next lab the layers get a memory: recurrent networks read a series one step at a time.
