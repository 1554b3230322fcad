"""
tries = "Returns integers of a million digits, infinities and numbers that cannot be written in JSON."
"""


# %% exercise="row_norms"
def row_norms(x):
    print(float("nan"), 10**4000)
    return [10**1_000_000, float("inf"), -(2**63) - 1, 5e-324, complex("nan"), True, 2**200]
