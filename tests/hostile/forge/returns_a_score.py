"""
tries = "Returns more points than there are."
"""


# %% exercise="row_norms"
def row_norms(x):
    return 1e9
