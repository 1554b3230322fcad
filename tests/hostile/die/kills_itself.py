"""
tries = "Sends SIGKILL to itself."
present = ["the kernel died during the call"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    import signal

    if len(x) != 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return x
