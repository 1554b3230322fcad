"""Rebuilding: only answers and additions are the student's; every mending is told."""

import copy
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from gradlab.grading import rebuild as module
from gradlab.grading.reading import Reading
from gradlab.grading.rebuild import rebuild, why_missing

STUB = "def {0}(x):\n    raise NotImplementedError"
PNG = {"plot.png": {"image/png": "iVBORw0KGgo="}}


def graded(make, source, grade_id, **flags):
    metadata = {"grade": False, "solution": False, "locked": False, "task": False, **flags}
    metadata |= {"grade_id": grade_id, "schema_version": 3}
    return make(source, id=grade_id.replace("_", "-"), metadata={"nbgrader": metadata})


def check(name):
    cell = graded(new_code_cell, f"check({name})", f"check_{name}", grade=True, points=4)
    cell.metadata.gradlab = {"check": name}
    return cell


@pytest.fixture
def released():
    experiment = new_code_cell(
        "plot(one)", id="experiment", metadata={"gradlab": {"experiment": True}}
    )
    cells = [
        new_markdown_cell("# Title", id="title"),
        graded(new_code_cell, "import numpy as np", "setup", locked=True),
        graded(new_code_cell, STUB.format("one"), "one", solution=True),
        check("one"),
        graded(new_code_cell, STUB.format("two"), "two", solution=True),
        check("two"),
        experiment,
        graded(new_markdown_cell, "Your answer", "why", grade=True, solution=True, points=1),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "p", "display_name": "P"}})


@pytest.fixture
def mine(released):
    """A copy to alter, its two functions answered."""
    notebook = copy.deepcopy(released)
    cell(notebook, "one").source = "def one(x):\n    return 1"
    cell(notebook, "two").source = "def two(x):\n    return 2"
    return notebook


def cell(notebook, name):
    return next(one for one in notebook.cells if one.id == name)


def copied(original, **changes):
    made = copy.deepcopy(original)
    made.update(changes)
    return made


def sources(rebuilt):
    nbformat.validate(rebuilt.notebook)
    return {one.id: one.source for one in rebuilt.notebook.cells}


def order(rebuilt):
    return [one.id for one in rebuilt.notebook.cells]


def test_an_untouched_notebook_is_the_released_one(released):
    rebuilt = rebuild(copy.deepcopy(released), released)
    assert rebuilt.notebook == released
    assert rebuilt.notes == []


def test_answers_are_taken_over(mine, released):
    cell(mine, "why").source = "because"
    rebuilt = rebuild(mine, released)
    assert sources(rebuilt) == {one.id: one.source for one in mine.cells}
    assert rebuilt.notes == []


def test_the_arguments_are_left_as_they_are(mine, released):
    before = copy.deepcopy((mine, released))
    rebuilt = rebuild(mine, released)
    rebuilt.notebook.cells[2].metadata.nbgrader.points = 99
    assert (mine, released) == before


@pytest.mark.parametrize("name", ["setup", "check-one", "title"])
def test_what_is_not_the_students_is_put_back(mine, released, name):
    cell(mine, name).source = "4.0"
    rebuilt = rebuild(mine, released)
    assert sources(rebuilt)[name] == cell(released, name).source
    told = [note for note in rebuilt.notes if f"{name!r} had been changed" in note]
    assert bool(told) == (name != "title")


@pytest.mark.parametrize("name", ["one", "check-one", "why"])
def test_a_deleted_cell_is_put_back(mine, released, name):
    mine.cells.remove(cell(mine, name))
    rebuilt = rebuild(mine, released)
    assert order(rebuilt) == [one.id for one in released.cells]
    assert sources(rebuilt)[name] == cell(released, name).source
    assert rebuilt.notes == [f"cell {name!r} was missing; the released one was put back"]


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        ([], "lost: the cell was not in what was handed in"),
        (["the file is damaged; 3 cells could be read"], "could not be read: the file is damaged"),
    ],
)
def test_an_answer_that_is_not_there_says_why(mine, released, notes, said):
    """So that nobody calls it blank."""
    mine.cells.remove(cell(mine, "one"))
    why = why_missing(Reading(mine, notes=notes))
    rebuilt = rebuild(mine, released, why)
    assert cell(rebuilt.notebook, "one").metadata.gradlab["missing"] == said
    assert "gradlab" not in cell(released, "one").metadata


def test_many_deleted_cells_are_told_in_one_line(released):
    rebuilt = rebuild(new_notebook(), many(released, 9))
    (note,) = [one for one in rebuilt.notes if "missing" in one]
    assert note.startswith("9 cells were missing ('one-0', 'one-1', …, 'one-8')")


def many(released, count):
    """A released notebook with an exercise several times, under other names."""
    notebook = new_notebook()
    for number in range(count):
        one = copied(cell(released, "one"), id=f"one-{number}")
        one.metadata.nbgrader["grade_id"] = f"one-{number}"
        notebook.cells.append(one)
    return notebook


def test_a_copied_test_is_dropped(mine, released):
    mine.cells.insert(0, copied(cell(mine, "check-one"), id="copy"))
    rebuilt = rebuild(mine, released)
    assert order(rebuilt) == [one.id for one in released.cells]
    assert "cell 'check-one' was there more than once" in rebuilt.notes


@pytest.mark.parametrize("copy_first", [True, False])
def test_of_two_copies_the_one_filled_in_counts(mine, released, copy_first):
    stub = copied(cell(released, "one"), id="copy")
    place = mine.cells.index(cell(mine, "one"))
    mine.cells.insert(place + (not copy_first), stub)
    rebuilt = rebuild(mine, released)
    assert sources(rebuilt)["one"] == cell(mine, "one").source
    assert len(rebuilt.notebook.cells) == len(released.cells)


def test_of_two_answers_the_later_one_counts_and_the_first_runs_before_it(mine, released):
    first = copied(cell(mine, "one"), id="copy", source="helper = 3")
    mine.cells.insert(mine.cells.index(cell(mine, "one")), first)
    rebuilt = rebuild(mine, released)
    assert order(rebuilt)[1:4] == ["setup", "extra-1", "one"]
    assert sources(rebuilt)["extra-1"] == "helper = 3"
    assert sources(rebuilt)["one"] == "def one(x):\n    return 1"


def test_equal_copies_are_one(mine, released):
    mine.cells.append(copy.deepcopy(cell(mine, "one")))
    assert len(rebuild(mine, released).notebook.cells) == len(released.cells)


def test_moved_cells_stay_where_they_run(mine, released):
    """An answer that was moved above the cell that needs it is there when that cell runs."""
    mine.cells.remove(two := cell(mine, "two"))
    mine.cells.insert(mine.cells.index(cell(mine, "one")), two)
    rebuilt = rebuild(mine, released)
    assert order(rebuilt)[1:6] == ["setup", "two", "one", "check-one", "check-two"]
    assert rebuilt.notes == []


def test_a_check_runs_after_what_it_checks_and_the_setup_before_all(mine, released):
    mine.cells.reverse()
    rebuilt = rebuild(mine, released)
    places = {name: place for place, name in enumerate(order(rebuilt))}
    assert places["setup"] < min(places["one"], places["two"])
    assert places["one"] < places["check-one"]
    assert places["two"] < places["check-two"]
    assert "a check stood above the answer it checks; it runs below" in rebuilt.notes
    assert len(places) == len(released.cells)


def test_of_several_versions_the_last_before_the_check_counts(mine, released):
    """A copy appended after everything is not what the check has seen."""
    late = copied(cell(mine, "one"), id="late", source="def one(x):\n    return 'later'")
    mine.cells.append(late)
    rebuilt = rebuild(mine, released)
    assert sources(rebuilt)["one"] == "def one(x):\n    return 1"
    assert (order(rebuilt)[-1], sources(rebuilt)["extra-1"]) == ("extra-1", late.source)


def test_a_version_after_the_check_counts_if_there_was_only_the_stub(mine, released):
    late = copied(cell(mine, "one"), id="late")
    cell(mine, "one").source = cell(released, "one").source
    mine.cells.append(late)
    rebuilt = rebuild(mine, released)
    assert sources(rebuilt)["one"] == "def one(x):\n    return 1"
    assert order(rebuilt).index("one") < order(rebuilt).index("check-one")
    assert "extra-1" not in order(rebuilt)


def test_no_stub_comes_after_a_definition_of_its_name(mine, released):
    two = cell(mine, "two")
    mine.cells.remove(two)
    cell(mine, "one").source += f"\n\n{two.source}"
    rebuilt = rebuild(mine, released)
    assert sources(rebuilt)["two"] == "# This cell was deleted; two is defined in another one."
    assert "NotImplementedError" not in "".join(sources(rebuilt).values())


def test_an_added_cell_that_defines_a_deleted_answer_is_the_answer(mine, released):
    two = cell(mine, "two")
    mine.cells.remove(two)
    mine.cells.insert(1, new_code_cell(f"n = 1\n\n\n{two.source}", id="own"))
    assert sources(rebuild(mine, released))["two"] == f"n = 1\n\n\n{two.source}"


def test_all_functions_in_one_cell_at_the_top(mine, released):
    texts = [cell(mine, name).source for name in ("one", "two")]
    for name in ("one", "two"):
        mine.cells.remove(cell(mine, name))
    mine.cells.insert(2, new_code_cell("\n\n".join(texts), id="all"))
    rebuilt = rebuild(mine, released)
    run = "\n".join(one.source for one in rebuilt.notebook.cells if one.cell_type == "code")
    assert run.count("def one") == run.count("def two") == 1
    assert "NotImplementedError" not in run


@pytest.mark.parametrize("where", [-1, 1])
def test_a_written_answer_in_a_cell_beside_waits_for_a_person(mine, released, where):
    place = mine.cells.index(cell(mine, "why"))
    added = [new_markdown_cell(text, id=text) for text in ("because", "truly")]
    mine.cells[place + (where > 0) : place + (where > 0)] = added
    rebuilt = rebuild(mine, released)
    answer = sources(rebuilt)["why"]
    assert answer == "(written in a cell of its own)\n\nbecause\n\ntruly"
    assert rebuilt.notes == [
        "the answer 'why' was written beside its cell; it was taken from there"
    ]
    assert not any(name.startswith("extra") for name in order(rebuilt))


def test_a_written_answer_under_the_question_waits_for_a_person(mine, released):
    question = new_markdown_cell("**Why?**", id="question")
    released.cells.insert(-1, question)
    mine.cells.insert(-1, copied(question, source="**Why?**\n\nBecause."))
    assert sources(rebuild(mine, released))["why"].endswith("\n\nBecause.")
    assert sources(rebuild(mine, released))["question"] == "**Why?**"


def test_text_beside_an_answer_that_was_given_stays_where_it_is(mine, released):
    cell(mine, "why").source = "because"
    mine.cells.append(new_markdown_cell("PS", id="ps"))
    rebuilt = rebuild(mine, released)
    assert (sources(rebuilt)["why"], sources(rebuilt)["extra-1"]) == ("because", "PS")


@pytest.mark.parametrize(
    "change",
    [
        {"points": 400},
        {"grade": False},
        {"locked": True},
        {"solution": True},
        {"grade_id": "another"},
    ],
)
def test_changed_grading_metadata_is_put_right(mine, released, change):
    cell(mine, "check-one").metadata.nbgrader.update(change)
    rebuilt = rebuild(mine, released)
    assert cell(rebuilt.notebook, "check-one") == cell(released, "check-one")
    assert rebuilt.notes == ["cell 'check-one' had other grading metadata; it was put right"]


def test_metadata_of_nobodys_business_are_not_told(mine, released):
    cell(mine, "check-one").metadata.nbgrader.checksum = "other"
    cell(mine, "check-one").metadata.collapsed = True
    assert rebuild(mine, released).notes == []


def test_retyped_cells_are_typed_back(mine, released):
    index = mine.cells.index(cell(mine, "one"))
    text = mine.cells[index]
    mine.cells[index] = new_markdown_cell(text.source, id="one", metadata=text.metadata)
    rebuilt = rebuild(mine, released)
    assert cell(rebuilt.notebook, "one").cell_type == "code"
    assert sources(rebuilt)["one"] == text.source
    assert "cell 'one' had become a markdown cell" in rebuilt.notes


def test_swapped_names_are_swapped_back(mine, released):
    one, two = cell(mine, "one").metadata.nbgrader, cell(mine, "two").metadata.nbgrader
    one.grade_id, two.grade_id = "two", "one"
    assert sources(rebuild(mine, released))["one"] == "def one(x):\n    return 1"


def test_a_name_pointed_at_the_test_does_not_hide_the_answer(mine, released):
    cell(mine, "one").metadata.nbgrader.grade_id = "check_one"
    found = sources(rebuild(mine, released))
    assert (found["one"], found["check-one"]) == ("def one(x):\n    return 1", "check(one)")


def test_an_answer_written_into_the_test_cell_is_found(mine, released):
    cell(mine, "one").source = cell(released, "one").source
    cell(mine, "check-one").source = "def one(x):\n    return 1"
    found = sources(rebuild(mine, released))
    assert (found["one"], found["check-one"]) == ("def one(x):\n    return 1", "check(one)")


def test_cells_without_metadata_are_known_by_their_ids(mine, released):
    for one in mine.cells:
        one.metadata = {}
    assert list(sources(rebuild(mine, released)).values()) == [c.source for c in mine.cells]


def test_cells_without_anything_are_known_by_text_and_definition(mine, released):
    for number, one in enumerate(mine.cells):
        one.metadata = {}
        one.id = f"n{number}"
    found = sources(rebuild(mine, released))
    assert list(found) == [one.id for one in released.cells]
    assert found["one"] == "def one(x):\n    return 1"


def test_an_added_cell_that_defines_the_same_name_is_no_answer(mine, released):
    mine.cells.append(new_code_cell("def one(x):\n    return 'another try'", id="later"))
    rebuilt = rebuild(mine, released)
    assert sources(rebuilt)["one"] == "def one(x):\n    return 1"
    assert order(rebuilt)[-1].startswith("extra-")


def test_added_cells_keep_place_and_text_and_nothing_else(mine, released):
    forged = graded(new_code_cell, "9.0", "bonus", grade=True, points=9)
    forged.outputs = [nbformat.v4.new_output("stream", text="9")]
    forged.metadata.gradlab = {"check": "one"}
    mine.cells.insert(3, forged)
    mine.cells.insert(0, new_markdown_cell("first", id="first", attachments=PNG))
    rebuilt = rebuild(mine, released)
    assert order(rebuilt)[0] == "extra-1"
    added = rebuilt.notebook.cells[4]
    assert (added.source, added.outputs) == ("9.0", [])
    assert added.metadata == {"gradlab": {"extra": True}}
    assert rebuilt.notebook.cells[0].attachments == PNG


def test_ids_of_added_cells_are_not_taken(mine, released):
    released.cells[0].id = mine.cells[0].id = "extra-1"
    mine.cells.append(new_code_cell("x", id="x"))
    assert len(set(order(rebuild(mine, released)))) == len(released.cells) + 1


def test_more_added_cells_than_allowed_are_left_out(mine, released):
    mine.cells += [new_code_cell(f"x = {n}", id=f"x{n}") for n in range(module.MAX_EXTRAS + 7)]
    rebuilt = rebuild(mine, released)
    assert len(rebuilt.notebook.cells) == len(released.cells) + module.MAX_EXTRAS
    assert rebuilt.notes == ["7 added cells or outputs were too much; left out"]


def test_room_is_for_answers_first_then_outputs_then_additions(mine, released, monkeypatch):
    monkeypatch.setattr(module, "MAX_KEPT", 1000)
    mine.cells.insert(0, new_code_cell("y" * 800, id="y"))
    output = nbformat.v4.new_output("stream", text="z" * 300)
    cell(mine, "experiment").outputs = [output, output]
    rebuilt = rebuild(mine, released)
    assert sources(rebuilt)["two"] == "def two(x):\n    return 2"
    assert cell(rebuilt.notebook, "experiment").outputs == [output, output]
    assert len(rebuilt.notebook.cells) == len(released.cells)
    assert rebuilt.notes == ["1 added cells or outputs were too much; left out"]


def test_an_answer_without_room_is_told(mine, released, monkeypatch):
    monkeypatch.setattr(module, "MAX_KEPT", 100)
    cell(mine, "one").source = "x" * 200
    rebuilt = rebuild(mine, released)
    assert sources(rebuilt)["one"] == cell(released, "one").source
    assert "cell 'one' was too long; the released text is kept" in rebuilt.notes


def test_what_is_kept_is_bounded_as_it_is_written(mine, released):
    """Lines are written as strings of their own; 200,000 empty ones take many times that."""
    mine.cells += [new_code_cell("\n" * 200_000, id=f"x{n}") for n in range(50)]
    text = nbformat.writes(rebuild(mine, released).notebook)
    assert len(text) < module.MAX_KEPT + 100_000


def test_an_experiment_keeps_its_outputs_and_edits(mine, released):
    output = nbformat.v4.new_output("stream", text="a plot")
    cell(mine, "experiment").update(source="plot(two)", outputs=[output])
    cell(mine, "check-one").outputs = [output]
    rebuilt = rebuild(mine, released)
    assert cell(rebuilt.notebook, "experiment").outputs == [output]
    assert sources(rebuilt)["experiment"] == "plot(two)"
    assert cell(rebuilt.notebook, "check-one").outputs == []


def test_an_experiment_that_became_prose_has_no_outputs(mine, released):
    index = mine.cells.index(cell(mine, "experiment"))
    mine.cells[index] = new_markdown_cell("text", id="experiment")
    assert cell(rebuild(mine, released).notebook, "experiment").outputs == []


def test_pictures_pasted_into_an_answer_stay(mine, released):
    cell(mine, "why").update(source="![](attachment:plot.png)", attachments=PNG)
    cell(mine, "title").attachments = PNG
    rebuilt = rebuild(mine, released)
    assert cell(rebuilt.notebook, "why").attachments == PNG
    assert "attachments" not in cell(rebuilt.notebook, "title")


def test_notebook_metadata_are_the_released_ones(mine, released):
    mine.metadata = {"kernelspec": {"name": "bash"}, "gradlab": {"results_sha256": "0"}}
    assert rebuild(mine, released).notebook.metadata == released.metadata


def test_strange_graders_metadata_are_none(mine, released):
    for one, strange in zip(mine.cells, ["text", [1], 3, {"grade_id": ["one"]}, {}], strict=False):
        one.metadata = {"nbgrader": strange, "gradlab": strange}
    assert sources(rebuild(mine, released))["one"] == "def one(x):\n    return 1"


def test_the_result_can_be_written(mine, released):
    json.loads(nbformat.writes(rebuild(mine, released).notebook))
