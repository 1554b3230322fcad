"""A class on several workers: what is recorded when, and what a killed worker or Ctrl-C costs."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import text

from gradlab.errors import CourseError, SubmissionError
from gradlab.grading.classroom import FAILED, GRADED, SKIPPED, Classroom
from gradlab.kernel import scratch
from gradlab.report import class_results

LAB = "01_tiny"
RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return 3 * x"
SLOW = "import time\n\ndef double(x):\n    time.sleep(8)\n    return x"
DEADLY = "def double(x):\n    return 666.0"
KILLS = """

def test_that_the_worker_lives(student):
    "Is 666 only when the worker is to die."
    import os, signal
    from pathlib import Path

    if isinstance(student.double(np.ones(3)), float):
        deaths = len(list(Path({folder}).iterdir()))
        if deaths < {times}:
            (Path({folder}) / f"death-{{deaths}}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
"""
TOTAL = 5.0


@pytest.fixture
def fresh(tiny, monkeypatch):
    """The course with nobody's submission in it."""
    for name in ("submitted", "autograded"):
        shutil.rmtree(tiny.root / name, ignore_errors=True)
    with Gradebook(f"sqlite:///{tiny.root}/gradebook.db", "gradlab") as gradebook:
        for student in [one.id for one in gradebook.students]:
            gradebook.remove_student(student)
    monkeypatch.chdir(tiny.root)
    return tiny


@pytest.fixture
def room(fresh):
    return Classroom(fresh.course)


@pytest.fixture
def deadly_check(fresh, tmp_path):
    """A hidden check that kills its own process, a number of times, if the answer is DEADLY."""
    path = fresh.root / "tests" / "hidden" / LAB / "test_double.py"
    saved = path.read_text()

    def write(times):
        path.write_text(saved + KILLS.format(folder=repr(str(tmp_path)), times=times))

    yield write
    path.write_text(saved)


def statuses(news):
    return {one.student: one.status for one in news}


def test_a_class_on_two_workers(fresh, room, scores):
    for student in "abcde":
        fresh.hand_in(student, fresh.answer(RIGHT if student in "ace" else WRONG))
    news = list(room.grade_class(LAB, jobs=2))
    assert statuses(news) == dict.fromkeys("abcde", GRADED)
    assert {one.student: one.score for one in news} == {"a": 4, "b": 0, "c": 4, "d": 0, "e": 4}
    assert {one.max_score for one in news} == {TOTAL}
    assert scores("e")["check_double"] == 4


def test_nothing_is_left_behind(fresh, room):
    fresh.hand_in("a", fresh.answer(RIGHT))
    list(room.grade_class(LAB, jobs=1))
    assert [path for path in scratch.folder().iterdir() if "pymp-" not in path.name] == []
    assert {path.name for path in (fresh.root / "autograded" / "a").iterdir()} == {LAB}


def test_only_what_changed_is_graded_again(fresh, room):
    for student in "abc":
        fresh.hand_in(student, fresh.answer(RIGHT))
    list(room.grade_class(LAB, jobs=1))
    fresh.hand_in("b", fresh.answer(WRONG))
    assert statuses(room.grade_class(LAB, jobs=1)) == {"a": SKIPPED, "b": GRADED, "c": SKIPPED}
    assert set(statuses(room.grade_class(LAB, jobs=1)).values()) == {SKIPPED}


@pytest.mark.parametrize("what", ["hidden check", "option", "gradebook", "results", "timestamp"])
def test_what_else_is_a_change(fresh, room, what):
    path = fresh.hand_in("a", fresh.answer(RIGHT))
    list(room.grade_class(LAB, jobs=1))
    if what == "hidden check":
        check = fresh.root / "tests" / "hidden" / LAB / "test_double.py"
        check.write_text(check.read_text() + "\n# edited\n")
    elif what == "option":
        room.app.config.GradLab.feedback = "full"
    elif what == "gradebook":
        with Gradebook(f"sqlite:///{fresh.root}/gradebook.db", "gradlab") as gradebook:
            gradebook.remove_submission(LAB, "a")
    elif what == "results":
        results = fresh.root / "autograded" / "a" / LAB / f"{LAB}.results.json"
        results.chmod(0o644)
        results.write_text("{}")
    else:
        (path.parent / "timestamp.txt").write_text("2026-03-01 10:00:00 UTC")
    assert statuses(room.grade_class(LAB, jobs=1)) == {"a": GRADED}
    assert statuses(room.grade_class(LAB, jobs=1)) == {"a": SKIPPED}


def test_force_grades_what_is_unchanged(fresh, room):
    fresh.hand_in("a", fresh.answer(RIGHT))
    list(room.grade_class(LAB, jobs=1))
    assert statuses(room.grade_class(LAB, jobs=1, force=True)) == {"a": GRADED}


def test_a_missing_notebook_is_zero_with_the_reason_in_the_report(fresh, room, scores):
    path = fresh.hand_in("a", fresh.answer(RIGHT))
    (path.parent / "timestamp.txt").write_text("2026-03-01 10:00:00 UTC")
    list(room.grade_class(LAB, jobs=1))
    with Gradebook(f"sqlite:///{fresh.root}/gradebook.db", "gradlab") as gradebook:
        gradebook.find_grade("answer_when_not", LAB, LAB, "a").manual_score = 2
        gradebook.db.commit()
    path.unlink()
    (one,) = room.grade_class(LAB, jobs=1)
    assert (one.status, one.score) == (FAILED, 2)
    assert f"has no {LAB}.ipynb" in one.reason
    assert scores("a")["check_double"] == 0
    assert f"has no {LAB}.ipynb" in class_results(fresh.course, LAB).students.loc["a", "reason"]
    assert not room.is_graded(LAB, "a")


def test_a_time_that_is_none_is_told_and_costs_nothing(fresh, room):
    path = fresh.hand_in("a", fresh.answer(RIGHT))
    fresh.hand_in("b", fresh.answer(RIGHT))
    (path.parent / "timestamp.txt").write_text("yesterday, I think")
    news = {one.student: one for one in room.grade_class(LAB, jobs=1)}
    assert {one.status for one in news.values()} == {GRADED}
    assert news["a"].score == news["b"].score
    notes = class_results(fresh.course, LAB).students.loc["a", "notes"]
    assert any("timestamp.txt holds no time" in note for note in notes)


def test_one_submission_in_this_process(fresh, room):
    fresh.hand_in("a", fresh.answer(RIGHT))
    assert room.autograde(LAB, "a").score == 4
    assert room.autograde(LAB, "a").status == SKIPPED
    assert room.autograde(LAB, "a", force=True).status == GRADED


def test_a_broken_check_stops_the_class_and_what_was_recorded_stays(fresh, room, scores):
    fresh.hand_in("a", fresh.answer(RIGHT))
    list(room.grade_class(LAB, jobs=1))
    check = fresh.root / "tests" / "hidden" / LAB / "test_double.py"
    saved = check.read_text()
    check.write_text("def broken(:\n")
    fresh.hand_in("b", fresh.answer(RIGHT))
    with pytest.raises(CourseError, match="cannot be used"):
        list(room.grade_class(LAB, jobs=1))
    check.write_text(saved)
    assert scores("a")["check_double"] == 4
    assert not (fresh.root / "autograded" / "b").exists()


def test_a_course_with_steps_of_its_own_is_graded_by_nbgrader(fresh, room):
    fresh.hand_in("a", fresh.answer(RIGHT))
    steps = [*room.app.config.Autograde.autograde_preprocessors]
    room.app.config.Autograde.autograde_preprocessors = [*steps, "nbgrader.preprocessors.LockCells"]
    assert statuses(room.grade_class(LAB, jobs=1)) == {"a": GRADED}


@pytest.mark.parametrize("times", [1, 2])
def test_a_killed_worker_costs_a_try_and_no_grade(fresh, room, deadly_check, times):
    """Whoever was in the pool is tried again; only the submission that does it twice is not."""
    deadly_check(times)
    for student in "abcd":
        fresh.hand_in(student, fresh.answer(DEADLY if student == "b" else RIGHT))
    news = {one.student: one for one in room.grade_class(LAB, jobs=2)}
    assert {one.status for name, one in news.items() if name != "b"} == {GRADED}
    assert news["b"].status == (GRADED if times == 1 else FAILED)
    with Gradebook(f"sqlite:///{fresh.root}/gradebook.db", "gradlab") as gradebook:
        assert len(gradebook.assignment_submissions(LAB)) == (4 if times == 1 else 3)
    if times == 2:
        assert "the machine's fault" in news["b"].reason
        assert not (fresh.root / "autograded" / "b").exists()


def test_no_such_student(fresh):
    fresh.hand_in("a", fresh.answer(RIGHT))
    text = fresh.run("gradlab", "autograde", LAB, "--student", "z", code=SubmissionError.exit_code)
    assert "handed in no" in text


def test_ctrl_c_ends_workers_and_keeps_what_was_graded(fresh):
    """The first submission says when it is graded; the second would take its time."""
    fresh.hand_in("a", fresh.answer(RIGHT))
    fresh.hand_in(
        "b", fresh.answer("import time\n\ndef double(x):\n    time.sleep(8)\n    return x")
    )
    script = (
        "import sys\n"
        "from gradlab.course.course import Course\n"
        "from gradlab.grading.classroom import Classroom\n"
        "if __name__ == '__main__':\n"
        f"    news = Classroom(Course.find()).grade_class({LAB!r}, jobs=1)\n"
        "    for one in news:\n"
        "        print(one.student, one.status, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=fresh.root, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with process:
        assert process.stdout.readline() == "a graded\n"
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in told
    assert told.count("Traceback") == 1
    assert not _left_in_session(process.pid)
    shutil.rmtree(fresh.root / "submitted" / "b")
    rows = json.loads(fresh.run("gradlab", "autograde", LAB, "--json"))
    assert [(row["student"], row["status"]) for row in rows] == [("a", SKIPPED)]


def _left_in_session(session):
    """Processes that do not end by themselves; multiprocessing's own end just after the command."""
    return [pid for pid in _processes_of_session(session) if not _ends(int(pid))]


def _ends(pid):
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    waiting = select.poll()
    waiting.register(process, select.POLLIN)
    ended = bool(waiting.poll(10_000))
    os.close(process)
    return ended


def _processes_of_session(session):
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(path.parent.name)
    return found


def test_the_gradebook_gets_its_indexes_once(fresh, room):
    fresh.hand_in("a", fresh.answer(RIGHT))
    list(room.grade_class(LAB, jobs=1))
    list(room.grade_class(LAB, jobs=1, force=True))
    with Gradebook(f"sqlite:///{fresh.root}/gradebook.db", "gradlab") as gradebook:
        query = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'gradlab%'"
        found = [name for (name,) in gradebook.db.execute(text(query))]
    assert sorted(found) == [
        "gradlab_comment_notebook_id",
        "gradlab_grade_notebook_id",
        "gradlab_submitted_notebook_assignment_id",
    ]
