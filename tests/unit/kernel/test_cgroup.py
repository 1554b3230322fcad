"""Control groups, on a tree of ordinary files: where there is room, and what is written there."""

import os

import pytest

from gradlab.kernel.cgroup import NoGroups, contain, place
from gradlab.kernel.limits import Limits

LIMITS = Limits(memory_mib=100, processes=7)


@pytest.fixture
def tree(tmp_path):
    """A delegated group with this process in it alone, and a /proc that says so."""
    own = tmp_path / "cgroup" / "user.slice" / "run.scope"
    own.mkdir(parents=True)
    (own / "cgroup.controllers").write_text("cpu memory pids\n")
    (own / "cgroup.procs").write_text(f"{os.getpid()}\n")
    (own / "cgroup.subtree_control").write_text("")
    proc = tmp_path / "proc"
    (proc / "self").mkdir(parents=True)
    mount = f"30 1 0:1 / {tmp_path}/cgroup rw - cgroup2 cgroup2 rw\n"
    (proc / "self" / "mountinfo").write_text(f"29 1 0:2 / /proc rw - proc proc rw\n{mount}")
    (proc / "self" / "cgroup").write_text("4:memory:/old\n0::/user.slice/run.scope\n")
    return proc, own


def test_room_is_made_by_moving_into_a_group_beside(tree):
    proc, own = tree
    assert place(proc) == own
    assert (own / "gradlab" / "cgroup.procs").read_text() == str(os.getpid())
    assert (own / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"


def test_a_worker_finds_the_same_place(tree):
    proc, own = tree
    (own / "gradlab").mkdir()
    (proc / "self" / "cgroup").write_text("0::/user.slice/run.scope/gradlab\n")
    assert place(proc) == own


def test_a_descendant_may_be_there_and_a_stranger_may_not(tree):
    proc, own = tree
    for pid, parent in ((70001, os.getpid()), (70002, 70001)):
        (proc / str(pid)).mkdir()
        (proc / str(pid) / "stat").write_text(f"{pid} (a (b) c) S {parent} 1 1")
    (own / "cgroup.procs").write_text(f"{os.getpid()}\n70002\n")
    assert place(proc) == own
    place.__globals__["_place"].cache_clear()
    (proc / "70001" / "stat").write_text("70001 (sshd) S 1 1 1")
    with pytest.raises(NoGroups, match=r"other programs are in .*systemd-run --user"):
        place(proc)


def no_version_2(proc, own):
    (proc / "self" / "mountinfo").write_text("29 1 0:2 / /x rw - cgroup cgroup rw,memory\n")


def no_memory(proc, own):
    (own / "cgroup.controllers").write_text("cpu pids\n")


def no_files(proc, own):
    (own / "cgroup.controllers").unlink()


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (no_version_2, "no control groups of version 2"),
        (no_memory, "no controller for memory"),
        (no_files, "No such file"),
    ],
)
def test_where_there_is_no_place(tree, harm, why):
    harm(*tree)
    with pytest.raises(NoGroups, match=why):
        place(tree[0])


def test_another_users_group(tree, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(NoGroups, match=r"not this user's; .*Delegate=yes"):
        place(tree[0])


@pytest.fixture
def group(tree, monkeypatch):
    proc, _ = tree
    monkeypatch.setattr("gradlab.kernel.cgroup.place", lambda: place(proc))
    return contain(70001, LIMITS)


def test_a_sandbox_gets_a_group_with_its_limits(tree, group):
    assert group.path.parent == tree[1]
    written = {path.name: path.read_text() for path in group.path.iterdir()}
    assert written == {
        "memory.max": str(100 * 2**20),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "7",
        "cpu.weight": "100",
        "cgroup.procs": "70001",
    }


def test_what_was_too_much_is_told(group):
    assert group.excess() == ""
    (group.path / "memory.events").write_text("low 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 1")
    assert group.excess() == "more than 100 MiB of memory"


def test_at_its_end_all_is_killed_and_the_group_removed(group):
    for path in group.path.iterdir():
        path.unlink()  # a real group's files go with its folder
    (group.path / "cgroup.kill").symlink_to(group.path.parent / "killed")
    group.close()
    assert (group.path.parent / "killed").read_text() == "1"


def test_without_a_place_nothing_is_made(monkeypatch):
    def no_place():
        raise NoGroups("none")

    monkeypatch.setattr("gradlab.kernel.cgroup.place", no_place)
    assert contain(70001, LIMITS) is None
