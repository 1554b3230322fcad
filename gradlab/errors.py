"""Every exception GradLab raises, as one small tree.

GradLabError
├── CourseError            the course's own files are wrong (lab.toml, a lab, a hidden check)
│   └── UnknownLab         no such lab in this course
├── SubmissionError        a submission cannot be graded as it is
├── GradebookError         the gradebook is missing, locked or older than the course
├── StorageError           a file could not be written (disk full, no permission)
├── SandboxUnavailable     untrusted code cannot be contained on this machine
├── WorkersUnavailable     the processes or the cluster that should grade cannot be used
├── WireError              a value or a message does not obey the by-value encoding
└── KernelError            the kernel of a submission
    ├── KernelDied         it is gone (killed, crashed, out of memory)
    ├── KernelLost         it was ended from outside, with what it was forked from
    └── CallTimeout        a call of a student's function took too long

A message says what is wrong, where, and how to fix it, in one or two lines. `exit_code` is what
the command line ends with; it is part of the contract with scripts.
"""


class GradLabError(Exception):
    """Base of all errors that GradLab raises on purpose."""

    exit_code = 1


class CourseError(GradLabError):
    """The course's own files are wrong; the message names the file and the fix."""

    exit_code = 3


class UnknownLab(CourseError):
    """No lab of that name exists in this course."""


class SubmissionError(GradLabError):
    """A submission cannot be graded as it is; it scores 0 with this message as the reason."""

    exit_code = 4


class GradebookError(GradLabError):
    """The gradebook is missing, locked, or does not know the lab."""

    exit_code = 5


class StorageError(GradLabError):
    """A file could not be written; what was written before is unharmed."""

    exit_code = 6


class SandboxUnavailable(GradLabError):
    """Untrusted code cannot be contained on this machine; nothing was run."""

    exit_code = 7


class WorkersUnavailable(GradLabError):
    """Processes or a Dask cluster that should grade cannot be used; what was recorded stays."""

    exit_code = 8


class WireError(GradLabError):
    """A value or message does not obey the by-value encoding of `gradlab.wire`."""


class KernelError(GradLabError):
    """Something happened to the kernel that runs a submission."""


class KernelDied(KernelError):
    """The kernel is gone: killed, crashed or out of memory."""


class KernelLost(KernelError):
    """The kernel was ended with the process that it was forked from: no fault of the notebook's."""


class CallTimeout(KernelError):
    """A call of a student's function took longer than the lab's `call_seconds`."""
