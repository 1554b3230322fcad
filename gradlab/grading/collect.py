"""Submissions from a learning platform's archive, for `nbgrader zip_collect`.

Moodle and Canvas give one archive for a class, with a student's number in each file's name or
folder: see `platforms`. nbgrader's own plugins unpack whatever students put in, archives in
archives too, look for the number anywhere in a path, and end the run at a damaged archive or at
two files of one name. These take notebooks only, bounded, and the number from the first folder or
file of the download, which the platform has named; what is inside is the student's.

They lay out `extracted/<download>/<the platform's folder or file>/<the student's>`.
"""

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin

from gradlab.course.names import id_fault, name_fault, parse_time
from gradlab.grading.files import copy_plain, open_plain, plain_files
from gradlab.grading.machine import is_machine_error
from gradlab.grading.platforms import AmbiguousName, owner
from gradlab.grading.reading import MAX_BYTES

MAX_NOTEBOOKS = 20
"""Of an archive that a student handed in."""
MAX_SPARSE = 2**40
HIDDEN = (".", "__MACOSX")
UNPACKED = "unpacked by hand"
"""The download of what lies in the archive folder as it is."""


class NotebookExtractor(ExtractorPlugin):  # type: ignore[misc]
    """Takes the notebooks out of the platform's archive, and out of archives of the students'."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack archives in `archive_path` and copy notebooks that lie there as they are."""
        source, place = Path(archive_path), Path(extracted_path)
        found, refused = plain_files(source, lambda way, _: not _is_hidden(way.parts))
        for way, fault in refused.items():
            self.log.warning("Skipped %r: it %s", str(way), fault)
        for way in found:
            with self._concerning(str(way)):
                self._take(source, way, place)

    def _take(self, source: Path, way: Path, place: Path) -> None:
        """Take what lies at `source / way`: a download, or a part of one that was unpacked."""
        above = _above_the_platforms(way)
        if way.suffix == ".zip" and above is None:
            with open_plain(source / way, source) as file:
                download = "-".join(way.with_suffix("").parts)
                self._unpack(file, place / download, str(way), of_student=False)
            return
        inside = way.parts[above or 0 :]
        target = place.joinpath("-".join(way.parts[: above or 0]) or UNPACKED, *inside)
        if way.suffix == ".zip":
            with open_plain(source / way, source) as file:
                self._unpack(file, target.with_suffix(""), str(way), of_student=True)
        elif way.suffix == ".ipynb":
            copy_plain(source / way, target, below=source, limit=MAX_SPARSE)

    def _unpack(self, file: IO[bytes], place: Path, where: str, *, of_student: bool) -> None:
        """Unpack an archive; of a student's only notebooks, not archives in it."""
        with zipfile.ZipFile(file) as archive:
            suffixes = {".ipynb"} if of_student else {".ipynb", ".zip"}
            members = self._members(archive, place, where, suffixes)
            for info, target in islice(members, MAX_NOTEBOOKS if of_student else None):
                name = f"{where}: {info.filename}"
                with self._concerning(name):
                    if target.suffix == ".ipynb":
                        _write(archive, info, target)
                    else:
                        inner = io.BytesIO(_whole(archive, info))
                        self._unpack(inner, target.with_suffix(""), name, of_student=True)

    def _members(
        self, archive: zipfile.ZipFile, place: Path, where: str, suffixes: set[str]
    ) -> Iterator[tuple[zipfile.ZipInfo, Path]]:
        """The archive's files and where they go: always below `place`."""
        for info in archive.infolist():
            way = PurePosixPath(info.filename.replace("\\", "/"))
            if info.is_dir() or way.suffix not in suffixes or _is_hidden(way.parts):
                continue
            fault = next(filter(None, map(name_fault, way.parts)), "")
            if fault:
                self.log.warning("Skipped %r: %s", f"{where}: {info.filename}", fault)
            else:
                yield info, place.joinpath(*way.parts)

    @contextmanager
    def _concerning(self, name: str) -> Iterator[None]:
        """Whatever an archive raises concerns that archive; only the machine stops the class."""
        try:
            yield
        except Exception as error:  # zlib's, lzma's, zipfile's own and what it forgot to catch
            if isinstance(error, OSError) and is_machine_error(error):
                raise
            self.log.warning("Skipped damaged file %r: %r", name, error)


class NumberedCollector(FileNameCollectorPlugin):  # type: ignore[misc]
    """Finds the student's number in what the platform wrote; of two equal names takes the first.

    For another platform, `named_regexp` is matched with `/<the platform's part>/<the student's>`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._seen: set[tuple[str, str]] = set()

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """Student and file, or None for a file that is to be skipped."""
        path = Path(submitted_file)
        way = path.relative_to(self._root).parts[1:] or (path.name,)
        if path.suffix not in self.valid_ext:
            return None
        try:
            found = self._match("/" + "/".join(way)) if self.named_regexp else self._numbered(way)
            return self._checked(found) if found else None
        except ValueError as error:
            self.log.warning("Skipped %r: %s", "/".join(way), error)
            return None

    def _numbered(self, way: tuple[str, ...]) -> dict[str, str]:
        found = owner(way[0], self._notebooks)
        if found is None:
            raise ValueError(f"the platform has not put a student's number into {way[0]!r}")
        names = self._claims[found.number]
        if len(names) > 1:
            told = ", ".join(map(repr, sorted(names)))
            raise ValueError(
                f"{found.number} is claimed by {told}; neither is taken, please decide"
            )
        return {"student_id": found.number, "file_id": way[-1] if len(way) > 1 else found.file}

    def _checked(self, found: dict[str, str]) -> dict[str, str]:
        """What was found, if nbgrader can work with it."""
        student, file = found.get("student_id") or "", found.get("file_id") or ""
        fault = id_fault(student) or name_fault(file)
        if fault:
            raise ValueError(fault)
        if found.get("timestamp"):
            parse_time(found["timestamp"])
        if (student, file) in self._seen:
            raise ValueError(f"a second {file!r} of student {student}")
        self._seen.add((student, file))
        return found

    @cached_property
    def _root(self) -> Path:
        return Path(self.parent._format_collect_path(self.parent.extracted_directory))

    @cached_property
    def _notebooks(self) -> list[str]:
        """The names of the assignment's notebooks, and of the assignment."""
        course, lab = self.parent.coursedir, self.parent.coursedir.assignment_id
        released = Path(course.format_path(course.release_directory, ".", lab))
        return [lab, *(path.stem for path in released.glob("*.ipynb"))]

    @cached_property
    def _claims(self) -> dict[str, set[str]]:
        """By student's number, who has it: one name, as long as nobody claims another's."""
        claims: dict[str, set[str]] = defaultdict(set)
        for path in self._root.glob("*/*"):
            try:
                found = owner(path.name, self._notebooks)
            except AmbiguousName:
                continue
            if found is not None:
                claims[found.number].add(found.name)
        return claims


def _above_the_platforms(way: Path) -> int | None:
    """How many folders stand above the one or the file that the platform has named, if it has."""
    for number, part in enumerate(way.parts):
        try:
            if owner(part) is not None:
                return number
        except AmbiguousName:
            return number
    return None


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(HIDDEN) and part != ".." for part in parts)


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Write a notebook; one that is too long keeps its length, which is why it is not read."""
    data = _read(archive, info)
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "xb") as file:
        try:
            file.write(data)
            file.truncate(max(len(data), min(info.file_size, MAX_SPARSE)))
        except OSError:
            target.unlink()
            raise


def _whole(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    data = _read(archive, info)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES >> 20} MiB")
    return data


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """At most one byte more than a notebook may have, whatever the archive says of its length."""
    member: IO[bytes]
    with archive.open(info) as member:
        return member.read(MAX_BYTES + 1)
