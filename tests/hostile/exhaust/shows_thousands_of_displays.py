"""
tries = "Shows tens of thousands of things; its answer is right."
score = 4
"""

# %%
from IPython.display import display

for number in range(3000):
    display({"text/plain": str(number), "text/html": "<b>" * 100}, raw=True)
