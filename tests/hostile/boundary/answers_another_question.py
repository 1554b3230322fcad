"""
tries = "Answers with numbers of other questions, of the wrong type, or without a number."
others = "any"
present = ["belongs to no question"]
"""

# %%
import msgpack

from gradlab.kernel.agent import Agent

numbers = iter([0, 2**63, -1, 1.0, True, "1", None, [1]])
Agent.handle = lambda self, payload: msgpack.packb({"id": next(numbers, 10**6), "value": 1.0})
