"""What a reader gets to see is harmless data, written by the trusted side."""

import base64
import struct
import zlib
from io import BytesIO
from itertools import zip_longest

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_notebook, new_output
from nbgrader.utils import determine_grade
from PIL import Image, ImageFile

from gradlab.grading.outputs import (
    MAX_OUTPUTS,
    TRUNCATED,
    as_handed_in,
    as_text,
    clean_outputs,
    clean_pictures,
    graded_outputs,
    line,
    notes_cell,
    plain,
    stock_outputs,
)
from gradlab.judge.results import FAILED, PASSED, CheckResult, ExerciseResult


def png(width=2, height=3):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IEND", b"")).decode()


def drawn(kind, size=(8, 8)):
    """A picture in base64."""
    file = BytesIO()
    Image.new("RGB", size, "navy").save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def jpeg_header(width, height):
    """A JPEG that ends after telling its size."""
    picture = bytearray(base64.b64decode(drawn("JPEG")))
    start = picture.index(b"\xff\xc0")
    picture[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return base64.b64encode(picture).decode()


def as_read_again(cleaned):
    """As from a file that they were written to."""
    cell = nbformat.v4.new_code_cell(id="a", outputs=cleaned)
    text = nbformat.writes(new_notebook(cells=[cell]))
    return nbformat.reads(text, as_version=4).cells[0].outputs


def display(**data):
    return {
        "output_type": "display_data",
        "data": {k.replace("_", "/"): v for k, v in data.items()},
    }


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        (["a", "b"], "ab"),
        (["a", 3, None, "b"], "ab"),
        (7, ""),
        ({"a": 1}, ""),
        (None, ""),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "0;titletext"),
        ("\x1b[2J\x9b31m", "31m"),
        ("failed\rpassed", "failed\npassed"),
        ("a\r\nb", "a\nb"),
        ("a\x00\x08\x7fb\tc", "ab\tc"),
        ("a\u202eb\u2066c", "abc"),
        ("a\ud800b", "ab"),
    ],
)
def test_text_is_plain(text, shown):
    assert plain(text) == shown


def test_text_is_bounded():
    assert plain("x" * 50, limit=10) == "x" * 10 + TRUNCATED


@given(st.text())
def test_plain_text_can_be_written_and_shown(text):
    shown = plain(text)
    shown.encode("utf-8")
    assert not [c for c in shown if ord(c) < 32 and c not in "\n\t"]


def test_a_line_is_one_line():
    assert line(" a\n\x1b[1mb\tc ") == "a b c"


def test_displays_become_their_plain_text():
    (output,) = clean_outputs([display(text_html="<script>", text_plain="x")])
    assert output == new_output("display_data", data={"text/plain": "x"})


def test_displays_without_plain_text_are_named():
    (output,) = clean_outputs([display(text_html="<script>", application_javascript="x")])
    assert output.data == {"text/plain": "[application/javascript, text/html is not shown]"}


def test_results_are_no_results_any_more():
    result = {"output_type": "execute_result", "data": {"text/plain": "4.0"}}
    assert clean_outputs([result])[0].output_type == "display_data"
    assert clean_outputs([result], keep_results=True)[0].output_type == "execute_result"


def test_pictures_stay_if_they_are_pictures():
    picture = png()
    assert clean_pictures({"image/png": picture, "text/html": "x"}) == {"image/png": picture}
    assert clean_pictures({"image/png": [picture[:9] + "\n", picture[9:]]}) == {
        "image/png": picture
    }
    jpeg = drawn("JPEG")
    assert clean_pictures({"image/jpeg": jpeg}) == {"image/jpeg": jpeg}


@pytest.mark.parametrize(
    "picture",
    [
        png() + '"><img src=x onerror=alert(1)>',
        '"><script>' + png(),
        png(100_000, 100_000),
        base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(),
        base64.b64encode(b"GIF89a").decode(),
        base64.b64encode(b"<svg onload=alert(1)>").decode(),
        "",
        "A" * 3_000_000,
        5,
        None,
        {"a": 1},
    ],
)
def test_what_is_no_picture_goes(picture):
    assert clean_pictures({"image/png": picture}) == {}


@pytest.mark.parametrize(
    "picture", [jpeg_header(65500, 65500), jpeg_header(16000, 16000), drawn("GIF"), drawn("PNG")]
)
def test_a_picture_too_large_to_unfold_or_of_another_kind_goes(picture):
    (output,) = clean_outputs([display(image_jpeg=picture)])
    assert "image/jpeg" not in output.data


def test_a_picture_that_is_not_shown_is_told():
    (output,) = clean_outputs([display(image_png=png(16000, 16000), text_plain="<Image object>")])
    said = "<Image object>\n[image/png: too large, or no picture; it is not shown]"
    assert output.data == {"text/plain": said}


def test_all_frames_of_a_picture_count():
    file = BytesIO()
    frames = [Image.new("1", (4000, 4000), number % 2) for number in range(3)]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    assert clean_pictures({"image/png": base64.b64encode(file.getvalue()).decode()}) == {}


def test_a_picture_is_measured_before_it_is_unfolded(monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("was unfolded"))
    assert clean_pictures({"image/png": png(16_000, 16_000)}) == {}
    assert clean_pictures({"image/png": png()}) == {"image/png": png()}


@given(st.lists(st.sampled_from(["\n", " ", "\x1b[1m", "\x00", "\x85", "\u2028", "\r\n", "\x1c"])))
def test_what_can_be_cleaned_out_of_a_picture_is(dirt):
    text = "".join(one + part for one, part in zip_longest(dirt, png(), fillvalue=""))
    assert clean_pictures({"image/png": text}) == {"image/png": png()}


@pytest.mark.parametrize("data", [None, 3, "text", ["image/png"]])
def test_no_bundle_no_pictures(data):
    assert clean_pictures(data) == {}


def test_errors_are_text():
    error = {
        "output_type": "error",
        "ename": "E\x1b[1m",
        "evalue": ["a", "b"],
        "traceback": ["<b>", 3],
    }
    (output,) = clean_outputs([error])
    assert output == new_output("error", ename="E", evalue="ab", traceback=["<b>", ""])


def test_too_many_outputs_are_dropped_and_counted():
    cleaned = clean_outputs([stream("x")] * (MAX_OUTPUTS + 5))
    assert len(cleaned) == MAX_OUTPUTS
    assert cleaned[-1].text == "… 6 more outputs dropped …\n"
    assert clean_outputs(as_read_again(cleaned)) == cleaned
    assert len(clean_outputs([stream("x")] * MAX_OUTPUTS)) == MAX_OUTPUTS


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
outputs = st.dictionaries(
    st.sampled_from(["output_type", "data", "text", "name", "ename", "evalue", "traceback"]),
    values | st.sampled_from(["stream", "error", "display_data", "execute_result", "update"]),
)


@given(values | st.lists(outputs | values, max_size=4))
def test_whatever_comes_the_outputs_are_valid(found):
    cell = nbformat.v4.new_code_cell(id="a", outputs=as_handed_in(found))
    nbformat.validate(new_notebook(cells=[cell]))
    for keep in (False, True):
        cleaned = clean_outputs(found, keep_results=keep)
        assert clean_outputs(as_read_again(cleaned), keep_results=keep) == cleaned


@given(st.text() | st.lists(st.text(), max_size=3), st.integers(1, 30))
def test_to_clean_text_again_changes_nothing(text, limit):
    assert plain(plain(text, limit), limit) == plain(text, limit)


def test_what_was_cleaned_is_taken_as_it_is():
    (cleaned,) = clean_outputs([display(text_plain="x")])
    assert clean_outputs([cleaned])[0] is cleaned


def test_nothing_that_was_read_or_copied_counts_as_cleaned():
    """By its type: there is nothing that a file could say."""
    (cleaned,) = clean_outputs([display(text_plain="x")])
    for copy in (nbformat.from_dict(cleaned), *as_read_again([cleaned])):
        copy.data["text/html"] = "<script>"
        assert "text/html" not in clean_outputs([copy])[0].data


def test_a_clean_result_becomes_a_display_where_results_are_not_kept():
    result = {"output_type": "execute_result", "data": {"text/plain": "4.0"}}
    cleaned = clean_outputs([result], keep_results=True)
    assert clean_outputs(cleaned)[0].output_type == "display_data"


def test_text_of_all_outputs():
    found = [
        stream("a\n"),
        display(text_plain="b", text_html="<b>"),
        {"output_type": "error", "traceback": ["c", "\x1b[1md"]},
        {"output_type": "display_data", "data": 5},
    ]
    assert as_text(found) == "a\nb\nc\nd\n\n"


def result(passed, **changes):
    checks = [
        CheckResult("test_a", "Does <a>", 3.0, PASSED),
        CheckResult(
            "test_b", "Does b", 1.0, *([PASSED] if passed else [FAILED, "values", "<wrong>"])
        ),
    ]
    return ExerciseResult("one", "check_one", 4.0, checks, **changes)


def graded_cell(outputs, points=4):
    metadata = {"nbgrader": {"grade": True, "solution": False, "points": points}}
    return nbformat.v4.new_code_cell("check()", metadata=metadata, outputs=outputs)


@pytest.mark.parametrize(("passed", "score"), [(True, 4.0), (False, 3.0)])
def test_nbgrader_reads_the_score_whatever_was_printed(passed, score):
    written = graded_outputs(result(passed), "4.0\n0.0", full=False)
    assert determine_grade(graded_cell(written)) == (score, 4.0)


def test_graded_cells_show_text_as_text():
    page = graded_outputs(result(False), "", full=True)[1].data["text/html"]
    assert "&lt;wrong&gt;" in page
    assert "Does &lt;a&gt;" in page


def test_own_output_comes_last_and_only_if_there_is_one():
    assert len(graded_outputs(result(True), " \n", full=False)) == 2
    assert graded_outputs(result(True), "x", full=False)[-1].text == "your output:\nx"


@pytest.mark.parametrize(
    ("said", "passed", "score"),
    [
        ([], True, 4),
        (["2.5"], True, 2.5),
        (["'text'"], True, 4),
        (["nan"], True, 0),
        (["5"], True, 0),
        (["-1"], True, 0),
        (["inf"], True, 0),
        ([], False, 0),
        (["4.0"], False, 0),
        (["4.0", "nan"], True, 4),
    ],
)
def test_scores_of_ordinary_courses(said, passed, score):
    found = [new_output("execute_result", data={"text/plain": text}) for text in said]
    written = stock_outputs([*clean_outputs(found, keep_results=True)], 4.0, passed=passed)
    assert determine_grade(graded_cell(written)) == (score, 4)


def test_notes_are_text_in_a_cell_of_their_own():
    cell = notes_cell(["one\x1b[1m", "<b>two</b>"])
    assert cell.outputs[0].text == "- one\n- <b>two</b>\n"
    assert "nbgrader" not in cell.metadata
