"""The loop over submissions, with executors that do what they are told."""

from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from gradlab.errors import CourseError, KernelDied, KernelLost, StorageError, WorkersUnavailable
from gradlab.grading.crew import Crew
from gradlab.grading.parallel import LOST, Task, grade_tasks
from gradlab.grading.submission import GradedNotebook, Grades
from gradlab.grading.submitted import Submitted


class Pool(Executor):
    """`deeds`: submission → what happens, try by try: a result, an error, or the pool breaks."""

    def __init__(self, deeds, log):
        self.deeds, self.log, self.futures, self.broken = deeds, log, [], False

    def submit(self, function, lab, submitted):
        future = Future()
        if self.broken:
            raise BrokenProcessPool("it broke before")
        name = submitted.data.decode()
        self.log.append(name)
        deed = self.deeds[name].pop(0)
        if deed == "waits":
            self.futures.append(future)
        elif deed == "breaks":
            self.broken = True
            for one in [*self.futures, future]:
                one.set_exception(BrokenProcessPool("it broke"))
        elif isinstance(deed, BaseException):
            future.set_exception(deed)
        else:
            future.set_result(graded(name))
        return future


@pytest.fixture
def log():
    return []


@pytest.fixture
def grade(log):
    """Grade submissions as told; returns student → reason, in order."""

    def run(deeds, room=4, wait=None):
        crew = Crew(lambda: (Pool(deeds, log), "lab"), room, lambda pool: log.append("end"))
        tasks = [task(name) for name in deeds]
        waiting = {} if wait is None else {"wait_for_one": wait}
        for batch in grade_tasks(tasks, crew, **waiting):
            for one in batch:
                yield one.student, one.reason if one.graded is None else "graded"

    return run


def task(name):
    return Task(name, lambda: Submitted(name.encode(), len(name)))


def graded(name):
    return GradedNotebook(name.encode(), b"", Grades(), ())


def test_all_are_graded(grade):
    assert dict(grade({name: ["ok"] for name in "abcdefgh"})) == dict.fromkeys("abcdefgh", "graded")


def test_what_shared_a_pool_with_a_death_is_tried_again_alone(grade, log):
    deeds = {"a": ["waits", "ok"], "b": ["breaks", "ok"], "c": ["ok"], "d": ["ok"]}
    assert dict(grade(deeds)) == dict.fromkeys("abcd", "graded")
    assert log.count("a") == log.count("b") == 2
    assert log.count("d") == 1


def test_what_lost_its_kernel_is_tried_again(grade, log):
    assert dict(grade({"a": [KernelLost("lost"), "ok"], "b": ["ok"]})) == dict.fromkeys(
        "ab", "graded"
    )
    assert log.count("a") == 2


def test_a_second_death_alone_is_given_up_and_nobody_else(grade):
    deeds = {"a": ["waits", "ok"], "b": ["breaks", "breaks"], "c": ["ok", "ok"], "d": ["ok"]}
    assert dict(grade(deeds, room=2)) == {**dict.fromkeys("acd", "graded"), "b": LOST}


def test_workers_that_always_end_stop_the_class(grade):
    with pytest.raises(WorkersUnavailable, match="3 workers in a row"):
        list(grade({name: ["breaks"] * 3 for name in "abcdefgh"}))


@pytest.mark.parametrize("error", [CourseError("broken check"), OSError(28, "No space left")])
def test_a_fault_of_course_or_machine_stops_the_class_after_what_is_done(grade, error):
    news = grade({"a": ["ok"], "b": [error], "c": ["ok"]})
    assert [next(news), next(news)] == [("a", "graded"), ("c", "graded")]
    with pytest.raises(CourseError if isinstance(error, CourseError) else StorageError):
        next(news)


@pytest.mark.parametrize("error", [KernelDied("it did not start"), ValueError("a bug")])
def test_another_error_costs_no_points_and_is_told(grade, error):
    news = dict(grade({"a": ["ok"], "b": [error], "c": ["ok"]}))
    assert news["a"] == news["c"] == "graded"
    assert news["b"].startswith("not graded")
    assert str(error) in news["b"]


def test_a_submission_that_cannot_be_read_is_the_machines_fault():
    def read():
        raise PermissionError(13, "Permission denied", "submitted/a")

    crew = Crew(lambda: (Pool({}, []), "lab"), 1, lambda pool: None)
    with pytest.raises(StorageError, match="submitted/a: Permission denied"):
        list(grade_tasks([Task("a", read)], crew))


def test_submissions_are_read_when_there_is_room_for_them():
    read = []

    def tasks():
        for name in "abcdef":
            read.append(name)
            yield task(name)

    crew = Crew(
        lambda: (Pool({name: ["ok"] for name in "abcdef"}, []), "lab"), 2, lambda pool: None
    )
    news = grade_tasks(tasks(), crew)
    next(news)
    assert read == ["a", "b"]


def test_ctrl_c_hands_out_what_is_done(grade):
    def interrupted(running):
        raise KeyboardInterrupt

    news = grade({"a": ["ok"], "b": ["waits"]}, wait=interrupted)
    assert next(news) == ("a", "graded")
    with pytest.raises(KeyboardInterrupt):
        next(news)


def test_what_time_has_decided_is_judged_again_alone_and_last(log):
    """Its neighbours may have taken the time; the second verdict counts, whatever it is."""
    pool = Pool({"a": [True, False], "b": [False], "c": [True, True], "d": [False]}, log)
    notebooks = []

    def submit(function, lab, submitted):
        name = submitted.data.decode()
        late = pool.deeds[name].pop(0)
        log.append(name)
        future = Future()
        made = GradedNotebook(f"{name}{late}".encode(), b"", Grades(), (), late)
        future.set_result(made)
        return future

    pool.submit = submit
    crew = Crew(lambda: (pool, "lab"), 4, lambda pool: None)
    for batch in grade_tasks([task(name) for name in "abcd"], crew):
        notebooks += [one.graded.notebook for one in batch]
    assert log == [*"abcd", "a", "c"]
    assert sorted(notebooks) == [b"aFalse", b"bFalse", b"cTrue", b"dFalse"]


def test_who_is_graded_alone_is_graded_once(log):
    crew = Crew(lambda: (Pool({"a": ["ok"]}, log), "lab"), 1, lambda pool: None)
    assert not crew.shared
    assert len(list(grade_tasks([task("a")], crew))) == 1
