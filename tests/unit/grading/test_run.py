"""Running a notebook's cells, with a session that only pretends to have a kernel."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.utils import compute_checksum

from gradlab.errors import KernelDied
from gradlab.grading import run as module
from gradlab.grading.run import NO_RESTARTS, NO_TIME, NotebookRun, Options, _defines
from gradlab.judge.results import FAILED, PASSED, CheckResult
from gradlab.judge.suite import Verdict
from gradlab.kernel.limits import Limits


class Clock:
    """Time that passes only when somebody uses it."""

    now = 0.0

    def monotonic(self):
        return self.now


class Session:
    """Runs a cell by looking its text up: how it ends, and how long it takes."""

    def __init__(self, clock):
        self.clock = clock
        self.alive = True
        self.ran = []
        self.restarts = 0
        self.dies_before = ""

    def run(self, cell):
        if self.dies_before and self.dies_before == cell.source:
            self.dies_before, self.alive = "", False
            raise KernelDied("a moment ago it was alive")
        self.ran.append(cell.source)
        status, _, seconds = cell.source.partition("#")[0].strip().partition(" ")
        self.clock.now += float(seconds or 0)
        self.alive = status != "died"
        cell.outputs = [new_output("stream", text=f"{cell.source}\n")]
        words = ("SyntaxError", "invalid syntax") if status == "error" else ("", "")
        return SimpleNamespace(status=status, error_name=words[0], error_message=words[1])

    def restart(self):
        self.restarts += 1
        self.alive = True

    @contextmanager
    def channel(self):
        yield self


class Judge:
    """Answers with prepared verdicts, whatever the student."""

    def __init__(self, *messages):
        self.messages = list(messages)
        checks = [CheckResult("test_a", "A", 1.0, PASSED)]
        self.suite = SimpleNamespace(checks={"one": checks}, judge=self._verdict)
        self.error = None

    def require_sound(self, exercise):
        """This judge has no solution."""

    def _verdict(self, name, student):
        if self.error:
            raise self.error
        message = self.messages.pop(0) if self.messages else ""
        status = FAILED if message else PASSED
        student.printed.append("a hidden input")
        return Verdict([CheckResult("test_a", "A", 1.0, status, "raised", message)], {})

    def diagnose(self, name, verdict):
        return None


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def session(clock):
    return Session(clock)


def check(source="ok"):
    metadata = {"nbgrader": {"points": 4, "grade_id": "check_one", "grade": True}}
    return new_code_cell(source, metadata={**metadata, "gradlab": {"check": "one"}})


def experiment(source):
    return new_code_cell(source, metadata={"gradlab": {"experiment": True}})


def graded(session, cells, judge=None, **options):
    run = NotebookRun(session, Limits(), Options(**options), judge or Judge())
    run.grade(new_notebook(cells=cells))
    return run


def text(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def test_cells_run_in_order_and_experiments_do_not(session):
    graded(session, [new_code_cell("ok"), experiment("never"), check("error")])
    assert session.ran == ["ok", "error"]


def test_a_death_costs_a_restart_and_what_ran_is_run_again(session):
    cells = [new_code_cell("ok 1"), new_code_cell("died 1"), new_code_cell("ok 2")]
    run = graded(session, cells)
    assert session.ran == ["ok 1", "died 1", "ok 1", "died 1", "ok 1", "ok 2"]
    assert run.notes == [f"cell {cells[1].id!r} killed the kernel"]


def test_restarts_are_counted(session):
    cells = [new_code_cell("died") for _ in range(4)]
    run = graded(session, [*cells, check()], max_restarts=2)
    assert session.restarts == 2
    assert NO_RESTARTS in text(cells[3])
    assert run.results[0].reason == NO_RESTARTS
    assert run.results[0].score == 0


def test_a_cell_during_which_the_kernel_dies_once_is_not_blamed(session):
    """An earlier one may have ordered that: a thread that kills later."""
    cell = new_code_cell("ok")
    session.dies_before = "ok"
    run = graded(session, [cell, check("ok 1")])
    assert (text(cell), run.notes) == ("ok\n", [])
    assert run.results[0].score == 4


def stub_of(name, source):
    """An answer cell as it was released, and the same with another text."""
    cell = new_code_cell(source, id=name)
    flags = {"grade": False, "locked": False, "solution": True, "task": False}
    cell.metadata.nbgrader = {"grade_id": name, "schema_version": 3, **flags}
    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    return cell


@pytest.mark.parametrize(
    ("source", "reason"),
    [("ok # stub", "left blank"), ("ok # 1\nok", "the line `raise NotImplementedError()` is stil")],
)
def test_blank_means_as_released(session, source, reason):
    judge = Judge("raised NotImplementedError")
    answer = stub_of("one", "ok # stub")
    answer.source = source
    run = graded(session, [answer, check()], judge)
    assert run.results[0].reason.startswith(reason)


def test_an_answer_that_was_not_handed_in_is_not_blank(session):
    answer = stub_of("one", "ok # stub")
    answer.metadata.gradlab = {"missing": "lost"}
    run = graded(session, [answer, check()], Judge("raised NotImplementedError"))
    assert run.results[0].reason == "lost"


@pytest.mark.parametrize("error", [KernelDied("gone"), BrokenPipeError()])
def test_a_kernel_that_dies_before_the_call_costs_the_exercise(session, error):
    judge = Judge()
    judge.error = error
    run = graded(session, [check()], judge)
    assert run.results[0].checks[0].message == "the kernel died before the call"


def test_many_slow_cells_end_at_the_submissions_deadline(session, clock):
    cells = [new_code_cell("ok 7") for _ in range(100)]
    run = graded(session, [*cells, check()], max_seconds=60)
    assert clock.now < 70
    assert NO_TIME in text(cells[50])
    assert run.results[0].reason == NO_TIME


def test_running_again_ends_at_the_deadline_too(session, clock):
    cells = [new_code_cell("ok 5") for _ in range(8)]
    deaths = [new_code_cell("died") for _ in range(10)]
    graded(session, [*cells, *deaths], max_seconds=60)
    assert clock.now < 70


def test_calls_end_at_the_deadline_too(clock):
    asked = []
    channel = SimpleNamespace(request=lambda payload, seconds: asked.append(seconds))
    in_time = module._InTime(channel, deadline=10.0)
    for clock.now in (0.0, 8.0, 9.99, 20.0):
        in_time.request(b"", 5.0)
    assert asked == [5.0, 2.0, module.LEAST_SECONDS, module.LEAST_SECONDS]


def test_what_is_printed_when_judged_is_for_full_feedback_only(session):
    summary, full = check(), check()
    graded(session, [summary], feedback="summary")
    graded(session, [full], feedback="full")
    assert "a hidden input" not in text(summary)
    assert "a hidden input" in text(full)
    assert "your output:\nok" in text(summary)


def test_an_experiment_runs_if_a_name_is_missing_that_it_defines(session):
    judge = Judge("raised NameError: name 'helper' is not defined")
    cells = [experiment("ok # helper = 3"), experiment("ok # other = 3"), check()]
    run = graded(session, cells, judge)
    assert session.ran == ["ok", "ok # helper = 3"]
    assert run.results[0].score == 4


@pytest.mark.parametrize("name", ["a b", "x" * 81, "", "(", "helper' + 'x"])
def test_what_is_no_name_is_not_looked_for(session, name):
    judge = Judge(f"raised NameError: name '{name}' is not defined")
    run = graded(session, [experiment("ok # x = helper"), check()], judge)
    assert session.ran == ["ok"]
    assert run.results[0].score == 0


@pytest.mark.parametrize(
    ("source", "defines"),
    [
        ("n = 3", True),
        ("a, n = 3, 4", True),
        ("n += 1", True),
        ("n: int = 3", True),
        ("def n(x):", True),
        ("async def n(x):", True),
        ("class n:", True),
        ("import n", True),
        ("from a import b as n", True),
        ("for n in range(3):", True),
        ("n == 3", False),
        ("print(n)", False),
        ("mn = 3", False),
        ("nm = 3", False),
        ("", False),
    ],
)
def test_what_a_cell_defines(source, defines):
    assert _defines(source, {"n"}) is defines


def test_looking_for_names_takes_no_time():
    assert not _defines("n " * 100_000, {"n"})
    assert not _defines("import " * 30_000, {"n"})


def test_a_graded_cell_of_an_ordinary_course_that_died_gets_nothing(session):
    metadata = {"nbgrader": {"grade": True, "points": 4, "grade_id": "a", "solution": False}}
    cells = [new_code_cell(status, metadata=metadata) for status in ("ok", "died", "timeout")]
    run = NotebookRun(session, Limits(), Options(), None)
    run.grade(new_notebook(cells=cells))
    assert [cell.outputs[0].output_type for cell in cells] == ["stream", "error", "error"]


@pytest.mark.parametrize(
    "text", ["def helper(x:", "class helper:", "helper = = 3", "async def helper("]
)
def test_a_missing_name_is_blamed_on_the_cell_that_did_not_run(session, text):
    """A SyntaxError in a cell is not told as a NameError of what it should have defined."""
    judge = Judge("raised NameError: name 'helper' is not defined")
    run = graded(session, [new_code_cell(f"error # 1\n{text}"), check()], judge)
    wanted = "the cell that should define it did not run: SyntaxError: invalid syntax"
    assert run.results[0].reason == wanted
    assert run.results[0].checks[0].message == "could not be tried: its cell did not run"
