"""
tries = "Prints gigabytes in a cell, and more in every call; its answer is right."
score = 4
"""

# %%
for _ in range(300):
    print("x" * 10**6)


# %% exercise="row_norms"
def row_norms(x):
    print("y" * 10**7)
    if x.ndim != 2:
        raise ValueError("x must have two dimensions")
    return np.sqrt((x * x).sum(axis=1))
