"""
tries = "Loops in a cell of its own; its answer is right."
score = 4
present = ["ran longer than 3 s"]
"""

# %%
while True:
    pass
