"""
tries = "Ends the process without a word."
present = ["the kernel died during the call"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import os

    if len(x) != 2:
        os._exit(0)
    return x
