"""`nbgrader autograde` and `gradlab autograde` are one engine; one check file runs three ways."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gradlab.judge.results import result_from_json

LAB = "01_tiny"
CLASS = {
    "right": "def double(x):\n    return 2 * x",
    "another_way": "def double(x):\n    y = x.copy()\n    y += x\n    return y",
    "squares": "def double(x):\n    return x**2",
    "noisy": "import warnings\n\ndef double(x):\n    warnings.warn('hm')\n    print('in')\n"
    "    return 2 * x",
    "mutates": "def double(x):\n    x *= 2\n    return x",
    "raises": "def double(x):\n    return y",
    "kills": "import os\n\ndef double(x):\n    os._exit(1)",
    "syntax": "def double(x:\n    return 2",
    "score_like": "def double(x):\n    return 4.0",
}
EXPECTED = {"right": 4.0, "another_way": 4.0, "noisy": 4.0, "mutates": 2.0}


@pytest.fixture(scope="module")
def graded(tiny):
    for student, source in CLASS.items():
        tiny.hand_in(student, tiny.answer(source))
    tiny.hand_in("blank", tiny.released())
    tiny.run("nbgrader", "autograde", LAB)
    return tiny


@pytest.mark.parametrize("student", [*CLASS, "blank"])
def test_nbgrader_autograde_gives_the_expected_score(graded, scores, student):
    assert scores(student)["check_double"] == EXPECTED.get(student, 0.0)


def test_gradlab_autograde_gives_the_same(graded, scores):
    before = {student: scores(student) for student in CLASS}
    graded.run("gradlab", "autograde", LAB, "--force")
    assert {student: scores(student) for student in CLASS} == before


def test_unchanged_submissions_are_not_graded_again(graded):
    rows = json.loads(graded.run("gradlab", "autograde", LAB, "--json"))
    assert {row["status"] for row in rows} == {"unchanged"}


def test_results_beside_the_notebook_name_the_misconception(graded):
    result = _results(graded, "squares")
    assert result.exercises[0].misconception.name == "squared"
    assert [check.kind for check in result.exercises[0].checks] == ["values"]


def test_a_blank_answer_is_called_blank(graded):
    assert _results(graded, "blank").exercises[0].reason == "left blank"


def test_a_modified_input_is_named(graded):
    assert "modified its input x" in _results(graded, "mutates").exercises[0].checks[-1].message


def test_graded_outputs_are_the_trusted_sides(graded):
    cell = next(c for c in graded.autograded("noisy").cells if c.id == "check_double")
    kinds = [output.output_type for output in cell.outputs]
    assert kinds == ["stream", "execute_result", "stream"]
    assert cell.outputs[1].data["text/plain"] == "4.0"
    assert cell.outputs[2].text.startswith("your output:")
    assert all(output.get("name") != "stderr" for output in cell.outputs)


def test_feedback_is_written_for_all_and_holds_no_hidden_values(graded):
    graded.run("gradlab", "feedback", LAB)
    page = (graded.root / "feedback" / "squares" / LAB / f"{LAB}.html").read_text()
    assert "You squared" in page
    assert "expected" not in page.partition("What happened")[2].partition("</table>")[0]
    assert not list((graded.root / "feedback").rglob("*.results.json"))


def test_nbgraders_own_feedback_command_works_too(graded):
    graded.run("nbgrader", "generate_feedback", LAB, "--force")


def test_check_runs_the_same_file_on_a_notebook(graded):
    path = graded.hand_in("learner", graded.answer(CLASS["squares"]))
    text = graded.run("gradlab", "check", str(path), code=1)
    assert "You squared" in text
    assert "0 of 4 points" in text


def test_check_accepts_the_solution(graded):
    path = graded.root / "solutions" / LAB / f"{LAB}.ipynb"
    assert "4 of 4 points" in graded.run("gradlab", "check", str(path))


def test_lint_runs_the_same_file_on_the_catalogue(graded):
    assert "1 exercises ok" in graded.run("gradlab", "lint", LAB)


def test_plain_pytest_runs_the_same_file_on_the_solution():
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "-q", "tests/hidden/06_convolution/test_conv1d.py"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def _results(tiny, student):
    path = tiny.root / "autograded" / student / LAB / f"{LAB}.results.json"
    return result_from_json(json.loads(path.read_text()))
