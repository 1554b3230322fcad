"""Bad input gets one or two lines that say what, where and how to fix it; nothing is lost."""

import shutil

import pytest

LAB = "01_tiny"
RIGHT = "def double(x):\n    return 2 * x"


def told(text: str) -> str:
    """The command's message on one line; it must not be a traceback, nor long."""
    assert "Traceback" not in text, text
    assert len(text.strip()) < 700, text
    return " ".join(text.split())


@pytest.fixture(autouse=True)
def _one_graded(tiny):
    if not (tiny.root / "autograded" / "first").exists():
        tiny.hand_in("first", tiny.answer(RIGHT))
        tiny.run("gradlab", "autograde", LAB, "--student", "first")


@pytest.fixture
def edit(tiny):
    """Change a file for one test and put it back."""
    saved = {}

    def change(name, text):
        path = tiny.root / name
        saved[path] = path.read_bytes() if path.exists() else None
        path.write_text(text, encoding="utf-8")

    yield change
    for path, data in saved.items():
        path.unlink() if data is None else path.write_bytes(data)


def test_unknown_lab_suggests_the_nearest(tiny):
    text = told(tiny.run("gradlab", "autograde", "01_tinny", code=3))
    assert "no lab '01_tinny'" in text
    assert "did you mean 01_tiny?" in text


@pytest.mark.parametrize(
    ("toml", "what"),
    [
        ("version = 1\ntitle =", "not valid TOML"),
        ('version = 1\ntitle = "Tiny"\n', "'order'"),
        ('version = 1\ntitel = "x"\n', "titel"),
    ],
)
def test_malformed_lab_toml(tiny, edit, toml, what):
    edit(f"labs/{LAB}/lab.toml", toml)
    text = told(tiny.run("gradlab", "lint", code=3))
    assert what in text
    assert "lab.toml" in text


def test_exercise_without_hidden_check(tiny, edit):
    lab = (tiny.root / f"labs/{LAB}/{LAB}.py").read_text()
    more = lab.replace("double", "treble").partition('# %% exercise="treble"')[2]
    edit(f"labs/{LAB}/{LAB}.py", lab + '\n# %% exercise="treble"' + more.partition("# %% exp")[0])
    text = told(tiny.run("gradlab", "lint", LAB, code=3))
    assert 'exercise "treble" has no hidden check' in text
    assert "test_treble.py" in text


def test_hidden_check_naming_no_exercise(tiny, edit):
    name = f"tests/hidden/{LAB}/test_double.py"
    check = (tiny.root / name).read_text()
    edit(f"tests/hidden/{LAB}/test_other.py", check.replace('"double"', '"other"'))
    text = told(tiny.run("gradlab", "lint", LAB, code=3))
    assert 'names "other", which is no exercise' in text


def test_hidden_check_that_does_not_compile_stops_grading_and_costs_nobody(tiny, edit, scores):
    edit(f"tests/hidden/{LAB}/test_double.py", "def broken(:\n")
    text = tiny.run("gradlab", "autograde", LAB, "--force", code=3)
    assert "cannot be used" in text
    assert scores("first")["check_double"] == 4


def test_two_exercises_of_one_name(tiny, edit):
    lab = (tiny.root / f"labs/{LAB}/{LAB}.py").read_text()
    again = lab.partition('doubles each entry")\n')[0].partition("\n\n")[2]
    edit(f"labs/{LAB}/{LAB}.py", lab + again)
    text = told(tiny.run("gradlab", "build", LAB, code=3))
    assert "two cells are called 'double'" in text


def test_submission_that_is_no_json_scores_zero_with_a_reason(tiny, scores):
    tiny.hand_in("no_json", "{ this is no notebook")
    tiny.run("gradlab", "autograde", LAB)
    assert scores("no_json")["check_double"] == 0
    results = tiny.root / "autograded" / "no_json" / LAB / f"{LAB}.results.json"
    assert "cannot be read as a notebook" in results.read_text()


def test_submission_without_the_notebook(tiny, scores):
    folder = tiny.root / "submitted" / "empty" / LAB
    folder.mkdir(parents=True)
    tiny.hand_in("beside", tiny.answer(RIGHT))
    text = tiny.run("gradlab", "autograde", LAB, code=4)
    shutil.rmtree(folder)
    assert "has no 01_tiny.ipynb" in " ".join(text.split()).replace("01_ tiny", "01_tiny")
    assert scores("empty")["check_double"] == 0
    assert scores("beside")["check_double"] == 4


def test_nothing_handed_in_by_this_student(tiny):
    text = told(tiny.run("gradlab", "autograde", LAB, "--student", "nobody", code=4))
    assert "'nobody' handed in no 01_tiny" in text


def test_missing_gradebook(tiny):
    path = tiny.root / "gradebook.db"
    path.rename(tiny.root / "away.db")
    try:
        text = told(tiny.run("gradlab", "autograde", LAB, code=5))
        assert "nbgrader generate_assignment 01_tiny" in text
    finally:
        (tiny.root / "away.db").replace(path)


def test_gradebook_that_is_no_database(tiny, edit):
    path = tiny.root / "gradebook.db"
    saved = path.read_bytes()
    path.write_text("this is no database, and it is longer than a header\n" * 50)
    try:
        text = told(tiny.run("gradlab", "autograde", LAB, code=5))
        assert "cannot be used" in text
    finally:
        path.write_bytes(saved)


def test_outside_of_a_course(tiny, tmp_path):
    outside = type(tiny)(type(tiny.course)(tmp_path))
    text = told(outside.run("gradlab", "lint", code=3))
    assert "is in no GradLab course" in text


def test_stale_build_is_told(tiny, edit):
    edit(f"source/{LAB}/{LAB}.ipynb", "{}")
    text = told(tiny.run("gradlab", "build", "--check", code=1))
    assert f"source/{LAB}/{LAB}.ipynb" in text


def test_what_was_graded_stays_graded(tiny, scores):
    assert scores("first")["check_double"] == 4
