"""The class: submissions of mixed quality, made from the solution and the catalogue.

Nothing is drawn that a seed does not decide: the same labs give the same class.
"""

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from benchmarks.inline import NotInlinableError, Source
from gradlab.course.lab import EXERCISE, EXPERIMENT, Lab
from gradlab.course.notebook import stub_source
from gradlab.course.solve import without_markers
from gradlab.judge.catalogue import ALTERNATIVE, MISCONCEPTION, Entry
from gradlab.judge.suite import Suite

SEED = 6
RIGHT, ANOTHER, WRONG, UNFINISHED, BLANK = "right", "another way", "wrong", "unfinished", "blank"
KINDS = (RIGHT, WRONG, ANOTHER, BLANK, RIGHT, WRONG, ANOTHER, RIGHT, WRONG, UNFINISHED)
SOLUTION, STUB = "the solution", "left blank"


@dataclass(frozen=True)
class Submission:
    """One student's answers: exercise → a catalogue entry, `SOLUTION` or `STUB`."""

    student: str
    kind: str
    answers: dict[str, str]


class Lecture:
    """A lab with the parts of its catalogue that can stand in a notebook."""

    def __init__(self, lab: Lab, suite: Suite) -> None:
        self.lab = lab
        self._texts: dict[tuple[str, str], str] = {}
        names = list(lab.exercises)
        self.misconceptions = {name: self._usable(suite, name, MISCONCEPTION) for name in names}
        self.alternatives = {name: self._usable(suite, name, ALTERNATIVE) for name in names}
        for cell in lab.cells:
            if cell.role == EXERCISE:
                self._texts[cell.name, SOLUTION] = without_markers(cell.source)
                self._texts[cell.name, STUB] = stub_source(lab, cell.name)

    def text(self, exercise: str, answer: str) -> str:
        """The exercise's cell as that student handed it in."""
        return self._texts[exercise, answer]

    def _usable(self, suite: Suite, exercise: str, kind: str) -> list[str]:
        entries = [one for one in suite.catalogue[exercise] if one.kind == kind]
        return [one.name for one in entries if self._add(one)]

    def _add(self, entry: Entry) -> bool:
        packages = frozenset(self.lab.settings.packages)
        try:
            text = Source(Path(entry.path)).answer(entry.exercise, entry.name, packages)
        except NotInlinableError:
            return False
        self._texts[entry.exercise, entry.name] = text
        return True


def make_class(lecture: Lecture, size: int) -> list[Submission]:
    """`size` submissions; every ten have the kinds of `KINDS`, so that any few are mixed."""
    rng = random.Random(SEED)
    kinds = [KINDS[number % len(KINDS)] for number in range(size)]
    return [
        Submission(f"student{number:02d}", kind, _answers(lecture, kind, rng))
        for number, kind in enumerate(kinds)
    ]


def composition(submissions: list[Submission]) -> dict[str, int]:
    """How many submissions there are of each kind."""
    return dict(Counter(one.kind for one in submissions))


def fill_in(
    lecture: Lecture, submission: Submission, notebook: NotebookNode, solved: NotebookNode
) -> None:
    """Answer a released notebook in place; experiments show what the solution's show."""
    outputs = {cell.id: cell.get("outputs", []) for cell in solved.cells}
    experiments = {cell.id for cell in lecture.lab.cells if cell.role == EXPERIMENT}
    for cell in notebook.cells:
        if cell.id in submission.answers:
            cell.source = lecture.text(cell.id, submission.answers[cell.id])
        elif cell.id in experiments and submission.kind != BLANK:
            cell.outputs = outputs[cell.id]


def _answers(lecture: Lecture, kind: str, rng: random.Random) -> dict[str, str]:
    names = list(lecture.lab.exercises)
    answers = dict.fromkeys(names, STUB if kind == BLANK else SOLUTION)
    if kind == ANOTHER:
        answers |= {name: rng.choice([*lecture.alternatives[name], SOLUTION]) for name in names}
    if kind == WRONG:
        chosen = rng.sample(names, rng.randint(1, max(2, len(names) // 2)))
        answers |= {name: rng.choice(lecture.misconceptions[name]) for name in chosen}
    if kind == UNFINISHED:
        answers |= dict.fromkeys(names[rng.randint(1, len(names) - 1) :], STUB)
    return answers
