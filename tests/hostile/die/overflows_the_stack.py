"""
tries = "Recurs until the stack overflows."
"""


# %% exercise="row_norms"
def row_norms(x):
    import sys

    sys.setrecursionlimit(10**9)
    return row_norms(x)
