"""The bubblewrap command line: deny by default, then allow what an interpreter needs.

Inside there are shared libraries, the standard library and the allowed packages, all read-only;
a private `/tmp`, an empty home, a `/proc` of its own and a minimal `/dev`. There is no network,
no shell, no course, no other process. Nothing that can be written outlives the sandbox.
"""

import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import gradlab
from gradlab.errors import SandboxUnavailable
from gradlab.kernel import fonts, seccomp
from gradlab.kernel.identity import STUDENT, is_root
from gradlab.kernel.limits import Limits
from gradlab.kernel.packages import allowed_paths

HOME = "/home/student"
LIBRARY = "/opt/gradlab"
"""Where the few files of gradlab that a kernel needs are found inside the sandbox."""
KERNEL_FILES = (
    "__init__.py",
    "_arrays.py",
    "_counting.py",
    "errors.py",
    "wire.py",
    "kernel/__init__.py",
    "kernel/agent.py",
    "kernel/bootstrap.py",
    "kernel/namespaces.py",
    "kernel/parent.py",
    "kernel/pipes.py",
    "kernel/prepared.py",
    "kernel/protocol.py",
    "kernel/shell.py",
    "lab",
)
SYSTEM_FOLDERS = ("/usr/lib64", "/usr/lib32", "/usr/libx32")
SYSTEM_LINKS = ("/lib", "/lib64", "/lib32", "/libx32")
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/fonts",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
)
SCRATCH = ("/tmp", HOME, "/dev/shm")
"""All that can be written: folders in memory."""
MAX_FILES = 20_000
"""Files in all scratch folders together; each costs memory even when it is empty."""
NAMESPACES = (
    *(
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ),
    *("--hostname", "lab", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
)
OWN_USER = ("--unshare-user", "--uid", str(STUDENT), "--gid", str(STUDENT))
MAY_CHANGE_USER = ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
"""Kept where the program inside starts as root, until it becomes the student's user."""
MAY_MOUNT = ("--cap-add", "CAP_SYS_ADMIN")
VARIABLES = {
    "HOME": HOME,
    "USER": "student",
    "LOGNAME": "student",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "TMPDIR": "/tmp",
    "PATH": "/usr/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",  # the same submission behaves the same each time it is graded
    "PYTHONNOUSERSITE": "1",
    "IPYTHONDIR": "/tmp/ipython",
    "JUPYTER_RUNTIME_DIR": "/tmp/jupyter",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": fonts.FOLDER,
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Sandbox:
    """How to run one program without letting it near anything.

    Attributes:
        packages: distributions it may import, beside those a kernel needs.
        limits: `file_mib` bounds each scratch folder; the other limits are set elsewhere.
        files: the course's own files that the notebook may read, found in its home.
    """

    packages: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    files: tuple[Path, ...] = ()

    def command(
        self,
        argv: Iterable[str],
        *,
        info_fd: int | None = None,
        block_fd: int | None = None,
        filter_fd: int | None = None,
        user_fd: int | None = None,
        mounts: bool = False,
    ) -> list[str]:
        """The command that runs `argv` inside.

        Args:
            argv: program and arguments.
            info_fd: open file to which bwrap writes its process ids, as JSON.
            block_fd: open file; bwrap waits for its end before it starts `argv`.
            filter_fd: open file with the program of `gradlab.kernel.seccomp`.
            user_fd: namespace from `gradlab.kernel.identity`; `argv` must change its user.
            mounts: `argv` may mount something before it does that.

        Raises:
            SandboxUnavailable: bubblewrap is missing or not allowed to work.
            CourseError: one of the packages is not installed.
        """
        command = [require_bubblewrap(), *NAMESPACES]
        command += [] if info_fd is None else ["--info-fd", str(info_fd)]
        command += [] if block_fd is None else ["--block-fd", str(block_fd)]
        command += [] if filter_fd is None else ["--seccomp", str(filter_fd)]
        if user_fd is None:
            command += OWN_USER
        else:
            command += ["--userns", str(user_fd), *MAY_CHANGE_USER]
            command += MAY_MOUNT if mounts else ()
        command += _scratch(self.limits.file_mib * 2**20)
        command += [*_mounts(self.packages), *_fonts(self.packages)]
        for path in _readable(self.files):
            command += ["--ro-bind", str(path.resolve()), f"{HOME}/{path.name}"]
        command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--"]
        return [*command, *argv]


def _scratch(size: int) -> list[str]:
    command = ["--proc", "/proc", "--dev", "/dev"]
    for folder in SCRATCH:
        command += ["--perms", "1777", "--size", str(size), "--tmpfs", folder]
    return command


@cache
def _mounts(packages: tuple[str, ...]) -> tuple[str, ...]:
    allowed = _readable(allowed_paths(packages))
    variables = {**VARIABLES, "PYTHONPATH": os.pathsep.join([LIBRARY, *_places(allowed)])}
    environment = [word for item in variables.items() for word in ("--setenv", *item)]
    hidden = _hidden()
    return (
        *("--clearenv", *environment),
        *_system(),
        *_interpreter(),
        *(word for path in hidden for word in ("--tmpfs", str(path))),
        *_bind(allowed),
        *_gradlab(),
        *(word for path in hidden for word in ("--remount-ro", str(path))),
    )


def _places(allowed: Sequence[Path]) -> list[str]:
    """The folders of `sys.path`, in its order, in which the allowed packages are."""
    folders = list(dict.fromkeys(Path(entry).resolve() for entry in sys.path if entry))
    used = {_innermost(folders, path) for path in allowed}
    return [str(folder) for folder in folders if folder in used]


def _innermost(folders: list[Path], path: Path) -> Path | None:
    around = [folder for folder in folders if path.is_relative_to(folder)]
    return max(around, key=lambda folder: len(folder.parts), default=None)


def _readable(paths: Sequence[Path]) -> Sequence[Path]:
    """`paths`, after a look whether the student's user may read them, where that is another."""
    for path in paths if is_root() else ():
        if not path.stat().st_mode & stat.S_IROTH:
            raise SandboxUnavailable(
                f"{path} can be read by root only, and student code never runs as root: "
                f"chmod -R go+rX {path.parent}"
            )
    return paths


@cache
def _fonts(packages: tuple[str, ...]) -> tuple[str, ...]:
    """The ready list of fonts, where matplotlib is allowed at all."""
    place = next((p for p in allowed_paths(packages) if p.name == "matplotlib"), None)
    if place is None:
        return ()
    plain = [
        require_bubblewrap(),
        *NAMESPACES,
        *OWN_USER,
        *_scratch(2**26),
        *_mounts(packages),
        "--",
    ]
    version = next(place.parent.glob("matplotlib-*.dist-info"), place)
    found = fonts.font_list(lambda argv: [*plain, str(interpreter()), *argv[1:]], str(version))
    if found is None:
        return ()
    folder = ("--perms", "0777", "--dir", fonts.FOLDER)
    return (*folder, "--ro-bind", str(found), f"{fonts.FOLDER}/{found.name}")


def _system() -> list[str]:
    """Shared libraries: the folder of this processor's where there is one, else all."""
    own = Path("/usr/lib", sysconfig.get_config_var("MULTIARCH") or "")
    folders = [own if own.is_dir() else Path("/usr/lib"), *map(Path, SYSTEM_FOLDERS)]
    command = _bind(path for path in folders if path.is_dir())
    command += _bind(path for path in map(Path, SYSTEM_FILES) if path.exists())
    for link in map(Path, SYSTEM_LINKS):
        if link.is_symlink():
            command += ["--symlink", os.readlink(link), str(link)]
        elif link.is_dir():
            command += _bind([link])
    return command


def _interpreter() -> list[str]:
    """The base interpreter, its libraries and its standard library."""
    base = Path(sys.base_prefix).resolve()
    libraries = [] if base == Path("/usr") else [base / "lib"]
    return _bind([*libraries, standard_library(), interpreter()])


def _hidden() -> list[Path]:
    """Folders with packages inside what `_interpreter` and `_system` show."""
    libraries = Path(sys.base_prefix).resolve() / "lib"
    others = [p for p in libraries.glob("python*") if p.is_dir() and p.resolve() == p]
    inner = [standard_library() / name for name in ("site-packages", "dist-packages", "test")]
    shown = [] if libraries == Path("/usr/lib") else others
    return [p for p in shown if p != standard_library()] + [p for p in inner if p.is_dir()]


def interpreter() -> Path:
    """The real executable behind `sys.executable`, whatever links to it."""
    return Path(sys.executable).resolve()


def standard_library() -> Path:
    """The folder of the standard library, of the base interpreter."""
    return Path(sysconfig.get_path("stdlib")).resolve()


def _gradlab() -> list[str]:
    source, library = Path(gradlab.__file__).resolve().parent, Path(LIBRARY, "gradlab")
    command: list[str] = []
    for name in KERNEL_FILES:
        command += _bind([source / name], inside=(library / name).parent)
    return command


def _bind(paths: Iterable[Path], *, inside: Path | None = None) -> list[str]:
    """Show `paths` read-only at their own places, or under the folder `inside`."""
    shown = list(paths)
    places = {path: path if inside is None else inside / path.name for path in shown}
    # bwrap would make the folders on the way too, but for their owner only
    folders = sorted({folder for place in places.values() for folder in place.parents})
    command = [word for f in folders for word in ("--perms", "0755", "--dir", str(f))]
    for path, place in places.items():
        command += ["--ro-bind", str(path), str(place)]
    return command


@cache
def filter_program() -> bytes | None:
    """The system call filter for this machine, or None where there is none."""
    return seccomp.program()


@cache
def require_bubblewrap() -> str:
    """The path of a bubblewrap that works here.

    Raises:
        SandboxUnavailable: it is missing, too old, or not allowed to make namespaces.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxUnavailable(
            "bubblewrap (bwrap) is not installed, so submissions cannot be contained: "
            "apt-get install bubblewrap"
        )
    trial = [
        found,
        *NAMESPACES,
        *OWN_USER,
        "--ro-bind",
        "/",
        "/",
        "--size",
        "4096",
        "--tmpfs",
        "/tmp",
    ]
    try:
        subprocess.run([*trial, "true"], check=True, capture_output=True, timeout=20, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxUnavailable(_why_not(found, error)) from None
    return found


def _why_not(found: str, error: Exception) -> str:
    said = str(getattr(error, "stderr", "") or error).strip()[:300]
    if "Unknown option" in said:
        return f"{found} is too old ({said}); bubblewrap 0.8 or newer is needed"
    return (
        f"{found} cannot make a sandbox here: {said}. If user namespaces are forbidden: "
        "sysctl -w kernel.unprivileged_userns_clone=1 (Debian), "
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04), or "
        "sysctl -w user.max_user_namespaces=10000; a container must be started so that it "
        "may make them (docker run --security-opt seccomp=unconfined)"
    )
