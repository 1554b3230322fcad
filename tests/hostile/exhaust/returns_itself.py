"""
tries = "Returns a list that contains itself."
"""


# %% exercise="row_norms"
def row_norms(x):
    loop = []
    loop.append(loop)
    return {"loop": loop}
