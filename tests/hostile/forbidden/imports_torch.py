"""
tries = "Uses torch in a lab without it."
present = ["No module named"]
"""


# %% exercise="row_norms"
def row_norms(x):
    import torch

    return torch.linalg.vector_norm(torch.tensor(x), dim=1).numpy()
