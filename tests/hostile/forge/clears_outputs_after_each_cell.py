"""
tries = "Clears the outputs in a post-run hook and shows the maximum instead."
"""

# %%
from IPython.display import clear_output


def forge(result):
    clear_output()
    get_ipython().displayhook(4.0)


get_ipython().events.register("post_run_cell", forge)
get_ipython().events.register("post_execute", clear_output)


# %% exercise="row_norms"
def row_norms(x):
    raise RuntimeError("never seen")
