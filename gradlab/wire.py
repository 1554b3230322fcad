"""The by-value encoding that crosses the trust boundary.

Values are msgpack; everything msgpack does not know is one of the extension types below. Nothing
is ever unpickled and no type name received is ever looked up: the decoder builds only the types
listed here, of exact type, within limits on size, depth and number of items.

======  ===========  ====================================================================
code    value        payload (msgpack inside)
======  ===========  ====================================================================
1       array        [dtype, shape, bytes] in C order; dtype from `DTYPES`
2       NumPy scalar [dtype, bytes]
3       tuple        [items…]
4       handle       [id, type name]: an object that stays in the kernel
5       tensor       as array; arrives as a torch tensor where torch is loaded
6       generator    [seed]; arrives as `numpy.random.default_rng(seed)`
======  ===========  ====================================================================
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgpack
import numpy as np

from gradlab.errors import WireError

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 16
MAX_ITEMS = 100_000
MAX_TEXT = 2**20
MAX_NDIM = 16
MAX_FIELDS = 4 * MAX_NDIM
DTYPES = frozenset(
    {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
    | {"float16", "float32", "float64", "complex64", "complex128"}
)
ARRAY, SCALAR, TUPLE, HANDLE, TENSOR, GENERATOR = range(1, 7)


@dataclass(frozen=True)
class Handle:
    """Names an object that stays in the kernel. `type_name` is untrusted text, for messages."""

    id: int
    type_name: str = ""


@dataclass(frozen=True)
class Seed:
    """Stands for `numpy.random.default_rng(seed)`; seed is 0 … 2⁶³ − 1."""

    seed: int


@dataclass(frozen=True, eq=False)
class Tensor:
    """A torch tensor's values, as a NumPy array."""

    array: "np.ndarray[Any, Any]"


type_of: Callable[[object], type] = type
"""`type`, bound here so that a class's own `__class__` is never asked."""
_dtype_name = lru_cache(maxsize=64)(lambda dtype: dtype.name)  # NumPy makes it anew each time


def encode(value: object, *, opaque: Callable[[object], Handle] | None = None) -> bytes:
    """Encode `value`; `opaque` turns objects that have no encoding into handles.

    Raises:
        WireError: no encoding and no `opaque`, or a limit is exceeded.
    """
    payload = _Encoder(opaque).pack(value, 0)
    if len(payload) > MAX_BYTES:
        raise WireError(f"value of {len(payload)} bytes exceeds the limit of {MAX_BYTES} bytes")
    return payload


def decode(
    payload: bytes,
    *,
    handle: Callable[[Handle], object] = lambda handle: handle,
    tensor: Callable[[Tensor], object] = lambda tensor: tensor,
    generator: Callable[[Seed], object] = lambda seed: seed,
) -> Any:
    """Decode `payload`; the callables say what handles, tensors and generators become.

    Raises:
        WireError: the payload is damaged, oversized, too deep, or names an unknown type.
    """
    if len(payload) > MAX_BYTES:
        raise WireError(f"message of {len(payload)} bytes exceeds the limit of {MAX_BYTES} bytes")
    return _Decoder(handle, tensor, generator).unpack(payload, 0)


class _Encoder:
    """One encoding run: counts items, bounds depth."""

    def __init__(self, opaque: Callable[[object], Handle] | None) -> None:
        self.opaque = opaque
        self.items = 0
        self.room = MAX_BYTES

    def pack(self, value: object, depth: int) -> bytes:
        packed = msgpack.packb(self.lower(value, depth), use_bin_type=True)
        assert isinstance(packed, bytes)
        return packed

    def lower(self, value: object, depth: int) -> object:
        """`value` in terms that msgpack packs as they are."""
        if depth > MAX_DEPTH:
            raise WireError(f"value is nested deeper than {MAX_DEPTH} levels")
        self.items += 1
        if self.items > MAX_ITEMS:
            raise WireError(f"value has more than {MAX_ITEMS} items")
        kind = type_of(value)
        if value is None or kind in (bool, float):
            return value
        if kind in _LOWER:
            return _LOWER[kind](self, value, depth)
        return self._foreign(value, depth)

    def _int(self, value: int, _depth: int) -> object:
        return value if -(2**63) <= value < 2**64 else self._refuse(value)

    def _text(self, value: str, _depth: int) -> object:
        if len(value) > MAX_TEXT:
            raise WireError(f"text of {len(value)} characters exceeds the limit of {MAX_TEXT}")
        return value.encode("utf-8", "replace").decode()

    def _list(self, value: list[object], depth: int) -> object:
        return [self.lower(item, depth + 1) for item in value]

    def _tuple(self, value: tuple[object, ...], depth: int) -> object:
        return self._ext(TUPLE, [self.lower(item, depth + 1) for item in value])

    def _dict(self, value: dict[object, object], depth: int) -> object:
        if not all(_is_key(key) for key in value):
            return self._refuse(value)
        return {
            self.lower(key, depth + 1): self.lower(item, depth + 1) for key, item in value.items()
        }

    def _array(self, value: "np.ndarray[Any, Any]", _depth: int) -> object:
        name = _dtype_name(value.dtype)
        if name not in DTYPES or value.ndim > MAX_NDIM:
            return self._refuse(value)
        self.room -= value.nbytes
        if self.room < 0:
            raise WireError(f"its arrays exceed the limit of {MAX_BYTES} bytes together")
        if not value.dtype.isnative:
            value = value.astype(value.dtype.newbyteorder("="))
        return self._ext(ARRAY, [name, list(value.shape), value.tobytes()])

    def _scalar(self, value: "np.generic", _depth: int) -> object:
        name = _dtype_name(value.dtype)
        if name not in DTYPES:
            return self._refuse(value)
        return self._ext(SCALAR, [name, value.tobytes()])

    def _handle(self, value: Handle, _depth: int) -> object:
        if not _is_natural(value.id) or type_of(value.type_name) is not str:
            raise WireError("a handle must be an id from 0 to 2**63 - 1 and a type's name")
        return self._ext(HANDLE, [value.id, self._text(value.type_name[:200], 0)])

    def _seed(self, value: Seed, _depth: int) -> object:
        if not _is_natural(value.seed):
            raise WireError("a seed must be an integer from 0 to 2**63 - 1")
        return self._ext(GENERATOR, [value.seed])

    def _tensor(self, value: Tensor, depth: int) -> object:
        inner = self.lower(value.array, depth + 1)
        if not isinstance(inner, msgpack.ExtType) or inner.code != ARRAY:
            return self._refuse(value)
        return msgpack.ExtType(TENSOR, inner.data)

    def _foreign(self, value: object, depth: int) -> object:
        """torch tensors where torch is loaded, else an opaque object."""
        array = _as_array(value)
        if array is not None:
            return self._tensor(Tensor(array), depth)
        return self._refuse(value)

    def _refuse(self, value: object) -> object:
        if self.opaque is None:
            raise WireError(f"a value of type {type_of(value).__name__} cannot cross by value")
        return self._handle(self.opaque(value), 0)

    def _ext(self, code: int, fields: list[object]) -> object:
        return msgpack.ExtType(code, msgpack.packb(fields, use_bin_type=True))


_LOWER: dict[type, Callable[[_Encoder, Any, int], object]] = {
    int: _Encoder._int,
    str: _Encoder._text,
    list: _Encoder._list,
    tuple: _Encoder._tuple,
    dict: _Encoder._dict,
    np.ndarray: _Encoder._array,
    Handle: _Encoder._handle,
    Seed: _Encoder._seed,
    Tensor: _Encoder._tensor,
    **dict.fromkeys(np.sctypeDict.values(), _Encoder._scalar),
}


def _is_natural(value: object) -> bool:
    return type_of(value) is int and 0 <= value < 2**63  # type: ignore[operator]


def _is_key(key: object) -> bool:
    """Strings, and integers that msgpack can hold."""
    return type_of(key) is str or (
        type_of(key) is int and -(2**63) <= key < 2**64  # type: ignore[operator]
    )


def _as_array(value: object) -> "np.ndarray[Any, Any] | None":
    """A dense torch tensor's values, or None. torch is found, never imported."""
    import sys

    torch = sys.modules.get("torch")
    if torch is None or type_of(value) not in (torch.Tensor, torch.nn.Parameter):
        return None
    tensor: Any = value
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    try:
        array: np.ndarray[Any, Any] = tensor.detach().cpu().resolve_conj().resolve_neg().numpy()
    except (TypeError, RuntimeError):  # sparse, without data, or of a type NumPy does not know
        return None
    return array


class _Decoder:
    """One decoding run. Sees only bytes; builds only the types of the module's table."""

    def __init__(
        self,
        handle: Callable[[Handle], object],
        tensor: Callable[[Tensor], object],
        generator: Callable[[Seed], object],
    ) -> None:
        self.handle = handle
        self.tensor = tensor
        self.generator = generator
        self.items = 0
        self.room = 4 * MAX_BYTES

    def unpack(self, payload: bytes, depth: int) -> object:
        self.items = _count_items(payload, MAX_ITEMS)
        return self.raise_(self._msgpack(payload), depth)

    def raise_(self, value: object, depth: int) -> object:
        """The inverse of `_Encoder.lower`."""
        if depth > MAX_DEPTH:
            raise WireError(f"message is nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, msgpack.ExtType):
            return self._extension(value, depth)
        if isinstance(value, list):
            return [self.raise_(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return self._dict(value, depth)
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise WireError(f"a message may not contain {type(value).__name__}")

    def _dict(self, value: dict[object, object], depth: int) -> dict[object, object]:
        if any(not isinstance(key, str | int) or isinstance(key, bool) for key in value):
            raise WireError("dictionary keys must be strings or integers")
        return {key: self.raise_(item, depth + 1) for key, item in value.items()}

    def _extension(self, value: msgpack.ExtType, depth: int) -> object:
        if value.code == TUPLE:  # the list inside is the tuple itself, counted before
            self.items += _count_items(value.data, MAX_ITEMS - self.items + 1) - 1
            return tuple(self.raise_(item, depth + 1) for item in self._fields(value))
        builder = _BUILD.get(value.code)
        if builder is None:
            raise WireError(f"unknown extension type {value.code}")
        _count_items(value.data, MAX_FIELDS)
        return builder(self, self._fields(value))

    def _fields(self, value: msgpack.ExtType) -> list[object]:
        fields = self._msgpack(value.data)
        if not isinstance(fields, list):
            raise WireError(f"extension {value.code} must hold a list")
        return fields

    def _array(self, fields: list[object]) -> object:
        match fields:
            case [str() as name, list() as shape, bytes() as data]:
                return _build_array(name, shape, data)
        raise WireError("an array must be [dtype, shape, bytes]")

    def _scalar(self, fields: list[object]) -> object:
        match fields:
            case [str() as name, bytes() as data]:
                return _build_array(name, [], data)[()]
        raise WireError("a scalar must be [dtype, bytes]")

    def _handle(self, fields: list[object]) -> object:
        match fields:
            case [int() as id_, str() as type_name] if not isinstance(id_, bool):
                return self.handle(Handle(id_, type_name[:200]))
        raise WireError("a handle must be [id, type name]")

    def _tensor(self, fields: list[object]) -> object:
        array = self._array(fields)
        assert isinstance(array, np.ndarray)
        return self.tensor(Tensor(array))

    def _generator(self, fields: list[object]) -> object:
        match fields:
            case [int() as seed] if not isinstance(seed, bool) and 0 <= seed < 2**63:
                return self.generator(Seed(seed))
        raise WireError("a generator must be [seed] with 0 <= seed < 2**63")

    def _msgpack(self, payload: bytes) -> object:
        """The objects of a payload whose items have been counted; every level is one more copy."""
        self.room -= len(payload)
        if self.room < 0:
            raise WireError("message holds too much inside tuples inside tuples")
        try:
            return msgpack.unpackb(payload, strict_map_key=False, max_str_len=4 * MAX_TEXT)
        except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
            raise WireError(f"damaged message: {type(error).__name__}: {error}") from None


_BUILD: dict[int, Callable[[_Decoder, list[object]], object]] = {
    ARRAY: _Decoder._array,
    SCALAR: _Decoder._scalar,
    HANDLE: _Decoder._handle,
    TENSOR: _Decoder._tensor,
    GENERATOR: _Decoder._generator,
}


def _count_items(payload: bytes, most: int) -> int:
    """How many objects msgpack would build, found out without building any.

    64 MiB can announce 64 million empty lists, which would take gigabytes; so they are counted
    before the first is made. A damaged payload is left to msgpack to refuse.
    """
    seen, announced, at = 0, 1, 0
    while seen < announced and at < len(payload):
        children, at = _head(payload, at)
        seen += 1
        announced += children
        if announced > most:
            raise WireError(f"message announces more than {most} items")
    return announced


_HEADS = (
    # 0xc0 … 0xdf: bytes that tell the length, fixed bytes, children per unit of length
    *[(0, 0, 0)] * 4,  # nil, (unused), false, true
    *[(1, 0, 0), (2, 0, 0), (4, 0, 0)],  # bin
    *[(1, 1, 0), (2, 1, 0), (4, 1, 0)],  # ext
    *[(0, 4, 0), (0, 8, 0)],  # float
    *[(0, 1, 0), (0, 2, 0), (0, 4, 0), (0, 8, 0)] * 2,  # uint, int
    *[(0, 2, 0), (0, 3, 0), (0, 5, 0), (0, 9, 0), (0, 17, 0)],  # fixext
    *[(1, 0, 0), (2, 0, 0), (4, 0, 0)],  # str
    *[(2, 0, 1), (4, 0, 1), (2, 0, 2), (4, 0, 2)],  # array, map
)


def _head(payload: bytes, at: int) -> tuple[int, int]:
    """How many objects the one at `at` holds, and where the next head stands."""
    byte = payload[at]
    if byte <= 0x7F or byte >= 0xE0:  # small integers
        return 0, at + 1
    if byte <= 0x9F:  # small maps, small arrays
        return (byte & 15) * (2 if byte <= 0x8F else 1), at + 1
    if byte <= 0xBF:  # short strings
        return 0, at + 1 + (byte & 31)
    width, fixed, per_unit = _HEADS[byte - 0xC0]
    at += 1 + width
    length = int.from_bytes(payload[at - width : at], "big")
    return length * per_unit, at + fixed + (0 if per_unit else length)


def _build_array(name: str, shape: list[object], data: bytes) -> "np.ndarray[Any, Any]":
    """A fresh, writable array, after its dtype, shape and byte count were found consistent."""
    if name not in DTYPES:
        raise WireError(f"dtype {name[:40]!r} is not allowed")
    if len(shape) > MAX_NDIM:
        raise WireError(f"array has {len(shape)} dimensions; at most {MAX_NDIM} are allowed")
    sizes = [n for n in shape if isinstance(n, int) and not isinstance(n, bool) and n >= 0]
    if len(sizes) != len(shape) or any(n > MAX_BYTES for n in sizes):
        raise WireError("array shape must be small non-negative integers")
    dtype = np.dtype(name)
    if math.prod(sizes) * dtype.itemsize != len(data):
        raise WireError(f"array of shape {tuple(sizes)} and {name} cannot have {len(data)} bytes")
    flat = np.frombuffer(bytearray(data), dtype=dtype)
    if name == "bool":  # other bytes than 0 and 1 would be true here and unequal to True there
        flat = flat.view(np.uint8) != 0
    try:
        return flat.reshape(sizes)
    except ValueError:  # no bytes, but sizes whose product no array can have
        raise WireError(f"no array can have shape {tuple(sizes)}") from None
