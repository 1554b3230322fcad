"""decode faces bytes from a hostile kernel: WireError or a plain value, and never much memory."""

import contextlib
import struct
import tracemalloc

import msgpack
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradlab import wire
from gradlab._counting import count_items
from gradlab.errors import WireError

MIB = 2**20

ALLOWED = (type(None), bool, int, float, str, list, tuple, dict, np.ndarray)
MARKS = (wire.Handle, wire.Seed, wire.Tensor)


def ext(code, fields):
    return ext_of(code, msgpack.packb(fields))


def ext_of(code, data):
    return msgpack.packb(msgpack.ExtType(code, data))


def array(name, shape, data):
    return ext(wire.ARRAY, [name, shape, data])


def refused(payload):
    """The text of the WireError that `payload` must raise, within little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(WireError) as caught:
            wire.decode(payload)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB + 2 * len(payload), f"took {peak / MIB:.0f} MiB"
    return str(caught.value)


def assert_plain(value):
    """Only the types of the module's table, of exact type, all the way down."""
    assert type(value) in (*ALLOWED, *MARKS) or type(value).__module__ == "numpy"
    if isinstance(value, list | tuple):
        for item in value:
            assert_plain(item)
    if isinstance(value, dict):
        for key, item in value.items():
            assert type(key) in (str, int)
            assert_plain(item)
    if isinstance(value, np.ndarray | np.generic):
        assert value.dtype.name in wire.DTYPES


def survives(payload):
    with contextlib.suppress(WireError):
        assert_plain(wire.decode(payload))


# --- fuzz --------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(st.binary(max_size=200))
@example(b"")
@example(b"\xc1")
@example(b"\xc7\x00\x05")
@example(b"\xd6\xff\x00\x00\x00\x00")
def test_random_bytes(payload):
    survives(payload)


@settings(max_examples=300)
@given(st.integers(0, 127), st.binary(max_size=60))
def test_random_bytes_inside_any_extension(code, data):
    survives(msgpack.packb(msgpack.ExtType(code, data)))


MESSAGE = wire.encode(
    {
        "id": 3,
        "value": ([np.arange(6.0).reshape(2, 3), np.float32(1)], {"a": None, 2: (True, "é")}),
        "tensor": wire.Tensor(np.ones(2, dtype=bool)),
        "handles": [wire.Handle(1, "Adam"), wire.Seed(4)],
    }
)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(MESSAGE) - 1), st.integers(0, 255)), min_size=1))
def test_a_valid_message_with_bytes_changed(changes):
    payload = bytearray(MESSAGE)
    for place, byte in changes:
        payload[place] = byte
    survives(bytes(payload))


def test_a_valid_message_cut_anywhere_is_refused():
    for length in range(len(MESSAGE)):
        with pytest.raises(WireError):
            wire.decode(MESSAGE[:length])


@pytest.mark.parametrize("tail", [b"\x00", b"\xc1", MESSAGE])
def test_a_valid_message_with_more_behind_it_is_refused(tail):
    with pytest.raises(WireError, match="damaged message"):
        wire.decode(MESSAGE + tail)


FIELDS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 2**40), st.text(max_size=3),
              st.binary(max_size=16), st.sampled_from(sorted(wire.DTYPES))),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=300)
@given(st.sampled_from(range(8)), FIELDS)
def test_well_formed_extensions_with_the_wrong_fields(code, fields):
    survives(ext(code, fields))


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(wire.DTYPES)),
    st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=5),
    st.binary(max_size=64),
)
@example("float64", [2**26, 2**26, 2**26, 0], b"")
@example("int8", [2**62, 0], b"")
def test_shapes_against_bytes(name, shape, data):
    """Either the bytes are exactly those of the shape, or it is refused."""
    try:
        found = wire.decode(array(name, shape, data))
    except WireError:
        return
    assert (found.dtype.name, list(found.shape)) == (name, shape)
    assert found.nbytes == len(data)


# --- shapes, types and codes -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape", "data", "says"),
    [
        ("float64", [2], b"\0" * 8, "cannot have 8 bytes"),
        ("float64", [], b"", "cannot have 0 bytes"),
        ("float64", [0], b"\0" * 8, "cannot have 8 bytes"),
        ("int8", [-1], b"", "small non-negative"),
        ("int8", [-1, -1], b"\0", "small non-negative"),
        ("int8", [True], b"\0", "small non-negative"),
        ("int8", [1.0], b"\0", "small non-negative"),
        ("int8", ["1"], b"\0", "small non-negative"),
        ("int8", [None], b"\0", "small non-negative"),
        ("int8", [[1]], b"\0", "small non-negative"),
        ("int8", [2**63], b"", "small non-negative"),
        ("int8", [1] * 17, b"\0", "17 dimensions"),
        ("object", [1], b"\0" * 8, "dtype 'object' is not allowed"),
        ("O", [1], b"\0" * 8, "not allowed"),
        ("float128", [1], b"\0" * 16, "not allowed"),
        ("U1", [1], b"\0" * 4, "not allowed"),
        ("<f8", [1], b"\0" * 8, "not allowed"),
        ("f8,f8", [1], b"\0" * 16, "not allowed"),
        ("datetime64[s]", [1], b"\0" * 8, "not allowed"),
        ("numpy.float64", [1], b"\0" * 8, "not allowed"),
        ("x" * 5000, [1], b"\0", "dtype 'x{40}' is not allowed"),
        (b"float64", [1], b"\0" * 8, "must be"),
        ("float64", 1, b"\0" * 8, "must be"),
        ("float64", [1], "\0" * 8, "must be"),
        ("float64", {"0": 1}, b"\0" * 8, "must be"),
    ],
)
@pytest.mark.parametrize("code", [wire.ARRAY, wire.TENSOR], ids=["array", "tensor"])
def test_a_contradictory_array(code, name, shape, data, says):
    with pytest.raises(WireError, match=says):
        wire.decode(ext(code, [name, shape, data]))


@pytest.mark.parametrize(
    ("code", "fields", "says"),
    [
        (wire.ARRAY, [], "an array must be"),
        (wire.ARRAY, ["int8", [1], b"\0", 1], "an array must be"),
        (wire.ARRAY, {"dtype": "int8"}, "must hold a list"),
        (wire.SCALAR, ["float64", b"\0" * 7], "cannot have 7 bytes"),
        (wire.SCALAR, ["float64", [], b"\0" * 8], "a scalar must be"),
        (wire.SCALAR, ["object", b"\0" * 8], "not allowed"),
        (wire.TUPLE, {"a": 1}, "must hold a list"),
        (wire.TUPLE, 3, "must hold a list"),
        (wire.HANDLE, [1], "a handle must be"),
        (wire.HANDLE, ["1", "a"], "a handle must be"),
        (wire.HANDLE, [True, "a"], "a handle must be"),
        (wire.HANDLE, [1, b"a"], "a handle must be"),
        (wire.GENERATOR, [], "a generator must be"),
        (wire.GENERATOR, [-1], "a generator must be"),
        (wire.GENERATOR, [2**63], "a generator must be"),
        (wire.GENERATOR, [True], "a generator must be"),
        (wire.GENERATOR, [1.0], "a generator must be"),
        (0, [1], "unknown extension type 0"),
        (7, [1], "unknown extension type 7"),
        (127, None, "unknown extension type 127"),
    ],
)
def test_an_extension_with_other_fields_than_its_own(code, fields, says):
    with pytest.raises(WireError, match=says):
        wire.decode(ext(code, fields))


@pytest.mark.parametrize(
    "payload",
    [
        msgpack.packb(b"bytes"),
        msgpack.packb([b"bytes"]),
        msgpack.packb({"a": b"bytes"}),
        msgpack.packb(msgpack.Timestamp(1, 2)),
        msgpack.packb({b"a": 1}),
        msgpack.packb({1.5: 1}),
        msgpack.packb({None: 1}),
        msgpack.packb({True: 1}),
        msgpack.packb({(): 1}),
        msgpack.packb({msgpack.ExtType(wire.HANDLE, b"\x92\x01\xa0"): 1}),
        msgpack.packb({msgpack.Timestamp(1): 1}),
        b"\xa1\xff",  # no UTF-8
        b"\xd4\xf0\x00",  # a negative extension type
    ],
)
def test_msgpack_that_no_encoder_writes(payload):
    assert refused(payload)


def test_a_handles_name_is_cut():
    assert wire.decode(ext(wire.HANDLE, [1, "a" * 10_000])) == wire.Handle(1, "a" * 200)


# --- bombs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", [b"\xdc", b"\xde"], ids=["array16", "map16"])
@pytest.mark.parametrize("levels", [1, 1000])
def test_huge_counts_are_not_believed(head, levels):
    refused((head + struct.pack(">H", 2**16 - 1)) * levels)


@pytest.mark.parametrize("head", [0xDD, 0xDF, 0xC6, 0xC9, 0xDB], ids=hex)
@pytest.mark.parametrize("claim", [2**32 - 1, 2**31, wire.MAX_ITEMS])
def test_huge_lengths_are_not_believed(head, claim):
    refused(bytes([head]) + struct.pack(">I", claim) + b"\x01" * 8)


@pytest.mark.parametrize(
    "block",
    [b"\x90", b"\x80", b"\xa3abc", b"\xcb" + b"\1" * 8, b"\xd4\x01\x00", b"\xc4\x00", b"\xc0"],
    ids=["lists", "dicts", "texts", "floats", "extensions", "bytes", "none"],
)
def test_millions_of_small_objects_are_refused_before_they_are_made(block):
    payload = b"\x9f" + (b"\xdc" + struct.pack(">H", 60_000) + block * 60_000) * 15
    assert "items" in refused(payload)


def test_small_objects_inside_tuples_are_counted_too():
    inner = msgpack.packb(msgpack.ExtType(wire.TUPLE, msgpack.packb([[]] * 60_000)))
    with pytest.raises(WireError, match="items"):
        wire.decode(b"\x92" + inner + inner)


def test_small_objects_inside_arrays_are_not_made():
    assert "items" in refused(ext(wire.ARRAY, ["int8", [[]] * 90_000, b""]))


@pytest.mark.parametrize("levels", [wire.MAX_DEPTH + 1, 500, 5000, 200_000])
def test_deep_nesting(levels):
    refused(b"\x91" * levels + b"\x00")


def test_deep_nesting_of_tuples():
    payload = msgpack.packb(1)
    for _ in range(wire.MAX_DEPTH + 1):
        payload = msgpack.packb(msgpack.ExtType(wire.TUPLE, b"\x91" + payload))
    assert "deeper than 16" in refused(payload)


@pytest.mark.parametrize("levels", [15, 25, 5000])
@pytest.mark.parametrize("code", range(1, 7))
def test_extensions_inside_extensions_are_not_followed(code, levels):
    """Neither endlessly deep nor, where a level is tried twice, two to the power of levels."""
    payload = array("int8", [1], b"\0\0")
    for _ in range(levels):
        payload = ext_of(code, b"\x91" + payload)
    refused(payload)


@pytest.mark.parametrize("length", [wire.LONGEST_UNCOUNTED, wire.LONGEST_UNCOUNTED + 1])
@pytest.mark.parametrize("make", [list, tuple], ids=["list", "tuple"])
def test_long_lists_are_counted_and_come_through(length, make):
    value = [make(range(length)), [make([1.0] * length)], (np.arange(length),)]
    found = wire.decode(wire.encode(value))
    assert found[:2] == value[:2]
    assert found[2][0].tolist() == list(range(length))


@pytest.mark.parametrize("width", [16, wire.LONGEST_UNCOUNTED, 2**15])
def test_lists_that_are_announced_inside_each_other_take_little_memory(width):
    refused((b"\xdc" + struct.pack(">H", width)) * 30_000)


def test_large_data_inside_many_tuples_is_not_copied_at_every_level(monkeypatch):
    monkeypatch.setattr(wire, "MAX_BYTES", MIB)
    payload = array("int8", [MIB - 400], bytes(MIB - 400))
    for _ in range(12):
        payload = msgpack.packb(msgpack.ExtType(wire.TUPLE, b"\x91" + payload))
    tracemalloc.start()
    with pytest.raises(WireError, match="tuples inside tuples"):
        wire.decode(payload)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * MIB


def test_an_oversized_message_is_not_even_looked_at():
    payload = bytes(wire.MAX_BYTES + 1)
    with pytest.raises(WireError, match="message of 67108865 bytes exceeds"):
        wire.decode(payload)


def test_a_long_text_is_refused():
    assert "damaged" in refused(b"\xdb" + struct.pack(">I", 4 * MIB + 1) + b"a" * (4 * MIB + 1))


@given(
    st.recursive(
        st.one_of(st.none(), st.floats(), st.integers(-(2**63), 2**64 - 1), st.text(),
                  st.binary(), st.builds(msgpack.ExtType, st.integers(0, 127), st.binary())),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    )
)  # fmt: skip
def test_counting_sees_exactly_what_msgpack_makes(value):
    def count(item):
        if isinstance(item, list):
            return 1 + sum(map(count, item))
        if isinstance(item, dict):
            return 1 + sum(count(key) + count(inner) for key, inner in item.items())
        return 1

    assert count_items(msgpack.packb(value), 10**9) == count(value)
