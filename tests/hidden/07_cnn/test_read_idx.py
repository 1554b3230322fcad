"""read_idx: arrays of every type and number of dimensions, and files that are none.

mistake                                         case that exposes it           check
----------------------------------------------  -----------------------------  --------------------
sizes read little-endian, as 16 or 8 bits       sizes above 255                reads_bytes
header of a fixed length, dimensions ignored    1 to 4 dimensions              reads_bytes
shape reversed                                  unequal sizes                  reads_bytes
values little-endian, unsigned for signed       16, 32 bits, negative          other_types
another type for each                           floats, doubles                other_types
floats or lists for everything                  the dtype                      reads_bytes
too short, too long, not IDX, unknown type      cut and lengthened files       refuses
"""

import struct

import numpy as np
import pytest

from gradlab.judge import assert_close, case_rng, exercise, requires, weight

from .networks import kernel_of

pytestmark = exercise("read_idx")
rng = case_rng("read_idx")
CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}
FILE = """
import numpy as np

class File:
    @staticmethod
    def content(values):
        return np.asarray(values).tobytes()
"""


def content_of(array, code=None, start=(0, 0)):
    """The bytes of an IDX file, written independently with struct."""
    code = CODES[array.dtype.name] if code is None else code
    head = struct.pack(">BBBB", *start, code, array.ndim)
    sizes = b"".join(struct.pack(">I", size) for size in array.shape)
    return head + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def _drawn(dtype, *shape):
    if dtype.startswith("float"):
        return rng.normal(size=shape).astype(dtype)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return rng.integers(low, high, size=shape, dtype=dtype, endpoint=True)


BYTES = [
    _drawn("uint8", 3, 4, 5),
    _drawn("uint8", 7),
    _drawn("uint8", 300, 2),  # a size above 255: its bytes have an order
    _drawn("uint8", 2, 3, 1, 4),
    _drawn("uint8", 0, 4),
    _drawn("uint8"),
]
TYPES = [_drawn(name, 3, 4) for name in CODES if name != "uint8"] + [_drawn("int16", 260)]


def _read(student, content):
    """The array for these bytes; bytes themselves do not cross, so they are made in the kernel."""
    file = kernel_of(student, FILE, "File")
    return student.read_idx(file.content(np.frombuffer(content, dtype=np.uint8)))


def _name(array):
    return f"{array.dtype} {array.shape}"


@weight(2)
@pytest.mark.parametrize("array", BYTES, ids=_name)
def test_reads_bytes(student, array):
    """Reads arrays of bytes with any number of dimensions."""
    assert_close(_read(student, content_of(array)), array, name="the array")


@weight(2)
@pytest.mark.parametrize("array", TYPES, ids=_name)
def test_other_types(student, array):
    """Reads the other types, big-endian and with their signs."""
    assert_close(_read(student, content_of(array)), array, name="the array")


def _cut(array, count):
    return content_of(array)[:-count]


NOT_IDX = {
    "cut off by one": _cut(BYTES[0], 1),
    "cut off by half": _cut(TYPES[1], 12),
    "one byte too long": content_of(BYTES[0]) + b"\0",
    "one item too long": content_of(TYPES[2]) + b"\0\0\0\0",
    "the first byte is not 0": content_of(BYTES[0], start=(1, 0)),
    "the second byte is not 0": content_of(BYTES[0], start=(0, 1)),
    "an unknown type": content_of(BYTES[0], code=10),
    "type 0": content_of(BYTES[0], code=0),
    "a text": b"<html><body>404 not found</body></html>",
    "a packed file": bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 1, 2, 3]),
    "nothing": b"",
    "three bytes": bytes([0, 0, 8]),
    "the header cut off": content_of(BYTES[0])[:11],
    "the sizes cut off": content_of(BYTES[0])[:4],
}


@weight(2)
@requires("test_reads_bytes")
@pytest.mark.parametrize("kind", NOT_IDX)
def test_refuses(student, kind):
    """Raises ValueError naming content when it is no whole IDX file."""
    with student.raises(ValueError, match=r"\bcontent\b"):
        _read(student, NOT_IDX[kind])
