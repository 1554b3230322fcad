"""`nbgrader_config.py` loads strictly, and must hold the steps without which nothing is graded."""

from pathlib import Path

import pytest

from gradlab.course.configuration import configured, load_configuration, problem_of, require_steps
from gradlab.errors import CourseError
from gradlab.grading.settings import GradLab

CONFIG = Path(__file__).parents[3] / "nbgrader_config.py"
OURS = CONFIG.read_text(encoding="utf-8")
LAST = len(OURS.splitlines()) + 1
SANITIZING = "c.Autograde.sanitize_preprocessors"
AUTOGRADING = "c.Autograde.autograde_preprocessors"
REBUILD = "gradlab.grading.preprocessors.RebuildNotebook"
JUDGE = "gradlab.grading.preprocessors.RunAndJudge"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Makes a course with that text as its configuration, away from everybody else's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "user"))

    def make(text):
        (tmp_path / CONFIG.name).write_text(text, encoding="utf-8")
        return tmp_path

    return make


def test_ours_is_good(course):
    root = course(OURS)
    app = load_configuration(root, [GradLab])
    require_steps(root, app)
    assert app.coursedir.root == str(root)
    assert configured(root, GradLab, app).feedback == "summary"
    assert problem_of(root) == ""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x = = 3", f"line {LAST}: does not load: SyntaxError: invalid syntax"),
        ("1 / 0", f"line {LAST}: does not load: ZeroDivisionError: division by zero"),
        ("import no_such_thing", f"line {LAST}: does not load: ModuleNotFoundError"),
        ("raise SystemExit(3)", "does not load: it ends the program"),
        ("c.GradLab.feedbck = 'full'", f"line {LAST}: c.GradLab.feedbck is no option; did you me"),
        ("c.GradLab.zzz = 1", "c.GradLab.zzz is no option; it has feedback, jobs"),
        ("c.Gradlab.jobs = 1", f"line {LAST}: c.Gradlab is nobody's; did you mean c.GradLab"),
        ("c.CourseDirectory.course = 'x'", "c.CourseDirectory.course is no option; did you mean"),
        ("c.CourseDirectory.db_url = 3", "The 'db_url' trait of a CourseDirectory instance expe"),
    ],
)
def test_what_does_not_load_is_told_with_its_line(course, line, says):
    with pytest.raises(CourseError) as caught:
        load_configuration(course(f"{OURS}{line}\n"), [GradLab])
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(Path.cwd() / CONFIG.name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("line", ["c.GradLab.jobs = 'two'", "c.GradLab.feedback = 'all'"])
def test_a_bad_value_is_one_line(course, line):
    root = course(OURS + line)
    with pytest.raises(CourseError, match=r"nbgrader_config\.py: The '\w+' trait of a GradLab"):
        configured(root, GradLab, load_configuration(root, [GradLab]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("c = get_config()\nc.CourseDirectory.course_id = 'x'\n", "lacks RebuildNotebook"),
        (f"{OURS}{SANITIZING} = []", "sanitize_preprocessors lacks RebuildNotebook; nothing is"),
        (f"{OURS}{SANITIZING}.reverse()", "does not begin with RebuildNotebook"),
        (f"{OURS}{AUTOGRADING} = []", "autograde_preprocessors lacks RunAndJudge; nothing is"),
        (f"{OURS}{AUTOGRADING}[0] = 'nbgrader.preprocessors.Execute'", "lacks RunAndJudge"),
        (f"{OURS}{AUTOGRADING}.append('nbgrader.preprocessors.Execute')", "without a sandbox; rem"),
        (f"{OURS}c.RunAndJudge.enabled = False", f"line {LAST}: c.RunAndJudge.enabled is False"),
        (f"{OURS}c.RebuildNotebook.enabled = False", "c.RebuildNotebook.enabled is False"),
        (f"{OURS}c.Execute.enabled = False", "c.Execute.enabled is False, so nothing would be ju"),
        (f"{OURS}c.NbGraderPreprocessor.enabled = False", "c.NbGraderPreprocessor.enabled is Fa"),
    ],
)
def test_nothing_is_graded_without_our_steps(course, text, says):
    root = course(text)
    with pytest.raises(CourseError) as caught:
        require_steps(root, load_configuration(root))
    assert says in str(caught.value)
    assert says in problem_of(root)


@pytest.mark.parametrize("line", ["c.Exchange.root = '/srv/exchange'", "c.Exchange.cache = 'x'"])
def test_options_of_two_classes_of_one_name(course, line):
    """nbgrader has an Exchange that others may replace, and its own."""
    load_configuration(course(OURS + line), [GradLab])


def test_steps_may_be_classes(course):
    from gradlab.grading.preprocessors import RebuildNotebook, RunAndJudge

    assert (RebuildNotebook.__name__, RunAndJudge.__name__) == ("RebuildNotebook", "RunAndJudge")
    lines = (
        "from gradlab.grading.preprocessors import RebuildNotebook, RunAndJudge",
        f"{SANITIZING}[0] = RebuildNotebook",
        f"{AUTOGRADING}[0] = RunAndJudge",
    )
    assert problem_of(course(OURS + "\n".join(lines))) == ""


def test_the_users_own_configuration_counts(course, tmp_path):
    """nbgrader reads it as well, and so must whoever says that it is safe."""
    root = course("c = get_config()\n")
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / CONFIG.name).write_text(OURS, encoding="utf-8")
    assert problem_of(root) == ""
    (tmp_path / "user" / CONFIG.name).write_text("1 / 0\n", encoding="utf-8")
    assert f"{tmp_path / 'user' / CONFIG.name}, line 1: does not load" in problem_of(root)
