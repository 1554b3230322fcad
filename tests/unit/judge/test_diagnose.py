"""Naming the misconception: recognised where all values agree, and never guessed."""

import numpy as np
import pytest

from gradlab.errors import KernelDied
from gradlab.judge.diagnose import Diagnostician
from gradlab.judge.results import Diagnosis

SCALE = """
    pytestmark = exercise("scale")
    CASES = [np.array([1.0, 2.0]), np.array([0.5, 3.0])]

    @pytest.mark.parametrize("x", CASES)
    def test_values(student, x):
        '''Scales.'''
        y, total = student.scale(x, 3.0)
        assert_close(y, 3 * x)
        assert_close(total, float(np.sum(3 * x)))

    @requires("test_values")
    def test_zero(student):
        '''Stays 0.'''
        expect(not np.any(student.scale(np.zeros(2), 3.0)[0]), "0 stays 0")

    @misconception("scale", "You added instead.")
    def added(x, factor):
        return x + factor, float(np.sum(x + factor))

    @misconception("scale", "You summed before scaling.")
    def unscaled_sum(x, factor):
        return x * factor, float(np.sum(x))

    @misconception("scale", "You gave no sum.")
    def no_sum(x, factor):
        return x * factor

    @misconception("scale", "You refused what is allowed.")
    def refuses(x, factor):
        raise ValueError("factor must be 1")

    @misconception("scale", "You returned nothing.")
    def nothing(x, factor):
        pass

    @misconception("scale", "You left it undone.")
    def undone(x, factor):
        raise NotImplementedError

    @alternative("scale")
    def by_multiply(x, factor):
        y = np.multiply(x, factor)
        return [y, y.sum()]
"""


def scale(x, factor):
    return x * factor, helper(x) * factor


def helper(x):
    return float(np.sum(x))


@pytest.fixture
def diagnosed(suite, student):
    """Judges and diagnoses functions called `scale`; counts how often a solution was made."""
    made = []

    def solution():
        made.append(1)
        return {"scale": scale, "helper": helper}

    with suite(SCALE) as opened:
        judge = Diagnostician(opened, solution)

        def diagnose(function):
            verdict = opened.judge("scale", student(scale=function))
            return judge.diagnose("scale", verdict)

        diagnose.judge, diagnose.made = judge, made
        yield diagnose


def test_the_same_values_by_other_code_are_recognised(diagnosed):
    def plus(x, factor):
        return [np.array([a + factor for a in x]), sum(a + factor for a in x)]

    assert diagnosed(plus) == Diagnosis("added", "You added instead.")
    assert diagnosed(lambda x, factor: (x * factor, helper(x))).name == "unscaled_sum"


def test_the_same_wrong_form_is_recognised(diagnosed):
    assert diagnosed(lambda x, factor: print(end="")).name == "nothing"
    assert diagnosed(lambda x, factor: factor * x).name == "no_sum"


def test_an_exception_of_the_students_own_making_is_recognised(diagnosed):
    def refuse(x, factor):
        raise ValueError("no")

    assert diagnosed(refuse).name == "refuses"


def stub(x, factor):
    raise NotImplementedError


@pytest.mark.parametrize(
    "function",
    [
        scale,
        stub,
        lambda x, factor: (x + factor + 1e-3, float(np.sum(x + factor))),
        lambda x, factor: (x * factor, float(np.sum(x + factor))),
        lambda x, factor: (x + factor if x[0] == 1 else x * factor, float(np.sum(x + factor))),
        lambda x, factor: (x + factor).astype("f4"),
        lambda x, factor: 5,
        lambda x, factor: (1, 2, 3),
        lambda x, factor: x[:1],
        lambda x: x,
        lambda x, factor: [][0],
    ],
    ids=["right", "stub", "nearly", "half", "once", "dtype", "number", "three", "one",
         "signature", "raises"],
)  # fmt: skip
def test_nothing_else_is_called_a_misconception(diagnosed, function):
    assert diagnosed(function) is None


def test_where_there_is_nothing_to_recognise_the_catalogue_does_not_run(diagnosed):
    for function in (scale, stub):
        assert diagnosed(function) is None
    assert not diagnosed.made
    assert diagnosed(lambda x, factor: 5) is None
    assert diagnosed.made


def test_a_missing_function_is_no_misconception(suite, student):
    with suite(SCALE) as opened:
        judge = Diagnostician(opened, lambda: {"scale": scale})
        assert judge.diagnose("scale", opened.judge("scale", student())) is None


def test_a_kernel_that_dies_midway_is_no_misconception(suite, scripted):
    """Its first case may look like one; the others were never seen."""
    added = (np.array([4.0, 5.0]), 9.0)
    with suite(SCALE) as opened:
        judge = Diagnostician(opened, lambda: {"scale": scale})
        for replies in ([{"value": added}, KernelDied("x")], [KernelDied("x")]):
            assert judge.diagnose("scale", opened.judge("scale", scripted(*replies))) is None


def test_entries_are_run_once_and_only_when_needed(diagnosed):
    assert diagnosed(scale) is None
    assert diagnosed.made == []
    diagnosed(lambda x, factor: 2)
    diagnosed(lambda x, factor: 1)
    assert len(diagnosed.made) == 6


def test_entries_stand_in_for_one_name_of_the_solution(suite, student):
    source = """
        @exercise("f")
        def test_f(student):
            '''F.'''
            assert_equal(student.call_f(), 2)

        @misconception("f", "You gave one.")
        def one():
            return 1
    """

    def solution():
        namespace = {"f": lambda: 2}
        namespace["call_f"] = lambda: namespace["f"]()
        return namespace

    with suite(source) as opened:
        judge = Diagnostician(opened, solution)
        (entry,) = judge.misconceptions("f")
        assert not judge.verdict_of(entry).checks[0].passed
        assert opened.judge("f", student(**solution())).checks[0].passed


def test_kinds_of_entries_are_kept_apart(diagnosed):
    judge = diagnosed.judge
    names = [entry.name for entry in judge.misconceptions("scale")]
    assert names == ["added", "unscaled_sum", "no_sum", "refuses", "nothing", "undone"]
    assert [entry.name for entry in judge.alternatives("scale")] == ["by_multiply"]
    assert judge.misconceptions("unknown") == judge.alternatives("unknown") == []
    assert all(check.passed for check in judge.verdict_of(judge.alternatives("scale")[0]).checks)


# --- a missing `raise` beside a wrong value ----------------------------------------------------

STRICT = """
    pytestmark = exercise("f")

    def test_values(student):
        '''Doubles.'''
        assert_equal(student.f(2), 4)

    def test_raises(student):
        '''Refuses 0.'''
        with student.raises(ValueError):
            student.f(0)

    def refusing(f):
        def checked(x):
            if x == 0:
                raise ValueError
            return f(x)
        return checked

    tripled = misconception("f", "You tripled.")(refusing(lambda x: 3 * x))
    lenient = misconception("f", "You refuse nothing.")(lambda x: 2 * x)
"""


def strictly(function):
    def checked(x):
        if x == 0:
            raise ValueError
        return function(x)

    return checked


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (strictly(lambda x: 3 * x), "tripled"),
        (lambda x: 3 * x, "tripled"),
        (lambda x: 2 * x, "lenient"),
        (strictly(lambda x: 5 * x), None),
        (lambda x: 5 * x, None),
        (strictly(lambda x: 2 * x), None),
    ],
    ids=["tripled", "tripled and lenient", "lenient", "other", "other and lenient", "right"],
)
def test_a_missing_raise_hides_no_wrong_value(suite, student, function, name):
    with suite(STRICT) as opened:
        judge = Diagnostician(opened, dict)
        found = judge.diagnose("f", opened.judge("f", student(f=function)))
    assert (found and found.name) == name
