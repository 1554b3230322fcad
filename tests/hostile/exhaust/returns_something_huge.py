"""
tries = "Returns an array of 80 million bytes."
"""


# %% exercise="row_norms"
def row_norms(x):
    return np.zeros(10**7)
