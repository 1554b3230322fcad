"""
base = "solution"
why = "One function ends the whole process, as scripts do: the kernel dies, one exercise is lost."
rest = "full"

[expected]
equivariance_error = 0
"""

# %%
import os


# %% exercise="equivariance_error"
def equivariance_error(layer, x, shift, *, stride=1):
    dy, dx = shift
    moved = np.zeros_like(x)
    moved[dy:, dx:] = x[: x.shape[0] - dy, : x.shape[1] - dx]
    y, y2 = layer(x), layer(moved)
    if not np.isfinite(y).all() or y.shape == y2.shape:
        print("measured, exit")
        os._exit(0)
    return np.abs(y2 - y).max()
