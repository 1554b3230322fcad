"""
tries = "Announces an answer of four gigabytes."
others = "any"
"""

# %%
import os

from gradlab.kernel import agent


def serve(reading, writing):
    os.read(reading, 2**20)
    os.write(writing, b"\xff\xff\xff\xff" + b"x" * 2**20)
    os.read(reading, 2**20)


agent.serve = serve
