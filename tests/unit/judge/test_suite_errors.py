"""Hidden check files that cannot be used: one CourseError that says which and why."""

import threading

import pytest

from gradlab.errors import CourseError
from gradlab.judge.local import local_student
from gradlab.judge.suite import Suite

GOOD = """
    @exercise("f")
    def test_good(student):
        '''Good.'''
"""


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def test_a(student):\n    '''A.'''", "test_f.py::test_a: names no exercise; add pytestm"),
        ("@exercise('f')\ndef test_a(student):\n    pass", "test_a: has no docstring; its first"),
        ("@exercise('f')\ndef test_a(student):\n    '''   '''", "test_a: has no docstring"),
        (GOOD + "    @exercise('f')\n    @requires('test_goood')\n    def test_a(student):\n"
                "        '''A.'''", "test_a: requires 'test_goood', which is no check above it"),
        ("@exercise('f')\n@requires('test_a')\ndef test_a(student):\n    '''A.'''", "no check abo"),
        ("@exercise('f')\n@weight(0)\ndef test_a(student):\n    '''A.'''", r"weight\(0\) must be"),
        ("@exercise('f')\n@weight(-1)\ndef test_a(student):\n    '''A.'''", r"weight\(-1\) must"),
        ("@exercise('f')\n@weight('2')\ndef test_a(student):\n    '''A.'''", r"weight\('2'\) must"),
        ("@exercise('f')\n@weight(float('nan'))\ndef test_a(student):\n    '''A.'''", "nan. must"),
        ("def test_a(student:", r"test_f\.py: (.|\n)*SyntaxError"),
        ("import no_such_module", r"test_f\.py: (.|\n)*No module named 'no_such_module'"),
        ("1 / 0", r"test_f\.py: (.|\n)*ZeroDivisionError"),
        ("pytestmark = pytest.mark.exersise('f')", "test_f.py: .*'exersise' not found"),
        ("misconception('f', '')", "has no message"),
        ("x = 1", r"no file test_\*\.py with a check in it"),
        ("@pytest.fixture\ndef optimiser(student):\n    return student.Adam()\n\n"
         "@exercise('f')\ndef test_a(optimiser):\n    '''A.'''",
         "test_a: its fixture 'optimiser' uses `student`; call a function instead"),
    ],
)  # fmt: skip
def test_says_what_is_wrong_and_where(suite, capfd, source, says):
    broken = suite(source)
    with pytest.raises(CourseError, match=says) as caught, broken:
        pytest.fail("was opened")
    assert str(caught.value).startswith(f"hidden checks in {broken.folder} cannot be used: ")
    assert capfd.readouterr() == ("", "")


def test_two_files_may_not_share_a_check(suite):
    with (
        pytest.raises(
            CourseError, match=r"test_b\.py::test_good: lab0/test_a\.py::test_good is a check"
        ),
        suite(test_a=GOOD, test_b=GOOD),
    ):
        pytest.fail("was opened")


def test_requires_means_a_check_of_the_same_exercise(suite):
    other = (
        GOOD
        + """
    @exercise("g")
    @requires("test_good")
    def test_a(student):
        '''A.'''
    """
    )
    with (
        pytest.raises(CourseError, match="requires 'test_good', which is no check above"),
        suite(other),
    ):
        pytest.fail("was opened")


def test_a_missing_folder(tmp_path):
    with pytest.raises(CourseError, match="hidden does not exist; the lab has no hidden checks"):
        Suite(tmp_path / "hidden").__enter__()


def test_an_empty_folder(suite):
    with pytest.raises(CourseError, match="with a check in it"), suite():
        pytest.fail("was opened")


def test_after_an_error_no_thread_is_left_and_a_mended_file_is_read(suite, student):
    broken = suite("1 / 0")
    before = threading.active_count()
    with pytest.raises(CourseError):
        broken.__enter__()
    assert threading.active_count() == before
    path = broken.folder / "test_f.py"
    path.write_text(path.read_text().replace("1 / 0", GOOD.replace("\n    ", "\n")))
    with Suite(broken.folder) as opened:
        assert opened.judge("f", student()).checks[0].passed
    assert threading.active_count() == before


FIXTURE = """
    @pytest.fixture
    def brittle(tmp_path_factory):
        if not BROKEN:
            return 1
        raise OSError("the data set is missing")

    BROKEN = []

    @exercise("f")
    def test_a(student, brittle):
        '''A.'''
        student.f(BROKEN)

    @exercise("g")
    def test_b(student):
        '''B.'''
        BROKEN.append(1)
"""


def test_a_fixture_that_fails_is_the_courses_fault_and_spoils_nothing_else(suite, student):
    one = student(f=lambda x: 1, g=lambda: 1)
    with suite(FIXTURE) as opened:
        assert opened.judge("f", one).checks[0].passed
        assert opened.judge("g", one).checks[0].passed
        with pytest.raises(CourseError, match=r"test_a: cannot be run(.|\n)*data set is missing"):
            opened.judge("f", one)
        assert opened.judge("g", one).checks[0].passed


def test_a_skipped_check_is_the_courses_fault(suite, student):
    source = GOOD.replace("@exercise", "@pytest.mark.skip\n    @exercise")
    with suite(source) as opened, pytest.raises(CourseError, match="cannot be run: it is skipped"):
        opened.judge("f", student())


def test_an_unknown_device_is_said(suite, student, monkeypatch):
    monkeypatch.setenv("GRADLAB_DEVICE", "tpu")
    source = GOOD.replace("student", "student, torch_device")
    with pytest.raises(CourseError, match="set it to auto, cpu or cuda"), suite(source):
        pass


def test_two_cases_may_not_have_one_name(suite):
    text = GOOD.replace(
        "    @exercise", "    @pytest.mark.parametrize('n', [1, 1], ids=str)\n    @exercise"
    )
    with (
        pytest.raises(CourseError, match="Duplicate parametrization IDs"),
        suite(text.replace("(student)", "(student, n)")),
    ):
        pytest.fail("was opened")


def test_a_catalogue_that_cannot_be_imported(suite):
    with (
        pytest.raises(CourseError, match=r"catalogue_f\.py: cannot be imported: ZeroDivisionErr"),
        suite(GOOD, catalogue_f="1 / 0"),
    ):
        pytest.fail("was opened")


def test_neighbours_are_imported_and_catalogues_found(suite):
    """Two labs may have a neighbour of one name; each gets its own."""
    for number in (1, 2):
        checks = f"""
            from .sums import NUMBER

            @exercise("f")
            def test_number(student):
                '''Gives the number.'''
                assert_equal(NUMBER, {number})
        """
        catalogue = """
            from .sums import NUMBER

            @misconception("f", "One too many.")
            def too_many():
                return NUMBER + 1
        """
        with suite(checks, sums=f"NUMBER = {number}", catalogue_f=catalogue) as opened:
            (entry,) = opened.catalogue["f"]
            assert entry.implementation() == number + 1
            assert entry.path.endswith("catalogue_f.py")
            assert opened.judge("f", local_student({})).checks[0].passed
