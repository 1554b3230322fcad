"""Each operation of the agent: what it does, and what it answers."""

import numpy as np
import pytest

from gradlab import wire


class Counter:
    """A student's class."""

    def __init__(self, start=0, *, step=1):
        self.value, self.step = start, step

    def add(self, n=1):
        self.value += n * self.step
        return self.value

    def __call__(self, x):
        return x + self.value

    def numbers(self):
        while True:
            yield self.add()


def double(x, *, by=2):
    return x * by


def test_call_passes_positional_and_keyword_arguments(caller):
    student = caller(double=double)
    assert student.value("double", 3) == 6
    assert student.value("double", np.ones(2), by=np.float32(3)).tolist() == [3, 3]


def test_a_name_is_looked_up_at_every_call(caller):
    student = caller(double=double)
    student.agent.namespace["double"] = lambda x: "redefined"
    assert student.value("double", 1) == "redefined"


def test_calling_a_class_answers_with_a_handle_of_its_name(caller):
    assert caller(Counter=Counter).value("Counter") == wire.Handle(1, "Counter")


def test_methods_and_instances_are_called_through_handles(caller):
    student = caller(Counter=Counter)
    counter = student.value("Counter", 10, step=5)
    assert student.value(counter, 2, method="add") == 20
    assert student.value(counter, method="add") == 25
    assert student.value(counter, 1) == 26


def test_every_opaque_object_has_its_own_handle(caller):
    student = caller(pair=lambda: (Counter(1), Counter(2)))
    one, other = student.value("pair")
    assert student.fetch(one, "value") == 1
    assert student.fetch(other, "value") == 2


def test_handles_become_the_same_object_again_wherever_they_stand(caller):
    student = caller(Counter=Counter, same=lambda a, b: a is b["c"][0])
    counter = student.value("Counter")
    assert student.value("same", counter, {"c": [counter]}) is True


def test_keep_copies_and_updates_stay(caller):
    student = caller(update=lambda params: params["w"].__iadd__(1))
    mine = {"w": np.zeros(2)}
    params = student.keep(mine)
    assert params == wire.Handle(1, "dict")
    student.call("update", params)
    student.call("update", params)
    assert student.fetch(params)["w"].tolist() == [2, 2]
    assert mine["w"].tolist() == [0, 0]


def test_fetch_and_assign_attributes(caller):
    student = caller(Counter=Counter)
    counter = student.value("Counter", 4)
    assert student.fetch(counter, "value") == 4
    assert student.ask("assign", of=counter, attr="value", value=np.arange(2))["value"] is None
    assert student.fetch(counter, "value").tolist() == [0, 1]


def test_fetch_of_a_missing_attribute_is_the_students_error(caller):
    student = caller(Counter=Counter)
    reply = student.ask("fetch", of=student.value("Counter"), attr="velocity")
    assert reply["error"]["type"] == "AttributeError"


def test_define_runs_source_text_with_numpy_at_hand(caller):
    student = caller(apply=lambda f, x: f(x))
    source = "def cube(x):\n    return np.sum(x) ** 3"
    cube = student.ask("define", source=source, name="cube")["value"]
    assert cube == wire.Handle(1, "function")
    assert student.value("apply", cube, [1, 1]) == 8
    assert "cube" not in student.agent.namespace


def test_take_stops_at_n_and_goes_on_where_it_stopped(caller):
    student = caller(Counter=Counter)
    numbers = student.value(student.value("Counter"), method="numbers")
    assert student.ask("take", of=numbers, n=3)["value"] == [1, 2, 3]
    assert student.ask("take", of=numbers, n=2)["value"] == [4, 5]


def test_take_of_something_short_or_not_iterable(caller):
    student = caller(pairs=lambda: iter([1, 2]), number=lambda: 3.5j)
    assert student.ask("take", of=student.value("pairs"), n=9)["value"] == [1, 2]
    reply = student.ask("take", of=student.value("number"), n=9)
    assert reply["error"]["type"] == "TypeError"


def test_a_seed_arrives_as_a_fresh_generator(caller):
    student = caller(draw=lambda rng: (type(rng).__name__, rng.integers(10**9)))
    expected = ("Generator", np.random.default_rng(7).integers(10**9))
    assert student.value("draw", wire.Seed(7)) == expected
    assert student.value("draw", wire.Seed(7)) == expected


def test_a_tensor_arrives_as_one_where_torch_is_loaded(caller, monkeypatch):
    torch = pytest.importorskip("torch")
    student = caller(kind=lambda x: type(x).__module__ + " " + str(x.dtype))
    assert student.value("kind", wire.Tensor(np.zeros(2))) == "torch torch.float64"
    assert student.value("kind", torch.zeros(2)) == "torch torch.float32"
    monkeypatch.delitem(__import__("sys").modules, "torch")
    assert student.value("kind", wire.Tensor(np.zeros(2))) == "numpy float64"


def test_a_missing_name_is_a_name_error(caller):
    error = caller().call("conv2d")["error"]
    assert error["type"] == "NameError"
    assert error["message"] == "name 'conv2d' is not defined"
    assert "Exception" in error["bases"]


@pytest.mark.parametrize(
    "fields",
    [
        {"op": "nonsense"},
        {"op": "call"},
        {"op": "call", "target": 3, "method": None, "args": [], "kwargs": {}},
        {"op": "define", "source": "def f(:", "name": "f"},
        {"op": "define", "source": "", "name": "f"},
        {"op": "fetch", "of": 1, "attr": 2},
    ],
)
def test_a_request_that_makes_no_sense_is_an_error_of_that_request(caller, fields):
    reply = caller().ask(**fields)
    assert reply["error"]["type"] in (
        "AttributeError", "KeyError", "TypeError", "SyntaxError"
    )  # fmt: skip


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xc1", wire.encode([1]), wire.encode({"op": "keep"}), wire.encode({"id": "1"}),
     wire.encode({"id": 1, "of": wire.Handle(99)})],
)  # fmt: skip
def test_damaged_requests_are_answered_without_an_id(caller, payload):
    reply = wire.decode(caller().agent.handle(payload))
    assert reply["id"] is None
    assert set(reply) == {"id", "error"}
