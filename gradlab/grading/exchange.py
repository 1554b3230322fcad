"""`nbgrader collect`, as far as a submission must not say when it came or stop the others.

nbgrader's exchange is a folder that students can write to. `nbgrader submit`, run by the student,
names a submission `<student>+<assignment>+<time>+<random>` and puts the same time into a file
inside, which stays the student's to change. The name is the exchange's record: nobody can list
that folder, and it is what nbgrader itself goes by when it looks for the newest. So the file is
written anew from the name. The name is the student's process's word, too; a clock that no student
sets says when the files were last changed (ctime), and what came much later is told.
"""

import glob
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect

from gradlab.grading.intake import TIMESTAMP
from gradlab.grading.machine import is_machine_error

SLACK = timedelta(minutes=10)
"""How long after its time a submission may have been written: copying and clocks take some."""


class RecordedCollect(ExchangeCollect):  # type: ignore[misc]
    """Collects what can be collected, each with the time of the exchange's record."""

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a submission, without links and pipes; what cannot be copied is told and left."""
        inbound, place = Path(src), Path(dest)
        try:
            text = self._time_of(inbound)
            with self._ignoring(set(_unfit(inbound))):
                super().do_copy(src, dest, log)
            _write_time(place, text)
        except (OSError, RuntimeError, ValueError) as error:
            if isinstance(error, OSError) and is_machine_error(error) and error.filename != src:
                raise
            shutil.rmtree(place, ignore_errors=True)
            with suppress(OSError):  # another assignment of that student's is there
                place.parent.rmdir()
            self.log.error("%r was not collected: %s", inbound.name, error)
        else:
            self._compare(inbound, text)

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """nbgrader's record of a submission; the oldest of all where the name holds no time."""
        try:
            found: dict[str, Any] = super()._path_to_record(path)
        except Exception:  # nbgrader's own, or whatever dateutil raises
            user = Path(path).name.partition("+")[0]
            found = {"username": user, "filename": Path(path).name, "timestamp": datetime.min}
        return found

    @contextmanager
    def _ignoring(self, names: set[str]) -> Iterator[None]:
        """nbgrader copies what links point to, and it leaves files out by their names alone."""
        before = self.coursedir.ignore
        self.coursedir.ignore = [*before, *map(glob.escape, sorted(names))]
        try:
            yield
        finally:
            self.coursedir.ignore = before

    def _time_of(self, inbound: Path) -> str:
        """The time in the folder's name, as nbgrader wrote it."""
        if self._path_to_record(str(inbound))["timestamp"] == datetime.min:
            raise ValueError("its name holds no time")
        return inbound.name.rsplit("+", 3)[2]

    def _compare(self, inbound: Path, text: str) -> None:
        """Tell where the record, the file inside and the file system do not agree."""
        inside, changed = _text_inside(inbound), _last_change(inbound)
        if inside != text:
            self.log.warning("%r holds another time, %r; it was not used", inbound.name, inside)
        if changed - self._path_to_record(str(inbound))["timestamp"] > SLACK:
            self.log.warning(
                "%r was written or changed as late as %s UTC, says the file system; the late "
                "penalty goes by its name. Please decide", inbound.name, changed,
            )  # fmt: skip


def _unfit(folder: Path) -> Iterator[str]:
    """Names of links, pipes, sockets and devices."""
    for parent, folders, files in os.walk(folder):
        for path in (Path(parent, name) for name in [*folders, *files]):
            mode = path.lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                yield path.name


def _write_time(place: Path, text: str) -> None:
    place.chmod(place.stat().st_mode | stat.S_IRWXU)
    file = place / TIMESTAMP
    if file.is_dir():
        shutil.rmtree(file)
    file.unlink(missing_ok=True)
    file.write_text(text, encoding="utf-8")


def _text_inside(inbound: Path) -> str:
    """What the submission's own file says, as far as it can be a time."""
    file = inbound / TIMESTAMP
    try:
        if file.is_symlink() or not file.is_file():
            return ""
        with open(file, "rb") as opened:
            return opened.read(100).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _last_change(inbound: Path) -> datetime:
    """When a file was last written, renamed or given other rights."""
    paths = [Path(parent, name) for parent, _, names in os.walk(inbound) for name in names]
    seconds = max(path.lstat().st_ctime for path in [inbound, *paths])
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None, microsecond=0)
