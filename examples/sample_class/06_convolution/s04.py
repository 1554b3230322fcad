"""
base = "solution"
why = "The main idea is right everywhere, the options and the borders are not: partial credit."
rest = "full"

[expected]
output_size = 1.5
conv2d_forward = 4.2
im2col = 1.5
max_pool2d_forward = 2.25
avg_pool2d_forward = 1.4286
equivariance_error = 1.7143

[misconceptions]
output_size = "never_refuses"
conv2d_forward = "dilation_ignored"
im2col = "padding_swapped"
max_pool2d_forward = "zero_padding"
avg_pool2d_forward = "padding_not_counted"
equivariance_error = "any_shift_accepted"
"""


# %% exercise="output_size"
def output_size(n, kernel_size, *, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


# %% exercise="conv2d_forward"
def conv2d_forward(x, w, b, *, stride=1, padding=0, dilation=1):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"w has {w.shape[1]} channels but x has {x.shape[1]}")
    sh, sw = pair(stride)
    ph, pw = pair(padding)
    F, _, kh, kw = w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    H_out = (x_pad.shape[2] - kh) // sh + 1
    W_out = (x_pad.shape[3] - kw) // sw + 1
    out = np.zeros((len(x), F, H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            window = x_pad[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
            for f in range(F):
                out[:, f, i, j] = np.sum(window * w[f], axis=(1, 2, 3)) + b[f]
    # TODO dilation
    return out, (x, w, b, stride, padding, dilation)


# %% exercise="im2col"
def im2col(x, kernel_size, *, stride=1, padding=0, dilation=1):
    kh, kw = pair(kernel_size)
    sh, sw = pair(stride)
    pw, ph = pair(padding)
    dh, dw = pair(dilation)
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    H = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
    W = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    columns = []
    for i in range(H):
        for j in range(W):
            rows = i * sh + dh * np.arange(kh)
            cols = j * sw + dw * np.arange(kw)
            columns.append(x[:, :, rows[:, None], cols].reshape(len(x), -1))
    return np.stack(columns, axis=2)


# %% exercise="max_pool2d_forward"
def max_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size if stride is None else stride)
    ph, pw = pair(padding)
    if ph > kh / 2 or pw > kw / 2:
        raise ValueError(f"padding {padding} too large for kernel {kernel_size}")
    x_pad = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    H = (x_pad.shape[2] - kh) // sh + 1
    W = (x_pad.shape[3] - kw) // sw + 1
    y = np.zeros((x.shape[0], x.shape[1], H, W))
    for i in range(H):
        for j in range(W):
            y[:, :, i, j] = np.max(
                x_pad[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw], axis=(2, 3)
            )
    return y, (x, kernel_size, stride, padding)


# %% exercise="avg_pool2d_forward"
def avg_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size if stride is None else stride)
    ph, pw = pair(padding)
    # nan marks the border: it must not pull the mean down
    x_pad = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=np.nan)
    H = (x_pad.shape[2] - kh) // sh + 1
    W = (x_pad.shape[3] - kw) // sw + 1
    y = np.zeros((x.shape[0], x.shape[1], H, W))
    for i in range(H):
        for j in range(W):
            y[:, :, i, j] = np.nanmean(
                x_pad[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw], axis=(2, 3)
            )
    return y, (x.shape, kernel_size, stride, padding)


# %% exercise="equivariance_error"
def equivariance_error(layer, x, shift, *, stride=1):
    dy, dx = shift
    moved = np.zeros_like(x)
    moved[dy:, dx:] = x[: x.shape[0] - dy, : x.shape[1] - dx]
    a, b = layer(x), layer(moved)
    i, j = dy // stride, dx // stride
    return np.abs(b[i:, j:] - a[: a.shape[0] - i, : a.shape[1] - j]).max()
