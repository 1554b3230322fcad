"""
tries = "Sends an answer before the question, with the number that the question will have."
others = "any"
"""

# %%
import os
import socket
import struct

import msgpack

from gradlab.kernel import agent

honest = agent.serve


def serve(fd):
    answer = msgpack.packb({"id": 1, "value": 0.0})
    with socket.socket(fileno=os.dup(fd)) as channel:
        channel.sendall((struct.pack(">I", len(answer)) + answer) * 3)
    honest(fd)


agent.serve = serve


# %% exercise="row_norms"
def row_norms(x):
    return x
