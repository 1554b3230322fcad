"""
tries = "Loads torch's libraries, or any BLAS beside NumPy's, by ctypes."
"""


# %% exercise="row_norms"
def row_norms(x):
    import ctypes
    import glob

    for name in [*glob.glob("/**/libtorch*.so*", recursive=True), "libtorch.so", "libcudart.so"]:
        ctypes.CDLL(name)
    return x
