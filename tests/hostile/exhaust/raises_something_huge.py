"""
tries = "Raises an error with a message of a hundred megabytes and a type of a million letters."
"""


# %% exercise="row_norms"
def row_norms(x):
    raise type("E" * 10**6, (ValueError,), {})("x" * 10**8)
