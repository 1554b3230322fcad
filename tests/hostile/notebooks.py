"""Altered and damaged notebooks, each by a small function; its docstring says what it tries.

`alters` functions get the honestly answered notebook as JSON and return what is handed in: JSON
again, or the file's bytes. `lays` functions get the path too and put there whatever they like.
All of it is answered honestly, so `score` is full unless something cannot be graded.
"""

import copy
import json
import os
import random
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from .attempts import Attempt

Json = dict[str, Any]
FULL = 4.0
_made: list[tuple[str, Callable[..., Any], dict[str, Any], bool]] = []


def altered_attempts(answered: Callable[[], NotebookNode]) -> list[Attempt]:
    """The attempts below; `answered` gives an honest notebook."""
    return [_attempt(*one, answered) for one in _made]


def alters(kind: str = "alter", **said: Any) -> Any:
    """Register a function from notebook to notebook, or to bytes."""
    return lambda function: _made.append((kind, function, said, False))


def lays(kind: str = "alter", **said: Any) -> Any:
    """Register a function that gets the path and the notebook."""
    return lambda function: _made.append((kind, function, said, True))


def _attempt(
    kind: str,
    function: Callable[..., Any],
    said: dict[str, Any],
    by_itself: bool,
    answered: Callable[[], NotebookNode],
) -> Attempt:
    def hand_in(path: Path) -> None:
        notebook = json.loads(json.dumps(answered()))
        if by_itself:
            function(path, notebook)
            return
        made = function(notebook)
        path.write_bytes(made if isinstance(made, bytes) else _bytes(made))

    tries = " ".join((function.__doc__ or "").split())
    return Attempt(kind, function.__name__, hand_in, tries, **{"score": FULL, **said})


def _bytes(notebook: Any) -> bytes:
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _index(notebook: Json, name: str) -> int:
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == name)


def _cell(notebook: Json, name: str) -> Json:
    found: Json = notebook["cells"][_index(notebook, name)]
    return found


def _grading(notebook: Json, name: str) -> Json:
    found: Json = _cell(notebook, name)["metadata"]["nbgrader"]
    return found


def _code(source: Any, **metadata: Any) -> Json:
    cell = {"cell_type": "code", "execution_count": None, "outputs": [], "source": source}
    return {**cell, "metadata": metadata, "id": f"c{random.Random(str(source)).getrandbits(40)}"}


# Cells deleted, copied, renamed, moved, retyped, re-pointed.


@alters(present=["was missing"])
def deletes_the_tests(notebook):
    """Deletes all test cells; plain nbgrader leaves them at "needs manual grade"."""
    notebook["cells"] = [c for c in notebook["cells"] if not c["id"].startswith("check_")]
    return notebook


@alters(score=0, present=["was missing"])
def deletes_the_answer(notebook):
    """Deletes the cell that was to be answered."""
    del notebook["cells"][_index(notebook, "row_norms")]
    return notebook


@alters(score=0, others="any", present=["there is no cell"])
def deletes_everything(notebook):
    """Hands in a notebook without a cell."""
    return {**notebook, "cells": []}


@alters(present=["more than once"])
def copies_a_test(notebook):
    """Copies a test cell with its metadata; plain nbgrader raises and leaves it ungraded."""
    notebook["cells"].append(copy.deepcopy(_cell(notebook, "check_row_norms")))
    return notebook


@alters()
def copies_the_answer_to_try_another(notebook):
    """Keeps a broken version above the answer, copied with its metadata."""
    index = _index(notebook, "row_norms")
    old = copy.deepcopy(notebook["cells"][index])
    old |= {"id": "old", "source": "def row_norms(x):\n    return x +"}
    notebook["cells"].insert(index, old)
    return notebook


@alters()
def splits_the_answer_over_two_copies(notebook):
    """Writes a helper into one copy of the answer cell and what calls it into another."""
    index = _index(notebook, "row_norms")
    cell = notebook["cells"][index]
    helper = {**cell, "id": "one", "source": "def norms_of(x):\n" + _body(cell["source"])}
    notebook["cells"].insert(index, helper)
    cell["source"] = "def row_norms(x):\n    return norms_of(x)"
    return notebook


def _body(source: str) -> str:
    return source.partition("\n")[2]


@alters()
def copies_the_empty_stub_below(notebook):
    """Leaves an unanswered copy of the cell below the answer."""
    index = _index(notebook, "row_norms")
    stub = {**notebook["cells"][index], "id": "two"}
    stub["source"] = "def row_norms(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    notebook["cells"].insert(index, stub)
    return notebook


@alters(present=["other grading metadata"])
def renames_every_grade_id(notebook):
    """Gives every cell another grade_id, so that nbgrader knows none of them."""
    for number, cell in enumerate(notebook["cells"]):
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] = f"mine-{number}"
    return notebook


@alters()
def swaps_two_grade_ids(notebook):
    """Points each of two answers at the other's exercise."""
    one, other = _grading(notebook, "row_norms"), _grading(notebook, "RunningMean")
    one["grade_id"], other["grade_id"] = other["grade_id"], one["grade_id"]
    return notebook


@alters(kind="forge", score=0, present=["put back"])
def points_the_test_at_a_number(notebook):
    """Replaces the test's text by its maximum, and answers nothing."""
    _cell(notebook, "check_row_norms")["source"] = "4.0"
    _cell(notebook, "row_norms")["source"] = "pass"
    return notebook


@alters(kind="forge", score=0)
def gives_the_tests_name_to_a_number(notebook):
    """Moves the test's grade_id to a cell of its own that shows the maximum."""
    old = _grading(notebook, "check_row_norms")
    notebook["cells"].append(_code("4.0", nbgrader=dict(old)))
    old["grade_id"] = "not_this_one"
    _cell(notebook, "row_norms")["source"] = "pass"
    return notebook


@alters(kind="forge", score=0)
def awards_itself_points(notebook):
    """Raises the points of its tests and adds a graded cell of its own worth 1000."""
    _grading(notebook, "check_row_norms")["points"] = 400
    extra = {**_grading(notebook, "check_row_norms"), "grade_id": "bonus", "points": 1000}
    notebook["cells"].append(_code("1000.0", nbgrader=extra))
    _cell(notebook, "row_norms")["source"] = "pass"
    return notebook


@alters(kind="forge", score=0)
def turns_the_test_into_an_answer(notebook):
    """Marks the test as not graded, not locked and a solution."""
    _grading(notebook, "check_row_norms").update(grade=False, locked=False, solution=True)
    _cell(notebook, "check_row_norms")["source"] = ""
    _cell(notebook, "row_norms")["source"] = "pass"
    return notebook


@alters(kind="forge", score=0)
def calls_the_test_an_experiment(notebook):
    """Claims in GradLab's own metadata that the test only explores, with a result beside it."""
    cell = _cell(notebook, "check_row_norms")
    cell["metadata"]["gradlab"] = {"experiment": True}
    data = {"text/plain": "4.0"}
    cell["outputs"] = [
        {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}
    ]
    _cell(notebook, "row_norms")["source"] = "pass"
    return notebook


@alters(kind="forge", score=0, others="any")
def claims_to_be_graded(notebook):
    """Carries the seal of a finished grading in its metadata, and no answers."""
    notebook["metadata"]["gradlab"] = {"results_sha256": "0" * 64, "graded_from": "0" * 64}
    for name in ("row_norms", "RunningMean", "batches"):
        _cell(notebook, name)["source"] = "pass"
    return notebook


@alters(present=["moved"])
def reverses_the_notebook(notebook):
    """Puts all cells in the opposite order."""
    notebook["cells"].reverse()
    return notebook


@alters(present=["had become a markdown cell"])
def retypes_cells(notebook):
    """Turns an answer into prose and a test into a raw cell."""
    for name, kind in (("row_norms", "markdown"), ("check_row_norms", "raw")):
        cell = _cell(notebook, name)
        cell["cell_type"] = kind
        del cell["outputs"], cell["execution_count"]
    return notebook


@alters()
def names_another_kernel(notebook):
    """Asks for a shell in place of Python."""
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "Bash"}
    notebook["metadata"]["language_info"] = {"name": "bash", "codemirror_mode": "shell"}
    return notebook


@alters(present=["added cells or outputs were too much"])
def adds_a_thousand_cells(notebook):
    """Adds a thousand cells in front of the answer."""
    index = _index(notebook, "row_norms")
    notebook["cells"][index:index] = [_code(f"x{n} = {n}") for n in range(1000)]
    return notebook


@alters(score=0, present=["characters; it was left blank"])
def writes_an_endless_answer(notebook):
    """Answers with five million characters, which a parser would turn into gigabytes."""
    _cell(notebook, "row_norms")["source"] = "x\n" * 2_500_000
    return notebook


@alters(kind="forge", score=0)
def asks_for_errors_to_be_ignored(notebook):
    """Tags its cells so that errors are allowed or cells skipped."""
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["raises-exception", "skip-execution"]
    _cell(notebook, "row_norms")["source"] = "pass"
    return notebook


# Formats and encodings.


@alters(present=["read as format 4"])
def saved_as_nbformat_3(notebook):
    """Comes from a program that still writes nbformat 3."""
    old = nbformat.convert(nbformat.from_dict(notebook), 3)
    return json.loads(nbformat.writes(old, version=3))


@alters()
def saved_as_a_future_minor(notebook):
    """Claims nbformat 4.99 and brings fields that nobody knows."""
    notebook |= {"nbformat_minor": 99, "colour": {"of": ["the", "future"]}}
    for cell in notebook["cells"]:
        cell["mood"] = 1
    return notebook


@alters(present=["the notebook's format is 7"])
def saved_as_nbformat_7(notebook):
    """Claims a major version that does not exist."""
    return {**notebook, "nbformat": 7}


@alters()
def saved_without_ids(notebook):
    """Comes as nbformat 4.2, before cells had ids."""
    for cell in notebook["cells"]:
        del cell["id"]
    return {**notebook, "nbformat_minor": 2}


@alters(present=["other grading metadata"])
def stripped_of_all_metadata(notebook):
    """Went through a program that keeps neither metadata nor ids."""
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {}
    return {**notebook, "metadata": {}}


@alters(present=["read as UTF-16"])
def written_as_utf_16(notebook):
    """Was saved by a Windows editor as "Unicode"."""
    return json.dumps(notebook).encode("utf-16")


@alters(present=["read as LATIN-1"])
def written_as_latin_1(notebook):
    """Has an umlaut in Latin-1."""
    _cell(notebook, "row_norms")["source"] += "\n    # schön"
    return json.dumps(notebook, ensure_ascii=False).encode("latin-1", "replace")


@alters()
def written_with_a_byte_order_mark(notebook):
    """Begins with a byte order mark."""
    return b"\xef\xbb\xbf" + _bytes(notebook)


@alters(present=["cells could be read"])
def cut_off_in_the_last_cell(notebook):
    """Ends early, as after a full disk."""
    text = _bytes(notebook)
    return text[: text.rindex(b'"cell_type"') + 30]


@alters(present=["cells could be read"])
def left_in_a_merge_conflict(notebook):
    """Still holds the marks of a merge conflict, outside the answers."""
    _cell(notebook, "answer_why")["source"] = "SPLIT"
    text = _bytes(notebook).decode()
    marks = '"mine"\n<<<<<<< HEAD\n"theirs"\n=======\n"nobody\'s"\n>>>>>>> other'
    return text.replace('"SPLIT"', marks).encode()


@alters(present=["goes on after the notebook's end"])
def followed_by_something_else(notebook):
    """Has text after the closing bracket."""
    return _bytes(notebook) + b"\n{}\nand so on"


# Things of the wrong type, as other programs and bored people write them.


@alters(present=["are no cells"])
def holds_cells_that_are_none(notebook):
    """Has nothing, numbers, texts and lists among its cells."""
    for index, thing in enumerate([None, 3, "cell", [], {}, {"cell_type": ["code"]}]):
        notebook["cells"].insert(2 * index, thing)
    return notebook


@alters()
def holds_sources_of_any_type(notebook):
    """Has cells whose source is a number, a dictionary, nothing, or a list of all that."""
    sources = [7, {"a": 1}, None, ["x = 1\n", 2, None, ["y"]], True]
    notebook["cells"] = [_code(source) for source in sources] + notebook["cells"]
    return notebook


@alters()
def holds_outputs_of_any_type(notebook):
    """Has outputs that nbformat does not know, in the experiment, whose outputs are kept."""
    index = next(i for i, c in enumerate(notebook["cells"]) if c["id"].startswith("experiment"))
    notebook["cells"][index]["outputs"] = [
        None, 1, "text", [], {}, {"output_type": 3}, {"output_type": "stream", "text": {"a": 1}},
        {"output_type": "error", "traceback": 4, "ename": [], "evalue": None},
        {"output_type": "display_data", "data": ["text/plain"]},
        {"output_type": "execute_result", "data": {"text/plain": [[["deep"]]], "image/png": 5}},
    ]  # fmt: skip
    _cell(notebook, "check_batches")["outputs"] = {"0": "zero"}
    return notebook


@alters()
def holds_metadata_of_any_type(notebook):
    """Has metadata that are texts, lists and numbers, nbgrader's own too."""
    for cell, metadata in zip(
        notebook["cells"],
        ["text", [1], 5, None, {"nbgrader": "x"}, {"nbgrader": [1]}, {"tags": "abc"}],
        strict=False,
    ):
        cell["metadata"] = metadata
    _cell(notebook, "batches")["metadata"]["nbgrader"] = {"grade_id": ["batches"], "points": {}}
    notebook["metadata"] = ["kernelspec"]
    return notebook


@alters()
def holds_nan_and_endless_numbers(notebook):
    """Has NaN, infinities and an integer of ten thousand digits in its metadata."""
    _cell(notebook, "row_norms")["metadata"]["more"] = [float("nan"), float("inf"), -1e999]
    notebook["cells"].append(_code("pass", number="NUMBER"))
    return _bytes(notebook).replace(b'"NUMBER"', b"9" * 10_000)


@alters()
def holds_equal_and_absurd_ids(notebook):
    """Gives all cells one id, and some no valid one; nbgrader's names are right."""
    for cell in notebook["cells"]:
        cell["id"] = "same"
    notebook["cells"][0]["id"] = "x" * 1000
    notebook["cells"][1]["id"] = ["setup"]
    notebook["cells"][2]["id"] = "<script>"
    return notebook


@alters(present=["cells could be read"])
def nested_a_hundred_thousand_deep(notebook):
    """Nests its metadata deeper than any parser's stack."""
    notebook["metadata"]["deep"] = "DEEP"
    nested = b"[" * 100_000 + b"]" * 100_000
    return _bytes(notebook).replace(b'"DEEP"', nested)


@alters()
def holds_what_cannot_be_written(notebook):
    """Has lone surrogates and null characters in text and in names."""
    _cell(notebook, "row_norms")["source"] += "\n    # \ud800 \udfff"
    _cell(notebook, "answer_why")["source"] = "never\x00 \ud83d"
    notebook["metadata"]["\ud800"] = "\udc00"
    return json.dumps(notebook).encode()


@alters(score=0, others="any", present=["more than a million brackets"])
def unfolds_to_gigabytes(notebook):
    """Is six megabytes of brackets, which take a gigabyte as objects."""
    notebook["cells"].append("BRACKETS")
    return _bytes(notebook).replace(b'"BRACKETS"', b"[" + b"{}," * 2_000_000 + b"{}]")


# No notebook at all.


@alters(score=0, others="any", present=["it is empty"])
def empty_file(notebook):
    """Is an empty file."""
    return b""


@alters(score=0, others="any", present=["it is a web page"])
def web_page(notebook):
    """Is the page that shows the notebook, saved in its place."""
    return b"<!DOCTYPE html>\n<html><body>90_hostile</body></html>"


@alters(score=0, others="any", present=["it is not JSON"])
def python_script(notebook):
    """Is the exported script under the notebook's name."""
    return b"# %%\nimport numpy as np\n"


@alters(score=0, others="any", present=["it is not JSON"])
def random_bytes(notebook):
    """Is noise."""
    return random.Random(1).randbytes(4096)


@alters(score=0, others="any", present=["there is no cell"])
def another_json(notebook):
    """Is JSON, but a list of numbers."""
    return b"[1, 2, 3]"


@lays(score=0, others="any", present=["it is a ZIP archive"])
def archive(path, notebook):
    """Is a ZIP archive with the notebook in it, renamed."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notebook.ipynb", _bytes(notebook))


@lays(score=0, others="any", present=["100 MiB; 60 are allowed"])
def hundred_megabytes(path, notebook):
    """Is a hundred megabytes long; it must not be read."""
    path.write_bytes(_bytes(notebook))
    os.truncate(path, 100 * 2**20)


@lays(score=0, others="any", present=["a folder, a pipe or a device"])
def folder(path, notebook):
    """Is a folder of that name."""
    path.mkdir()
    (path / "inside.txt").write_text("nothing")


@lays(kind="exhaust", score=0, others="any", present=["a folder, a pipe or a device"])
def pipe_that_never_answers(path, notebook):
    """Is a named pipe: opening it would wait for ever."""
    os.mkfifo(path)


@lays(kind="exhaust", score=0, others="any", present=["a symbolic link"])
def link_to_endless_zeros(path, notebook):
    """Is a link to /dev/zero."""
    path.symlink_to("/dev/zero")


@lays(kind="read", score=0, others="any", present=["a symbolic link"])
def link_to_the_neighbours_notebook(path, notebook):
    """Is a link to another student's submission."""
    path.symlink_to(path.parents[2] / "0-neighbour" / path.parent.name / path.name)


@lays(score=0, others="any", present=["a socket or a device"])
def socket_in_its_place(path, notebook):
    """Is a Unix socket."""
    here = os.getcwd()
    os.chdir(path.parent)  # an address is at most 107 bytes long
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


# Other names and places.


@lays(score=0, others="any", present=["was not handed in"])
def missing(path, notebook):
    """Hands in a folder without any notebook."""
    (path.parent / "README.txt").write_text("My dog ate it.")


@lays(present=["was taken for 90_hostile.ipynb"])
def renamed_by_the_browser(path, notebook):
    """Is called "90_hostile (1).ipynb"."""
    path.with_name("90_hostile (1).ipynb").write_bytes(_bytes(notebook))


@lays(present=["was taken for 90_hostile.ipynb"])
def renamed_by_hand_in_a_folder(path, notebook):
    """Is called "final FINAL.ipynb" and lies in a folder."""
    place = path.parent / "my homework" / "final FINAL.ipynb"
    place.parent.mkdir()
    place.write_bytes(_bytes(notebook))


@lays(present=["90_hostile-Copy1.ipynb was taken"])
def renamed_beside_a_scratch_notebook(path, notebook):
    """Is called "90_hostile-Copy1.ipynb", and a notebook of another kind lies beside it."""
    path.with_name("90_hostile-Copy1.ipynb").write_bytes(_bytes(notebook))
    path.with_name("scratch.ipynb").write_text("{}")


@lays(score=0, others="any", present=["was not handed in"])
def two_that_could_be_meant(path, notebook):
    """Hands in two notebooks under other names; which one is meant is not for us to say."""
    for name in ("one.ipynb", "two.ipynb"):
        path.with_name(name).write_bytes(_bytes(notebook))


# What lies beside the notebook.


@lays(kind="record", present=["holds no time"])
def timestamp_that_is_no_time(path, notebook):
    """Hands in a timestamp that nbgrader cannot read."""
    path.write_bytes(_bytes(notebook))
    (path.parent / "timestamp.txt").write_text("yesterday evening, I think")


@lays(kind="record", present=["holds no time"])
def timestamp_before_all_time(path, notebook):
    """Hands in a date that no calendar has."""
    path.write_bytes(_bytes(notebook))
    (path.parent / "timestamp.txt").write_text("0001-01-01 00:00:00 UTC+23")


@lays(kind="record", present=["holds no time"])
def timestamp_that_never_ends(path, notebook):
    """Makes the timestamp a link to /dev/zero, which would be read for ever."""
    path.write_bytes(_bytes(notebook))
    (path.parent / "timestamp.txt").symlink_to("/dev/zero")


@lays(kind="record", present=["holds no time"])
def timestamp_that_is_a_folder(path, notebook):
    """Makes the timestamp a folder."""
    path.write_bytes(_bytes(notebook))
    (path.parent / "timestamp.txt").mkdir()


@lays(kind="read", present=["gradebook.db was left alone"])
def links_to_the_courses_files(path, notebook):
    """Lays links to gradebook, secret and configuration beside the notebook, to get copies."""
    path.write_bytes(_bytes(notebook))
    root = path.parents[3]
    for name in ("gradebook.db", ".gradlab/secret", "nbgrader_config.py"):
        (path.parent / Path(name).name).symlink_to(root / name)
    (path.parent / "tests").symlink_to(root / "tests")


@lays(kind="exhaust", present=["was left alone"])
def pipes_and_links_beside_it(path, notebook):
    """Lays a pipe, a broken link and a link to /dev/zero beside the notebook."""
    path.write_bytes(_bytes(notebook))
    os.mkfifo(path.parent / "pipe.txt")
    (path.parent / "broken.txt").symlink_to("nowhere")
    (path.parent / "data.csv").symlink_to("/dev/zero")


@lays(kind="exhaust", present=["more than 500 files"])
def thousands_of_files_beside_it(path, notebook):
    """Lays two thousand files beside the notebook."""
    path.write_bytes(_bytes(notebook))
    for number in range(2000):
        (path.parent / f"{number}.txt").touch()


@lays(kind="exhaust", present=["nested deeper"])
def folders_without_end_beside_it(path, notebook):
    """Lays a hundred nested folders beside the notebook."""
    path.write_bytes(_bytes(notebook))
    (path.parent / "/".join(["deep"] * 100)).mkdir(parents=True)


@lays(kind="record")
def brings_the_courses_files_along(path, notebook):
    """Hands in a configuration, a gradebook, results and modules of the names that are imported."""
    path.write_bytes(_bytes(notebook))
    for name in (
        "nbgrader_config.py", "gradebook.db", "90_hostile.results.json", "sitecustomize.py",
        "numpy.py", "pytest.py", "conftest.py", "gradlab.py", "test_row_norms.py",
    ):  # fmt: skip
        (path.parent / name).write_text("raise SystemExit('imported')")


# What a reader's page is made of.

MARKUP = "\"></pre></title><script>pwned('{}')</script><img src=x onerror=pwned('{}')>"


def _markup(place: str) -> str:
    return MARKUP.format(place, place)


@alters(kind="reader", absent=["pwned"])
def markup_in_metadata(notebook):
    """Puts markup into every metadata that a page might show: titles, languages, tags, widgets."""
    name = _markup("metadata")
    notebook["metadata"] |= {
        "title": name,
        "authors": [{"name": name}],
        "kernelspec": {"name": name, "display_name": name, "language": name},
        "language_info": {"name": name, "pygments_lexer": name, "codemirror_mode": name},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": name}},
        "latex_metadata": {"title": "{{ 7 * 7 }}{% raise %}" + name},
    }
    for cell in notebook["cells"]:
        cell["metadata"] |= {"tags": [name], "alt": name, "slideshow": {"slide_type": name},
                             "raw_mimetype": "text/html", "magics_language": name}  # fmt: skip
        cell["metadata"].get("nbgrader", {}).update(comment=name, score=name, checksum=name)
    return notebook


@alters(kind="reader", absent=["pwned"])
def markup_in_outputs_handed_in(notebook):
    """Leaves outputs of every media type in the experiment, which is shown as handed in."""
    markup, pixel = _markup("output"), "iVBORw0KGgo="
    data = {
        "text/html": markup, "text/markdown": markup, "text/latex": markup, "image/svg+xml": markup,
        "application/javascript": "pwned()", "application/pdf": pixel, "text/vnd.mermaid": markup,
        "application/vnd.jupyter.widget-view+json": {"model_id": markup},
    }  # fmt: skip
    sizes = {"width": markup, "height": markup, "alt": markup, "isolated": True}
    shown = {"output_type": "display_data", "metadata": {"image/png": sizes, "text/html": sizes}}
    index = next(i for i, c in enumerate(notebook["cells"]) if c["id"].startswith("experiment"))
    notebook["cells"][index]["outputs"] = [
        {**shown, "data": data},
        {**shown, "data": {"image/png": pixel, "text/plain": "a picture"}},
        {**shown, "metadata": {"filenames": {"image/png": "//evil.example/x.png"}}, "data": data},
    ]
    return notebook


@alters(kind="reader", absent=["image/svg+xml", "text/html;"])
def attachments_that_are_no_pictures(notebook):
    """Pastes an SVG, a page and a picture followed by markup into an answer."""
    markup = _markup("attachment")
    answer = next(cell for cell in notebook["cells"] if cell["id"] == "answer_why")
    names = {"a.svg": "image/svg+xml", "b.html": "text/html;", "c.png": "image/png", markup: "a/b"}
    answer["attachments"] = {name: {mime: markup} for name, mime in names.items()}
    answer["source"] = " ".join(f"![{name}](attachment:{name})" for name in names)
    return notebook


@alters(kind="reader")
def raw_cells_and_odd_ids(notebook):
    """Adds raw cells of HTML and cells whose ids are markup."""
    for number, kind in enumerate(("raw", "markdown", "code")):
        cell = {"cell_type": kind, "id": _markup("id"), "source": _markup(kind)}
        cell["metadata"] = {"raw_mimetype": "text/html", "format": "text/html"}
        notebook["cells"].insert(number, cell)
    return notebook


@alters(kind="reader")
def more_to_draw_than_a_page_can_hold(notebook):
    """Adds megabytes of cells that take a hundred times as much when they are marked up."""
    for number in range(20):
        cell = {"cell_type": "markdown", "metadata": {}, "id": f"long-{number}"}
        source = "<b>*a*" * 4_500 if number % 2 else "*a* " * 7_000
        notebook["cells"].append(cell | {"source": source})
        notebook["cells"].append(_code(f"#{number}\n" + "(" + "1, " * 9_000 + ")"))
    notebook["cells"].append(_code("a" * 190_000))
    notebook["cells"].append(cell | {"id": "slow", "source": "\\begin{a}" * 5_000})
    return notebook


@lays(kind="reader")
def files_with_markup_for_names(path, notebook):
    """Lays files beside the notebook whose names and contents are markup, and shows them."""
    shown = " ".join(f"![x]({name}) <img src={name}>" for name in ("x.svg", "x.html", "../x.svg"))
    next(c for c in notebook["cells"] if c["id"] == "answer_why")["source"] = shown
    path.write_bytes(_bytes(notebook))
    page = "<script xmlns='http://www.w3.org/1999/xhtml'>pwned()</script>"
    for name in ("<img src=x onerror=pwned(1)>.txt", "x.html", "x.svg", "{{ 7*7 }}.png", "=c.csv"):
        (path.parent / name).write_text(page)


# What the second look found.


@alters(present=["more than once"])
def doubles_every_graded_cell(notebook):
    """Holds every cell of nbgrader's twice, the second time answered by nothing."""
    twice = []
    for cell in notebook["cells"]:
        copied = copy.deepcopy(cell) | {"id": cell["id"] + "-again"}
        if "nbgrader" in copied["metadata"] and copied["metadata"]["nbgrader"].get("solution"):
            copied["source"] = ""
        twice += [copied, cell]
    notebook["cells"] = twice
    return notebook


@alters()
def names_a_kernel_by_a_path(notebook):
    """Names kernels, languages and exporters by paths, templates and commands."""
    for key in ("kernelspec", "language_info"):
        notebook["metadata"][key] = {
            "name": "../../../../tmp/x; touch y", "display_name": "{{ ''.__class__ }}",
            "language": "{% include '/etc/passwd' %}", "file_extension": "/../../x.py",
            "nbconvert_exporter": "gradlab.cli:main", "version": "\u202e\x00",
        }  # fmt: skip
    return notebook


@alters()
def says_everything_twice(notebook):
    """Has every key of its JSON twice, first with a wrong value."""
    text = _bytes(notebook).decode()
    for key in ("nbformat", "cells", "cell_type", "source", "metadata"):
        text = text.replace(f'"{key}":', f'"{key}": null, "{key}":')
    return text.encode()


@alters()
def holds_megabytes_of_metadata(notebook):
    """Has four megabytes of metadata on the notebook and on a cell."""
    notebook["metadata"]["more"] = {f"k{n}": "x" * 1000 for n in range(2000)}
    _cell(notebook, "row_norms")["metadata"]["more"] = ["x" * 1000] * 2000
    return notebook


@alters()
def written_from_right_to_left(notebook):
    """Has bidirectional, invisible and lookalike characters in names, ids and comments."""
    _cell(notebook, "row_norms")["source"] += "\n    # \u202e\u2066\u200b\ufeff return x"
    for cell in notebook["cells"]:
        cell["metadata"]["n\u0430me\u202e"] = "\u2067"
    notebook["cells"].insert(0, _code("\u0440ow_norms = None  # begins with a Cyrillic letter"))
    return notebook


@lays(score=0, others="any", present=["was not handed in"])
def names_that_are_no_text(path, notebook):
    """Lies beside files whose names are no UTF-8, end lines or start options."""
    reversed_name = "\u202eb.ipynb".encode()
    for name in (b"\xff\xfe.ipynb", b"\xff.txt", b"-rf.ipynb", b"a\nb.ipynb", reversed_name):
        (path.parent / os.fsdecode(name)).write_bytes(b"{}")


@lays(kind="read", score=0, others="any", present=["a symbolic link"])
def loop_of_links(path, notebook):
    """Is a link to itself, beside links that lead in a circle and out of the course."""
    path.symlink_to(path.name)
    (path.parent / "circle").symlink_to(".")
    (path.parent / "out").symlink_to("../../../../..")
