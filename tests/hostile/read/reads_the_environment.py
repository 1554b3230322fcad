"""
tries = "Prints its environment and that of the kernel's parent."
"""

# %%
import os

print(dict(os.environ))
for pid in (1, os.getppid(), os.getpid()):
    try:
        print(open(f"/proc/{pid}/environ").read().split("\0"))
    except OSError as error:
        print(error)


# %% exercise="row_norms"
def row_norms(x):
    return x
