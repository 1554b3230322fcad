"""
tries = "Raises what ends programs, with messages, names, causes and classes that raise in turn."
"""


# %%
class Evil(type):
    def __instancecheck__(cls, other):
        raise SystemExit

    def mro(cls):
        return [*type.mro(cls)]

    @property
    def __name__(cls):
        raise GeneratorExit


def explode(*args, **kwargs):
    raise KeyboardInterrupt("from inside the message")


Endless = Evil("Endless", (BaseException,), dict.fromkeys(("__str__", "__repr__", "__format__"), explode))


# %% exercise="row_norms"
def row_norms(x):
    kinds = [KeyboardInterrupt, SystemExit("4.0"), GeneratorExit(), Endless(), StopIteration(4.0)]
    error = kinds[(len(x) + x.ndim) % 5]
    if isinstance(error, BaseException):
        error.__cause__ = error.__context__ = error
    raise error
