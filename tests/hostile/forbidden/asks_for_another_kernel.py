"""
tries = "Starts another kernel, with other packages, from inside."
"""


# %% exercise="row_norms"
def row_norms(x):
    from jupyter_client import KernelManager

    manager = KernelManager()
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    client.execute_interactive("import torch", timeout=1)
    return x
