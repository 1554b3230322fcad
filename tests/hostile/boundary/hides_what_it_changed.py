"""
tries = "Changes its input, and patches the agent so that it does not say so."
open = "whether an argument was changed inside the kernel cannot be seen from outside; it takes more than x.copy()"
"""

# %%
from gradlab.kernel.agent import Agent

Agent._snapshot = lambda self, arguments: [b"" for _ in arguments]


# %% exercise="row_norms"
def row_norms(x):
    if x.ndim != 2:
        raise ValueError("x must have two dimensions")
    x *= x
    return np.sqrt(x.sum(axis=1))
