"""Inside a warm parent: a place of its own for each kernel that is forked from it.

A forked kernel gets what `gradlab.kernel.sandbox` gives to one that is started: user, process,
mount, network, IPC and host name namespaces, empty scratch folders, no capabilities and the
system call filter. bubblewrap cannot be asked here, since a program it starts would not have the
parent's memory; so the few system calls are made directly. See namespaces(7) and
user_namespaces(7).
"""

import ctypes
import fcntl
import os
import socket
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

NEW = {"NS": 0x20000, "UTS": 0x4000000, "IPC": 0x8000000, "USER": 0x10000000, "NET": 0x40000000}
NEW_PROCESSES = 0x20000000
NO_SETUID, NO_DEVICES, NO_PROGRAMS = 2, 4, 8
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 0x40000
DROP_BOUND, SET_DUMPABLE, SET_SECCOMP, FILTER = 24, 4, 22, 2  # linux/prctl.h
CAPABILITIES = 41
CAPABILITY_VERSION = 0x20080522
UP, GET_FLAGS, SET_FLAGS = 1, 0x8913, 0x8914  # linux/sockios.h

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_libc.capset.argtypes = [ctypes.c_char_p] * 2


def mount_proc() -> None:
    """A /proc of this process's own namespace, with nothing covered.

    A parent that starts as root needs one as well: bubblewrap covers parts of /proc, and what is
    covered cannot be mounted anew. The parts are safe all the same, since who runs here becomes
    another user, who may write none of it.
    """
    _mount("proc", "/proc", "proc", NO_SETUID | NO_DEVICES | NO_PROGRAMS)


def leave_parent(user: int) -> None:
    """Enter new namespaces; `user` stays who it is. Processes forked from here on are in them."""
    _check(_libc.unshare(sum(NEW.values()) | NEW_PROCESSES), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    for kind in ("uid_map", "gid_map"):
        Path(f"/proc/self/{kind}").write_text(f"{user} {user} 1")


def furnish(scratch: Iterable[str], size: int) -> None:
    """A /proc of its own, terminals, a loopback device and empty scratch folders.

    Args:
        scratch: the folders, each of at most `size` bytes. What is mounted in them stays.
    """
    _mount("none", "/", None, PRIVATE | RECURSIVE)
    folders = tuple(scratch)
    kept = [(path, os.open(path, os.O_PATH)) for path in _mounted_below(folders)]
    mount_proc()
    terminals = "newinstance,ptmxmode=0666,mode=620,max=16"  # the machine has some thousand
    _mount("devpts", "/dev/pts", "devpts", NO_SETUID | NO_PROGRAMS, terminals)
    for folder in folders:
        _mount("tmpfs", folder, "tmpfs", NO_SETUID | NO_DEVICES, f"mode=1777,size={size}")
    for path, descriptor in kept:
        _show_again(path, descriptor)
    _start_loopback()


def drop_capabilities() -> None:
    """All of them, for good: they cannot be had again, not even by starting a program."""
    for number in range(CAPABILITIES):
        _libc.prctl(DROP_BOUND, number, 0, 0, 0)
    header, nothing = struct.pack("=Ii", CAPABILITY_VERSION, 0), bytes(24)
    _check(_libc.capset(header, nothing), "capset")


def set_readable(readable: bool) -> None:
    """Whether other processes of the same user may look into this one."""
    _check(_libc.prctl(SET_DUMPABLE, int(readable), 0, 0, 0), "prctl")


def install_filter(program: bytes) -> None:
    """The program of `gradlab.kernel.seccomp`, for this process and all that it starts."""
    steps = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(steps))
    holder = ctypes.create_string_buffer(header, len(header))
    _check(_libc.prctl(SET_SECCOMP, FILTER, ctypes.addressof(holder), 0, 0), "seccomp")


def _mounted_below(folders: tuple[str, ...]) -> list[str]:
    """Mount points in `folders`, as far as they can be seen, in the order they were made."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4].encode().decode("unicode_escape") for line in lines]
    inside = [point for point in points if point.startswith(tuple(f"{f}/" for f in folders))]
    return [point for point in dict.fromkeys(inside) if os.path.exists(point)]


def _show_again(path: str, descriptor: int) -> None:
    """Mount an open file or folder at the place where it was."""
    place = Path(path)
    place.parent.mkdir(mode=0o777, parents=True, exist_ok=True)
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    _mount(f"/proc/self/fd/{descriptor}", path, None, BIND)
    os.close(descriptor)


def _start_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        request = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(device, GET_FLAGS, request), 16)
        fcntl.ioctl(device, SET_FLAGS, struct.pack("16sH14x", b"lo", flags | UP))


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    done = _libc.mount(
        source.encode(), target.encode(), kind.encode() if kind else None, flags, options.encode()
    )
    _check(done, f"mount {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
