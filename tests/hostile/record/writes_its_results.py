"""
tries = "Writes the files that grading will write, before it does."
"""

# %%
import json
from pathlib import Path

for place in (".", "..", "../..", "/tmp", "/home/student"):
    for name in ("90_hostile.results.json", "90_hostile.ipynb", "timestamp.txt"):
        try:
            (Path(place) / name).write_text(json.dumps({"exercises": [], "cells": []}))
        except OSError as error:
            print(error)


# %% exercise="row_norms"
def row_norms(x):
    return x
