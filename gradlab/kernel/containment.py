"""Watching over a sandbox, from its first process's start to the end of its last."""

import os
import signal
from contextlib import suppress

from gradlab.kernel import cgroup
from gradlab.kernel.limits import Limits
from gradlab.kernel.waiting import is_ready
from gradlab.kernel.watch import Watchdog


class Containment:
    """A sandbox by its first process: when that ends, all others in it do.

    Args:
        first: its process id, outside.
        bounds: what its processes may take together.

    Raises:
        ProcessLookupError: it has ended already.
    """

    def __init__(self, first: int, bounds: Limits) -> None:
        self.descriptor = os.pidfd_open(first)  # a number could come to mean another process
        self._first = first
        self._group = cgroup.contain(first, bounds)
        self._watchdog = Watchdog(first, bounds, self.kill)
        self._watchdog.start()

    def running(self) -> bool:
        """Whether there is a process left."""
        return not self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Wait until all have ended, at most `seconds`; whether they have."""
        return is_ready(self.descriptor, seconds)

    def interrupt(self) -> None:
        """Send SIGINT to the processes inside."""
        self.signal_group(signal.SIGINT)

    def signal_group(self, number: int) -> None:
        """Signal the processes inside; the one outside only watches over them."""
        if self.running():
            with suppress(ProcessLookupError):
                os.killpg(self._first, number)

    def kill(self) -> None:
        """End all of them; from any thread."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)

    def excess(self) -> str:
        """What they took too much of, if that ended them."""
        return self._watchdog.reason or (self._group.excess() if self._group else "")

    def close(self) -> None:
        """Stop watching."""
        self._watchdog.stop()
        if self._group is not None:
            self._group.close()
        os.close(self.descriptor)
