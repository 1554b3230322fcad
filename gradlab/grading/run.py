"""Grading one notebook: run its cells in a kernel, judge its exercises from outside.

The loop below is the whole of it. A cell or a call that kills or hangs the kernel costs one
exercise: the kernel is started again and the cells that did run are run again. A cell during which
it died gets a second try, since an earlier one may have ordered that. All of it together takes
`Options.max_seconds` at most; what has not been judged by then scores 0.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from gradlab.errors import KernelDied
from gradlab.grading.belonging import MISSING, gradlab_of, is_answer, is_graded, nbgrader_of
from gradlab.grading.outputs import (
    as_handed_in,
    as_text,
    clean_outputs,
    graded_outputs,
    plain,
    remark,
    stock_outputs,
)
from gradlab.grading.reasons import (
    BLANK,
    DID_NOT_RUN,
    NO_RESTARTS,
    NO_TIME,
    STILL_THERE,
    UNDEFINED,
)
from gradlab.judge.diagnose import Diagnostician
from gradlab.judge.failures import TOO_SLOW
from gradlab.judge.results import FAILED, CheckResult, ExerciseResult
from gradlab.judge.subject import Channel, Student
from gradlab.judge.suite import Verdict
from gradlab.kernel.limits import Limits
from gradlab.kernel.session import KernelSession

STOPPED = (NO_RESTARTS, NO_TIME)
LEAST_SECONDS = 0.1
MAX_NAME = 80
MAX_LOOKED_AT = 100_000


@dataclass(frozen=True)
class Options:
    """What grading a notebook needs to know."""

    run_experiments: bool = False
    feedback: str = "summary"
    max_restarts: int = 20
    max_seconds: float = 900


@dataclass
class NotebookRun:
    """The grading of one notebook. `judge` is None in courses that GradLab has no checks for.

    `timed_out` says that a limit on time has decided something; a busy machine may have a part in
    that, so such a verdict is not recorded before it was found a second time, alone.
    """

    session: KernelSession
    limits: Limits
    options: Options
    judge: Diagnostician | None
    results: list[ExerciseResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    timed_out: bool = False
    _ran: list[NotebookNode] = field(default_factory=list)
    _experiments: list[NotebookNode] = field(default_factory=list)
    _unchanged: dict[str, str] = field(default_factory=dict)
    _broken: dict[str, str] = field(default_factory=dict)
    _error: str = ""
    _restarts: int = 0
    _deadline: float = float("inf")

    def grade(
        self, notebook: NotebookNode, progress: Callable[[str], None] = lambda _: None
    ) -> None:
        """Run and judge all cells in order; fills outputs, `results` and `notes`."""
        self._deadline = time.monotonic() + self.options.max_seconds
        released = filter(_is_as_released, notebook.cells)
        self._unchanged = {cell.id: gradlab_of(cell).get(MISSING, BLANK) for cell in released}
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
        """One of the student's cells, or a graded cell of an ordinary course."""
        status = self._execute(cell)
        if status in ("ok", "error"):
            self._ran.append(cell)
        if status == "error":
            self._broken |= dict.fromkeys(_names_defined(cell.source), self._error)
        cell.outputs = clean_outputs(cell.outputs, keep_results=is_graded(cell))
        if is_graded(cell):
            points = float(cell.metadata.nbgrader["points"])
            cell.outputs = stock_outputs(cell.outputs, points, passed=status == "ok")

    def _execute(self, cell: NotebookNode) -> str:
        """Run a cell; a hang or a death is told in its outputs and the kernel started again."""
        stopped = self._stopped()
        if stopped:
            cell.outputs = [remark(stopped)]
            return "stopped"
        status = self._run(cell)
        if status == "died" and not self._stopped():
            status = self._run(cell)
        if status == "timeout":
            self.timed_out = True
            cell.outputs.append(remark(f"stopped after {self.limits.cell_seconds:g} s"))
            self.notes.append(f"cell {cell.id!r} ran longer than {self.limits.cell_seconds:g} s")
        elif status == "died":
            cell.execution_count = None  # whether it was told before the end is chance
            cell.outputs.append(remark("this cell killed the kernel"))
            self.notes.append(f"cell {cell.id!r} killed the kernel")
        return status

    def _run(self, cell: NotebookNode) -> str:
        try:
            outcome = self.session.run(cell)
            self._error = plain(f"{outcome.error_name}: {outcome.error_message}", 300)
            return outcome.status
        except KernelDied:  # a moment ago it was alive
            cell.outputs = []
            return "died"

    def _stopped(self) -> str:
        """Make sure there is a kernel in which the student's cells have run, or say why not."""
        while not self._no_time():
            if self.session.alive:
                return ""
            if self._restarts >= self.options.max_restarts:
                return NO_RESTARTS
            self._restarts += 1
            self.session.restart()
            self._replay()
        return NO_TIME

    def _no_time(self) -> bool:
        over = time.monotonic() > self._deadline
        self.timed_out |= over
        return over

    def _replay(self) -> None:
        """Run again what ran before; a cell that does not come back is left out from here on."""
        for cell in list(self._ran):
            copy = NotebookNode(cell | {"outputs": []})
            if self._run(copy) in ("died", "timeout"):
                self._ran.remove(cell)
            if not self.session.alive or self._no_time():
                return

    def _grade_check(self, cell: NotebookNode, judge: Diagnostician) -> None:
        name, points = gradlab_of(cell)["check"], float(cell.metadata.nbgrader["points"])
        judge.require_sound(name)
        self._execute(cell)
        own_output = as_text(cell.outputs)
        full = self.options.feedback == "full"
        verdict, printed = self._judge(name, judge)
        diagnosis = judge.diagnose(name, verdict)
        result = ExerciseResult(
            name,
            str(cell.metadata.nbgrader["grade_id"]),
            points,
            [_presentable(self._explained(check)) for check in verdict.checks],
            diagnosis,
            self._reason(name, verdict),
        )
        self.results.append(result)
        if full:  # what a function prints when it is judged tells the hidden inputs
            own_output = plain(own_output + "".join(printed))
        cell.outputs = graded_outputs(result, own_output, full=full)

    def _judge(self, name: str, judge: Diagnostician) -> tuple[Verdict, list[str]]:
        """The verdict; a second one if a name was missing that an experiment defines."""
        verdict, printed = self._ask(name, judge)
        missing = _missing_names(verdict)
        if missing and self._run_experiments_defining(missing):
            verdict, printed = self._ask(name, judge)
        return verdict, printed

    def _ask(self, name: str, judge: Diagnostician) -> tuple[Verdict, list[str]]:
        stopped = self._stopped()
        if stopped:
            return _unjudged(judge, name, stopped), []
        try:
            with self.session.channel() as channel:
                student = Student(_InTime(channel, self._deadline), self.limits.call_seconds)
                verdict = judge.suite.judge(name, student)
        except (KernelDied, ConnectionError):
            return _unjudged(judge, name, "the kernel died before the call"), []
        self.timed_out |= any(check.kind == TOO_SLOW for check in verdict.checks)
        return verdict, student.printed

    def _reason(self, name: str, verdict: Verdict) -> str:
        """Why an exercise earned nothing, where that is not in its checks."""
        broken = [self._broken[one] for one in _missing_names(verdict) if one in self._broken]
        if broken:
            return f"{DID_NOT_RUN}: {broken[0]}"
        return _reason(verdict.checks, self._unchanged.get(name, STILL_THERE))

    def _explained(self, check: CheckResult) -> CheckResult:
        """A NameError that follows from a cell that did not run is no finding of its own."""
        follows = not self._broken.keys().isdisjoint(_missing_names(Verdict([check], {})))
        return replace(check, message=UNDEFINED, detail="") if follows else check

    def _run_experiments_defining(self, names: set[str]) -> bool:
        """Run the experiments so far that define one of `names`; whether there were any."""
        wanted = [cell for cell in self._experiments if _defines(cell.source, names)]
        for cell in wanted:
            self._experiments.remove(cell)
            self._run_cell(cell)
        return bool(wanted)


@dataclass(frozen=True)
class _InTime:
    """A channel whose calls end when the submission's time does."""

    channel: Channel
    deadline: float

    def request(self, payload: bytes, seconds: float) -> bytes:
        left = max(LEAST_SECONDS, self.deadline - time.monotonic())
        return self.channel.request(payload, min(seconds, left))


def _presentable(check: CheckResult) -> CheckResult:
    """The same result with every text made harmless and short."""
    message, case, detail = plain(check.message, 500), plain(check.case, 200), check.detail
    return replace(check, message=message, case=case, detail=plain(detail, 2000))


def _is_as_released(cell: NotebookNode) -> bool:
    """Whether an answer has the text that nbgrader released, by nbgrader's own checksum."""
    known = nbgrader_of(cell).get("checksum")
    return bool(is_answer(cell) and known and known == compute_checksum(cell))


def _reason(checks: list[CheckResult], stub: str) -> str:
    failed = [check for check in checks if check.status == FAILED]
    if failed and all(check.message.startswith("raised NotImplementedError") for check in failed):
        return stub
    return next((check.message for check in failed if check.message in STOPPED), "")


def _unjudged(judge: Diagnostician, name: str, why: str) -> Verdict:
    checks = judge.suite.checks[name]
    failed = [CheckResult(c.name, c.title, c.weight, FAILED, "died", why) for c in checks]
    return Verdict(failed, {})


def _missing_names(verdict: Verdict) -> set[str]:
    """Names that a NameError of the student's code complained about."""
    found = set()
    for check in verdict.checks:
        head, _, rest = check.message.partition("raised NameError: name '")
        name = rest.partition("'")[0]
        if not head and name.isidentifier() and len(name) <= MAX_NAME:
            found.add(name)
    return found


def _names_defined(source: str) -> list[str]:
    """Functions, classes and values that a cell was to define at its left margin."""
    return re.findall(
        r"^(?:(?:async +)?def +|class +)?(\w+) *(?=[(:=])", source[:MAX_LOOKED_AT], re.M
    )


def _defines(source: str, names: set[str]) -> bool:
    """Whether a cell seems to assign, import or define one of `names`.

    By its words: to parse what nobody has read could take all the memory there is.
    """
    any_name = rf"(?:{'|'.join(map(re.escape, sorted(names)))})\b"
    forms = (
        rf"\b(?:def|class|import|as|for)\b[^\n]{{0,200}}\b{any_name}",
        rf"\b{any_name}[^\n=]{{0,200}}=(?!=)",
    )
    return any(re.search(form, source) for form in forms)
