"""The `student` object of a hidden check: calls functions in another process, by value."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from gradlab import wire
from gradlab.errors import CallTimeout, CourseError, KernelDied, WireError
from gradlab.judge import failures
from gradlab.judge.opaque import Opaque

MAX_NAME = 80
MAX_MUTATED = 20
MAX_MESSAGE = 500
MAX_OUTPUT = 20_100
MAX_PRINTED = 200_000
MAX_ANSWER = 16 * 2**20
"""Bytes. No answer in any lab has a tenth of it, and what a check does with one takes many times
its size, in memory and in time, on the trusted side."""


class Channel(Protocol):
    """Carries one request's bytes to an agent and brings back the reply's bytes."""

    def request(self, payload: bytes, seconds: float) -> bytes: ...


class Remote(Opaque):
    """An object that stays in the kernel. Calling a method of it calls it there."""

    def __init__(self, subject: "Student", handle: wire.Handle) -> None:
        self._subject = subject
        self._handle = handle

    def __getattr__(self, name: str) -> "RemoteFunction":
        if name.startswith("__"):
            raise AttributeError(name)
        return RemoteFunction(self._subject, self._handle, name)

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return RemoteFunction(self._subject, self._handle, None)(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self._handle.type_name} in the kernel>"

    def no_value(self) -> Exception:
        return _came_back(self._handle)


class RemoteFunction(Opaque):
    """A function of the notebook, or a method of an object that stays there."""

    def __init__(self, subject: "Student", target: str | wire.Handle, method: str | None) -> None:
        self._subject = subject
        self._target = target
        self._method = method

    def __call__(self, *args: object, **kwargs: object) -> Any:
        reply = self._subject.ask(
            "call",
            target=self._target,
            method=self._method,
            args=list(args),
            kwargs=kwargs,
        )
        return reply.get("value")

    def no_value(self) -> Exception:
        if isinstance(self._target, str):
            return CourseError(f"student.{self._target} is a function; the check does not call it")
        return _came_back(self._target)


class Student:
    """What a hidden check calls `student`: attribute access names a function of the notebook.

    `last_stdout` is what the last call printed, `last_warnings` the warnings it raised
    ("RuntimeWarning: overflow encountered in exp"); `printed` what was printed so far, bounded.
    `mutated` holds the arguments that calls have changed, place → name; as long as it is None, a
    call that changes one raises `Mutated`.
    """

    def __init__(self, channel: Channel, seconds: float = 10.0) -> None:
        self._channel = channel
        self._seconds = seconds
        self._count = 0
        self.last_stdout = ""
        self.last_warnings: list[str] = []
        self.printed: list[str] = []
        self.mutated: dict[int | str, str] | None = None

    def __getattr__(self, name: str) -> RemoteFunction:
        if name.startswith("_"):
            raise AttributeError(name)
        return RemoteFunction(self, name, None)

    def keep(self, value: object) -> Remote:
        """Put a copy of `value` into the kernel; it stays there and may be updated in place."""
        return self._remote(self.ask("keep", value=value))

    def define(self, source: str, name: str) -> Remote:
        """Run `source` in the kernel and return its `name`, to pass as a callable argument."""
        return self._remote(self.ask("define", source=source, name=name))

    @contextmanager
    def raises(self, exception: type[BaseException], match: str = "") -> Iterator[None]:
        """Expect the calls inside to raise `exception`, by name, with a message like `match`."""
        wanted = exception.__name__
        try:
            yield
        except failures.Raised as error:
            if wanted not in error.bases:
                raise failures.NotRaised(f"raised {error.type_name} instead of {wanted}") from None
            if not re.search(match, error.message):
                raise failures.NotRaised(
                    f"raised {wanted}, but its message does not name the problem"
                ) from None
        else:
            raise failures.NotRaised(f"did not raise {wanted}")

    def ask(self, operation: str, **fields: object) -> dict[str, Any]:
        """Send one request and return its reply, checked; a student's exception is `Raised`."""
        self._count += 1
        self.last_stdout, self.last_warnings = "", []
        payload = wire.encode({"id": self._count, "op": operation, **fields}, opaque=_handle)
        try:
            reply = self._decode(self._channel.request(payload, self._seconds))
        except CallTimeout:
            text = f"did not answer within {self._seconds:g} s (an endless loop?)"
            raise failures.Unreachable(text, kind=failures.TOO_SLOW) from None
        except KernelDied:
            raise failures.Unreachable(
                "the kernel died during the call", kind=failures.DIED
            ) from None
        except WireError as error:
            raise failures.Unreachable(f"its answer cannot be used: {error}") from None
        self._note_output(reply)
        mutated = _mutated(reply.get("mutated"))
        if self.mutated is not None and len(self.mutated) < MAX_MUTATED:
            self.mutated |= mutated
        if isinstance(reply.get("error"), dict):
            raise _raised(reply["error"])
        if mutated and self.mutated is None:
            raise failures.mutated(mutated.values())
        return reply

    def _decode(self, payload: bytes) -> dict[str, Any]:
        if len(payload) > MAX_ANSWER:
            raise WireError(f"it has more than {MAX_ANSWER >> 20} MiB")
        reply = wire.decode(payload, handle=lambda handle: Remote(self, handle))
        if not isinstance(reply, dict) or not _is_id(reply.get("id"), self._count):
            raise WireError("the answer belongs to no question that was asked")
        return reply

    def _note_output(self, reply: dict[str, Any]) -> None:
        self.last_stdout = _text(reply.get("stdout"), MAX_OUTPUT)
        self.last_warnings = _texts(reply.get("warnings"), MAX_MESSAGE)
        if self.last_stdout and sum(map(len, self.printed)) < MAX_PRINTED:
            self.printed.append(self.last_stdout)

    def _remote(self, reply: dict[str, Any]) -> Remote:
        value = reply.get("value")
        if not isinstance(value, Remote):
            raise failures.Unreachable("its answer cannot be used: a handle was expected")
        return value


def fetch(remote: Remote, attribute: str | None = None) -> Any:
    """The present value of an object in the kernel, or of one of its attributes."""
    return remote._subject.ask("fetch", of=remote._handle, attr=attribute).get("value")


def assign(remote: Remote, attribute: str, value: object) -> None:
    """Set an attribute of an object in the kernel (`assign(optimizer, "lr", 0.01)`)."""
    remote._subject.ask("assign", of=remote._handle, attr=attribute, value=value)


def take(remote: Remote, n: int) -> list[Any]:
    """The next items of an iterator in the kernel, at most `n`."""
    if not isinstance(remote, Remote):
        raise failures.Mismatch("should be an iterator or a generator", kind="type")
    items = remote._subject.ask("take", of=remote._handle, n=n).get("value")
    if not isinstance(items, list):
        raise failures.Unreachable("its answer cannot be used: a list was expected")
    return items[:n]


def seeded(seed: int) -> wire.Seed:
    """An argument that arrives as `numpy.random.default_rng(seed)`."""
    return wire.Seed(seed)


def _handle(value: object) -> wire.Handle:
    """What stands for an object that is in the kernel already; nothing else may stay here."""
    if isinstance(value, Remote):
        return value._handle
    if isinstance(value, RemoteFunction):
        raise value.no_value()
    raise WireError(f"a value of type {type(value).__name__} cannot cross by value")


def _came_back(handle: wire.Handle) -> failures.Mismatch:
    """The failure of a check that takes what stayed in the kernel for a value."""
    what = f"an object of type {handle.type_name[:40]}" if handle.type_name else "an object"
    return failures.Mismatch(f"{what} came back where a value was expected", kind="type")


def _raised(error: dict[str, Any]) -> failures.Raised:
    """The student's exception from its four texts, each checked and bounded."""
    return failures.Raised(
        _text(error.get("type"), MAX_NAME) or "Exception",
        _text(error.get("message"), MAX_MESSAGE),
        _text(error.get("traceback"), 4000),
        _texts(error.get("bases"), MAX_NAME),
    )


def _mutated(found: object) -> dict[int | str, str]:
    """Places and names of changed arguments, as far as they are what they should be."""
    pairs = found[:MAX_MUTATED] if isinstance(found, list) else []
    found_pairs = [pair for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    return {
        place if type(place) is int else _text(place, MAX_NAME): _text(name, MAX_NAME)
        for place, name in found_pairs
        if type(place) in (int, str)
    }


def _is_id(value: object, wanted: int) -> bool:
    return type(value) is int and value == wanted


def _text(value: object, limit: int) -> str:
    """A text of a reply; anything else is not even shown, since that could take long."""
    return value[:limit] if isinstance(value, str) else ""


def _texts(value: object, limit: int) -> list[str]:
    return [_text(item, limit) for item in value[:20]] if isinstance(value, list) else []
