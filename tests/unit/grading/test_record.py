"""Files first as drafts, then the gradebook, then the files: what a fault in between leaves."""

from types import SimpleNamespace

import pytest

from gradlab.errors import StorageError, SubmissionError
from gradlab.grading.record import Entry, Recorder
from gradlab.grading.submission import GradedNotebook, Grades

GRADED = GradedNotebook(b"{}", b"{}", Grades({"check": 1.0}), ())


class Files:
    def __init__(self, log, faults):
        self.log, self.faults = log, faults

    def timestamp(self, student):
        if student in self.faults:
            raise self.faults[student]

    def draft(self, student, graded, reason=""):
        self.log.append(f"draft {student}")

    def publish(self, student):
        self.log.append(f"publish {student}")

    def discard(self, student):
        self.log.append(f"discard {student}")


class Rows:
    def __init__(self, log, fault):
        self.log, self.fault = log, fault

    def enter(self, student, time, grades):
        self.log.append(f"enter {student} {grades.scores['check'] if grades else 'zero'}")

    def commit(self):
        if self.fault:
            raise self.fault
        self.log.append("commit")

    def undo(self):
        self.log.append("undo")


def recorder(faults=None, fault=None):
    log = []
    made = Recorder(Files(log, faults or {}), Rows(log, fault))
    return SimpleNamespace(record=made.record, log=log)


def test_one_commit_for_a_batch_and_no_file_in_place_before_it():
    made = recorder()
    assert made.record([Entry("a", GRADED), Entry("b", None, "no notebook")]) == {}
    assert made.log == [
        "draft a", "enter a 1.0", "draft b", "enter b zero", "commit", "publish a", "publish b",
    ]  # fmt: skip


def test_a_submission_that_cannot_be_copied_is_left_out():
    made = recorder({"a": SubmissionError("no time")})
    assert made.record([Entry("a", GRADED), Entry("b", GRADED)]) == {"a": "no time"}
    assert "enter a 1.0" not in made.log
    assert made.log[-2:] == ["discard a", "publish b"]


@pytest.mark.parametrize("error", [StorageError("disk full"), KeyboardInterrupt()])
def test_a_fault_of_the_machine_leaves_nothing_of_the_batch(error):
    made = recorder({"b": error})
    with pytest.raises(type(error)):
        made.record([Entry("a", GRADED), Entry("b", GRADED)])
    assert made.log[-3:] == ["undo", "discard a", "discard b"]
    assert not any(line.startswith("publish") for line in made.log)


def test_a_gradebook_that_cannot_be_written_leaves_no_finished_file():
    made = recorder(fault=RuntimeError("locked"))
    with pytest.raises(RuntimeError, match="locked"):
        made.record([Entry("a", GRADED)])
    assert made.log[-2:] == ["undo", "discard a"]
