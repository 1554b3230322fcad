"""
tries = "Answers a message that is a list, a number, a text, nothing, or ends in the middle."
others = "any"
"""

# %%
import msgpack

from gradlab.kernel.agent import Agent

whole = msgpack.packb({"id": 1, "value": list(range(100))})
answers = iter([msgpack.packb(v) for v in ([], 1, "id", None, [["id", 1]])] + [whole[:-3]])
Agent.handle = lambda self, payload: next(answers, whole + whole)
