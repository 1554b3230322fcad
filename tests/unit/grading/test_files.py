"""Files are what they are when they are opened, however often they change before."""

import os
import stat
import threading

import pytest

from gradlab.errors import SubmissionError
from gradlab.grading import files
from gradlab.grading.files import copy_folder, copy_plain, open_any, open_plain, plain_files


def everything(way, status):
    return True


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "submission"
    (place / "data").mkdir(parents=True)
    (place / "lab.ipynb").write_text("{}")
    (place / "data" / "x.csv").write_text("1")
    return place


@pytest.fixture
def secret(tmp_path):
    place = tmp_path / "solutions"
    place.mkdir()
    (place / "x.csv").write_text("secret")
    return place


def test_a_folder_on_the_way_may_be_no_link(folder, secret):
    (folder / "more").symlink_to(secret)
    with pytest.raises(SubmissionError, match="symbolic link"):
        open_plain(folder / "more" / "x.csv", folder)
    assert open_any(folder / "more" / "x.csv", folder) == (stat.S_IFLNK, None)
    with open_plain(folder / "data" / "x.csv", folder) as file:
        assert file.read() == b"1"


def test_the_folder_itself_may_be_reached_through_a_link(folder, tmp_path):
    (tmp_path / "course").symlink_to(folder)
    with open_plain(tmp_path / "course" / "data" / "x.csv", tmp_path / "course") as file:
        assert file.read() == b"1"


def test_links_and_pipes_are_left_out_and_told(folder, secret, tmp_path):
    (folder / "link").symlink_to(secret / "x.csv")
    (folder / "data" / "all").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    refused = copy_folder(folder, tmp_path / "copy", everything, limit=1000)
    assert {str(way) for way in refused} == {"link", "pipe", "data/all"}
    found, others = plain_files(tmp_path / "copy", everything)
    assert ({str(way) for way in found}, others) == ({"lab.ipynb", "data/x.csv"}, {})


def test_what_is_not_wanted_is_not_copied_nor_looked_into(folder, tmp_path):
    (folder / "data" / "pipe").symlink_to("nowhere")
    refused = copy_folder(folder, tmp_path / "copy", lambda way, _: way.name != "data", limit=1000)
    assert refused == {}
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {"lab.ipynb"}


def test_the_limit_counts_what_is_read_and_not_what_was_said(folder, tmp_path, monkeypatch):
    chunks = files._chunks
    monkeypatch.setattr(files, "_chunks", lambda *args: [*chunks(*args), b"it grows" * 100])
    with pytest.raises(SubmissionError, match="more than 100 bytes"):
        copy_plain(folder / "lab.ipynb", tmp_path / "copy", below=folder, limit=100)


def test_a_file_that_cannot_be_read_is_named(folder, tmp_path, monkeypatch):
    def read(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files.os, "read", read)
    with pytest.raises(OSError, match="Input/output error") as caught:
        copy_folder(folder, tmp_path / "copy", everything, limit=1000)
    assert caught.value.filename == str(folder / "data" / "x.csv")


def test_folders_are_not_followed_without_end(folder, tmp_path):
    (folder / "/".join("abcdefghijkl")).mkdir(parents=True)
    refused = copy_folder(folder, tmp_path / "copy", everything, limit=1000)
    assert [str(way) for way in refused] == ["a/b/c/d/e/f/g/h/i"]


def test_no_file_is_left_open(folder, tmp_path):
    before = os.listdir("/proc/self/fd")
    copy_folder(folder, tmp_path / "copy", everything, limit=1000)
    with pytest.raises(SubmissionError):
        open_plain(folder / "data", folder)
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(folder, secret, tmp_path):
    end = threading.Event()

    def flip():
        """Take the folder away, put a link there, and the other way round."""
        here, aside, link = folder / "data", tmp_path / "aside", tmp_path / "link"
        while not end.is_set():
            link.symlink_to(secret)
            here.rename(aside)
            link.rename(here)
            here.unlink()
            aside.rename(here)

    flipping = threading.Thread(target=flip)
    flipping.start()
    try:
        for number in range(100):
            copy_folder(folder, tmp_path / f"copy{number}", everything, limit=1000)
    finally:
        end.set()
        flipping.join()
    copies = [path.read_text() for path in tmp_path.glob("copy*/data/x.csv")]
    assert "secret" not in copies
