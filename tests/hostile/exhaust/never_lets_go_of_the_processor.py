"""
tries = "Leaves threads behind that compute for ever; its answer is right."
score = 4
others = "any"
"""

# %%
import threading


def burn():
    while True:
        sum(range(1000))


for _ in range(2):
    threading.Thread(target=burn, daemon=True).start()
