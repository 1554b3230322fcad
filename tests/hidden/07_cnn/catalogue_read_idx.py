"""read_idx: known wrong implementations, by where they go wrong, and right ones."""

import math
import struct

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "read_idx"
TYPES = {8: "u1", 9: "i1", 11: "i2", 12: "i4", 13: "f4", 14: "f8"}


def _refuse_start(content):
    if len(content) < 4 or content[0] or content[1]:
        raise ValueError("content does not begin as an IDX file")


def _refuse_type(content):
    if content[2] not in TYPES:
        raise ValueError(f"content has the unknown type {content[2]}")


def _refuse_header(content):
    if len(content) < 4 + 4 * content[3]:
        raise ValueError("content ends within its header")


def _refuse_length(content, shape, itemsize):
    if len(content) != 4 + 4 * len(shape) + math.prod(shape) * itemsize:
        raise ValueError("content has another length than its header says")


def _nothing(*_):
    pass


def _idx(
    *,
    start=_refuse_start,
    kind=_refuse_type,
    header=_refuse_header,
    length=_refuse_length,
    sizes=">u4",
    types=TYPES,
    order=">",
    skip=lambda count: 4 + 4 * count,
    dimensions=lambda content: content[3],
    shape=lambda sizes: sizes,
    finish=lambda array: array,
):
    """A right reader in steps; each keyword puts another step in its place."""

    def read_idx(content):
        start(content)
        kind(content)
        header(content)
        dtype = np.dtype(order + types.get(content[2], "u1"))
        count = dimensions(content)
        if len(content) < 4 + 4 * count:
            count = max((len(content) - 4) // 4, 0)
        found = [int(size) for size in np.frombuffer(content, sizes, count, 4)] if count else []
        length(content, found, dtype.itemsize)
        wanted = math.prod(found)
        data = content[skip(count) :][: wanted * dtype.itemsize].ljust(
            wanted * dtype.itemsize, b"\0"
        )
        values = np.frombuffer(data, dtype)
        return finish(values.astype(dtype.newbyteorder("=")).reshape(shape(found)))

    return read_idx


def _wrong(message, **steps):
    return misconception(NAME, message)(_idx(**steps))


# Misconceptions: the header


def _limited(sizes):
    """Sizes of a size that can be read wrongly without taking all memory."""

    def read_idx(content):
        right = _idx()(content)
        if right.size == 0 or right.ndim == 0:
            return right
        found = [int(size) for size in np.frombuffer(content, sizes, right.ndim, 4)]
        if math.prod(found) != right.size:
            raise ValueError(f"cannot reshape array of size {right.size} into shape {found}")
        return right.reshape(found)

    return read_idx


little_endian_sizes = misconception(
    NAME, "The sizes are read little-endian, so that 3 becomes 50 331 648. They are big-endian."
)(_limited("<u4"))


@misconception(NAME, "The sizes are read as single bytes; each takes four.")
def sizes_of_one_byte(content):
    right = _idx()(content)
    return (
        right.reshape([size % 256 for size in right.shape])
        if max(right.shape, default=0) < 256
        else right[:0]
    )


@misconception(NAME, "Your reader assumes three dimensions. Byte 3 says how many there are.")
def three_dimensions(content):
    right = _idx()(content)
    return right if right.ndim == 3 else right.reshape(-1, 1, 1)


@misconception(NAME, "Your reader assumes a header of 16 bytes, as image files have.")
def header_of_sixteen(content):
    right = _idx()(content)
    return _idx(skip=lambda count: 16)(content) if right.ndim else right


@misconception(NAME, "Your reader assumes a header of 8 bytes, as label files have.")
def header_of_eight(content):
    return _idx(skip=lambda count: 8)(content)


shape_reversed = _wrong(
    "Your shape is reversed: the first size comes first.", shape=lambda s: s[::-1]
)
flat = _wrong("Your array is flat: give it the shape in the header.", shape=lambda sizes: (-1,))
fortran_order = _wrong(
    "Your values run along the first axis; the last dimension runs fastest.",
    finish=lambda array: array.ravel().reshape(array.shape, order="F"),
)
one_byte_late = _wrong("Your values begin one byte too late.", skip=lambda count: 5 + 4 * count)
header_in_the_values = _wrong(
    "Your values begin with the sizes: they begin behind them.", skip=lambda count: 4
)

# Misconceptions: the values

little_endian_values = _wrong(
    "The values are read little-endian. They are big-endian, like the sizes.", order="<"
)
everything_is_bytes = _wrong(
    "Your reader takes every file for bytes; byte 2 says the type.",
    finish=lambda array: array.astype(np.uint8),
)
everything_is_float = _wrong(
    "Your array always holds floats; keep the type in the header.",
    finish=lambda array: array.astype(np.float64),
)
unsigned = _wrong(
    "Your integers have no sign: types 0x09, 0x0B and 0x0C have one.",
    types=TYPES | {9: "u1", 11: "u2", 12: "u4"},
)
signed_bytes = _wrong("Type 0x08 has no sign: it is uint8.", types=TYPES | {8: "i1"})
float_and_double_alike = _wrong(
    "Your doubles come back as float32.",
    finish=lambda array: array.astype(np.float32) if array.dtype == np.float64 else array,
)
ints_for_floats = _wrong("Type 0x0D is float32; you read integers.", types=TYPES | {13: "i4"})
scaled = _wrong(
    "Your values are divided by 255. Return them as they are in the file.",
    finish=lambda array: array / 255,
)
list_returned = _wrong("A list comes back; return an array.", finish=lambda array: array.tolist())

# Misconceptions: what is refused

nothing_refused = _wrong(
    "Whatever is no IDX file must raise a ValueError that names content.",
    start=lambda content: None,
    kind=_nothing,
    header=_nothing,
    length=_nothing,
)
length_unchecked = _wrong(
    "The length of the file is not compared with its header.", length=_nothing
)


def _only_short(content, shape, itemsize):
    if len(content) < 4 + 4 * len(shape) + math.prod(shape) * itemsize:
        raise ValueError("content is too short")


def _only_long(content, shape, itemsize):
    if len(content) > 4 + 4 * len(shape) + math.prod(shape) * itemsize:
        raise ValueError("content is too long")


too_long_accepted = _wrong("A file that is too long is accepted.", length=_only_short)
too_short_accepted = _wrong(
    "A file that was cut off is accepted, and filled with zeros.", length=_only_long
)
unknown_type_accepted = _wrong("A file of an unknown type is read as bytes.", kind=_nothing)


def _second_byte_ignored(content):
    if len(content) < 4 or content[0]:
        raise ValueError("content does not begin with 0")


second_byte_ignored = _wrong("The second byte must be 0, too.", start=_second_byte_ignored)


def _first_byte_ignored(content):
    if len(content) < 4 or content[1]:
        raise ValueError("content does not begin with 0, 0")


first_byte_ignored = _wrong("The first byte must be 0, too.", start=_first_byte_ignored)


@misconception(NAME, "A wrong file must raise a ValueError, not an IndexError or another.")
def short_ones_break(content):
    content[3]
    return _idx()(content)


# Alternatives

in_steps = alternative(NAME)(_idx())


@alternative(NAME)
def by_struct(content):
    try:
        zero, code, count = struct.unpack_from(">HBB", content)
        shape = struct.unpack_from(f">{count}I", content, 4)
        letter = {8: "B", 9: "b", 11: "h", 12: "i", 13: "f", 14: "d"}[code]
        values = struct.unpack(f">{math.prod(shape)}{letter}", content[4 + 4 * count :])
    except (struct.error, KeyError) as error:
        raise ValueError(f"content is no IDX file: {error}") from error
    if zero != 0:
        raise ValueError("content should begin with two zeros")
    return np.array(values, dtype={"h": np.int16, "i": np.int32}.get(letter, letter)).reshape(shape)


@alternative(NAME)
def with_int_from_bytes(content):
    head = bytes(content[:4])
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in TYPES:
        raise ValueError(f"content starts with {head!r}")
    sizes = [content[4 + 4 * k : 8 + 4 * k] for k in range(head[3])]
    if any(len(size) < 4 for size in sizes):
        raise ValueError("content: the header is incomplete")
    shape = [int.from_bytes(size, "big") for size in sizes]
    dtype, rest = np.dtype(TYPES[head[2]]), content[4 + 4 * head[3] :]
    if len(rest) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"content: {len(rest)} bytes of values for shape {shape}")
    return np.ndarray(shape, dtype.newbyteorder(">"), rest).astype(dtype)
