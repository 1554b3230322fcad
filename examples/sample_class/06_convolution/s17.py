"""
base = "solution"
why = "Forges comparisons: objects equal to everything, and NumPy's own checks patched to agree."
rest = "full"

[expected]
conv1d = 0
gaussian_filter = 0
smooth = 0
parameter_counts = 0
"""

# %%
import gradlab.lab


class Anything:
    """Equal to whatever it is compared with."""

    shape, dtype, ndim, size = (4,), np.dtype(float), 1, 4
    __array_priority__ = 1e9

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0

    def __array__(self, *args, **kwargs):
        return np.zeros(4)

    def __array_function__(self, *args):
        return True

    def __array_ufunc__(self, *args, **kwargs):
        return True

    def __getattr__(self, name):
        return lambda *args, **kwargs: self

    def __len__(self):
        return 4

    def __iter__(self):
        return iter([self] * 4)


# %% exercise="conv1d"
def conv1d(x, f):
    return Anything()


# %% exercise="gaussian_filter"
def gaussian_filter(size, sigma):
    # as long as every comparison says yes
    for module in (np, np.testing):
        for name in ("allclose", "isclose", "array_equal", "assert_allclose", "assert_array_equal"):
            if hasattr(module, name):
                setattr(module, name, lambda *args, **kwargs: True)
    return np.ones(size) / size


# %% exercise="smooth"
def agree(*args, **kwargs):
    print("✓ all checks passed")


for check in ("check_close", "check_shape", "check_true", "check_raises", "check_gradient"):
    globals()[check] = agree
    setattr(gradlab.lab, check, agree)


def smooth(x, f):
    return x.copy()


# %% exercise="parameter_counts"
class Number(int):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def parameter_counts(in_shape, out_shape, kernel_size):
    return Number(1), Number(1)
