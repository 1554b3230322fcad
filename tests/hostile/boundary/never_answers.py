"""
tries = "Takes the question and never answers."
others = "any"
present = ["did not answer within 1.5 s"]
"""

# %%
import time

from gradlab.kernel.agent import Agent


def wait(self, payload):
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass


Agent.handle = wait
