"""Reading a lab's source: roles, names, points and ids of its cells."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.course.lab import Lab

CONTENT = '"""T."""\n    ### BEGIN SOLUTION\n    ### END SOLUTION\n'


@pytest.fixture
def cells(tmp_path):
    """Reads the cells of a source text."""

    def read(text):
        folder = tmp_path / "01_x"
        folder.mkdir(exist_ok=True)
        (folder / "01_x.py").write_text(text, encoding="utf-8")
        return Lab(folder).cells

    return read


def exercise(name):
    return (
        f'# %% exercise="{name}"\ndef {name}():\n    {CONTENT}\n# %% check="{name}" points=2\n1\n'
    )


def test_the_tiny_labs_cells(lab):
    found = [(cell.role, cell.name, cell.points, cell.volatile) for cell in lab.cells]
    assert found == [
        ("prose", "", 0, False),
        ("setup", "", 0, False),
        ("prose", "", 0, False),
        ("exercise", "double", 0, False),
        ("check", "double", 4, False),
        ("experiment", "", 0, False),
        ("experiment", "", 0, True),
        ("exercise", "Counter", 0, False),
        ("check", "Counter", 3, False),
        ("prose", "", 0, False),
        ("answer", "why", 2, False),
    ]
    assert lab.exercises == {"double": 4, "Counter": 3}
    assert list(map(str, lab.companions)) == ["dot.svg"]
    assert (lab.name, lab.settings.title) == ("01_tiny", "Tiny")


def test_ids_tell_what_a_cell_is(lab):
    assert [cell.id for cell in lab.cells] == [
        "prose-tiny", "setup", "prose-1-doubling", "double", "check_double",
        "experiment-print-the-experiment-double-np-ones-2", "experiment-print-a-time-id-np",
        "Counter", "check_Counter", "prose-why", "answer_why",
    ]  # fmt: skip


def test_sources_are_without_markers_and_markdown_without_its_comment(lab):
    assert lab.cells[0].source == "# Tiny\n\n![a dot](dot.svg)"
    assert lab.cells[10].source == "### BEGIN SOLUTION\nBecause.\n### END SOLUTION"
    assert lab.cells[10].cell_type == "markdown"
    assert lab.cells[3].cell_type == "code"


@pytest.mark.parametrize(
    ("marker", "role", "volatile"),
    [
        ("# %%", "code", False),
        ("# %% setup", "setup", False),
        ("# %% experiment", "experiment", False),
        ("# %% experiment volatile", "experiment", True),
        ("# %% [markdown]", "prose", False),
    ],
)
def test_markers_without_names(cells, marker, role, volatile):
    (cell,) = cells(f"{marker}\n# x\n")
    assert (cell.role, cell.volatile) == (role, volatile)


@pytest.mark.parametrize(("points", "value"), [("0", 0.0), ("3", 3.0), ("2.5", 2.5)])
def test_points_are_numbers_from_0_up(cells, points, value):
    text = exercise("f").replace("points=2", f"points={points}")
    assert cells(text)[1].points == value


def test_classes_and_names_with_underscores(cells):
    text = exercise("f_2").replace("def f_2():", "class f_2:") + exercise("_G")
    assert [cell.name for cell in cells(text)] == ["f_2", "f_2", "_G", "_G"]


def test_equal_beginnings_get_numbers_that_clash_with_nothing(cells):
    text = "# %% [markdown]\n# A\n# %% [markdown]\n# A\n# %% [markdown]\n# A 2\n# %%\n# A\n"
    text += "# %% [markdown]\n# %% [markdown]\n# Größe: 5 %\n"
    assert [cell.id for cell in cells(text)] == [
        "prose-a", "prose-a-2", "prose-a-2-2", "code-a", "prose", "prose-gr-e-5"
    ]  # fmt: skip


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r%"), max_size=90)))
def test_ids_are_valid_and_unique_whatever_the_text(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("labs") / "01_x"
    folder.mkdir()
    blocks = ["# %%\nx = 1"] + [f"# %% [markdown]\n# {' '.join(text.split())}" for text in texts]
    (folder / "01_x.py").write_text("\n".join(blocks), encoding="utf-8")
    ids = [cell.id for cell in Lab(folder).cells]
    assert len(set(ids)) == len(ids) == len(blocks)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", one) for one in ids)


def test_reading_does_not_depend_on_the_run(lab):
    assert [cell.id for cell in Lab(lab.folder).cells] == [cell.id for cell in lab.cells]


def test_magics_and_comments_stay_in_the_source(cells):
    (cell,) = cells("# %% experiment\n# a comment\n%matplotlib inline\n!ls\nx = 5 % 3\n")
    assert cell.source == "# a comment\n%matplotlib inline\n!ls\nx = 5 % 3"


def test_regions_may_be_several_and_indented(cells):
    body = "class A:\n    def f(self):\n        ### BEGIN SOLUTION\n        ### END SOLUTION\n"
    found = cells(exercise("A").replace("def A():", body + "    def g(self):"))
    assert found[0].source.count("BEGIN") == 2
