"""
tries = "Makes ExecutionResult.success true and swallows tracebacks."
"""

# %%
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

ExecutionResult.success = property(lambda self: True)
ExecutionResult.raise_error = lambda self: None
InteractiveShell.showtraceback = lambda self, *args, **kwargs: None
InteractiveShell._showtraceback = lambda self, *args, **kwargs: None


# %% exercise="row_norms"
def row_norms(x):
    raise RuntimeError("never seen")
