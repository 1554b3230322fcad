"""
tries = "Puts spreadsheet formulas where an export could take them over: messages, types, outputs."
"""


# %% exercise="row_norms"
def row_norms(x):
    print("=cmd|' /C calc'!A0")
    raise type("=HYPERLINK", (ValueError,), {})('=cmd|"/C calc"!A0')
