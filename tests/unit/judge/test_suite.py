"""A lab's hidden checks: collected once, run for one student after another."""

import gc
import threading
import tracemalloc

import numpy as np
import pytest

from gradlab.errors import CallTimeout, KernelDied
from gradlab.judge.diagnose import Diagnostician
from gradlab.judge.results import CheckResult
from gradlab.judge.subject import Student

DOUBLE = """
    pytestmark = exercise("double")
    CASES = [np.arange(3.0), np.ones((2, 2)), np.zeros(0)]

    @weight(3)
    @pytest.mark.parametrize("x", CASES, ids=["three", "square", "empty"])
    def test_values(student, x):
        '''Doubles each element.

        This is for the authors only.
        '''
        assert_close(student.double(x), 2 * x, name="y")

    @requires("test_values")
    def test_text(student):
        '''Refuses text.'''
        with student.raises(TypeError):
            student.double("a")
"""


def double(x):
    if isinstance(x, str):
        raise TypeError
    return 2 * x


def judged(suite, student, name="double", **names):
    """The verdict of a suite that is opened for it alone."""
    with suite as opened:
        return opened.judge(name, student(**names))


def test_checks_are_collected_with_all_they_say(suite):
    with suite(DOUBLE) as opened:
        one, other = opened.checks["double"]
    assert (one.name, one.title, one.weight) == ("test_values", "Doubles each element.", 3)
    assert (one.requires, len(one.items)) == ([], 3)
    assert (other.name, other.title, other.weight) == ("test_text", "Refuses text.", 1)
    assert (other.requires, len(other.items)) == (["test_values"], 1)


def test_a_right_function_passes_everything(suite, student):
    verdict = judged(suite(DOUBLE), student, double=double)
    assert verdict.checks == [
        CheckResult("test_values", "Doubles each element.", 3, "passed"),
        CheckResult("test_text", "Refuses text.", 1, "passed"),
    ]
    assert list(verdict.records) == [
        "test_values[three]", "test_values[square]", "test_values[empty]", "test_text[]"
    ]  # fmt: skip
    assert {record.outcome for record in verdict.records.values()} == {"passed"}


def test_the_first_failing_case_is_told_and_how_many_fail(suite, student):
    verdict = judged(suite(DOUBLE), student, double=lambda x: x if x.ndim == 2 else 2 * x)
    first, second = verdict.checks
    assert (first.status, first.kind, first.case) == ("failed", "values", "square")
    assert first.message.startswith("y has wrong values: 4 of 4 entries differ")
    assert first.message.endswith(" (1 of 3 cases)")
    assert first.detail == "y[0, 0]: expected 2.0, got 1.0"
    assert (second.status, second.kind) == ("not run", "not run")
    assert second.message == "needs “Doubles each element.”"


@pytest.mark.parametrize(
    ("function", "kind", "message"),
    [
        (lambda x: None, "type", "y should be an array of shape (3,), not None (3 of 3 cases)"),
        (lambda x: 2 * x[None], "shape", "y has shape (1, 3); it should be (3,) (3 of 3 cases)"),
        (lambda x: (2 * x).astype("f4"), "dtype", "y has dtype float32; it should be float64"),
        (lambda x: x / 0, "not finite", "y is not finite: NaN in 3 of 3 entries"),
        (lambda x: [][0], "raised", "raised IndexError: list index out of range"),
        (lambda x: exit(), "raised", "raised SystemExit"),
    ],
)
def test_every_kind_of_failure_has_its_word(suite, student, function, kind, message):
    first = judged(suite(DOUBLE), student, double=function).checks[0]
    assert first.kind == kind
    assert first.message.startswith(message)


def test_what_changes_its_input_loses_a_check_of_its_own_and_no_other(suite, student):
    checks = judged(suite(DOUBLE), student, double=lambda x: x.__imul__(2)).checks
    assert checks[0].passed
    assert (checks[-1].kind, checks[-1].weight) == ("mutated", 1)
    assert checks[-1].message == "modified its input x; work on a copy instead"


def test_what_changes_nothing_has_no_such_check(suite, student):
    assert len(judged(suite(DOUBLE), student, double=lambda x: 2 * x).checks) == 2


def test_a_change_is_noticed_although_the_call_raised(suite, student):
    def faulty(x):
        x += 1
        raise ValueError

    assert judged(suite(DOUBLE), student, double=faulty).checks[-1].kind == "mutated"


def test_changed_inputs_tell_misconceptions_apart(suite, student):
    """By place, not by what the student has called it."""
    text = """
        @exercise("f")
        def test_sum(student):
            '''Adds.'''
            assert_close(student.f(np.ones(3), np.ones(3)), 2 * np.ones(3))

        @misconception("f", "You changed a.")
        def first(a, b):
            a += b
            return a

        @misconception("f", "You changed b.")
        def second(a, b):
            b += a
            return b
    """
    with suite(text) as opened:
        judge = Diagnostician(opened, lambda: {"f": lambda a, b: a + b})
        verdict = opened.judge("f", student(f=lambda x, y: y.__iadd__(x)))
        assert judge.diagnose("f", verdict).name == "second"


def test_a_raised_failure_keeps_the_students_traceback_for_full_feedback(suite, student):
    def faulty(x):
        raise ValueError("a deep reason")

    first = judged(suite(DOUBLE), student, double=faulty).checks[0]
    assert "in faulty" in first.detail
    assert "a deep reason" in first.detail


def test_other_exceptions_in_a_check_blame_the_form_and_hide_their_text(suite, student):
    """`y, cache = student.f(x)` fails as Python likes; its text could hold inputs."""
    source = """
        @exercise("f")
        def test_pair(student):
            '''Gives a value and a cache.'''
            value, cache = student.f(np.ones(3))
    """
    for found in (None, np.ones(3), (1, 2, 3)):
        first = judged(suite(source), student, "f", f=lambda x, found=found: found).checks[0]
        assert first.kind == "structure"
        assert first.message == "what it returned does not have the form that the exercise asks for"
        assert "Error" in first.detail
    first = judged(suite(source), student, "f", f=lambda x: object()).checks[0]
    assert first.kind == "type"
    assert first.message == "an object of type object came back where a value was expected"


# --- one suite, many students ------------------------------------------------------------------


def test_verdicts_do_not_depend_on_who_came_before(suite, student):
    wrong = {"double": lambda x: 3 * x}
    with suite(DOUBLE) as opened:

        def all_of(names):
            return opened.judge("double", student(**names)).checks

        right, bad = all_of({"double": double}), all_of(wrong)
        assert right != bad
        for _ in range(3):
            assert all_of(wrong) == bad
            assert all_of({}) != bad
            assert all_of({"double": double}) == right


def test_references_and_inputs_are_made_once(suite, student, tmp_path):
    log = tmp_path / "log"
    source = f"""
        pytestmark = exercise("double")
        X = case_rng("double").normal(size=3)

        @reference
        def expected(factor):
            with open({str(log)!r}, "a") as file:
                file.write("computed ")
            return factor * X

        def test_values(student):
            '''Doubles.'''
            assert_close(student.double(X), expected(2))
    """
    seen = []
    with suite(source) as opened:
        for _ in range(3):
            opened.judge("double", student(double=lambda x: seen.append(x.tolist()) or 2 * x))
    assert log.read_text() == "computed "
    assert seen[0] == seen[1] == seen[2]


def test_inputs_come_from_the_course_of_the_checks(suite, student, tmp_path, monkeypatch):
    """Whatever the working directory, which may even be another course."""
    source = """
        X = case_rng("double").normal(size=3)

        @exercise("double")
        def test_values(student):
            '''Doubles.'''
            assert_close(student.double(X), 2 * X)
    """
    opened, seen = suite(source), []
    monkeypatch.delenv("GRADLAB_SECRET")
    (tmp_path / "nbgrader_config.py").touch()
    other = tmp_path / "other"
    other.mkdir()
    (other / "nbgrader_config.py").touch()
    for place in (tmp_path, other, tmp_path.parent):
        monkeypatch.chdir(place)
        names = {"double": lambda x: seen.append(x.tolist()) or 2 * x}
        assert judged(type(opened)(opened.folder), student, **names).checks[0].passed
    assert seen[0] == seen[1] == seen[2]
    assert (tmp_path / ".gradlab" / "secret").exists()
    assert not (other / ".gradlab").exists()


def test_a_suite_can_be_used_from_several_threads(suite, student):
    verdicts = {}
    with suite(DOUBLE) as opened:

        def judge(number):
            names = {"double": lambda x: number * x}
            verdicts[number] = opened.judge("double", student(**names)).checks[0].passed

        threads = [threading.Thread(target=judge, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert verdicts == {number: number == 2 for number in range(6)}


def test_several_suites_with_files_of_one_name_are_open_at_once(suite, student):
    """Two labs may both have a test_f.py; a module found under that name would be the wrong one."""
    tripled = DOUBLE.replace("2 * x", "3 * x")
    with suite(DOUBLE) as doubles, suite(tripled) as triples:
        for _ in range(2):
            assert doubles.judge("double", student(double=double)).checks[0].passed
            assert not triples.judge("double", student(double=double)).checks[0].passed


def test_a_changed_file_is_read_again(suite, student):
    first = suite(DOUBLE)
    assert judged(first, student, double=double).checks[0].passed
    path = first.folder / "test_f.py"
    path.write_text(path.read_text().replace("2 * x", "30 * x"))
    assert not judged(type(first)(first.folder), student, double=double).checks[0].passed


def test_nothing_is_printed(suite, student, capfd):
    source = DOUBLE + "        print('by the check')\n"
    judged(suite(source), student, double=lambda x: print("by the student") or 2 * x)
    assert capfd.readouterr().err == ""


def test_what_a_submission_sends_is_not_kept(suite):
    """Ten cases that answer 8 MiB each must not need 80 MiB, nor leave any behind."""
    source = """
        @exercise("f")
        @pytest.mark.parametrize("n", range(10))
        def test_large(student, n):
            '''Gives nothing.'''
            assert_close(student.f(), np.ones(2))
    """

    class Large:
        def request(self, payload, seconds):
            from gradlab import wire

            return wire.encode({"id": wire.decode(payload)["id"], "value": np.zeros(2**20)})

    with suite(source) as opened:
        opened.judge("f", Student(Large()))
        gc.collect()
        tracemalloc.start()
        verdict = opened.judge("f", Student(Large()))
        gc.collect()
        now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert verdict.checks[0].kind == "shape"
    assert now < 2**20
    assert peak < 60 * 2**20


# --- calls that do not come back ---------------------------------------------------------------

MANY = """
    pytestmark = exercise("f")

    def test_first(student):
        '''One.'''
        assert_equal(student.f(0), 0)

    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_second(student, n):
        '''Two.'''
        assert_equal(student.f(n), n)

    def test_third(student):
        '''Three.'''
        assert_equal(student.f(4), 4)
"""


@pytest.mark.parametrize(
    ("error", "kind"), [(CallTimeout("x"), "too slow"), (KernelDied("x"), "died")]
)
def test_after_a_call_that_did_not_come_back_nothing_more_is_asked(suite, scripted, error, kind):
    student = scripted({"value": 0}, {"value": 1}, error)
    with suite(MANY) as opened:
        verdict = opened.judge("f", student)
    first, second, third = verdict.checks
    assert first.passed
    assert (second.status, second.kind, second.case) == ("failed", kind, "2")
    assert (third.status, third.message) == (
        "not run",
        "not run after a call that did not come back",
    )
    assert len(student._channel.requests) == 3
    assert list(verdict.records) == ["test_first[]", "test_second[1]", "test_second[2]"]


def test_an_unusable_answer_costs_its_case_only(suite, scripted):
    student = scripted(b"\xc1", {"value": 1}, b"", {"value": 3}, {"value": 4})
    with suite(MANY) as opened:
        found = [check.status for check in opened.judge("f", student).checks]
    assert found == ["failed", "failed", "passed"]


# --- several exercises -------------------------------------------------------------------------

TWO = """
    @exercise("a", few="one line")
    def test_values(student):
        '''Title of a.'''
        assert_equal(student.a(), 1)

    @exercise("a")
    @requires("test_values")
    def test_more(student):
        '''More of a.'''

    @misconception("a", "You gave two.")
    def two():
        return 2

    @misconception("b", "You gave nothing.")
    def nothing():
        return None
"""
THREE = """
    pytestmark = exercise("b")

    def test_values(student):
        '''Title of b.'''
        assert_equal(student.b(), 1)

    class TestMore:
        def test_in_a_class(self, student):
            '''In a class.'''

    @alternative("b")
    def another():
        return 1
"""


def test_files_and_exercises_may_be_mixed(suite, student):
    with suite(test_a=TWO, test_b=THREE) as opened:
        assert list(opened.checks) == ["a", "b"]
        assert [check.name for check in opened.checks["b"]] == ["test_values", "test_in_a_class"]
        assert opened.few == {"a": "one line", "b": ""}
        kinds = {name: [entry.name for entry in found] for name, found in opened.catalogue.items()}
        assert kinds == {"a": ["two"], "b": ["nothing", "another"]}
        names = {"a": lambda: 0, "b": lambda: 1}
        assert [one.status for one in opened.judge("b", student(**names)).checks] == ["passed"] * 2
        assert opened.judge("a", student(**names)).checks[1].message == "needs “Title of a.”"


def test_an_exercise_without_checks_is_an_error_of_the_caller(suite, student):
    with suite(DOUBLE) as opened:
        with pytest.raises(KeyError):
            opened.judge("triple", student())
        assert opened.judge("double", student(double=double)).checks[0].passed
