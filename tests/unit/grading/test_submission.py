"""One notebook in memory through all steps: what is written, and what submissions share."""

import copy
import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from gradlab.grading.bundle import LabBundle, graded_from, grading_config
from gradlab.grading.completion import GRADED_FROM
from gradlab.grading.submission import Bench, _written
from gradlab.grading.submitted import Submitted

LAB = "lab"
LINES = st.text(st.sampled_from('ab \n\r\x0b\x1c\x85\u2028é"\\'), max_size=20)
OUTPUTS = st.one_of(
    LINES.map(lambda text: new_output("stream", text=text)),
    LINES.map(lambda text: new_output("display_data", {"text/html": text, "image/png": "aGk="})),
    LINES.map(lambda text: new_output("error", ename="E", evalue=text, traceback=[text, ""])),
)
CELLS = st.one_of(
    st.builds(new_markdown_cell, LINES),
    st.builds(new_code_cell, LINES, outputs=st.lists(OUTPUTS, max_size=3)),
)


@pytest.fixture
def bench(tmp_path):
    """A bench for a lab of which only the released notebook is there."""
    experiment = {"gradlab": {"experiment": True}}
    answer = {"nbgrader": {"grade_id": "f", "solution": True, "grade": False, "locked": False}}
    cells = [
        new_markdown_cell("# Title", id="title"),
        new_code_cell("def f(): ...", id="f", metadata=answer),
        new_code_cell("plot()", id="plot", metadata=experiment),
    ]
    release = nbformat.writes(new_notebook(cells=cells)).encode()
    files, config = {f"release/{LAB}/{LAB}.ipynb": release}, grading_config(Config())
    return Bench.unpacked(LabBundle(LAB, files, "s", config), tmp_path)


def submission(source, *outputs):
    cells = [
        new_code_cell(source, id="f"),
        new_code_cell("plot()", id="plot", outputs=list(outputs)),
    ]
    data = nbformat.writes(new_notebook(cells=cells)).encode()
    return Submitted(data, len(data))


@given(
    st.lists(CELLS, max_size=4), st.dictionaries(st.sampled_from(["a", "trusted"]), st.floats(0))
)
def test_what_is_written_is_what_nbformat_writes(cells, metadata):
    notebook = new_notebook(cells=cells, metadata={"signature": "x", "gradlab": {"é": [None, 1]}})
    for number, cell in enumerate(notebook.cells):
        cell |= {"id": f"c{number}", "metadata": dict(metadata)}
    expected = nbformat.writes(notebook, version=4)
    assert _written(copy.deepcopy(notebook)) == f"{expected}\n".encode()


@pytest.mark.parametrize(
    "broken",
    [
        {"outputs": [{"output_type": "stream", "name": "stdout"}]},
        {"outputs": [{"output_type": "display_data", "data": {"text/plain": 3}, "metadata": {}}]},
        {"execution_count": "one"},
        {"metadata": {"tags": "no list"}},
        {"id": "no id!"},
        {"surplus": 1},
    ],
)
def test_what_is_no_valid_notebook_is_not_written(broken):
    notebook = new_notebook(cells=[new_code_cell("x", id="a")])
    notebook.cells[0].update(nbformat.from_dict(broken))
    with pytest.raises(nbformat.ValidationError):
        _written(notebook)


def test_submissions_share_nothing_that_can_be_changed(bench):
    first = bench._rebuilt(submission("def f(): return 1"))
    before = json.dumps(first)
    second = bench._rebuilt(submission("def f(): return 1"))
    assert json.dumps(second) == before
    _scribble(second)
    assert json.dumps(first) == before
    assert json.dumps(bench._rebuilt(submission("def f(): return 1"))) == before


def test_notes_of_the_folder_come_before_those_of_the_file(bench):
    found = bench._rebuilt(Submitted(b"{", 1, notes=("lab\n1.ipynb was taken",)))
    notes = found.metadata.gradlab.notes
    assert notes[0] == "lab.ipynb cannot be read as a notebook: it is not JSON"
    assert notes[1:] == ["lab 1.ipynb was taken"]
    old = json.dumps({"cells": [new_code_cell("x")], "nbformat": 3}).encode()
    found = bench._rebuilt(Submitted(old, len(old), notes=("lab\n1.ipynb was taken",)))
    notes = found.metadata.gradlab.notes
    assert notes[0] == "lab 1.ipynb was taken"
    assert notes[1].startswith("the notebook's format is 3")
    assert notes[2].startswith("cell 'f' was missing")


def test_a_notebook_says_what_it_was_graded_from(bench):
    handed_in = submission("x")
    expected = graded_from(bench.bundle.fingerprint, handed_in.digest)
    assert bench._rebuilt(handed_in).metadata.gradlab[GRADED_FROM] == expected


def test_it_says_so_of_the_configuration_that_was_used(bench):
    bench.config.merge(Config({"GradLab": {"feedback": "full"}}))
    handed_in = submission("x")
    other = graded_from(bench.bundle.fingerprint, handed_in.digest)
    assert bench._rebuilt(handed_in).metadata.gradlab[GRADED_FROM] != other


def test_outputs_of_experiments_are_cleaned_before_any_step(bench):
    html = new_output("display_data", {"text/html": "<script>", "text/plain": "p\x1b[1m"})
    (output,) = bench._rebuilt(submission("x", html)).cells[-1].outputs
    assert output.data == {"text/plain": "p"}


def _scribble(value):
    """Change every dictionary and list in it."""
    items = list(value.values()) if isinstance(value, dict) else value
    for item in items:
        if isinstance(item, dict | list):
            _scribble(item)
    if isinstance(value, dict):
        value["scribble"] = 1
    else:
        value.append("scribble")
