"""early_stopping: scripted losses, so that every rule decides a case of its own.

mistake                                    case that exposes it              check
-----------------------------------------  --------------------------------  -------------
patience off by one, counter not reset     plateaus, rebounds, patience 1-3  when_it_stops
equality, the last loss, the training one  ties, a slow rise                 when_it_stops
min_delta lost, relative, creeping bar     steps just below and above        min_delta
NaN or infinity taken for better           NaN first, in between, only       nan
best aliased, late, not restored           weights of the best epoch         best_weights
restored in one of two endings only        stopped; epochs run out           best_weights
new arrays in params                       an array held elsewhere           in_place
train, validate called too often, late     a log of the calls                calls
patience below 1 accepted                  0, -1, nothing trained            refuses
"""

from dataclasses import dataclass, field

import numpy as np
import pytest

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    fetch,
    reference,
    requires,
    weight,
)

pytestmark = exercise("early_stopping")
rng = case_rng("early_stopping")
FORM = "the result should be a pair: (losses, best_epoch)"

PARTS = '''
class Script:
    """Epochs that move the weights, and validation losses read from a list."""

    def __init__(self, losses):
        self.losses, self.calls = [float(loss) for loss in losses], []

    def train(self, params):
        self.calls.append("train")
        epoch = self.calls.count("train")
        for place, value in enumerate(params.values()):
            value += 10.0**place * epoch  # the weights tell how many epochs have run
        return 100.0 - epoch  # the training loss falls for ever

    def validate(self, params):
        self.calls.append("validate")
        return self.losses[self.calls.count("validate") - 1]
'''


@dataclass(frozen=True, eq=False)
class Case:
    title: str
    losses: list
    patience: int
    max_epochs: int | None = None
    options: dict = field(default_factory=dict)

    def __str__(self):
        return self.title

    @property
    def epochs(self):
        return len(self.losses) if self.max_epochs is None else self.max_epochs


NAN, INF = float("nan"), float("inf")
START = {"w": rng.normal(size=(2, 3)), "b": rng.normal(size=2)}
STOPS = [
    Case("first bad epoch, patience 1", [5, 4, 4.5, 3, 2], 1),
    Case("two bad epochs, patience 2", [5, 3, 4, 4.5, 1, 0.5, 2], 2),
    Case("a rebound in between", [5, 4, 6, 3.9, 6, 3.8, 7, 7, 1], 2),
    Case("a plateau of equal losses", [5, 3, 3, 3, 3, 2, 1], 3),
    Case("bad epochs that fall", [5, 2, 8, 7, 6, 5, 1], 3),
    Case("one good, then one short of patience", [4, 9, 9, 3, 9, 9, 9, 2], 3),
    Case("alternating, patience 3", [9, 8, 8.5, 7, 7.5, 6, 6.5, 6.4, 6.3, 1], 3),
    Case("best at the very first", [1, 2, 2, 2, 0.5, 3], 3),
]
RUN_OUT = [
    Case("falls to the end", [5, 4, 3, 2.5], 2),
    Case("epochs run out, last one bad", [5, 4, 3, 3.5], 2),
    Case("fewer epochs than losses", [5, 4, 6, 3.9, 6, 1, 1], 3, 5),
    Case("a single epoch", [2.0, 1.0], 1, 1),
    Case("patience reached in the last epoch", [5, 3, 4, 4], 2),
]
DELTA = [
    Case("steps below min_delta", [5, 4.9, 4.8, 4.7, 4.6, 3], 3, None, {"min_delta": 0.25}),
    Case(
        "slow steps that add up", [5, 4.8, 4.6, 4.5, 4.3, 4.4, 4.2, 1], 3, None, {"min_delta": 0.3}
    ),
    Case("exactly min_delta", [4, 3.5, 3.0, 2.75, 1], 2, None, {"min_delta": 0.5}),
    Case("ends above the best", [3, 2.9, 2.95, 3.0], 4, None, {"min_delta": 0.2}),
    Case("large losses", [10, 9.5, 9.0, 8.4], 3, None, {"min_delta": 0.5}),
    Case("small losses", [0.5, 0.38, 0.36, 0.35, 0.1], 2, None, {"min_delta": 0.1}),
    Case("a lower loss that does not count", [3, 2.9, 2.95, 3.1, 1], 3, None, {"min_delta": 0.2}),
]
NANS = [
    Case("NaN in between", [5, NAN, 4, NAN, 4.5, 1], 2),
    Case("NaN first", [NAN, 5, 4, 6, 6, 1], 2),
    Case("nothing but NaN", [NAN, NAN, NAN, NAN, 1], 4),
    Case("infinity first", [INF, 3, INF, 4, 1], 2),
    Case("infinity, then patience", [INF, INF, 1], 2),
    Case("no epoch improves, epochs run out", [INF, NAN, INF], 5),
]
ENDS = [STOPS[1], STOPS[2], STOPS[7], *RUN_OUT[:4], DELTA[1], *NANS[1:4], NANS[5]]


@reference
def expected(case):
    """(losses, best epoch, parameters): by looking at the whole script from the best epoch on."""
    best, bar, stop = None, np.inf, case.epochs
    start = 0
    while True:
        ahead = [e for e in range(start, case.epochs) if case.losses[e] < bar]
        if not ahead or ahead[0] - start >= case.patience:
            stop = min(case.epochs, start + case.patience)
            break
        best, start = ahead[0], ahead[0] + 1
        bar = case.losses[best] - case.options.get("min_delta", 0.0)
    done = 0 if best is None else best + 1
    moved = done * (done + 1) / 2  # each epoch adds its number to w, and ten times it to b
    params = {"w": START["w"] + moved, "b": START["b"] + 10 * moved}
    return [float(loss) for loss in case.losses[:stop]], best, params


def _run(student, case, params):
    """The result in plain numbers, and the script with its log."""
    script = student.define(PARTS, "Script")(list(case.losses))
    bound = student.define("def bound(script):\n    return script.train, script.validate", "bound")
    train, validate = bound(script)
    result = student.early_stopping(
        params, train, validate,
        max_epochs=case.epochs, patience=case.patience, **case.options,
    )  # fmt: skip
    pair = isinstance(result, tuple | list) and len(result) == 2
    expect(pair and isinstance(result[0], tuple | list), FORM, value=result)
    return result, script


def _judge(student, case):
    params = student.keep(START)
    (losses, best), _ = _run(student, case, params)
    wanted, best_epoch, end = expected(case)
    assert_close((list(losses), best), (wanted, best_epoch), name="(losses, best_epoch)")
    return fetch(params), end


@weight(2)
@pytest.mark.parametrize("case", STOPS, ids=str)
def test_when_it_stops(student, case):
    """Stops when patience has run out, and names the best epoch."""
    _judge(student, case)


@requires("test_when_it_stops")
@pytest.mark.parametrize("case", RUN_OUT, ids=str)
def test_epochs_run_out(student, case):
    """Runs to max_epochs where patience lasts, and names the best epoch."""
    _judge(student, case)


@requires("test_when_it_stops")
@pytest.mark.parametrize("case", DELTA, ids=str)
def test_min_delta(student, case):
    """An improvement must exceed min_delta, counted from the best epoch's loss."""
    _judge(student, case)


@requires("test_when_it_stops")
@pytest.mark.parametrize("case", NANS, ids=str)
def test_nan(student, case):
    """NaN and infinity never improve, and count as bad epochs."""
    _judge(student, case)


@weight(2)
@requires("test_when_it_stops")
@pytest.mark.parametrize("case", ENDS, ids=str)
def test_best_weights(student, case):
    """At the end params holds the weights of the best epoch, however training ended."""
    found, end = _judge(student, case)
    assert_close(found, end, name="params at the end")


@requires("test_when_it_stops")
@pytest.mark.parametrize("case", [STOPS[1], RUN_OUT[1]], ids=str)
def test_in_place(student, case):
    """The arrays themselves are restored; a layer that holds one of them sees it."""
    arrays = {name: student.keep(value) for name, value in START.items()}
    _run(student, case, student.keep(arrays))
    _, _, end = expected(case)
    found = {name: fetch(array) for name, array in arrays.items()}
    assert_close(found, end, name="the arrays that were in params")


@requires("test_when_it_stops")
@pytest.mark.parametrize("case", [STOPS[2], RUN_OUT[0]], ids=str)
def test_calls(student, case):
    """Each epoch trains once, then validates once; nothing is called afterwards."""
    _, script = _run(student, case, student.keep(START))
    wanted = ["train", "validate"] * len(expected(case)[0])
    assert_equal(fetch(script, "calls"), wanted, name="the calls, in order")


@requires("test_when_it_stops")
@pytest.mark.parametrize("patience", [0, -1, -7])
def test_refuses(student, patience):
    """Raises ValueError naming patience when it is below 1, and trains nothing."""
    params = student.keep(START)
    with student.raises(ValueError, match=r"\bpatience\b"):
        _run(student, Case("refused", [1.0, 2.0, 3.0], patience), params)
    assert_close(fetch(params), START, name="params after the refusal")
