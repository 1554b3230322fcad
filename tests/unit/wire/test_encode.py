"""What encode refuses, and what it hands to `opaque`: everything that is not exactly plain."""

import collections
import enum

import numpy as np
import pytest

from gradlab import wire
from gradlab.errors import WireError


class Liar:
    """Says it is an array of NumPy's."""

    __module__ = "numpy"

    def __init__(self, claim):
        self.claim = claim

    @property
    def __class__(self):
        return self.claim


class Explosive:
    """Must not be asked anything."""

    @property
    def __class__(self):
        raise SystemExit

    def __getattribute__(self, name):
        raise SystemExit

    def __eq__(self, other):
        raise SystemExit

    __hash__ = None


class Int(int):
    pass


class Text(str):
    __slots__ = ()


class Items(list):
    pass


class Pair(tuple):
    __slots__ = ()


class Table(dict):
    pass


class Array(np.ndarray):
    pass


class Float(np.float64):
    pass


class Colour(enum.IntEnum):
    RED = 1


Point = collections.namedtuple("Point", "x y")

OPAQUE = [
    Int(1), Text("a"), Items([1]), Pair([1]), Table(a=1), Colour.RED, Float(1.0),
    np.zeros(2).view(Array), np.ma.zeros(2), np.zeros((1, 1)).view(np.matrix),
    np.array([None]), np.array(["a"]), np.array([b"a"]), np.array([(1,)], dtype=[("a", int)]),
    np.array("2020-01-01", dtype="datetime64[D]"), np.zeros(2, dtype=np.longdouble),
    np.longdouble(1), np.str_("a"), np.bytes_(b"a"), np.datetime64("2020"), np.void(b"a"),
    1j, b"bytes", bytearray(b"a"), {1}, frozenset([1]), range(3), iter([1]), lambda x: x, int,
    object(), Liar(np.float64), Liar(np.ndarray), Liar(dict), Liar(int),
    {1.5: 1}, {None: 1}, {True: 1}, {(1,): 1}, {2**64: 1}, {-(2**63) - 1: 1}, {Text("a"): 1},
    2**64, -(2**63) - 1, np.zeros((1,) * (wire.MAX_NDIM + 1)),
]  # fmt: skip
IDS = [f"{number}-{type(value).__name__}" for number, value in enumerate(OPAQUE)]


@pytest.mark.parametrize("value", OPAQUE, ids=IDS)
def test_stays_in_the_kernel(value):
    met = []

    def opaque(found):
        met.append(found)
        return wire.Handle(7, "thing")

    assert wire.decode(wire.encode([1, value], opaque=opaque)) == [1, wire.Handle(7, "thing")]
    assert len(met) == 1
    assert met[0] is value


@pytest.mark.parametrize("value", OPAQUE, ids=IDS)
def test_is_refused_where_nothing_stays(value):
    with pytest.raises(WireError, match=r"a value of type \w+ cannot cross by value"):
        wire.encode((value,))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Point(1, (2,)), (1, (2,))),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
    ],
    ids=["namedtuple", "OrderedDict", "defaultdict"],
)
def test_a_tuple_or_dict_of_the_library_is_one(value, wanted):
    found = wire.decode(wire.encode(value))
    assert (type(found), found) == (type(wanted), wanted)


def test_an_object_that_minds_being_asked_is_not_asked():
    met = []
    explosive = Explosive()
    encoded = wire.encode([explosive], opaque=lambda it: met.append(it) or wire.Handle(1))
    assert wire.decode(encoded) == [wire.Handle(1)]
    assert met.pop() is explosive
    with pytest.raises(WireError, match="a value of type Explosive cannot cross"):
        wire.encode([explosive])


def test_a_metaclass_is_not_asked_for_its_name():
    class Meta(type):
        @property
        def __class__(cls):
            raise SystemExit

    class Odd(metaclass=Meta):
        pass

    assert wire.decode(wire.encode(Odd(), opaque=lambda _: wire.Handle(1))) == wire.Handle(1)


def nested(levels, make):
    value = 0
    for _ in range(levels):
        value = make(value)
    return value


@pytest.mark.parametrize(
    "make", [lambda v: [v], lambda v: (v,), lambda v: {"a": v}], ids=["list", "tuple", "dict"]
)
def test_depth_is_bounded_and_the_bound_is_decodable(make):
    deepest = nested(wire.MAX_DEPTH, make)
    assert wire.decode(wire.encode(deepest)) == deepest
    with pytest.raises(WireError, match="nested deeper than 16 levels"):
        wire.encode(make(deepest))


def test_a_list_that_holds_itself_is_too_deep():
    loop = []
    loop.append(loop)
    with pytest.raises(WireError, match="nested deeper"):
        wire.encode(loop)


@pytest.mark.parametrize(
    "fill",
    [
        lambda n: [None] * (n - 1),
        lambda n: (1,) * (n - 1),
        lambda n: [()] * (n - 1),
        lambda n: [np.float64(1)] * (n - 1),
        lambda n: [np.zeros((1, 1, 1))] * (n - 1),
        lambda n: [{"a": 1}] * ((n - 1) // 3),
    ],
    ids=["list", "tuple", "tuples", "scalars", "arrays", "dicts"],
)
def test_items_are_counted_alike_on_both_sides(fill, monkeypatch):
    """Whatever encode lets through, decode must not refuse: that would blame the student."""
    monkeypatch.setattr(wire, "MAX_ITEMS", 1000)
    most = fill(wire.MAX_ITEMS)
    assert len(wire.decode(wire.encode(most))) == len(most)
    with pytest.raises(WireError, match="more than 1000 items"):
        wire.encode(fill(wire.MAX_ITEMS + 3))


def test_text_is_bounded():
    longest = "é" * wire.MAX_TEXT
    assert wire.decode(wire.encode(longest)) == longest
    with pytest.raises(WireError, match="text of 1048577 characters exceeds"):
        wire.encode([longest + "a"])


def test_one_array_is_bounded_before_it_is_copied():
    huge = np.broadcast_to(np.float64(0), (2**20, 2**20))  # 8 TiB, were it copied
    with pytest.raises(WireError, match="exceed the limit of 67108864 bytes"):
        wire.encode(huge)


def test_many_arrays_are_bounded_together_before_all_are_copied():
    block = np.zeros(2**20, dtype=np.uint8)
    assert len(wire.decode(wire.encode([block] * 2))) == 2
    with pytest.raises(WireError, match="exceed the limit"):
        wire.encode([block] * 50_000)


def test_the_whole_message_is_bounded():
    with pytest.raises(WireError, match="bytes exceeds the limit of"):
        wire.encode(["é" * wire.MAX_TEXT] * 33)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, "1", None, True, np.int64(1)])
def test_a_seed_is_a_natural_number(seed):
    with pytest.raises(WireError, match="a seed must be"):
        wire.encode(wire.Seed(seed))


@pytest.mark.parametrize(
    "handle", [wire.Handle(-1), wire.Handle(2**63), wire.Handle(1.5), wire.Handle(1, b"a"),
               wire.Handle(1, Text("a")), wire.Handle(Int(1)), wire.Handle([], "a")]
)  # fmt: skip
def test_a_handle_is_a_number_and_a_name(handle):
    with pytest.raises(WireError, match="a handle must be"):
        wire.encode(handle)


def test_a_handles_name_is_cut_and_made_utf8():
    assert wire.decode(wire.encode(wire.Handle(3, "\ud800" + "a" * 500))).type_name == (
        "?" + "a" * 199
    )


@pytest.mark.parametrize("inner", [[1], np.zeros(2, dtype=object), 1.0, None, wire.Handle(1)])
def test_a_tensor_holds_an_array(inner):
    with pytest.raises(WireError, match="cannot cross by value"):
        wire.encode(wire.Tensor(inner))


def test_tensors_without_plain_values_are_opaque():
    torch = pytest.importorskip("torch")
    odd = [torch.eye(2).to_sparse(), torch.zeros(2, device="meta")]
    odd += [torch.zeros(2).to(torch.float8_e5m2)]
    for tensor in odd:
        assert wire.decode(wire.encode(tensor, opaque=lambda _: wire.Handle(2))) == wire.Handle(2)
        with pytest.raises(WireError, match="Tensor cannot cross"):
            wire.encode(tensor)
