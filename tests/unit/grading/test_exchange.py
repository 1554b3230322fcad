"""`nbgrader collect`: what is copied is what was opened, and no name stops the others."""

import logging
import os
import threading

import pytest
from nbgrader.coursedir import CourseDirectory

from gradlab.grading.exchange import RecordedCollect

LAB = "01_tiny"
TIME = "2026-03-05 10:00:00.000000 UTC"


@pytest.fixture
def inbound(tmp_path):
    folder = tmp_path / "exchange" / "gradlab" / "inbound"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def collector(tmp_path, inbound):
    directory = CourseDirectory(root=str(tmp_path), course_id="gradlab", assignment_id=LAB)
    return RecordedCollect(coursedir=directory, root=str(inbound.parents[1]), check_owner=False)


@pytest.fixture
def submit(inbound):
    def put(student, time=TIME):
        folder = inbound / f"{student}+{LAB}+{time}+AbCdEf123456"
        folder.mkdir()
        (folder / f"{LAB}.ipynb").write_text("{}")
        return folder

    return put


def collected(tmp_path):
    submitted = tmp_path / "submitted"
    return {path.name for path in submitted.iterdir()} if submitted.exists() else set()


@pytest.fixture
def said(collector, caplog):
    collector.log = logging.getLogger("collector")
    return lambda: caplog.text


def flip(path, target, until):
    """Make of the file at `path` a link and a file again, until it is told to end."""
    one, other = path.with_name("one"), path.with_name("other")
    while not until.is_set():
        one.symlink_to(target)
        one.replace(path)
        other.write_text("{}")
        other.replace(path)


def test_a_notebook_that_becomes_a_link_meanwhile_is_not_followed(collector, submit, tmp_path):
    """A student's process runs on while the class is collected."""
    secret = tmp_path / "solutions.ipynb"
    secret.write_text("the solution")
    folder, end = submit("eve"), threading.Event()
    path = folder / f"{LAB}.ipynb"
    flipping = threading.Thread(target=flip, args=(path, secret, end))
    flipping.start()
    taken = []
    try:
        for number in range(60):
            dest = tmp_path / "submitted" / f"eve{number}" / LAB
            collector.do_copy(str(folder), str(dest))
            taken += [file.read_text() for file in dest.glob("*") if file.suffix != ".txt"]
    finally:
        end.set()
        flipping.join()
    assert "the solution" not in taken


def test_a_folder_that_is_a_link_is_not_followed(collector, submit, inbound, tmp_path):
    other = submit("bob")
    link = inbound / f"eve+{LAB}+{TIME}+x"
    link.symlink_to(other)
    collector.do_copy(str(link), str(tmp_path / "submitted" / "eve" / LAB))
    assert collected(tmp_path) == set()


def test_a_submission_is_copied_with_its_folders_and_times(collector, submit, tmp_path):
    folder = submit("ada")
    (folder / "data" / "more").mkdir(parents=True)
    (folder / "data" / "more" / "x.csv").write_text("1")
    os.utime(folder / "data" / "more" / "x.csv", (1, 1))
    (folder / "data" / "more" / "x.csv").chmod(0o444)
    (folder / "x.pyc").write_text("")
    (folder / ".ipynb_checkpoints").mkdir()
    dest = tmp_path / "submitted" / "ada" / LAB
    collector.do_copy(str(folder), str(dest))
    found = {path.relative_to(dest).as_posix() for path in dest.rglob("*") if path.is_file()}
    assert found == {f"{LAB}.ipynb", "data/more/x.csv", "timestamp.txt"}
    status = (dest / "data" / "more" / "x.csv").stat()
    assert (status.st_mtime, status.st_mode & 0o777) == (1, 0o444)


def test_too_large_files_and_folders_are_left_out(collector, submit, tmp_path):
    collector.coursedir.max_file_size = 1
    folder = submit("ada")
    (folder / "large").write_bytes(b"x" * 1001)
    dest = tmp_path / "submitted" / "ada" / LAB
    collector.do_copy(str(folder), str(dest))
    assert not (dest / "large").exists()
    collector.coursedir.max_file_size = collector.coursedir.max_dir_size = 2
    (folder / "one").write_bytes(b"x" * 1500)
    (folder / "two").write_bytes(b"x" * 1500)
    collector.do_copy(str(folder), str(tmp_path / "submitted" / "bob" / LAB))
    assert collected(tmp_path) == {"ada"}


BAD_NAMES = [
    os.fsencode(f"e\nve+{LAB}+{TIME}+x"),
    os.fsencode(f"e\x1b[2Jve+{LAB}+{TIME}+x"),
    b"e\xffve+" + os.fsencode(f"{LAB}+{TIME}+x"),
    os.fsencode(f"eve+{LAB}+2300-01-01 00:00:00 UTC+x"),
    os.fsencode(f"eve+{LAB}+0001-01-01 00:00:00 UTC+x"),
    os.fsencode(f"eve+{LAB}+1\n+x"),
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_is_told_and_left_out(collector, submit, inbound, tmp_path, said, name):
    os.mkdir(os.path.join(os.fsencode(inbound), name))
    submit("ada")
    collector.start()
    assert collected(tmp_path) == {"ada"}
    assert "was not collected" in said()
    assert "\x1b" not in said()


def test_of_a_students_submissions_a_bad_one_hides_none(collector, submit, inbound, tmp_path):
    (inbound / f"ada+{LAB}+2300-01-01 00:00:00 UTC+x").mkdir()
    submit("ada")
    collector.start()
    assert (tmp_path / "submitted" / "ada" / LAB / f"{LAB}.ipynb").exists()
