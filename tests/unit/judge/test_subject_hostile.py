"""The `student` object against a kernel that answers anything: a failure of the check, no more."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlab import wire
from gradlab.errors import CallTimeout, KernelDied, WireError
from gradlab.judge import assert_close, expect, fetch, take
from gradlab.judge.failures import Failure, Mutated, Raised, Unreachable
from gradlab.judge.record import recording
from gradlab.judge.subject import MAX_OUTPUT, MAX_PRINTED, Remote, Student

GARBAGE = [
    b"",
    b"\xc1",
    b"\x93",
    b"\xdd\xff\xff\xff\xff",
    b"\x91" * 5000,
    wire.encode(None),
    wire.encode([1, 2]),
    wire.encode({}),
    wire.encode({"value": 1}),
    wire.encode({"id": 2, "value": 1}),
    wire.encode({"id": 0, "value": 1}),
    wire.encode({"id": -1, "value": 1}),
    wire.encode({"id": "1", "value": 1}),
    wire.encode({"id": 1.0, "value": 1}),
    wire.encode({"id": True, "value": 1}),
    wire.encode({"id": None, "value": 1}),
    wire.encode({"id": [1], "value": 1}),
    wire.encode({"id": np.int64(1), "value": 1}),
    wire.encode({"id": np.array(1), "value": 1}),
    wire.encode({"id": np.ones(3), "value": 1}),
    wire.encode({"id": wire.Handle(1), "value": 1}),
    wire.encode({"id": wire.Tensor(np.ones(2)), "value": 1}),
]


@pytest.mark.parametrize("payload", GARBAGE, ids=lambda payload: repr(payload[:24]))
def test_an_answer_to_no_question_is_no_answer(scripted, payload):
    with pytest.raises(Unreachable, match=r"^its answer cannot be used: ") as caught:
        scripted(payload).f()
    assert caught.value.kind == "no answer"


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (CallTimeout("x"), "too slow", r"did not answer within 10 s \(an endless loop\?\)"),
        (KernelDied("x"), "died", "the kernel died during the call"),
        (WireError("too long"), "no answer", "its answer cannot be used: too long"),
    ],
)
def test_no_answer_at_all(scripted, error, kind, says):
    with pytest.raises(Unreachable, match=f"^{says}$") as caught:
        scripted(error).f()
    assert caught.value.kind == kind


def test_an_old_answer_does_not_count_for_a_later_question(scripted):
    replay = wire.encode({"id": 1, "value": 5})
    one = scripted(replay, replay)
    assert one.f() == 5
    with pytest.raises(Unreachable, match="belongs to no question"):
        one.f()


def test_the_next_call_is_judged_on_its_own(scripted):
    one = scripted(b"", {"value": 2})
    with pytest.raises(Unreachable):
        one.f()
    assert one.f() == 2


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "raised Exception"),
        ({"type": "ValueError"}, "raised ValueError"),
        ({"type": 5, "message": [1], "bases": 3, "traceback": {}}, "raised Exception"),
        ({"type": wire.Handle(1, "X"), "message": np.zeros(3)}, "raised Exception"),
        ({"type": "T" * 999, "message": "m" * 9999}, f"raised {'T' * 80}: {'m' * 500}"),
    ],
)
def test_an_exceptions_texts_are_texts_and_short(scripted, fields, text):
    with pytest.raises(Raised) as caught:
        scripted({"error": fields}).f()
    assert str(caught.value) == text
    assert isinstance(caught.value.traceback, str)
    assert isinstance(caught.value.bases, list)


def test_an_exceptions_bases_are_texts_and_few(scripted):
    bases = ["ValueError", 5, None, [np.zeros(9)] * 100] + ["x" * 999] * 1000
    with pytest.raises(Raised) as caught:
        scripted({"error": {"type": "E", "bases": bases, "traceback": "t" * 9999}}).f()
    assert caught.value.bases == ["ValueError", "", "", ""] + ["x" * 80] * 16
    assert len(caught.value.traceback) == 4000


def test_values_are_never_shown_where_a_text_is_due(scripted, monkeypatch):
    """Showing 100,000 arrays takes seconds; a text that is none is left out."""
    monkeypatch.setattr(Remote, "__repr__", lambda _: pytest.fail("was shown"))
    monkeypatch.setattr(Remote, "__str__", lambda _: pytest.fail("was shown"), raising=False)
    odd = wire.Handle(1, "Slow")
    with pytest.raises(Mutated, match="modified its input"):
        scripted({"mutated": [odd, [odd], [0, odd]], "stdout": odd, "warnings": [odd]}).f()
    error = {"type": odd, "message": odd, "bases": [odd], "traceback": odd}
    with pytest.raises(Raised):
        scripted({"error": error}).f()


def test_mutated_names_are_few_and_short(scripted):
    with pytest.raises(Mutated) as caught:
        scripted({"mutated": [[n, "x" * 10**5] for n in range(100)], "value": 1}).f()
    assert len(str(caught.value)) < 500


def test_output_is_bounded_here_too(scripted):
    one = scripted(*[{"stdout": "x" * 2**20, "warnings": ["w" * 2**20] * 9}] * 30)
    for _ in range(30):
        one.f()
    assert len(one.last_stdout) == MAX_OUTPUT
    assert sum(map(len, one.last_warnings)) <= 9 * 500
    assert MAX_PRINTED <= sum(map(len, one.printed)) <= MAX_PRINTED + MAX_OUTPUT


@pytest.mark.parametrize(
    "fields", [{"stdout": 5, "warnings": "no list"}, {"stdout": None, "warnings": {"a": 1}}, {}]
)
def test_odd_output_is_no_output(scripted, fields):
    one = scripted({"value": 1, **fields})
    assert one.f() == 1
    assert (one.last_stdout, one.last_warnings, one.printed) == ("", [], [])


def test_an_unanswered_call_has_no_output(scripted):
    one = scripted({"stdout": "old", "warnings": ["old"]}, CallTimeout("x"))
    one.f()
    with pytest.raises(Unreachable):
        one.f()
    assert (one.last_stdout, one.last_warnings) == ("", [])


@pytest.mark.parametrize("value", [None, 1, "handle", [wire.Handle(1)], np.ones(2)])
def test_keep_and_define_want_a_handle(scripted, value):
    for ask in (lambda one: one.keep(1), lambda one: one.define("f = 1", "f")):
        with pytest.raises(Unreachable, match="a handle was expected"):
            ask(scripted({"value": value}))


@pytest.mark.parametrize("value", [None, 3, "abc", (1, 2), {"a": 1}, wire.Handle(1), np.ones(2)])
def test_take_wants_a_list(scripted, value):
    one = scripted({"value": wire.Handle(1)}, {"value": value})
    with pytest.raises(Unreachable, match="a list was expected"):
        take(one.f(), 3)


def test_take_keeps_no_more_than_was_asked_for(scripted):
    one = scripted({"value": wire.Handle(1)}, {"value": [1, 2, 3, 4]})
    assert take(one.f(), 2) == [1, 2]


PLAIN = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(), st.text(max_size=5),
        st.builds(wire.Handle, st.integers(0, 9), st.text(max_size=5)),
        st.sampled_from([np.zeros(2), np.float32(1), wire.Tensor(np.ones(1)), wire.Seed(1)]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip


class Always:
    """A kernel that gives one reply to everything, with the right id."""

    def __init__(self, fields):
        self.fields = fields

    def request(self, payload, seconds):
        return wire.encode({**self.fields, "id": wire.decode(payload)["id"]})


@settings(max_examples=150)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: PLAIN for name in ("value", "error", "stdout", "warnings", "mutated", "more")
        },
    )
)
def test_whatever_is_answered_a_check_fails_or_passes(fields):
    """Nothing but a Failure comes out of a call, and what is left behind is plain text."""
    one = Student(Always(fields))
    uses = [
        lambda: assert_close(one.f(np.zeros(2)), np.zeros(2)),
        lambda: assert_close(one.f(), {"a": [1.0]}),
        lambda: fetch(one.keep(1), "a"),
        lambda: take(one.define("", "f"), 2),
        lambda: expect(one.last_stdout == "" and not one.last_warnings, "silent"),
    ]
    with recording() as record:
        for use in uses:
            with contextlib.suppress(Failure):
                use()
    assert record.same_as(record)
    assert isinstance(one.last_stdout, str)
    assert all(isinstance(text, str) for text in [*one.last_warnings, *one.printed])
