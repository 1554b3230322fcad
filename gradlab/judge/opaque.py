"""What stands here for an object in the kernel has no value, and says so to whoever asks for one.

Python and NumPy ask objects by name for what they can do. An object that answers every name would
be asked for `sum` by `np.sum`, be true, and differ from everything: then a submission, not the
check, decides.
"""

from typing import Any

from gradlab.judge.failures import Mismatch


def _no_value(self: Any, *_: Any, **__: Any) -> Any:
    raise self.no_value()


class Opaque:
    """Neither true nor false, equal to nothing, without length, items or numbers.

    `gradlab_handle` tells it from a value; two of them cannot be told apart.
    """

    gradlab_handle = True

    def no_value(self) -> Exception:
        """What is raised where a value is asked for."""
        return Mismatch("an object came back where a value was expected", kind="type")

    __hash__ = object.__hash__
    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _no_value
    __len__ = __iter__ = __next__ = __reversed__ = __contains__ = __getitem__ = _no_value
    __setitem__ = __delitem__ = __enter__ = __exit__ = _no_value
    __int__ = __float__ = __complex__ = __index__ = __round__ = __trunc__ = _no_value
    __neg__ = __pos__ = __abs__ = __invert__ = _no_value
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _no_value
    __matmul__ = __rmatmul__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = _no_value
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _no_value
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _no_value
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _no_value
    __array__ = __array_ufunc__ = __array_function__ = _no_value
