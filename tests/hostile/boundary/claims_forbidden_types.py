"""
tries = "Answers with arrays of objects, of names that NumPy would look up, and of structures."
others = "any"
"""

# %%
import msgpack

from gradlab.kernel.agent import Agent

names = iter(["object", "O", "|O8", "datetime64", "os.system", "f8,O", "V8", "float128", "S8"])


def answer(self, payload):
    number = msgpack.unpackb(payload, strict_map_key=False)["id"]
    array = msgpack.ExtType(1, msgpack.packb([next(names, "O"), [1], b"\0" * 8]))
    return msgpack.packb({"id": number, "value": array})


Agent.handle = answer
