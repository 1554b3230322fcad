"""
tries = "Answers with bytes that are no message."
others = "any"
present = ["its answer cannot be used"]
"""

# %%
from gradlab.kernel.agent import Agent

Agent.handle = lambda self, payload: b"\xc1\xff\x00 this is no message"
