"""
tries = "Replaces its working folder's files by links and pipes that a grader might read or copy."
score = 4
"""

# %%
import os
from pathlib import Path

for name in ("90_hostile.ipynb", "90_hostile.results.json", "data.csv", "timestamp.txt", "."):
    for make in (
        lambda: os.symlink("/etc/passwd", name),
        lambda: os.mkfifo(name + "-pipe"),
        lambda: Path(name).write_text("{}"),
        lambda: os.rename(name, name + "-old"),
        lambda: os.chmod(name, 0o777),
        lambda: os.link("/proc/self/exe", name + "-hard"),
    ):
        try:
            make()
        except OSError as error:
            print(error)
