"""Where nbgrader keeps a course's files, as the course's `nbgrader_config.py` says."""

import glob
from os.path import isdir
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from gradlab.course.configuration import load_configuration
from gradlab.course.course import Course
from gradlab.course.names import faults

RESULTS = ".results.json"
# No path holds it, so a formatted path can be cut where the student's name goes.
_MARK = "\0"


class Places:
    """The folders of one course's submissions. A student's name never leads out of a folder."""

    def __init__(self, directory: CourseDirectory) -> None:
        self._directory = directory

    @classmethod
    def of(cls, course: Course) -> "Places":
        """Those of `course`; raises CourseError where its configuration does not load."""
        return cls(load_configuration(course.root).coursedir)

    @property
    def db_url(self) -> str:
        """The gradebook's address."""
        return str(self._directory.db_url)

    def graded(self, lab: str) -> set[str]:
        """The students with a folder of `lab` among the autograded submissions."""
        return self._students(self._directory.autograded_directory, lab)

    def submitted(self, lab: str) -> set[str]:
        """The students with a folder of `lab` among the collected submissions."""
        return self._students(self._directory.submitted_directory, lab)

    def unfit(self, lab: str) -> dict[str, str]:
        """Folders of `lab` that are left out, since their names are no students' ids; and why."""
        steps = (self._directory.submitted_directory, self._directory.autograded_directory)
        return faults(name for step in steps for name in self._names(step, lab))

    def submission(self, student: str, lab: str) -> Path:
        """The folder of a collected submission."""
        return Path(self._directory.format_path(self._directory.submitted_directory, student, lab))

    def autograded(self, student: str, lab: str) -> Path:
        """The folder of an autograded submission."""
        return Path(self._directory.format_path(self._directory.autograded_directory, student, lab))

    def pages(self, student: str, lab: str) -> Path:
        """The folder of a student's feedback."""
        return Path(self._directory.format_path(self._directory.feedback_directory, student, lab))

    def results(self, student: str, lab: str, notebook: str) -> Path | None:
        """Where grading writes what it found out; None for a name that is no folder's."""
        return self._file(self._directory.autograded_directory, student, lab, notebook + RESULTS)

    def feedback(self, student: str, lab: str, notebook: str) -> Path | None:
        """The student's feedback page, if there is one."""
        path = self._file(self._directory.feedback_directory, student, lab, f"{notebook}.html")
        return path if path is not None and path.is_file() else None

    def _file(self, step: str, student: str, lab: str, name: str) -> Path | None:
        if not all(_is_name(part) for part in (student, lab, name)):
            return None
        return Path(self._directory.format_path(step, student, lab)) / name

    def _students(self, step: str, lab: str) -> set[str]:
        names = self._names(step, lab)
        return names - faults(names).keys()

    def _names(self, step: str, lab: str) -> set[str]:
        before, _, after = self._directory.format_path(step, _MARK, lab).partition(_MARK)
        paths = glob.glob(f"{glob.escape(before)}*{glob.escape(after)}")
        return {path[len(before) : len(path) - len(after)] for path in filter(isdir, paths)}


def _is_name(part: str) -> bool:
    """Whether `part` is the name of one file or folder, and not a way out of it."""
    return part not in ("", ".", "..") and "/" not in part and "\0" not in part
