"""
tries = "Looks for shared memory, message queues and semaphores of other programs."
absent = ["got in"]
"""

# %%
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for table in ("shm", "msg", "sem"):
    try:
        lines = open(f"/proc/sysvipc/{table}").read().splitlines()[1:]
        print(table, "got" + " in" if lines else "nothing")
    except OSError as error:
        print(error)
print(os.listdir("/dev/shm"))
print(libc.shmget(0x1234, 4096, 0o1666), os.strerror(ctypes.get_errno()))


# %% exercise="row_norms"
def row_norms(x):
    return x
