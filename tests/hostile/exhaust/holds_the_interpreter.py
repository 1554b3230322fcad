"""
tries = "Runs a regular expression that takes longer than the universe and cannot be interrupted."
present = ["did not answer within 1.5 s"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import re

    if len(x) != 2:
        re.match(r"(a+)+$", "a" * 60 + "b")
    return x
