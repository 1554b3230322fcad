"""exposing_match: how many faults of exact_match do the student's arguments expose?

mistake                                    check
-----------------------------------------  ---------------------
everything matches; tails of PAD only      the_fault_shown
only one kind of wrong row                 nine_in_ten
as many misses as false hits               nine_in_ten
arguments the right function refuses       the_fault_shown
"""

import torch

from gradlab.judge import exercise, expect, exposed, faults_in

from . import catalogue_exact_match
from .catalogue_exact_match import right

pytestmark = exercise("exposing_match")


def _exact_match(predictions, targets):
    """The right function, of lists, whose arguments have the form that the text asks for."""
    _require_form(predictions, targets)
    matches = [right(p, t) for p, t in zip(predictions, targets)]
    return sum(matches) / len(matches)


def _require_form(predictions, targets):
    rows = [*predictions, *targets]
    if not predictions or len(predictions) != len(targets):
        raise ValueError("there should be as many predictions as targets, and one at least")
    if {type(row) for row in rows} != {list} or {type(i) for row in rows for i in row} != {int}:
        raise ValueError("predictions and targets should be lists of lists of ints")
    if any(len({len(row) for row in part}) != 1 for part in (predictions, targets)):
        raise ValueError("the rows of predictions, and those of targets, should be equally long")
    if min(min(row) for row in rows) < 0 or any(2 not in row for row in targets):
        raise ValueError("ids are 0 or more, and each target has an EOS (2)")


def _of_lists(function):
    def called(predictions, targets):
        return float(function(torch.tensor(predictions), torch.tensor(targets)))

    return called


def _suspicious(predictions, targets):
    columns = min(len(predictions[0]), len(targets[0]))
    rows = [
        all(p[t] == y[t] or y[t] == 0 for t in range(columns)) for p, y in zip(predictions, targets)
    ]
    return sum(rows) / len(rows)


BY_KIND_OR_ROWS = ("tensor_returned", "any_rows")  # which no lists of as many rows can expose
FAULTS = {
    name: _of_lists(fault)
    for name, fault in faults_in(catalogue_exact_match, "exact_match").items()
    if name not in BY_KIND_OR_ROWS
}


def test_the_fault_shown(student):
    """The arguments give another number with the version shown than with the right one."""
    found = exposed(student.exposing_match(), _exact_match, {"shown": _suspicious})
    expect(found, "the version shown gives the right number for these arguments", value=found)


def test_nine_in_ten(student):
    """The arguments tell nine in ten of the collected faults from the right function."""
    found = exposed(student.exposing_match(), _exact_match, FAULTS)
    text = f"{len(found)} of {len(FAULTS)} faults are exposed"
    expect(10 * len(found) >= 9 * len(FAULTS), text, value=found)
