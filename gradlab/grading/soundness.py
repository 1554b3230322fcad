"""Which labs' solutions are known to pass their hidden checks, so that it is found out once.

It is kept beside the course's secret, by a digest of all that it depends on.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

from gradlab import __version__
from gradlab.course.course import Course

FOLDER = Path(".gradlab") / "sound"


def is_known(course: Course, lab: str, content: str) -> bool:
    """Whether the solution has passed these checks. `content` is the bundle's digest."""
    try:
        return (course.root / FOLDER / lab).read_text(encoding="ascii") == _mark(content)
    except (OSError, UnicodeDecodeError):
        return False


def remember(course: Course, lab: str, content: str) -> None:
    """Write that down; where it cannot be written, it is found out again."""
    path = course.root / FOLDER / lab
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(_mark(content), encoding="ascii")


def _mark(content: str) -> str:
    return hashlib.sha256(f"{__version__}\0{content}".encode()).hexdigest()
