"""Reading what was handed in: always a valid notebook, and a sentence for each thing put right."""

import base64
import json
import os
import socket
import stat
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from gradlab.errors import SubmissionError
from gradlab.grading import pasted, reading, salvage
from gradlab.grading.files import open_plain
from gradlab.grading.reading import as_read, read_submission, read_submitted
from gradlab.grading.submitted import Submitted

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Erk"
    "Jggg=="
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["cell_type", "source", "id", "metadata", "outputs", "attachments", "nbgrader", "tags", "data",
     "output_type", "text", "traceback", "name", "execution_count", "cells", "worksheets", "input"]
)  # fmt: skip
cell_like = st.dictionaries(
    KEYS, json_values | st.sampled_from(["code", "markdown", "raw", "stream", "error"]), max_size=8
)


def picture(kind, noise=False):
    """A picture in base64, and its media type."""
    size = (800, 700) if noise else (3, 2)
    pixels = os.urandom(3 * size[0] * size[1]) if noise else bytes(3 * size[0] * size[1])
    file = BytesIO()
    Image.frombytes("RGB", size, pixels).save(file, kind)
    return base64.b64encode(file.getvalue()).decode(), f"image/{kind.lower()}"


@pytest.fixture
def read(tmp_path):
    """Read bytes, or an object as JSON, as if handed in."""

    def reading_of(content):
        path = tmp_path / "lab.ipynb"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return read_submission(path)

    return reading_of


def notebook(*cells, **changes):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **changes}


def code(source="x = 1", **changes):
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "id": "one"}
    return {**cell, "execution_count": None, **changes}


def test_a_sound_notebook_comes_through_as_it_is(read):
    cells = [new_code_cell("x = 1", id="a"), new_markdown_cell("*y*", id="b")]
    cells[0].metadata = {"nbgrader": {"grade_id": "a", "points": 2}, "tags": ["t"]}
    sound = new_notebook(cells=cells, metadata={"kernelspec": {"name": "k", "display_name": "K"}})
    found = read(nbformat.writes(sound).encode())
    assert found.notebook == sound
    assert (found.problem, found.notes) == ("", [])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is empty"),
        (b"  \n", "it is empty"),
        (b"# %%\nprint(1)", "it is not JSON"),
        (b"<!DOCTYPE html><html></html>", "it is a web page"),
        (b"PK\x03\x04 and so on", "it is a ZIP archive"),
        (b"[1, 2]", "there is no cell"),
        (b"3", "there is no cell"),
        (b'"cells"', "there is no cell"),
        (b"{}", "there is no cell"),
        (b'{"cells": []}', "there is no cell"),
        (b'{"cells": {"a": 1}}', "there is no cell"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[" * 1_000_001, "more than a million brackets"),
    ],
)
def test_what_is_no_notebook_has_a_one_line_reason(read, content, problem):
    found = read(content)
    assert problem in found.problem
    assert found.problem.startswith("lab.ipynb ")
    assert "\n" not in found.problem
    assert found.notebook.cells == []


def test_too_long_a_file_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "lab.ipynb"
    path.write_bytes(b"{}")
    os.truncate(path, 100 * 2**20)
    monkeypatch.setattr(reading, "_read", lambda data: pytest.fail("it was read"))
    assert read_submission(path).problem == "lab.ipynb has 100 MiB; 60 are allowed"


def test_only_plain_files_are_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's address must be short
    os.mkfifo("pipe")
    os.symlink("/dev/zero", "link")
    os.mkdir("folder")
    server = socket.socket(socket.AF_UNIX)
    server.bind("socket")
    reasons = {}
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(SubmissionError) as caught:
            open_plain(path)
        reasons[path.name] = str(caught.value)
    server.close()
    assert reasons == {
        "folder": "is a folder, a pipe or a device, not a file",
        "link": "is a symbolic link, which is not followed",
        "pipe": "is a folder, a pipe or a device, not a file",
        "socket": "is a socket or a device, not a file",
    }
    with pytest.raises(SubmissionError, match="not handed in"):
        open_plain(tmp_path / "missing")


def test_the_machines_faults_are_told_too(tmp_path):
    (tmp_path / "file").write_text("")
    assert "Not a directory" in read_submission(tmp_path / "file" / "lab.ipynb").problem


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_other_encodings(read, encoding):
    text = json.dumps(notebook(code("# schön")), ensure_ascii=False)
    found = read(text.encode(encoding))
    assert found.notebook.cells[0].source == "# schön"
    assert bool(found.notes) == (encoding != "utf-8-sig")


def test_lone_surrogates_and_null_characters_can_be_written(read):
    found = read(notebook(code("# \ud800\x00"), metadata={"\ud800": "\udc00"}))
    nbformat.writes(found.notebook).encode()
    assert found.notebook.cells[0].source == "# ?\x00"


def test_a_file_cut_off_keeps_its_whole_cells(read):
    text = json.dumps(notebook(code("a = 1"), code("b = 2", id="two")), indent=1)
    found = read(text[: text.index("b = 2")].encode())
    assert [cell.source for cell in found.notebook.cells] == ["a = 1"]
    assert found.notes == ["the file is damaged; 1 cells could be read, but not cell 2"]


def test_cells_after_the_damage_are_found(read):
    text = json.dumps(notebook(code("a = 1"), code("b = 2"), code("c = 3")))
    found = read(text.replace('"b = 2"', "<<<<<<< HEAD").encode())
    assert [cell.source for cell in found.notebook.cells] == ["a = 1", "c = 3"]


def test_conflict_marks_cost_the_cells_that_hold_them_and_no_other(read):
    """As git leaves them where a notebook was run on two machines."""
    cells = [
        code(f"x = {n}", id=f"c{n}", metadata={"nbgrader": {"grade_id": f"g{n}"}})
        for n in range(20)
    ]
    text = json.dumps(notebook(*cells), indent=1, sort_keys=True)
    marks = "<<<<<<< HEAD\n   1,\n=======\n   2,\n>>>>>>> theirs\n"
    parts = text.split('"execution_count": null')
    text = parts[0] + "".join(
        ('"execution_count": ' + (marks if n < 12 else "null")) + part
        for n, part in enumerate(parts[1:])
    )
    found = read(text.encode())
    assert [cell.source for cell in found.notebook.cells] == [f"x = {n}" for n in range(12, 20)]
    names = ", ".join(f"'c{n}'" for n in range(12))
    assert found.notes == [f"the file is damaged; 8 cells could be read, but not {names}"]


@pytest.mark.parametrize(
    "broken", ['{"cell_type": "', '{"cell_type": [', '{"cell_type": {"', '{"cell_type": 1e', "{"]
)
def test_the_work_of_salvaging_is_bounded(monkeypatch, broken):
    scanned = []
    monkeypatch.setattr(salvage, "MAX_SCANNED", 10_000)
    real = salvage._scanned
    monkeypatch.setattr(salvage, "_scanned", lambda *a: scanned.append(real(*a)) or scanned[-1])
    cells, lost = salvage.whole_cells(broken * 4000)
    assert cells == []
    assert sum(scanned) < 100_000
    assert lost[-1:] == ["what follows"] or sum(scanned) < 10_000


def test_text_after_the_end_is_left_out(read):
    found = read(json.dumps(notebook(code())).encode() + b"\n{}")
    assert found.notes == ["the file goes on after the notebook's end; the rest was left out"]
    assert len(found.notebook.cells) == 1


def test_nbformat_3(read):
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Title"], "metadata": {}},
        {"cell_type": "code", "input": ["x = 1\n", "y"], "language": "python", "outputs": [],
         "metadata": {"nbgrader": {"grade_id": "a"}}, "prompt_number": 3},
    ]  # fmt: skip
    found = read({"worksheets": [{"cells": cells}], "nbformat": 3, "metadata": {"name": "x"}})
    assert [(c.cell_type, c.source) for c in found.notebook.cells] == [
        ("markdown", "Title"),
        ("code", "x = 1\ny"),
    ]
    assert found.notebook.cells[1].metadata.nbgrader.grade_id == "a"
    assert found.notes == ["the notebook's format is 3; it was read as format 4"]


@pytest.mark.parametrize(("major", "said"), [(5, "5"), ("4", "unknown"), (None, "unknown")])
def test_other_formats_are_read_as_format_4(read, major, said):
    found = read(notebook(code(), nbformat=major))
    assert found.notes == [f"the notebook's format is {said}; it was read as format 4"]


def test_future_minors_need_no_remark(read):
    assert read(notebook(code(new_field=1), nbformat_minor=99, more=[])).notes == []


def test_ids_are_made_unique_and_valid(read):
    ids = ["same", "same", "x" * 65, ["list"], None, "a b", "cell-1"]
    found = read(notebook(*(code(id=one) for one in ids)))
    made = [cell.id for cell in found.notebook.cells]
    assert len(set(made)) == len(ids)
    assert made[0] == "same"
    nbformat.validate(found.notebook)


def test_what_is_no_cell_is_left_out(read):
    found = read(notebook(None, 1, "cell", [], code("x")))
    assert [cell.source for cell in found.notebook.cells] == ["x"]
    assert found.notes == ["4 entries of the list of cells are no cells; they were left out"]


def test_too_long_a_cell_is_left_blank_and_too_long_a_text_is_cut(read):
    text = {"cell_type": "markdown", "source": "y" * 200_001}
    named = {"nbgrader": {"grade_id": "why"}}
    found = read(notebook(code("x" * 200_001), text | {"metadata": named}, code("y")))
    assert [len(cell.source) for cell in found.notebook.cells] == [0, 200_000, 1]
    assert found.notes == [
        "cell 1 has more than 200000 characters; it was left blank",
        "cell 'why' has more than 200000 characters; it was cut",
    ]


def test_pictures_written_into_a_text_leave_its_words(read):
    large, _ = picture("PNG", noise=True)
    source = f"before ![a](data:image/png;base64,{large}) ![b](data:image/png;base64,AAAA) after"
    assert len(source) > 300_000
    found = read(notebook({"cell_type": "markdown", "source": source, "metadata": {}}))
    (cell,) = found.notebook.cells
    assert cell.source == "before ![a](attachment:inlined-1) ![b](attachment:not-shown) after"
    assert list(cell.attachments) == ["inlined-1"]
    assert found.notes == ["cell 1: 1 pictures are too large, or none"]


def test_pictures_of_the_courses_text_stay_in_it(read):
    small, _ = picture("PNG")
    text = {"cell_type": "markdown", "source": f"![a](data:image/png;base64,{small})"}
    found = read(notebook(text | {"metadata": {"nbgrader": {"solution": False}}}))
    assert found.notebook.cells[0].source == text["source"]


def test_pictures_of_a_notebook_are_drawn_within_bounds(read, monkeypatch):
    monkeypatch.setattr(pasted, "MAX_DRAWN", 3)
    small, _ = picture("GIF")
    source = f"![a](data:image/gif;base64,{small})" * 5
    (cell,) = read(notebook({"cell_type": "markdown", "source": source})).notebook.cells
    assert len(cell.attachments) == 3
    assert cell.source.count("attachment:not-shown") == 2


def test_outputs_that_are_too_large_cost_no_cell(read):
    outputs = [{"output_type": "stream", "name": "stdout", "text": "x" * 27_000_000}]
    found = read(notebook(code("x = 1", outputs=outputs), code("y = 2", id="two")))
    assert [cell.source for cell in found.notebook.cells] == ["x = 1", "y = 2"]
    assert found.problem == ""


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "JPEG", "BMP"])
def test_a_pasted_picture_of_any_kind_is_drawn_anew(read, kind):
    text, mime = picture(kind, noise=True)
    cell = {"cell_type": "markdown", "source": "![](attachment:x)", "metadata": {}}
    found = read(notebook(cell | {"attachments": {"x": {mime: text}}}))
    (bundle,) = found.notebook.cells[0].attachments.values()
    ((mime, text),) = bundle.items()
    with Image.open(BytesIO(base64.b64decode(text))) as shown:
        assert (shown.format, shown.size) in [("PNG", (800, 700)), ("JPEG", (800, 700))]
    assert mime in ("image/png", "image/jpeg")


@pytest.mark.parametrize("metadata", ["text", [1], 3, None])
def test_metadata_of_another_type_are_none(read, metadata):
    found = read(notebook(code(metadata=metadata), metadata=metadata))
    assert found.notebook.cells[0].metadata == found.notebook.metadata == {}


@pytest.mark.parametrize("strange", ["text", [1], 3, None])
def test_only_dictionaries_are_graders_metadata(read, strange):
    found = read(notebook(code(metadata={"nbgrader": strange, "gradlab": strange, "own": 1})))
    assert found.notebook.cells[0].metadata == {"own": 1}


def test_metadata_against_nbformats_rules_lose_all_but_the_graders(read):
    metadata = {"tags": "abc", "collapsed": 5, "nbgrader": {"grade_id": "a"}}
    found = read(notebook(code(metadata=metadata), metadata={"kernelspec": "python"}))
    assert found.notebook.cells[0].metadata == {"nbgrader": {"grade_id": "a"}}
    assert found.notebook.metadata == {}


def test_numbers_that_are_none_and_depths_that_are_too_much_go(read):
    deep = [[[[[[[[[[[[[[["bottom"]]]]]]]]]]]]]]]
    more = {"more": [float("nan"), float("inf"), 1.5], "deep": deep}
    found = read(notebook(code(metadata=more)))
    metadata = found.notebook.cells[0].metadata
    assert metadata.more == [None, None, 1.5]
    assert "bottom" not in json.dumps(metadata)


def test_pasted_pictures_are_kept_and_nothing_else(read):
    attachments = {
        "plot.png": {"image/png": PNG, "text/html": "<script>"},
        "page.html": {"text/html": "<script>"},
        "odd": ["image/png"],
    }
    cell = {"cell_type": "markdown", "source": "![](attachment:plot.png)", "metadata": {}}
    found = read(notebook(cell | {"attachments": attachments}, cell | {"attachments": "none"}))
    assert found.notebook.cells[0].attachments == {"plot.png": {"image/png": PNG}}
    assert "attachments" not in found.notebook.cells[1]


@given(st.lists(cell_like | json_values, max_size=5), json_values)
def test_whatever_the_json_the_notebook_is_valid(tmp_path_factory, cells, metadata):
    path = tmp_path_factory.mktemp("any") / "lab.ipynb"
    content = {"cells": cells, "metadata": metadata, "nbformat": 4}
    path.write_text(json.dumps(content), encoding="utf-8")
    found = read_submission(path)
    nbformat.validate(found.notebook)
    nbformat.writes(found.notebook).encode()
    assert bool(found.problem) == (cells == [])


@given(st.binary(max_size=300))
def test_whatever_the_bytes_it_ends_with_a_reason(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "lab.ipynb"
    path.write_bytes(data)
    assert read_submission(path).problem


@pytest.mark.parametrize(
    "kind", ["file", "damaged", "long", "link", "pipe", "folder", "socket", "nothing"]
)
def test_what_was_taken_from_elsewhere_reads_as_the_file_itself(tmp_path, kind):
    path = tmp_path / "lab.ipynb"
    make = {
        "file": lambda: path.write_text(json.dumps(notebook(code("é")))),
        "damaged": lambda: path.write_bytes(b"\xff{}"),
        "long": lambda: (path.write_bytes(b"{}"), os.truncate(path, 100 * 2**20)),
        "link": lambda: path.symlink_to(path.name),
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "socket": lambda: os.mknod(path, stat.S_IFSOCK | 0o600),
        "nothing": lambda: None,
    }
    make[kind]()
    assert read_submitted(Submitted.read(path), path.name) == read_submission(path)


def test_a_file_that_shrank_while_it_was_taken_has_a_hole():
    assert Submitted(b"ab", 4).content == b"ab\0\0"
    assert Submitted(b"abcd", 2).content == b"ab"


@given(st.lists(cell_like, min_size=1), st.dictionaries(KEYS, json_values))
def test_what_is_as_read_is_what_is_read_from_a_file(tmp_path_factory, cells, metadata):
    """Steps that go on in memory meet what they would meet in the file."""
    path = tmp_path_factory.mktemp("read") / "lab.ipynb"
    path.write_text(json.dumps(notebook(*cells, metadata=metadata)))
    found = read_submission(path).notebook
    path.write_text(nbformat.writes(found), encoding="utf-8")
    assert as_read(found) == read_submission(path).notebook == found


def test_a_released_notebook_as_read_is_clean_and_a_copy():
    html = {"output_type": "display_data", "data": {"text/html": "<b>"}, "metadata": {}}
    released = nbformat.from_dict(notebook(code(outputs=[html], surplus=1), nbformat_minor=4))
    found = as_read(released)
    nbformat.validate(found)
    assert found.cells[0].outputs[0].data == {"text/plain": "[text/html is not shown]"}
    found.cells[0].metadata["tags"] = ["changed"]
    assert released.cells[0].metadata == {}


def test_the_names_that_nbformat_has_rules_for_are_those_of_its_schema():
    """A cell's metadata without any of them is valid, and is not validated."""
    path = Path(nbformat.v4.__file__).with_name("nbformat.v4.5.schema.json")
    cells = json.loads(path.read_text(encoding="utf-8"))["definitions"]
    metadata = [
        cells[f"{kind}_cell"]["properties"]["metadata"] for kind in ("raw", "markdown", "code")
    ]
    assert {name for one in metadata for name in one["properties"]} == reading.RULED
    assert {key for one in metadata for key in one} <= {
        "description", "type", "additionalProperties", "properties",
    }  # fmt: skip
    assert all(one["additionalProperties"] is True for one in metadata)


@pytest.mark.parametrize("kind", ["code", "markdown", "raw"])
@pytest.mark.parametrize("name", sorted(reading.RULED))
def test_metadata_that_break_a_rule_go(read, kind, name):
    broken = {name: {"iopub.status.busy": 3} if name == "execution" else 7, "own": 1}
    cell = code(metadata=broken, cell_type=kind)
    found = read(notebook(cell)).notebook
    nbformat.validate(found)
    known = {"raw": "format", "code": "collapsed execution scrolled"}.get(kind, "").split()
    assert ("own" in found.cells[0].metadata) == (name not in [*known, "jupyter", "name", "tags"])
