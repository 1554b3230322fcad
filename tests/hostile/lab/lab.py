# %% [markdown]
# # 90 · Three small exercises
#
# A function, a class with a state and a generator: enough to attack.

# %% setup
import numpy as np

# %% [markdown]
# ## 1 · Norms
#
# Shape `(n, d)` in, shape `(n,)` out.


# %% exercise="row_norms"
def row_norms(x):
    """Return the Euclidean norm of each row of `x`, shape (n, d); ValueError for other shapes."""
    ### BEGIN SOLUTION
    # @CANARY_SOLUTION@
    if x.ndim != 2:
        raise ValueError("x must have two dimensions")
    return np.sqrt((x * x).sum(axis=1))
    ### END SOLUTION


# %% check="row_norms" points=4
assert np.allclose(row_norms(np.array([[3.0, 4.0], [0.0, 2.0]])), [5.0, 2.0])


# %% exercise="RunningMean"
class RunningMean:
    """The mean of all numbers seen so far: `update(x)` adds one, `mean()` returns it."""

    ### BEGIN SOLUTION
    def __init__(self):
        self.sum, self.count = 0.0, 0

    def update(self, x):
        self.sum, self.count = self.sum + x, self.count + 1

    def mean(self):
        return self.sum / self.count

    ### END SOLUTION


# %% check="RunningMean" points=3
seen = RunningMean()
seen.update(2.0)
seen.update(4.0)
assert seen.mean() == 3.0


# %% exercise="batches"
def batches(n, size):
    """Yield the indices 0 … n - 1 in order, as arrays of `size`; the last may be shorter."""
    ### BEGIN SOLUTION
    for start in range(0, n, size):
        yield np.arange(start, min(start + size, n))
    ### END SOLUTION


# %% check="batches" points=3
assert [b.tolist() for b in batches(5, 2)] == [[0, 1], [2, 3], [4]]

# %% experiment
print(row_norms(np.eye(3)))

# %% [markdown]
# **Question.** When is a norm zero?

# %% [markdown] answer="why" points=1
# ### BEGIN SOLUTION
# For the zero vector.
# ### END SOLUTION
