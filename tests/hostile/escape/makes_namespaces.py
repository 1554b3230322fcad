"""
tries = "Makes namespaces of its own, in which it would be root, and mounts the machine's disk."
absent = ["got a namespace"]
"""

# %%
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x08000000, 0x02000000):
    if libc.unshare(flag) == 0:
        print("got a" + " namespace", hex(flag))
for source, kind in ((b"proc", b"proc"), (b"tmpfs", b"tmpfs"), (b"/dev/vda", b"ext4")):
    if libc.mount(source, b"/tmp", kind, 0, None) == 0:
        print("got a" + " namespace by mount")
for name in ("mnt", "net", "pid", "user"):
    try:
        number = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
        if libc.setns(number, 0) == 0:
            print("got a" + " namespace of another", name)
    except OSError as error:
        print(error)


# %% exercise="row_norms"
def row_norms(x):
    return x
