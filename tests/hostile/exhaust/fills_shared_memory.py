"""
tries = "Takes memory that no process's own limit counts: /dev/shm, shared maps, pipes, sockets."
others = "any"
"""


# %% exercise="row_norms"
def row_norms(x):
    import mmap
    import os
    import socket

    kept = []
    for take in (
        lambda: open(f"/dev/shm/{len(kept)}", "wb").write(bytes(2**26)),
        lambda: mmap.mmap(-1, 2**28).write(bytes(2**28)),
        lambda: os.write(os.pipe()[1], bytes(2**16)),
        lambda: [s.setblocking(False) or s.send(bytes(2**20)) for s in socket.socketpair()],
        lambda: os.memfd_create("x") and None,
    ):
        for _ in range(200):
            try:
                kept.append(take())
            except (OSError, ValueError, MemoryError) as error:
                print(type(error).__name__)
                break
    row_norms.kept = kept
    return x
