"""The `student` object against an honest kernel: calls, handles, exceptions, what was printed."""

import warnings

import numpy as np
import pytest

from gradlab import wire
from gradlab.judge import assign, fetch, seeded, take
from gradlab.judge.failures import Mismatch, Mutated, NotRaised, Raised
from gradlab.judge.subject import Remote


class SGD:
    def __init__(self, lr=0.1):
        self.lr = lr

    def step(self, params, grads):
        for name, value in params.items():
            value -= self.lr * grads[name]

    def __call__(self, x):
        return self.lr * x


def conv(x, *, stride=1):
    if not isinstance(stride, int):
        raise TypeError("stride must be an int")
    if stride < 1:
        raise ValueError("stride must be positive, got 0")
    return x[::stride]


def test_functions_are_called_by_value(student):
    x = np.arange(6.0)
    found = student(conv=conv).conv(x, stride=2)
    found[:] = 9
    assert x.tolist() == [0, 1, 2, 3, 4, 5]


def test_requests_carry_handles_in_place_of_remotes(scripted):
    one = scripted({"value": wire.Handle(3, "SGD")}, {"value": 1})
    optimiser = one.SGD(lr=0.5)
    optimiser.step({"a": (1, [optimiser])}, grads=optimiser)
    handle = wire.Handle(3, "SGD")
    assert one._channel.requests == [
        {"id": 1, "op": "call", "target": "SGD", "method": None, "args": [], "kwargs": {"lr": 0.5}},
        {
            "id": 2, "op": "call", "target": handle, "method": "step",
            "args": [{"a": (1, [handle])}], "kwargs": {"grads": handle},
        },
    ]  # fmt: skip


def test_the_limit_of_the_lab_goes_to_the_channel(scripted):
    one = scripted({"value": 1})
    one._seconds, seen = 2.5, []
    request = one._channel.request
    one._channel.request = lambda *given: seen.append(given[1]) or request(*given)
    one.f()
    assert seen == [2.5]


def test_an_optimiser_updates_what_is_kept(student):
    one = student(SGD=SGD)
    optimiser = one.SGD(lr=0.5)
    params = one.keep({"w": np.ones(2)})
    optimiser.step(params, {"w": np.ones(2)})
    assert fetch(params)["w"].tolist() == [0.5, 0.5]
    assign(optimiser, "lr", 0.25)
    assert fetch(optimiser, "lr") == 0.25
    assert optimiser(4.0) == 1.0


def test_defined_functions_seeds_and_generators(student):
    def apply(f, rng):
        for _ in range(5):
            yield f(rng.integers(10**6))

    one = student(apply=apply)
    half = one.define("def half(x):\n    return x / 2", "half")
    expected = np.random.default_rng(3).integers(10**6, size=5) / 2
    assert take(one.apply(half, seeded(3)), 3) == list(expected[:3])


def test_take_wants_something_that_stayed_in_the_kernel(student):
    with pytest.raises(Mismatch, match="should be an iterator or a generator") as caught:
        take(student(f=lambda: [1, 2]).f(), 1)
    assert caught.value.kind == "type"


def test_a_change_of_an_input_is_a_failure(student):
    def shift(x, y):
        x += 1
        y.append(1)

    with pytest.raises(Mutated, match=r"^modified its input x, y; work on a copy instead$"):
        student(f=shift).f(np.zeros(2), [])
    one = student(f=shift)
    one.f(one.keep(np.zeros(2)), one.keep([]))


def test_an_exception_of_the_student_is_raised_with_its_texts(student):
    with pytest.raises(Raised) as caught:
        student(conv=conv).conv(np.ones(2), stride=0)
    found = caught.value
    assert str(found) == "raised ValueError: stride must be positive, got 0"
    assert (found.type_name, found.message) == ("ValueError", "stride must be positive, got 0")
    assert found.bases[:2] == ["ValueError", "Exception"]
    assert "in conv" in found.traceback


def test_a_missing_function_is_the_students_name_error(student):
    with pytest.raises(Raised, match="raised NameError: name 'conv' is not defined"):
        student().conv(1)


# --- raises ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exception", "match"), [(ValueError, "stride"), (Exception, ""), (ValueError, r"got \d$")]
)
def test_raises_accepts_the_exception_or_one_derived_from_it(student, exception, match):
    one = student(conv=conv)
    with one.raises(exception, match=match):
        one.conv(np.ones(2), stride=0)


@pytest.mark.parametrize(
    ("exception", "match", "stride", "says"),
    [
        (ValueError, "", 1, "did not raise ValueError"),
        (ValueError, "", 1.5, "raised TypeError instead of ValueError"),
        (ValueError, "padding", 0, "raised ValueError, but its message does not name the problem"),
        (KeyError, "", 0, "raised ValueError instead of KeyError"),
    ],
)
def test_raises_refuses_the_rest(student, exception, match, stride, says):
    one = student(conv=conv)
    with pytest.raises(NotRaised, match=f"^{says}$"), one.raises(exception, match=match):
        one.conv(np.ones(2), stride=stride)


def test_raises_lets_other_failures_through(student):
    one = student(f=lambda x: x.sort())
    with pytest.raises(Mutated), one.raises(ValueError):
        one.f(np.array([2, 1]))


# --- what was printed --------------------------------------------------------------------------


def talkative(text, then=None):
    print(text)
    warnings.warn(text, RuntimeWarning, stacklevel=1)
    if then:
        raise then
    return 1


def test_output_and_warnings_of_the_last_call(student):
    one = student(f=talkative, g=lambda: 0)
    one.f("first")
    assert one.last_stdout == "first\n"
    assert one.last_warnings == ["RuntimeWarning: first"]
    one.g()
    assert (one.last_stdout, one.last_warnings) == ("", [])
    one.f("second")
    assert one.printed == ["first\n", "second\n"]


def test_output_and_warnings_of_a_call_that_raised(student):
    """They are that call's, not those of the one before it."""
    one = student(f=talkative, g=lambda: talkative("raising", ValueError()))
    one.f("before")
    with pytest.raises(Raised):
        one.g()
    assert one.last_stdout == "raising\n"
    assert one.last_warnings == ["RuntimeWarning: raising"]
    assert one.printed == ["before\n", "raising\n"]


# --- objects that stay in the kernel -----------------------------------------------------------


def test_what_cannot_cross_comes_back_as_a_remote(student):
    remote = student(f=object).f()
    assert type(remote) is Remote
    assert repr(remote) == "<object in the kernel>"


def test_names_with_underscores_are_not_asked_of_the_kernel(student):
    one = student(f=object, _private=lambda: 1)
    for name in ("_private", "__array__", "__len__"):
        with pytest.raises(AttributeError):
            getattr(one, name)
    with pytest.raises(AttributeError):
        one.f().__array_interface__()


def test_a_private_method_of_a_remote_can_be_called(student):
    class Cell:
        def _gates(self):
            return 4

    assert student(Cell=Cell).Cell()._gates() == 4
