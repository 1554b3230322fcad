"""What is taken of a submission's folder, before anything in it is copied or read."""

import os

import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files

from gradlab.errors import StorageError
from gradlab.grading import intake
from gradlab.grading.intake import examine, leave_alone, notebook_in, overlooked

NAME = "01_lab.ipynb"


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "student" / "01_lab"
    place.mkdir(parents=True)
    return place


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def refused(folder, **kwargs):
    found = examine(folder, [NAME], **kwargs)
    return {path.relative_to(folder).as_posix() for path in found.refused}


def test_an_ordinary_folder_is_taken_as_it_is(folder):
    put(folder, NAME, "data/table.csv", "plot.png")
    (folder / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC")
    found = examine(folder, [NAME])
    assert found.notebooks == {folder / NAME: folder / NAME}
    assert (found.refused, found.notes) == ([], [])


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["01_lab (1).ipynb"], "01_lab (1).ipynb"),
        (["final.ipynb"], "final.ipynb"),
        (["01_lab-Copy1.ipynb", "scratch.ipynb"], "01_lab-Copy1.ipynb"),
        (["homework/01_lab.ipynb"], "homework/01_lab.ipynb"),
        ([".ipynb_checkpoints/01_lab-checkpoint.ipynb"], NAME),
        (["a.ipynb", "b.ipynb"], NAME),
        (["01_lab (1).ipynb", "01_lab (2).ipynb"], NAME),
        ([NAME, "01_lab (1).ipynb"], NAME),
        (["readme.txt"], NAME),
        ([], NAME),
    ],
)
def test_a_renamed_notebook_is_found_if_there_is_one_only(folder, there, taken):
    put(folder, *there)
    assert notebook_in(folder, NAME) == folder / taken


def test_a_renamed_notebook_is_told(folder):
    put(folder, "final.ipynb")
    assert examine(folder, [NAME]).notes == [f"final.ipynb was taken for {NAME}"]


def test_links_stand_for_no_notebook(folder):
    (folder / "final.ipynb").symlink_to("/dev/zero")
    assert notebook_in(folder, NAME) == folder / NAME


def test_what_lies_behind_a_link_is_nobodys_notebook(folder, tmp_path):
    put(tmp_path, f"bob/{NAME}")
    (folder / "homework").symlink_to(tmp_path / "bob")
    assert notebook_in(folder, NAME) == folder / NAME


@pytest.mark.parametrize("student", ["smith[1]", "[ab]*"])
def test_what_nbgrader_would_not_ignore_there_is_found(tmp_path, student):
    """It takes the student's folder for a pattern when it looks for what to ignore."""
    course = CourseDirectory(root=str(tmp_path))
    folder = tmp_path / "submitted" / student / "01_lab"
    put(folder, NAME, "x.pyc", "data/y.ipynb", "plot.png")
    leave_alone(overlooked(folder, course), course)
    assert find_all_files(str(folder), course.ignore) == [str(folder / "plot.png")]
    assert overlooked(tmp_path / "submitted" / "ada", course) == []


def test_of_several_notebooks_none_is_guessed(folder):
    put(folder, "final.ipynb")
    found = examine(folder, ["a.ipynb", "b.ipynb"])
    assert list(found.notebooks.values()) == [folder / "a.ipynb", folder / "b.ipynb"]


@pytest.mark.parametrize("text", ["", "2026-01-02 03:04:05 UTC", "2026-01-02 03:04:05.5 CET"])
def test_a_timestamp_stays(folder, text):
    (folder / "timestamp.txt").write_text(text)
    assert examine(folder, [NAME]).notes == []
    assert (folder / "timestamp.txt").read_text() == text


@pytest.mark.parametrize(
    "content",
    [
        b"yesterday",
        b"\xff\xfe",
        b"0001-01-01 00:00:00 UTC+23",
        b"9" * 101,
        b"1 2 3 4",
        b"2300-01-01",
        b"1600-01-01 00:00:00 UTC",
    ],
)
def test_a_timestamp_that_is_none_is_set_aside(folder, content):
    (folder / "timestamp.txt").write_bytes(content)
    found = examine(folder, [NAME])
    aside = folder / "timestamp.txt.unreadable"
    assert aside.read_bytes() == content
    assert not (folder / "timestamp.txt").exists()
    assert "holds no time" in found.notes[0]
    assert aside in found.refused


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_a_timestamp_that_is_no_file_is_set_aside_unread(folder, make):
    make(folder / "timestamp.txt")
    assert "holds no time" in examine(folder, [NAME]).notes[0]
    assert not os.path.lexists(folder / "timestamp.txt")


def test_a_timestamp_that_cannot_be_set_aside_is_the_machines_fault(folder, monkeypatch):
    (folder / "timestamp.txt").write_text("yesterday")

    def rename(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(intake.Path, "rename", rename)
    with pytest.raises(StorageError, match="Read-only"):
        examine(folder, [NAME])


@pytest.mark.parametrize(
    "name",
    ["a.svg", "b/a.SVG", "a.svgz", "a.html", "a.htm", "a.shtml", "a.xhtml", "a.xht", "a.xml",
     "a.xsl", "a.js", "a.mjs", "a.pdf", "a.mathml", "a.rdf", "a.svg.gz", ".svg"],
)  # fmt: skip
def test_what_a_browser_would_run_is_left_alone(folder, name):
    put(folder, NAME, name)
    found = examine(folder, [NAME])
    assert found.refused == [folder / name]
    assert found.notes[0].endswith("was left alone: a browser would run what is in it")


def test_what_no_browser_runs_is_taken(folder):
    put(folder, "a.png", "a.jpg", "a.gif", "a.csv", "a.txt", "a.py", "a.npz", "a.json", "a.md", "a")
    assert refused(folder) == set()


def test_the_courses_own_drawing_is_taken_unless_it_was_changed(folder, tmp_path):
    released = tmp_path / "source"
    put(released, "kernel.svg", "stride.svg")
    put(folder, "kernel.svg", "stride.svg")
    (folder / "stride.svg").write_text("<svg onload=alert(1)/>")
    assert refused(folder, course_files=released) == {"stride.svg"}


def test_links_pipes_and_devices_are_left_alone(folder):
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "broken").symlink_to("nowhere")
    (folder / "inside").mkdir()
    (folder / "inside" / "loop").symlink_to(folder)
    assert refused(folder) == {"pipe", "link", "broken", "inside/loop"}


def test_what_is_in_the_courses_way_is_left_alone(folder, tmp_path):
    """nbgrader puts the course's files beside the notebook, in folders where they lie in some."""
    course = tmp_path / "source"
    put(course, "plot.png", "data/x.csv", "sub/deep/y.csv")
    put(folder, "plot.png/x", "data/x.csv/z", "data/own.csv", "other/plot.png/x", "sub/deep")
    found = refused(folder, course_files=course)
    assert found == {"plot.png", "data/x.csv", "sub/deep"}


def test_a_folder_of_the_courses_may_come_back(folder, tmp_path):
    """A student hands in the data as they were released; that is nothing to remark on."""
    course = tmp_path / "source"
    put(course, "data/x.csv")
    put(folder, "data/x.csv")
    assert examine(folder, [NAME], course).notes == []


def test_too_much_is_left_alone_altogether(folder, monkeypatch):
    put(folder, *(f"{n}.txt" for n in range(501)))
    found = examine(folder, [NAME])
    assert found.refused == [folder]
    assert "more than 500 files or 100 MiB" in found.notes[0]


def test_size_counts_too(folder):
    (folder / "large").touch()
    os.truncate(folder / "large", 101 << 20)
    assert refused(folder) == {"."}


def test_deep_folders_are_not_followed(folder):
    (folder / "/".join("abcdefghijklm")).mkdir(parents=True)
    assert refused(folder) == {"a/b/c/d/e/f/g/h/i"}


def test_notebooks_are_not_looked_at(folder):
    (folder / "x.ipynb").symlink_to("/dev/zero")
    assert refused(folder) == set()
