"""Ctrl-C, or a polite request to end, ends grading only where nothing is half done."""

import signal
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from types import FrameType, TracebackType
from typing import Any, Self

from gradlab.grading.parallel import first_completed

HEARD = (signal.SIGINT, signal.SIGTERM)


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
        """Wait until one of them is done; raises KeyboardInterrupt."""
        self._waiting = True
        try:
            if self._asked:
                raise KeyboardInterrupt
            first_completed(running)
        finally:
            self._waiting = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self._asked = self._asked, True
        if self._waiting or again:
            raise KeyboardInterrupt
