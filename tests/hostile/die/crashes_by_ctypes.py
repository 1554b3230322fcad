"""
tries = "Reads address 0."
present = ["the kernel died during the call"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import ctypes

    if len(x) != 2:
        ctypes.string_at(0)
    return x
