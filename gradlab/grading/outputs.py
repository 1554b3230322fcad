"""What a reader gets to see: outputs rebuilt by the trusted side from data that nobody trusts.

Of a student's outputs only plain text and raster pictures are kept, bounded; HTML, SVG, scripts
and widgets are replaced by their plain text. A graded cell's outputs are written here, from the
verdict, and nothing the kernel printed can be read as a score.
"""

import base64
import binascii
import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from nbformat import NotebookNode

from gradlab.grading.pictures import FORMATS, is_shown
from gradlab.judge.results import ExerciseResult

MAX_TEXT = 20_000
MAX_OUTPUTS = 50
MAX_PICTURE = 2 * 2**20
DISPLAYS = ("display_data", "execute_result")
ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TRUNCATED = "\n… truncated by GradLab …\n"

_pages = Environment(
    loader=PackageLoader("gradlab.grading"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
)


class Clean(NotebookNode):  # type: ignore[misc]
    """An output that this module has made: valid nbformat, cleaned and bounded.

    It needs no cleaning again. What was read from a file or came from a kernel is none, whatever
    it says; nor is a copy that nbformat made.
    """


def plain(text: object, limit: int = MAX_TEXT) -> str:
    """Text without terminal escapes, control and bidirectional characters, at most `limit` long.

    A list of texts is joined, as nbformat does; anything else is no text and becomes "".
    """
    parts = text if isinstance(text, list) else [text]
    found = "".join(part for part in parts if isinstance(part, str))
    cut = ANSI.sub("", found[: 2 * limit])
    clean = CONTROL.sub("", cut.replace("\r\n", "\n").replace("\r", "\n"))
    return clean if len(clean) <= limit else clean[:limit] + TRUNCATED


def line(text: str) -> str:
    """The same on one line of at most about 300 characters."""
    return " ".join(plain(text, 300).split())


def clean_outputs(outputs: Any, *, keep_results: bool = False) -> list[NotebookNode]:
    """A student's outputs as harmless data, in order; more than `MAX_OUTPUTS` are dropped.

    A result becomes a display; `keep_results` leaves it one, because nbgrader reads a score from
    the results of graded cells in ordinary courses. To clean what has been cleaned and written to
    a file changes nothing.
    """
    outputs = _items(outputs)
    kept = len(outputs) if len(outputs) <= MAX_OUTPUTS else MAX_OUTPUTS - 1
    found = [_cleaned(item, keep_results) for item in outputs[:kept]]
    cleaned = [output for output in found if output is not None]
    if kept < len(outputs):
        cleaned.append(_stream(f"… {len(outputs) - kept} more outputs dropped …\n"))
    return cleaned


def clean_pictures(bundle: Any) -> dict[str, str]:
    """Of representations by media type the pictures whose bytes are what they claim to be."""
    found = bundle if isinstance(bundle, dict) else {}
    pictures = {mime: _picture(found.get(mime), mime) for mime in FORMATS}
    return {mime: picture for mime, picture in pictures.items() if picture}


def as_text(outputs: list[Any]) -> str:
    """All that outputs say in plain text: streams, results' text, tracebacks."""
    return plain("".join(_text_of(item) for item in outputs[: 10 * MAX_OUTPUTS]))


def graded_outputs(result: ExerciseResult, own_output: str, *, full: bool) -> list[NotebookNode]:
    """The outputs of a graded cell: a sentence, the score with its table, the student's output.

    nbgrader takes the first execute_result's plain text as the score, so that is the score alone.
    """
    passed = sum(check.passed for check in result.checks)
    sentence = (
        f"{result.name}: {result.score:g} of {result.points:g} points, "
        f"{passed} of {len(result.checks)} checks passed\n"
    )
    page = _pages.get_template("checks.html.j2").render(result=result, full=full)
    data = {"text/plain": repr(float(result.score)), "text/html": page}
    outputs = [_stream(sentence), _display("execute_result", data)]
    if own_output.strip():
        outputs.append(_stream("your output:\n" + own_output))
    return outputs


def stock_outputs(outputs: list[Any], points: float, *, passed: bool) -> list[NotebookNode]:
    """The outputs of a graded cell that nbgrader scores itself, by what it finds first.

    A cell that raised, hung or died has an error first, whatever it printed before. So has one
    whose score is NaN or above the maximum: nbgrader would give full marks, or none to anybody.
    """
    said = [plain(text) for item in outputs if (text := _result_text(item)) is not None]
    if passed and all(_is_score(text, points) for text in said[:1]):
        return outputs
    why = "the cell did not run to its end" if not passed else f"{said[0][:40]!r} is no score"
    return [_error("GradLab", why, [why]), *outputs]


def as_handed_in(outputs: list[Any]) -> list[NotebookNode]:
    """An experiment's submitted outputs, cleaned and labelled; nothing where there are none."""
    if not outputs:
        return []
    return [_stream("[as handed in, not re-run]\n"), *clean_outputs(outputs)]


def remark(text: str) -> NotebookNode:
    """A sentence of the trusted side among a cell's outputs."""
    return _stream(f"[GradLab: {text}]\n")


def notes_cell(notes: list[str]) -> NotebookNode:
    """A cell that tells what was mended or went wrong, for the top of the graded notebook."""
    text = "".join(f"- {plain(note, 500)}\n" for note in notes[:MAX_OUTPUTS])
    source = "# What GradLab has to say about this submission"
    return NotebookNode(
        cell_type="code",
        id="gradlab-notes",
        metadata=NotebookNode(),
        source=source,
        outputs=[_stream(text)],
        execution_count=None,
    )


# nbformat's own constructors validate what they make, at the cost of all the rest of grading.


def _stream(text: str, name: str = "stdout") -> Clean:
    return Clean(output_type="stream", name=name, text=text)


def _error(name: str, value: str, traceback: list[str]) -> Clean:
    return Clean(output_type="error", ename=name, evalue=value, traceback=traceback)


def _display(kind: str, data: dict[str, str]) -> Clean:
    output = Clean(output_type=kind, data=NotebookNode(data), metadata=NotebookNode())
    if kind == "execute_result":
        output.execution_count = None
    return output


def _cleaned(output: Any, keep_results: bool) -> NotebookNode | None:
    """The output itself if it is clean and of a kind that is wanted; else one made of it."""
    if isinstance(output, Clean) and (keep_results or output.output_type != "execute_result"):
        return output
    return _clean(output, keep_results)


def _clean(output: Any, keep_results: bool) -> Clean | None:
    kind = output.get("output_type") if isinstance(output, dict) else None
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return _stream(plain(output.get("text", "")), name)
    if kind == "error":
        return _error(
            plain(output.get("ename", ""), 200),
            plain(output.get("evalue", ""), 2000),
            [plain(line, 4000) for line in _items(output.get("traceback"))[:50]],
        )
    data = _clean_data(output.get("data")) if isinstance(output, dict) else {}
    if kind == "execute_result" and keep_results:
        return _display(kind, data)
    return _display("display_data", data) if kind in DISPLAYS else None


def _clean_data(data: Any) -> dict[str, str]:
    """Pictures, and plain text; of anything else only its name, and that a picture is not shown."""
    data = data if isinstance(data, dict) else {}
    text, pictures = data.get("text/plain"), clean_pictures(data)
    dropped = ", ".join(plain(mime, 40) for mime in sorted(data)[:5] if mime not in FORMATS)
    said = plain(text) if text is not None else f"[{dropped or 'this output'} is not shown]"
    lost = [mime for mime in FORMATS if data.get(mime) and mime not in pictures]
    told = f"\n[{' and '.join(lost)}: too large, or no picture; it is not shown]" if lost else ""
    return {**pictures, "text/plain": said + told}


def _picture(text: Any, mime: str) -> str:
    """The picture in base64 and nothing beside it; "" if there is none, or too large a one.

    Written anew: a decoder skips what is no base64, and a page would show it as markup.
    """
    picture = _decoded(text) or _decoded(plain(text, MAX_PICTURE))
    return base64.b64encode(picture).decode() if is_shown(picture, mime) else ""


def _decoded(text: Any) -> bytes:
    """The bytes of base64 and white space, at most `MAX_PICTURE` of it; b"" of anything else.

    It is nearly always that and nothing else, and so large that searching it for what has to be
    cleaned away takes longer than decoding it.
    """
    if not isinstance(text, str) or len(text) > MAX_PICTURE:
        return b""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _result_text(output: Any) -> object:
    """The text of a cell's value, which nbgrader takes for its score; None of other outputs."""
    found = output.get("data", {}) if output.get("output_type") == "execute_result" else {}
    return found.get("text/plain")


def _is_score(text: str, points: float) -> bool:
    """Whether nbgrader can score it; text that is no number gives full marks, as it always did."""
    try:
        return 0 <= float(text) <= points
    except ValueError:
        return True


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text_of(output: Any) -> str:
    kind = output.get("output_type")
    if kind == "stream":
        return plain(output.get("text", ""))
    if kind == "error":
        lines = _items(output.get("traceback"))[:50]
        return plain("\n".join(plain(line, 4000) for line in lines)) + "\n"
    data = output.get("data")
    return plain(data.get("text/plain", "") if isinstance(data, dict) else "") + "\n"
