"""
tries = "Sends an answer before the question, with the number that the question will have."
others = "any"
"""

# %%
import os
import struct

import msgpack

from gradlab.kernel import agent

honest = agent.serve


def serve(reading, writing):
    answer = msgpack.packb({"id": 1, "value": 0.0})
    os.write(writing, (struct.pack(">I", len(answer)) + answer) * 3)
    honest(reading, writing)


agent.serve = serve


# %% exercise="row_norms"
def row_norms(x):
    return x
