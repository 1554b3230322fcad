"""
tries = "Returns a list nested a hundred thousand deep."
"""


# %% exercise="row_norms"
def row_norms(x):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep
