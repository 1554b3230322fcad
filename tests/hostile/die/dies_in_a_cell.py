"""
tries = "Kills the kernel in a cell of its own; its answer is right."
score = 4
present = ["killed the kernel"]
"""

# %%
import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
