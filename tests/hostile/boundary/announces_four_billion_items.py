"""
tries = "Answers with a list that announces four billion items, and with a million empty lists."
others = "any"
"""

# %%
from gradlab.kernel.agent import Agent

answers = iter([b"\xdd\xff\xff\xff\xff", b"\xdd\x00\x0f\x42\x40" + b"\x90" * 10**6])
Agent.handle = lambda self, payload: next(answers, b"")
