"""All that grading a lab needs, as data: workers have no course folder and no gradebook.

The bundle's fingerprint, with the submission's bytes, says whether grading again could give
anything else; it is kept in the graded notebook's metadata (see `completion`).
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from traitlets.config import Config

from gradlab import __version__
from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.errors import CourseError
from gradlab.grading import soundness
from gradlab.judge.cases import SECRET_FILE, SECRET_VARIABLE, course_secret
from gradlab.root import MARKER

SECTIONS = ("GradLab", "IgnorePattern", "LimitOutput", "NbGraderPreprocessor")
NOT_GRADING = ("jobs", "scheduler", "scheduler_resources")
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints")


@dataclass(frozen=True)
class KnownCell:
    """A released cell as the gradebook has it; `max_score` is None where it earns no points."""

    name: str
    cell_type: str
    locked: bool
    source: str
    checksum: str
    max_score: float | None


@dataclass(frozen=True)
class LabBundle:
    """A lab, its hidden checks and all that is released, and how the course wants it graded.

    Attributes:
        files: path in the course → content.
        secret: the seed of all hidden inputs.
        config: the sections of `nbgrader_config.py` that say something about grading.
        kernelspec: the gradebook's.
        cells: the gradebook's, by `grade_id`.
        sound: whether the lab's solution is known to pass these very checks.
    """

    lab: str
    files: dict[str, bytes]
    secret: str
    config: dict[str, dict[str, Any]]
    kernelspec: dict[str, Any] | None = None
    cells: tuple[KnownCell, ...] = ()
    sound: bool = False

    @cached_property
    def fingerprint(self) -> str:
        """A digest of all that a grading depends on, except the submission."""
        digest = hashlib.sha256(f"{__version__}\0{self.secret}\0".encode())
        digest.update(json.dumps(self.config, sort_keys=True, default=str).encode())
        for name, data in sorted(self.files.items()):
            digest.update(f"\0{name}\0{len(data)}\0".encode() + data)
        return digest.hexdigest()

    @cached_property
    def content(self) -> str:
        """A digest of what `unpack` writes, and so of what judges are made of."""
        digest = hashlib.sha256(self.secret.encode())
        for name, data in sorted(self.files.items()):
            digest.update(f"\0{name}\0{len(data)}\0".encode() + data)
        return digest.hexdigest()

    def unpack(self, root: Path) -> Course:
        """Write the lab into `root` as a course of its own.

        Raises:
            CourseError: this process has been given another secret.
        """
        own = os.environ.get(SECRET_VARIABLE)
        if own and own != self.secret:
            raise CourseError(
                f"a worker has a ${SECRET_VARIABLE} of its own; unset it: the course's secret "
                "comes with each lab"
            )
        files = {**self.files, MARKER: b"", str(SECRET_FILE): self.secret.encode()}
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (root / SECRET_FILE).chmod(0o600)
        if self.sound:
            soundness.remember(Course(root), self.lab, self.content)
        return Course(root)


def pack(course: Course, lab: Lab, config: Config) -> LabBundle:
    """The lab as it is on disk now; what the gradebook knows is added by `record`.

    Raises:
        CourseError: the released notebook is missing.
    """
    released = course.root / "release" / lab.name / f"{lab.name}.ipynb"
    if not released.is_file():
        raise CourseError(f"{released} is missing; `gradlab build {lab.name}` makes it")
    paths = [*_files(lab.folder), *_files(course.hidden(lab)), *_files(released.parent)]
    files = {path.relative_to(course.root).as_posix(): path.read_bytes() for path in paths}
    bundle = LabBundle(lab.name, files, course_secret(course.root), grading_config(config))
    return replace(bundle, sound=soundness.is_known(course, lab.name, bundle.content))


def released_files(folder: Path) -> tuple[Path, ...]:
    """Files and folders released beside the notebook, which kernels see under the same names."""
    found = sorted(folder.glob("*")) if folder.is_dir() else []
    return tuple(path for path in found if path.suffix != ".ipynb" and path.name not in LEFT_OUT)


def grading_config(config: Config) -> dict[str, dict[str, Any]]:
    """What `nbgrader_config.py` says about grading, as plain data."""
    sections = {name: dict(dict.get(config, name, {})) for name in SECTIONS}
    for name in NOT_GRADING:
        sections["GradLab"].pop(name, None)
    return sections


def graded_from(fingerprint: str, submission: str) -> str:
    """What a graded notebook says of its origin, from the bundle's and the submission's digest."""
    return hashlib.sha256(f"{fingerprint}\0{submission}".encode()).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part in LEFT_OUT for part in path.parts):
            yield path
