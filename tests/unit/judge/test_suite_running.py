"""Where and how checks run: in the thread that judges, also after a fork; with pytest if needed."""

import multiprocessing
import threading

import pytest

from gradlab.errors import CourseError
from gradlab.judge.cases import checks_folder
from gradlab.judge.checks import direct_call

ONE = """
    pytestmark = exercise("f")

    @pytest.mark.parametrize("n", [1, 2])
    def test_value(student, torch_device, n):
        '''Gives its argument.'''
        assert_equal(student.f(n), n)

    def test_in_a_folder(student, tmp_path):
        '''Needs a fixture.'''
        assert tmp_path.is_dir()
        assert_equal(student.f(3), 3)

    @misconception("f", "You gave one.")
    def one(n):
        return 1
"""


def words(verdict):
    return [check.status for check in verdict.checks]


def test_checks_run_in_the_thread_that_judges(suite, student):
    threads = []
    with suite(ONE) as opened:
        opened.judge("f", student(f=lambda n: threads.append(threading.get_ident()) or n))
    assert set(threads) == {threading.get_ident()}
    assert len(threads) == 3


def test_what_judges_inside_another_run_is_not_kept_waiting(suite, student):
    with suite(ONE) as opened:
        verdict = opened.run(lambda: opened.judge("f", student(f=lambda n: n)))
        assert words(verdict) == ["passed", "passed"]
        with pytest.raises(KeyError):
            opened.run(lambda: opened.judge("g", student()))
        assert words(opened.judge("f", student(f=lambda n: 1))) == ["failed", "failed"]


def in_a_fork(function):
    """What `function` gives in a forked process, which must end by itself."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=lambda: theirs.send(function()), daemon=True
    )
    process.start()
    process.join(60)
    assert process.exitcode == 0, "it hangs or failed"
    return ours.recv()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_judges_and_closes(suite, student):
    right, wrong = student(f=lambda n: n), student(f=lambda n: 1)

    def judge_and_close():
        found = [words(opened.judge("f", one)) for one in (right, wrong, right)]
        opened.__exit__()
        return found

    with suite(ONE) as opened:
        known = opened.judging("f", wrong)
        first = known.record(0)
        passed, failed = ["passed", "passed"], ["failed", "failed"]
        assert in_a_fork(judge_and_close) == [passed, failed, passed]
        assert in_a_fork(lambda: words(known.verdict())) == failed
        assert known.record(0) == first
        assert words(opened.judge("f", right)) == passed


def test_the_course_of_the_checks_is_known_while_they_run_only(
    suite, student, tmp_path, monkeypatch
):
    monkeypatch.delenv("GRADLAB_SECRET")
    (tmp_path / "nbgrader_config.py").touch()
    monkeypatch.chdir(tmp_path.parent)
    source = ONE.replace("assert tmp_path.is_dir()", "case_rng('n')")
    source = source.replace("'''Gives its argument.'''", "'''Gives.'''; case_rng('m')")
    with suite(source) as opened:
        assert words(opened.judge("f", student(f=lambda n: n))) == ["passed", "passed"]
    assert (tmp_path / ".gradlab" / "secret").exists()
    assert checks_folder.get() is None


# --- what needs pytest gets it -----------------------------------------------------------------

NEEDY = """
    pytestmark = exercise("f")
    PREPARED = []

    @pytest.fixture
    def level():
        return 20

    def test_indirect(student, level):
        '''A parameter handed to a fixture.'''
        assert level == 20

    test_indirect = pytest.mark.parametrize("level", [2], indirect=True)(test_indirect)

    @pytest.mark.usefixtures("counted")
    def test_used(student):
        '''A fixture that is only used.'''
        assert PREPARED == [1]

    @pytest.fixture
    def counted():
        PREPARED.append(1)
        yield
        PREPARED.clear()

    def test_torn_down(student):
        '''Is plain.'''
        assert PREPARED == []

    def test_patched(student, monkeypatch):
        '''A fixture of pytest's.'''
        monkeypatch.setenv("GRADLAB_TEST", "1")

    class TestClass:
        def setup_method(self):
            self.ready = True

        def test_in_a_class(self, student):
            '''Has a method for setup.'''
            assert self.ready

    class TestWithoutSetup:
        def test_in_another(self, student):
            '''Has a self.'''
            assert isinstance(self, TestWithoutSetup)

    @pytest.mark.filterwarnings("error")
    def test_marked(student):
        '''A warning is an error here.'''
        import warnings
        with pytest.raises(UserWarning):
            warnings.warn("careful")
"""
PLAIN = ["test_torn_down"]


def test_what_needs_pytest_gets_it(suite, student):
    with suite(NEEDY) as opened:
        for _ in range(2):
            assert words(opened.judge("f", student())) == ["passed"] * 7
        items = [check.items[0] for check in opened.checks["f"]]
        assert [item.originalname for item in items if direct_call(item)] == PLAIN


@pytest.mark.parametrize(
    "setup",
    [
        "def setup_function():\n    READY.append(1)",
        "def setup_module():\n    READY.append(1)",
        "@pytest.fixture(autouse=True)\ndef ready():\n    READY.append(1)",
        "@pytest.fixture\ndef torch_device():\n    READY.append(1)",
    ],
)
def test_preparations_of_a_file_are_made(suite, student, setup):
    source = "READY = []\n" + setup + (
        "\n@exercise('f')\ndef test_a(student, torch_device):\n    '''A.'''\n    assert READY\n"
    )  # fmt: skip
    with suite(source) as opened:
        assert words(opened.judge("f", student())) == ["passed"]
        assert direct_call(opened.checks["f"][0].items[0]) is None


@pytest.mark.parametrize("mark", ["skip", "skipif(True, reason='x')", "xfail(run=False)"])
def test_a_check_that_is_not_to_run_is_the_courses_fault(suite, student, mark):
    source = ONE.replace("def test_in", f"@pytest.mark.{mark}\n    def test_in")
    with suite(source) as opened, pytest.raises(CourseError, match="test_in_a_folder: cannot be"):
        opened.judge("f", student(f=lambda n: n))


@pytest.mark.parametrize("fixtures", ["student", "student, tmp_path"])
def test_a_check_that_ends_the_process_has_not_passed(suite, student, fixtures):
    source = f"@exercise('f')\ndef test_a({fixtures}):\n    '''A.'''\n    raise SystemExit\n"
    with suite(source) as opened, pytest.raises(SystemExit):
        opened.judge("f", student())


@pytest.mark.parametrize("fixtures", ["student", "student, tmp_path"])
def test_a_failed_assert_is_worded_by_pytest(suite, student, fixtures):
    source = f"@exercise('f')\ndef test_a({fixtures}):\n    '''A.'''\n    assert [1, 2] == [1, 3]\n"
    with suite(source) as opened:
        detail = opened.judge("f", student()).checks[0].detail
    assert "At index 1 diff: 2 != 3" in detail


@pytest.mark.parametrize("fixtures", ["student", "student, tmp_path"])
def test_warning_filters_last_no_longer_than_a_check(suite, student, fixtures):
    source = f"""
        import warnings
        pytestmark = exercise("f")

        def test_a({fixtures}):
            '''A.'''
            warnings.simplefilter("error")

        def test_b({fixtures}):
            '''B.'''
            assert warnings.filters[0][0] != "error" or warnings.filters[0][2] is not Warning
    """
    with suite(source) as opened:
        assert words(opened.judge("f", student())) == ["passed", "passed"]


def test_a_device_is_asked_for_at_each_judging(suite, student, monkeypatch):
    source = """
        @exercise("f")
        @pytest.mark.parametrize("n", [1, 2])
        def test_a(student, torch_device, n):
            '''A.'''
            student.f(torch_device)
    """
    seen = []
    with suite(source) as opened:
        for device in ("cpu", "cuda"):
            monkeypatch.setattr("gradlab.judge.plugin.reference_device", lambda one=device: one)
            opened.judge("f", student(f=seen.append))
    assert seen == ["cpu", "cpu", "cuda", "cuda"]
