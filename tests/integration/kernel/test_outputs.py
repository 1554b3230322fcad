"""Cells give the outputs that nbclient gives, up to a bound."""

import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

CELLS = [
    "print(1); print(2)",
    "import sys; print('to stderr', file=sys.stderr)",
    "40 + 2",
    "1 / 0",
    "raise SystemExit",
    "from IPython.display import HTML, display; display(HTML('<b>x</b>'), metadata={'a': 1}); 7",
    "import matplotlib.pyplot as plt; plt.plot([1, 2, 4]);",
    "import pandas_is_not_here",
    "def f(x):\n    return x\nf",
    "h = display('old', display_id=True); print('between'); h.update('new')",
    "from IPython.display import clear_output\nprint('gone'); clear_output(); print('stays')",
    "print('gone too'); clear_output(wait=True); print('stays')",
    "def broken(:",
    "",
    "'ünïcödé \U0001f600'",
]


def _by_nbclient() -> list[NotebookNode]:
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    client = NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=60)
    client.execute()
    return notebook.cells


ANSI = re.compile(r"\x1b\[[0-9;]*m")


def _comparable(cell: NotebookNode) -> tuple[int | None, list[dict[str, object]]]:
    """Outputs without colours, which no page shows, and with neighbouring texts of one stream
    joined, which arrive in pieces by chance."""
    joined: list[dict[str, object]] = []
    for output in map(dict, cell.outputs):
        last = joined[-1] if joined else {}
        same = output["output_type"] == "stream" == last.get("output_type")
        if same and output["name"] == last["name"]:
            last["text"] = str(last["text"]) + str(output["text"])
        else:
            joined.append({key: value for key, value in output.items() if value is not None})
        if output["output_type"] == "error":
            joined[-1]["traceback"] = [ANSI.sub("", line) for line in output["traceback"]]
    return cell.execution_count, joined


def test_a_failed_check_shows_the_notebooks_lines_only(kernel):
    source = "from gradlab.lab import check_close\ncheck_close(1.0, 2.0, 'one is two')"
    _, cell = kernel.run(source)
    shown = "\n".join(cell.outputs[0].traceback)
    assert "----> 2 check_close(1.0, 2.0, 'one is two')" in shown
    assert "✗ one is two" in shown
    assert "_compare.py" not in shown
    assert "hidden" not in shown


def test_outputs_are_those_of_nbclient(kernel, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    kernel.session.restart()  # execution counts begin at 1
    expected = [_comparable(cell) for cell in _by_nbclient()]
    found = [_comparable(kernel.run(source)[1]) for source in CELLS]
    for source, ours, theirs in zip(CELLS, found, expected):
        if "f" not in source.split():  # its repr holds no address, but be sure of the others
            assert ours == theirs, source


@pytest.mark.parametrize(
    ("source", "status", "name"),
    [
        ("x = 1", "ok", ""),
        ("", "ok", ""),
        ("1 / 0", "error", "ZeroDivisionError"),
        ("import sys; sys.exit(3)", "error", "SystemExit"),
        ("input('?')", "error", "StdinNotImplementedError"),
    ],
)
def test_outcome(kernel, source, status, name):
    outcome, _ = kernel.run(source)
    assert (outcome.status, outcome.error_name) == (status, name)


def test_old_outputs_go(kernel):
    for source in ("", "x = 1"):
        cell = new_code_cell(source)
        cell.outputs = [new_output("stream", text="forged")]
        kernel.session.run(cell)
        assert cell.outputs == []


def test_a_missing_shell_does_not_stop_a_cell(kernel):
    text = kernel.printed("!pip install numpy\nfound = !ls\nprint('went on', found)")
    assert "not run" in text
    assert "went on []" in text


@pytest.mark.parametrize(
    "source",
    [
        "print('x' * 200_000)",
        "print('x' * 30_000_000)",
        "for i in range(3000): print('y' * 100, flush=True)",
        "for i in range(2000): display(i)",
        "for i in range(20): display('z' * 10_000)",
        "raise ValueError('x' * 300_000)",
        "raise ValueError('x' * 30_000_000)",
        "from IPython.display import HTML; display(HTML('x' * 300_000))",
        "h = display('', display_id=True)\nfor i in range(100): h.update('x' * 2000)",
    ],
)
def test_outputs_are_bounded(kernel, source):
    outcome, cell = kernel.run(source)
    assert outcome.truncated
    assert "too long" in cell.outputs[-1].text
    assert len(nbformat.writes(new_notebook(cells=[cell]))) < 250_000
    assert kernel.printed("print(1)") == "1\n"


def test_the_beginning_of_a_long_text_is_kept(kernel):
    _, cell = kernel.run("print('first'); print('x' * 200_000)")
    assert cell.outputs[0].text.startswith("first\nxxx")
