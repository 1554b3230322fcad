"""
tries = "Calls sys.exit."
present = ["raised SystemExit"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import sys

    sys.exit("enough")
