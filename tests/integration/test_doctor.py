"""`gradlab doctor` measures each defence, and calls a machine unsafe that lacks one."""

import json

import pytest

from gradlab.errors import SandboxUnavailable
from gradlab.grading import defences as module
from gradlab.grading.defences import TESTS, defences
from gradlab.grading.doctor import NOT_SAFE, examine
from gradlab.kernel import sandbox
from gradlab.kernel.cgroup import NoGroups
from gradlab.kernel.watch import Watchdog


@pytest.fixture(scope="module")
def seen():
    """What a kernel sees that has all defences."""
    try:
        sandbox.require_bubblewrap()
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    return module._probe(None)


@pytest.fixture
def one_way(monkeypatch):
    """Kernels are only started: those of a warm parent take other ways to the same defences."""
    monkeypatch.setattr(module, "WAYS", {"started": None})


def missing(found):
    return {one.name for one in found if not one.holds}


def test_all_are_there():
    found = defences()
    assert missing(found) == set()
    assert [one.name for one in found] == [*TESTS, "memory of all processes"]


def test_who_bounds_the_memory_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "TAKE_MEMORY", "import os; os._exit(1)  # out of memory")
    monkeypatch.setattr(module, "TESTS", {})
    (told,) = defences()
    assert not told.holds

    def nowhere():
        raise NoGroups("none here")

    monkeypatch.undo()
    monkeypatch.setattr(module.cgroup, "place", nowhere)
    assert module._memory().seen == (
        "the watchdog, which looks every 50 ms (no control groups: none here)"
    )


def without(*options):
    return tuple(word for word in sandbox.NAMESPACES if word not in options)


OFF = {
    "system call filter": ("gradlab.kernel.started.filter_program", lambda: None),
    "network": ("gradlab.kernel.sandbox.NAMESPACES", without("--unshare-net")),
    "namespaces": ("gradlab.kernel.sandbox.NAMESPACES", without("--unshare-ipc")),
    "limits of a process": ("gradlab.kernel.started.resource_limits", lambda limits: {}),
    "memory of all processes": (Watchdog, "start", lambda self: None),
}


@pytest.mark.parametrize("name", OFF)
def test_one_that_is_switched_off_is_missing(seen, one_way, monkeypatch, name):
    *where, instead = OFF[name]
    monkeypatch.setattr(*where, instead)
    if name == "memory of all processes":
        monkeypatch.setattr("gradlab.kernel.cgroup.contain", lambda pid, limits: None)
    assert name in missing(defences())


SHORT = {
    "network": {"devices": ["lo", "eth0"]},
    "processes": {"processes": 99},
    "files": {"seen": ["/etc/passwd"]},
    "capabilities": {"status": {"CapEff": "1", "CapPrm": "0", "CapAmb": "0"}},
    "no_new_privs": {"status": {"NoNewPrivs": "0"}},
    "user": {"users": ["1000", "0", "1"]},
    "system call filter": {"status": {"Seccomp": "0"}},
    "limits of a process": {"limits": {"CORE": -1}},
}


@pytest.mark.parametrize("name", SHORT)
def test_what_was_seen_tells_what_is_missing(seen, name):
    changed = {**seen}
    for part, values in SHORT[name].items():
        changed[part] = {**seen[part], **values} if isinstance(values, dict) else values
    assert TESTS[name](seen)[0]
    assert not TESTS[name](changed)[0]


def test_a_missing_defence_is_not_safe_and_says_what_to_do(seen, one_way, monkeypatch):
    monkeypatch.setattr(module, "TESTS", {"system call filter": TESTS["system call filter"]})
    monkeypatch.setattr("gradlab.kernel.seccomp.platform.machine", lambda: "riscv64")
    sandbox.filter_program.cache_clear()
    try:
        (found,) = (one for one in examine() if one.name == "sandbox: system call filter")
    finally:
        sandbox.filter_program.cache_clear()
    assert (found.ok, found.required) == (False, True)
    assert found.detail.startswith(NOT_SAFE)
    assert "x86-64 or aarch64" in found.fix


def test_without_bubblewrap(monkeypatch):
    def missing():
        raise SandboxUnavailable("bubblewrap (bwrap) is not installed")

    monkeypatch.setattr("gradlab.grading.doctor.require_bubblewrap", missing)
    (found,) = (one for one in examine() if one.name.startswith("sandbox"))
    assert (found.ok, found.required) == (False, True)
    assert "apt-get install bubblewrap" in found.fix


def test_a_course_without_a_sandbox_and_the_exit_code(tiny):
    config = tiny.root / "nbgrader_config.py"
    text = config.read_text()
    assert json.loads(tiny.run("gradlab", "doctor", "--json"))
    config.write_text(f'{text}\nc.GradLab.sandbox = "none"\n')
    try:
        told = tiny.run("gradlab", "doctor", code=1)
    finally:
        config.write_text(text)
    assert "not safe for others' code: c.GradLab.sandbox is 'none'" in told
