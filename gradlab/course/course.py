"""The course: where its folders are, and which labs it has."""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from gradlab.course.lab import Lab
from gradlab.errors import CourseError, UnknownLab
from gradlab.root import course_root


@dataclass(frozen=True)
class Course:
    """A GradLab course in `root`, which is an nbgrader course directory."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Course":
        """The course that `start` (by default the working directory) lies in."""
        return cls(course_root(start))

    @cached_property
    def labs(self) -> dict[str, Lab]:
        """Name → lab, in the course's order."""
        labs = sorted(map(Lab, self._folders()), key=lambda lab: (lab.settings.order, lab.name))
        return {lab.name: lab for lab in labs}

    def _folders(self) -> list[Path]:
        """The labs' folders; `.ipynb_checkpoints` and `__pycache__` are none."""
        return sorted(path for path in self.root.glob("labs/*/") if path.name[0] not in "._")

    def lab(self, name: str) -> Lab:
        """The lab of that name; raises UnknownLab with the nearest name."""
        folder = self.root / "labs" / name
        if folder in self._folders():
            return Lab(folder)
        known = [path.name for path in self._folders()]
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known labs: {', '.join(known) or 'none'}"
        raise UnknownLab(f"no lab {name!r} in {self.root / 'labs'}; {hint}")

    def select(self, names: list[str]) -> list[Lab]:
        """The labs named, or all of them."""
        return [self.lab(name) for name in names] if names else list(self.labs.values())

    def hidden(self, lab: Lab) -> Path:
        """The folder of a lab's hidden checks."""
        return self.root / "tests" / "hidden" / lab.name

    def require_labs(self) -> None:
        """Raise CourseError if there is no lab at all."""
        if not self.labs:
            raise CourseError(f"{self.root / 'labs'} holds no lab; `gradlab new NAME` makes one")
