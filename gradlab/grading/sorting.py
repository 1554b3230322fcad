"""Sorting a submission's cells: which is the answer, which were added, and in which order they run.

What a notebook does when it is run from top to bottom is what counts. So the student's cells stay
where they are, and of several versions of an answer the last before its check is the answer.
"""

from functools import cached_property

from nbformat import NotebookNode

from gradlab.grading.belonging import (
    defined_in,
    is_answer,
    is_graded,
    is_the_students,
    nbgrader_of,
    same,
)

MAX_NAMED = 5
GRADING = ("grade_id", "grade", "solution", "locked", "points")
Place = tuple[float, int, int]
"""Where a cell runs: its place in the submission, what comes first there, place in the release."""


class Sorting:
    """A submission's cells: which is the answer, which are added, and in which order they run.

    Attributes:
        known: the released cells, by key.
        chosen: the submitted cell that stands for each, by key.
        extras: added cells, and earlier or later versions of answers, by place.
    """

    def __init__(
        self,
        known: dict[str, NotebookNode],
        cells: list[NotebookNode],
        keys: list[str | None],
    ) -> None:
        self.known, self.cells = known, cells
        self.notes: list[str] = []
        self._order = {key: number for number, key in enumerate(known)}
        self._seen: set[tuple[str, str]] = set()
        self._versions: dict[str, list[int]] = {key: [] for key in known}
        for place, key in enumerate(keys):
            if key is not None:
                self._versions[key].append(place)
        self._chosen = {key: self._choose(key) for key in known if self._versions[key]}
        self.chosen = {key: cells[place] for key, place in self._chosen.items()}
        self.extras = {p: cells[p] for p, key in enumerate(keys) if self._is_extra(p, key)}
        self._note_all()

    def places(self) -> dict[str, Place]:
        """Where each released cell runs: where the student has it, with three exceptions.

        What is missing follows what it follows in the release; a check does not come before the
        answers it checks, nor other cells of the course's after what needs them.
        """
        places: dict[str, Place] = {}
        before: Place = (-1.0, 0, 0)
        for key, number in self._order.items():
            if key in self._chosen:
                places[key] = (float(self._chosen[key]), 0, number)
            else:
                places[key] = (before[0], 1, number)
            before = places[key]
        self._hold_back_checks(places)
        self._bring_forward(places)
        return places

    def is_defined_elsewhere(self, key: str) -> bool:
        """Whether the student has put all that a missing answer defines into other cells."""
        names = set(defined_in(self.known[key]))
        return bool(names) and names <= self._defined

    @cached_property
    def _defined(self) -> set[str]:
        cells = (*self.chosen.values(), *self.extras.values())
        return {name for cell in cells for name in defined_in(cell)}

    def text_beside(self, key: str) -> str:
        """What was written near a written answer that is as it was released: added text cells up to
        the next cell of the course's, and what was added to the question above."""
        if key not in self._chosen:
            return ""
        place, parts = self._chosen[key], [self._added_to_question(key)]
        for step in (-1, 1):
            near, other = [], place + step
            while other in self.extras and self.extras[other].cell_type == "markdown":
                near.append(self.extras.pop(other).source)
                other += step
            parts += near[::step]
        return "\n\n".join(part for part in parts if part.strip())

    def _added_to_question(self, key: str) -> str:
        keys = list(self.known)
        above = keys[keys.index(key) - 1] if keys.index(key) else key
        question, mine = self.known[above], self.chosen.get(above)
        if mine is None or question.cell_type != "markdown" or nbgrader_of(question):
            return ""
        asked = question.source.strip()
        text = mine.source.strip()
        return text.removeprefix(asked).strip() if asked and text.startswith(asked) else ""

    def _choose(self, key: str) -> int:
        """The place of the version that counts."""
        places, released = self._versions[key], self.known[key]
        if not is_the_students(released):
            return places[0]
        filled = [place for place in places if not same(self.cells[place], released)]
        check = self._check_of(key)
        in_time = [place for place in filled if check is None or place < check]
        return (in_time or filled or places)[-1]

    def _check_of(self, key: str) -> int | None:
        """Where the student has the check of an answer: the next graded cell in the release."""
        if is_graded(self.known[key]):
            return None
        later = list(self.known)[self._order[key] + 1 :]
        for other in later:
            if is_graded(self.known[other]):
                places = self._versions[other]
                return places[0] if places else None
        return None

    def _is_extra(self, place: int, key: str | None) -> bool:
        """Added cells, and versions of an answer that are not the answer; no stubs, no repeats."""
        if key is None:
            return True
        cell, released = self.cells[place], self.known[key]
        if self._chosen[key] == place or not is_the_students(released):
            return False
        text = (key, cell.source.strip())
        known = text in self._seen or same(cell, released) or same(cell, self.chosen[key])
        self._seen.add(text)
        return not known

    def _hold_back_checks(self, places: dict[str, Place]) -> None:
        needed: list[str] = []
        for key, number in self._order.items():
            released = self.known[key]
            if is_graded(released) and not is_answer(released):
                latest = max((places[one][0] for one in needed), default=-1.0)
                if latest > places[key][0]:
                    places[key] = (latest, 2, number)
                    self._note("a check stood above the answer it checks; it runs below")
                needed = []
            elif is_answer(released):
                needed.append(key)

    def _bring_forward(self, places: dict[str, Place]) -> None:
        earliest = float("inf")
        for key in reversed(self._order):
            released, place = self.known[key], places[key]
            given = bool(nbgrader_of(released)) and not is_answer(released)
            if given and not is_graded(released) and place[0] > earliest:
                places[key] = (earliest, -1, self._order[key])
                self._note("a cell of the course's had been moved below others; it runs above them")
            earliest = min(earliest, places[key][0])

    def _note_all(self) -> None:
        for key, cell in self.chosen.items():
            self._note_changes(cell, key)
            if nbgrader_of(self.known[key]) and len(self._versions[key]) > 1:
                self._note(f"cell {self.known[key].id!r} was there more than once")
        missing = [
            key for key in self.known if key not in self.chosen and nbgrader_of(self.known[key])
        ]
        self._note_missing([repr(self.known[key].id) for key in missing])

    def _note_missing(self, names: list[str]) -> None:
        if len(names) > MAX_NAMED:
            few = f"{', '.join(names[:2])}, …, {names[-1]}"
            text = f"{len(names)} cells were missing ({few}); the released ones were put back"
            self.notes.append(text)
            return
        for name in names:
            self.notes.append(f"cell {name} was missing; the released one was put back")

    def _note_changes(self, cell: NotebookNode, key: str) -> None:
        """Report what of a released cell was not the student's to change."""
        released = self.known[key]
        if cell.cell_type != released.cell_type:
            self._note(f"cell {released.id!r} had become a {cell.cell_type} cell")
        if not nbgrader_of(released):
            return
        if not is_answer(released) and not same(cell, released):
            self._note(f"cell {released.id!r} had been changed; the released text was put back")
        mine, theirs = nbgrader_of(cell), nbgrader_of(released)
        if any(mine.get(name) != theirs.get(name) for name in GRADING):
            self._note(f"cell {released.id!r} had other grading metadata; it was put right")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
