"""
tries = "Answers with arrays whose shape and bytes do not fit: negative, huge, overflowing, of many dimensions."
others = "any"
"""

# %%
import msgpack

from gradlab.kernel.agent import Agent

shapes = iter([[-1], [2**62, 4], [2**40], [0, 2**62], [1] * 60, [3.0], [True], ["3"], [[3]]])


def answer(self, payload):
    number = msgpack.unpackb(payload, strict_map_key=False)["id"]
    array = msgpack.ExtType(1, msgpack.packb(["float64", next(shapes, [-3]), b"\0" * 24]))
    return msgpack.packb({"id": number, "value": array})


Agent.handle = answer
