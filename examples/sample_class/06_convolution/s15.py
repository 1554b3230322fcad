"""
base = "stub"
why = "Debugs with print in every function, rich objects and long tables included: full marks."
rest = "full"

[expected]
"""

# %%
DEBUG = True


def show(*values):
    if DEBUG:
        print("DEBUG", *values)


show("score: 100 of 100")


# %% exercise="conv1d"
def conv1d(x, f):
    T, K = len(x), len(f)
    show("conv1d", T, K)
    if K > T:
        raise ValueError(f"f has shape {f.shape}, x has shape {x.shape}: f must not be longer")
    out = []
    for t in range(T - K + 1):
        total = 0.0
        for k in range(K):
            total += f[k] * x[t + k]
            print("t", t, "k", k, "total", total)
        out.append(total)
    return np.array(out)


# %% exercise="gaussian_filter"
def gaussian_filter(size, sigma):
    show("gaussian", size, sigma)
    if size < 1 or size % 2 != 1:
        raise ValueError(f"size = {size} should be 1, 3, 5, ...")
    if sigma <= 0:
        raise ValueError(f"sigma = {sigma} should be > 0")
    middle = size // 2
    g = np.empty(size)
    for k in range(size):
        g[k] = np.exp(-((k - middle) ** 2) / 2 / sigma**2)
    show(g)
    g = g / g.sum()
    show(g)
    return g


# %% exercise="smooth"
def smooth(x, f):
    print("smooth" * 40)
    if len(f) % 2 == 0:
        raise ValueError(f"f has an even shape {f.shape}")
    reach = len(f) // 2
    y = []
    for t in range(len(x)):
        y.append(sum(f[k] * x[min(max(t + k - reach, 0), len(x) - 1)] for k in range(len(f))))
    show(y)
    return np.array(y)


# %% exercise="output_size"
def output_size(n, kernel_size, *, stride=1, padding=0, dilation=1):
    show(locals())
    positions = 0
    start = -padding
    while start + dilation * (kernel_size - 1) < n + padding:
        positions += 1
        start += stride
    if positions == 0:
        raise ValueError(f"kernel_size {kernel_size} does not fit anywhere")
    return positions


# %% exercise="conv2d_forward"
def conv2d_forward(x, w, b, *, stride=1, padding=0, dilation=1):
    show("x", x.shape, "w", w.shape, "b", b.shape, stride, padding, dilation)
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"w.shape[1] is {w.shape[1]}, expected {x.shape[1]} as in x")
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    F, C, kh, kw = w.shape
    padded = np.zeros((len(x), C, x.shape[2] + 2 * ph, x.shape[3] + 2 * pw))
    padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]] = x
    Ho = (padded.shape[2] - dh * (kh - 1) - 1) // sh + 1
    Wo = (padded.shape[3] - dw * (kw - 1) - 1) // sw + 1
    y = np.zeros((len(x), F, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            print("pixel", i, j)
            window = padded[:, :, i * sh :, j * sw :][:, :, ::dh, ::dw][:, :, :kh, :kw]
            y[:, :, i, j] = window.reshape(len(x), -1) @ w.reshape(F, -1).T + b
    show("y", y.shape)
    return y, (x, w, b, stride, padding, dilation)


# %% exercise="conv2d_backward"
def conv2d_backward(dout, cache):
    x, w, _, stride, padding, dilation = cache
    show("backward", dout.shape, x.shape, w.shape)
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    F, _, kh, kw = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    Ho = (padded.shape[2] - dh * (kh - 1) - 1) // sh + 1
    Wo = (padded.shape[3] - dw * (kw - 1) - 1) // sw + 1
    if dout.shape != (len(x), F, Ho, Wo):
        raise ValueError(f"dout: {dout.shape}, expected {(len(x), F, Ho, Wo)}")
    dpadded, dweight, dbias = np.zeros(padded.shape), np.zeros(w.shape), np.zeros(F)
    for f in range(F):
        dbias[f] = dout[:, f].sum()
        for i in range(Ho):
            for j in range(Wo):
                rows = np.arange(i * sh, i * sh + dh * kh, dh)[:, None]
                cols = np.arange(j * sw, j * sw + dw * kw, dw)
                d = dout[:, f, i, j].reshape(-1, 1, 1, 1)
                dweight[f] += (d * padded[:, :, rows, cols]).sum(axis=0)
                dpadded[:, :, rows, cols] += d * w[f]
    print("dweight", dweight)
    bottom, right = padded.shape[2] - ph, padded.shape[3] - pw
    return dpadded[:, :, ph:bottom, pw:right], dweight, dbias


# %% exercise="im2col"
def im2col(x, kernel_size, *, stride=1, padding=0, dilation=1):
    kh, kw = pair(kernel_size)
    sh, sw = pair(stride)
    ph, pw = pair(padding)
    dh, dw = pair(dilation)
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    N, C, H, W = x.shape
    tops = range(0, H - dh * (kh - 1), sh)
    lefts = range(0, W - dw * (kw - 1), sw)
    result = np.zeros((N, C * kh * kw, len(tops) * len(lefts)))
    for p, top in enumerate(tops):
        for q, left in enumerate(lefts):
            print(top, left, end=" ")
            window = x[:, :, top : top + dh * kh : dh, left : left + dw * kw : dw]
            result[:, :, p * len(lefts) + q] = window[:, :, :kh, :kw].reshape(N, -1)
    print()
    return result


# %% exercise="conv_matrix"
def conv_matrix(kernel, height, width):
    kh, kw = kernel.shape
    out_h, out_w = height - kh + 1, width - kw + 1
    A = np.zeros((out_h * out_w, height * width))
    for pixel in range(height * width):
        image = np.zeros(height * width)
        image[pixel] = 1
        image = image.reshape(height, width)
        # column = what the convolution makes of an image with a single 1
        for i in range(out_h):
            for j in range(out_w):
                A[i * out_w + j, pixel] = (image[i : i + kh, j : j + kw] * kernel).sum()
    print(A)
    return A


# %% exercise="max_pool2d_forward"
def max_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    sh, sw = pair(stride or kernel_size)
    ph, pw = pair(padding)
    show("max", x.shape, kh, kw, sh, sw, ph, pw)
    if ph * 2 > kh or pw * 2 > kw:
        raise ValueError(f"padding = {padding} > half of kernel_size = {kernel_size}")
    N, C, H, W = x.shape
    Ho, Wo = (H + 2 * ph - kh) // sh + 1, (W + 2 * pw - kw) // sw + 1
    y = np.zeros((N, C, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            top, left = i * sh - ph, j * sw - pw
            inside = x[:, :, max(top, 0) : top + kh, max(left, 0) : left + kw]
            y[:, :, i, j] = np.amax(inside, axis=(2, 3))
    return y, (x, kernel_size, stride, padding)


# %% exercise="max_pool2d_backward"
def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache
    kh, kw = pair(kernel_size)
    sh, sw = pair(stride or kernel_size)
    ph, pw = pair(padding)
    N, C, H, W = x.shape
    padded = np.full((N, C, H + 2 * ph, W + 2 * pw), -np.inf)
    padded[:, :, ph : ph + H, pw : pw + W] = x
    grad = np.zeros(padded.shape)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    w = padded[n, c, i * sh : i * sh + kh, j * sw : j * sw + kw]
                    u, v = np.argwhere(w == w.max())[-1]  # ties: the last one, that is allowed
                    grad[n, c, i * sh + u, j * sw + v] += dout[n, c, i, j]
    print("grad", grad.sum(), dout.sum())
    return grad[:, :, ph : ph + H, pw : pw + W]


# %% exercise="avg_pool2d_forward"
def avg_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    sh, sw = pair(stride or kernel_size)
    ph, pw = pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    Ho, Wo = (padded.shape[2] - kh) // sh + 1, (padded.shape[3] - kw) // sw + 1
    y = 0
    for u in range(kh):
        for v in range(kw):
            y = y + padded[:, :, u::sh, v::sw][:, :, :Ho, :Wo]
            print("y", np.shape(y))
    return y / kh / kw, (x.shape, kernel_size, stride, padding)


# %% exercise="avg_pool2d_backward"
def avg_pool2d_backward(dout, cache):
    shape, kernel_size, stride, padding = cache
    kh, kw = pair(kernel_size)
    sh, sw = pair(stride or kernel_size)
    ph, pw = pair(padding)
    grad = np.zeros((shape[0], shape[1], shape[2] + 2 * ph, shape[3] + 2 * pw))
    for n, c, i, j in np.ndindex(dout.shape):
        grad[n, c, i * sh : i * sh + kh, j * sw : j * sw + kw] += dout[n, c, i, j] / kh / kw
    show("grad", grad.min(), grad.max())
    return grad[:, :, ph : ph + shape[2], pw : pw + shape[3]]


# %% exercise="equivariance_error"
def equivariance_error(layer, x, shift, *, stride=1):
    show("shift", shift, "stride", stride)
    down, right = shift
    if down < 0 or right < 0 or down % stride > 0 or right % stride > 0:
        raise ValueError(f"shift = {shift} for stride = {stride}")
    moved = np.zeros(x.shape)
    for i in range(down, x.shape[0]):
        for j in range(right, x.shape[1]):
            moved[i, j] = x[i - down, j - right]
    before, after = layer(x), layer(moved)
    errors = [0.0]
    for (i, j), value in np.ndenumerate(before):
        if i + down // stride < len(before) and j + right // stride < before.shape[1]:
            errors.append(abs(after[i + down // stride, j + right // stride] - value))
    print(errors)
    return max(errors)


# %% exercise="parameter_counts"
def parameter_counts(in_shape, out_shape, kernel_size):
    C, H, W = in_shape
    F, H2, W2 = out_shape
    kh, kw = pair(kernel_size)
    conv = F * C * kh * kw + F
    dense = (C * H * W + 1) * (F * H2 * W2)
    print(f"conv {conv:,}   dense {dense:,}   {dense / conv:.0f} times as many")
    return conv, dense


# %% exercise="conv2d_grouped"
def conv2d_grouped(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    show("groups", groups)
    if x.shape[1] % groups or len(w) % groups:
        raise ValueError(f"groups = {groups} must divide {x.shape[1]} and {len(w)}")
    c, f = x.shape[1] // groups, len(w) // groups
    parts = []
    for g in range(groups):
        mine = slice(g * f, (g + 1) * f)
        y, _ = conv2d_forward(
            x[:, g * c : (g + 1) * c], w[mine], b[mine],
            stride=stride, padding=padding, dilation=dilation,
        )  # fmt: skip
        parts.append(y)
    return np.concatenate(parts, axis=1)


# %% exercise="exposing_conv2d"
def exposing_conv2d():
    rng = np.random.default_rng(21)
    x, w = rng.uniform(-2, 2, (3, 2, 8, 11)), rng.uniform(-1, 1, (3, 2, 2, 3))
    options = {"stride": (2, 3), "padding": (3, 1), "dilation": (3, 2)}
    print(x.shape, w.shape)
    return dict(x=x, w=w, b=rng.normal(size=3), **options)


# %% exercise="predict_who_moves_along"
def predict_who_moves_along():
    fails = {2, 6}  # zeros at the border; a mean over the whole image
    print(fails)
    return tuple(number not in fails for number in range(1, 7))
