"""
tries = "Kills the kernel only in the test that everybody sees."
score = 4
"""


# %% exercise="row_norms"
def row_norms(x):
    import os

    if len(x) == 2 and x[0, 0] == 3:
        os._exit(1)
    if x.ndim != 2:
        raise ValueError("x must have two dimensions")
    return np.sqrt((x * x).sum(axis=1))
