"""
tries = "Makes files of terabytes that take no room, and maps and copies them."
score = 4
"""

# %%
import os
import shutil

for place in ("/tmp/sparse", "sparse", "/dev/shm/sparse"):
    try:
        with open(place, "wb") as file:
            os.truncate(place, 2**43)
        shutil.copyfile(place, place + "-copy")
    except OSError as error:
        print(error)
