"""
base = "stub"
why = "Ran out of time: the first sections are done, the convolution only without its options."
rest = "zero"

[expected]
conv1d = 2
gaussian_filter = 2
smooth = 1.5
output_size = 2
conv2d_forward = 2.4

[misconceptions]
smooth = "even_filter_accepted"
"""


# %% exercise="conv1d"
def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError("f has shape " + str(f.shape) + ", x only " + str(x.shape))
    y = []
    for t in range(len(x) - len(f) + 1):
        y.append(sum(x[t : t + len(f)] * f))
    return np.array(y)


# %% exercise="gaussian_filter"
def gaussian_filter(size, sigma):
    if size % 2 != 1 or size < 0:
        raise ValueError("size must be odd and positive")
    if sigma <= 0:
        raise ValueError("sigma must be positive")
    k = np.arange(size)
    g = np.exp(-((k - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return g / g.sum()


# %% exercise="smooth"
def smooth(x, f):
    n = (len(f) - 1) // 2
    return np.correlate(np.pad(x, (n, len(f) - 1 - n), mode="edge"), f, "valid")


# %% exercise="output_size"
def output_size(n, kernel_size, *, stride=1, padding=0, dilation=1):
    k = dilation * (kernel_size - 1) + 1
    if k > n + 2 * padding:
        raise ValueError("kernel_size is too large")
    return int((n + 2 * padding - k) / stride) + 1


# %% exercise="conv2d_forward"
def conv2d_forward(x, w, b, *, stride=1, padding=0, dilation=1):
    # first version without stride etc., will do the rest tomorrow
    kh, kw = w.shape[2:]
    H = x.shape[2] - kh + 1
    W = x.shape[3] - kw + 1
    y = np.zeros((len(x), len(w), H, W))
    for i in range(H):
        for j in range(W):
            window = x[:, :, i : i + kh, j : j + kw]
            y[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3))) + b
    return y, (x, w, b, stride, padding, dilation)
