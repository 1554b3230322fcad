"""How many objects a msgpack message announces, found out before any of them is made."""

from gradlab.errors import WireError


def count_items(payload: bytes, most: int) -> int:
    """How many objects msgpack would build, found out without building any.

    64 MiB can announce 64 million empty lists, which would take gigabytes; so they are counted
    before the first is made. A damaged payload is left to msgpack to refuse.
    """
    seen, announced, at = 0, 1, 0
    while seen < announced and at < len(payload):
        children, at = _head(payload, at)
        seen += 1
        announced += children
        if announced > most:
            raise WireError(f"message announces more than {most} items")
    return announced


_HEADS = (
    # 0xc0 … 0xdf: bytes that tell the length, fixed bytes, children per unit of length
    *[(0, 0, 0)] * 4,  # nil, (unused), false, true
    *[(1, 0, 0), (2, 0, 0), (4, 0, 0)],  # bin
    *[(1, 1, 0), (2, 1, 0), (4, 1, 0)],  # ext
    *[(0, 4, 0), (0, 8, 0)],  # float
    *[(0, 1, 0), (0, 2, 0), (0, 4, 0), (0, 8, 0)] * 2,  # uint, int
    *[(0, 2, 0), (0, 3, 0), (0, 5, 0), (0, 9, 0), (0, 17, 0)],  # fixext
    *[(1, 0, 0), (2, 0, 0), (4, 0, 0)],  # str
    *[(2, 0, 1), (4, 0, 1), (2, 0, 2), (4, 0, 2)],  # array, map
)


def _head(payload: bytes, at: int) -> tuple[int, int]:
    """How many objects the one at `at` holds, and where the next head stands."""
    byte = payload[at]
    if byte <= 0x7F or byte >= 0xE0:  # small integers
        return 0, at + 1
    if byte <= 0x9F:  # small maps, small arrays
        return (byte & 15) * (2 if byte <= 0x8F else 1), at + 1
    if byte <= 0xBF:  # short strings
        return 0, at + 1 + (byte & 31)
    width, fixed, per_unit = _HEADS[byte - 0xC0]
    at += 1 + width
    length = int.from_bytes(payload[at - width : at], "big")
    return length * per_unit, at + fixed + (0 if per_unit else length)
