"""
tries = "Returns objects whose __class__ says list or ndarray, with methods of their own."
"""


# %%
class Liar(list):
    @property
    def __class__(self):
        return np.ndarray

    def __len__(self):
        return 3

    def __iter__(self):
        raise MemoryError


# %% exercise="row_norms"
def row_norms(x):
    return Liar([1.0, 2.0])
