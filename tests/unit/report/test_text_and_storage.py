"""Text is made visible and short; files are written whole or not at all."""

import resource

import pytest

from gradlab.errors import StorageError
from gradlab.report.storage import write_whole
from gradlab.report.text import clip, one_line, shortened, visible


@pytest.mark.parametrize("bad", ["\x1b", "\x00", "\x9b", "\u202e", "\u2066", "\ud800", "\ufeff"])
def test_what_cannot_be_seen_is_replaced(bad):
    assert visible(f"a{bad}b") == "a\ufffdb"


@pytest.mark.parametrize("good", ["naïve", "你好", "👩\u200d💻", "∂L/∂x ≤ 3 %", "a  b"])
def test_what_can_be_read_stays(good):
    assert visible(good) == good


def test_lines_are_drawn_together():
    assert one_line("  a\r\n\tb\u2028c ") == "a b c"


@pytest.mark.parametrize("length", [0, 599, 600, 601, 100_000])
def test_clipped_text_fits(length):
    text = clip("x" * length)
    assert len(text) == min(length, 600)
    assert text.endswith("…") == (length > 600)


def test_a_file_is_written_with_its_folders(tmp_path):
    path = write_whole(tmp_path / "a" / "b.txt", "größer")
    assert path.read_text(encoding="utf-8") == "größer"


def test_a_file_is_replaced_and_no_draft_is_left(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    write_whole(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def small_files():
    """No file may grow beyond 4 KiB: what a full disk looks like to whoever writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
def test_a_write_that_fails_halfway_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(StorageError, match=r"a\.txt: cannot be written: File too large; raise"):
        write_whole(path, "new" * 10_000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left on device; free some space"):
        write_whole(tmp_path / "a.txt", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_replaced(tmp_path):
    with pytest.raises(StorageError, match="give the name of a file"):
        write_whole(tmp_path, "new")
    assert tmp_path.is_dir()


def test_a_parent_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        write_whole(tmp_path / "file" / "a.txt", "new")


def test_many_notes_are_two_and_a_count():
    notes = [f"note {number}" for number in range(24)]
    assert shortened(notes) == ["24 mendings: note 0; note 1; 22 more on the student's page"]
    assert shortened(notes[:3]) == notes[:3]
