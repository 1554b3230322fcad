"""
tries = "Installs torch with pip."
"""

# %%
import subprocess
import sys

done = subprocess.run(
    [sys.executable, "-m", "pip", "install", "--user", "torch"], capture_output=True, text=True
)
print(done.stderr[-300:])


# %% exercise="row_norms"
def row_norms(x):
    import torch

    return torch.linalg.vector_norm(torch.tensor(x), dim=1).numpy()
