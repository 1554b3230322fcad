"""
base = "solution"
why = "Mixes up rows and columns, filters and biases, and one number with a pair."
rest = "full"

[expected]
conv2d_forward = 3.0
im2col = 0
conv_matrix = 0.75
parameter_counts = 1.0
equivariance_error = 1.1429

[misconceptions]
conv2d_forward = "all_pairs_swapped"
im2col = "kernel_columns_first"
conv_matrix = "moved_by_one"
parameter_counts = "first_size_only"
equivariance_error = "output_moved_by_pixels"
"""


# %% exercise="conv2d_forward"
def conv2d_forward(x, w, b, *, stride=1, padding=0, dilation=1):
    channels = x.shape[1]
    if w.shape[1] != channels:
        raise ValueError(f"w has shape {w.shape}, expected {channels} channels")
    sx, sy = pair(stride)
    px, py = pair(padding)
    dx, dy = pair(dilation)
    kh, kw = w.shape[2:]
    xpad = np.pad(x, [(0, 0), (0, 0), (py, py), (px, px)])
    Ho = (xpad.shape[2] - dy * (kh - 1) - 1) // sy + 1
    Wo = (xpad.shape[3] - dx * (kw - 1) - 1) // sx + 1
    y = np.zeros((len(x), len(w), Ho, Wo))
    for u in range(kh):
        for v in range(kw):
            seen = xpad[:, :, u * dy : u * dy + sy * Ho : sy, v * dx : v * dx + sx * Wo : sx]
            y += np.einsum("ncij,fc->nfij", seen[:, :, :Ho, :Wo], w[:, :, u, v])
    return y + b[None, :, None, None], (x, w, b, stride, padding, dilation)


# %% exercise="im2col"
def im2col(x, kernel_size, *, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw) = pair(kernel_size), pair(stride)
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    xpad = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    Ho = (xpad.shape[2] - dh * (kh - 1) - 1) // sh + 1
    Wo = (xpad.shape[3] - dw * (kw - 1) - 1) // sw + 1
    rows = []
    for c in range(x.shape[1]):
        for v in range(kw):
            for u in range(kh):
                seen = xpad[:, c, u * dh :: sh, v * dw :: sw][:, :Ho, :Wo]
                rows.append(seen.reshape(len(x), -1))
    return np.stack(rows, axis=1)


# %% exercise="conv_matrix"
def conv_matrix(kernel, height, width):
    kh, kw = kernel.shape
    image = np.zeros((height, width))
    image[:kh, :kw] = kernel
    first = image.ravel()
    # every further row is the first one, pushed to the right
    n = (height - kh + 1) * (width - kw + 1)
    return np.array([np.roll(first, t) for t in range(n)])


# %% exercise="equivariance_error"
def equivariance_error(layer, x, shift, *, stride=1):
    if min(shift) < 0 or shift[0] % stride or shift[1] % stride:
        raise ValueError(f"shift {shift} is negative or no multiple of {stride}")
    down, right = shift
    H, W = x.shape
    moved = np.zeros((H, W))
    moved[down:, right:] = x[: H - down, : W - right]
    y, y2 = layer(x), layer(moved)
    difference = y2[down:, right:] - y[: y.shape[0] - down, : y.shape[1] - right]
    return float(np.abs(difference).max())


# %% exercise="parameter_counts"
def parameter_counts(in_shape, out_shape, kernel_size):
    k = kernel_size if isinstance(kernel_size, int) else kernel_size[1]
    conv = out_shape[0] * (in_shape[0] * k * k + 1)
    inputs = in_shape[0] * in_shape[1] * in_shape[2]
    outputs = out_shape[0] * out_shape[1] * out_shape[2]
    return conv, inputs * outputs + outputs
