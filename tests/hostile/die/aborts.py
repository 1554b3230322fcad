"""
tries = "Calls abort, which would leave a core file."
present = ["the kernel died during the call"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import os

    if len(x) != 2:
        os.abort()
    return x
