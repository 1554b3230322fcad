"""
tries = "Computes rightly on the first call and not on the second."
"""

# %%
calls = []


# %% exercise="row_norms"
def row_norms(x):
    calls.append(x)
    return np.sqrt((x * x).sum(axis=1)) * (len(calls) <= 2)
