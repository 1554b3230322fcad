"""From cells to nbgrader's source notebook, and to the namespaces of solution and stubs."""

import nbformat
import numpy as np
import pytest
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3
from nbgrader.preprocessors import CheckCellMetadata

from gradlab.course.notebook import (
    solution_namespace,
    source_notebook,
    stub_namespace,
    stub_source,
    write_notebook,
)
from gradlab.errors import CourseError


def cell(notebook, name):
    return next(found for found in notebook.cells if found.id == name)


def test_the_notebook_is_valid_for_nbformat_and_nbgrader(lab):
    notebook = source_notebook(lab)
    nbformat.validate(notebook)
    MetadataValidatorV3().validate_nb(notebook)
    CheckCellMetadata().preprocess(notebook, {})


@pytest.mark.parametrize(
    ("name", "grade", "locked", "solution", "points"),
    [
        ("setup", False, True, False, None),
        ("double", False, False, True, None),
        ("check_double", True, True, False, 4),
        ("check_Counter", True, True, False, 3),
        ("answer_why", True, False, True, 2),
    ],
)
def test_nbgraders_metadata_follows_from_the_marker(lab, name, grade, locked, solution, points):
    found = cell(source_notebook(lab), name).metadata.nbgrader
    expected = {
        "grade_id": name, "schema_version": 3, "task": False,
        "grade": grade, "locked": locked, "solution": solution,
    }  # fmt: skip
    assert found == (expected if points is None else {**expected, "points": points})


def test_grading_finds_checks_and_experiments_in_the_metadata(lab):
    notebook = source_notebook(lab)
    assert cell(notebook, "check_double").metadata.gradlab == {"check": "double"}
    marks = [one.metadata.gradlab for one in notebook.cells if one.id.startswith("experiment")]
    assert marks == [
        {"experiment": True, "volatile": False}, {"experiment": True, "volatile": True}
    ]  # fmt: skip
    assert notebook.metadata.gradlab == {"lab": "01_tiny"}
    assert notebook.metadata.kernelspec.name == "python3"


def test_what_a_student_may_not_change_is_not_editable(lab):
    fixed = [
        one.id for one in source_notebook(lab).cells
        if one.metadata.get("editable") is False and one.metadata.get("deletable") is False
    ]  # fmt: skip
    assert fixed == ["setup", "check_double", "check_Counter"]


def test_prose_and_experiments_are_ordinary_cells(lab):
    for one in source_notebook(lab).cells:
        if one.id.startswith(("prose", "experiment")):
            assert "nbgrader" not in one.metadata


def test_the_text_is_the_same_each_time_and_ends_with_a_line(lab, course):
    text = write_notebook(source_notebook(lab))
    assert text == write_notebook(source_notebook(course.lab(lab.name)))
    assert text.endswith("}\n")
    assert nbformat.reads(text, as_version=4) == source_notebook(lab)
    assert not any(one.get("outputs") for one in source_notebook(lab).cells)


# --- namespaces --------------------------------------------------------------------------------


def test_the_solution_runs_without_checks_and_experiments(lab, capfd):
    namespace = solution_namespace(lab)
    assert namespace["double"](np.ones(2)).tolist() == [2, 2]
    assert "params" not in namespace
    assert capfd.readouterr().out == ""


def test_each_namespace_is_a_fresh_one(lab):
    assert solution_namespace(lab)["Counter"] is not solution_namespace(lab)["Counter"]


def test_a_stub_raises_and_the_rest_is_the_solution(lab):
    namespace = stub_namespace(lab, "double")
    with pytest.raises(NotImplementedError):
        namespace["double"](1)
    counter, params = namespace["Counter"](1), {"a": np.zeros(1)}
    counter.add(params)
    assert params["a"] == 1


def test_the_stub_is_what_is_released(lab):
    text = stub_source(lab, "double")
    assert text == (
        'def double(x):\n    """Return 2x as a new array."""\n'
        "    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert stub_source(lab, "Counter").count("raise NotImplementedError()") == 2
    assert "self.step" not in stub_source(lab, "Counter")


def test_a_class_whose_stub_raises_at_once_is_missing(files, course, lab):
    files.edit(files.source, "class Counter:\n", "class Counter:\n    ### BEGIN SOLUTION\n")
    text = (files.root / files.source).read_text()
    start = text.index("    def __init__")
    end = text.index('# %% check="Counter"')
    body = "    def add(self, params):\n        params['a'] += 1\n    ### END SOLUTION\n\n"
    files.write(files.source, text[:start] + body + text[end:])
    namespace = stub_namespace(course.lab(lab.name), "Counter")
    assert "Counter" not in namespace
    assert namespace["double"](2) == 4


def test_magics_are_left_out(files, course, lab):
    files.edit(files.source, "import numpy as np\n", "import numpy as np\n%matplotlib inline\n")
    assert solution_namespace(course.lab(lab.name))["double"](2) == 4


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("import numpy as np", "import no_such_module", "cell 'setup' does not run: ModuleNotFou"),
        ("def double(x):", "def double(x:", "cell 'double' does not run: SyntaxError: "),
        ("class Counter:", "class Counter(Missing):", "'Counter' does not run: NameError: name 'M"),
    ],
)
def test_a_solution_that_does_not_run_is_an_error_of_the_course(files, course, old, new, says):
    files.edit(files.source, old, new)
    lab = course.lab("01_tiny")
    with pytest.raises(CourseError, match=says) as caught:
        solution_namespace(lab)
    assert str(caught.value).startswith(f"{lab.path}: ")
