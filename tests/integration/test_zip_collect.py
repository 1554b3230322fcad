"""`nbgrader zip_collect` with archives as Moodle and Canvas make them."""

import io
import zipfile

import nbformat
import pytest

LAB = "01_tiny"
RIGHT = "def double(x):\n    return 2 * x"


def archive(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def collected(tiny):
    mine = nbformat.writes(tiny.answer(RIGHT))
    moodle = {
        f"Ann Lee_1001_assignsubmission_file_/{LAB}.ipynb": mine,
        f"Bo Ek_1002_assignsubmission_file_{LAB}.ipynb": mine,
        "Çiğdem Öz_1003_assignsubmission_file_/homework.zip": archive(
            {f"hw/{LAB}.ipynb": mine, f"__MACOSX/hw/._{LAB}.ipynb": b"\0"}
        ),
        "Dan_2_Ray_1004_assignsubmission_file_/damaged.zip": b"PK\x03\x04 no archive",
        f"Dan_2_Ray_1004_assignsubmission_file_/{LAB}.ipynb": mine,
        f"Eve_1005_assignsubmission_file_/../../../../{LAB}.ipynb": mine,
        f"Eve_1005_assignsubmission_file_/a/{LAB}.ipynb": mine,
        f"Eve_1005_assignsubmission_file_/b/{LAB}.ipynb": "{}",
        "Fay_1006_assignsubmission_file_/notes.txt": "no notebook",
        f"Gus_1007_assignsubmission_file_/{LAB} (1).ipynb": mine,
        f"Hal_1008_assignsubmission_file_/{LAB}.ipynb": " " * 40_000_000,
    }
    canvas = {
        f"leeann_2001_77310_{LAB}.ipynb": mine,
        f"ekbo_LATE_2002_77311_{LAB}-1.ipynb": mine,
    }
    folder = tiny.root / "downloaded" / LAB / "archive"
    folder.mkdir(parents=True)
    (folder / "Course-101-Lab 1-12345.zip").write_bytes(archive(moodle))
    (folder / "submissions.zip").write_bytes(archive(canvas))
    tiny.said = tiny.run("nbgrader", "zip_collect", LAB)
    return tiny


def test_every_student_has_a_folder(collected):
    found = {
        path.parent.parent.name: path.name for path in collected.root.glob(f"submitted/*/{LAB}/*")
    }
    assert found == {
        "1001": f"{LAB}.ipynb",
        "1002": f"{LAB}.ipynb",
        "1003": f"{LAB}.ipynb",
        "1004": f"{LAB}.ipynb",
        "1005": f"{LAB}.ipynb",
        "1007": f"{LAB} (1).ipynb",
        "1008": f"{LAB}.ipynb",
        "2001": f"{LAB}.ipynb",
        "2002": f"{LAB}-1.ipynb",
    }


def test_nothing_was_written_elsewhere(collected):
    notebooks = {path.name for path in collected.root.parent.glob("*.ipynb")}
    assert notebooks == {path.name for path in collected.root.glob("*.ipynb")} == set()


def test_what_was_skipped_is_told(collected):
    assert "Skipped damaged file" in collected.said
    assert f"a second '{LAB}.ipynb' of student 1005" in collected.said


def test_renamed_ones_are_graded_too(collected, scores):
    collected.run("nbgrader", "autograde", LAB)
    for student in ("1001", "1003", "1005", "1007", "2002"):
        assert scores(student)["check_double"] == 4, student
    assert scores("1008")["check_double"] == 0
