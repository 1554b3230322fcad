"""
tries = "Answers with extension types that do not exist, timestamps and binary text."
others = "any"
"""

# %%
import msgpack

from gradlab.kernel.agent import Agent

values = iter([msgpack.ExtType(99, b""), msgpack.Timestamp(1), b"bytes", {1.5: 2}, {b"k": 1}])


def answer(self, payload):
    number = msgpack.unpackb(payload, strict_map_key=False)["id"]
    return msgpack.packb({"id": number, "value": next(values, b"")})


Agent.handle = answer
