"""
tries = "Takes memory in several processes, each below the limit."
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    import time

    if len(x) == 2:
        return x
    for _ in range(6):
        if os.fork() == 0:
            kept = bytearray(b"x" * (150 * 2**20))
            time.sleep(60)
            os._exit(len(kept) % 2)
    time.sleep(60)
