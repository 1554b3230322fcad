"""Where the course is. Nothing here is slow to import: commands ask before they do anything."""

from pathlib import Path

from gradlab.errors import CourseError

MARKER = "nbgrader_config.py"


def course_root(start: Path | None = None) -> Path:
    """The nearest folder upwards that holds `nbgrader_config.py`."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / MARKER).is_file():
            return folder
    raise CourseError(
        f"{here} is in no GradLab course: no {MARKER} here or above; "
        "change into the course's folder"
    )
