"""source/, release/ and solutions/: written from labs/, the same each time, or said to be stale."""

import json

import nbformat
import pytest
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3

from gradlab.course import build
from gradlab.course.build import build_lab, stale_files, strangers
from gradlab.errors import CourseError, StorageError

FOLDERS = ("source", "release", "solutions")
ALL = sorted(
    f"{folder}/01_tiny/{name}" for folder in FOLDERS for name in ("01_tiny.ipynb", "dot.svg")
)


def snapshot(course):
    return {
        str(path.relative_to(course.root)): path.read_bytes()
        for folder in FOLDERS
        for path in (course.root / folder).rglob("*")
        if path.is_file()
    }


@pytest.fixture
def fake(monkeypatch):
    """Solutions that are not executed, which takes seconds; counts how often one would be."""
    runs = []

    def executed(notebook, seconds, folder):
        runs.append(seconds)
        for cell in notebook.cells:
            cell.source = build.without_markers(cell.source)
        return notebook

    monkeypatch.setattr(build, "executed", executed)
    return runs


@pytest.fixture
def built(course, lab, fake):
    """The tiny course with everything built, none of it executed."""
    build_lab(course, lab)
    fake.clear()
    return course


def read(course, folder):
    path = course.root / folder / "01_tiny" / "01_tiny.ipynb"
    return nbformat.read(path, as_version=4)


def test_a_real_build_twice_is_identical_byte_by_byte(course, lab):
    """Nothing of the machine, the time or the run gets into a generated file."""
    assert stale_files(course, lab) == ALL
    assert build_lab(course, lab) == ALL
    assert stale_files(course, lab) == []
    first = snapshot(course)
    for name in first:
        (course.root / name).unlink()
    assert build_lab(course, lab) == ALL
    assert snapshot(course) == first
    outputs = {cell.id: cell.get("outputs") for cell in read(course, "solutions").cells}
    assert "the experiment [2. 2.]" in json.dumps(outputs)
    assert "✓ doubles ones" in str(outputs["check_double"])
    assert outputs["experiment-print-a-time-id-np"] == []


def test_building_again_writes_nothing(built, lab, fake):
    before = {path: path.stat().st_mtime_ns for path in built.root.rglob("*.ipynb")}
    assert stale_files(built, lab) == []
    assert build_lab(built, lab) == []
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert fake == []


def test_the_release_has_stubs_and_no_answers(built):
    release = read(built, "release")
    text = (built.root / "release/01_tiny/01_tiny.ipynb").read_text()
    assert "YOUR CODE HERE" in text
    assert "YOUR ANSWER HERE" in text
    for secret in ("return 2 * x", "self.step = step", "Because.", "BEGIN SOLUTION"):
        assert secret not in text
    MetadataValidatorV3().validate_nb(release)
    assert "checksum" in release.cells[3].metadata.nbgrader
    assert [cell.id for cell in release.cells] == [c.id for c in read(built, "source").cells]
    assert sorted(p.name for p in (built.root / "release/01_tiny").iterdir()) == [
        "01_tiny.ipynb", "dot.svg"
    ]  # fmt: skip


def test_the_solution_shows_no_region_marks(built):
    text = (built.root / "solutions/01_tiny/01_tiny.ipynb").read_text()
    assert "return 2 * x" in text
    assert "Because." in text
    assert "SOLUTION" not in text


def test_nothing_else_is_written(built):
    assert sorted(path.name for path in built.root.iterdir()) == [
        "labs", "nbgrader_config.py", "release", "solutions", "source", "tests"
    ]  # fmt: skip


# --- what is stale -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("damage", ["deleted", "emptied", "changed", "folder"])
def test_a_damaged_file_is_stale_and_mended(built, lab, name, damage):
    path, before = built.root / name, snapshot(built)
    data = path.read_bytes()
    if damage in ("deleted", "folder"):
        path.unlink()
    if damage == "emptied":
        path.write_bytes(b"")
    if damage == "changed":
        path.write_bytes(data.replace(b"dou", b"tri").replace(b"svg", b"gif"))
    if damage == "folder":
        path.mkdir()
    assert stale_files(built, lab) == [name]
    if damage != "folder":
        assert build_lab(built, lab) == [name]
        assert snapshot(built) == before


@pytest.mark.parametrize(
    "content",
    ["{}", "[]", "null", '"x"', "{", "[" * 5000, '{"nbformat": 4}', '{"nbformat": 99}',
     '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
     '{"nbformat": 4, "nbformat_minor": 5, "metadata": {"gradlab": null}, "cells": []}'],
)  # fmt: skip
def test_a_solution_that_is_no_notebook_is_written_anew(built, lab, content):
    path = built.root / "solutions/01_tiny/01_tiny.ipynb"
    path.write_text(content)
    assert build_lab(built, lab) == ["solutions/01_tiny/01_tiny.ipynb"]
    assert stale_files(built, lab) == []


def test_a_change_of_the_lab_makes_all_notebooks_stale(built, files, fake):
    files.edit(files.source, "## 1 · Doubling", "## 1 · Twice")
    changed = built.lab("01_tiny")
    notebooks = [name for name in ALL if name.endswith("ipynb")]
    assert stale_files(built, changed) == notebooks
    assert build_lab(built, changed) == notebooks
    assert fake == [300]
    assert stale_files(built, changed) == []


def test_a_change_of_points_alone_makes_the_solution_stale(built, files, fake):
    files.edit(files.source, "points=4", "points=5")
    build_lab(built, built.lab("01_tiny"))
    assert fake == [300]


def test_files_that_no_lab_accounts_for_are_named_and_stay(built, files):
    """Data that somebody put under source/ must not vanish."""
    files.write("source/01_tiny/data/x.csv", "1")
    files.write("source/01_tiny/old.ipynb", "{}")
    files.write("release/01_tiny/notes.txt", "x")
    files.write("release/01_tiny/.ipynb_checkpoints/x.ipynb", "x")
    lab = built.lab("01_tiny")
    assert strangers(built, lab) == [
        *("source/01_tiny/data/x.csv", "source/01_tiny/old.ipynb", "release/01_tiny/notes.txt"),
    ]
    before = snapshot(built)
    assert build_lab(built, lab) == []
    assert snapshot(built) == before


def test_a_labs_own_files_are_released_in_their_folders(built, files):
    files.write("labs/01_tiny/data/x.csv", "1,2")
    files.write("labs/01_tiny/data/__pycache__/x.pyc", "x")
    files.write("labs/01_tiny/.hidden", "x")
    lab = built.lab("01_tiny")
    written = [f"{folder}/01_tiny/data/x.csv" for folder in sorted(FOLDERS)]
    assert stale_files(built, lab) == written
    assert build_lab(built, lab) == written
    assert stale_files(built, lab) == strangers(built, lab) == []
    assert (built.root / "release/01_tiny/data/x.csv").read_text() == "1,2"


# --- errors ------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_leaves_the_old_one(built, lab, files, monkeypatch):
    files.edit(files.source, "Because.", "Therefore.")
    before = snapshot(built)
    real = type(built.root).write_bytes

    def full(path, data):
        real(path, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(built.root), "write_bytes", full)
    target = built.root / "source/01_tiny/01_tiny.ipynb"
    with pytest.raises(StorageError, match=r"cannot write .*: No space left on device"):
        build._write(target, b"new content")
    assert snapshot(built) == before


@pytest.mark.parametrize("blocked", ["source", "release/01_tiny", "solutions"])
def test_a_file_in_the_place_of_a_folder_is_an_error_that_names_it(
    course, lab, files, fake, blocked
):
    files.write(blocked, "a file")
    with pytest.raises(StorageError, match=f"cannot write .*{blocked}"):
        build_lab(course, lab)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("return 2 * x", "return 3 * x", "cell 'check_double': error CheckError: "),
        ("return 2 * x", "return y", "cell 'check_double': error NameError: "),
        ("def double(x):", "1 / 0\ndef double(x):", "cell 'double': error ZeroDivisionError"),
    ],
)
def test_a_solution_that_fails_its_own_lab_is_an_error(course, files, old, new, says):
    files.edit(files.source, old, new)
    with pytest.raises(CourseError, match=f"the solution does not run: {says}"):
        build_lab(course, course.lab("01_tiny"))
