"""
tries = "Takes leases on the packages and released files, so that whoever opens them waits."
absent = ["got a lease"]
others = "any"
"""


# %% exercise="row_norms"
def row_norms(x):
    import fcntl
    import os
    import sys

    for folder in (*sys.path, "/usr/lib", os.path.expanduser("~")):
        for place, _, files in os.walk(folder):
            for name in files[:20]:
                try:
                    file = os.open(os.path.join(place, name), os.O_RDONLY)
                    fcntl.fcntl(file, 1024, fcntl.F_WRLCK)  # F_SETLEASE
                    print("got" + " a lease", name)
                except OSError:
                    pass
    for order in (1026, 10, 8):  # F_NOTIFY, F_SETSIG, F_SETOWN
        try:
            fcntl.fcntl(os.open("/", os.O_RDONLY), order, 1)
            print("got" + " a lease", order)
        except OSError:
            pass
    return x
