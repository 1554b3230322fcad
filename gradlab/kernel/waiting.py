"""Waiting for an open file, for so long and no longer; whatever its number."""

import select


def is_ready(descriptor: int, seconds: float = 0, event: int = select.POLLIN) -> bool:
    """Whether something can be read: a message, an end; of a process, that it has ended.

    Or, by `event`, whether there is room to write.
    """
    waiting = select.poll()  # unlike select.select, not bounded to small numbers
    waiting.register(descriptor, event)
    return bool(waiting.poll(1000 * max(0.0, seconds)))
