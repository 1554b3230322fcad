"""
tries = "Signals every process and group it can name, and asks for signals and priorities of others."
others = "any"
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    import signal

    for act in (
        lambda: os.setpriority(os.PRIO_USER, 0, -20),
        lambda: os.nice(-20),
        lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
        lambda: os.kill(-1, signal.SIGCONT),
        lambda: os.killpg(0, signal.SIGUSR2),
        lambda: os.kill(-1, signal.SIGSTOP),
    ):
        try:
            act()
        except OSError as error:
            print(error)
    return x
