"""
tries = "Never returns, and ignores every signal that can be ignored."
present = ["did not answer within 1.5 s"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import signal

    if len(x) == 2:
        return x
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGXCPU, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass
