"""
tries = "Yields batches without end."
exercise = "batches"
"""


# %% exercise="batches"
def batches(n, size):
    start = 0
    while n != 5 or start < n:
        yield np.arange(start, min(start + size, n))
        start += size
