"""A lab as data, and a submitted file as data."""

import os
import stat

import pytest
from traitlets.config import Config

from gradlab.errors import CourseError
from gradlab.grading.bundle import LabBundle, graded_from, grading_config
from gradlab.grading.submitted import Submitted

FILES = {"labs/l/l.py": b"# %%", "release/l/l.ipynb": b"{}", "tests/hidden/l/test_l.py": b""}


def bundle(**changes):
    return LabBundle(**{"lab": "l", "files": FILES, "secret": "s" * 16, "config": {}} | changes)


def test_unpacking_gives_a_course_with_its_secret(tmp_path):
    course = bundle().unpack(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == FILES
    secret = course.root / ".gradlab" / "secret"
    assert secret.read_text() == "s" * 16
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_worker_with_another_secret_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADLAB_SECRET", "another")
    with pytest.raises(CourseError, match="unset it"):
        bundle().unpack(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"files": FILES | {"tests/hidden/l/test_l.py": b"#"}},
        {"files": FILES | {"tests/hidden/l/test_m.py": b""}},
        {"secret": "t" * 16},
        {"config": {"GradLab": {"feedback": "full"}}},
    ],
)
def test_all_that_grading_depends_on_is_in_the_fingerprint(change):
    assert bundle(**change).fingerprint != bundle().fingerprint


def test_how_and_where_is_not_in_the_fingerprint():
    one = Config({"GradLab": {"jobs": 3, "scheduler": "tcp://a:1", "feedback": "full"}})
    assert grading_config(one)["GradLab"] == {"feedback": "full"}
    assert grading_config(Config())["GradLab"] == {}


def test_origin_depends_on_both():
    assert len({graded_from("a", "b"), graded_from("b", "a"), graded_from("a", "c")}) == 3


def test_a_long_file_travels_as_its_beginning(tmp_path, monkeypatch):
    monkeypatch.setattr("gradlab.grading.submitted.MAX_KEPT", 4)
    path = tmp_path / "one"
    path.write_bytes(b"123456789")
    found = Submitted.read(path)
    assert (found.data, found.size) == (b"1234", 9)
    assert found.content == b"1234\0\0\0\0\0"
    assert found.digest != Submitted(b"1234", 4).digest


def test_links_and_pipes_stay_what_they_are(tmp_path):
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to("/etc/passwd")
    os.mkfifo(pipe)
    for path in (link, pipe):
        found = Submitted.read(path)
        assert found.data == b""
        assert found.kind == stat.S_IFMT(path.lstat().st_mode)
