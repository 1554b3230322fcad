"""How a check fails, as exceptions that say what a student may be told.

Failure(AssertionError)
├── Mismatch        not the expected value: type, structure, shape, dtype, not finite, values
├── Mutated         an input was modified
├── Raised          the student's function raised
├── NotRaised       it should have raised, or raised something else
└── Unreachable     no answer: too slow, kernel dead, answer too large

`str(failure)` is public; `detail` holds inputs or expected values and is shown only when the
instructor sets feedback to "full".
"""

from collections.abc import Iterable

TOO_SLOW, DIED = "too slow", "died"
"""Kinds of `Unreachable` after which nothing more is asked."""


class Failure(AssertionError):
    """A check's verdict against the student's code. `kind` is one word for tables."""

    kind = "failed"

    def __init__(self, message: str, *, kind: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.kind = kind or type(self).kind
        self.detail = detail


class Mismatch(Failure):
    """A value differs from what was expected."""

    kind = "values"


class Mutated(Failure):
    """A call changed one of its inputs."""

    kind = "mutated"


def mutated(names: Iterable[str]) -> Mutated:
    """The failure for changed arguments of these names."""
    listed = ", ".join(list(names)[:5])
    return Mutated(f"modified its input {listed}; work on a copy instead")


class Raised(Failure):
    """The student's function raised. `type_name` and `bases` are names only."""

    kind = "raised"

    def __init__(self, type_name: str, message: str, traceback: str, bases: list[str]) -> None:
        text = f"raised {type_name}: {message}" if message else f"raised {type_name}"
        super().__init__(text)
        self.type_name = type_name
        self.message = message
        self.traceback = traceback
        self.bases = bases


class NotRaised(Failure):
    """An error was expected and did not come, or another one came."""

    kind = "not raised"


class Unreachable(Failure):
    """No usable answer came back."""

    kind = "no answer"
