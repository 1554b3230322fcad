"""`nbgrader zip_collect`: whose a file is, says the platform alone; no archive stops the others."""

import io
import logging
import os
import zipfile
from pathlib import Path

import pytest
from nbgrader.apps import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from traitlets.config import PyFileConfigLoader

LAB = "10_seq2seq"
NOTEBOOK = f"{LAB}.ipynb"
CONFIG = Path(__file__).parents[3] / "nbgrader_config.py"
VICTIM = "Zoe Vic_7654321_assignsubmission_file_"


def archive(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return buffer.getvalue()


class Kept(logging.Handler):
    """What was logged."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@pytest.fixture
def course(tmp_path):
    (tmp_path / "release" / LAB).mkdir(parents=True)
    (tmp_path / "release" / LAB / NOTEBOOK).write_text("{}")
    (tmp_path / "downloaded" / LAB / "archive").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def collect(course):
    """Collect from what lies in the archive folder; `said` is what it warned of."""
    config = PyFileConfigLoader(str(CONFIG)).load_config()

    def run(files):
        place = course / "downloaded" / LAB / "archive"
        for name, data in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        app = ZipCollectApp(config=config)
        app.coursedir = CourseDirectory(root=str(course), assignment_id=LAB)
        kept = Kept()
        app.log.addHandler(kept)
        try:
            app.init_plugins()
            app.extract_archive_files()
            app.process_extracted_files()
        finally:
            app.log.removeHandler(kept)
        run.said = "\n".join(kept.lines)
        found = (course / "submitted").glob(f"*/{LAB}/*")
        return {f"{path.parent.parent.name}/{path.name}": path.read_text() for path in found}

    run.config = config
    return run


def test_a_folder_inside_a_students_archive_makes_nobody_else_of_them(collect):
    """Flat downloads of Canvas and Moodle have students' archives beside each other's files."""
    forged = archive({f"{VICTIM}/{NOTEBOOK}": "forged"})
    found = collect(
        {
            "canvas.zip": archive(
                {
                    "ann_1001_5001_hw.zip": forged,
                    f"zoevic_7654321_5002_{NOTEBOOK}": "zoe's",
                }
            ),
            "moodle.zip": archive(
                {
                    "Bo Ek_1002_assignsubmission_file_hw.zip": forged,
                    f"Cy_1003_assignsubmission_file_/{VICTIM}/{NOTEBOOK}": "forged",
                    "Di_1004_assignsubmission_file_/hw.zip": forged,
                }
            ),
        }
    )
    assert found == {
        f"1001/{NOTEBOOK}": "forged",
        f"1002/{NOTEBOOK}": "forged",
        f"1003/{NOTEBOOK}": "forged",
        f"1004/{NOTEBOOK}": "forged",
        f"7654321/{NOTEBOOK}": "zoe's",
    }


def test_a_download_that_was_unpacked_by_hand_is_read_alike(collect):
    forged = archive({f"{VICTIM}/{NOTEBOOK}": "forged"})
    found = collect(
        {
            "ann_1001_5001_hw.zip": forged,
            "week 3/Bo_1002_assignsubmission_file_/hw.zip": forged,
            f"Cy_1003_assignsubmission_file_/{VICTIM}/{NOTEBOOK}": "forged",
            f"zoevic_7654321_5002_{NOTEBOOK}": "zoe's",
        }
    )
    assert found == {
        f"1001/{NOTEBOOK}": "forged",
        f"1002/{NOTEBOOK}": "forged",
        f"1003/{NOTEBOOK}": "forged",
        f"7654321/{NOTEBOOK}": "zoe's",
    }


@pytest.mark.parametrize(
    "name",
    [
        f"Ann_7654321_55_1001_assignsubmission_file_/{NOTEBOOK}",
        f"Ann_7654321_55_1001_assignsubmission_file_{NOTEBOOK}",
        f"ann_LATE_1001_5001_{NOTEBOOK}",
        f"ann_1001_5001_{LAB}-1.ipynb",
        "ann_1001_5001_final.ipynb",
    ],
)
def test_the_number_is_the_platforms_whatever_stands_in_the_name(collect, name):
    found = collect({"all.zip": archive({name: "ann's"})})
    assert [path.partition("/")[0] for path in found] == ["1001"]


@pytest.mark.parametrize(
    "name",
    [
        f"Ann_7654321_assignsubmission_file_1_1001_assignsubmission_file_/{NOTEBOOK}",
        f"ann_7654321_55_1001_5001_{NOTEBOOK}",
        f"ann_1001_5001_7654321_55_{NOTEBOOK}",
        f"Ann_1001_assignsubmission_file_Z_7654321_assignsubmission_file_{NOTEBOOK}",
        f"Ann_7654321_assignsubmission_file_Z_1001_assignsubmission_file_{NOTEBOOK}",
    ],
)
def test_a_name_with_two_numbers_is_told_and_nobodys(collect, name):
    assert collect({"all.zip": archive({name: "ann's"})}) == {}
    assert name in collect.said
    assert "more than one number" in collect.said


@pytest.mark.parametrize(
    "name",
    [
        f"Ann_１００１_assignsubmission_file_/{NOTEBOOK}",
        f"ann_1001٣_5001_{NOTEBOOK}",
        f"ann_１００１_5001_{NOTEBOOK}",
        NOTEBOOK,
        f"homework/{NOTEBOOK}",
        f"homework/{VICTIM}/{NOTEBOOK}",
    ],
)
def test_what_the_platform_did_not_number_is_told_and_nobodys(collect, name):
    assert collect({"all.zip": archive({name: "ann's"})}) == {}
    assert name.partition("/")[0] in collect.said


def test_of_two_who_claim_one_number_neither_is_taken(collect):
    found = collect(
        {
            "moodle.zip": archive({f"Ann_1001_assignsubmission_file_/{NOTEBOOK}": "ann's"}),
            "other.zip": archive(
                {
                    f"Zoe_1001_assignsubmission_file_/{NOTEBOOK}": "zoe's",
                    f"Bo_1002_assignsubmission_file_/{NOTEBOOK}": "bo's",
                }
            ),
        }
    )
    assert found == {f"1002/{NOTEBOOK}": "bo's"}
    assert "1001 is claimed by 'Ann', 'Zoe'" in collect.said


def test_several_files_of_one_student_are_no_quarrel(collect):
    files = {f"ann_1001_5001_{NOTEBOOK}": "one", f"ann_LATE_1001_5002_{LAB}-1.ipynb": "two"}
    assert len(collect({"canvas.zip": archive(files)})) == 2


def test_a_second_file_of_one_name_is_told(collect):
    files = {f"Ann_1001_assignsubmission_file_/{way}/{NOTEBOOK}": way for way in "ab"}
    assert collect({"moodle.zip": archive(files)}) == {f"1001/{NOTEBOOK}": "a"}
    assert f"second {NOTEBOOK!r} of student 1001" in collect.said


def damaged(method):
    """An archive with one member, the compressed bytes of which make no sense."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        made.writestr(NOTEBOOK, os.urandom(1000) + b"x" * 10_000)
    data = bytearray(buffer.getvalue())
    start = 30 + len(NOTEBOOK)
    data[start : start + 40] = b"\xff" * 40
    return bytes(data)


BAD = {
    "zlib": damaged(zipfile.ZIP_DEFLATED),
    "lzma": damaged(zipfile.ZIP_LZMA),
    "bz2": damaged(zipfile.ZIP_BZIP2),
    "none": b"PK\x03\x04 no archive",
    "empty": b"",
    "cut": archive({NOTEBOOK: "x" * 1000})[:-30],
    "name": archive({f"{'x' * 300}.ipynb": "x", f"{'y' * 300}/{NOTEBOOK}": "y"}),
}


@pytest.mark.parametrize("kind", BAD)
def test_whatever_an_archive_raises_concerns_that_archive(collect, kind):
    sound = f"Bo_1002_assignsubmission_file_/{NOTEBOOK}"
    moodle = {"Ann_1001_assignsubmission_file_/hw.zip": BAD[kind], sound: "bo's"}
    found = collect({"a.zip": BAD[kind], "b.zip": archive(moodle)})
    assert found == {f"1002/{NOTEBOOK}": "bo's"}
    assert "Ann_1001_assignsubmission_file_/hw.zip" in collect.said


def test_an_exception_nobody_thought_of_concerns_that_archive(collect, monkeypatch):
    """zipfile has raised nearly everything on damaged archives over the years."""
    real = zipfile.ZipFile.open

    def open_badly(self, info, *args, **kwargs):
        if getattr(info, "filename", info).startswith("Ann"):
            raise AssertionError("a bug of zipfile's")
        return real(self, info, *args, **kwargs)

    names = [f"{name}_assignsubmission_file_/{NOTEBOOK}" for name in ("Ann_1001", "Bo_1002")]
    download = archive(dict.fromkeys(names, "x"))
    monkeypatch.setattr(zipfile.ZipFile, "open", open_badly)
    assert set(collect({"moodle.zip": download})) == {f"1002/{NOTEBOOK}"}
    assert "a bug of zipfile's" in collect.said


@pytest.mark.parametrize("bad", ["a\nb", "a\x1b[2Jb", "a\u202eb", "a\x85b"])
def test_a_file_with_a_name_that_cannot_be_read_is_left_out(collect, bad):
    names = [f"Ann_1001_assignsubmission_file_/{name}.ipynb" for name in (bad, "good")]
    assert set(collect({"moodle.zip": archive(dict.fromkeys(names, "x"))})) == {"1001/good.ipynb"}
    assert repr(f"{bad}.ipynb")[1:-1] in collect.said


def test_links_in_the_archive_folder_are_not_followed(collect, course):
    (course / "secret.ipynb").write_text("secret")
    folder = course / "downloaded" / LAB / "archive"
    (folder / f"ann_1001_5001_{NOTEBOOK}").symlink_to(course / "secret.ipynb")
    (folder / "bo_1002_5002_hw.zip").symlink_to(course / "secret.ipynb")
    assert collect({f"cy_1003_5003_{NOTEBOOK}": "cy's"}) == {f"1003/{NOTEBOOK}": "cy's"}


def test_another_platforms_names_are_looked_at_in_the_platforms_part_only(collect):
    """What `named_regexp` finds is checked, too: no digits of other scripts, no time of nowhere."""
    collect.config.FileNameCollectorPlugin.named_regexp = (
        r".*?/(?P<student_id>\w+)-(?P<timestamp>[^/]*)/(?:.*/)?(?P<file_id>[^/]+)$"
    )
    names = ["ann-2026-03-05", "１００１-2026-03-05", "bo-2300-01-01", f"cy-2026-03-05/zoe-{0}"]
    found = collect({"all.zip": archive({f"{name}/{NOTEBOOK}": "x" for name in names})})
    assert {path for path in found if path.endswith(".ipynb")} == {
        f"ann/{NOTEBOOK}",
        f"cy/{NOTEBOOK}",
    }
