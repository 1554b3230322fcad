"""Text that came from a submission, made fit to be read: short, on one line, all of it visible."""

import re

LIMIT = 600
# Controls (terminal escapes among them), line separators, what turns the reading direction
# round, halves of surrogate pairs, and code points that are no characters.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_REPLACEMENT = "\ufffd"


def visible(text: str) -> str:
    """`text` with every character that a reader cannot see replaced by U+FFFD."""
    return _INVISIBLE.sub(_REPLACEMENT, text)


def one_line(text: str) -> str:
    """`text` on one line, blanks and line ends drawn together, and `visible`."""
    return visible(" ".join(text.split()))


def clip(text: str, limit: int = LIMIT) -> str:
    """`text` on one line of at most `limit` characters."""
    line = one_line(text[: 4 * limit])
    return line if len(line) <= limit else line[: limit - 1] + "…"
