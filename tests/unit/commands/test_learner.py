"""`gradlab check`: what it prints, and when it checks again. The judging is a stand-in."""

import json

import pytest
from typer.testing import CliRunner

from gradlab.commands.app import app
from gradlab.errors import GradLabError
from gradlab.grading import local
from gradlab.judge.results import FAILED, PASSED, CheckResult, ExerciseResult, NotebookResult


class Enough(GradLabError):
    """Ends a watch."""


def exercise(name, status, message="", reason=""):
    check = CheckResult("test_it", "Works.", 1.0, status, "", message)
    return ExerciseResult(name, f"check_{name}", 2.0, [check], None, reason)


@pytest.fixture
def check(monkeypatch, tmp_path):
    """Run `gradlab check` on a notebook whose exercises are these."""
    path = tmp_path / "01_perceptron.ipynb"
    path.write_text("first")

    def run(exercises, *options, meanwhile=lambda path: None):
        def judge(course, lab, checked, sandbox):
            meanwhile(checked)
            return NotebookResult("01_perceptron", "01_perceptron", exercises)

        monkeypatch.setattr(local, "check_notebook", judge)
        return CliRunner().invoke(app, ["check", str(path), *options])

    return run


def test_json_of_one_exercise_has_that_one_alone(check):
    both = [exercise("neuron", PASSED), exercise("sigmoid", FAILED)]
    done = check(both, "--json", "--exercise", "neuron")
    assert [item["name"] for item in json.loads(done.stdout)["exercises"]] == ["neuron"]
    assert done.exit_code == 0
    assert len(json.loads(check(both, "--json").stdout)["exercises"]) == 2


def test_a_save_during_the_check_is_checked(check):
    """And one after it: the second check saves, too, the third ends the test."""
    seen = []

    def save(path):
        seen.append(path.read_text())
        if len(seen) == 3:
            raise Enough("enough")
        path.write_text(f"save {len(seen)}")

    check([exercise("neuron", PASSED)], "--watch", meanwhile=save)
    assert seen == ["first", "save 1", "save 2"]


def test_the_reason_has_a_line_of_its_own(check):
    reason = "the cell that should define it did not run: ZeroDivisionError: division by zero"
    done = check([exercise("neuron", FAILED, "could not be tried: its cell did not run", reason)])
    assert done.stdout.splitlines()[:2] == ["neuron 0/2 points", f"  {reason}"]
