"""
base = "stub"
why = "Everything right, but each exercise is written in another way than the model solution."
rest = "full"

[expected]
"""


# %% exercise="conv1d"
def conv1d(x, f):
    positions = len(x) - len(f) + 1
    if positions < 1:
        raise ValueError(f"f of shape {f.shape} is longer than x of shape {x.shape}")
    # one row of indices for each position of the filter
    rows = np.arange(positions)[:, None] + np.arange(len(f))
    return x[rows] @ f


# %% exercise="gaussian_filter"
def gaussian_filter(size, sigma):
    if size <= 0 or not size % 2:
        raise ValueError(f"size must be odd and positive, not {size}")
    if not sigma > 0:
        raise ValueError(f"sigma must be above 0, not {sigma}")
    # the bell is symmetric, so only one side has to be computed
    side = [np.exp(-0.5 * (k / sigma) ** 2) for k in range(1, size // 2 + 1)]
    bell = np.array([*reversed(side), 1.0, *side])
    return bell / sum(bell)


# %% exercise="smooth"
def smooth(x, f):
    if len(f) % 2 == 0:
        raise ValueError(f"f has even length, shape {f.shape}; it needs a middle")
    half = (len(f) - 1) // 2
    last = len(x) - 1
    y = np.zeros(len(x))
    for k, weight in enumerate(f):
        # an index beyond an end means the value at that end
        where = np.clip(np.arange(len(x)) + k - half, 0, last)
        y += weight * x[where]
    return y


# %% exercise="output_size"
def output_size(n, kernel_size, *, stride=1, padding=0, dilation=1):
    # the last place where the kernel can start
    last = n + 2 * padding - dilation * (kernel_size - 1) - 1
    starts = range(0, last + 1, stride)
    if not starts:
        raise ValueError(f"kernel_size {kernel_size} does not fit into {n} inputs")
    return len(starts)


# %% exercise="conv2d_forward"
def conv2d_forward(x, w, b, *, stride=1, padding=0, dilation=1):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"w {w.shape} should have {x.shape[1]} channels")
    sh, sw = pair(stride)
    ph, pw = pair(padding)
    dh, dw = pair(dilation)
    # a dilated kernel is a larger kernel with zeros in it
    f, c, kh, kw = w.shape
    large = np.zeros((f, c, dh * (kh - 1) + 1, dw * (kw - 1) + 1))
    large[:, :, ::dh, ::dw] = w
    n, _, h, width = x.shape
    canvas = np.zeros((n, c, h + 2 * ph, width + 2 * pw))
    canvas[:, :, ph : ph + h, pw : pw + width] = x
    windows = np.lib.stride_tricks.sliding_window_view(canvas, large.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::sh, ::sw]
    y = np.einsum("ncijuv,fcuv->nfij", windows, large)
    return y + b.reshape(1, -1, 1, 1), (x, w, b, stride, padding, dilation)


# %% exercise="conv2d_backward"
def conv2d_backward(dout, cache):
    x, w, _, stride, padding, dilation = cache
    sh, sw = pair(stride)
    ph, pw = pair(padding)
    dh, dw = pair(dilation)
    n, _, h, width = x.shape
    f, _, kh, kw = w.shape
    rows = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    columns = (width + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if dout.shape != (n, f, rows, columns):
        raise ValueError(f"dout is {dout.shape}, the output is {(n, f, rows, columns)}")
    canvas = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    back, grad_w = np.zeros(canvas.shape), np.zeros(w.shape)
    # one weight at a time: it met every sh-th row and every sw-th column
    for u in range(kh):
        for v in range(kw):
            down = slice(u * dh, u * dh + sh * rows, sh)
            right = slice(v * dw, v * dw + sw * columns, sw)
            met = canvas[:, :, down, right][:, :, :rows, :columns]
            grad_w[:, :, u, v] = np.einsum("nfij,ncij->fc", dout, met)
            share = np.einsum("nfij,fc->ncij", dout, w[:, :, u, v])
            back[:, :, down, right][:, :, :rows, :columns] += share
    return back[:, :, ph : ph + h, pw : pw + width], grad_w, np.einsum("nfij->f", dout)


# %% exercise="im2col"
def im2col(x, kernel_size, *, stride=1, padding=0, dilation=1):
    kh, kw = pair(kernel_size)
    sh, sw = pair(stride)
    ph, pw = pair(padding)
    dh, dw = pair(dilation)
    x = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    n, c, h, w = x.shape
    i = np.arange(0, h - dh * (kh - 1), sh)
    j = np.arange(0, w - dw * (kw - 1), sw)
    # number the pixels of one image 0, 1, 2, ... and gather by number
    numbers = np.arange(c * h * w).reshape(c, h, w)
    first = numbers[0][np.ix_(i, j)].ravel()
    offsets = numbers[:, : kh * dh : dh, : kw * dw : dw].ravel()
    return x.reshape(n, -1)[:, offsets[:, None] + first]


# %% exercise="conv_matrix"
def conv_matrix(kernel, height, width):
    kh, kw = kernel.shape
    pixels = np.arange(height * width).reshape(height, width)
    corners = pixels[: height - kh + 1, : width - kw + 1].ravel()
    A = np.zeros((corners.size, pixels.size))
    for (u, v), value in np.ndenumerate(kernel):
        A[np.arange(corners.size), corners + u * width + v] = value
    return A


# %% exercise="max_pool2d_forward"
def max_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    k, p = np.array(pair(kernel_size)), np.array(pair(padding))
    s = k if stride is None else np.array(pair(stride))
    if np.any(2 * p > k):
        raise ValueError(f"padding {padding} is too much for windows of {kernel_size}")
    border = [(0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])]
    big = np.pad(x, border, constant_values=float("-inf"))
    windows = np.lib.stride_tricks.sliding_window_view(big, tuple(k), axis=(2, 3))
    y = windows[:, :, :: s[0], :: s[1]].max(axis=-1).max(axis=-1)
    return y, (x, kernel_size, stride, padding)


# %% exercise="max_pool2d_backward"
def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size) if stride is None else pair(stride)
    ph, pw = pair(padding)
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        # the part of the window that lies inside the image: no padding needed at all
        top, left = max(i * sh - ph, 0), max(j * sw - pw, 0)
        window = x[n, c, top : i * sh - ph + kh, left : j * sw - pw + kw]
        u, v = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, top + u, left + v] += dout[n, c, i, j]
    return dx


# %% exercise="avg_pool2d_forward"
def avg_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size) if stride is None else pair(stride)
    ph, pw = pair(padding)
    # running sums: every window is then four numbers
    sums = np.pad(x, [(0, 0), (0, 0), (ph + 1, ph), (pw + 1, pw)]).cumsum(axis=2).cumsum(axis=3)
    total = sums[:, :, kh:, kw:] - sums[:, :, :-kh, kw:]
    total += sums[:, :, :-kh, :-kw] - sums[:, :, kh:, :-kw]
    return total[:, :, ::sh, ::sw] / (kh * kw), (x.shape, kernel_size, stride, padding)


# %% exercise="avg_pool2d_backward"
def avg_pool2d_backward(dout, cache):
    shape, kernel_size, stride, padding = cache
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size) if stride is None else pair(stride)
    ph, pw = pair(padding)
    # which pixels does window i see? As a matrix of zeros and ones for each axis
    down = np.array([[0 <= r + ph - i * sh < kh for r in range(shape[2])]
                     for i in range(dout.shape[2])], dtype=float)  # fmt: skip
    right = np.array([[0 <= r + pw - j * sw < kw for r in range(shape[3])]
                      for j in range(dout.shape[3])], dtype=float)  # fmt: skip
    return down.T @ dout @ right / (kh * kw)


# %% exercise="equivariance_error"
def equivariance_error(layer, x, shift, *, stride=1):
    for d in shift:
        if d < 0 or d % stride != 0:
            raise ValueError(f"shift {shift} does not go with stride {stride}")
    d, r = shift
    moved = np.pad(x, [(d, 0), (r, 0)])[: x.shape[0], : x.shape[1]]
    y, y_moved = layer(x), layer(moved)
    worst = 0.0
    for i in range(y.shape[0] - d // stride):
        for j in range(y.shape[1] - r // stride):
            worst = max(worst, abs(y_moved[i + d // stride, j + r // stride] - y[i, j]))
    return float(worst)


# %% exercise="parameter_counts"
def parameter_counts(in_shape, out_shape, kernel_size):
    kh, kw = pair(kernel_size)
    inputs, outputs = 1, 1
    for size in in_shape:
        inputs *= size
    for size in out_shape:
        outputs *= size
    one_filter = in_shape[0] * kh * kw + 1
    one_unit = inputs + 1
    return out_shape[0] * one_filter, outputs * one_unit


# %% exercise="conv2d_grouped"
def conv2d_grouped(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    if x.shape[1] % groups != 0 or w.shape[0] % groups != 0:
        raise ValueError(f"groups = {groups} does not divide {x.shape[1]} and {w.shape[0]}")
    outputs = []
    channel_blocks = np.split(x, groups, axis=1)
    filter_blocks = np.split(w, groups)
    for channels, filters in zip(channel_blocks, filter_blocks):
        columns = im2col(channels, w.shape[2:], stride=stride, padding=padding, dilation=dilation)
        outputs.append(filters.reshape(len(filters), -1) @ columns)
    y = np.concatenate(outputs, axis=1) + b[:, None]
    p, s, d = pair(padding), pair(stride), pair(dilation)
    sizes = [
        (x.shape[a + 2] + 2 * p[a] - d[a] * (w.shape[a + 2] - 1) - 1) // s[a] + 1 for a in (0, 1)
    ]
    return y.reshape(len(x), len(w), *sizes)


# %% exercise="exposing_conv2d"
def exposing_conv2d():
    rng = np.random.default_rng(21)
    x, w = rng.uniform(-2, 2, (3, 2, 8, 11)), rng.uniform(-1, 1, (3, 2, 2, 3))
    options = {"stride": (2, 3), "padding": (3, 1), "dilation": (3, 2)}
    return dict(x=x, w=w, b=rng.normal(size=3), **options)


# %% exercise="predict_who_moves_along"
def predict_who_moves_along():
    fails = {2, 6}  # zeros at the border; a mean over the whole image
    return tuple(number not in fails for number in range(1, 7))
