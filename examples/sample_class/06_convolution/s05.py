"""
base = "solution"
why = "Writes = where += is needed on the way back, and gives ties their gradient several times."
rest = "full"

[expected]
conv2d_backward = 1.8
max_pool2d_forward = 2.625
max_pool2d_backward = 2.25
avg_pool2d_backward = 0.6667

[misconceptions]
conv2d_backward = "overlaps_overwritten"
max_pool2d_backward = "all_maxima"
avg_pool2d_backward = "windows_overwrite"
"""


# %% exercise="conv2d_backward"
def conv2d_backward(dout, cache):
    x, w, _, stride, padding, dilation = cache
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    N, _, H, W = x.shape
    F, _, kh, kw = w.shape
    span_h, span_w = (kh - 1) * dh + 1, (kw - 1) * dw + 1
    Ho, Wo = (H + 2 * ph - span_h) // sh + 1, (W + 2 * pw - span_w) // sw + 1
    if dout.shape != (N, F, Ho, Wo):
        raise ValueError(f"dout has shape {dout.shape} instead of {(N, F, Ho, Wo)}")
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dxp = np.zeros(xp.shape)
    grad_w = np.zeros(w.shape)
    for i in range(Ho):
        for j in range(Wo):
            r = slice(i * sh, i * sh + span_h, dh)
            c = slice(j * sw, j * sw + span_w, dw)
            d = dout[:, :, i, j]
            grad_w += np.einsum("nf,ncuv->fcuv", d, xp[:, :, r, c])
            dxp[:, :, r, c] = np.einsum("nf,fcuv->ncuv", d, w)
    return dxp[:, :, ph : ph + H, pw : pw + W], grad_w, dout.sum(axis=(0, 2, 3))


# %% exercise="max_pool2d_forward"
def max_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size) if stride is None else pair(stride)
    ph, pw = pair(padding)
    if kh < 2 * ph or kw < 2 * pw:
        raise ValueError(f"padding of {padding} is more than half of {kernel_size}")
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    Ho, Wo = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    y = np.zeros((*x.shape[:2], Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            window = x[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
            y[:, :, i, j] = window.max(axis=(2, 3))
    return y, (x, kernel_size, stride, padding)


# %% exercise="max_pool2d_backward"
def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size) if stride is None else pair(stride)
    ph, pw = pair(padding)
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    dxp = np.zeros(xp.shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            r, c = slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
            window = xp[:, :, r, c]
            is_max = window == window.max(axis=(2, 3), keepdims=True)
            dxp[:, :, r, c] += is_max * dout[:, :, i : i + 1, j : j + 1]
    return dxp[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]


# %% exercise="avg_pool2d_backward"
def avg_pool2d_backward(dout, cache):
    (N, C, H, W), kernel_size, stride, padding = cache
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size) if stride is None else pair(stride)
    ph, pw = pair(padding)
    dxp = np.zeros((N, C, H + 2 * ph, W + 2 * pw))
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            r, c = slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
            dxp[:, :, r, c] = dout[:, :, i : i + 1, j : j + 1] / (kh * kw)
    return dxp[:, :, ph : ph + H, pw : pw + W]
