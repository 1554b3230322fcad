"""Naming the misconception: a student's recorded values against those of the catalogue."""

from gradlab.judge.catalogue import ALTERNATIVE, MISCONCEPTION, Entry
from gradlab.judge.failures import NotRaised
from gradlab.judge.local import NamespaceFactory, local_student
from gradlab.judge.record import Record
from gradlab.judge.results import Diagnosis
from gradlab.judge.suite import Suite, Verdict

UNRAISED = NotRaised.kind


class Diagnostician:
    """Compares verdicts with those of the catalogue, which is run at most once per entry.

    Args:
        suite: the lab's checks and catalogue.
        solution: makes a fresh namespace of the solution notebook; entries stand in for one name.
    """

    def __init__(self, suite: Suite, solution: NamespaceFactory) -> None:
        self.suite = suite
        self.solution = solution
        self._verdicts: dict[tuple[str, str], Verdict] = {}

    def misconceptions(self, exercise: str) -> list[Entry]:
        return [e for e in self.suite.catalogue.get(exercise, []) if e.kind == MISCONCEPTION]

    def alternatives(self, exercise: str) -> list[Entry]:
        return [e for e in self.suite.catalogue.get(exercise, []) if e.kind == ALTERNATIVE]

    def verdict_of(self, entry: Entry) -> Verdict:
        """The verdict on a catalogue entry standing in for the solution's function."""
        key = (entry.exercise, entry.name)
        if key not in self._verdicts:
            namespace = self.solution()
            namespace[entry.exercise] = entry.implementation
            student = local_student(namespace)
            self._verdicts[key] = self.suite.judge(entry.exercise, student)
        return self._verdicts[key]

    def diagnose(self, exercise: str, verdict: Verdict) -> Diagnosis | None:
        """The first misconception with the same values in every case both met, if one has."""
        if all(check.passed for check in verdict.checks):
            return None
        for entry in self.misconceptions(exercise):
            if explains(self.verdict_of(entry), verdict):
                return Diagnosis(entry.name, entry.message)
        return None


def explains(known: Verdict, found: Verdict) -> bool:
    """Whether the same checks failed with the same recorded values, at least one of them wrong.

    A missing `raise` beside a wrong value does not hide it: where only `found` failed to raise an
    error that was expected, the two are not compared.
    """
    if known.records.keys() != found.records.keys():
        return False
    pairs = [(known.records[key], found.records[key]) for key in known.records]
    if any(_telling(one) and one.outcome != UNRAISED for one, _ in pairs):
        pairs = [(a, b) for a, b in pairs if (a.outcome, b.outcome) != ("passed", UNRAISED)]
    return all(one.same_as(other) for one, other in pairs) and any(
        _telling(one) for one, _ in pairs
    )


def _telling(record: Record) -> bool:
    """A failure with a value, or with an exception of the student's own making."""
    return record.outcome != "passed" and record.outcome != "raised NotImplementedError"
