"""gradlab new: a scaffold that is sound as it stands, and overwrites nothing."""

import pytest

from gradlab.course.build import build_lab, stale_files
from gradlab.course.course import Course
from gradlab.course.lint import lint_lab
from gradlab.course.new import new_lab
from gradlab.errors import CourseError


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A course without labs."""
    monkeypatch.setenv("GRADLAB_SECRET", "the secret of the tests")
    (tmp_path / "nbgrader_config.py").touch()
    return Course(tmp_path)


def test_the_scaffold_passes_lint_and_builds(empty):
    written = new_lab(empty, "05_training")
    assert [str(path.relative_to(empty.root)) for path in written] == [
        "labs/05_training/lab.toml",
        "labs/05_training/05_training.py",
        "tests/hidden/05_training/test_double.py",
    ]
    lab = empty.lab("05_training")
    assert lab.settings.order == 5
    assert [row.problems for row in lint_lab(empty, lab)] == [[]]
    build_lab(empty, lab)
    assert stale_files(empty, lab) == []


@pytest.mark.parametrize(
    "name",
    ["training", "5_training", "05-training", "05_Training", "05_", "05_a b", "../05_a", "",
     "00_zero", "05_a/../../x", "05_größe", "٠٥_a", "05_a\n"],
)  # fmt: skip
def test_names_that_are_none(empty, name):
    with pytest.raises(CourseError, match="is no lab name; use two digits and words"):
        new_lab(empty, name)
    assert not (empty.root / "labs").exists()


@pytest.mark.parametrize(
    "there", ["labs/05_a/lab.toml", "labs/05_a/05_a.py", "tests/hidden/05_a/test_double.py"]
)
def test_nothing_is_overwritten(empty, there):
    path = empty.root / there
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(CourseError, match=r"exists; choose another name or delete it"):
        new_lab(empty, "05_a")
    assert path.read_text() == "mine"
    assert [found for found in empty.root.rglob("*.*") if found.is_file()] == [
        empty.root / "nbgrader_config.py", path
    ]  # fmt: skip
