"""
tries = "Sleeps for a year."
present = ["did not answer within 1.5 s"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import time

    if len(x) != 2:
        time.sleep(3e7)
    return x
