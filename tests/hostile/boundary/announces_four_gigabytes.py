"""
tries = "Announces an answer of four gigabytes."
others = "any"
"""

# %%
import os
import socket

from gradlab.kernel import agent


def serve(fd):
    with socket.socket(fileno=os.dup(fd)) as channel:
        channel.recv(2**20)
        channel.sendall(b"\xff\xff\xff\xff" + b"x" * 2**20)
        channel.recv(2**20)


agent.serve = serve
