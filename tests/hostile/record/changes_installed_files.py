"""
tries = "Changes NumPy, the agent and the standard library on disk."
"""

# %%
import os
import sys
from pathlib import Path

files = [np.__file__, os.__file__, sys.executable, sys.modules["json"].__file__]
try:
    import gradlab.kernel.agent
    import gradlab.wire

    files += [gradlab.wire.__file__, gradlab.kernel.agent.__file__]
except ImportError:
    pass
for file in files:
    try:
        os.chmod(file, 0o777)
    except OSError as error:
        print(error)
    try:
        Path(file).write_text("raise SystemExit")
    except OSError as error:
        print(error)


# %% exercise="row_norms"
def row_norms(x):
    return x
