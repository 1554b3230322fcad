"""The class that nbgrader reads submissions with."""

import json
import logging
import os

import pytest
from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gradlab.grading.converter import Converter
from gradlab.grading.exporter import FILE, PROBLEM, READING, SubmissionExporter

NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "code", "source": "x"}], "nbformat": 4, "nbformat_minor": 5}
)


@pytest.fixture
def course(tmp_path):
    """An nbgrader course with an assignment and three submissions."""
    for name in ("source/lab/lab.ipynb", "source/lab/plot.png", "release/lab/lab.ipynb",
                 "submitted/ann/lab/lab.ipynb", "submitted/bob/lab/lab (1).ipynb",
                 "submitted/cid/lab/notes.txt"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(NOTEBOOK)
    (tmp_path / "source/lab/plot.png").touch()
    (tmp_path / "submitted/dan").mkdir()
    (tmp_path / "submitted/dan/lab").write_text("a file, not a folder")
    return tmp_path


@pytest.fixture
def converter(course):
    config = Config({"CourseDirectory": {"root": str(course), "assignment_id": "lab"}})
    directory = CourseDirectory(config=config)
    made = Autograde(coursedir=directory, config=config)
    made.init_notebooks()
    return made


def exported(exporter, path):
    _, resources = exporter.from_filename(str(path), resources={})
    return resources


def test_the_file_is_read_and_named(tmp_path):
    (tmp_path / "lab.ipynb").write_text(NOTEBOOK)
    resources = exported(SubmissionExporter(), tmp_path / "lab.ipynb")
    assert (resources[PROBLEM], resources[READING]) == ("", [])
    assert resources[FILE] == tmp_path / "lab.ipynb"
    assert resources["metadata"] == {"name": "lab", "path": str(tmp_path)}


def test_what_is_no_notebook_is_empty_with_a_reason_on_one_line(tmp_path):
    path = tmp_path / "lab\n\x1b[2J.ipynb"
    path.write_text("no notebook")
    text, resources = SubmissionExporter().from_filename(str(path))
    assert json.loads(text)["cells"] == []
    assert resources[PROBLEM] == "lab .ipynb cannot be read as a notebook: it is not JSON"


def test_every_submission_is_graded_also_one_without_a_notebook(course, converter):
    SubmissionExporter(parent=converter)
    names = {folder.split("/")[-2] for folder in converter.assignments}
    assert names == {"ann", "bob", "cid"}
    for folder, paths in converter.assignments.items():
        assert f"{folder}/lab.ipynb" in paths


@pytest.mark.parametrize("name", [b"e\xffve", b"e\nve", b"e\x1b[2Jve", b" eve"])
def test_a_folder_that_is_no_students_is_told_and_left_out(course, converter, caplog, name):
    """nbgrader would end there: it cannot take the id out of the path, or not enter it."""
    folder = os.path.join(os.fsencode(course / "submitted"), name, b"lab")
    os.makedirs(folder)
    with open(os.path.join(folder, b"lab.ipynb"), "w") as file:
        file.write(NOTEBOOK)
    converter.log = logging.getLogger("converter")
    converter.init_notebooks()
    assert os.fsdecode(folder) in converter.assignments
    SubmissionExporter(parent=converter)
    names = {folder.split("/")[-2] for folder in converter.assignments}
    assert names == {"ann", "bob", "cid"}
    assert "is not graded: it" in caplog.text
    assert "\x1b" not in caplog.text


@pytest.mark.parametrize("student", ["*", "[ab]*", "smith[1]", "ann"])
def test_a_converter_is_run_for_one_student_whatever_the_id(course, student):
    """nbgrader takes an id for a pattern, which `*` is of all and `smith[1]` of another."""
    folder = course / "submitted" / student / "lab"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lab.ipynb").write_text(NOTEBOOK)
    met = []

    class Meeting(Autograde):
        def convert_notebooks(self):
            met.extend(self.assignments)

    config = Config({"CourseDirectory": {"root": str(course)}})
    app = NbGrader(config=config)
    app.coursedir = CourseDirectory(parent=app)
    assert Converter(app).run(Meeting, "lab", student, force=False) == ""
    assert met == [str(folder)]


def test_a_renamed_notebook_is_read_in_its_place(course, converter):
    exporter = SubmissionExporter(parent=converter)
    resources = exported(exporter, course / "submitted/bob/lab/lab.ipynb")
    assert resources[PROBLEM] == ""
    assert resources[READING] == ["lab (1).ipynb was taken for lab.ipynb"]
    assert resources[FILE].name == "lab (1).ipynb"


def test_a_missing_notebook_has_its_reason(course, converter):
    exporter = SubmissionExporter(parent=converter)
    resources = exported(exporter, course / "submitted/cid/lab/lab.ipynb")
    assert resources[PROBLEM] == "lab.ipynb was not handed in"


def test_what_is_refused_is_ignored_by_nbgrader_in_that_folder_only(course, converter):
    (course / "submitted/ann/lab/[x]").symlink_to("/etc/passwd")
    (course / "submitted/cid/lab/plot.png").mkdir()
    before = list(converter.coursedir.ignore)
    SubmissionExporter(parent=converter)
    added = converter.coursedir.ignore[len(before) :]
    assert sorted(os.path.relpath(path, course) for path in added) == [
        "submitted/ann/lab/[[]x]",
        "submitted/cid/lab/plot.png",
    ]
    SubmissionExporter(parent=converter)
    assert len(converter.coursedir.ignore) == len(before) + 2


def test_one_student_only(course, converter):
    converter.coursedir.student_id = "ann"
    converter.init_notebooks()
    SubmissionExporter(parent=converter)
    assert len(converter.assignments) == 1


def test_a_course_without_release_is_left_to_nbgrader(course, converter):
    (course / "release/lab/lab.ipynb").unlink()
    before = {**converter.assignments}
    SubmissionExporter(parent=converter)
    assert converter.assignments == before
