"""What a class's tables say, in the few numbers that the report shows."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from gradlab.grading.reasons import STILL_THERE, UNANSWERED
from gradlab.judge.results import FAILED, NOT_RUN
from gradlab.report.collect import ABSENT, GRADED, UNGRADED, ClassResults

HARDEST = 10


@dataclass(frozen=True)
class Overview:
    """The class in one line; `mean` and `median` are None while nobody has a score."""

    enrolled: int
    handed_in: int
    graded: int
    mean: float | None
    median: float | None
    max_score: float
    first: str
    last: str


@dataclass(frozen=True)
class Difficulty:
    """One exercise: how much of its points the class earned. `mean` is None where unknown."""

    exercise: str
    points: float
    kind: str
    shares: list[float]
    full: int
    nothing: int
    blank: int
    pending: int

    @property
    def mean(self) -> float | None:
        """Mean share of the points; None while nobody has one, or only those left blank have 0."""
        if not self.shares or (self.pending and not any(self.shares)):
            return None
        return sum(self.shares) / len(self.shares)


@dataclass(frozen=True)
class Misconception:
    """A known mistake and who made it; `mark` is its short name in the table of students."""

    mark: str
    name: str
    exercise: str
    message: str
    students: list[str]


@dataclass(frozen=True)
class HardCheck:
    """A check by how many it stopped; `tried` are those it ran for who wrote something."""

    exercise: str
    title: str
    failed: int
    tried: int
    not_run: int
    kinds: str


@dataclass(frozen=True)
class Pending:
    """A question with answers that wait for a person."""

    exercise: str
    points: float
    students: list[str]

    @property
    def count(self) -> int:
        """Answers that wait."""
        return len(self.students)


@dataclass(frozen=True)
class Attention:
    """Who has no score, or a score that nothing explains, with the reason; and who is absent."""

    ungraded: dict[str, str]
    unexplained: dict[str, str]
    absent: list[str]


def overview(results: ClassResults) -> Overview:
    """Counts over all students, mean and median over those with a score."""
    scores = results.graded["final"]
    status = results.students["status"]
    times = results.students["handed_in"].dropna()
    return Overview(
        enrolled=len(status),
        handed_in=int((status != ABSENT).sum()),
        graded=len(scores),
        mean=float(scores.mean()) if len(scores) else None,
        median=float(scores.median()) if len(scores) else None,
        max_score=results.max_score,
        first=times.min().strftime("%Y-%m-%d") if len(times) else "",
        last=times.max().strftime("%Y-%m-%d") if len(times) else "",
    )


def difficulties(results: ClassResults) -> list[Difficulty]:
    """One per exercise, in the lab's order."""
    groups = dict(list(results.exercises.groupby("exercise", sort=False)))
    nobody = results.exercises.iloc[:0]
    return [
        _difficulty(cell.exercise, cell.points, cell.kind, groups.get(cell.exercise, nobody))
        for cell in results.cells.itertuples()
    ]


def _difficulty(exercise: str, points: float, kind: str, rows: pd.DataFrame) -> Difficulty:
    shares = [float(share) for share in rows["share"].dropna()]
    return Difficulty(
        exercise,
        points,
        kind,
        shares,
        full=sum(share >= 1 for share in shares),
        nothing=sum(share <= 0 for share in shares),
        blank=int(rows["blank"].sum()),
        pending=int(rows["pending"].sum()),
    )


def misconceptions(results: ClassResults) -> list[Misconception]:
    """The commonest first; those equally common in the order of the lab."""
    order = {name: index for index, name in enumerate(results.cells["exercise"])}
    rows = results.exercises[results.exercises["misconception"] != ""]
    found = [
        (order[exercise], exercise, name, group)
        for (exercise, name), group in rows.groupby(["exercise", "misconception"])
    ]
    found.sort(key=lambda item: (-len(item[3]), item[0], item[2]))
    return [
        Misconception(f"M{i}", name, exercise, _commonest(group["message"]), list(group["student"]))
        for i, (_, exercise, name, group) in enumerate(found, start=1)
    ]


def _commonest(texts: pd.Series) -> str:
    """One forged results file must not put its words into another's mouth."""
    return str(Counter(sorted(texts)).most_common(1)[0][0])


def hardest_checks(results: ClassResults) -> list[HardCheck]:
    """The checks that stopped most students; an exercise without an answer stops nobody at one."""
    left = results.exercises.loc[
        results.exercises["reason"].isin((*UNANSWERED, STILL_THERE)), ["student", "exercise"]
    ]
    rows = results.checks.merge(left, how="left", indicator="origin")
    rows = rows[rows["origin"] == "left_only"]
    groups = rows.groupby(["exercise", "check"], sort=False)
    hard = [_hard_check(group) for _, group in groups if (group["status"] == FAILED).any()]
    return sorted(hard, key=lambda one: (-one.failed, one.tried))[:HARDEST]


def _hard_check(group: pd.DataFrame) -> HardCheck:
    failed = group[group["status"] == FAILED]
    not_run = int((group["status"] == NOT_RUN).sum())
    kinds = Counter(sorted(failed["kind"])).most_common(3)
    return HardCheck(
        group["exercise"].iloc[0],
        _commonest(group["title"]),
        len(failed),
        len(group) - not_run,
        not_run,
        ", ".join(f"{kind or 'failed'} ({count})" for kind, count in kinds),
    )


def pending(results: ClassResults) -> list[Pending]:
    """Questions that wait for manual grading, in the lab's order."""
    waiting = results.exercises[results.exercises["pending"]]
    groups = waiting.groupby("exercise", sort=False)["student"].agg(list)
    return [
        Pending(cell.exercise, cell.points, groups[cell.exercise])
        for cell in results.cells.itertuples()
        if cell.exercise in groups
    ]


def attention(results: ClassResults) -> Attention:
    """Who has no score, and whose score has no results file behind it."""
    students = results.students
    ungraded = students.loc[students["status"] == UNGRADED, "reason"]
    graded = students[students["status"] == GRADED]
    unexplained = graded.loc[graded["reason"] != "", "reason"]
    absent = list(students.index[students["status"] == ABSENT])
    return Attention(ungraded.to_dict(), unexplained.to_dict(), absent)
