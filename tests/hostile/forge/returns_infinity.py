"""
tries = "Returns infinities, whose relative error is NaN."
present = ["not finite"]
"""


# %% exercise="row_norms"
def row_norms(x):
    return np.full(len(x), np.inf)
