"""
tries = "Changes what all code relies on: warnings, recursion, output, errors, printing, builtins, paths."
others = "any"
"""

# %%
import builtins
import gc
import os
import sys
import warnings

warnings.simplefilter("error")
np.seterr(all="raise")
np.set_printoptions(threshold=1, formatter={"all": lambda value: "4.0"})
gc.disable()
os.chdir("/")
os.environ.clear()
sys.path.clear()
sys.meta_path.clear()
sys.setrecursionlimit(200)
sys.setswitchinterval(100)
sys.float_info = None
sys.byteorder = "big"
for name in ("isinstance", "len", "type", "sorted", "repr"):
    setattr(builtins, name, lambda *args, **kwargs: True)
sys.stdout.close()


# %% exercise="row_norms"
def row_norms(x):
    return x
