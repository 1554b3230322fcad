"""
tries = "Starts threads until there are no more."
"""


# %% exercise="row_norms"
def row_norms(x):
    import threading
    import time

    while len(x) != 2:
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    return x
