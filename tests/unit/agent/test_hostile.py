"""The agent answers every request, whatever the student's code raises, prints or returns."""

import sys
import warnings

import numpy as np
import pytest

from gradlab import wire
from gradlab.kernel.agent import MAX_MESSAGE, MAX_STDOUT, MAX_TRACEBACK, BoundedText


def raising(error):
    def f():
        raise error

    return f


class MuteError(Exception):
    def __str__(self):
        raise SystemExit("no message for you")


class NoTextError(Exception):
    def __str__(self):
        return 5


class Sly(str):
    __slots__ = ()

    def __getitem__(self, key):
        raise SystemExit

    def encode(self, *_):
        return b"forged"


class SlyError(Exception):
    def __str__(self):
        return Sly("sly text")


class Nameless(type):
    @property
    def __name__(cls):
        raise SystemExit

    @property
    def __mro__(cls):
        raise SystemExit

    @property
    def __module__(cls):
        raise SystemExit


class NamelessError(Exception, metaclass=Nameless):
    pass


class NamelessThing(metaclass=Nameless):
    pass


# --- exceptions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "name", "message"),
    [
        (ValueError("stride must be positive"), "ValueError", "stride must be positive"),
        (SystemExit(3), "SystemExit", "3"),
        (KeyboardInterrupt(), "KeyboardInterrupt", ""),
        (GeneratorExit(), "GeneratorExit", ""),
        (MemoryError(), "MemoryError", ""),
        (MuteError(), "MuteError", "(its message could not be shown)"),
        (NoTextError(), "NoTextError", "(its message could not be shown)"),
        (SlyError(), "SlyError", "sly text"),
        (ValueError("\ud800"), "ValueError", "?"),
        (KeyError("w"), "KeyError", "'w'"),
        (NamelessError("x"), "Exception", "x"),
        (ExceptionGroup("two", [ValueError(1)]), "ExceptionGroup", "two (1 sub-exception)"),
    ],
)
def test_whatever_is_raised_is_described(caller, error, name, message):
    found = caller(f=raising(error)).call("f")["error"]
    assert (found["type"], found["message"]) == (name, message)
    assert {type(item) for item in found.values()} == {str, list}


def test_bases_are_names_from_the_class_up(caller):
    class StrideError(ValueError):
        pass

    found = caller(f=raising(StrideError())).call("f")["error"]
    assert found["bases"] == ["StrideError", "ValueError", "Exception", "BaseException", "object"]


def test_messages_and_tracebacks_are_bounded(caller):
    found = caller(f=raising(ValueError("x" * 10**6))).call("f")["error"]
    assert found["message"] == "x" * MAX_MESSAGE
    assert len(found["traceback"]) == MAX_TRACEBACK


def test_the_traceback_shows_the_students_frames_only(caller):
    def inner():
        raise ValueError("deep")

    text = caller(f=lambda: inner()).call("f")["error"]["traceback"]
    assert "in inner" in text
    assert "ValueError: deep" in text
    assert "agent.py" not in text


def test_endless_recursion_is_an_error(caller):
    def f():
        return f()

    found = caller(f=f).call("f")["error"]
    assert found["type"] == "RecursionError"
    assert len(found["traceback"]) <= MAX_TRACEBACK


def test_the_next_call_is_answered_after_any_of_these(caller):
    student = caller(bad=raising(SystemExit()), odd=raising(MuteError()), f=lambda: 1)
    student.call("bad")
    student.call("odd")
    assert student.value("f") == 1


# --- results -----------------------------------------------------------------------------------


def cyclic():
    loop = []
    loop.append(loop)
    return loop


def deep():
    value = 0
    for _ in range(50_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (cyclic, "nested deeper"),
        (deep, "nested deeper"),
        (lambda: [0] * 10**6, "more than 100000 items"),
        (lambda: "a" * 10**7, "text of 10000000 characters"),
        (lambda: np.broadcast_to(np.int8(0), (2**20, 2**20)), "exceed the limit"),
        (lambda: [np.zeros(2**20)] * 100, "exceed the limit"),
        (lambda: wire.Handle("1"), "a handle must be"),
        (lambda: wire.Seed(-1), "a seed must be"),
    ],
)
def test_a_result_that_cannot_cross_is_an_error_of_that_call(caller, make, says):
    student = caller(f=make, g=lambda: 1)
    error = student.call("f")["error"]
    assert error["type"] == "WireError"
    assert says in error["message"]
    assert student.value("g") == 1


@pytest.mark.parametrize(
    "value",
    [1j, b"a", {1}, {(1, 2): 3}, {2**70: 1}, 2**70, np.array([None]), np.ma.zeros(2), object(),
     NamelessThing()],
)  # fmt: skip
def test_what_has_no_encoding_stays_and_comes_back(caller, value):
    student = caller(f=lambda: value, same=lambda it: it is value)
    handle = student.value("f")
    assert type(handle) is wire.Handle
    assert student.value("same", handle) is True


def test_a_nameless_things_handle_says_object(caller):
    assert caller(f=lambda: NamelessThing()).value("f").type_name == "object"


def test_objects_inside_containers_get_handles_of_their_own(caller):
    value = caller(f=lambda: {"cell": {1, 2}, "h": [object(), 1.0]}).value("f")
    assert value["cell"].type_name == "set"
    assert value["h"][0].type_name == "object"
    assert value["h"][1] == 1.0


# --- what is printed, and warnings -------------------------------------------------------------


def test_printed_text_comes_with_the_reply_and_not_to_the_kernel(caller, capsys):
    def f():
        print("seen")
        print("wrong", file=sys.stderr)
        return 1

    student = caller(f=f, g=lambda: 2)
    assert student.call("f")["stdout"] == "seen\nwrong\n"
    assert student.call("g")["stdout"] == ""
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_printed_text_and_changes_are_told_when_the_call_raises(caller, error):
    def f(x):
        print("before")
        x.clear()
        raise error

    reply = caller(f=f).call("f", [1])
    assert (reply["stdout"], reply["error"]["type"]) == ("before\n", error.__name__)
    assert reply["mutated"] == [[0, "x"]]


def test_endless_printing_is_bounded(caller):
    def f():
        for _ in range(1000):
            print("x" * 1000)

    text = caller(f=f).call("f")["stdout"]
    assert len(text) < MAX_STDOUT + 100
    assert text.endswith("… output truncated …\n")


@pytest.mark.parametrize(
    "pieces", [["abcdef"], ["abcde", "f"], ["abc", "def", "ghi"], [*"abcdefg"]]
)
def test_truncation_is_said_once_wherever_it_falls(pieces):
    text = BoundedText(5)
    assert [text.write(piece) for piece in pieces] == [len(piece) for piece in pieces]
    assert text.getvalue() == "abcde\n… output truncated …\n"


@pytest.mark.parametrize("pieces", [["abcde"], ["abc", "de", ""], []])
def test_nothing_is_said_when_all_fits(pieces):
    text = BoundedText(5)
    for piece in pieces:
        text.write(piece)
    assert text.getvalue() == "".join(pieces)


def test_closing_stdout_closes_nothing(caller):
    def f():
        print("kept")
        sys.stdout.close()
        return 3

    reply = caller(f=f).call("f")
    assert (reply["value"], reply["stdout"]) == (3, "kept\n")


class MuteWarning(UserWarning):
    """Can be shown once, which `warnings.warn` itself does."""

    shown = False

    def __str__(self):
        if self.shown:
            raise SystemExit
        self.shown = True
        return "shown once"


def test_warnings_are_listed_and_fail_nothing(caller):
    def f():
        warnings.warn("careful", RuntimeWarning, stacklevel=1)
        warnings.warn(MuteWarning(), stacklevel=1)
        return float(np.exp(np.float64(1000)))

    reply = caller(f=f).call("f")
    assert reply["value"] == np.inf
    assert reply["warnings"] == [
        "RuntimeWarning: careful",
        "Warning",
        "RuntimeWarning: overflow encountered in exp",
    ]


def test_warnings_repeat_in_every_call_and_are_bounded(caller):
    def f():
        for _ in range(100):
            warnings.warn("x" * 1000, stacklevel=1)

    student = caller(f=f)
    for _ in range(2):
        found = student.call("f")["warnings"]
        assert len(found) == 20
        assert {len(text) for text in found} == {200}


def test_filters_that_a_call_sets_end_with_it(caller):
    def strict():
        warnings.simplefilter("error")
        warnings.warn("now an error", stacklevel=1)

    student = caller(strict=strict, f=lambda: warnings.warn("still one", stacklevel=1))
    assert student.call("strict")["error"]["type"] == "UserWarning"
    assert student.call("f")["warnings"] == ["UserWarning: still one"]


def test_the_agent_holds_nothing_but_the_students_objects(caller):
    student = caller(f=lambda: object())
    student.call("f")
    assert set(vars(student.agent)) == {"namespace", "objects", "_resolved"}
