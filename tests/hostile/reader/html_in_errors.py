"""
tries = "Raises an error whose type, message and traceback are markup."
"""


# %% exercise="row_norms"
def row_norms(x):
    raise type("<b onclick=alert(2)>", (ValueError,), {})("<script>" + "alert(1)</script>")
