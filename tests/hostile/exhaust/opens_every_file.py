"""
tries = "Uses up all file numbers, so that the agent can open none; its answer is right."
score = 4
"""

# %%
import os

kept = []
try:
    while True:
        kept.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print(error)
    for number in kept[:20]:
        os.close(number)
