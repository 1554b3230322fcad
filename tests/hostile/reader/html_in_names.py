"""
tries = "Returns an object whose type has markup for a name, and prints markup."
"""


# %% exercise="row_norms"
def row_norms(x):
    print("<img src=x " + "onerror=alert(1)>")
    return type("<img src=x " + "onerror=alert(1)>", (), {})()
