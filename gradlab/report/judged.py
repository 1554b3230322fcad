"""Reading the results that grading leaves beside each autograded notebook.

The file lies in a folder that also holds what a student handed in, and its messages quote what
the student's code raised. So it is data like any other: no link is followed, the size is bounded,
every value is checked for type and range, and texts are clipped.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gradlab.errors import SubmissionError
from gradlab.grading.files import NOTHING, fault_of, open_any
from gradlab.judge.results import VERSION, NotebookResult, result_from_json
from gradlab.report.text import clip

MAX_BYTES = 4 * 2**20
MAX_NOTES = 40

Name = Annotated[str, Field(max_length=128), AfterValidator(clip)]
Text = Annotated[str, AfterValidator(clip)]
Number = Annotated[float, Field(ge=0, le=100_000)]


class _Bounded(BaseModel):
    """Keys of later versions are left out, not refused; `version` says what they may mean."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class _Check(_Bounded):
    name: Name
    title: Text
    weight: Number
    status: Literal["passed", "failed", "not run"]
    kind: Name
    message: Text
    case: Text
    detail: Text


class _Diagnosis(_Bounded):
    name: Name
    message: Text


class _Exercise(_Bounded):
    name: Name
    grade_id: Name
    points: Number
    checks: list[_Check] = Field(max_length=500)
    misconception: _Diagnosis | None
    reason: Text


class _Result(_Bounded):
    version: int
    lab: Name
    notebook: Name
    exercises: list[_Exercise] = Field(max_length=500)
    notes: list[Text]
    device: Name


def read_result(path: Path, lab: str, notebook: str) -> NotebookResult:
    """The result at `path`, of that lab and notebook.

    Raises:
        SubmissionError: there is none, or it is damaged; the message is the reason, in a few words.
    """
    try:
        found = _Result.model_validate_json(_read(path))
    except ValidationError as error:
        raise SubmissionError(f"the results file is damaged ({_first_problem(error)})") from error
    if found.version != VERSION:
        raise SubmissionError(f"the results file has version {found.version}, not {VERSION}")
    if (found.lab, found.notebook) != (lab, notebook):
        raise SubmissionError("the results file is of another notebook")
    found.notes = found.notes[:MAX_NOTES]
    return result_from_json(found.model_dump())


def _read(path: Path) -> bytes:
    """At most MAX_BYTES of a regular file: a pipe must not block, a link must not lead away."""
    try:
        kind, file = open_any(path)
        if kind == NOTHING:
            raise SubmissionError("there is no results file")
        if file is None:
            raise SubmissionError(f"the results file {fault_of(kind)}")
        with file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SubmissionError(f"the results file cannot be read ({error.strerror})") from error
    if len(data) > MAX_BYTES:
        raise SubmissionError(f"the results file is larger than {MAX_BYTES // 2**20} MiB")
    return data


def _first_problem(error: ValidationError) -> str:
    """Where and what, without the value: that may be the student's."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return clip(f"{where}: {first['type']}" if where else str(first["type"]), 120)
