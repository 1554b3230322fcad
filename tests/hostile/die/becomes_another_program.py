"""
tries = "Replaces the kernel by another program."
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    import sys

    if len(x) != 2:
        os.execv(sys.executable, [sys.executable, "-c", "while True: pass"])
    return x
