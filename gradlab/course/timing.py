"""A clock for trusted code that may not come to an end, such as a mutant of the solution."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TooSlow(BaseException):
    """The time is over. No `Exception`, so that nothing on the way takes it for its own."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in the main thread when the time is over, again each second until it ends."""

    def stop(number: int, frame: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
