"""What is refused before anything runs, since grading it would give marks that mean nothing."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from gradlab.course.course import Course
from gradlab.errors import CourseError

IMPORTED_BY_LABS = "gradlab.lab"


def require_its_lab(course: Course, assignment: str, sources: Iterable[str]) -> None:
    """Refuse an assignment that is a lab of GradLab's whose folder is not in `labs/`.

    Its visible checks alone would give full marks. `sources` are the texts of its locked cells, as
    the gradebook knows them; the notebooks under release/ and source/ say it, too.

    Raises:
        CourseError: it is such a lab.
    """
    folders = (course.root / "release" / assignment, course.root / "source" / assignment)
    notebooks = [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]
    if any(map(_is_of_a_lab, notebooks)) or any(IMPORTED_BY_LABS in text for text in sources):
        raise CourseError(
            f"{assignment} is a lab, but {course.root / 'labs' / assignment} is missing, and with "
            f"it the hidden checks' settings; put labs/{assignment}/ and "
            f"tests/hidden/{assignment}/ back before grading"
        )


def require_python(assignment: str, kernelspec: dict[str, Any] | None) -> None:
    """Refuse a notebook in a language that no kernel here speaks: its cells would be run as Python.

    Raises:
        CourseError: the kernel is for another language.
    """
    language = _language(kernelspec or {})
    if language != "python":
        raise CourseError(
            f"{assignment}: its notebook is written for {language}; GradLab grades Python alone. "
            f"Grade it in a course of its own, with nbgrader's own steps"
        )


def _language(kernelspec: dict[str, Any]) -> str:
    """What the released notebook says; else what the kernel of that name is for."""
    told, name = kernelspec.get("language"), str(kernelspec.get("name", "python3"))
    if isinstance(told, str) and told:
        return told.lower()
    try:
        return str(KernelSpecManager().get_kernel_spec(name).language).lower()
    except NoSuchKernel:
        return "python" if name.startswith("python") else f"the kernel {name!r}"


def _is_of_a_lab(path: Path) -> bool:
    try:
        metadata = json.loads(path.read_text(encoding="utf-8")).get("metadata", {})
    except (OSError, ValueError):
        return False
    return bool(metadata.get("gradlab", {}).get("lab"))
