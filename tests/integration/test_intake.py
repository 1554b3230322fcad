"""Odd folders and files: both engines take the same, give the same and tell the same."""

import json
import os

import nbformat
import pytest

from gradlab.judge.results import result_from_json

LAB = "01_tiny"
NAME = f"{LAB}.ipynb"
RIGHT = "def double(x):\n    return 2 * x"


def renamed(path, text):
    path.with_name(f"{LAB} (1).ipynb").write_text(text)


def with_bad_timestamp(path, text):
    path.write_text(text)
    path.with_name("timestamp.txt").write_text("yesterday")


def with_links_beside(path, text):
    path.write_text(text)
    path.with_name("secret.txt").symlink_to(path.parents[3] / ".gradlab" / "secret")
    os.mkfifo(path.with_name("pipe"))
    path.with_name("notes.txt").write_text("mine")


def linked(path, text):
    path.symlink_to(path.parents[3] / "release" / LAB / NAME)


def pipe(path, text):
    os.mkfifo(path)


FOLDERS = {
    renamed: (4, f"{LAB} (1).ipynb was taken for {NAME}"),
    with_bad_timestamp: (4, "timestamp.txt holds no time"),
    with_links_beside: (4, "secret.txt was left alone: it is a symbolic link"),
    linked: (0, f"{NAME} is a symbolic link, which is not followed"),
    pipe: (0, f"{NAME} is a folder, a pipe or a device, not a file"),
}


@pytest.fixture(scope="module", params=["nbgrader", "gradlab"])
def graded(request, tiny):
    for make in FOLDERS:
        folder = tiny.root / "submitted" / f"{request.param}-{make.__name__}" / LAB
        folder.mkdir(parents=True)
        make(folder / NAME, nbformat.writes(tiny.answer(RIGHT)))
    tiny.run(request.param, "autograde", LAB)
    return request.param


@pytest.mark.parametrize("make", FOLDERS)
def test_score_and_note(tiny, scores, graded, make):
    student = f"{graded}-{make.__name__}"
    points, note = FOLDERS[make]
    assert scores(student)["check_double"] == points
    folder = tiny.root / "autograded" / student / LAB
    notes = result_from_json(json.loads((folder / f"{LAB}.results.json").read_text())).notes
    assert [one for one in notes if note in one]
    shown = tiny.autograded(student).cells[0].outputs[0].text
    assert note in shown


def test_only_files_of_the_students_own_are_copied(tiny, graded):
    folder = tiny.root / "autograded" / f"{graded}-with_links_beside" / LAB
    found = {path.name for path in folder.iterdir()}
    assert found == {NAME, f"{LAB}.results.json", "notes.txt"}
