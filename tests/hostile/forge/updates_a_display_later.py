"""
tries = "Shows something harmless and replaces it later, when the graded cells are written."
absent = ["FOUR OF FOUR"]
"""

# %%
from IPython.display import HTML, display

display(HTML("nothing"), display_id="later")


# %% exercise="row_norms"
def row_norms(x):
    display(HTML("<b>" + "FOUR OF" + " FOUR</b>"), display_id="later", update=True)
    return x
