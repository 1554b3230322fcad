"""
tries = "Keeps one sum for all objects, which a single object does not show."
exercise = "RunningMean"
score = 1.5
"""


# %% exercise="RunningMean"
class RunningMean:
    numbers = []

    def __init__(self):
        self.numbers.clear()

    def update(self, x):
        self.numbers.append(x)

    def mean(self):
        return sum(self.numbers) / len(self.numbers)
