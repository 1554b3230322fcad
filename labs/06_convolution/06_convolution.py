# %% [markdown]
# # 6 · Layers that share weights
#
# Photograph a cat, take one step to the left and photograph it again. Every pixel has changed, and
# it is still the same cat. A dense layer cannot know that: it has a separate weight for every
# pixel, so what it learnt about the cat's old place says nothing about the new one.
#
# A convolutional layer makes two assumptions about images, and builds them in:
#
# 1. **What matters is local.** An edge, a corner or an eye can be recognised in a small window.
# 2. **What is worth looking for here is worth looking for everywhere.** So one small set of
#    weights, the *kernel*, slides over the whole image.
#
# ![A kernel slides over an image: the same nine weights make every output](sliding_kernel.svg)
#
# You will write this layer from its formula, forward and backward, then write it a second way that
# is far faster, see it as one large matrix, and add pooling. At the end you will move real
# handwritten digits by a single pixel and watch what that does to a classifier with these layers
# and to one without.
#
# | section | you write | points | minutes |
# |---|---|---|---|
# | 1, 2, 3 | `conv1d`, `gaussian_filter`, `smooth` | 2 + 2 + 2 | 25 |
# | 4 | `output_size` | 2 | 8 |
# | 5 | `conv2d_forward`; find the bug: `exposing_conv2d` | 6 + 2 | 35 |
# | 6 | `conv2d_backward` (you derive it) | 6 | 35 |
# | 7, 8 | `im2col`, `conv_matrix` | 3 + 3 | 27 |
# | 9, 10 | `max_pool2d_forward`, `max_pool2d_backward` | 3 + 3 | 22 |
# | 11, 12 | `avg_pool2d_forward`, `avg_pool2d_backward` | 2 + 2 | 10 |
# | 13 | `equivariance_error`; predict: `predict_who_moves_along` | 2 + 2 | 18 |
# | 14 | `parameter_counts` | 2 | 4 |
# | 15, 16 | two experiments, two questions about them | 2 + 2 | 26 |
# | 17 | stretch: `conv2d_grouped` | 0 | (15) |
# | | **together**, reading, plots and questions included, without the stretch | **48** | **210** |
#
# That is three and a half hours. Section 8 is a good place to stop and come back another day.
#
# **Notation used throughout**
#
# | symbol | meaning |
# |---|---|
# | $N$ | images in the batch |
# | $C$, $F$ | channels coming in, filters (so channels going out) |
# | $H$, $W$ | height and width of the image |
# | $k_h$, $k_w$ | height and width of the kernel |
# | $s$, $p$, $d$ | stride, padding, dilation; an index $h$ or $w$ says along which axis |
#
# Arrays are float64, images are `(N, C, H, W)`, and no function may change its inputs. As
# everywhere in deep learning, "convolution" means **cross-correlation**: the kernel is not flipped.

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
# ## 1 · A filter slides along a series
# ●○○○○ · about 8 min · 2 points
#
# Start in one dimension. Lay a filter $f$ of $K$ numbers on the series $x$ so that $f_0$ covers
# $x_t$. Multiply what lies on top of each other, add up, and move on by one:
#
# $$y_t = \sum_{k=0}^{K-1} f_k \, x_{t+k}, \qquad t = 0, \dots, T-K$$
#
# Only positions where the whole filter fits count. This is called a *valid* convolution.
#
# | array | shape |
# |---|---|
# | `x` | $(T,)$ |
# | `f` | $(K,)$ with $K \le T$ |
# | result | $(T-K+1,)$ |
#
# <details><summary>Hint</summary>
#
# For each `t`, the part of the series under the filter is `x[t : t + K]`. A product and a sum of
# two vectors is a dot product. The last `t` that counts is $T-K$, so `range` must stop *after* it.
#
# </details>

# %% exercise="conv1d"
def conv1d(x, f):
    """Slide a filter along a series and return its response wherever it fits (cross-correlation).

    x: (T,) the series; f: (K,) the filter, not flipped.  Returns (T - K + 1,).
    Raises ValueError naming f, its shape and what was expected when f is longer than x.
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 9.6, in one dimension.
    """
    ### BEGIN SOLUTION
    size, width = len(x), len(f)
    if width > size:
        raise ValueError(f"f has shape {f.shape}: expected no more values than x, shape {x.shape}")
    return np.array([f @ x[t : t + width] for t in range(size - width + 1)])
    ### END SOLUTION

# %% check="conv1d" points=2
series = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
neighbours, two_apart = np.array([1.0, 1.0]), np.array([1.0, 0.0, -1.0])
check_shape(conv1d(series, neighbours), (4,), "five values and a filter of two: four positions")
check_close(conv1d(series, neighbours), [3, 6, 12, 24], "sums of neighbours")
check_close(conv1d(series, two_apart), [-3, -6, -12], "the filter is not flipped")
check_raises(ValueError, conv1d, np.ones(2), np.ones(3), match=r"\bf\b")

# %% [markdown]
# NumPy knows the same sum as `np.correlate(x, f, "valid")`. Its sister `np.convolve` flips the
# filter first, as signal processing does. Look at the sign:

# %% experiment
series = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
slope = np.array([-1.0, 0.0, 1.0])
print("conv1d      ", conv1d(series, slope))
print("np.correlate", np.correlate(series, slope, "valid"))
print("np.convolve ", np.convolve(series, slope, "valid"), "<- flipped")
print("filter longer than the series:", np.correlate(np.ones(2), np.arange(4.0), "valid"),
      "<- np.correlate swaps the two without a word; your function refuses")

# %% [markdown]
# ## 2 · A Gaussian filter
# ●○○○○ · about 7 min · 2 points
#
# Which numbers should a filter hold? In a network they are learnt. Here we choose them: a bell
# curve that weighs near values more than far ones, and adds up to 1 so that a constant series stays
# what it is.
#
# $$g_k \propto \exp\!\left(-\frac{(k-c)^2}{2\sigma^2}\right), \qquad c = \frac{K-1}{2},
# \qquad \sum_{k=0}^{K-1} g_k = 1$$
#
# | argument | meaning |
# |---|---|
# | `size` | $K$, odd, so that the filter has a middle |
# | `sigma` | $\sigma > 0$, the width of the bell in samples |
# | result | $(K,)$ |
#
# <details><summary>Hint</summary>
#
# `np.arange(size) - (size - 1) / 2` gives the distances from the middle. You need no
# $1/\sqrt{2\pi\sigma^2}$: dividing by the sum makes any constant factor cancel.
#
# </details>

# %% exercise="gaussian_filter"
def gaussian_filter(size, sigma):
    """Sample a Gaussian bell at `size` points one apart, centred, and make it add up to 1.

    size: odd int, 1 or more; sigma: standard deviation in samples, above 0.  Returns (size,).
    Raises ValueError naming size when it is not a positive odd number, and naming sigma when it
    is not above 0.
    Source: Szeliski, Computer Vision (2nd ed. 2022), section 3.2.
    """
    ### BEGIN SOLUTION
    if size < 1 or size % 2 == 0:
        raise ValueError(f"size is {size}: expected a positive odd number")
    if sigma <= 0:
        raise ValueError(f"sigma is {sigma}: expected a number above 0")
    distance = np.arange(size) - (size - 1) / 2
    bell = np.exp(-(distance**2) / (2 * sigma**2))
    return bell / bell.sum()
    ### END SOLUTION

# %% check="gaussian_filter" points=2
check_shape(gaussian_filter(7, 2.0), (7,), "as many values as asked for")
bell = [0.2740686, 0.4518628, 0.2740686]
check_close(gaussian_filter(3, 1.0), bell, "three values of a bell", rtol=1e-6)
check_close(gaussian_filter(9, 1.7).sum(), 1.0, "the filter adds up to 1")
check_raises(ValueError, gaussian_filter, 4, 1.0, match=r"\bsize\b")

# %% [markdown]
# ## 3 · Smooth a series without shortening it
# ●○○○○ · about 10 min · 2 points
#
# A valid convolution loses $K-1$ values. To keep the length, extend the series by $(K-1)/2$ values
# on each side first. With what? Zeros would pull both ends towards 0, as if the sun had gone out.
# Repeat the **first and the last value** instead:
#
# $$\tilde x = (\underbrace{x_0, \dots, x_0}_{(K-1)/2},\; x_0, x_1, \dots, x_{T-1},\;
# \underbrace{x_{T-1}, \dots, x_{T-1}}_{(K-1)/2}), \qquad y_t = \sum_k f_k\, \tilde x_{t+k}$$
#
# | array | shape |
# |---|---|
# | `x` | $(T,)$ |
# | `f` | $(K,)$, $K$ odd; it may be asymmetric |
# | result | $(T,)$ |
#
# Write this one without your `conv1d`, so that a slip there costs you nothing here. You have met
# the NumPy function that does the same.
#
# <details><summary>Hint</summary>
#
# `np.pad` has a `mode` that repeats the end values. After it, one call of
# `np.correlate(..., "valid")` is enough.
#
# </details>

# %% exercise="smooth"
def smooth(x, f):
    """Filter a series and keep its length: the end values are repeated beyond the ends.

    x: (T,) the series; f: (K,) the filter, K odd, not flipped.
    Returns (T,); entry t is the response of the filter centred on x[t].
    Raises ValueError naming f and its shape when K is even.
    """
    ### BEGIN SOLUTION
    if len(f) % 2 == 0:
        raise ValueError(f"f has shape {f.shape}: expected an odd number of values")
    reach = len(f) // 2
    return np.correlate(np.pad(x, reach, mode="edge"), f, "valid")
    ### END SOLUTION

# %% check="smooth" points=2
step = np.array([0.0, 0.0, 0.0, 9.0, 9.0, 9.0])
mean, next_value = np.full(3, 1 / 3), np.array([0.0, 0.0, 1.0])
check_close(smooth(step, mean), [0, 0, 3, 6, 9, 9], "a step becomes a ramp, its ends stay")
check_close(smooth(np.array([1.0, 2.0, 4.0]), next_value), [2, 4, 4], "the last value is repeated")
check_raises(ValueError, smooth, step, np.ones(4), match=r"\bf\b")

# %% [markdown]
# **Try it on the sun.** The series of yearly sunspot numbers goes back to 1700. It rises and falls
# in a cycle of about eleven years; are there slower movements too? A filter decides what you get
# to see. Change `WIDTHS` and run the cell again.

# %% experiment
WIDTHS = [1.0, 4.0, 12.0]  # sigma in years

sun = data.load_sunspots()
years = sun.X[:, 0]
figure, axes = plt.subplots(figsize=(9, 3.6))
axes.plot(years, sun.y, color="0.75", label="yearly mean")
for sigma in WIDTHS:
    filter_size = 2 * int(3 * sigma) + 1  # three sigma on each side hold 99.7 % of the bell
    smoothed = smooth(sun.y, gaussian_filter(filter_size, sigma))
    axes.plot(years, smoothed, label=f"σ = {sigma:g} years")
axes.set(xlabel="year", ylabel="sunspot number", title="One series, three Gaussian filters")
axes.legend(ncol=4, fontsize=8)
plt.show()

# %% [markdown]
# ## 4 · How large is the output?
# ●○○○○ · about 8 min · 2 points
#
# Three numbers change where a kernel of size $k$ may stand on $n$ inputs.
#
# - **Padding** $p$ adds $p$ zeros on *each* side.
# - **Stride** $s$ moves the kernel by $s$ inputs at a time.
# - **Dilation** $d$ spreads the kernel's values $d$ inputs apart. It then spans $d\,(k-1)+1$ inputs
#   and still has $k$ weights.
#
# ![Stride, padding and dilation along one axis](taps.svg)
#
# $$\text{output size} = \left\lfloor \frac{n + 2p - d\,(k-1) - 1}{s} \right\rfloor + 1$$
#
# Inputs left over at the end, because the next step would leave the padded image, are not used.
#
# <details><summary>Hint</summary>
#
# Python's `//` is the floor. Count fence posts, not gaps: a kernel that just fits has *one*
# position, and there the fraction is 0.
#
# </details>

# %% exercise="output_size"
def output_size(n, kernel_size, *, stride=1, padding=0, dilation=1):
    """Count the positions of a kernel along one axis of n inputs.

    All arguments are ints; padding is added on each side.  Returns an int, 1 or more.
    Raises ValueError naming kernel_size when the dilated kernel does not fit into the padded input.
    Source: Dumoulin & Visin, A guide to convolution arithmetic (arXiv:1603.07285), relationship 15.
    """
    ### BEGIN SOLUTION
    span = dilation * (kernel_size - 1) + 1
    room = n + 2 * padding - span
    if room < 0:
        raise ValueError(f"kernel_size spans {span}: expected at most {n + 2 * padding}")
    return room // stride + 1
    ### END SOLUTION

# %% check="output_size" points=2
check_close(output_size(28, 5), 24, "LeNet's first layer: 28 pixels, kernel 5, 24 positions")
check_close(output_size(28, 3, padding=1), 28, "kernel 3 with padding 1 keeps the size")
check_close(output_size(224, 7, stride=2, padding=3), 112, "ResNet's first layer halves 224")
check_close(output_size(10, 3, dilation=2), 6, "a dilated kernel spans more")
check_close(output_size(8, 3, stride=3), 2, "left-over inputs are not used")
check_raises(ValueError, output_size, 3, 5, match=r"\bkernel_size\b")

# %% [markdown]
# From here on stride, padding and dilation may be an int, meant for both axes, or a pair (vertical,
# horizontal), as in PyTorch. This small function is yours to use:

# %%
def pair(value):
    """Return (vertical, horizontal): a pair as it is, an int twice."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)

# %% [markdown]
# ## 5 · Convolution in two dimensions
# ●●●○○ · about 25 min · 6 points
#
# An image has a height, a width and channels. A filter $f$ has a $k_h \times k_w$ kernel *for each
# input channel*, and one bias. Everything under it is multiplied and added up, over channels too,
# into one number:
#
# $$y_{n,f,i,j} = b_f + \sum_{c=0}^{C-1} \sum_{u=0}^{k_h-1} \sum_{v=0}^{k_w-1}
# w_{f,c,u,v}\; \tilde x_{n,\,c,\; i\,s_h + u\,d_h,\; j\,s_w + v\,d_w}$$
#
# where $\tilde x$ is $x$ with $p_h$ rows of zeros above and below and $p_w$ columns of zeros left
# and right.
#
# | array | shape |
# |---|---|
# | `x` | $(N, C, H, W)$ |
# | `w` | $(F, C, k_h, k_w)$ |
# | `b` | $(F,)$ |
# | `y` | $(N, F, H', W')$, sizes by section 4 |
#
# Work in this order: no options at all, then stride, then padding, then dilation. The checks give
# marks for each.
#
# <details><summary>Hint 1: where to loop</summary>
#
# Loop over the output positions `i`, `j` only. NumPy does the rest for all images, channels and
# filters at once.
#
# </details>
#
# <details><summary>Hint 2: the window</summary>
#
# The rows under the kernel at position `i` are `i*sh, i*sh + dh, ...`: the slice
# `i*sh : i*sh + dh*(kh-1) + 1 : dh`. The window then has shape `(N, C, kh, kw)`, and
# `np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3)))` or `np.einsum("ncuv,fcuv->nf", window, w)`
# is the triple sum.
#
# </details>

# %% exercise="conv2d_forward"
def conv2d_forward(x, w, b, *, stride=1, padding=0, dilation=1):
    """Cross-correlate a batch of images with a bank of filters.

    x: (N, C, H, W); w: (F, C, kh, kw); b: (F,).
    stride, padding, dilation: int, or pair (vertical, horizontal).  Zeros are padded on each side;
    sizes follow floor((n + 2p - d(k - 1) - 1) / s) + 1.
    Returns (y, cache): y (N, F, H', W') and cache = (x, w, b, stride, padding, dilation), each
    just as it was passed.
    Raises ValueError naming w, its shape and what was expected when w and x disagree about C.
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 9.7 and 9.8;
    for the options https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
    """
    ### BEGIN SOLUTION
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}: expected (F, C, kh, kw) for x of {x.shape}")
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    span_h, span_w = dh * (w.shape[2] - 1) + 1, dw * (w.shape[3] - 1) + 1
    out_h, out_w = (padded.shape[2] - span_h) // sh + 1, (padded.shape[3] - span_w) // sw + 1
    y = np.empty((len(x), len(w), out_h, out_w))
    for i, j in np.ndindex(out_h, out_w):
        window = padded[:, :, i * sh : i * sh + span_h : dh, j * sw : j * sw + span_w : dw]
        y[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3))) + b
    return y, (x, w, b, stride, padding, dilation)
    ### END SOLUTION

# %% check="conv2d_forward" points=6
picture = np.arange(16.0).reshape(1, 1, 4, 4)
ramp, no_bias = np.arange(6.0).reshape(1, 1, 2, 3), np.zeros(1)
y, cache = conv2d_forward(picture, ramp, no_bias)
check_true(len(cache) == 6, "the cache holds x, w, b and the three options")
check_shape(y, (1, 1, 3, 2), "a 2×3 kernel has 3×2 positions on 4×4 pixels")
check_close(y, [[[[67, 82], [127, 142], [187, 202]]]], "an uneven kernel on uneven pixels")
kept = y.copy()
conv2d_forward(picture + 1, ramp, no_bias)
check_close(y, kept, "a second call leaves the first result alone")

two_channels = np.arange(6.0).reshape(1, 2, 1, 3)
bank = np.array([[[[1.0, 1]], [[0, 0]]], [[[0, 0]], [[1, 1]]], [[[1, 0]], [[0, 1]]]])
y, _ = conv2d_forward(two_channels, bank, np.array([0.0, 0.0, 10.0]))
check_close(y, [[[[1, 3]], [[7, 9]], [[14, 16]]]], "three filters, two channels, one bias each")

y, _ = conv2d_forward(picture, np.array([[[[1.0, 2.0]]]]), no_bias, stride=(2, 1))
check_close(y, [[[[2, 5, 8], [26, 29, 32]]]], "stride 2 down, 1 across; the kernel is not flipped")
diagonal = np.array([[[[1.0, 0.0], [0.0, 1.0]]]])
y, _ = conv2d_forward(picture[:, :, :2, :3], diagonal, no_bias, padding=(0, 1))
check_close(y, [[[[4, 5, 7, 2]]]], "padding: a column of zeros left and right")
upright = np.array([[[[1.0], [10.0]]]])
y, _ = conv2d_forward(picture, upright, no_bias, dilation=(2, 1))
check_close(y, [[[[80, 91, 102, 113], [124, 135, 146, 157]]]], "dilation 2: every other row")

check_raises(ValueError, conv2d_forward, picture, np.ones((1, 2, 3, 3)), no_bias, match=r"\bw\b")

# %% [markdown]
# ### Find the bug
# ●●○○○ · about 10 min · 2 points
#
# A colleague wrote the layer too. It passes the test below, and it is wrong.

# %% setup
def suspicious_conv2d_forward(x, w, b, *, stride=1, padding=0, dilation=1):
    """Given, with a mistake in it."""
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    span_h, span_w = dh * (w.shape[2] - 1) + 1, dw * (w.shape[3] - 1) + 1
    out_h, out_w = (padded.shape[2] - span_h) // sh + 1, (padded.shape[3] - span_w) // sw + 1
    y = np.empty((len(x), len(w), out_h, out_w))
    for i, j in np.ndindex(out_h, out_w):
        window = padded[:, :, i : i + span_h : dh, j : j + span_w : dw]
        y[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3))) + b
    return y, (x, w, b, stride, padding, dilation)


# %% experiment
pixels, kernel = np.ones((1, 1, 6, 6)), np.ones((1, 1, 2, 2))
y, _ = suspicious_conv2d_forward(pixels, kernel, np.zeros(1), stride=2)
check_close(y, np.full((1, 1, 3, 3), 4.0), "the colleague's test: ones, with stride 2")

# %% [markdown]
# The mistake is quickly found. The trouble is that the *test* could not find it, nor many others.
# Write the arguments of a better one: all six, so that the right function returns something else
# than a wrong one. Half of the points are for the mistake above. For the other half we try your
# arguments on about thirty other wrong versions; at least nine in ten must give themselves away.
#
# <details><summary>Hint</summary>
#
# What stays hidden when all pixels are equal? When the kernel is square or symmetric? When there is
# one image, channel or filter, when the bias is 0, when the two numbers of a pair are equal?
#
# </details>

# %% exercise="exposing_conv2d"
def exposing_conv2d():
    """Arguments that tell a right conv2d_forward from wrong ones.

    Returns a dict with the keys x, w, b, stride, padding, dilation, as conv2d_forward takes them;
    at most 1000 numbers in all.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(6)
    return {
        "x": rng.normal(size=(2, 3, 9, 8)),
        "w": rng.normal(size=(4, 3, 3, 2)),
        "b": rng.normal(size=4),
        "stride": (3, 2),
        "padding": (1, 3),
        "dilation": (2, 3),
    }
    ### END SOLUTION

# %% check="exposing_conv2d" points=2
arguments = exposing_conv2d()
names = {"x", "w", "b", "stride", "padding", "dilation"}
check_true(isinstance(arguments, dict) and set(arguments) == names, "a dict of all six arguments")
check_true(arguments["x"].ndim == 4 and arguments["w"].ndim == 4, "x and w have four axes")

# %% [markdown]
# **Try it on digits.** Eight-by-eight handwritten digits, and four filters chosen by hand: each
# asks one question everywhere in the picture. Red says yes, blue says "the very opposite", white
# says that there is nothing of the kind. Write a filter of your own into `FILTERS` and see what it
# finds.

# %% experiment
vertical_edge = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4
falling_edge = np.array([[0.0, 1.0, 2.0], [-1.0, 0.0, 1.0], [-2.0, -1.0, 0.0]]) / 4
FILTERS = {
    "left edge": vertical_edge,
    "top edge": vertical_edge.T,
    "falling diagonal": falling_edge,
    "rising diagonal": falling_edge[:, ::-1],
}

digits = data.load_digits()
images = digits.X.reshape(-1, 1, 8, 8) / 16
filters = np.stack(list(FILTERS.values()))[:, None]
maps, _ = conv2d_forward(images[:3], filters, np.zeros(len(filters)), padding=1)

strongest = np.abs(maps).max()  # one scale for all maps, as strong as the data allow
figure, axes = plt.subplots(3, len(filters) + 1, figsize=(9, 5.4))
for row, image, responses in zip(axes, images[:3, 0], maps):
    row[0].imshow(image, cmap="gray")
    for place, response in zip(row[1:], responses):
        place.imshow(response, cmap="RdBu_r", vmin=-strongest, vmax=strongest)
for place, title in zip(axes[0], ["image", *FILTERS]):
    place.set_title(title, fontsize=10)
for place in axes.flat:
    place.set(xticks=[], yticks=[])
    place.grid(False)
plt.show()

# %% [markdown]
# ## 6 · The way back
# ●●●●○ · about 35 min · 6 points
#
# The layer above hands us $\delta = \partial L/\partial y$, in the code `dout`. This time you
# derive the gradients yourself. The forward pass is the formula of section 5. Each output is a sum
# of products, so each weight and each pixel collects $\delta$ from **every** product it took part
# in. For the bias, which takes part in every output of its filter, that is
#
# $$\frac{\partial L}{\partial b_f} = \sum_{n,i,j} \delta_{n,f,i,j}$$
#
# Take paper: which outputs does the weight $w_{f,c,u,v}$ enter, and what is it multiplied by there?
# Then ask the same about one pixel. Pixels are under several windows; add up what each of them
# gives. And cut the padding off at the end: nobody needs the gradient of a zero that we added.
#
# | array | shape |
# |---|---|
# | `dout` | $(N, F, H', W')$ |
# | `dx` | $(N, C, H, W)$ |
# | `dw` | $(F, C, k_h, k_w)$ |
# | `db` | $(F,)$ |
#
# <details><summary>Hint 1: the plan</summary>
#
# Do not turn the sums round. Go through the outputs in the same double loop as in section 5, and
# ask of each $y_{n,f,i,j}$: what does it give to the weights, and what to the pixels of its window?
#
# </details>
#
# <details><summary>Hint 2: the formulas</summary>
#
# $$\frac{\partial L}{\partial w_{f,c,u,v}} = \sum_{n,i,j} \delta_{n,f,i,j}\;
# \tilde x_{n,\,c,\; i\,s_h + u\,d_h,\; j\,s_w + v\,d_w}$$
#
# and for every $n, f, i, j$ and $c, u, v$:
#
# $$\left(\frac{\partial L}{\partial \tilde x}\right)
# _{n,\,c,\; i\,s_h + u\,d_h,\; j\,s_w + v\,d_w} \mathrel{+}= \delta_{n,f,i,j}\; w_{f,c,u,v}$$
#
# The same double loop over `i`, `j` as in the forward pass, the same window. With
# `g = dout[:, :, i, j]` of shape `(N, F)`: `dw` grows by `g` times the window, summed over `n`; the
# window's place in `dx_padded` grows by `g` times `w`, summed over `f`.
#
# </details>
#
# <details><summary>Hint 3: cutting the padding off</summary>
#
# `dx_padded[:, :, ph : ph + H, pw : pw + W]`. The tempting `[ph:-ph]` is empty when `ph` is 0.
#
# </details>

# %% [markdown]
# **How you will know.** A gradient can be measured: move each number a little and see how the loss
# moves. Below, a series of five pixels meets a kernel of three weights (NumPy's `correlate` is this
# layer for one row and one channel). Compare your formulas with these numbers by hand before you
# write code. `check_gradient` then does such a comparison for you.

# %% experiment
pixels, weights = np.array([1.0, 2.0, 4.0, 7.0, 11.0]), np.array([3.0, -1.0, 2.0])
delta = np.array([1.0, 10.0, 100.0])  # of the three outputs
by_weight = numerical_gradient(lambda w: np.correlate(pixels, w, "valid"), weights, upstream=delta)
by_pixel = numerical_gradient(lambda x: np.correlate(x, weights, "valid"), pixels, upstream=delta)
print("with respect to the three weights:", np.round(by_weight, 4))
print("with respect to the five pixels:  ", np.round(by_pixel, 4))

# %% exercise="conv2d_backward"
def conv2d_backward(dout, cache):
    """Carry a gradient back through conv2d_forward.

    dout: (N, F, H', W'), the gradient of the loss with respect to the output.
    cache: (x, w, b, stride, padding, dilation) as described there, each option an int or a pair.
    Returns (dx, dw, db) with the shapes of x, w and b.  dout already holds any 1/N of the loss.
    Raises ValueError naming dout, its shape and what was expected when it has not the output's.
    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 9.11 and 9.13.
    """
    ### BEGIN SOLUTION
    x, w, _, stride, padding, dilation = cache
    (sh, sw), (ph, pw), (dh, dw_) = pair(stride), pair(padding), pair(dilation)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    span_h, span_w = dh * (w.shape[2] - 1) + 1, dw_ * (w.shape[3] - 1) + 1
    out_h, out_w = (padded.shape[2] - span_h) // sh + 1, (padded.shape[3] - span_w) // sw + 1
    if dout.shape != (len(x), len(w), out_h, out_w):
        raise ValueError(f"dout has shape {dout.shape}: expected {(len(x), len(w), out_h, out_w)}")
    dx_padded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i, j in np.ndindex(out_h, out_w):
        rows = slice(i * sh, i * sh + span_h, dh)
        columns = slice(j * sw, j * sw + span_w, dw_)
        g = dout[:, :, i, j]
        dw += np.tensordot(g, padded[:, :, rows, columns], axes=(0, 0))
        dx_padded[:, :, rows, columns] += np.tensordot(g, w, axes=(1, 0))
    dx = dx_padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]
    return dx, dw, dout.sum(axis=(0, 2, 3))
    ### END SOLUTION

# %% check="conv2d_backward" points=6
flat, kernel = np.ones((1, 1, 3, 3)), np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
dx, dw, db = conv2d_backward(np.ones((1, 1, 2, 2)), (flat, kernel, np.zeros(1), 1, 0, 1))
check_close(db, [4.0], "the bias collects from all four outputs")
check_close(dw, [[[[4, 4], [4, 4]]]], "each weight took part in four products")
check_close(dx, [[[[1, 3, 2], [4, 10, 6], [3, 7, 4]]]], "the middle pixel is in all four windows")

ramp = np.arange(6.0).reshape(1, 1, 2, 3)
dout = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
wide = np.array([[[[1.0, 10.0]]]])
dx, dw, db = conv2d_backward(dout, (ramp, wide, np.zeros(1), (1, 2), (0, 1), 1))
check_close(dw, [[[[18, 33]]]], "weights, with stride 2 and padding 1 across")
check_close(dx, [[[[10, 2, 20], [30, 4, 40]]]], "pixels, with stride 2 and padding 1 across")

# An image of one row and one channel is a series, so NumPy can check the gradients numerically.
generator = np.random.default_rng(0)
row, taps = generator.normal(size=(1, 1, 1, 9)), generator.normal(size=(1, 1, 1, 4))
upstream = generator.normal(size=(1, 1, 1, 6))
dx, dw, db = conv2d_backward(upstream, (row, taps, np.zeros(1), 1, 0, 1))


def along(x, w):
    return np.correlate(x.ravel(), w.ravel(), "valid").reshape(upstream.shape)


check_gradient(lambda a: along(a, taps), row, dx, "dx, numerically", upstream=upstream)
check_gradient(lambda a: along(row, a), taps, dw, "dw, numerically", upstream=upstream)
too_large, cache = np.ones((1, 1, 3, 3)), (flat, kernel, np.zeros(1), 1, 0, 1)
check_raises(ValueError, conv2d_backward, too_large, cache, match=r"\bdout\b")

# %% [markdown]
# Those checks are small on purpose. Here is the sharp one, against your own forward pass: several
# images, channels and filters, everything unequal. When both sections are right, this passes.

# %% experiment
generator = np.random.default_rng(1)
x, w, b = (generator.normal(size=shape) for shape in [(2, 3, 7, 6), (4, 3, 3, 2), (4,)])
options = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 3)}
y, cache = conv2d_forward(x, w, b, **options)
upstream = generator.normal(size=y.shape)
dx, dw, db = conv2d_backward(upstream, cache)
check_gradient(lambda a: conv2d_forward(a, w, b, **options)[0], x, dx, "dx", upstream=upstream)
check_gradient(lambda a: conv2d_forward(x, a, b, **options)[0], w, dw, "dw", upstream=upstream)
check_gradient(lambda a: conv2d_forward(x, w, a, **options)[0], b, db, "db", upstream=upstream)

# %% [markdown]
# ## 7 · The second way: windows as columns
# ●●●○○ · about 15 min · 3 points
#
# Computers are good at one thing above all: multiplying large matrices. So copy every window into a
# **column**. The whole layer is then one product of the filters, one per row, with these columns.
# The trick is called *im2col*; it costs memory, because overlapping windows copy their pixels, and
# buys speed.
#
# ![Every window of the image becomes one column of a matrix](im2col.svg)
#
# $$\text{columns}_{n,\;(c\,k_h + u)\,k_w + v,\;\; i W' + j} =
# \tilde x_{n,\,c,\; i\,s_h + u\,d_h,\; j\,s_w + v\,d_w}$$
#
# In words: inside a column the order is channel, kernel row, kernel column (as in `w[f].ravel()`),
# and the columns follow the output row by row.
#
# | array | shape |
# |---|---|
# | `x` | $(N, C, H, W)$ |
# | result | $(N,\; C k_h k_w,\; H' W')$ |
#
# <details><summary>Hint</summary>
#
# Make an empty array `(N, C, kh, kw, out_h, out_w)` and fill it in a loop over the *kernel*
# positions `u`, `v`: what weight $(u, v)$ sees from all output positions is one strided slice of
# the padded image. One `reshape` at the end finishes it.
#
# </details>

# %% exercise="im2col"
def im2col(x, kernel_size, *, stride=1, padding=0, dilation=1):
    """Copy every window of a batch of images into a column.

    x: (N, C, H, W); kernel_size, stride, padding, dilation: int, or pair (vertical, horizontal).
    Returns (N, C*kh*kw, H'*W'): its rows are ordered by (channel, kernel row, kernel column), its
    columns by (output row, output column).
    Source: Chellapilla, Puri, Simard, High performance convolutional neural networks for document
    processing (2006); the layout of https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html
    """
    ### BEGIN SOLUTION
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = map(pair, (kernel_size, stride, padding, dilation))
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    out_h = (padded.shape[2] - dh * (kh - 1) - 1) // sh + 1
    out_w = (padded.shape[3] - dw * (kw - 1) - 1) // sw + 1
    columns = np.empty((*x.shape[:2], kh, kw, out_h, out_w))
    for u, v in np.ndindex(kh, kw):
        rows = slice(u * dh, u * dh + sh * (out_h - 1) + 1, sh)
        places = slice(v * dw, v * dw + sw * (out_w - 1) + 1, sw)
        columns[:, :, u, v] = padded[:, :, rows, places]
    return columns.reshape(len(x), -1, out_h * out_w)
    ### END SOLUTION

# %% check="im2col" points=3
picture = np.arange(12.0).reshape(1, 1, 3, 4)
columns = im2col(picture, (2, 3))
check_shape(columns, (1, 6, 4), "six values in each window, four windows")
check_close(columns[0, :, 0], [0, 1, 2, 4, 5, 6], "first column: the first window, row by row")
check_close(columns[0, :, 1], [1, 2, 3, 5, 6, 7], "the second window lies one pixel to the right")
columns = im2col(np.arange(6.0).reshape(1, 1, 2, 3), 2, padding=(0, 1), stride=(1, 2))
check_close(columns, [[[0, 1], [0, 2], [0, 4], [3, 5]]], "stride and padding")
columns = im2col(np.ones((2, 3, 5, 6)), (2, 1), dilation=(3, 1))
check_shape(columns, (2, 6, 12), "batch, channels and dilation")

# %% [markdown]
# **What does it buy?** Three ways to the same numbers: the formula written as seven loops, your
# `conv2d_forward`, and your columns with one matrix product. Your times will differ from your
# neighbour's; the order will hardly.

# %% experiment volatile
def seven_loops(x, w, b):
    """The formula of section 5 without options, one multiplication at a time."""
    n, _, height, width = x.shape
    filters, channels, kh, kw = w.shape
    y = np.empty((n, filters, height - kh + 1, width - kw + 1))
    for m, f, i, j in np.ndindex(y.shape):
        y[m, f, i, j] = b[f]
        for c, u, v in np.ndindex(channels, kh, kw):
            y[m, f, i, j] += w[f, c, u, v] * x[m, c, i + u, j + v]
    return y


def by_columns(x, w, b):
    """The same layer as one matrix product."""
    out_h, out_w = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    y = w.reshape(len(w), -1) @ im2col(x, w.shape[2:]) + b[:, None]
    return y.reshape(len(x), len(w), out_h, out_w)


generator = np.random.default_rng(0)
x, w, b = (generator.normal(size=shape) for shape in [(4, 3, 20, 20), (8, 3, 3, 3), (8,)])
ways = {
    "seven loops": seven_loops,
    "conv2d_forward": lambda *a: conv2d_forward(*a)[0],
    "columns": by_columns,
}
seconds = {}
for name, way in ways.items():
    check_close(way(x, w, b), conv2d_forward(x, w, b)[0], f"{name}: same values")
    start = time.perf_counter()
    way(x, w, b)
    seconds[name] = time.perf_counter() - start

figure, axes = plt.subplots(figsize=(7, 2))
bars = axes.barh(list(seconds), [1000 * value for value in seconds.values()])
axes.bar_label(bars, fmt=" %.2g ms")
axes.set(xscale="log", xlabel="milliseconds for 4 images (logarithmic)")
axes.set_title("One layer, three ways")
axes.invert_yaxis()
axes.margins(x=0.25)
plt.show()

# %% [markdown]
# ## 8 · A convolution is a matrix
# ●●●○○ · about 12 min · 3 points
#
# A convolution without bias is linear in the image. So there is a matrix $A$ with
# $\operatorname{vec}(y) = A \operatorname{vec}(x)$, where $\operatorname{vec}$ reads an image row
# by row (`ravel`). Take one channel, one filter, no padding and stride 1. Row $i W' + j$ of $A$
# holds the kernel, laid where the window $(i, j)$ lies, and zeros elsewhere:
#
# $$A_{\,iW'+j,\;\;(i+u)W+(j+v)} = k_{u,v}, \qquad H' = H - k_h + 1, \quad W' = W - k_w + 1$$
#
# | array | shape |
# |---|---|
# | `kernel` | $(k_h, k_w)$ |
# | result | $(H'W',\; HW)$ |
#
# <details><summary>Hint</summary>
#
# Give the matrix a better shape while you fill it: in an array of zeros `(out_h, out_w, H, W)`, the
# entry `[i, j]` is a whole image. Put the kernel where window `(i, j)` lies, for each `i`, `j`, and
# reshape at the end.
#
# </details>

# %% exercise="conv_matrix"
def conv_matrix(kernel, height, width):
    """Write the valid convolution (stride 1, not flipped) of a height × width image as a matrix.

    kernel: (kh, kw) with kh <= height and kw <= width.
    Returns A of shape ((height-kh+1) * (width-kw+1), height * width): A @ image.ravel() is the
    raveled output.
    Source: Dumoulin & Visin, A guide to convolution arithmetic (arXiv:1603.07285), section 4.1.
    """
    ### BEGIN SOLUTION
    kh, kw = kernel.shape
    out_h, out_w = height - kh + 1, width - kw + 1
    matrix = np.zeros((out_h, out_w, height, width))
    for i, j in np.ndindex(out_h, out_w):
        matrix[i, j, i : i + kh, j : j + kw] = kernel
    return matrix.reshape(out_h * out_w, height * width)
    ### END SOLUTION

# %% check="conv_matrix" points=3
small = np.array([[1.0, 2.0], [3.0, 4.0]])
rows = [[1, 2, 0, 3, 4, 0], [0, 1, 2, 0, 3, 4]]
check_close(conv_matrix(small, 2, 3), rows, "two windows of a 2×3 image")
check_shape(conv_matrix(small, 4, 3), (6, 12), "4×3 pixels make 3×2 outputs")
sums = conv_matrix(np.ones((3, 3)), 4, 4) @ np.arange(16.0)
check_close(sums, [45, 54, 81, 90], "the sums of section 5 again")

# %% [markdown]
# Look at it. Nearly everything is zero (windows are **local**), and the few numbers that are not
# repeat in every row (the weights are **shared**). A dense layer is the same picture with every
# square filled by a number of its own. And the way back costs no new idea: the gradient with
# respect to the image is $A^\top \delta$, as for any linear layer.

# %% experiment
matrix = conv_matrix(np.arange(1.0, 10.0).reshape(3, 3), 8, 8)
figure, axes = plt.subplots(figsize=(8, 4.8))
shown = axes.imshow(np.where(matrix == 0, np.nan, matrix), cmap="viridis")
axes.set(xlabel="input pixel", ylabel="output pixel")
axes.set_title("A 3×3 kernel on 8×8 pixels, as a matrix")
axes.grid(False)
figure.colorbar(shown, label="weight", shrink=0.7)
plt.show()
nonzero, different = np.count_nonzero(matrix), len(np.unique(matrix)) - 1
print(f"{matrix.size} entries, {nonzero} of them not zero, {different} different weights")

# %% [markdown]
# ## 9 · Max pooling
# ●●○○○ · about 10 min · 3 points
#
# Once a filter has answered "is there an edge?" at every pixel, the exact pixel often does not
# matter. **Max pooling** keeps the strongest answer of each window, channel by channel:
#
# $$y_{n,c,i,j} = \max_{0 \le u < k_h,\; 0 \le v < k_w}\;
# \tilde x_{n,\,c,\; i\,s_h + u,\; j\,s_w + v}$$
#
# Conventions, the same as PyTorch's:
#
# - the **stride is the kernel size** unless given, so windows tile the image;
# - padding pads with $-\infty$, not with 0: a made-up pixel must never win;
# - an incomplete window at the right or lower border is dropped, as in section 4.
#
# | array | shape |
# |---|---|
# | `x` | $(N, C, H, W)$ |
# | `y` | $(N, C, H', W')$ |
#
# <details><summary>Hint</summary>
#
# `np.pad(..., constant_values=-np.inf)`, then the double loop of section 5 with
# `window.max(axis=(2, 3))`. Sort out `stride=None` before `pair`.
#
# </details>

# %% exercise="max_pool2d_forward"
def max_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    """Keep the largest value of each window, in each channel.

    x: (N, C, H, W); kernel_size, stride, padding: int, or pair (vertical, horizontal).
    stride=None means kernel_size; each side is padded with -inf; incomplete windows are dropped.
    Returns (y, cache): y (N, C, H', W') and cache = (x, kernel_size, stride, padding), each just
    as it was passed.
    Raises ValueError naming padding when it is more than half of kernel_size, on either axis: a
    window could hold padding alone.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
    """
    ### BEGIN SOLUTION
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = pair(kernel_size if stride is None else stride)
    if 2 * ph > kh or 2 * pw > kw:
        raise ValueError(f"padding is {padding}: expected at most half of {kernel_size}")
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    out_h, out_w = (padded.shape[2] - kh) // sh + 1, (padded.shape[3] - kw) // sw + 1
    y = np.empty((*x.shape[:2], out_h, out_w))
    for i, j in np.ndindex(out_h, out_w):
        y[:, :, i, j] = padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw].max(axis=(2, 3))
    return y, (x, kernel_size, stride, padding)
    ### END SOLUTION

# %% check="max_pool2d_forward" points=3
hills = np.array([[[[1.0, 5, 2, 0], [3, 4, 8, 1], [-1, -2, -3, -4], [-5, -6, -7, -8]]]])
y, cache = max_pool2d_forward(hills, 2)
check_true(len(cache) == 4, "the cache holds x and the three options")
check_close(y, [[[[5, 8], [-1, -3]]]], "windows of 2×2 tile the image")
y, _ = max_pool2d_forward(hills, (2, 3), stride=1)
check_close(y, [[[[8, 8], [8, 8], [-1, -2]]]], "overlapping windows of 2×3")
below_zero = np.array([[[[-1.0, -2.0], [-3.0, -4.0]]]])
y, _ = max_pool2d_forward(below_zero, 2, padding=1)
check_close(y, below_zero, "padding never wins")
check_raises(ValueError, max_pool2d_forward, hills, 2, padding=2, match=r"\bpadding\b")

# %% [markdown]
# ## 10 · Back through max pooling
# ●●●○○ · about 12 min · 3 points
#
# Only the winner of a window decided the output, so only the winner gets the gradient. The others
# could have been a little larger or smaller without changing anything. A pixel that won in several
# overlapping windows collects from all of them: `+=` once more.
#
# $$\left(\frac{\partial L}{\partial x}\right)_{n,\,c,\;\text{winner of }(i,\,j)}
# \mathrel{+}= \delta_{n,c,i,j}$$
#
# Ties happen (think of windows full of zeros). Then any rule will do that hands out $\delta$
# **exactly once**; PyTorch gives it to the first maximum, row by row.
#
# | array | shape |
# |---|---|
# | `dout` | $(N, C, H', W')$ |
# | result | $(N, C, H, W)$ |
#
# <details><summary>Hint</summary>
#
# Flatten each window to `(N, C, kh*kw)` and use `argmax(axis=2)`. `np.eye(kh * kw)[winner]` turns
# the winners into windows with a single 1, ready to be multiplied by `dout[:, :, i, j]` and added
# in place. Pad with `-np.inf` again to find the winners, and cut the padding off at the end.
#
# </details>

# %% exercise="max_pool2d_backward"
def max_pool2d_backward(dout, cache):
    """Carry a gradient back through max_pool2d_forward.

    dout: (N, C, H', W'); cache: (x, kernel_size, stride, padding) as described there.
    Returns dx (N, C, H, W): each entry of dout is added where its window had its maximum; on ties
    it is handed out once in all.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
    """
    ### BEGIN SOLUTION
    x, kernel_size, stride, padding = cache
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = pair(kernel_size if stride is None else stride)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    dx_padded = np.zeros_like(padded)
    for i, j in np.ndindex(dout.shape[2:]):
        rows, columns = slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
        window = padded[:, :, rows, columns]
        winner = window.reshape(*window.shape[:2], -1).argmax(axis=2)
        mask = np.eye(kh * kw)[winner].reshape(window.shape)
        dx_padded[:, :, rows, columns] += mask * dout[:, :, i, j, None, None]
    return dx_padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]
    ### END SOLUTION

# %% check="max_pool2d_backward" points=3
hills = np.array([[[[1.0, 5, 2, 0], [3, 4, 8, 1], [-1, -2, -3, -4], [-5, -6, -7, -8]]]])
dout = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
dx = max_pool2d_backward(dout, (hills, 2, None, 0))
winners = [[[[0, 1, 0, 0], [0, 0, 2, 0], [3, 0, 4, 0], [0, 0, 0, 0]]]]
check_close(dx, winners, "each gradient goes to the winner of its window")
peak = np.array([[[[1.0, 2.0, 3.0], [4.0, 9.0, 5.0], [6.0, 7.0, 8.0]]]])
dx = max_pool2d_backward(dout, (peak, 2, 1, 0))
check_close(dx, [[[[0, 0, 0], [0, 10, 0], [0, 0, 0]]]], "who wins four windows collects four times")
dx = max_pool2d_backward(dout, (-peak[:, :, :2, :2], 2, None, 1))
check_close(dx, dout, "padding never wins, and is cut off")

# %% [markdown]
# ## 11 · Average pooling
# ●○○○○ · about 4 min · 2 points
#
# **Average pooling** asks "how much of it is there?" instead of "is it there at all?". Each window
# becomes its mean:
#
# $$y_{n,c,i,j} = \frac{1}{k_h k_w} \sum_{u=0}^{k_h-1} \sum_{v=0}^{k_w-1}
# \tilde x_{n,\,c,\; i\,s_h + u,\; j\,s_w + v}$$
#
# Here padding pads with **zeros, and they count**: we always divide by $k_h k_w$. That is PyTorch's
# default (`count_include_pad=True`); other libraries divide by the number of real pixels. Stride
# and borders are as in section 9.
#
# | array | shape |
# |---|---|
# | `x` | $(N, C, H, W)$ |
# | `y` | $(N, C, H', W')$ |
#
# <details><summary>Hint</summary>
#
# Section 9 with two words changed: what is padded, and what is done with the window.
#
# </details>

# %% exercise="avg_pool2d_forward"
def avg_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    """Average each window, in each channel; padded zeros count.

    x: (N, C, H, W); kernel_size, stride, padding: int, or pair (vertical, horizontal).
    stride=None means kernel_size; each side is padded with 0; incomplete windows are dropped.
    Returns (y, cache): y (N, C, H', W') and cache = (x.shape, kernel_size, stride, padding): the
    way back needs no pixel values.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
    """
    ### BEGIN SOLUTION
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = pair(kernel_size if stride is None else stride)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    out_h, out_w = (padded.shape[2] - kh) // sh + 1, (padded.shape[3] - kw) // sw + 1
    y = np.empty((*x.shape[:2], out_h, out_w))
    for i, j in np.ndindex(out_h, out_w):
        y[:, :, i, j] = padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw].mean(axis=(2, 3))
    return y, (x.shape, kernel_size, stride, padding)
    ### END SOLUTION

# %% check="avg_pool2d_forward" points=2
hills = np.array([[[[1.0, 5, 2, 0], [3, 4, 8, 1], [-1, -2, -3, -4], [-5, -6, -7, -8]]]])
y, cache = avg_pool2d_forward(hills, 2)
check_true(tuple(cache[0]) == (1, 1, 4, 4), "the cache begins with the shape of x")
check_close(y, [[[[3.25, 2.75], [-3.5, -5.5]]]], "means of 2×2 tiles")
y, _ = avg_pool2d_forward(hills, (2, 4), stride=(1, 4))
check_close(y, [[[[3], [0.75], [-4.5]]]], "overlapping rows")
y, _ = avg_pool2d_forward(np.full((1, 1, 2, 2), 8.0), 2, padding=1)
check_close(y, [[[[2, 2], [2, 2]]]], "padded zeros count")

# %% [markdown]
# ## 12 · Back through average pooling
# ●●○○○ · about 6 min · 2 points
#
# Every pixel of a window had the same share in its mean, so every pixel gets the same share of the
# gradient:
#
# $$\left(\frac{\partial L}{\partial \tilde x}\right)_{n,\,c,\; i\,s_h + u,\; j\,s_w + v}
# \mathrel{+}= \frac{\delta_{n,c,i,j}}{k_h k_w} \qquad \text{for all } u, v$$
#
# | array | shape |
# |---|---|
# | `dout` | $(N, C, H', W')$ |
# | result | $(N, C, H, W)$ |
#
# <details><summary>Hint</summary>
#
# Start from zeros of the *padded* shape, add `dout[:, :, i, j, None, None] / (kh * kw)` to each
# window, cut the padding off.
#
# </details>

# %% exercise="avg_pool2d_backward"
def avg_pool2d_backward(dout, cache):
    """Carry a gradient back through avg_pool2d_forward.

    dout: (N, C, H', W'); cache: (shape of x, kernel_size, stride, padding) as described there.
    Returns dx (N, C, H, W).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
    """
    ### BEGIN SOLUTION
    (n, channels, height, width), kernel_size, stride, padding = cache
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = pair(kernel_size if stride is None else stride)
    dx_padded = np.zeros((n, channels, height + 2 * ph, width + 2 * pw))
    for i, j in np.ndindex(dout.shape[2:]):
        share = dout[:, :, i, j, None, None] / (kh * kw)
        dx_padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw] += share
    return dx_padded[:, :, ph : ph + height, pw : pw + width]
    ### END SOLUTION

# %% check="avg_pool2d_backward" points=2
dx = avg_pool2d_backward(np.array([[[[4.0, 8.0]]]]), ((1, 1, 2, 4), 2, None, 0))
check_close(dx, [[[[1, 1, 2, 2], [1, 1, 2, 2]]]], "a quarter for each of four pixels")
dx = avg_pool2d_backward(np.array([[[[2.0, 4.0]]]]), ((1, 1, 1, 3), (1, 2), 1, 0))
check_close(dx, [[[[1, 3, 2]]]], "the middle pixel lies in both windows")
dx = avg_pool2d_backward(np.full((1, 1, 2, 2), 4.0), ((1, 1, 2, 2), 2, None, 1))
check_close(dx, [[[[1, 1], [1, 1]]]], "the padding's share is cut off")

# %% [markdown]
# ## 13 · Move the image, and the answer moves along
# ●●○○○ · about 18 min · 2 + 2 points
#
# The introduction promised: what is found here is found everywhere. In symbols, with $S_\Delta$ for
# "move down by $\Delta_h$ and right by $\Delta_w$",
#
# $$\operatorname{layer}(S_\Delta\, x) = S_{\Delta / s}\, \operatorname{layer}(x)$$
#
# A layer with this property is **translation equivariant**. With stride $s$ the output is $s$ times
# coarser, so it moves by $\Delta/s$; only multiples of $s$ make sense. Do not believe it, measure
# it:
#
# 1. Move the image: $x'_{i+\Delta_h,\,j+\Delta_w} = x_{i,j}$; **zeros** enter at the top and at the
#    left, what leaves at the bottom and at the right is lost.
# 2. Apply the layer to both, $y = \operatorname{layer}(x)$ and $y' = \operatorname{layer}(x')$.
# 3. Compare where both exist:
#    $\;\max_{i,j} \bigl|\,y'_{i+\Delta_h/s,\;j+\Delta_w/s} - y_{i,j}\,\bigr|$ over all $i, j$ for
#    which both indices are inside.
#
# | argument | meaning |
# |---|---|
# | `layer` | function of an image $(H, W)$ that returns a map $(H', W')$ |
# | `shift` | $(\Delta_h, \Delta_w)$, not negative, smaller than the map |
# | result | a float; 0 means perfectly equivariant |
#
# <details><summary>Hint</summary>
#
# `moved[dy:, dx:] = x[: H - dy, : W - dx]` into zeros. Step 3 is the same pair of slices, on the
# two maps, with `dy // stride` and `dx // stride`.
#
# </details>

# %% exercise="equivariance_error"
def equivariance_error(layer, x, shift, *, stride=1):
    """Measure how far a layer is from moving its output along with its input.

    layer: function (H, W) -> (H', W'); x: (H, W); shift: pair of ints (down, right) in pixels;
    stride: int, the layer's.  Zeros enter the moved image at the top and left; only places that
    exist in both maps are compared.
    Returns the largest absolute difference, a float.
    Raises ValueError naming shift when a part of it is negative or not a multiple of stride.
    """
    ### BEGIN SOLUTION
    if any(step < 0 or step % stride for step in shift):
        raise ValueError(f"shift is {shift}: expected multiples of the stride {stride}, 0 or more")
    dy, dx = shift
    height, width = x.shape
    moved = np.zeros_like(x)
    moved[dy:, dx:] = x[: height - dy, : width - dx]
    before, after = layer(x), layer(moved)
    down, right = dy // stride, dx // stride
    height, width = before.shape
    return float(np.max(np.abs(after[down:, right:] - before[: height - down, : width - right])))
    ### END SOLUTION

# %% check="equivariance_error" points=2
texture = np.array([[3.0, 1, 4, 1, 5], [9, 2, 6, 5, 3], [5, 8, 9, 7, 9], [3, 2, 3, 8, 4]])


def difference(image):
    return image[:, 1:] - image[:, :-1]


def weigh_columns(image):
    return image * np.arange(image.shape[1])


def every_other(image):
    return image[::2, ::2]


still = equivariance_error(difference, texture, (1, 2))
check_close(still, 0.0, "differences of neighbours move along")
error = equivariance_error(weigh_columns, np.ones((4, 5)), (0, 1))
check_close(error, 1.0, "a weight per column does not")
still = equivariance_error(every_other, texture, (2, 2), stride=2)
check_close(still, 0.0, "every other pixel, moved by two")
odd = (every_other, texture, (1, 2))
check_raises(ValueError, equivariance_error, *odd, stride=2, match=r"\bshift\b")

# %% [markdown]
# ### Predict, then run
# ●●○○○ · 2 points
#
# Which layers move their output along **exactly**, at every place that exists in both maps? The
# image is random noise that reaches up to its border. Zeros enter as above.
#
# | | layer | image moved by |
# |---|---|---|
# | 1 | 3×3 convolution, no padding | (1, 1) |
# | 2 | 3×3 convolution, one ring of zeros around the image | (1, 1) |
# | 3 | max pooling of 2×2, stride 2 | (2, 2) |
# | 4 | max pooling of 2×2, stride 1 | (1, 1) |
# | 5 | 3×3 convolution without padding, then a ReLU | (1, 1) |
# | 6 | subtracting the mean of the whole image from each pixel | (1, 1) |
#
# Write your prediction down before you run the experiment. The check looks at its form only.

# %% exercise="predict_who_moves_along"
def predict_who_moves_along():
    """Which of the layers 1 to 6 are exactly equivariant under the move beside them.

    Returns a tuple of six bools, True where the error is 0 (but for rounding).
    """
    ### BEGIN SOLUTION
    return True, False, True, True, True, False
    ### END SOLUTION

# %% check="predict_who_moves_along" points=2
prediction = predict_who_moves_along()
check_true(isinstance(prediction, tuple) and len(prediction) == 6, "a tuple of six")
check_true(all(isinstance(answer, bool) for answer in prediction), "each is True or False")

# %% [markdown]
# Now run it, with your own layers. Where did you expect something else?

# %% experiment
generator = np.random.default_rng(0)
noise, kernel = generator.normal(size=(8, 8)), generator.normal(size=(1, 1, 3, 3))


def convolve(image, padding=0):
    return conv2d_forward(image[None, None], kernel, np.zeros(1), padding=padding)[0][0, 0]


def pool(image, stride=2):
    return max_pool2d_forward(image[None, None], 2, stride=stride)[0][0, 0]


LAYERS = [
    ("convolution", convolve, 1),
    ("zero-padded convolution", lambda image: convolve(image, padding=1), 1),
    ("max pooling, stride 2", pool, 2),
    ("max pooling, stride 1", lambda image: pool(image, stride=1), 1),
    ("convolution, ReLU", lambda image: np.maximum(convolve(image), 0), 1),
    ("mean subtracted", lambda image: image - image.mean(), 1),
]
for name, layer, move in LAYERS:
    error = equivariance_error(layer, noise, (move, move), stride=move)
    print(f"{name:24s} moved by {move}: error {error:.3f}")

moved = np.zeros_like(noise)
moved[1:, 1:] = noise[:-1, :-1]
figure, axes = plt.subplots(1, 2, figsize=(8, 3.4))
for place, (name, layer, _) in zip(axes, [LAYERS[1], LAYERS[5]]):
    difference = np.abs(layer(moved)[1:, 1:] - layer(noise)[:-1, :-1])
    shown = place.imshow(difference, cmap="viridis", vmin=0)
    place.set(title=name, xlabel="column", ylabel="row")
    place.grid(False)
    figure.colorbar(shown, ax=place, label="|difference|", shrink=0.8)
plt.show()

# %% [markdown]
# The pictures show *where* the two that fail do so. With padding, only the last row and column of
# the compared part are wrong: there the window of the unmoved image saw pixels which the move has
# pushed out of the frame, and zeros stand in their place. At the top and left nothing shows,
# because the zeros that enter are what the padding was before. Subtracting the mean fails at every
# pixel by the same amount: the mean looks at the whole image, and a part of the image has left.
# Pooling with stride 2 follows moves by 2. For a move by 1 the question itself makes no sense: half
# a cell of the output does not exist.

# %% [markdown]
# ## 14 · How many parameters?
# ●○○○○ · about 4 min · 2 points
#
# Count what a convolution and a dense layer must learn to make an output of the **same shape** from
# the same input. Both have biases: the convolution one per filter, the dense layer one per output
# value.
#
# | argument | meaning |
# |---|---|
# | `in_shape` | $(C, H, W)$ |
# | `out_shape` | $(F, H', W')$ |
# | `kernel_size` | $k$, or the pair $(k_h, k_w)$ |
# | result | (parameters of the convolution, parameters of the dense layer), two ints |
#
# <details><summary>Hint</summary>
#
# The weights of section 5 have shape $(F, C, k_h, k_w)$. A dense layer joins every input value to
# every output value. One of the two numbers does not depend on $H$ and $W$ at all.
#
# </details>

# %% exercise="parameter_counts"
def parameter_counts(in_shape, out_shape, kernel_size):
    """Count the parameters of a convolution and of a dense layer between the same shapes.

    in_shape: (C, H, W); out_shape: (F, H', W'); kernel_size: int, or pair (vertical, horizontal).
    Returns (convolution, dense), two ints.  Both include biases.
    """
    ### BEGIN SOLUTION
    (channels, height, width), (filters, out_height, out_width) = in_shape, out_shape
    kh, kw = pair(kernel_size)
    outputs = filters * out_height * out_width
    return filters * (channels * kh * kw + 1), outputs * (channels * height * width + 1)
    ### END SOLUTION

# %% check="parameter_counts" points=2
lenet = np.array(parameter_counts((1, 28, 28), (6, 24, 24), 5))
check_close(lenet, (156, 2_712_960), "LeNet's first layer; a dense one would have 2.7 million")
wide = np.array(parameter_counts((2, 3, 4), (5, 3, 3), (1, 2)))
check_close(wide, (25, 1125), "a kernel of 1×2")

# %% [markdown]
# ## 15 · The point of it all: digits moved by one pixel
# about 11 min
#
# We train the simplest classifier there is, one linear layer fitted by least squares, on 1,000
# digits that sit in the middle of their frame. Then we test it on 797 others, once where they are
# and once **moved by a single pixel** up, down, left or right. The classifier is always the same;
# only what it looks at changes:
#
# - the raw pixels,
# - edge responses: eight fixed filters, with a ReLU so that "dark to light" and "light to dark" are
#   two answers,
# - the same, max-pooled over ever larger windows.

# %% experiment
digits = data.load_digits()
images = digits.X.reshape(-1, 1, 8, 8) / 16
images = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))  # room to move
order = np.random.default_rng(0).permutation(len(images))
train, test = order[:1000], order[1000:]
half = np.stack(list(FILTERS.values()))
edge_bank = np.concatenate([half, -half])[:, None]


def edges(batch):
    return np.maximum(conv2d_forward(batch, edge_bank, np.zeros(8))[0], 0)


LOOK = {
    "pixels": lambda batch: batch,
    "edges": edges,
    "edges, max 2×2": lambda batch: max_pool2d_forward(edges(batch), 2)[0],
    "edges, max 4×4, stride 2": lambda batch: max_pool2d_forward(edges(batch), 4, stride=2)[0],
    "edges, max over everything": lambda batch: max_pool2d_forward(edges(batch), 8)[0],
}


def features(look, batch):
    seen = look(batch).reshape(len(batch), -1)
    return np.column_stack([seen, np.ones(len(seen))])


def accuracy(look, weights, batch):
    return np.mean((features(look, batch) @ weights).argmax(axis=1) == digits.y[test])


results = {}
for name, look in LOOK.items():
    a = features(look, images[train])
    weights = np.linalg.solve(a.T @ a + np.eye(a.shape[1]), a.T @ np.eye(10)[digits.y[train]])
    moves = [np.roll(images[test], move, axis=axis) for move in (-1, 1) for axis in (2, 3)]
    still = accuracy(look, weights, images[test])
    moved = np.mean([accuracy(look, weights, move) for move in moves])
    results[name] = 100 * still, 100 * moved
    size = a.shape[1] - 1
    print(f"{name:28s} {size:4d} features   in place {still:.0%}   moved {moved:.0%}")

# %% experiment
figure, axes = plt.subplots(figsize=(8.5, 3.4))
places = np.arange(len(results))
axes.barh(places - 0.2, [still for still, _ in results.values()], 0.4, label="in place")
axes.barh(places + 0.2, [moved for _, moved in results.values()], 0.4, label="moved by one pixel")
axes.set(xlabel="test accuracy (%)", yticks=places, yticklabels=list(results), xlim=(0, 100))
axes.set_title("What pooling keeps, and what it throws away")
axes.invert_yaxis()
axes.legend(loc="lower right")
plt.show()

# %% [markdown]
# ## 16 · Two questions
# about 15 min · 2 + 2 points
#
# **a)** By section 8 a dense layer can do everything a convolution can: it only has to learn the
# right matrix. So why is the convolution usually the better layer for images? Give two reasons,
# using numbers from this lab, and describe one kind of data for which sharing the weights would be
# the *wrong* assumption. (2 points)

# %% [markdown] answer="why_shared_weights" points=2
# ### BEGIN SOLUTION
# *Fewer parameters, so less data and memory:* LeNet's first layer needs 156 numbers where a dense
# one has 2.7 million; each shared weight also gets a gradient from every position of every image,
# so it is estimated from far more evidence. *Built-in equivariance:* what is learnt in one place
# holds in all places. The convolution followed a moved image exactly (error 0); a dense layer would
# have to see every feature in every position.
#
# Wrong assumption: data in which position itself carries meaning or neighbours are unrelated: the
# columns of a table (age, income, blood pressure), or face photographs aligned so that the eyes are
# always in the same pixels, where different places deserve different filters.
#
# *Marks: half a mark for each of two sound reasons with a number from the lab, 1 for a fitting
# counter-example with its why.*
# ### END SOLUTION

# %% [markdown]
# **b)** In section 15, compare the accuracy in place with the accuracy after the move as the
# pooling window grows. What does max pooling keep, and what does it throw away? Why do the two
# numbers nearly agree for the window that covers everything, and why would you still not use it
# here? (2 points)

# %% [markdown] answer="what_pooling_keeps" points=2
# ### BEGIN SOLUTION
# Max pooling keeps *whether and how strongly* a feature occurs in a window and throws away *where*
# in the window it was. The larger the window, the smaller the loss when the digit moves: from 93 %
# to 37 % on pixels, from 93 % to 78 % with 4×4 windows. A window over the whole map forgets
# position altogether, so a move changes little (50 % and 45 %; edges at the rim leave the frame).
# But then only "which edges exist anywhere" is left, eight numbers, and digits made of the same
# edges in other places become the same. The best window is in between: large enough for the
# movements to be expected, small enough to keep the arrangement.
#
# *Marks: 1 for kept and lost, 1 for the explanation of the global window with its price.*
# ### END SOLUTION

# %% [markdown]
# ## 17 · Stretch: convolution in groups
# ●●●●○ · about 15 min · 0 points (checked, not counted)
#
# Split the channels into $G$ groups that do not see each other: group $g$ takes the input channels
# $gC/G, \dots, (g+1)C/G - 1$ and makes the output channels $gF/G, \dots, (g+1)F/G - 1$. This
# divides the weights by $G$. With $G = C$ every channel has filters of its own, a *depthwise*
# convolution, the work-horse of networks for telephones.
#
# | array | shape |
# |---|---|
# | `x` | $(N, C, H, W)$ |
# | `w` | $(F,\; C/G,\; k_h,\; k_w)$ |
# | `b` | $(F,)$ |
# | result | $(N, F, H', W')$ |
#
# <details><summary>Hint</summary>
#
# A loop over the groups around section 5, with slices of `x`, `w` and `b`, and one
# `np.concatenate(..., axis=1)`. Write it without calling `conv2d_forward`, so that it stands on its
# own.
#
# </details>

# %% exercise="conv2d_grouped"
def conv2d_grouped(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlate images with filters that see only their own group of channels.

    x: (N, C, H, W); w: (F, C / groups, kh, kw); b: (F,); groups: int; the other options as in
    conv2d_forward.  Group g joins the g-th block of consecutive input channels to the g-th block
    of consecutive filters.
    Returns y (N, F, H', W'), without a cache.
    Raises ValueError naming groups when it does not divide C and F.
    Source: Krizhevsky, Sutskever, Hinton, ImageNet classification (2012), section 3.5;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
    """
    ### BEGIN SOLUTION
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    (n, channels, _, _), (filters, _, kh, kw) = x.shape, w.shape
    if channels % groups or filters % groups:
        raise ValueError(f"groups is {groups}: expected a divisor of {channels} and {filters}")
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    out_h = (padded.shape[2] - dh * (kh - 1) - 1) // sh + 1
    out_w = (padded.shape[3] - dw * (kw - 1) - 1) // sw + 1
    padded = padded.reshape(n, groups, channels // groups, *padded.shape[2:])
    grouped = w.reshape(groups, filters // groups, *w.shape[1:])
    y = np.zeros((n, groups, filters // groups, out_h, out_w))
    for u, v in np.ndindex(kh, kw):
        rows = slice(u * dh, u * dh + sh * (out_h - 1) + 1, sh)
        columns = slice(v * dw, v * dw + sw * (out_w - 1) + 1, sw)
        y += np.einsum("ngcij,gfc->ngfij", padded[:, :, :, rows, columns], grouped[:, :, :, u, v])
    return y.reshape(n, filters, out_h, out_w) + b[:, None, None]
    ### END SOLUTION

# %% check="conv2d_grouped" points=0
four = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1, 1)
y = conv2d_grouped(four, np.ones((2, 2, 1, 1)), np.zeros(2), groups=2)
check_close(y, [[[[3]], [[7]]]], "two groups of two neighbouring channels")
y = conv2d_grouped(four, np.full((4, 1, 1, 1), 2.0), np.arange(4.0), groups=4)
check_close(y, [[[[2]], [[5]], [[8]], [[11]]]], "depthwise: a filter and a bias per channel")
three, no_bias = np.ones((3, 2, 1, 1)), np.zeros(3)
check_raises(ValueError, conv2d_grouped, four, three, no_bias, groups=2, match=r"\bgroups\b")

# %% [markdown]
# ## What you have now
#
# Convolution and pooling with their gradients, in two forms, and measurements of what they are good
# for. In lab 7 the kernels will be learnt instead of chosen: you will stack these layers into
# LeNet, in PyTorch, and train it. When a shape or a gradient puzzles you there, come back:
# `nn.Conv2d` computes exactly what you wrote here.
#
# **To read on:** Dumoulin & Visin, *A guide to convolution arithmetic for deep learning*
# (arXiv:1603.07285), for pictures of every combination of stride and padding · Goodfellow, Bengio,
# Courville, *Deep Learning*, chapter 9, for the reasons behind the layer.
