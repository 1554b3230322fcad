"""
tries = "Claims an error of the expected name for every call, without running anything."
others = "any"
"""

# %%
import msgpack

from gradlab.kernel.agent import Agent


def answer(self, payload):
    number = msgpack.unpackb(payload, strict_map_key=False)["id"]
    error = {"type": "ValueError", "bases": ["ValueError"], "message": "two dimensions"}
    return msgpack.packb({"id": number, "error": error})


Agent.handle = answer
