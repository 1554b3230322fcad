"""
tries = "Answers one byte every half second, so that something always comes."
others = "any"
present = ["did not answer within 1.5 s"]
"""

# %%
import os
import time

from gradlab.kernel import agent


def serve(reading, writing):
    os.read(reading, 2**20)
    for byte in b"\x00\x00\x10\x00" + b"\x90" * 4096:
        os.write(writing, bytes([byte]))
        time.sleep(0.5)


agent.serve = serve
