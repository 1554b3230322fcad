"""`nbgrader collect`, as far as a submission must not say when it came or stop the others.

nbgrader's exchange is a folder that students can write to. `nbgrader submit`, run by the student,
names a submission `<student>+<assignment>+<time>+<random>` and puts the same time into a file
inside, which stays the student's to change. The name is the exchange's record: nobody can list
that folder, and it is what nbgrader itself goes by when it looks for the newest. So the file is
written anew from the name. The name is the student's process's word, too; a clock that no student
sets says when the files were last changed (ctime), and what came much later is told. Files can
change while they are collected, so they are copied as `files` does and not by their paths.
"""

import os
import shutil
import stat
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect

from gradlab.course.names import id_fault, parse_time
from gradlab.errors import SubmissionError
from gradlab.grading.files import copy_folder, open_plain
from gradlab.grading.intake import MAX_TIMESTAMP, TIMESTAMP, set_bad_time_aside
from gradlab.grading.machine import is_machine_error

SLACK = timedelta(minutes=10)
"""How long after its time a submission may have been written: copying and clocks take some."""
FAULTS = (OSError, RuntimeError, ValueError, SubmissionError)


class RecordedCollect(ExchangeCollect):  # type: ignore[misc]
    """Collects what can be collected, each with the time of the exchange's record."""

    src_records: list[dict[str, Any]]

    def init_src(self) -> None:
        """Find the newest submission of each student; what has a bad name is told and left."""
        super().init_src()
        records, self.src_records = self.src_records, []
        for record in records:
            fault = id_fault(record["username"]) or record.get("fault")
            if fault:
                self.log.error("%r was not collected: %s", record["filename"], fault)
            else:
                self.src_records.append(record)

    def init_dest(self) -> None:
        """A time that nbgrader cannot read in what was collected before would end its run."""
        for record in self.src_records:
            place = self.coursedir.format_path(
                self.coursedir.submitted_directory,
                record["username"],
                self.coursedir.assignment_id,
            )
            set_bad_time_aside(Path(place))

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a submission, without links and pipes; what cannot be copied is told and left."""
        inbound, place = Path(src), Path(dest)
        try:
            text = self._time_of(inbound)
            self._copy(inbound, place)
            _write_time(place, text)
        except FAULTS as error:
            theirs = isinstance(error, OSError) and str(error.filename).startswith(src)
            if isinstance(error, OSError) and is_machine_error(error) and not theirs:
                raise
            shutil.rmtree(place, ignore_errors=True)
            with suppress(OSError):  # another assignment of that student's is there
                place.parent.rmdir()
            self.log.error("%r was not collected: %s", inbound.name, error)
        else:
            self._compare(inbound, text)

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """nbgrader's record of a submission; the oldest of all where the name holds no time."""
        name = Path(path).name
        try:
            parse_time(_time_in(name))
            found: dict[str, Any] = super()._path_to_record(path)
        except ValueError as error:
            user = name.partition("+")[0]
            found = {"username": user, "filename": name, "timestamp": datetime.min}
            found["fault"] = f"its name {error}"
        return found

    def _copy(self, inbound: Path, place: Path) -> None:
        """Copy what nbgrader's rules let through; what is no plain file is told."""
        limit = 1000 * self.coursedir.max_dir_size
        refused = copy_folder(inbound, place, self._is_wanted, below=inbound.parent, limit=limit)
        for way, fault in refused.items():
            self.log.warning("%r: %r was left out: it %s", inbound.name, str(way), fault)
        if self.coursedir.groupshared:
            _share(place)

    def _is_wanted(self, way: Path, status: os.stat_result) -> bool:
        """nbgrader's rules: what to ignore and to include, by name, and how long a file may be."""
        course = self.coursedir
        if any(fnmatch(way.name, pattern) for pattern in course.ignore):
            return False
        if not stat.S_ISREG(status.st_mode):
            return True
        if course.max_file_size and status.st_size > 1000 * course.max_file_size:
            self.log.warning("%r was left out: it has %d bytes", str(way), status.st_size)
            return False
        return not course.include or any(fnmatch(way.name, one) for one in course.include)

    def _time_of(self, inbound: Path) -> str:
        """The time in the folder's name, as nbgrader wrote it."""
        text = _time_in(inbound.name)
        try:
            parse_time(text)
        except ValueError as error:
            raise ValueError(f"its name {error}") from error
        return text

    def _compare(self, inbound: Path, text: str) -> None:
        """Tell where the record, the file inside and the file system do not agree."""
        inside, changed = _text_inside(inbound), _last_change(inbound)
        if inside != text:
            self.log.warning("%r holds another time, %r; it was not used", inbound.name, inside)
        if changed - parse_time(text) > SLACK:
            self.log.warning(
                "%r was written or changed as late as %s UTC, says the file system; the late "
                "penalty goes by its name. Please decide", inbound.name, changed,
            )  # fmt: skip


def _time_in(name: str) -> str:
    """Where nbgrader looks for the time in a submission's name; users' names may have a plus."""
    parts = name.rsplit("+", 3)
    return parts[2] if len(parts) > 2 else ""


def _share(place: Path) -> None:
    """Let the group write, as nbgrader does in a course that several share."""
    for parent, _, names in os.walk(place):
        os.chmod(parent, (os.stat(parent).st_mode | 0o2770) & 0o2777)
        for path in (os.path.join(parent, name) for name in names):
            os.chmod(path, (os.stat(path).st_mode | 0o660) & 0o777)


def _write_time(place: Path, text: str) -> None:
    file = place / TIMESTAMP
    if file.is_dir():
        shutil.rmtree(file)
    file.unlink(missing_ok=True)
    file.write_text(text, encoding="utf-8")


def _text_inside(inbound: Path) -> str:
    """What the submission's own file says, as far as it can be a time."""
    try:
        with open_plain(inbound / TIMESTAMP, inbound.parent) as opened:
            return opened.read(MAX_TIMESTAMP).decode("utf-8", "replace").strip()
    except (OSError, SubmissionError):
        return ""


def _last_change(inbound: Path) -> datetime:
    """When a file was last written, renamed or given other rights."""
    seconds = inbound.lstat().st_ctime
    for parent, _, names in os.walk(inbound):
        for name in names:
            with suppress(OSError):  # its owner may be taking it away
                seconds = max(seconds, os.lstat(os.path.join(parent, name)).st_ctime)
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None, microsecond=0)
