"""
tries = "Drops every line with an assert by an input transformer."
"""


# %%
def drop(lines):
    return [line for line in lines if "assert" not in line]


get_ipython().input_transformers_cleanup.append(drop)


# %% exercise="row_norms"
def row_norms(x):
    return x
