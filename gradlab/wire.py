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

import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, cast

import msgpack
import numpy as np

from gradlab import _arrays
from gradlab._arrays import array_head, build_array, dtype_name, scalar_head, tensor_values
from gradlab._counting import count_items
from gradlab.errors import WireError

MAX_BYTES = _arrays.MAX_BYTES
MAX_DEPTH = 16
MAX_ITEMS = 100_000
MAX_TEXT = 2**20
MAX_NDIM = _arrays.MAX_NDIM
MAX_FIELDS = 4 * MAX_NDIM
LONGEST_UNCOUNTED = 256
REUSED_BYTES = 2**18
DTYPES = _arrays.DTYPES
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
_packer = msgpack.Packer()
_ext_type = msgpack.ExtType._make  # checks nothing: codes and bytes are what they should be
_AS_IT_IS = frozenset({type(None), bool, float})
_KEYS = frozenset({str, int})


def encode(value: object, *, opaque: Callable[[object], Handle] | None = None) -> bytes:
    """Encode `value`; `opaque` turns objects that have no encoding into handles.

    Raises:
        WireError: no encoding and no `opaque`, or a limit is exceeded.
    """
    payload = _Encoder(opaque).pack(value)
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
    return _Decoder(handle, tensor, generator).unpack(payload)


class _Encoder:
    """One encoding run: counts items, bounds depth."""

    def __init__(self, opaque: Callable[[object], Handle] | None) -> None:
        self.opaque = opaque
        self.items = 0
        self.room = MAX_BYTES
        self.bulk = 0

    def pack(self, value: object) -> bytes:
        self._count(1, 0)
        return self._packed(self.lower(value, 0))

    def _packed(self, lowered: object) -> bytes:
        """A packer keeps its buffer, which saves time where it is small, and memory else."""
        packer = _packer if self.bulk < REUSED_BYTES else msgpack.Packer()
        packed: bytes = packer.pack(lowered)
        return packed

    def _count(self, items: int, depth: int) -> None:
        """Before anything is made of them."""
        if items and depth > MAX_DEPTH:
            raise WireError(f"value is nested deeper than {MAX_DEPTH} levels")
        self.items += items
        if self.items > MAX_ITEMS:
            raise WireError(f"value has more than {MAX_ITEMS} items")

    def lower(self, value: object, depth: int) -> object:
        """`value`, which has been counted, in terms that msgpack packs as they are."""
        kind = type_of(value)
        return value if kind in _AS_IT_IS else _LOWER.get(kind, _foreign)(self, value, depth)

    def _int(self, value: int, _depth: int) -> object:
        return value if -(2**63) <= value < 2**64 else self._refuse(value)

    def _text(self, value: str, _depth: int) -> object:
        if len(value) > MAX_TEXT:
            raise WireError(f"text of {len(value)} characters exceeds the limit of {MAX_TEXT}")
        self.bulk += len(value)
        return value if value.isascii() else value.encode("utf-8", "replace").decode()

    def _list(self, value: list[object], depth: int) -> object:
        return self._each(value, depth + 1)

    def _tuple(self, value: tuple[object, ...], depth: int) -> object:
        return _ext_type((TUPLE, self._packed(self._each(value, depth + 1))))

    def _each(self, values: Collection[object], depth: int) -> list[object]:
        self._count(len(values), depth)
        return [
            one
            if (kind := type_of(one)) in _AS_IT_IS
            else _LOWER.get(kind, _foreign)(self, one, depth)
            for one in values
        ]

    def _dict(self, value: dict[object, object], depth: int) -> object:
        if not all(map(_is_key, value)):
            return self._refuse(value)
        items = self._each(value.values(), depth + 1)
        return dict(zip(self._each(value, depth + 1), items, strict=True))

    def _array(self, value: "np.ndarray[Any, Any]", _depth: int) -> object:
        head = array_head(value.dtype, value.shape)
        if not head:
            return self._odd_array(value)
        self.room -= value.nbytes
        if self.room < 0:
            raise WireError(f"its arrays exceed the limit of {MAX_BYTES} bytes together")
        return self._ext(ARRAY, head, value)

    def _odd_array(self, value: "np.ndarray[Any, Any]") -> object:
        """One that has no head: of another type, too large or of another byte order."""
        if dtype_name(value.dtype) not in DTYPES or value.ndim > MAX_NDIM:
            return self._refuse(value)
        if value.nbytes > MAX_BYTES:
            raise WireError(f"its arrays exceed the limit of {MAX_BYTES} bytes together")
        return self._array(value.astype(value.dtype.newbyteorder("=")), 0)

    def _scalar(self, value: "np.generic", _depth: int) -> object:
        head = scalar_head(value.dtype)
        return self._ext(SCALAR, head, value) if head else self._refuse(value)

    def _ext(self, code: int, head: bytes, value: "np.ndarray[Any, Any] | np.generic") -> object:
        self.bulk += value.nbytes
        return _ext_type((code, head + value.tobytes()))

    def _handle(self, value: Handle, _depth: int) -> object:
        if not _is_natural(value.id) or type_of(value.type_name) is not str:
            raise WireError("a handle must be an id from 0 to 2**63 - 1 and a type's name")
        name = self._text(value.type_name[:200], 0)
        return _ext_type((HANDLE, self._packed([value.id, name])))

    def _seed(self, value: Seed, _depth: int) -> object:
        if not _is_natural(value.seed):
            raise WireError("a seed must be an integer from 0 to 2**63 - 1")
        return _ext_type((GENERATOR, self._packed([value.seed])))

    def _tensor(self, value: Tensor, depth: int) -> object:
        self._count(1, depth + 1)
        inner = self.lower(value.array, depth + 1)
        if not isinstance(inner, msgpack.ExtType) or inner.code != ARRAY:
            return self._refuse(value)
        return _ext_type((TENSOR, inner.data))

    def _refuse(self, value: object) -> object:
        if self.opaque is None:
            raise WireError(f"a value of type {type_of(value).__name__} cannot cross by value")
        return self._handle(self.opaque(value), 0)


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


def _foreign(run: _Encoder, value: Any, depth: int) -> object:
    """torch tensors where torch is loaded; a namedtuple, torch.Size, OrderedDict or defaultdict as
    the tuple or dict that it is; else an opaque object."""
    array = tensor_values(value)
    if array is not None:
        return run._tensor(Tensor(array), depth)
    kind = type_of(value)
    if issubclass(kind, tuple) and ("_fields" in kind.__dict__ or _is_size(kind)):
        return run._tuple(tuple(tuple.__iter__(value)), depth)
    if kind in (OrderedDict, defaultdict):
        return run._dict(dict(dict.items(value)), depth)
    return run._refuse(value)


def _is_size(kind: type) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and kind is torch.Size


def _is_natural(value: object) -> bool:
    return type_of(value) is int and 0 <= value < 2**63  # type: ignore[operator]


def _is_key(key: object) -> bool:
    """Strings, and integers that msgpack can hold."""
    return type_of(key) is str or (
        type_of(key) is int and -(2**63) <= key < 2**64  # type: ignore[operator]
    )


_PLAIN = frozenset({type(None), bool, int, float, str, np.ndarray})
_PLAIN |= {np.dtype(name).type for name in DTYPES}
_DAMAGE = (ValueError, TypeError, RecursionError, msgpack.UnpackException)


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
        self.short = False

    def unpack(self, payload: bytes) -> object:
        """Every item takes a byte at least, so those of a short message need not be counted."""
        self.short = len(payload) <= MAX_ITEMS
        return self.raise_(self._msgpack(payload, self._count, self._leaf), 0)

    def _count(self, payload: bytes) -> None:
        self.items += count_items(payload, MAX_ITEMS - self.items)

    def raise_(self, value: object, depth: int) -> object:
        """The inverse of `_Encoder.lower`."""
        if depth > MAX_DEPTH:
            raise WireError(f"message is nested deeper than {MAX_DEPTH} levels")
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is list:
            return self._each(cast(list[object], value), depth + 1)
        if kind is dict:
            return self._dict(cast(dict[object, object], value), depth)
        if kind is msgpack.ExtType:
            return self._extension(value, depth)
        raise WireError(f"a message may not contain {kind.__name__}")

    def _each(self, values: Collection[object], depth: int) -> list[object]:
        if values and depth > MAX_DEPTH:
            raise WireError(f"message is nested deeper than {MAX_DEPTH} levels")
        raise_ = self.raise_
        return [one if type(one) in _PLAIN else raise_(one, depth) for one in values]

    def _dict(self, value: dict[object, object], depth: int) -> dict[object, object]:
        if not _KEYS.issuperset(map(type, value)):
            raise WireError("dictionary keys must be strings or integers")
        return dict(zip(value, self._each(value.values(), depth + 1), strict=True))

    def _leaf(self, code: int, data: bytes) -> object:
        """An array at once; how deep the others lie is known only from above, in `raise_`."""
        if code == ARRAY:
            return self._array(self._fields(code, data))
        if code == SCALAR:
            return self._scalar(self._fields(code, data))
        return _ext_type((code, data))

    def _extension(self, value: msgpack.ExtType, depth: int) -> object:
        if value.code == TUPLE:  # the list inside is the tuple itself, counted before
            self.items -= 1
            items = _as_list(TUPLE, self._msgpack(value.data, self._count, self._leaf))
            return tuple(self._each(items, depth + 1))
        builder = _BUILD.get(value.code)
        if builder is None:
            raise WireError(f"unknown extension type {value.code}")
        return builder(self, self._fields(value.code, value.data))

    def _fields(self, code: int, data: bytes) -> list[object]:
        """Extensions among them are left as they are, or they could lie in each other endlessly."""
        return _as_list(code, self._msgpack(data, _count_fields, msgpack.ExtType))

    def _array(self, fields: list[object]) -> "np.ndarray[Any, Any]":
        if len(fields) == 3:
            name, shape, data = fields
            if type(name) is str and type(shape) is list and type(data) is bytes:
                return build_array(name, shape, data)
        raise WireError("an array must be [dtype, shape, bytes]")

    def _scalar(self, fields: list[object]) -> object:
        if len(fields) == 2:
            name, data = fields
            if type(name) is str and type(data) is bytes:
                return build_array(name, [], data)[()]
        raise WireError("a scalar must be [dtype, bytes]")

    def _handle(self, fields: list[object]) -> object:
        match fields:
            case [int() as id_, str() as type_name] if not isinstance(id_, bool):
                return self.handle(Handle(id_, type_name[:200]))
        raise WireError("a handle must be [id, type name]")

    def _tensor(self, fields: list[object]) -> object:
        return self.tensor(Tensor(self._array(fields)))

    def _generator(self, fields: list[object]) -> object:
        match fields:
            case [int() as seed] if not isinstance(seed, bool) and 0 <= seed < 2**63:
                return self.generator(Seed(seed))
        raise WireError("a generator must be [seed] with 0 <= seed < 2**63")

    def _msgpack(
        self,
        payload: bytes,
        count: Callable[[bytes], None],
        extension: Callable[[int, bytes], object],
    ) -> object:
        """The objects of a payload, at most as many as `count` lets pass.

        Every level of extensions is one more copy. Announced lists are made before their items
        come, a thousand inside each other at most, so where nothing is counted they are short.
        """
        self.room -= len(payload)
        if self.room < 0:
            raise WireError("message holds too much inside tuples inside tuples")
        if self.short:
            try:
                return _unpacked(payload, extension, LONGEST_UNCOUNTED)
            except _DAMAGE:
                pass  # what is longer is counted, and what is damaged told, below
        count(payload)
        try:
            return _unpacked(payload, extension, MAX_ITEMS)
        except _DAMAGE as error:
            raise WireError(f"damaged message: {type(error).__name__}: {error}") from None


def _unpacked(payload: bytes, extension: Callable[[int, bytes], object], longest: int) -> object:
    return msgpack.unpackb(
        payload,
        strict_map_key=False,
        max_str_len=4 * MAX_TEXT,
        max_array_len=longest,
        ext_hook=extension,
    )


def _count_fields(data: bytes) -> None:
    count_items(data, MAX_FIELDS)


def _as_list(code: int, found: object) -> list[object]:
    if type(found) is not list:
        raise WireError(f"extension {code} must hold a list")
    return found


_BUILD: dict[int, Callable[[_Decoder, list[object]], object]] = {
    HANDLE: _Decoder._handle,
    TENSOR: _Decoder._tensor,
    GENERATOR: _Decoder._generator,
}
