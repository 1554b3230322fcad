"""The demo: a sample class through nbgrader's exchange, every score as expected."""

from collections import Counter
from pathlib import Path

import pytest

from gradlab.commands.demo import run_demo
from gradlab.commands.sample import read_samples
from gradlab.course.course import Course
from gradlab.errors import CourseError

COURSE = Course(Path(__file__).parents[2])


def test_sample_class_is_large_enough_and_explains_itself():
    samples = read_samples(COURSE)
    counts = Counter(sample.lab for sample in samples)
    assert counts["06_convolution"] >= 12
    assert all(counts[lab] >= 4 for lab in COURSE.labs)
    assert all(len(sample.why) > 20 for sample in samples)


def test_demo_ends_with_all_scores_as_expected(tmp_path, capsys):
    assert run_demo(COURSE, tmp_path / "demo")
    printed = capsys.readouterr().out
    root = tmp_path / "demo" / "course"
    for sample in read_samples(COURSE):
        assert sample.student in printed
        assert (root / "feedback" / sample.student / sample.lab).is_dir()
    for lab in COURSE.labs:
        assert (root / "reports" / f"{lab}.html").is_file()
        assert (root / "reports" / f"{lab}.csv").is_file()


def test_demo_replaces_no_folder_that_is_not_its_own(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(CourseError, match="is no demo"):
        run_demo(COURSE, tmp_path)
    assert (tmp_path / "thesis.tex").exists()
