"""
tries = "Answers with handles that were never given out, negative, huge or of absurd type names."
others = "any"
"""

# %%
import msgpack

from gradlab.kernel.agent import Agent

fields = iter([[-1, "x"], [2**63, "x"], [0, "x" * 10**6], [1, 2], [], ["1", "x"], [1, "\x1b[2J"]])


def answer(self, payload):
    number = msgpack.unpackb(payload, strict_map_key=False)["id"]
    handle = msgpack.ExtType(4, msgpack.packb(next(fields, [7, "list"])))
    return msgpack.packb({"id": number, "value": handle})


Agent.handle = answer
