"""The class that nbgrader reads submissions with (`c.Autograde.exporter_class`).

It looks at all submissions before nbgrader touches the first, and it never fails on a file that
is no notebook: it hands on an empty one and the reason, so that the submission scores 0 and the
class goes on.
"""

import glob
import os
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde

from gradlab.course.names import name_fault
from gradlab.course.places import Places
from gradlab.grading.intake import Intake, examine, leave_alone, overlooked
from gradlab.grading.outputs import line
from gradlab.grading.reading import read_submission

PROBLEM, READING, FILE = "gradlab_problem", "gradlab_reading", "gradlab_file"


class SubmissionExporter(NotebookExporter):  # type: ignore[misc]
    """Reads the submission (any nbformat, damaged or not) and writes the graded notebook."""

    def __init__(self, config: Any = None, **kwargs: Any) -> None:
        super().__init__(config=config, **kwargs)
        self._intakes: dict[Path, Intake] = {}
        if isinstance(self.parent, Autograde):
            self._take_in(self.parent)

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> tuple[Any, Any]:
        """Convert the file; `resources` say why it could not be read, what had to be put right,
        and which file it was."""
        path = Path(filename)
        intake = self._intakes.get(path.parent, Intake())
        file = intake.notebooks.get(path, path)
        reading = read_submission(file, path.parent)
        resources = {} if resources is None else resources
        resources.setdefault("metadata", {})
        resources["metadata"] |= {"name": path.stem, "path": os.path.dirname(path)}
        told = (*resources.get(READING, ()), *intake.notes, *reading.notes)
        notes = [line(note) for note in told]
        resources |= {PROBLEM: line(reading.problem), READING: notes, FILE: file}
        output: tuple[Any, Any] = self.from_notebook_node(reading.notebook, resources, **kwargs)
        return output

    def _take_in(self, converter: Autograde) -> None:
        """Examine every submission that is to be graded, those without a notebook too."""
        course, lab = converter.coursedir, converter.coursedir.assignment_id
        names = _notebooks(course.format_path(course.release_directory, ".", lab))
        source = Path(course.format_path(course.source_directory, ".", lab))
        places = Places(course)
        unfit = {str(places.submission(name, lab)): why for name, why in places.unfit(lab).items()}
        pattern = converter._format_source(lab, course.student_id)
        for folder in filter(os.path.isdir, glob.glob(pattern)):
            if folder in unfit:
                converter.log.error("%r is not graded: %s", folder, unfit[folder])
                converter.assignments.pop(folder, None)
                continue
            intake = self._intakes[Path(folder)] = examine(Path(folder), names, source)
            paths = {str(path) for path in intake.notebooks}
            found = converter.assignments.get(folder, [])
            if course.notebook_id == "*" and paths:
                converter.assignments[folder] = sorted({*paths, *filter(_is_sound, found)})
            leave_alone([*intake.refused, *overlooked(Path(folder), course)], course)


def _notebooks(released: str) -> list[str]:
    """The names of the assignment's notebooks."""
    return sorted(path.name for path in Path(released).glob("*.ipynb"))


def _is_sound(path: str) -> bool:
    """Whether nbgrader can work with a notebook's name; a file's name may be any bytes."""
    return not name_fault(os.path.basename(path))
