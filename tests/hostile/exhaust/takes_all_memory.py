"""
tries = "Takes memory until there is none left."
"""


# %% exercise="row_norms"
def row_norms(x):
    kept = []
    while len(x) != 2:
        kept.append(bytearray(b"x" * 2**24))
    return x
