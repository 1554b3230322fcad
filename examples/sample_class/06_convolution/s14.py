"""
base = "solution"
why = "Right answers with warnings on stderr in every cell and call: full marks."
rest = "full"

[expected]
"""

# %%
import logging
import sys
import warnings

warnings.simplefilter("always")
logging.basicConfig(level=logging.WARNING)
log = logging.getLogger("lab06")
log.warning("lab 6 started")


# %% exercise="conv1d"
def conv1d(x, f):
    warnings.warn("conv1d is deprecated, use np.correlate", DeprecationWarning, stacklevel=2)
    if f.size > x.size:
        raise ValueError(f"f: shape {f.shape}, but x has only shape {x.shape}")
    y = np.full(x.size - f.size + 1, 0.0)
    for t, _ in enumerate(y):
        y[t] = np.inner(f, x[t : t + f.size])
    return y


# %%
np.log(np.zeros(3))  # division by zero, on purpose


# %% exercise="gaussian_filter"
def gaussian_filter(size, sigma):
    warnings.warn(f"gaussian_filter called with {size}, {sigma}", stacklevel=2)
    if size % 2 == 0 or size <= 0:
        raise ValueError(f"size {size} is not a positive odd number")
    if sigma <= 0:
        raise ValueError(f"sigma {sigma} is not above 0")
    z = np.linspace(-(size // 2), size // 2, size) / sigma
    weights = np.exp(-z * z / 2)
    return weights / np.sum(weights)


# %% exercise="smooth"
def smooth(x, f):
    sys.stderr.write("smoothing...\n")
    if len(f) % 2 == 0:
        raise ValueError(f"f has shape {f.shape}, its length must be odd")
    h = len(f) // 2
    long = np.concatenate((np.full(h, x[0]), x, np.full(h, x[-1])))
    return np.array([long[t : t + len(f)] @ f for t in range(len(x))])


# %% exercise="output_size"
def output_size(n, kernel_size, *, stride=1, padding=0, dilation=1):
    print("n =", n, file=sys.stderr)
    free = n + 2 * padding - (dilation * (kernel_size - 1) + 1)
    if free < 0:
        log.error("does not fit")
        raise ValueError(f"kernel_size {kernel_size} is too large for {n}")
    return 1 + free // stride


# %% exercise="conv2d_forward"
def conv2d_forward(x, w, b, *, stride=1, padding=0, dilation=1):
    log.warning("x %s w %s", x.shape, w.shape)
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"w of shape {w.shape} does not match x of shape {x.shape}")
    sh, sw = pair(stride)
    ph, pw = pair(padding)
    dh, dw = pair(dilation)
    kh, kw = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    out_h = (padded.shape[2] - dh * (kh - 1) - 1) // sh + 1
    out_w = (padded.shape[3] - dw * (kw - 1) - 1) // sw + 1
    y = np.zeros((len(x), len(w), out_h, out_w))
    for u in range(kh):
        for v in range(kw):
            i = u * dh + sh * np.arange(out_h)
            j = v * dw + sw * np.arange(out_w)
            pixels = padded[:, :, i[:, None], j]
            y += np.tensordot(w[:, :, u, v], pixels, axes=(1, 1)).swapaxes(0, 1)
    return y + b[None, :, None, None], (x, w, b, stride, padding, dilation)


# %% exercise="conv_matrix"
def conv_matrix(kernel, height, width):
    warnings.warn("this matrix may get large", ResourceWarning, stacklevel=1)
    kh, kw = kernel.shape
    A = []
    for i in range(height - kh + 1):
        for j in range(width - kw + 1):
            around = ((i, height - kh - i), (j, width - kw - j))
            A.append(np.pad(kernel, around).flatten())
    return np.stack(A)


# %% exercise="max_pool2d_forward"
def max_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    with np.errstate(all="warn"):
        np.float64(1) / np.zeros(1)  # RuntimeWarning
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    if ph > kh // 2 or pw > kw // 2:
        raise ValueError(f"padding {padding} is larger than half of {kernel_size}")
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    out_h, out_w = (padded.shape[2] - kh) // sh + 1, (padded.shape[3] - kw) // sw + 1
    y = np.full((len(x), x.shape[1], out_h, out_w), -np.inf)
    for u in range(kh):
        for v in range(kw):
            y = np.maximum(y, padded[:, :, u::sh, v::sw][:, :, :out_h, :out_w])
    return y, (x, kernel_size, stride, padding)


# %% exercise="equivariance_error"
def equivariance_error(layer, x, shift, *, stride=1):
    warnings.warn("measuring", UserWarning, stacklevel=2)
    if any(s < 0 for s in shift) or any(s % stride for s in shift):
        raise ValueError(f"shift {shift}: not negative, and multiples of {stride}")
    moved = np.roll(x, shift, axis=(0, 1))
    moved[: shift[0]] = 0
    moved[:, : shift[1]] = 0
    y, y_moved = layer(x), layer(moved)
    i, j = shift[0] // stride, shift[1] // stride
    h, w = y.shape
    return float(np.max(np.abs(y_moved[i:h, j:w] - y[: h - i, : w - j])))


# %% exercise="parameter_counts"
def parameter_counts(in_shape, out_shape, kernel_size):
    warnings.warn("counting parameters", stacklevel=1)
    kh, kw = pair(kernel_size)
    conv = out_shape[0] * in_shape[0] * kh * kw + out_shape[0]
    outputs = int(np.prod(out_shape))
    return conv, int(np.prod(in_shape)) * outputs + outputs
