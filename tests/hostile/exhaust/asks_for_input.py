"""
tries = "Waits for somebody to type something, in a cell and in a call."
"""

# %%
try:
    input("Your password, please: ")
except Exception as error:
    print(type(error).__name__)


# %% exercise="row_norms"
def row_norms(x):
    import getpass
    import sys

    get_ipython().kernel._allow_stdin = True
    for ask in (input, getpass.getpass, sys.stdin.readline, lambda: open("/dev/tty").read()):
        try:
            ask()
        except Exception as error:
            print(type(error).__name__)
    return x
