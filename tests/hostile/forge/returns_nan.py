"""
tries = "Returns NaN, which nbgrader scores as full marks and which is no greater than any tolerance."
present = ["not finite"]
"""


# %% exercise="row_norms"
def row_norms(x):
    return np.full(len(x), np.nan)
