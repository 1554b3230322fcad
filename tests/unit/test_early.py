"""What is begun before the command line is parsed."""

import os

import pytest

from gradlab.commands.early import workers_on_their_way
from gradlab.grading import forking

LAB = "01_tiny"


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """What is begun in a course where everything is to be graded; nothing really is."""
    found = []
    for path in ("nbgrader_config.py", f"labs/{LAB}/{LAB}.py", f"submitted/ann/{LAB}/{LAB}.ipynb"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        forking, "_start_for", lambda course, lab, folder: found.append((course, lab))
    )
    return found


def run(line):
    with workers_on_their_way(line.split()):
        pass


@pytest.mark.parametrize(
    "line",
    [
        f"autograde {LAB}",
        f"autograde --jobs 2 {LAB} --json",
        f"autograde --force --student ann {LAB}",
        f"autograde {LAB} --student=somebody",
    ],
)
def test_workers_are_wanted(begun, tmp_path, line):
    run(line)
    assert begun == [(tmp_path, LAB)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "autograde",
        f"autograde {LAB} --help",
        f"autograde {LAB} --scheduler tcp://host:8786",
        f"autograde {LAB} --scheduler=tcp://host:8786",
        f"autograde {LAB} --student nobody",
        "autograde 02_other",
        f"feedback {LAB}",
    ],
)
def test_no_workers_are_wanted(begun, line):
    run(line)
    assert begun == []


def test_outside_of_a_course(begun, tmp_path):
    (tmp_path / "nbgrader_config.py").unlink()
    run(f"autograde {LAB}")
    assert begun == []


def test_all_is_graded(begun, tmp_path):
    graded = tmp_path / "autograded" / "ann" / LAB / f"{LAB}.ipynb"
    graded.parent.mkdir(parents=True)
    graded.touch()
    os.utime(graded, (2e9, 2e9))
    run(f"autograde {LAB}")
    assert begun == []
    run(f"autograde {LAB} --force")
    assert len(begun) == 1
