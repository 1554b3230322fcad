"""
tries = "Closes the agent's pipes, and the kernel's, but stays alive."
others = "any"
"""

# %%
import os
import stat
import threading


def close_all():
    for number in range(3, 256):
        try:
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                os.close(number)
        except OSError:
            pass


threading.Timer(0.2, close_all).start()


# %% exercise="row_norms"
def row_norms(x):
    import time

    time.sleep(0.5)
    return x
