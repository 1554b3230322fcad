"""
base = "solution"
why = "Comes from signal processing: flips every kernel and uses the density of the bell."
rest = "full"

[expected]
conv1d = 0
gaussian_filter = 0
smooth = 0
conv2d_forward = 0
conv_matrix = 0

[misconceptions]
conv1d = "flipped"
gaussian_filter = "density"
smooth = "flipped"
conv2d_forward = "flipped_kernel"
conv_matrix = "flipped"
"""


# %% exercise="conv1d"
def conv1d(x, f):
    if len(f) > len(x):
        raise ValueError(f"f {f.shape} should not be longer than x {x.shape}")
    return np.convolve(x, f, mode="valid")


# %% exercise="gaussian_filter"
def gaussian_filter(size, sigma):
    if size % 2 == 0 or size < 1:
        raise ValueError("size must be odd")
    if sigma <= 0:
        raise ValueError("sigma must be positive")
    t = np.arange(size) - size // 2
    # normal distribution, integral = 1
    return 1 / (sigma * np.sqrt(2 * np.pi)) * np.exp(-(t**2) / (2 * sigma**2))


# %% exercise="smooth"
def smooth(x, f):
    if len(f) % 2 == 0:
        raise ValueError(f"f {f.shape}: expected an odd length")
    n = len(f) // 2
    extended = np.concatenate([np.repeat(x[0], n), x, np.repeat(x[-1], n)])
    return np.convolve(extended, f, mode="valid")


# %% exercise="conv2d_forward"
def conv2d_forward(x, w, b, *, stride=1, padding=0, dilation=1):
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"w {w.shape}: expected {x.shape[1]} channels")
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    # a convolution mirrors the kernel before it slides it (see Oppenheim & Schafer)
    mirrored = w[:, :, ::-1, ::-1]
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    sizeh = dh * (w.shape[2] - 1) + 1
    sizew = dw * (w.shape[3] - 1) + 1
    H = (xp.shape[2] - sizeh) // sh + 1
    W = (xp.shape[3] - sizew) // sw + 1
    y = np.zeros((x.shape[0], w.shape[0], H, W))
    for i in range(H):
        for j in range(W):
            top, left = i * sh, j * sw
            patch = xp[:, :, top : top + sizeh : dh, left : left + sizew : dw]
            y[:, :, i, j] = np.einsum("ncuv,fcuv->nf", patch, mirrored) + b
    return y, (x, w, b, stride, padding, dilation)


# %% exercise="conv_matrix"
def conv_matrix(kernel, height, width):
    kh, kw = kernel.shape
    rows = []
    for i in range(height - kh + 1):
        for j in range(width - kw + 1):
            row = np.zeros((height, width))
            row[i : i + kh, j : j + kw] = kernel[::-1, ::-1]
            rows.append(row.ravel())
    return np.array(rows)
