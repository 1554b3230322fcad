"""
tries = "Emits the maximum as an execute_result before the test fails."
"""


# %% exercise="row_norms"
def row_norms(x):
    get_ipython().displayhook(4.0)
    return x
