"""
tries = "Reads the notebook that is being graded, in which nbgrader puts the hidden tests back."
absent = ["BEGIN HIDDEN"]
"""

# %%
import os
from pathlib import Path

for folder in (Path.cwd(), Path(os.environ.get("PWD", "/")), Path("/tmp")):
    for path in folder.rglob("*.ipynb"):
        print(path.read_text())


# %% exercise="row_norms"
def row_norms(x):
    return x
