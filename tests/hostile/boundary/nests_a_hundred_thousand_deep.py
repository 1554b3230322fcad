"""
tries = "Answers with lists, and with tuples in extension types, nested a hundred thousand deep."
others = "any"
"""

# %%
import msgpack

from gradlab.kernel.agent import Agent

deep = b"\x90"
for _ in range(300):
    deep = msgpack.packb([msgpack.ExtType(3, deep)])
answers = iter([b"\x91" * 100_000 + b"\x90", deep])
Agent.handle = lambda self, payload: next(answers, b"\x91" * 100_000)
