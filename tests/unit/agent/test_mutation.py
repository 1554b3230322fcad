"""A call reports which of its inputs it changed; what came as a handle may change."""

import numpy as np
import pytest

from gradlab.kernel.agent import argument_names


def mutated(student, *args, **kwargs):
    return [name for _, name in student.call("f", *args, **kwargs)["mutated"]]


def in_place(x):
    x += 1


def reshaped(x):
    x.shape = (x.size,)


def retyped(x):
    x.dtype = np.int64


def nested(levels):
    return [nested(levels - 1)] if levels else 0


def last(x):
    x[-1, -1] = np.nan


@pytest.mark.parametrize("change", [in_place, reshaped, retyped, last, np.ndarray.sort])
@pytest.mark.filterwarnings("ignore:Setting the (shape|dtype):DeprecationWarning")
def test_changes_of_an_array(caller, change):
    x = np.arange(6.0)[::-1].reshape(2, 3)
    assert mutated(caller(f=lambda x: change(x)), x) == ["x"]


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([1, 2], lambda v: v.append(3)),
        ([[1], 2], lambda v: v[0].clear()),
        ({"w": np.zeros(2)}, lambda v: v["w"].fill(1)),
        ({"w": np.zeros(2)}, lambda v: v.pop("w")),
        ({"w": 1.0}, lambda v: v.update(w=1)),
        (([0.0],), lambda v: v[0].reverse() or v[0].append(-0.0)),
        ([0.0], lambda v: v.__setitem__(0, -0.0)),
        ([np.float64(1)], lambda v: v.__setitem__(0, 1.0)),
        ([1], lambda v: v.__setitem__(0, True)),
        ([1], lambda v: v.__setitem__(0, 10**5000)),
        (([np.zeros(2)],), lambda v: v[0][0].fill(1)),
        ({"a": [1], "b": [2]}, lambda v: v.update(a=v["b"], b=v["a"])),
        ({"a": 1, "b": 1}, lambda v: v.update(a=v.pop("a"))),
        ([1], lambda v: v.append(v)),
        ([1], lambda v: v.append(object())),
        ([1], lambda v: v.append(nested(20))),
    ],
)
def test_changes_inside_containers(caller, value, change):
    assert mutated(caller(f=lambda v: change(v)), value) == ["v"]


@pytest.mark.parametrize("value", [np.array([np.nan, -0.0, np.inf]), [np.nan], {"a": (1, None)}])
def test_reading_is_no_change(caller, value):
    assert mutated(caller(f=lambda x: (x, str(x), x is None)), value) == []


def test_only_the_changed_ones_are_named(caller):
    def f(x, y, /, z, *rest, beta, **more):
        for item in (y, rest[1], beta, more["gamma"]):
            item[:] = 7

    arrays = [np.zeros(2) for _ in range(5)]
    named = mutated(caller(f=f), *arrays, alpha=np.zeros(2), beta=np.zeros(2), gamma=np.zeros(2))
    assert named == ["y", "argument 5", "beta", "gamma"]


def test_a_change_is_reported_although_the_call_raised(caller):
    def f(x):
        x[0] = 1
        raise ValueError

    reply = caller(f=f).call("f", np.zeros(2))
    assert reply["mutated"] == [[0, "x"]]
    assert reply["error"]["type"] == "ValueError"


def test_handles_may_change_also_inside_containers(caller):
    def f(params, grads):
        for one, grad in zip(params, grads):
            one -= grad

    student = caller(f=f)
    params = [student.keep(np.ones(2)), student.keep(np.ones(2))]
    assert mutated(student, params, [np.ones(2), np.ones(2)]) == []
    assert student.fetch(params[1]).tolist() == [0, 0]


def test_an_input_beside_a_handle_is_still_watched(caller):
    def f(both):
        both["kept"][:] = 5
        both["mine"][:] = 5

    student = caller(f=f)
    assert mutated(student, {"kept": student.keep(np.zeros(2)), "mine": np.zeros(2)}) == ["both"]
    assert mutated(student, {"kept": student.keep(np.zeros(2)), "mine": np.full(2, 5.0)}) == []


def test_a_returned_input_and_an_alias_are_no_change(caller):
    assert mutated(caller(f=lambda x: x), np.zeros(2)) == []


class Signs:
    @property
    def __signature__(self):
        raise KeyError("no")

    def __call__(self, *args):
        args[0][:] = 1


def test_names_come_from_positions_where_there_is_no_signature(caller):
    assert mutated(caller(f=Signs()), np.zeros(2)) == ["argument 1"]
    assert argument_names(max, 2, ["key"]) == ["argument 1", "argument 2", "key"]
    assert argument_names(None, 1, []) == ["argument 1"]


def test_names_of_methods_and_classes_leave_self_out():
    class Layer:
        def __init__(self, w):
            pass

        def step(self, params, *, lr):
            pass

    assert argument_names(Layer, 1, []) == ["w"]
    assert argument_names(Layer(1).step, 1, ["lr"]) == ["params", "lr"]
    assert argument_names(lambda *xs, scale=1: 0, 2, []) == ["argument 1", "argument 2"]
