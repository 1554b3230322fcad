"""
tries = "Overwrites what stands before it with carriage returns, backspaces and null characters."
score = 4
absent = ["\\b", "\\u0000", "\\r"]
"""

# %%
print("failed\rpassed\x00\x08\x08\x08four of four")
