"""
tries = "Writes the result into its input and returns that, so that both sides are one array."
present = ["modified its input x"]
"""


# %% exercise="row_norms"
def row_norms(x):
    x[...] = 0
    return x[:, 0]
