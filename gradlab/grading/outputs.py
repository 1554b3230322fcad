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
from nbformat.v4 import new_output

from gradlab.judge.results import ExerciseResult

MAX_TEXT = 20_000
MAX_OUTPUTS = 50
MAX_PICTURE = 2 * 2**20
PICTURES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8"}
ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TRUNCATED = "\n… truncated by GradLab …\n"

_pages = Environment(
    loader=PackageLoader("gradlab.grading"), autoescape=True, undefined=StrictUndefined
)


def plain(text: object, limit: int = MAX_TEXT) -> str:
    """Text without terminal escapes, control and bidirectional characters, at most `limit` long."""
    found = "".join(text) if isinstance(text, list) else str(text)
    cut = ANSI.sub("", found[: 2 * limit])
    clean = CONTROL.sub("", cut.replace("\r\n", "\n").replace("\r", "\n"))
    return clean if len(clean) <= limit else clean[:limit] + TRUNCATED


def clean_outputs(outputs: list[Any]) -> list[NotebookNode]:
    """A student's outputs as harmless data, in order; more than `MAX_OUTPUTS` are dropped."""
    cleaned = [found for item in outputs[:MAX_OUTPUTS] if (found := _clean(item)) is not None]
    if len(outputs) > MAX_OUTPUTS:
        cleaned.append(_stream(f"… {len(outputs) - MAX_OUTPUTS} more outputs dropped …\n"))
    return cleaned


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
    outputs = [_stream(sentence), new_output("execute_result", data=data, execution_count=None)]
    if own_output.strip():
        outputs.append(_stream("your output:\n" + own_output))
    return outputs


def as_handed_in(outputs: list[Any]) -> list[NotebookNode]:
    """An experiment's submitted outputs, cleaned and labelled."""
    return [_stream("[as handed in, not re-run]\n"), *clean_outputs(outputs)]


def remark(text: str) -> NotebookNode:
    """A sentence of the trusted side among a cell's outputs."""
    return _stream(f"[GradLab: {text}]\n")


def _stream(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def _clean(output: Any) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=plain(output.get("text", "")))
    if kind == "error":
        return new_output(
            "error",
            ename=plain(output.get("ename", ""), 200),
            evalue=plain(output.get("evalue", ""), 2000),
            traceback=[plain(line, 4000) for line in list(output.get("traceback", []))[:50]],
        )
    if kind in ("display_data", "execute_result"):
        return new_output("display_data", data=_clean_data(output.get("data", {})))
    return None


def _clean_data(data: Any) -> dict[str, str]:
    """Pictures whose bytes are what they claim to be, and plain text."""
    kept = {}
    for mime, magic in PICTURES.items():
        picture = data.get(mime)
        if isinstance(picture, str) and _is_picture(picture, magic):
            kept[mime] = picture
    text = data.get("text/plain")
    dropped = ", ".join(plain(mime, 40) for mime in sorted(data)[:5] if mime not in PICTURES)
    kept["text/plain"] = plain(text) if text is not None else f"[{dropped} is not shown]"
    return kept


def _is_picture(text: str, magic: bytes) -> bool:
    try:
        return len(text) < MAX_PICTURE and base64.b64decode(text).startswith(magic)
    except (binascii.Error, ValueError):
        return False


def _text_of(output: Any) -> str:
    kind = output.get("output_type")
    if kind == "stream":
        return plain(output.get("text", ""))
    if kind == "error":
        lines = list(output.get("traceback", []))[:50]
        return plain("\n".join(plain(line, 4000) for line in lines)) + "\n"
    return plain(output.get("data", {}).get("text/plain", "")) + "\n"
