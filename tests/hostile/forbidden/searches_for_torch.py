"""
tries = "Looks for torch in every folder, wheel and zip archive and puts it on the path."
present = ["No module named"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import os
    import sys

    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if name not in ("proc", "sys")]
        if "torch" in folders:
            sys.path.insert(0, folder)
        sys.path += [os.path.join(folder, f) for f in files if f.startswith("torch") and "whl" in f]
    import torch

    return torch.linalg.vector_norm(torch.tensor(x), dim=1).numpy()
