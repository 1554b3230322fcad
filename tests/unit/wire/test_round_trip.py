"""decode(encode(value)) is value again: same types, same bits, nothing shared with the original."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradlab import wire

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
DTYPES = st.sampled_from(
    [order + np.dtype(name).str[1:] for name in sorted(wire.DTYPES) for order in "<>"]
)
ARRAYS = st.tuples(DTYPES, SHAPES).flatmap(lambda both: hnp.arrays(*both))
SCALARS = st.sampled_from(sorted(wire.DTYPES)).flatmap(
    lambda name: hnp.arrays(name, ()).map(lambda array: array[()])
)
INTEGERS = st.integers(-(2**63), 2**64 - 1)
PLAIN = st.one_of(
    st.none(), st.booleans(), INTEGERS, st.floats(), st.text(), SCALARS, ARRAYS,
    st.builds(wire.Handle, st.integers(0, 2**63 - 1), st.text(max_size=200)),
    st.builds(wire.Seed, st.integers(0, 2**63 - 1)),
    ARRAYS.map(wire.Tensor),
)  # fmt: skip
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.one_of(st.text(), INTEGERS), inner, max_size=4),
    ),
    max_leaves=12,
)


def same(one, other):
    """Equal in type and in every bit; byte order aside, which the wire makes the machine's."""
    if type(one) is not type(other):
        return False
    if isinstance(one, wire.Tensor):
        return same(one.array, other.array)
    if isinstance(one, np.ndarray | np.generic):
        alike = one.dtype.name == other.dtype.name and one.shape == other.shape
        return alike and np.asarray(one).astype(other.dtype).tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return one == other or one != one


@given(VALUES)
def test_any_nesting_of_all_kinds(value):
    assert same(value, wire.decode(wire.encode(value)))


@given(ARRAYS)
def test_arrays_arrive_writable_contiguous_and_native(array):
    found = wire.decode(wire.encode(array))
    assert found.flags.writeable
    assert found.flags.c_contiguous
    assert found.dtype.isnative


@given(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=4, max_side=5)),
    st.sampled_from(["transposed", "reversed", "strided", "broadcast", "fortran"]),
)
def test_views_arrive_as_the_values_they_show(array, kind):
    views = {
        "transposed": array.T,
        "reversed": array[::-1],
        "strided": array[..., ::2],
        "broadcast": np.broadcast_to(array, (3, *array.shape)),
        "fortran": np.asfortranarray(array),
    }
    assert same(np.ascontiguousarray(views[kind]), wire.decode(wire.encode(views[kind])))


@given(VALUES)
def test_encoding_leaves_the_value_alone_and_is_repeatable(value):
    first = wire.encode(value)
    assert wire.encode(value) == first


def test_a_decoded_array_shares_no_memory_with_another():
    payload = wire.encode([np.zeros(3), np.zeros(3)])
    one, other = wire.decode(payload)
    one[:] = 1
    assert not other.any()
    assert not wire.decode(payload)[0].any()


@pytest.mark.parametrize("value", [0.0, -0.0, np.float64(-0.0), np.float32("inf"), 5e-324])
def test_signs_of_zero_and_extremes_survive(value):
    found = wire.decode(wire.encode(value))
    assert type(found) is type(value)
    assert np.signbit(found) == np.signbit(value)
    assert found == value


def test_integers_and_booleans_keep_their_kind_in_dictionaries():
    assert wire.decode(wire.encode({"one": True, 1: 1})) == {"one": True, 1: 1}
    assert wire.decode(wire.encode([True]))[0] is True


@pytest.mark.parametrize("ndim", [0, 1, 8, wire.MAX_NDIM])
def test_every_allowed_number_of_dimensions(ndim):
    assert wire.decode(wire.encode(np.zeros((1,) * ndim))).shape == (1,) * ndim


def test_scalars_of_both_names_of_one_width():
    for kind in (np.intc, np.int_, np.longlong, np.uintc, np.ulonglong):
        found = wire.decode(wire.encode(kind(7)))
        assert (found, found.dtype.itemsize) == (7, np.dtype(kind).itemsize)


def test_surrogates_arrive_as_question_marks():
    """No text with half a surrogate pair is UTF-8; it must cost a character, not the answer."""
    assert wire.decode(wire.encode(["a\ud800b", {"\udfff": 1}])) == ["a?b", {"?": 1}]


def test_truth_values_of_other_bytes_than_one_arrive_as_true():
    odd = np.array([2, 0, 255], dtype=np.uint8).view(bool)
    found = wire.decode(wire.encode(odd))
    assert found.view(np.uint8).tolist() == [1, 0, 1]
    assert wire.decode(wire.encode(odd[0])).tobytes() == b"\x01"


def test_what_handles_tensors_and_generators_become_is_the_callers_choice():
    value = [wire.Handle(4, "Adam"), wire.Tensor(np.arange(3)), (wire.Seed(9),)]
    found = wire.decode(
        wire.encode(value),
        handle=lambda handle: (handle.id, handle.type_name),
        tensor=lambda tensor: tensor.array.sum(),
        generator=lambda seed: -seed.seed,
    )
    assert found == [(4, "Adam"), 3, (-9,)]


def test_torch_tensors_cross_as_tensors():
    torch = pytest.importorskip("torch")
    x = torch.arange(6.0, requires_grad=True).reshape(2, 3)
    kinds = [
        x.T,
        torch.nn.Parameter(x.detach()),
        x.to(torch.bfloat16),
        x > 2,
        x.to(torch.complex64),
    ]
    kinds += [torch.tensor([1 + 2j]).conj(), torch.tensor([1 + 2j]).conj().imag, torch.tensor(3)]
    for tensor in kinds:
        found = wire.decode(wire.encode(tensor))
        assert type(found) is wire.Tensor
        expected = tensor.detach().to(torch.complex128).resolve_conj().resolve_neg().numpy()
        np.testing.assert_array_equal(found.array.astype(complex), expected)
        assert found.array.shape == tuple(tensor.shape)
