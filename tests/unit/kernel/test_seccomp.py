"""The filter: its numbers are the headers', and each call ends as the table says, by simulation."""

import errno
import re
import struct
from pathlib import Path

import pytest

from gradlab.kernel.seccomp import ARCHITECTURES, program
from gradlab.kernel.syscalls import (
    ALLOWED,
    BY_ARGUMENT,
    FCNTL,
    FIRST_UNKNOWN,
    IOCTL,
    PRCTL,
    SOCKET_OPTIONS,
)

ALLOW = 0x7FFF0000
HEADERS = {
    "x86_64": [*Path("/usr/include").glob("x86_64-linux-gnu/asm/unistd_64.h")],
    "aarch64": [*Path("/usr/include").glob("asm-generic/unistd.h")],
}
ELSEWHERE = {"newfstatat": "fstatat"}


def run(machine, number, *arguments, architecture=None):
    """What the filter answers: 0 if the call is allowed, else the error's number."""
    words = [number, architecture or ARCHITECTURES[machine], 0, 0]
    for value in (*arguments, *[0] * (6 - len(arguments))):
        words += [value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF]
    data, code, place, loaded = struct.pack("<16I", *words), program(machine), 0, 0
    while True:
        kind, yes, no, value = struct.unpack_from("<HBBI", code, 8 * place)
        place += 1
        if kind == 0x20:
            (loaded,) = struct.unpack_from("<I", data, value)
        elif kind == 0x06:
            return 0 if value == ALLOW else value & 0xFFFF
        else:
            holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[kind]
            place += yes if holds else no


def column(machine):
    return list(ARCHITECTURES).index(machine)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_numbers_are_the_headers(machine):
    """Where the kernel's headers are installed; they are with every compiler."""
    if not HEADERS[machine]:
        pytest.skip(f"no headers of Linux for {machine} in /usr/include (linux-libc-dev)")
    text = HEADERS[machine][0].read_text()
    known = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", text))
    for name, numbers in (ALLOWED | BY_ARGUMENT).items():
        found = known.get(name) or (
            known.get(ELSEWHERE.get(name, "")) if machine != "x86_64" else None
        )
        assert numbers[column(machine)] == (None if found is None else int(found)), name


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_what_is_listed_is_allowed_and_nothing_else(machine):
    listed = {numbers[column(machine)] for numbers in ALLOWED.values()} - {None}
    looked_at = {numbers[column(machine)] for numbers in BY_ARGUMENT.values()}
    assert not listed & looked_at
    for number in range(FIRST_UNKNOWN):
        if number not in looked_at:
            assert run(machine, number) == (0 if number in listed else errno.EPERM), number
    for number in (FIRST_UNKNOWN, 0x3FFFFFFF):
        assert run(machine, number) == errno.ENOSYS


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize(
    "name",
    [
        *("io_setup", "inotify_init1", "fanotify_init", "vmsplice", "splice", "tee", "setsid"),
        *("pidfd_getfd", "process_madvise", "sync", "quotactl", "memfd_create", "userfaultfd"),
        *("io_uring_setup", "bpf", "ptrace", "mount", "unshare", "setns", "keyctl", "shmget"),
        *("mq_open", "flock", "swapon", "reboot", "perf_event_open", "open_by_handle_at"),
    ],
)
def test_what_reaches_outside_is_refused(machine, name):
    if not HEADERS[machine]:
        pytest.skip(f"no headers of Linux for {machine} in /usr/include (linux-libc-dev)")
    text = HEADERS[machine][0].read_text()
    number = re.search(rf"#define __NR(?:3264)?_{name}\s+(\d+)\b", text)
    assert number is None or run(machine, int(number[1])) == errno.EPERM


CASES = [
    *[("fcntl", (3, value), 0) for value in FCNTL],
    *[
        ("fcntl", (3, value), errno.EPERM)
        for value in (8, 10, 1024, 1026, 1031, 1033, 2**32 + 1024)
    ],
    *[("ioctl", (0, value), 0) for value in IOCTL],
    *[("ioctl", (0, value), errno.ENOTTY) for value in (0x5412, 0x541C, 0x8933)],
    *[("prctl", (value,), 0) for value in PRCTL],
    *[("prctl", (value,), errno.EINVAL) for value in (22, 36, 47, 59)],
    *[("setsockopt", (3, 1, value), 0) for value in SOCKET_OPTIONS],
    *[("setsockopt", (3, 1, value), errno.ENOPROTOOPT) for value in (7, 8, 13, 32, 33)],
    ("setsockopt", (3, 6, 1), errno.ENOPROTOOPT),
    ("socket", (1,), 0),
    *[("socket", (family,), errno.EAFNOSUPPORT) for family in (2, 10, 16, 17, 38, 40)],
    ("fallocate", (3, 0), 0),
    *[("fallocate", (3, mode), errno.EOPNOTSUPP) for mode in (1, 2, 3, 16)],
    ("clone", (0x3D0F00,), 0),
    ("clone", (0x01200011,), 0),
    *[("clone", (0x11 | flag,), errno.EPERM) for flag in (0x20000, 0x10000000, 0x40000000, 0x80)],
    ("clone3", (0, 88), errno.ENOSYS),
]


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize(("name", "arguments", "answer"), CASES, ids=str)
def test_by_argument(machine, name, arguments, answer):
    assert run(machine, BY_ARGUMENT[name][column(machine)], *arguments) == answer


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_calls_of_another_architecture_are_refused(machine):
    assert run(machine, 0, architecture=0x40000003) == errno.EPERM
    assert run(machine, 0x40000000) == errno.EPERM


def test_no_filter_where_no_numbers_are_known():
    assert program("riscv64") is None
