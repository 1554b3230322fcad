"""
tries = "Returns an array and writes other numbers into it from a thread while it is being sent."
"""


# %% exercise="row_norms"
def row_norms(x):
    import threading

    norms = np.zeros(len(x))

    def write():
        while True:
            norms[:] = np.random.default_rng().normal(size=len(x))

    threading.Thread(target=write, daemon=True).start()
    return norms
