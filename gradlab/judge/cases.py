"""Inputs and reference values: seeded from the course secret, computed once per lab."""

import functools
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ParamSpec

import numpy as np

from gradlab.errors import CourseError, StorageError
from gradlab.root import course_root

SECRET_VARIABLE = "GRADLAB_SECRET"
SECRET_FILE = Path(".gradlab") / "secret"
P = ParamSpec("P")
checks_folder: ContextVar[Path | None] = ContextVar("gradlab_checks_folder", default=None)
"""Where the hidden checks lie that run in this context; the working directory may be another's."""


def case_rng(name: str) -> np.random.Generator:
    """A generator of its own for `name`, the same in every run with the same course secret."""
    digest = hashlib.sha256(f"{course_secret()}:{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def course_secret(start: Path | None = None) -> str:
    """The seed of all hidden inputs: `$GRADLAB_SECRET`, else `.gradlab/secret` in the course.

    The course is that of `start`, by default that of the checks that run, or of the working
    directory.

    Created at first use, readable by its owner only, and git-ignored. Every submission meets the
    same inputs, so verdicts can be reproduced; no student can know them in advance.
    """
    given = os.environ.get(SECRET_VARIABLE)
    return given if given else _secret_in(course_root(start) if start else _root_of_checks())


def _root_of_checks() -> Path:
    """The course that the running checks lie in; the working directory's if they lie in none."""
    with suppress(CourseError):
        return course_root(checks_folder.get())
    return course_root()


@functools.cache
def _secret_in(root: Path) -> str:
    path = root / SECRET_FILE
    if not path.exists():
        _create_secret(path)
    try:
        text = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        raise CourseError(f"{path}: {error.strerror}; its owner must let you read it") from error
    if len(text) < 16:
        raise CourseError(f"{path} is damaged (too short); delete it to have a new one made")
    return text


def _create_secret(path: Path) -> None:
    """Written under another name first, so that two starting at once agree on one secret."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
        with open(number, "w", encoding="ascii") as draft:
            draft.write(secrets.token_hex(16) + "\n")
        try:
            with suppress(FileExistsError):
                os.link(name, path)
        finally:
            os.unlink(name)
    except OSError as error:
        raise StorageError(f"cannot write the course secret {path}: {error.strerror}") from error


def reference(function: Callable[P, Any]) -> Callable[P, Any]:
    """Compute once for each distinct arguments; torch results become read-only NumPy arrays.

    Arguments must be hashable; cases hash by identity (`@dataclass(eq=False)`), and the suite
    keeps them alive for as long as it grades.
    """
    cached: Any = functools.cache(lambda *args, **kwargs: _frozen(function(*args, **kwargs)))
    return functools.wraps(function)(cached)


def _frozen(value: Any) -> Any:
    """`value` with torch tensors as NumPy arrays, and every array read-only."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        make = getattr(type(value), "_make", type(value))  # named tuples take no iterable
        return make(_frozen(item) for item in value)
    if type(value).__module__.partition(".")[0] == "torch":
        value = value.detach().cpu().numpy().copy()
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.flags.writeable = False
    return value
