"""
tries = "Answers with a pickle that would run a program when it is loaded."
others = "any"
"""

# %%
import os
import pickle

from gradlab.kernel.agent import Agent


class Bomb:
    def __reduce__(self):
        return os.system, ('touch "${TMPDIR:-/tmp}/unpickled"',)


Agent.handle = lambda self, payload: pickle.dumps({"id": 1, "value": Bomb()})
