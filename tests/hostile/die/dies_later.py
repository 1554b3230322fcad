"""
tries = "Answers, and leaves a thread that kills the kernel a moment later."
others = "any"
"""

# %%
import os
import threading

threading.Timer(0.4, os._exit, [1]).start()


# %% exercise="row_norms"
def row_norms(x):
    return x
