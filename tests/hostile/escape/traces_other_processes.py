"""
tries = "Attaches to process 1 and to its parent with ptrace and reads and writes their memory."
absent = ["got in"]
"""

# %%
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for pid in (1, os.getppid()):
    for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
        if pid != os.getpid() and libc.ptrace(request, pid, None, None) == 0:
            print("got" + " in by ptrace", pid)
    try:
        open(f"/proc/{pid}/mem", "r+b").read(1)
    except OSError as error:
        print(error)


# %% exercise="row_norms"
def row_norms(x):
    return x
