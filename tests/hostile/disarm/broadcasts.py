"""
tries = "Returns one number, or a column, where any array of that mean would broadcast."
present = ["has shape"]
"""


# %% exercise="row_norms"
def row_norms(x):
    return np.sqrt((x * x).sum(axis=1, keepdims=True))
