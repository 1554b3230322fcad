"""What does not exist inside a sandbox, and what cannot be done there."""

import os
from pathlib import Path

import pytest

import gradlab

REPOSITORY = Path(gradlab.__file__).parents[1]
ABSENT = """
    torch scipy sklearn pandas nbgrader pytest nbconvert notebook jedi debugpy pip setuptools
    gradlab.judge gradlab.course gradlab.grading gradlab.kernel.session gradlab.kernel.sandbox
"""


@pytest.mark.parametrize("name", ABSENT.split())
def test_cannot_be_imported(kernel, name):
    outcome, _ = kernel.run(f"import {name}")
    assert outcome.error_name == "ModuleNotFoundError"


def test_can_be_imported(kernel):
    assert kernel.printed(
        "import numpy, matplotlib.pyplot, msgpack, gradlab.lab, gradlab.wire, sqlite3, ssl, bz2\n"
        "from gradlab.lab import check_close; check_close(1.0, 1.0, 'same')"
    )


def test_only_these_files_of_the_course_exist(kernel):
    kernel.run("from pathlib import Path; root = Path('/opt/gradlab')")
    found = kernel.printed("for p in sorted(root.rglob('*.py')): print(p.relative_to(root))")
    seen = {line for line in found.splitlines() if not line.startswith("gradlab/lab/")}
    assert seen == {
        "gradlab/__init__.py",
        "gradlab/_arrays.py",
        "gradlab/_counting.py",
        "gradlab/errors.py",
        "gradlab/wire.py",
        "gradlab/kernel/__init__.py",
        "gradlab/kernel/agent.py",
        "gradlab/kernel/bootstrap.py",
        "gradlab/kernel/namespaces.py",
        "gradlab/kernel/parent.py",
        "gradlab/kernel/pipes.py",
        "gradlab/kernel/prepared.py",
        "gradlab/kernel/protocol.py",
        "gradlab/kernel/shell.py",
    }


def test_host_files_do_not_exist(kernel, tmp_path):
    (tmp_path / "neighbour.ipynb").write_text("{}")
    hidden = [tmp_path, Path.home() / ".bashrc", "/etc/shadow", "/etc/passwd", "/sys"]
    hidden += [REPOSITORY / name for name in ("tests/hidden", "labs", "solutions", "gradebook.db")]
    hidden += ["/usr/bin/env", "/bin/sh", "/usr/lib/python3/dist-packages", "/var", "/run", "/mnt"]
    for path in hidden:
        listed = f"import os; print(os.path.exists({str(path)!r}) and os.listdir({str(path)!r}))"
        assert kernel.printed(listed) in ("False\n", "[]\n"), path
    listed = f"import os; r = {str(REPOSITORY)!r}; print(os.path.exists(r) and os.listdir(r))"
    assert kernel.printed(listed) in ("False\n", "[]\n", "['.venv']\n")  # the interpreter's place


def test_scratch_folders_start_empty(kernel):
    kernel.session.restart()
    listing = "import os; print(os.getcwd(), os.listdir('.'), os.listdir('/dev/shm'))"
    assert kernel.printed(listing) == "/home/student [] []\n"


def test_the_environment_is_not_passed_on(kernel):
    names = kernel.printed("import os; print(*os.environ)")
    assert "GRADLAB_TEST_SECRET" in os.environ
    assert "GRADLAB_TEST_SECRET" not in names
    assert "JPY_PARENT_PID" not in names


def test_only_its_own_processes_are_seen(kernel):
    text = kernel.printed("import os; print([p for p in os.listdir('/proc') if p.isdigit()])")
    assert text == "['1', '2']\n"


def test_the_key_is_not_in_the_process_list(kernel):
    text = kernel.printed("print(open('/proc/self/cmdline').read())")
    key = kernel.printed("print(get_ipython().kernel.session.key.decode())").strip()
    assert len(key) > 20
    assert key not in text


def test_it_has_no_privileges(kernel):
    status = kernel.printed("print(open('/proc/self/status').read())")
    fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
    assert fields["CapEff"] == fields["CapPrm"] == "0" * 16
    assert fields["NoNewPrivs"] == "1"
    assert fields["Uid"].split() == ["1000"] * 4


OF_THE_SANDBOX_ALONE = r"fs/mqueue/.*|kernel/(ns_last_pid|pid_max|auto_msgmni|msg.*|sem.*|shm.*)"
"""Settings of its own process and message namespaces."""


def test_no_setting_of_the_machine_can_be_written(kernel):
    source = f"""
import os, re
for folder, _, names in os.walk("/proc/sys"):
    for path in (os.path.join(folder, name) for name in names):
        try:
            os.close(os.open(path, os.O_WRONLY))
        except OSError:
            continue
        if not re.fullmatch({OF_THE_SANDBOX_ALONE!r}, path.removeprefix("/proc/sys/")):
            print(path)
"""
    assert kernel.printed(source) == ""


def test_no_file_of_the_launcher_is_left_open(kernel):
    kernel.session.restart()
    source = """
import os
for name in os.listdir("/proc/self/fd"):
    try:
        print(os.readlink(f"/proc/self/fd/{name}").partition(":")[0])
    except OSError:
        pass
"""
    kinds = {line for line in kernel.printed(source).splitlines() if "deleted" not in line}
    assert kinds <= {"socket", "pipe", "anon_inode", "/dev/null"}


REFUSED = {
    "network": "import socket; socket.create_connection(('1.1.1.1', 53), timeout=2)",
    "name service": "import socket; socket.getaddrinfo('example.org', 80)",
    "the host of a virtual machine": "import socket; socket.socket(socket.AF_VSOCK)",
    "raw sockets": "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "root": "import os; os.setuid(0)",
    "writing to /": "open('/x', 'w')",
    "writing to /opt": "open('/opt/gradlab/gradlab/agent.py', 'w')",
    "writing to /dev": "open('/dev/x', 'w')",
    "replacing the library": "import os, numpy; open(numpy.__file__, 'a')",
    "a package beside the library": "import os, sys; open(os.__file__[:-5] + 'torch.py', 'w')",
    "kernel settings": "open('/proc/sys/kernel/hostname', 'w').write('x')",
    "memory without a process": "import os; os.memfd_create('x')",
    "raising a limit": "import resource as r; r.setrlimit(r.RLIMIT_NPROC, (999, 999))",
    "killing the first process": "import os; os.kill(1, 9); raise OSError('nothing happened')",
    "a program": "import subprocess; subprocess.run(['ls'])",
}


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED)
def test_is_refused(kernel, source):
    outcome, _ = kernel.run(source)
    allowed = ("OSError", "PermissionError", "FileNotFoundError", "ValueError", "gaierror")
    assert outcome.error_name in allowed, outcome
    assert kernel.session.alive


CALLS = {
    "unshare": "libc.unshare(0x10000000)",
    "unshare mounts": "libc.unshare(0x00020000)",
    "setns": "libc.setns(0, 0)",
    "mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "ptrace": "libc.ptrace(0, 0, 0, 0)",
    "clone with a user namespace": "libc.syscall(56, 0x10000011, 0, 0, 0, 0)",
    "keyctl": "libc.syscall(250, 0, 0, 0)",
    "shared memory segments": "libc.shmget(0, 4096, 0o1600)",
}


@pytest.mark.parametrize("expression", CALLS.values(), ids=CALLS)
def test_system_call_is_refused(kernel, expression):
    kernel.run("import ctypes; libc = ctypes.CDLL(None, use_errno=True)")
    assert kernel.printed(f"print({expression}, ctypes.get_errno())") == "-1 1\n"


def test_ordinary_python_works(kernel):
    """What the defences must not break."""
    source = """
import multiprocessing, tempfile, threading, socket, pathlib
from multiprocessing import shared_memory
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, 2]))
thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
pathlib.Path("notes.txt").write_text("x"); print(tempfile.mkdtemp()[:4])
block = shared_memory.SharedMemory(create=True, size=100); block.close(); block.unlink()
a, b = socket.socketpair(); a.sendall(b"x"); print(b.recv(1))
"""
    assert kernel.printed(source) == "[1, 2]\nthread\n/tmp\nb'x'\n"
