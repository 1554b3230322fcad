"""A finished submission is told from one whose grading was cut off."""

import json

import pytest

from gradlab.grading.completion import (
    discard_unfinished,
    graded_scores,
    is_finished,
    seal_of,
)

RESULTS = json.dumps({"exercises": [{"grade_id": "check_a", "score": 2.5}]}).encode()


def write(folder, results=RESULTS, seal=None, name="lab", **metadata):
    folder.mkdir(exist_ok=True)
    known = {"results_sha256": seal or seal_of(RESULTS), "graded_from": "origin", **metadata}
    notebook = {"metadata": {"gradlab": known}, "cells": []}
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook))
    if results is not None:
        (folder / f"{name}.results.json").write_bytes(results)
    return folder


def test_whole_notebook_with_its_results(tmp_path):
    assert is_finished(write(tmp_path / "lab"))


@pytest.mark.parametrize("results", [None, b"", RESULTS[:-1], RESULTS + b"\n"])
def test_missing_or_other_results(tmp_path, results):
    assert not is_finished(write(tmp_path / "lab", results=results))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"metadata": 3}', '{"metadata": {"gradlab": []}}']
)
def test_damaged_or_unsealed_notebook(tmp_path, text):
    folder = write(tmp_path / "lab")
    (folder / "lab.ipynb").write_text(text)
    assert not is_finished(folder)


def test_nothing_there(tmp_path):
    assert not is_finished(tmp_path)
    assert not is_finished(tmp_path / "nowhere")


def test_all_notebooks_must_be_finished(tmp_path):
    folder = write(tmp_path / "lab")
    write(folder, name="other", results=None)
    assert not is_finished(folder)


def test_only_the_unfinished_is_discarded(tmp_path):
    done, cut = write(tmp_path / "done"), write(tmp_path / "cut", results=None)
    assert (discard_unfinished(done), discard_unfinished(cut)) == (False, True)
    assert done.exists()
    assert not cut.exists()
    assert not discard_unfinished(tmp_path / "nowhere")


def test_scores_of_what_was_graded_from_the_same(tmp_path):
    path = write(tmp_path / "lab") / "lab.ipynb"
    assert graded_scores(path, "origin") == {"check_a": 2.5}
    assert graded_scores(path, "another") is None
    assert graded_scores(path.with_name("none.ipynb"), "origin") is None
