"""
tries = "Writes terminal escapes that set titles, clear the screen or show a link, and text that runs backwards."
absent = ["\\u001b", "\u202e", "]8;;"]
"""

# %%
print(
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m \x1b" + "]" + "8;;http://x\x1b\\link \x9b31m",
    chr(0x202E) + "cba",
)


# %% exercise="row_norms"
def row_norms(x):
    raise ValueError("\x1b]0;owned\x07\x1b[2J" + chr(0x202E) + "four of four\x00\r\b\b")
