"""
base = "solution"
why = "One loop never ends when windows do not tile the image: only that exercise suffers."
rest = "full"

[expected]
max_pool2d_forward = 0
"""


# %% exercise="max_pool2d_forward"
def max_pool2d_forward(x, kernel_size, *, stride=None, padding=0):
    kh, kw = pair(kernel_size)
    sh, sw = pair(kernel_size if stride is None else stride)
    ph, pw = pair(padding)
    if 2 * ph > kh or 2 * pw > kw:
        raise ValueError(f"padding is {padding}, at most half of {kernel_size} allowed")
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    rows = []
    top = 0
    while top != xp.shape[2] - kh + sh:  # until the window has left the image
        left = 0
        row = []
        while left != xp.shape[3] - kw + sw:
            row.append(xp[:, :, top : top + kh, left : left + kw].max(axis=(2, 3), initial=-np.inf))
            left += sw
        rows.append(np.stack(row, axis=-1))
        top += sh
    return np.stack(rows, axis=2), (x, kernel_size, stride, padding)
