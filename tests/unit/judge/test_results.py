"""Scores, and results written to JSON and read back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.judge.results import (
    FAILED,
    NOT_RUN,
    PASSED,
    CheckResult,
    Diagnosis,
    ExerciseResult,
    NotebookResult,
    result_from_json,
)

WEIGHTS = st.floats(0.01, 100)
CHECKS = st.builds(
    CheckResult, st.text(), st.text(), WEIGHTS, st.sampled_from([PASSED, FAILED, NOT_RUN]),
    st.text(), st.text(), st.text(), st.text(),
)  # fmt: skip
EXERCISES = st.builds(
    ExerciseResult, st.text(), st.text(), st.floats(0, 100), st.lists(CHECKS, max_size=4),
    st.none() | st.builds(Diagnosis, st.text(), st.text()), st.text(),
)  # fmt: skip
NOTEBOOKS = st.builds(
    NotebookResult, st.text(), st.text(), st.lists(EXERCISES, max_size=3), st.lists(st.text()),
    st.text(),
)  # fmt: skip


def exercise(points, *checks):
    results = [
        CheckResult(f"c{i}", "t", weight, status) for i, (weight, status) in enumerate(checks)
    ]
    return ExerciseResult("f", "check_f", points, results)


@given(NOTEBOOKS)
def test_json_gives_the_same_result_back(notebook):
    assert result_from_json(json.loads(json.dumps(notebook.to_json()))) == notebook


@given(NOTEBOOKS)
def test_scores_in_json_are_those_of_the_objects(notebook):
    data = notebook.to_json()
    assert [item["score"] for item in data["exercises"]] == [e.score for e in notebook.exercises]
    assert data["version"] == 1


@given(EXERCISES)
def test_a_score_lies_between_nothing_and_the_points(one):
    assert 0 <= one.share <= 1
    assert 0 <= one.score <= round(one.points, 4)
    if one.checks and all(check.passed for check in one.checks):
        assert one.score == round(one.points, 4)
    if not any(check.passed for check in one.checks):
        assert one.score == 0


@pytest.mark.parametrize(
    ("checks", "score"),
    [
        ([], 0),
        ([(1, PASSED)], 6),
        ([(1, PASSED), (1, FAILED)], 3),
        ([(2, PASSED), (1, NOT_RUN)], 4),
        ([(2, FAILED), (1, PASSED)], 2),
        ([(0.5, PASSED), (0.25, FAILED), (0.25, NOT_RUN)], 3),
        ([(1, "Passed"), (1, "")], 0),
    ],
)
def test_the_score_is_the_share_of_weights_passed(checks, score):
    assert exercise(6, *checks).score == score


def test_thirds_sum_to_what_a_person_expects():
    thirds = [exercise(1, (1, PASSED), (1, FAILED), (1, FAILED)) for _ in range(3)]
    assert thirds[0].score == 0.3333
    assert NotebookResult("lab", "lab", [*thirds, exercise(2, (1, PASSED))]).score == pytest.approx(
        3, abs=1e-3
    )


@pytest.mark.parametrize("name", ["lab", "notebook", "exercises", "notes", "device"])
def test_other_data_is_refused(name):
    data = NotebookResult("lab", "lab", [exercise(1, (1, PASSED))]).to_json()
    del data[name]
    with pytest.raises(KeyError, match=name):
        result_from_json(data)


def test_unknown_fields_of_a_check_are_refused():
    data = NotebookResult("lab", "lab", [exercise(1, (1, PASSED))]).to_json()
    data["exercises"][0]["checks"][0]["extra"] = 1
    with pytest.raises(TypeError, match="extra"):
        result_from_json(data)
