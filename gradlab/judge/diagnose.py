"""Naming the misconception: a student's recorded values against those of the catalogue."""

from collections.abc import Callable

from gradlab.errors import CourseError
from gradlab.judge.catalogue import ALTERNATIVE, MISCONCEPTION, Entry
from gradlab.judge.failures import NotRaised
from gradlab.judge.local import Namespace, NamespaceFactory, local_student
from gradlab.judge.results import Diagnosis
from gradlab.judge.suite import STRUCTURE, Judging, Suite, Verdict

UNRAISED = NotRaised.kind
SAYS_NOTHING = ("passed", "raised NotImplementedError")
"""Outcomes without a value, or an exception of the student's own making, to compare."""


class Diagnostician:
    """Compares verdicts with those of the catalogue.

    Each entry is run at most once, and no further than to the first case that tells it apart.

    Args:
        suite: the lab's checks and catalogue.
        solution: makes a fresh namespace of the solution notebook; entries stand in for one name.
        visible: runs an exercise's visible check in a namespace, as grading does before it judges.
            What that leaves behind (a default argument that was changed) belongs to the mistake.
    """

    def __init__(
        self,
        suite: Suite,
        solution: NamespaceFactory,
        visible: Callable[[str, Namespace], None] = lambda exercise, namespace: None,
    ) -> None:
        self.suite = suite
        self.solution = solution
        self.visible = visible
        self.sound: set[str] = set()
        self._known: dict[tuple[str, str], Judging] = {}

    def require_sound(self, exercise: str) -> None:
        """Have the solution judged before anybody is: a check that refuses it is wrong itself.

        Once per exercise, unless `sound` holds it already.

        Raises:
            CourseError: the solution fails a check, which is named with its case.
        """
        if exercise in self.sound:
            return
        verdict = self.verdict_on(exercise, self.solution())
        for check in verdict.checks:
            if not check.passed:
                case = f"[{check.case}]" if check.case else ""
                told = "" if check.kind == STRUCTURE else f"{check.message} "
                raise CourseError(
                    f"the hidden check {check.name}{case} of {exercise!r} fails on the lab's own "
                    f"solution: {told}{check.detail}; mend it in tests/hidden/"
                    f"{self.suite.folder.name} (`gradlab lint` shows all that falls short): until "
                    "then nobody is graded by it"
                )
        self.sound.add(exercise)

    def misconceptions(self, exercise: str) -> list[Entry]:
        return [e for e in self.suite.catalogue.get(exercise, []) if e.kind == MISCONCEPTION]

    def alternatives(self, exercise: str) -> list[Entry]:
        return [e for e in self.suite.catalogue.get(exercise, []) if e.kind == ALTERNATIVE]

    def verdict_of(self, entry: Entry) -> Verdict:
        """The verdict on a catalogue entry standing in for the solution's function."""
        return self.judging_of(entry).verdict()

    def judging_of(self, entry: Entry) -> Judging:
        """That verdict, as far as it has been needed."""
        key = (entry.exercise, entry.name)
        if key not in self._known:
            namespace = self.solution()
            namespace[entry.exercise] = entry.implementation
            self.visible(entry.exercise, namespace)
            student = local_student(namespace)
            self._known[key] = self.suite.judging(entry.exercise, student)
        return self._known[key]

    def verdict_on(self, exercise: str, namespace: Namespace) -> Verdict:
        """The verdict on a namespace of functions, after its visible check."""
        self.visible(exercise, namespace)
        return self.suite.judge(exercise, local_student(namespace))

    def diagnose(self, exercise: str, verdict: Verdict) -> Diagnosis | None:
        """The first misconception with the same values in every case both met, if one has."""
        if all(record.outcome in SAYS_NOTHING for record in verdict.records.values()):
            return None  # nothing to recognise it by: right, or left blank
        return self.suite.run(lambda: self._first_match(exercise, verdict))

    def _first_match(self, exercise: str, verdict: Verdict) -> Diagnosis | None:
        for entry in self.misconceptions(exercise):
            if explains(self.judging_of(entry), verdict):
                return Diagnosis(entry.name, entry.message)
        return None


def explains(known: Judging, found: Verdict) -> bool:
    """Whether the same checks failed with the same recorded values, at least one of them wrong.

    A missing `raise` beside a wrong value does not hide it: where only `found` failed to raise an
    error that was expected, the two are not compared.
    """
    outcomes, lenient = [], False
    for place, (case, record) in enumerate(found.records.items()):
        other = known.record(place)
        if other is None or other[0] != case:
            return False
        outcomes.append(other[1].outcome)
        if not other[1].same_as(record):
            lenient = True
            if (other[1].outcome, record.outcome) != ("passed", UNRAISED):
                return False
    telling = [outcome for outcome in outcomes if outcome not in SAYS_NOTHING]
    wrong = [outcome for outcome in telling if outcome != UNRAISED]
    return known.record(len(outcomes)) is None and bool(wrong if lenient else telling)
