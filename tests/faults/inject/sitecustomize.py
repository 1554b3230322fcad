"""Imported by each Python process of a command under test: counts what they do, and strikes.

An event is something that changes a file, a socket, a process or the gradebook, in whichever of
the command's processes it happens. All of them count together, in one file of lines of equal
length. `GRADLAB_FAULT` says at which number who gets which signal: "<number> <who> <signal>",
where `who` is `command`, the process that was started, `worker`, one of those that grade, or
`other`, what else was started for them.
Several may be given, with commas between.

It is not imported in a sandbox, whose environment is another.
"""

import os
import sqlite3
import sys

COUNTED = {
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate", "os.symlink"),
    *("os.kill", "os.fork", "os.killpg", "subprocess.Popen", "shutil.rmtree", "shutil.copyfile"),
    *("socket.bind", "socket.connect", "tempfile.mkdtemp", "sqlite3.connect"),
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
LENGTH = 120


class Events:
    """Writes down each event of this process, and looks whether it is the one."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.command = int(os.environ.setdefault("GRADLAB_FAULT_COMMAND", str(os.getpid())))
        self.path = path
        words = [word.split() for word in os.environ.get("GRADLAB_FAULT", "").split(",") if word]
        self.strikes = [(int(number), who, int(signum)) for number, who, signum in words]
        self.busy = False

    def hook(self, name: str, args: tuple) -> None:
        """Called by Python for everything that is audited; see `sys.addaudithook`."""
        if self.busy:
            return
        self.busy = True
        try:
            if name in COUNTED or (name == "open" and args[2] and args[2] & WRITES):
                self.count(f"{name} {str(args[:1])[-80:]}")
        finally:
            self.busy = False

    def connect(self, *args: object, **kwargs: object) -> sqlite3.Connection:
        """In the place of `sqlite3.connect`."""
        connection = sqlite3.Connection(*args, **kwargs)
        connection.set_trace_callback(self.statement)
        return connection

    def statement(self, sql: str) -> None:
        """Called by SQLite before it executes a statement that may change something."""
        if not sql.lstrip().startswith(("SELECT", "PRAGMA")):
            self.count(f"sql {sql[:60]!r}")

    def count(self, text: str) -> None:
        """One line more, and the strike if this was its number."""
        who = "command" if os.getpid() == self.command else "other"
        if who == "other" and os.getppid() not in (self.command, 1):
            who = "worker"
        line = f"{who} {text}".encode("ascii", "replace")[: LENGTH - 1]
        os.write(self.file, line.ljust(LENGTH - 1) + b"\n")
        number = os.fstat(self.file).st_size // LENGTH
        for index, (at, victim, signum) in enumerate(self.strikes):
            if number >= at and (victim == "command" or victim == who) and self.first(index):
                os.kill(self.command if victim == "command" else os.getpid(), signum)

    def first(self, index: int) -> bool:
        """Whether no other process was first to strike."""
        try:
            os.close(os.open(f"{self.path}.struck{index}", os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True


if "GRADLAB_FAULT_EVENTS" in os.environ:
    events = Events(os.environ["GRADLAB_FAULT_EVENTS"])
    sys.addaudithook(events.hook)
    sqlite3.dbapi2.connect = events.connect
