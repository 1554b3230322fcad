"""
tries = "Prints, shows and raises text that is no Unicode: halves of surrogates, and nulls."
"""

# %%
import sys

half = chr(0xD800)
sys.stdout.write(half + "\0")
get_ipython().kernel.session.send(
    get_ipython().kernel.iopub_socket,
    "stream",
    {"name": "stdout", "text": half},
    parent=get_ipython().kernel.get_parent(),
)


# %% exercise="row_norms"
def row_norms(x):
    print(half)
    if len(x) == 3:
        return {half: [half, "\0"]}
    raise type("E" + half, (ValueError,), {})(half + "\0")
