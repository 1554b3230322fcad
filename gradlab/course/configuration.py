"""`nbgrader_config.py`, read once and as nbgrader reads it: the system's, the user's, the course's.

nbgrader goes on after a configuration that does not load, with its own steps, which run student
code without a sandbox. So GradLab loads it strictly, and grades nothing unless its steps are there.
"""

import logging
import re
import traceback
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde
from nbgrader.exchange import default
from traitlets import TraitError
from traitlets.config import Config, Configurable

from gradlab.errors import CourseError

CONFIG = "nbgrader_config.py"
REBUILD = "gradlab.grading.preprocessors.RebuildNotebook"
JUDGE = "gradlab.grading.preprocessors.RunAndJudge"
SAVE = "SaveAutoGrades"
UNSAFE = "nbgrader.preprocessors.Execute"
EXTENSION = "docs/instructors.md shows the two lists"


def load_configuration(root: Path, extra: Sequence[type[Configurable]] = ()) -> NbGrader:
    """An nbgrader application with the configuration of the course in `root`.

    Args:
        root: the course's folder.
        extra: classes besides nbgrader's own whose options are known.

    Raises:
        CourseError: a file does not load, an option does not exist or has a bad value.
    """
    app = NbGrader(log_level=logging.CRITICAL, raise_config_file_errors=True)
    reported = _Reported(logging.CRITICAL)
    app.log.handlers, before = [reported], app.log.handlers
    try:
        app.initialize([], root=str(root))
    except Exception as error:  # the instructor's own code: it may raise anything
        raise CourseError(_does_not_load(root, error)) from error
    except SystemExit:  # nbgrader's way to end after a bad value, which it has logged
        told = " ".join(reported.lines) or "does not load: it ends the program"
        raise CourseError(f"{root / CONFIG}: {told}") from None
    finally:
        app.log.handlers = before
    for problem in _unknown_options(app, extra):
        raise CourseError(_located(root, *problem))
    return app


def configured(root: Path, kind: type[Configurable], app: NbGrader) -> Any:
    """An instance of `kind` with its options; raises CourseError for a bad value."""
    try:
        return kind(parent=app)
    except TraitError as error:
        raise CourseError(f"{root / CONFIG}: {error}") from error


def require_steps(root: Path, app: NbGrader) -> None:
    """Raise CourseError unless nbgrader's lists hold the steps that GradLab grades by."""
    converter = configured(root, Autograde, app)
    sanitizing = list(map(_name, converter.sanitize_preprocessors))
    autograding = list(map(_name, converter.autograde_preprocessors))
    _require(root, "Autograde.sanitize_preprocessors", REBUILD, sanitizing, "as its first step")
    _require(root, "Autograde.autograde_preprocessors", JUDGE, autograding, "as its first step")
    if UNSAFE in (*sanitizing, *autograding):
        text = f"holds {UNSAFE}, which runs student code without a sandbox; remove it"
        raise CourseError(f"{root / CONFIG}: c.Autograde {text}")
    for name, section in _sections(app.config):
        if section.get("enabled") is False and name in _classes_of(sanitizing[0], autograding[0]):
            text = f"c.{name}.enabled is False, so nothing would be judged; remove that line"
            raise CourseError(_located(root, text, f"{name}.enabled"))


def problem_of(root: Path) -> str:
    """Why the course in `root` cannot grade as it is configured, or ''."""
    try:
        require_steps(root, load_configuration(root))
    except CourseError as error:
        return str(error)
    return ""


class _Reported(logging.Handler):
    """Keeps what would have been logged."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _require(root: Path, trait: str, step: str, steps: list[str], where: str) -> None:
    if steps[:1] == [step]:
        return
    how = f"put it {where}" if step in steps else f'add "{step}" {where}'
    state = "does not begin with" if step in steps else "lacks"
    raise CourseError(
        f"{root / CONFIG}: c.{trait} {state} {step.rpartition('.')[2]}; nothing is graded without "
        f"it, since nbgrader's own steps run student code without a sandbox and see no hidden "
        f"checks: {how} ({EXTENSION})"
    )


def _name(step: Any) -> str:
    """A step's full name; nbgrader's own classes go by their public one."""
    if isinstance(step, str):
        return step
    module = step.__module__
    module = "nbgrader.preprocessors" if module.startswith("nbgrader.") else module
    return f"{module}.{step.__name__}"


def _classes_of(*steps: str) -> set[str]:
    """The names under which options of these steps may stand."""
    from traitlets.utils.importstring import import_item

    return {kind.__name__ for step in steps for kind in import_item(step).__mro__}


def _does_not_load(root: Path, error: Exception) -> str:
    """Which file and line, and what is wrong there."""
    path, number = root / CONFIG, 0
    if isinstance(error, SyntaxError):
        path, number = Path(error.filename or path), error.lineno or 0
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.endswith(("_config.py", "_config.json")):
            path, number = Path(frame.filename), frame.lineno or 0
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    line = f", line {number}" if number else ""
    text = f"{type(error).__name__}: {what}".strip().splitlines()[0]
    return f"{path}{line}: does not load: {text}; nothing is graded until it does"


def _unknown_options(
    app: NbGrader, extra: Sequence[type[Configurable]]
) -> Iterator[tuple[str, str]]:
    """What is misspelt, and how it stands in the file."""
    known: dict[str, set[str]] = {}
    theirs = [getattr(default, name) for name in default.__all__]  # which nbgrader does not list
    for kind in (*app.all_configurable_classes(), *theirs, *extra):
        # two of one name, as `Exchange`, share their options
        if not hasattr(kind, "class_trait_names"):
            continue
        known.setdefault(kind.__name__, set()).update(kind.class_trait_names(config=True))
    for name, section in _sections(app.config):
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.8)
            if near:
                yield f"c.{name} is nobody's; did you mean c.{near[0]}?", name
            continue
        for option in sorted(section.keys() - known[name]):
            near = get_close_matches(option, known[name], n=1, cutoff=0.5)
            hint = (
                f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known[name]))}"
            )
            yield f"c.{name}.{option} is no option; {hint}", f"{name}.{option}"


def _sections(config: Config) -> Iterator[tuple[str, Config]]:
    for name, section in config.items():
        if isinstance(section, Config):
            yield name, section


def _located(root: Path, text: str, words: str) -> str:
    """With the line of the course's file that holds the words, if one does."""
    path = root / CONFIG
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        if re.search(rf"\b{re.escape(words)}\b", line) and not line.lstrip().startswith("#"):
            return f"{path}, line {number}: {text}"
    return f"{path} (or a configuration of the user or the system): {text}"
