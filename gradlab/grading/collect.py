"""Submissions from a learning platform's archive, for `nbgrader zip_collect`.

Moodle and Canvas give one archive for a class, with a student's number in each file's name or
folder. nbgrader's own plugins unpack whatever students put in, archives in archives too, and end
the run at a damaged one or at two files of one name. These take notebooks only, bounded.
"""

import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin

from gradlab.grading.reading import MAX_BYTES

MAX_NOTEBOOKS = 20
"""Of an archive that a student handed in."""
DAMAGES = (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError)
HIDDEN = (".", "__MACOSX")


class NotebookExtractor(ExtractorPlugin):  # type: ignore[misc]
    """Takes the notebooks out of the platform's archive, and out of archives of the students'."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack archives in `archive_path` and copy notebooks that lie there as they are."""
        for path in sorted(Path(archive_path).rglob("*")):
            place = Path(extracted_path) / path.relative_to(archive_path)
            if path.suffix == ".zip":
                self._unpack(path, place.with_suffix(""))
            elif path.suffix == ".ipynb" and path.is_file() and not path.is_symlink():
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)

    def _unpack(self, path: Path, place: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            for info, target in _members(archive, place):
                try:
                    self._take(archive, info, target)
                except DAMAGES as error:
                    self.log.warning("Skipped damaged file %r: %s", info.filename, error)

    def _take(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
        if target.suffix == ".ipynb":
            _write(archive, info, target)
        elif target.suffix == ".zip" and info.file_size <= MAX_BYTES:
            with zipfile.ZipFile(io.BytesIO(_read(archive, info))) as inner:
                members = list(_members(inner, target.with_suffix("")))
                notebooks = [(i, t) for i, t in members if t.suffix == ".ipynb"]
                for inner_info, inner_target in notebooks[:MAX_NOTEBOOKS]:
                    _write(inner, inner_info, inner_target)


class NumberedCollector(FileNameCollectorPlugin):  # type: ignore[misc]
    """Finds the student's number by `named_regexp`; of two equal names takes the first."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._seen: set[tuple[str, str]] = set()

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """Student and file, or None for a file that is to be skipped."""
        if any(part.startswith(HIDDEN) for part in Path(submitted_file).parts[-2:]):
            return None
        found: dict[str, str] | None = super().collect(submitted_file)
        key = (found["student_id"], found["file_id"]) if found else None
        if key in self._seen:
            self.log.warning("Skipped a second %s of student %s", key[1], key[0])
            return None
        if key is not None:
            self._seen.add(key)
        return found


def _members(archive: zipfile.ZipFile, place: Path) -> Iterator[tuple[zipfile.ZipInfo, Path]]:
    """The archive's files and where they go: always below `place`."""
    for info in archive.infolist():
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if not info.is_dir() and parts and not {"..", "/"} & set(parts):
            yield info, place.joinpath(*parts)


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Write a notebook; one that is too long keeps its length, which is why it is not read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    data = _read(archive, info)
    try:
        with open(target, "xb") as file:
            file.write(data)
            file.truncate(max(len(data), min(info.file_size, 2**40)))
    except OSError:
        with suppress(OSError):
            os.unlink(target)
        raise


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """At most one byte more than a notebook may have, whatever the archive says of its length."""
    member: IO[bytes]
    with archive.open(info) as member:
        return member.read(MAX_BYTES + 1)
