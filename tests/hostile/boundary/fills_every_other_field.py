"""
tries = "Gives a right answer's other fields absurd types and sizes: output, warnings, error, changes."
others = "any"
"""

# %%
import msgpack

from gradlab.kernel.agent import Agent


def answer(self, payload):
    number = msgpack.unpackb(payload, strict_map_key=False)["id"]
    deep = [[[[["x"] * 100] * 10] * 3]]
    reply = {"id": number, "stdout": deep, "warnings": {"a": deep}, "mutated": "everything"}
    reply["error"] = {"type": 5, "bases": "ValueError", "message": ["dim"], "traceback": deep}
    return msgpack.packb(reply)


Agent.handle = answer
