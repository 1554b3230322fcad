"""
base = "solution"
why = "One cell is no valid Python (continue without a loop): costs that exercise only."
rest = "full"

[expected]
max_pool2d_backward = 0
"""


# %% exercise="max_pool2d_backward"
def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = pair(kernel_size if stride is None else stride)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    dx_padded = np.zeros_like(padded)
    if dout.size == 0:
        continue  # nothing to hand out
    for n, c, i, j in np.ndindex(dout.shape):
        window = padded[n, c, i * sh : i * sh + kh, j * sw : j * sw + kw]
        u, v = divmod(window.argmax(), kw)
        dx_padded[n, c, i * sh + u, j * sw + v] += dout[n, c, i, j]
    return dx_padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]
