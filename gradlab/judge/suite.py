"""A lab's hidden checks, collected once by pytest and run again for each submission.

pytest owns its loop, grading owns another; so pytest runs in a thread of its own and stands
still in `pytest_runtestloop`, which keeps its session open. What it has collected is run by
whoever judges, in the thread that judges.
"""

import importlib
import os
import queue
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pytest

from gradlab.errors import CourseError, KernelLost
from gradlab.judge import failures, plugin
from gradlab.judge.cases import checks_folder
from gradlab.judge.catalogue import Entry, entries_of
from gradlab.judge.checks import (
    Check,
    direct_call,
    new_check,
    require_one_file,
    require_plain_fixtures,
)
from gradlab.judge.record import Record, recording
from gradlab.judge.results import FAILED, NOT_RUN, PASSED, CheckResult
from gradlab.judge.subject import Student

CONFIG = Path(__file__).with_name("suite.ini")
CATALOGUES = "catalogue_*.py"
QUIET = (
    *("terminal", "cacheprovider", "faulthandler"),
    *("logging", "unraisableexception", "threadexception"),
)
NOBODYS_FAULT = (KeyboardInterrupt, SystemExit, KernelLost)
FATAL = (failures.TOO_SLOW, failures.DIED)
STRUCTURE = "structure"
INPUTS, UNCHANGED = "inputs_unchanged", "Leaves its inputs as they are."
"""The check that is added where a call has changed an argument."""
T = TypeVar("T")


@dataclass
class Outcome:
    """One case of one check: what its asserts saw, and how it failed if it did."""

    case: str
    record: Record
    failure: BaseException | None
    place: str = ""


@dataclass
class Verdict:
    """All checks of one exercise against one student, and the records for the diagnosis."""

    checks: list[CheckResult]
    records: dict[str, Record]


class Suite:
    """The hidden checks of one lab. Use as a context manager; `judge` may be called many times.

    Several threads may judge; they take turns. A process forked from the one that opened the suite
    may judge too, if nobody judged at the moment of the fork.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checks: dict[str, list[Check]] = {}
        self.catalogue: dict[str, list[Entry]] = {}
        self.few: dict[str, str] = {}
        self._modules: list[Any] = []
        self._ready: queue.Queue[BaseException | None] = queue.Queue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run_pytest, daemon=True)
        self._owner = os.getpid()
        self._turn = threading.RLock()
        self._running = False
        self._job: Callable[[], None] | None = None
        self._student: Student | None = None
        self._device = ""
        self._outcome: Outcome | None = None
        self._errors: list[str] = []

    def __enter__(self) -> "Suite":
        if not self.folder.is_dir():
            raise CourseError(f"{self.folder} does not exist; the lab has no hidden checks")
        plugin.reference_device()  # a misspelt one is told before anything runs
        self._thread.start()
        error = self._ready.get()
        if error is not None:
            self._thread.join()
            raise error
        return self

    def __exit__(self, *_: object) -> None:
        """End pytest's thread. A forked process has none, and its locks may never open there."""
        if self._owner == os.getpid():
            self._closing.set()
            self._thread.join()

    def judge(self, exercise: str, student: Student) -> Verdict:
        """Run the checks of `exercise` against `student`, in the order of the file."""
        return self.judging(exercise, student).verdict()

    def judging(self, exercise: str, student: Student) -> "Judging":
        """The same a case at a time, as far as somebody wants to know."""
        verdict = Verdict([], {})
        return Judging(self.run, self._judge(exercise, student, verdict), verdict)

    def run(self, function: Callable[[], T]) -> T:
        """Run `function`, which runs checks, inside what pytest puts around a test.

        That is its wording of failed asserts, and warnings that nobody sees. It takes longer than
        most checks, so it is put around all that `function` runs.
        """
        with self._turn:
            if self._running:
                return function()
            self._running, self._device, before = True, "", checks_folder.set(self.folder)
            try:
                return self._run_inside(function)
            finally:
                self._running, self._job = False, None
                checks_folder.reset(before)

    def _run_inside(self, function: Callable[[], T]) -> T:
        results: list[T] = []
        self._job = lambda: results.append(function())
        item = next(iter(self.checks.values()))[0].items[0]  # any will do
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return results[0]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        """Do the job in the place of pytest's setup, call and teardown; without one, leave it."""
        job, self._job = self._job, None
        if job is None:
            return None
        job()
        return True

    # What follows runs in pytest's thread, up to where it stands still.

    def _run_pytest(self) -> None:
        checks_folder.set(self.folder)
        # The root is the folder above, so that a module is called <lab>.<name>: check files can
        # import their neighbours (`from .windows import …`), and two labs never share a name.
        options = [f"--config-file={CONFIG}", f"--rootdir={self.folder.parent}", "--noconftest"]
        options += ["--import-mode=importlib", "--strict-markers", "--disable-plugin-autoload"]
        options += ["--capture=no", *(f"-pno:{name}" for name in QUIET)]
        try:
            code = pytest.main([*options, str(self.folder)], plugins=[plugin, self])
            text = "; ".join(self._errors) or f"pytest ended with code {code}"
            self._ready.put(CourseError(f"hidden checks in {self.folder} cannot be used: {text}"))
        except BaseException as error:
            self._ready.put(error)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._errors.append(f"{report.nodeid}: {str(report.longrepr)[-2000:]}")

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._collect(session.items)
        self._forget_modules()
        if self._errors:
            return True
        self._ready.put(None)
        self._closing.wait()
        return True

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A fixture that fails is the course's fault, not the student's."""
        if report.when != "call" and report.failed:
            self._errors.append(f"{report.nodeid}: {str(report.longrepr)[-2000:]}")

    @pytest.fixture
    def student(self) -> Student:
        assert self._student is not None
        return self._student

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        with self._watching(pyfuncitem):
            yield
        return True

    @contextmanager
    def _watching(self, item: pytest.Item) -> Iterator[None]:
        """Keep the exception itself; pytest never sees it, since its report is slow and unused."""
        outcome = self._outcome = Outcome(_case(item), Record(), None)
        with recording() as outcome.record:
            try:
                yield
            except BaseException as error:
                outcome.failure = error
                if isinstance(error, NOBODYS_FAULT):
                    raise
                outcome.record.outcome = _outcome_word(error)

    def _forget_modules(self) -> None:
        """pytest takes a module of that name if there is one: another course's, or an old text."""
        for name in list(sys.modules):
            if name.partition(".")[0] == self.folder.name:
                del sys.modules[name]

    def _collect(self, items: list[pytest.Item]) -> None:
        """Sort the items into checks; what is wrong with them goes to `_errors`."""
        if not items and not self._errors:
            self._errors.append("no file test_*.py with a check in it")
        try:
            for item in items:
                self._add(item)
            self._add_catalogues()
        except CourseError as error:
            self._errors.append(str(error))

    def _add(self, item: pytest.Item) -> None:
        assert isinstance(item, pytest.Function)
        mark = item.get_closest_marker("exercise")
        if mark is None:
            raise CourseError(f"{item.nodeid}: names no exercise; add pytestmark = exercise(…)")
        require_plain_fixtures(item)
        exercise: str = mark.args[0]
        if exercise not in self.checks:
            self.checks[exercise] = []
            self.catalogue.setdefault(exercise, [])
        self.few[exercise] = self.few.get(exercise) or mark.kwargs.get("few", "")
        if item.module not in self._modules:
            self._modules.append(item.module)
            self._add_entries(item.module)
        self._check_of(item, exercise).items.append(item)

    def _add_catalogues(self) -> None:
        """Entries that stand beside their checks, in a file of their own."""
        for path in sorted(self.folder.glob(CATALOGUES)):
            name = f"{self.folder.name}.{path.stem}"
            try:
                self._add_entries(importlib.import_module(name))
            except Exception as error:
                text = f"{type(error).__name__}: {error}"
                raise CourseError(f"{path}: cannot be imported: {text}") from error

    def _add_entries(self, module: Any) -> None:
        known = {id(e.implementation) for entries in self.catalogue.values() for e in entries}
        for entry in entries_of(module):
            if id(entry.implementation) not in known:
                self.catalogue.setdefault(entry.exercise, []).append(entry)

    def _check_of(self, item: pytest.Function, exercise: str) -> Check:
        checks = self.checks[exercise]
        name = item.originalname
        for check in checks:
            if check.name == name:
                require_one_file(check, item)
                return check
        checks.append(new_check(item, exercise, [check.name for check in checks]))
        return checks[-1]

    def _judge(self, exercise: str, student: Student, verdict: Verdict) -> Iterator[None]:
        """Fill `verdict`; stops after each case.

        What a call changes of its arguments costs a check of its own, and no other: they came by
        value, so what follows is not spoilt.
        """
        dead, student.mutated = "", {}
        for check in self.checks[exercise]:
            passed = {result.name for result in verdict.checks if result.passed}
            missing = [name for name in check.requires if name not in passed]
            if dead or missing:
                why = dead or f"needs {_titles(self.checks[exercise], missing)}"
                verdict.checks.append(_not_run(check, why))
                continue
            outcomes: list[Outcome] = []
            for outcome in self._run_check(check, student):
                outcomes.append(outcome)
                verdict.records[f"{check.name}[{outcome.case}]"] = outcome.record
                yield
            verdict.checks.append(_check_result(check, outcomes))
            if verdict.checks[-1].kind in FATAL:
                dead = "not run after a call that did not come back"
        if student.mutated:
            failure = failures.mutated(student.mutated.values())
            places = sorted(map(str, student.mutated))
            verdict.records[INPUTS] = Record([places], failure.kind)
            verdict.checks.append(
                CheckResult(INPUTS, UNCHANGED, 1.0, FAILED, failure.kind, str(failure))
            )
            yield

    def _run_check(self, check: Check, student: Student) -> Iterator[Outcome]:
        """All cases, so that the diagnosis has them; none after a call that did not come back."""
        for item in check.items:
            outcome = self._run_item(item, student)
            yield outcome
            if getattr(outcome.failure, "kind", "") in FATAL:
                return

    def _run_item(self, item: pytest.Item, student: Student) -> Outcome:
        self._student, self._outcome = student, None
        if not self._run_directly(item):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        outcome: Outcome | None = self._outcome
        if outcome is None or self._errors:
            text, self._errors = "; ".join(self._errors), []
            raise CourseError(f"{item.nodeid}: cannot be run: {text or 'it is skipped'}")
        if isinstance(outcome.failure, NOBODYS_FAULT):  # pytest swallows some
            raise outcome.failure
        outcome.place = self._place(outcome.failure)
        if _is_the_courses(outcome.failure):
            what = f"{type(outcome.failure).__name__}: {outcome.failure}"
            raise CourseError(f"{outcome.place}: the hidden check itself is wrong: {what}")
        _forget_frames(outcome.failure)
        return outcome

    def _place(self, failure: BaseException | None) -> str:
        """File, by its lab, and line of the check in which an exception was raised, or ''."""
        frames = traceback.extract_tb(failure.__traceback__) if failure is not None else []
        for one in reversed(frames):
            if Path(one.filename).is_relative_to(self.folder):
                name = Path(one.filename).relative_to(self.folder.parent)
                return f"{name}, line {one.lineno}"
        return ""

    def _run_directly(self, item: pytest.Item) -> bool:
        """Call the function of an item that needs nothing of pytest, whose setup is slow."""
        direct = direct_call(item)
        if direct is None:
            return False
        with self._watching(item), warnings.catch_warnings():
            direct.function(**direct.parameters, **self._given(direct.fixtures))
        return True

    def _given(self, names: list[str]) -> dict[str, object]:
        if "torch_device" in names and not self._device:
            self._device = plugin.prepared_device()
        values = {"student": self._student, "torch_device": self._device}
        return {name: values[name] for name in names}


@dataclass
class Judging:
    """A verdict in the making.

    Args:
        run: runs a function where checks may run.
        steps: fills the verdict, a case a step.
    """

    _run: Callable[[Callable[[], bool]], bool]
    _steps: Iterator[None]
    _verdict: Verdict

    def record(self, place: int) -> tuple[str, Record] | None:
        """Case number `place` with what it recorded; None if there are not so many."""
        while len(self._verdict.records) <= place:
            if not self._run(self._step):
                return None
        return next(islice(self._verdict.records.items(), place, None))

    def fails(self) -> bool:
        """Whether a case fails; nothing is run after the first that does."""
        place = 0
        while (found := self.record(place)) is not None:
            if found[1].outcome != "passed":
                return True
            place += 1
        return False

    def verdict(self) -> Verdict:
        """The whole of it."""
        self._run(lambda: all(True for _ in self._steps))
        return self._verdict

    def _step(self) -> bool:
        return next(self._steps, False) is None


def _is_the_courses(failure: BaseException | None) -> bool:
    """Whether no value that a student could return makes a check raise this."""
    if isinstance(failure, AttributeError):
        return isinstance(failure.obj, ModuleType)
    return isinstance(failure, NameError | ImportError | SyntaxError | CourseError)


def _forget_frames(failure: BaseException | None) -> None:
    """A traceback keeps all values of its frames, which a submission can make large."""
    if failure is not None:
        failure.__traceback__ = failure.__context__ = failure.__cause__ = None


def _case(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return callspec.id if callspec is not None else ""


def _outcome_word(error: BaseException) -> str:
    if isinstance(error, failures.Raised):
        return f"raised {error.type_name}"
    if isinstance(error, failures.Failure):
        return error.kind
    return f"{STRUCTURE} {type(error).__name__}: {error}"[:200]


def _not_run(check: Check, why: str) -> CheckResult:
    return CheckResult(check.name, check.title, check.weight, NOT_RUN, "not run", why)


def _titles(checks: list[Check], names: list[str]) -> str:
    return ", ".join(f"“{check.title}”" for check in checks if check.name in names)


def _check_result(check: Check, outcomes: list[Outcome]) -> CheckResult:
    """Passed when every case passed, else the first failure's story."""
    failed = [outcome for outcome in outcomes if outcome.failure is not None]
    if not failed:
        return CheckResult(check.name, check.title, check.weight, PASSED)
    first = failed[0]
    kind, message, detail = _story(first)
    if len(check.items) > 1:
        message += f" ({len(failed)} of {len(check.items)} cases)"
    return CheckResult(
        check.name, check.title, check.weight, FAILED, kind, message, first.case, detail
    )


def _story(outcome: Outcome) -> tuple[str, str, str]:
    """Kind, public message and private detail. Text of other exceptions could hold inputs."""
    failure = outcome.failure
    if isinstance(failure, failures.Raised):
        return failure.kind, str(failure), failure.traceback
    if isinstance(failure, failures.Failure):
        return failure.kind, str(failure), failure.detail
    text = "what it returned does not have the form that the exercise asks for"
    where = f" ({outcome.place})" if outcome.place else ""
    return STRUCTURE, text, f"{type(failure).__name__}: {failure}"[:500] + where
