"""The system calls that a notebook needs: all that NumPy, matplotlib, torch and IPython use.

Numbers are those of x86-64 and aarch64 (None: there is no such call), from the kernel's headers; a
test compares them. What is not here fails inside a sandbox. Left out on purpose, among others:
leases and notifications (fcntl, inotify, fanotify), which reach whoever opens the same file
outside; splice, vmsplice and memfd_create, whose memory belongs to no process; io_setup, io_uring
and System V IPC, which use up the machine's; setsid, since the scheduler gives each session its
share; new namespaces, mounts, keys, tracing, and flock on files that others open as well.
"""

ALLOWED: dict[str, tuple[int, int | None]] = {
    # reading and writing open files
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
    "pread64": (17, 67), "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70),
    "preadv2": (327, 286), "pwritev2": (328, 287), "lseek": (8, 62), "sendfile": (40, 71),
    "copy_file_range": (326, 285), "fadvise64": (221, 223), "fsync": (74, 82),
    "fdatasync": (75, 83), "ftruncate": (77, 46), "truncate": (76, 45),
    # opening and closing
    "open": (2, None), "openat": (257, 56), "creat": (85, None), "close": (3, 57),
    "close_range": (436, 436), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    "pipe": (22, None), "pipe2": (293, 59),
    # what files there are
    "stat": (4, None), "fstat": (5, 80), "lstat": (6, None), "newfstatat": (262, 79),
    "statx": (332, 291), "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439),
    "readlink": (89, None), "readlinkat": (267, 78), "getdents": (78, None),
    "getdents64": (217, 61), "statfs": (137, 43), "fstatfs": (138, 44), "getxattr": (191, 8),
    "lgetxattr": (192, 9), "fgetxattr": (193, 10), "listxattr": (194, 11),
    "llistxattr": (195, 12), "flistxattr": (196, 13), "getcwd": (79, 17),
    # changing them, where that is allowed: in scratch folders
    "chdir": (80, 49), "fchdir": (81, 50), "mkdir": (83, None), "mkdirat": (258, 34),
    "rmdir": (84, None), "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None),
    "renameat": (264, 38), "renameat2": (316, 276), "link": (86, None), "linkat": (265, 37),
    "symlink": (88, None), "symlinkat": (266, 36), "mknod": (133, None), "mknodat": (259, 33),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "umask": (95, 166),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None),
    "utimensat": (280, 88),
    # memory that the process itself has
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214),
    "mremap": (25, 216), "madvise": (28, 233), "msync": (26, 227), "membarrier": (324, 283),
    "get_mempolicy": (239, 236),
    # signals and timers of its own
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136), "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132), "restart_syscall": (219, 128), "pause": (34, None),
    "alarm": (37, None), "setitimer": (38, 103), "getitimer": (36, 102),
    "timerfd_create": (283, 85), "timerfd_settime": (286, 86), "timerfd_gettime": (287, 87),
    # waiting
    "select": (23, None), "pselect6": (270, 72), "poll": (7, None), "ppoll": (271, 73),
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, None), "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441),
    "eventfd": (284, None), "eventfd2": (290, 19), "futex": (202, 98), "sched_yield": (24, 124),
    "nanosleep": (35, 101), "clock_nanosleep": (230, 115),
    # the time
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "gettimeofday": (96, 169),
    "time": (201, None), "times": (100, 153),
    # who it is
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174),
    "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "getresuid": (118, 148),
    "getresgid": (120, 150), "getgroups": (115, 158), "getpgid": (121, 155),
    "getpgrp": (111, None), "getsid": (124, 156), "capget": (125, 90), "setuid": (105, 146),
    "setgid": (106, 144), "setgroups": (116, 159), "setpgid": (109, 154),
    # threads
    "set_robust_list": (273, 99), "get_robust_list": (274, 100), "set_tid_address": (218, 96),
    "rseq": (334, 293), "arch_prctl": (158, None), "sched_getaffinity": (204, 123),
    "sched_setaffinity": (203, 122), "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120), "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126), "getpriority": (140, 141), "setpriority": (141, 140),
    # what there is of the machine
    "getrlimit": (97, 163), "setrlimit": (160, 164), "prlimit64": (302, 261),
    "getrusage": (98, 165), "sysinfo": (99, 179), "uname": (63, 160), "getcpu": (309, 168),
    "getrandom": (318, 278),
    # processes inside
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "exit": (60, 93),
    "exit_group": (231, 94), "wait4": (61, 260), "waitid": (247, 95), "kill": (62, 129),
    "tkill": (200, 130), "tgkill": (234, 131), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    # connections inside
    "socketpair": (53, 199), "bind": (49, 200), "connect": (42, 203), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "getsockname": (51, 204),
    "getpeername": (52, 205), "getsockopt": (55, 209), "sendto": (44, 206),
    "recvfrom": (45, 207), "sendmsg": (46, 211), "recvmsg": (47, 212), "shutdown": (48, 210),
}  # fmt: skip
BY_ARGUMENT = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "socket": (41, 198),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "prctl": (157, 167),
    "setsockopt": (54, 208),
    "fallocate": (285, 47),
}
"""Allowed for some arguments, see `gradlab.kernel.seccomp`."""
FIRST_UNKNOWN = 463
"""Calls from here on are newer than this table; they are answered as by an older Linux."""

# Of fcntl: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_GETOWN,
# F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_DUPFD_CLOEXEC, F_GETPIPE_SZ. Not F_SETLEASE, F_NOTIFY,
# F_SETOWN, F_SETSIG, nor F_SETPIPE_SZ, of which an ordinary user has a share for all processes.
FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 9, 36, 37, 38, 1030, 1032)
# Of ioctl: TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ, TIOCSWINSZ,
# FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, TIOCGPTN, TIOCSPTLCK, TIOCGPTPEER.
IOCTL = (
    *(0x5401, 0x5402, 0x5403, 0x5404, 0x540F, 0x5410, 0x5413, 0x5414, 0x541B, 0x5421),
    *(0x5450, 0x5451, 0x80045430, 0x40045431, 0x5441),
)
# Of prctl: PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_SET_NAME,
# PR_GET_NAME, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS,
# PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, PR_SET_VMA (names of memory).
PRCTL = (1, 2, 3, 4, 15, 16, 21, 23, 38, 39, 41, 42, 0x53564D41)
# Of setsockopt at level SOL_SOCKET: SO_REUSEADDR, SO_KEEPALIVE, SO_REUSEPORT, SO_PASSCRED and the
# two time limits, in both their numbers. Not SO_LINGER, SO_SNDBUF, SO_RCVBUF.
SOCKET_OPTIONS = (2, 9, 15, 16, 20, 21, 66, 67)
UNIX = 1
"""The one address family: there is no network, and what its queues hold is counted nowhere."""
