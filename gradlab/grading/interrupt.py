"""Ctrl-C ends grading only where nothing is half done."""

import signal
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from types import FrameType, TracebackType
from typing import Any, Self

from gradlab.grading.parallel import first_completed


class Patience:
    """Inside its `with`, SIGINT is heard while waiting and at the end, and nowhere else."""

    def __init__(self) -> None:
        self._asked = self._waiting = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
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
        self._asked = True
        if self._waiting:
            raise KeyboardInterrupt
