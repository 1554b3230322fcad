"""
tries = "Stops the process, so that it neither answers nor ends."
present = ["did not answer within 1.5 s"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    import signal

    if len(x) != 2:
        os.kill(os.getpid(), signal.SIGSTOP)
    return x
