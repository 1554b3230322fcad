"""A lab's source that is wrong: a CourseError that names the file, the cell and the fix."""

import pytest

from gradlab.course.lab import MAX_NAME, Lab
from gradlab.errors import CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
BODY = f'def f():\n    """F."""\n    {BEGIN}\n    return 1\n    {END}\n'
EXERCISE = f'# %% exercise="f"\n{BODY}'
CHECK = '# %% check="f" points=2\nf()\n'
ANSWER = f'# %% [markdown] answer="why" points=1\n# {BEGIN}\n# Because.\n# {END}\n'
GOOD = EXERCISE + CHECK + ANSWER
LONG = "f" * (MAX_NAME + 1)


@pytest.fixture
def refused(tmp_path):
    """The text of the CourseError that a source must give."""

    def read(text):
        folder = tmp_path / "01_x"
        folder.mkdir(exist_ok=True)
        path = folder / "01_x.py"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(CourseError) as caught:
            _ = Lab(folder).cells
        assert str(caught.value).startswith(f"{path}: ")
        return str(caught.value)

    return read


def test_the_good_source_is_good(tmp_path):
    (tmp_path / f"{tmp_path.name}.py").write_text(GOOD)
    assert len(Lab(tmp_path).cells) == 3


@pytest.mark.parametrize(
    "marker",
    [
        "# %% exercize=\"f\"", "# %% check", "# %% experiments", "# %% volatile",
        "# %% experiment volatil", "# %% setup volatile twice", "# %% my title", "# %% [raw]",
        "# %% setup points=2", "# %% exercise=f", '# %% exercise="g" points=3',
        '# %% check="f" ponts=2', '# %% check="f", points=2', '# %% check="f" exercise="f"',
        '# %% check="f" points=2 extra', '# %% tags=["hidden"]', '# %% exercise=["f"]',
        '# %% exercise=""', '# %% [markdown] exercise="g"', '# %% [markdown] check="f" points=2',
        "# %% [markdown] setup", '# %% answer="g" points=1', "# %% experiment setup",
    ],
)  # fmt: skip
def test_a_marker_with_anything_unknown_in_it(refused, marker):
    """A word that is silently ignored would lose an exercise, or its points."""
    text = refused(f"{GOOD}\n{marker}\n# x\n")
    assert "unknown cell marker" in text or "must be a name" in text
    assert "use setup, experiment" in text or "letters, digits and _" in text


@pytest.mark.parametrize("points", ["-1", '"4"', "true", "NaN", "1e9", "Infinity", "null", "[1]"])
@pytest.mark.parametrize("cell", [CHECK, ANSWER], ids=["check", "answer"])
def test_points_that_are_no_points(refused, cell, points):
    number = "2" if cell == CHECK else "1"
    text = refused(GOOD.replace(cell, cell.replace(f"points={number}", f"points={points}")))
    assert "has points=" in text
    assert "add points=N from 0 up" in text


@pytest.mark.parametrize("cell", [CHECK, ANSWER], ids=["check", "answer"])
def test_points_that_are_missing(refused, cell):
    bare = cell.replace(" points=2", "").replace(" points=1", "")
    assert "has points=None; add points=N" in refused(GOOD.replace(cell, bare))


@pytest.mark.parametrize("name", ["why not", "why?", "größe", "1st", "a.b", "a-b", LONG, "x\\ny"])
def test_names_that_no_notebook_takes_as_an_id(refused, name):
    text = refused(GOOD.replace('answer="why"', f'answer="{name}"'))
    assert f"must be a name of at most {MAX_NAME} letters, digits and _" in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD + EXERCISE, "two cells are called 'f'; rename one"),
        (GOOD + ANSWER, "two cells are called 'why'; rename one"),
        (GOOD.replace('"why"', '"f"'), "two cells are called 'f'; rename one"),
        (GOOD + CHECK, "an exercise has two check cells; join them"),
        (EXERCISE, "'f' has no check; add a cell # %% check=\"f\""),
        (CHECK, "'f' has no exercise; add a cell # %% exercise=\"f\""),
        (CHECK + EXERCISE, "the check of 'f' comes before its exercise"),
        ("# %% setup\n1\n" + GOOD.replace('"f"', '"setup"').replace("def f", "def setup"),
         "exercise 'setup' is called as another cell; rename it"),
        (GOOD.replace("def f", "def g"), "cell 'f' defines no function or class 'f'"),
        (GOOD.replace("def f", "def ff"), "cell 'f' defines no function or class 'f'"),
        (GOOD.replace("def f", "  def f"), "cell 'f' defines no function or class 'f'"),
        (GOOD.replace(BODY, 'def f():\n    """F."""\n'), "cell 'f' has no solution region; mark"),
        (GOOD.replace(f"# {BEGIN}\n# Because.\n# {END}", "# x"),
         "cell 'answer_why' has no solution region"),
        (GOOD.replace("f()\n", f"{BEGIN}\nf()\n{END}\n"),
         "cell 'check_f' may hold no solution region; it is released"),
        (GOOD + f"# %% experiment\n{BEGIN}\n1\n{END}\n", "may hold no solution region"),
        (GOOD + f"# %% [markdown]\n# {BEGIN}\n# x\n# {END}\n", "may hold no solution region"),
        (GOOD.replace("f()\n", "f()\n### BEGIN HIDDEN TESTS\nf()\n### END HIDDEN TESTS\n"),
         "cell 'check_f'"),
        (GOOD.replace("f()\n", "f()  # the HIDDEN TEST is elsewhere\n"),
         "cell 'check_f': hidden checks live in tests/hidden/, not here"),
    ],
)  # fmt: skip
def test_cells_that_do_not_fit_together(refused, text, says):
    assert says in refused(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (BEGIN, ""),
        (END, ""),
        (BEGIN, END),
        (BEGIN, f"{BEGIN}\n    {BEGIN}"),
        (BEGIN, "### BEGIN SOLUTOIN"),
        (BEGIN, "### BEGIN  SOLUTION"),
        (END, "### END SOLUTIONS"),
        (END, "### END"),
    ],
)
def test_regions_that_would_release_a_solution(refused, old, new):
    assert "region marks" in refused(GOOD.replace(f"    {old}", f"    {new}", 1))


def test_one_mistyped_region_beside_a_good_one(refused):
    """nbgrader clears the good one and releases the other."""
    typo = BODY.replace("SOLUTION", "SOLUTIN").replace("def f", "def g")
    assert "region marks BEGIN SOLUTION, END SOLUTION, BEGIN SOLUTIN, END SOLUTIN" in refused(
        GOOD.replace(BODY, BODY + typo)
    )


def test_a_missing_file(tmp_path):
    with pytest.raises(CourseError, match=r"cannot be read: .*; a lab needs a file of its name"):
        _ = Lab(tmp_path).cells


def test_a_file_in_another_encoding(tmp_path):
    (tmp_path / f"{tmp_path.name}.py").write_bytes(b"# %%\n# gr\xf6\xdfe\n")
    with pytest.raises(CourseError, match="cannot be read: 'utf-8' codec"):
        _ = Lab(tmp_path).cells
