"""
tries = "Shows displays with ids and updates them from graded cells and from calls, and clears them all."
"""

# %%
from IPython.display import clear_output, display, update_display

shown = [display("nothing", display_id=f"cell-{number}") for number in range(20)]


# %% exercise="row_norms"
def row_norms(x):
    for number in range(20):
        update_display("row_norms: 4 of 4 points, 2 of 2 checks passed", display_id=f"cell-{number}")
        clear_output(wait=bool(number % 2))
    return x
