"""
tries = "Makes the kernel's encoder lie: every array is encoded as if it had what was asked for."
others = "any"
"""

# %%
from gradlab import wire

wire.encode.__globals__["DTYPES"] = frozenset({"object"})
wire._Encoder._array = lambda self, value, depth: self._ext(1, ["float64", [3], b"\0" * 24])


# %% exercise="row_norms"
def row_norms(x):
    return x.sum(axis=1)
