"""
tries = "Keeps the hidden inputs and prints them in a later cell, to answer them by heart next time."
open = "a later cell's output is the student's own; a new .gradlab/secret makes new inputs"
"""

# %%
seen = []


# %% exercise="row_norms"
def row_norms(x):
    seen.append(x.tolist())
    return np.zeros(len(x))


# %% exercise="RunningMean"
print(seen)


class RunningMean:
    def __init__(self):
        self.sum, self.count = 0.0, 0

    def update(self, x):
        self.sum, self.count = self.sum + x, self.count + 1

    def mean(self):
        return self.sum / self.count
