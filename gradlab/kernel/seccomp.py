"""A filter of system calls: what a notebook needs is allowed, all else fails.

Namespaces hide the machine; the filter makes the kernel's surface smaller and closes ways round
the limits (memory that belongs to no process), round the network namespace, and to others who use
the same files. A refused call fails with an error; it does not kill.

The program is classic BPF, see seccomp(2) and linux/filter.h. The list is in
`gradlab.kernel.syscalls`.
"""

import errno
import platform
import struct
from collections.abc import Iterable

from gradlab.kernel.syscalls import (
    ALLOWED,
    BY_ARGUMENT,
    FCNTL,
    FIRST_UNKNOWN,
    IOCTL,
    PRCTL,
    SOCKET_OPTIONS,
    UNIX,
)

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NEW_NAMESPACES = 0x7E020080  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, …
SOL_SOCKET = 1
X32 = 0x40000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data, little-endian


def program(machine: str = "") -> bytes | None:
    """The filter for a processor, by default this machine's; None where no numbers are known."""
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        return None
    column = list(ARCHITECTURES).index(machine)
    code = [
        _step(LOAD, ARCHITECTURE),
        *_if(EQUAL, ARCHITECTURES[machine], [], [_fail(errno.EPERM)]),
        _step(LOAD, NUMBER),
        *_if(AT_LEAST, X32, [_fail(errno.EPERM)]),
        *_if(AT_LEAST, FIRST_UNKNOWN, [_fail(errno.ENOSYS)]),
    ]
    for name, steps in _by_argument().items():
        code += _if(EQUAL, BY_ARGUMENT[name][column], steps)
    for numbers in ALLOWED.values():
        number = numbers[column]
        code += [] if number is None else _if(EQUAL, number, [_step(RETURN, ALLOW)])
    return b"".join([*code, _fail(errno.EPERM)])


def _by_argument() -> dict[str, list[bytes]]:
    """What is done about calls whose arguments matter; each of these ends."""
    return {
        # glibc falls back to clone, whose flags can be looked at: clone3 has them behind a pointer
        "clone3": [_fail(errno.ENOSYS)],
        "clone": [
            _argument(0),
            *_if(ANY_BIT, NEW_NAMESPACES, [_fail(errno.EPERM)]),
            _step(RETURN, ALLOW),
        ],
        "socket": _only(0, (UNIX,), errno.EAFNOSUPPORT),
        "fcntl": _only(1, FCNTL),
        "ioctl": _only(1, IOCTL, errno.ENOTTY),
        "prctl": _only(0, PRCTL, errno.EINVAL),
        # a file may not take room beyond its size, which the limit on sizes does not see
        "fallocate": _only(1, (0,), errno.EOPNOTSUPP),
        "setsockopt": [
            _argument(1),
            *_if(EQUAL, SOL_SOCKET, [], [_fail(errno.ENOPROTOOPT)]),
            *_only(2, SOCKET_OPTIONS, errno.ENOPROTOOPT),
        ],
    }


def _only(place: int, values: Iterable[int], otherwise: int = errno.EPERM) -> list[bytes]:
    """Allow the call if the argument at `place` is one of `values`."""
    tests = [step for value in values for step in _if(EQUAL, value, [_step(RETURN, ALLOW)])]
    return [_argument(place), *tests, _fail(otherwise)]


def _argument(place: int) -> bytes:
    """Load the lower half of an argument; the calls here look at no more of it."""
    return _step(LOAD, ARGUMENTS + 8 * place)


def _if(
    test: int, value: int, then: list[bytes], otherwise: list[bytes] | None = None
) -> list[bytes]:
    """Steps `then` if the test holds, else steps `otherwise`; one of the two must be empty."""
    steps = then or otherwise or []
    skip = (0, len(steps)) if then else (len(steps), 0)
    return [_step(test, value, *skip), *steps]


def _fail(number: int) -> bytes:
    return _step(RETURN, FAIL | number)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
