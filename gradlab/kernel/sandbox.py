"""The bubblewrap command line: deny by default, then allow what an interpreter needs.

Inside there are system libraries, the standard library and the allowed packages, all read-only;
a private `/tmp`, an empty home, a `/proc` of its own and a minimal `/dev`. There is no network,
no shell, no course, no other process. Nothing that can be written outlives the sandbox.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import gradlab
from gradlab.errors import SandboxUnavailable
from gradlab.kernel.limits import Limits
from gradlab.kernel.packages import allowed_paths

HOME = "/home/student"
LIBRARY = "/opt/gradlab"
"""Where the few files of gradlab that a kernel needs are found inside the sandbox."""
KERNEL_FILES = (
    "__init__.py",
    "errors.py",
    "wire.py",
    "kernel/__init__.py",
    "kernel/agent.py",
    "kernel/bootstrap.py",
    "lab",
)
SYSTEM_FOLDERS = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32")
SYSTEM_LINKS = ("/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/fonts", "/usr/share/fonts", "/usr/local/share/fonts")
UID = 1000


@dataclass(frozen=True)
class Sandbox:
    """How to run one program without letting it near anything.

    Attributes:
        packages: distributions it may import, beside those the kernel needs.
        limits: sizes of the scratch folders; the rest is enforced elsewhere.
    """

    packages: tuple[str, ...] = ()
    limits: Limits = Limits()

    def command(self, argv: Iterable[str], *, info_fd: int | None = None) -> list[str]:
        """The command that runs `argv` inside; bwrap writes its process ids to `info_fd`."""
        report = [] if info_fd is None else ["--info-fd", str(info_fd)]
        return [
            require_bubblewrap(),
            *_NAMESPACES,
            *report,
            *_scratch(self.limits.file_mib * 2**20),
            *_mounts(self.packages),
            *_environment(self.packages),
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--"),
            *argv,
        ]


_NAMESPACES = (
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    *("--cap-drop", "ALL"),
    *("--hostname", "lab"),
    *("--uid", str(UID), "--gid", str(UID)),
)


def _scratch(size: int) -> list[str]:
    """What can be written: three folders in memory, each of at most `size` bytes."""
    command = ["--proc", "/proc", "--dev", "/dev"]
    for folder in ("/tmp", HOME, "/dev/shm"):
        command += ["--perms", "0700", "--size", str(size), "--tmpfs", folder]
    return command


@cache
def _mounts(packages: tuple[str, ...]) -> tuple[str, ...]:
    return (*_system(), *_interpreter(), *_bind(allowed_paths(packages)), *_gradlab())


def _system() -> list[str]:
    """Shared libraries, without the packages of the system's own Python."""
    folders = [Path(folder) for folder in SYSTEM_FOLDERS if Path(folder).is_dir()]
    command = _bind(folders) + _bind(Path(f) for f in SYSTEM_FILES if Path(f).exists())
    for link in map(Path, SYSTEM_LINKS):
        if link.is_symlink():
            command += ["--symlink", os.readlink(link), str(link)]
        elif link.is_dir():
            command += _bind([link])
    return command + _hide(path for folder in folders for path in folder.glob("python*"))


def _interpreter() -> list[str]:
    """The base interpreter and its standard library, without any site-packages."""
    base = Path(sys.base_prefix).resolve()
    command = [] if base == Path("/usr") else _bind([base / "lib"])
    standard = Path(sysconfig.get_path("stdlib")).resolve()
    command += _hide(path for path in (base / "lib").glob("python*") if path != standard)
    command += _bind([standard])
    command += _hide(standard / name for name in ("site-packages", "dist-packages", "test"))
    return command + _bind([interpreter()])


def interpreter() -> Path:
    """The real executable behind `sys.executable`, whatever links to it."""
    return Path(sys.executable).resolve()


def _gradlab() -> list[str]:
    source = Path(gradlab.__file__).parent
    command: list[str] = []
    for name in KERNEL_FILES:
        command += ["--ro-bind", str(source / name), f"{LIBRARY}/gradlab/{name}"]
    return command


def _bind(paths: Iterable[Path]) -> list[str]:
    return [word for path in paths for word in ("--ro-bind", str(path), str(path))]


def _hide(paths: Iterable[Path]) -> list[str]:
    return [word for path in paths if path.is_dir() for word in ("--tmpfs", str(path))]


@cache
def _environment(packages: tuple[str, ...]) -> tuple[str, ...]:
    """The whole environment: nothing of the caller's is passed on."""
    folders = sorted({str(path.parent) for path in allowed_paths(packages)})
    variables = {
        "HOME": HOME,
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": "/tmp",
        "PATH": "/usr/bin",
        "PYTHONPATH": os.pathsep.join([LIBRARY, *folders]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "IPYTHONDIR": "/tmp/ipython",
        "JUPYTER_RUNTIME_DIR": "/tmp/jupyter",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    words = [w for name, value in variables.items() for w in ("--setenv", name, value)]
    return ("--clearenv", *words)


@cache
def require_bubblewrap() -> str:
    """The path of a bubblewrap that works here.

    Raises:
        SandboxUnavailable: it is missing, too old, or not allowed to make namespaces.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxUnavailable(
            "bubblewrap (bwrap) is not installed, so submissions cannot be contained; "
            "apt-get install bubblewrap"
        )
    trial = [found, "--unshare-all", "--size", "4096", "--tmpfs", "/tmp", "--ro-bind", "/", "/"]
    try:
        subprocess.run([*trial, "true"], check=True, capture_output=True, timeout=20, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxUnavailable(_why_not(found, error)) from None
    return found


def _why_not(found: str, error: Exception) -> str:
    said = str(getattr(error, "stderr", "") or error).strip()[:300]
    if "--size" in said:
        return f"{found} is too old ({said}); bubblewrap 0.8 or newer is needed"
    return (
        f"{found} cannot make a sandbox here: {said}. If user namespaces are forbidden: "
        "sysctl -w kernel.unprivileged_userns_clone=1 (Debian), or "
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04); "
        "in a container, allow them (docker run --security-opt seccomp=unconfined)"
    )
