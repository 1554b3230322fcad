"""`lab.toml`: one typed, versioned file of settings per lab."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gradlab.errors import CourseError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LimitSettings(_Strict):
    """What one submission may use; seconds are wall-clock time."""

    cell_seconds: float = Field(30.0, gt=0, le=3600)
    call_seconds: float = Field(10.0, gt=0, le=600)
    memory_mib: int = Field(2048, ge=256)


class LabSettings(_Strict):
    """The content of a `lab.toml`. `packages` is all a student's kernel may import."""

    version: int = Field(ge=1, le=1)
    title: str = Field(min_length=3)
    order: int = Field(ge=1)
    summary: str = Field(min_length=10)
    minutes: int = Field(ge=10, le=600)
    packages: tuple[str, ...] = ("numpy", "matplotlib")
    limits: LimitSettings = LimitSettings()


def read_settings(path: Path) -> LabSettings:
    """Read and validate a `lab.toml`.

    Raises:
        CourseError: missing, not TOML, unknown or missing keys, values out of range.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(f"{path}: {error.strerror}; `gradlab new` writes a template") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: is not valid TOML: {error}") from error
    if isinstance(data.get("packages"), list):
        data["packages"] = tuple(data["packages"])
    try:
        return LabSettings.model_validate(data)
    except ValidationError as error:
        raise CourseError(f"{path}: {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    """The most telling of pydantic's findings in one line, with a count of the others."""
    first, *others = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(others)} more)" if others else ""
    if first["type"] == "extra_forbidden":
        model = LimitSettings if len(first["loc"]) > 1 else LabSettings
        known = ", ".join(model.model_fields)
        return f"unknown key {where!r}{more}; known keys are {known}"
    return f"{where!r}: {first['msg'].lower()}{more}"
