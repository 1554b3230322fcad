"""Grading one notebook: run its cells in a kernel, judge its exercises from outside.

The loop below is the whole of it. A cell or a call that kills or hangs the kernel costs one
exercise: the kernel is started again and the cells that did run are run again.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from nbformat import NotebookNode

from gradlab.grading.outputs import (
    as_handed_in,
    as_text,
    clean_outputs,
    graded_outputs,
    plain,
    remark,
)
from gradlab.grading.rebuild import gradlab_of, is_graded
from gradlab.judge.diagnose import Diagnostician
from gradlab.judge.results import FAILED, CheckResult, ExerciseResult
from gradlab.judge.subject import Student
from gradlab.judge.suite import Verdict
from gradlab.kernel.limits import Limits
from gradlab.kernel.session import KernelSession

BLANK = "left blank"
STOPPED = "not judged: the notebook used up its kernel restarts"


@dataclass(frozen=True)
class Options:
    """What grading a notebook needs to know."""

    run_experiments: bool = False
    feedback: str = "summary"
    max_restarts: int = 20


@dataclass
class NotebookRun:
    """The grading of one notebook. `judge` is None in courses that GradLab has no checks for."""

    session: KernelSession
    limits: Limits
    options: Options
    judge: Diagnostician | None
    results: list[ExerciseResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _ran: list[NotebookNode] = field(default_factory=list)
    _experiments: list[NotebookNode] = field(default_factory=list)
    _restarts: int = 0

    def grade(
        self, notebook: NotebookNode, progress: Callable[[str], None] = lambda _: None
    ) -> None:
        """Run and judge all cells in order; fills outputs, `results` and `notes`."""
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            if self.judge is not None and gradlab_of(cell).get("check"):
                progress(gradlab_of(cell)["check"])
                self._grade_check(cell, self.judge)
            elif gradlab_of(cell).get("experiment") and not self.options.run_experiments:
                self._experiments.append(cell)
                cell.outputs = as_handed_in(cell.outputs)
            else:
                self._run_cell(cell)

    def _run_cell(self, cell: NotebookNode) -> None:
        """One of the student's cells. A stock graded cell keeps its outputs, nbgrader's score."""
        status = self._execute(cell)
        if status in ("ok", "error"):
            self._ran.append(cell)
        if not is_graded(cell):
            cell.outputs = clean_outputs(cell.outputs)

    def _execute(self, cell: NotebookNode) -> str:
        """Run a cell; a hang or a death is told in its outputs and the kernel started again."""
        if not self._alive():
            cell.outputs = [remark(STOPPED)]
            return "stopped"
        status = self.session.run(cell).status
        if status == "timeout":
            cell.outputs.append(remark(f"stopped after {self.limits.cell_seconds:g} s"))
            self.notes.append(f"cell {cell.id!r} ran longer than {self.limits.cell_seconds:g} s")
        elif status == "died":
            cell.outputs.append(remark("this cell killed the kernel"))
            self.notes.append(f"cell {cell.id!r} killed the kernel")
        return status

    def _alive(self) -> bool:
        """Make sure there is a kernel in which the student's cells have run; False at the limit."""
        while not self.session.alive:
            if self._restarts >= self.options.max_restarts:
                return False
            self._restarts += 1
            self.session.restart()
            self._replay()
        return True

    def _replay(self) -> None:
        """Run again what ran before; a cell that does not come back is left out from here on."""
        for cell in list(self._ran):
            copy = NotebookNode(cell | {"outputs": []})
            if self.session.run(copy).status in ("died", "timeout"):
                self._ran.remove(cell)
            if not self.session.alive:
                return

    def _grade_check(self, cell: NotebookNode, judge: Diagnostician) -> None:
        name, points = gradlab_of(cell)["check"], float(cell.metadata.nbgrader["points"])
        self._execute(cell)
        own_output = as_text(cell.outputs)
        verdict, printed = self._judge(name, judge)
        diagnosis = judge.diagnose(name, verdict)
        result = ExerciseResult(
            name,
            str(cell.metadata.nbgrader["grade_id"]),
            points,
            [_presentable(check) for check in verdict.checks],
            diagnosis,
            _reason(verdict.checks),
        )
        self.results.append(result)
        own_output = plain(own_output + "".join(printed))
        cell.outputs = graded_outputs(result, own_output, full=self.options.feedback == "full")

    def _judge(self, name: str, judge: Diagnostician) -> tuple[Verdict, list[str]]:
        """The verdict; a second one if a name was missing that an experiment defines."""
        verdict, printed = self._ask(name, judge)
        missing = _missing_names(verdict)
        if missing and self._run_experiments_defining(missing):
            verdict, printed = self._ask(name, judge)
        return verdict, printed

    def _ask(self, name: str, judge: Diagnostician) -> tuple[Verdict, list[str]]:
        if not self._alive():
            return _stopped(judge, name), []
        with self.session.channel() as channel:
            student = Student(channel, self.limits.call_seconds)
            verdict = judge.suite.judge(name, student)
        return verdict, student.printed

    def _run_experiments_defining(self, names: set[str]) -> bool:
        """Run the experiments so far that define one of `names`; whether there were any."""
        wanted = [cell for cell in self._experiments if names & _defined_names(cell.source)]
        for cell in wanted:
            self._experiments.remove(cell)
            self._run_cell(cell)
        return bool(wanted)


def _presentable(check: CheckResult) -> CheckResult:
    """The same result with every text made harmless and short."""
    return CheckResult(
        check.name,
        check.title,
        check.weight,
        check.status,
        check.kind,
        plain(check.message, 500),
        plain(check.case, 200),
        plain(check.detail, 2000),
    )


def _reason(checks: list[CheckResult]) -> str:
    failed = [check for check in checks if check.status == FAILED]
    if failed and all(check.message.startswith("raised NotImplementedError") for check in failed):
        return BLANK
    return next((check.message for check in failed if check.message == STOPPED), "")


def _stopped(judge: Diagnostician, name: str) -> Verdict:
    checks = judge.suite.checks[name]
    failed = [CheckResult(c.name, c.title, c.weight, FAILED, "died", STOPPED) for c in checks]
    return Verdict(failed, {})


def _missing_names(verdict: Verdict) -> set[str]:
    """Names that a NameError of the student's code complained about."""
    found = set()
    for check in verdict.checks:
        head, _, rest = check.message.partition("raised NameError: name '")
        if not head and rest:
            found.add(rest.partition("'")[0])
    return found


def _defined_names(source: str) -> set[str]:
    """Names that a cell assigns, imports or defines; none if it is no plain Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
             and isinstance(node.ctx, ast.Store)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return names
