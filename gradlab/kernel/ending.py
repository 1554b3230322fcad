"""How a kernel ended, in words, and how long is waited for that."""

import signal

KILL_SECONDS = 10.0
DYING_SECONDS = 0.5
"""How long a kernel may take from its last connection's end to its own."""


def ending(code: int | None) -> str:
    """What an exit status means; both 128 + n and -n stand for signal n."""
    if code is None:
        return "stopped answering"
    number = -code if code < 0 else code - 128
    try:
        return f"was ended by signal {signal.Signals(number).name}"
    except ValueError:
        return f"exited with status {code}"
