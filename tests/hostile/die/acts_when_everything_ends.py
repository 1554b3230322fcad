"""
tries = "Waits for the end: exit handlers, finalisers, __del__ and threads that go on and hang."
score = 4
"""

# %%
import atexit
import gc
import signal
import sys
import threading
import time
import weakref


def linger(*args):
    while True:
        time.sleep(0.1)


class Last:
    def __del__(self):
        linger()


atexit.register(linger)
threading._register_atexit(linger)
threading.Thread(target=linger).start()
weakref.finalize(sys, linger)
keep = [Last()]
for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(name, linger)
sys.excepthook = sys.unraisablehook = threading.excepthook = linger
