"""Ctrl-C, or a polite request to end, ends grading only where nothing is half done."""

import signal
import threading
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from types import FrameType, TracebackType
from typing import Any, Self

HEARD = (signal.SIGINT, signal.SIGTERM)
HEARD_WITHIN_SECONDS = 0.2


class Patience:
    """Inside its `with`, SIGINT and SIGTERM are heard while waiting and at the end.

    Nowhere else the first time; the second one is heard at once, wherever that is. What it cuts
    off is put right by the next run, as after a crash.
    """

    def __init__(self) -> None:
        self._asked = self._waiting = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._handle) for one in HEARD}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._asked and error is None:
            raise KeyboardInterrupt

    def wait(self, running: "Iterable[Future[Any]]") -> None:
        """Wait until one of them is done; raises KeyboardInterrupt.

        Not from the signal's handler: `wait` holds the futures' locks, and would never let go.
        """
        pending = list(running)
        self._waiting = True
        while not self._asked:
            if wait(pending, HEARD_WITHIN_SECONDS, FIRST_COMPLETED).done:
                break
        self._waiting = False
        if self._asked:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self._asked = self._asked, True
        if again and not self._waiting:
            raise KeyboardInterrupt
