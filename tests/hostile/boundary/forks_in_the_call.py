"""
tries = "Forks in a call and in a cell, so that two processes answer every question from then on."
others = "any"
"""


# %% exercise="row_norms"
def row_norms(x):
    import os

    if os.fork() == 0:
        return np.zeros(len(x))
    return x


# %% exercise="batches"
import os

os.fork()


def batches(n, size):
    yield np.arange(n)
