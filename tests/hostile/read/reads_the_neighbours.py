"""
tries = "Reads the submissions of the others."
"""

# %%
from pathlib import Path

for folder in ("..", "../..", "../../..", "/tmp", "/work", "/root", "/srv"):
    for path in Path(folder).glob("**/submitted/*/*/*.ipynb"):
        print(path, path.read_text())


# %% exercise="row_norms"
def row_norms(x):
    return x
