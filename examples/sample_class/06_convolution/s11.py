"""
base = "solution"
why = "An added cell never ends: it is stopped, and everything else is graded as usual."
rest = "full"

[expected]
"""

# %%
# smooth again and again until nothing changes any more
series = np.array([0.0, 1.0, 0.0, 1.0])
while not np.all(series == 0.5):
    series = (series + series[::-1]) / 2 + 1e-9
print("done")
