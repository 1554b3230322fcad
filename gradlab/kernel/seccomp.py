"""A filter of system calls: refuse what a NumPy notebook never needs and what escapes need.

Namespaces hide the machine; the filter makes the kernel's surface smaller and closes ways round
the limits (memory that belongs to no process) and round the network namespace (sockets to the
host of a virtual machine). A refused call fails with an error; it does not kill.

The program is classic BPF, see seccomp(2) and linux/filter.h.
"""

import errno
import platform
import struct

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NUMBERS = {
    # name: (x86_64, aarch64)
    # memory that no process's resident set shows
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # other processes, and kernel interfaces with a history of holes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "open_by_handle_at": (304, 265),
    "personality": (135, 92),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
}
CLONE, CLONE3, SOCKET = (56, 220), (435, 435), (41, 198)
NEW_NAMESPACES = 0x7E020080  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, …
FAMILIES = (
    1,
    2,
    10,
    16,
)  # AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, which libzmq asks for
X32 = 0x40000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = (
    0,
    4,
    16,
)  # offsets in struct seccomp_data, little-endian


def program() -> bytes | None:
    """The filter for this machine's processor; None where its call numbers are not known."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return None
    column = list(ARCHITECTURES).index(machine)
    code = [
        _step(LOAD, ARCHITECTURE),
        *_if(EQUAL, ARCHITECTURES[machine], [], [_fail(errno.EPERM)]),
        _step(LOAD, NUMBER),
        *_if(AT_LEAST, X32, [_fail(errno.EPERM)]),
    ]
    for numbers in NUMBERS.values():
        code += _if(EQUAL, numbers[column], [_fail(errno.EPERM)])
    # glibc falls back to clone, whose flags can be looked at: those of clone3 are behind a pointer
    code += _if(EQUAL, CLONE3[column], [_fail(errno.ENOSYS)])
    code += _if(EQUAL, CLONE[column], _without_namespaces())
    code += _if(EQUAL, SOCKET[column], _known_families())
    return b"".join([*code, _step(RETURN, ALLOW)])


def _without_namespaces() -> list[bytes]:
    test = _if(ANY_BIT, NEW_NAMESPACES, [_fail(errno.EPERM)])
    return [_step(LOAD, FIRST_ARGUMENT), *test, _step(RETURN, ALLOW)]


def _known_families() -> list[bytes]:
    tests = [step for family in FAMILIES for step in _if(EQUAL, family, [_step(RETURN, ALLOW)])]
    return [_step(LOAD, FIRST_ARGUMENT), *tests, _fail(errno.EAFNOSUPPORT)]


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
