"""
tries = "Never returns, and catches whatever interrupts it."
present = ["did not answer within 1.5 s"]
"""


# %% exercise="row_norms"
def row_norms(x):
    while len(x) != 2:
        try:
            while True:
                pass
        except BaseException:
            pass
    return x
