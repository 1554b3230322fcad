"""
tries = "Returns float16, whose tolerance is wide."
present = ["has dtype float16"]
"""


# %% exercise="row_norms"
def row_norms(x):
    return np.sqrt((x * x).sum(axis=1)).astype(np.float16)
