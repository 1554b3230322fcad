"""Facts that stand in two files agree; nothing released gives an answer away."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

from gradlab.course.course import Course
from gradlab.course.lab import ANSWER, EXERCISE

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT)
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS = dict(
    line.lower().split("==")
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
)


def test_environment_lists_what_pyproject_requires():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    assert sorted(pip[1:-1]) == sorted(PYPROJECT["project"]["dependencies"])
    assert (pip[0], pip[-1]) == ("-c constraints.txt", "-e .")
    assert f"python{PYPROJECT['project']['requires-python']}" in environment["dependencies"]


def test_every_requirement_is_pinned():
    extras = PYPROJECT["project"]["optional-dependencies"]["dev"]
    wanted = [*PYPROJECT["project"]["dependencies"], *extras]
    names = {re.split(r"[<>=!]", line)[0].lower() for line in wanted}
    unpinned = {name for name in names if not {name, name.replace("-", "_")} & PINS.keys()}
    assert unpinned == set()


def test_torch_is_pinned_exactly():
    assert PINS["torch"] == "2.13.0"


@pytest.mark.parametrize("lab", COURSE.labs.values(), ids=lambda lab: lab.name)
def test_release_holds_no_line_of_a_solution(lab):
    """Lines inside solution regions that stand nowhere else in the lab are not released."""
    released = nbformat.read(ROOT / "release" / lab.name / f"{lab.name}.ipynb", as_version=4)
    text = {line.strip() for cell in released.cells for line in cell.source.splitlines()}
    secret = {line for cell in lab.cells for line in _solution_lines(cell)} - _open_lines(lab)
    assert secret, "the lab has no solutions to look for"
    assert secret & text == set()
    assert not any(cell.get("outputs") for cell in released.cells)


@pytest.mark.parametrize("lab", COURSE.labs.values(), ids=lambda lab: lab.name)
def test_release_is_only_the_notebook_and_the_labs_files(lab):
    folder = ROOT / "release" / lab.name
    released = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert released == {f"{lab.name}.ipynb", *map(str, lab.companions)}


def test_no_hidden_check_reaches_release_or_source():
    names = {path.stem for path in (ROOT / "tests" / "hidden").glob("*/test_*.py")}
    for path in [*(ROOT / "release").rglob("*"), *(ROOT / "source").rglob("*")]:
        assert path.stem not in names
        if path.suffix == ".ipynb":
            assert "gradlab.judge" not in path.read_text()


def _solution_lines(cell):
    """Lines between the markers that are long enough to say something."""
    if cell.role not in (EXERCISE, ANSWER):
        return set()
    regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL)
    lines = {line.strip() for region in regions for line in region.splitlines()}
    return {line for line in lines if len(line) > 8}


def _open_lines(lab):
    """Lines of the lab outside solution regions, which a student may see."""
    text = "\n".join(cell.source for cell in lab.cells)
    shown = re.sub(r"### BEGIN SOLUTION\n.*?### END SOLUTION", "", text, flags=re.DOTALL)
    return {line.strip() for line in shown.splitlines()}
