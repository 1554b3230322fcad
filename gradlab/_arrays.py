"""Arrays and NumPy scalars as bytes and back; part of `gradlab.wire`, on both sides.

What crosses is `[dtype, shape, bytes]`, of a scalar without shape, in msgpack.
"""

import math
import sys
from functools import lru_cache
from typing import Any

import msgpack
import numpy as np

from gradlab.errors import WireError

MAX_BYTES = 64 * 2**20
MAX_NDIM = 16
DTYPES = frozenset(
    {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
    | {"float16", "float32", "float64", "complex64", "complex128"}
)
_dtype = {name: np.dtype(name) for name in DTYPES}
dtype_name = lru_cache(maxsize=64)(lambda dtype: dtype.name)  # NumPy makes it anew each time
_TRUTH = bytes([0]) + bytes([1]) * 255


@lru_cache(maxsize=256)
def array_head(dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> bytes:
    """The fields of such an array up to its bytes; nothing if it cannot cross as it is."""
    size = math.prod(shape) * dtype.itemsize
    if not _is_allowed(dtype) or len(shape) > MAX_NDIM or size > MAX_BYTES:
        return b""
    return b"\x93" + _packed(dtype.name) + _packed(shape) + _bytes_head(size)


@lru_cache(maxsize=64)
def scalar_head(dtype: "np.dtype[Any]") -> bytes:
    if not _is_allowed(dtype):
        return b""
    return b"\x92" + _packed(dtype.name) + _bytes_head(dtype.itemsize)


def _is_allowed(dtype: "np.dtype[Any]") -> bool:
    return dtype.name in DTYPES and dtype.isnative


def _packed(value: object) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def _bytes_head(size: int) -> bytes:
    return b"\xc6" + size.to_bytes(4, "big") if size > 255 else bytes([0xC4, size])


def build_array(name: str, shape: list[object], data: bytes) -> "np.ndarray[Any, Any]":
    """A fresh, writable array, after its dtype, shape and byte count were found consistent."""
    dtype = _dtype.get(name)
    if dtype is None:
        raise WireError(f"dtype {name[:40]!r} is not allowed")
    if len(shape) > MAX_NDIM:
        raise WireError(f"array has {len(shape)} dimensions; at most {MAX_NDIM} are allowed")
    size = dtype.itemsize
    for length in shape:
        if type(length) is not int or not 0 <= length <= MAX_BYTES:
            raise WireError("array shape must be small non-negative integers")
        size *= length
    if size != len(data):
        raise WireError(f"array of shape {tuple(shape)} and {name} cannot have {len(data)} bytes")
    fresh = bytearray(data)
    if name == "bool":  # other bytes than 0 and 1 would be true here and unequal to True there
        fresh = fresh.translate(_TRUTH)
    try:
        return np.ndarray(shape, dtype, fresh)  # type: ignore[arg-type]
    except ValueError:  # no bytes, but sizes whose product no array can have
        raise WireError(f"no array can have shape {tuple(shape)}") from None


def tensor_values(value: object) -> "np.ndarray[Any, Any] | None":
    """A dense torch tensor's values, or None. torch is found, never imported."""
    torch = sys.modules.get("torch")
    if torch is None or type(value) not in (torch.Tensor, torch.nn.Parameter):
        return None
    tensor: Any = value
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    try:
        array: np.ndarray[Any, Any] = tensor.detach().cpu().resolve_conj().resolve_neg().numpy()
    except (TypeError, RuntimeError):  # sparse, without data, or of a type NumPy does not know
        return None
    return array
