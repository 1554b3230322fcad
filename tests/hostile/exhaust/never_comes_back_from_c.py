"""
tries = "Computes in one call of C, which no signal interrupts: a power, a pattern, a sort."
"""


# %% exercise="row_norms"
def row_norms(x):
    import re

    if len(x) == 3:
        return 7 ** (7**12)
    if len(x) == 5:
        return re.match(r"(a*)*b", "a" * 60)
    return sorted(range(10**9))
