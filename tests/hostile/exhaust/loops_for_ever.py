"""
tries = "Never returns."
present = ["did not answer within 1.5 s"]
"""


# %% exercise="row_norms"
def row_norms(x):
    while len(x) != 2:
        pass
    return x
