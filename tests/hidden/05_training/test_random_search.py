"""random_search: what is drawn, how often the objective runs, and which setting is the best.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  ------------
max for min, last for best, NaN wins      scripted values with ties, NaN   best
n - 1 or n + 1 trials, called twice       a log of the calls               trials
uniform for log, exponent for value       medians of 400 draws             draws
bounds missed, list as interval           three kinds of entries           draws
one draw for all names, or all trials     correlation                      draws
best or trials shared with the objective  an objective that clears it      own_copies
global or new generator                   one seed twice; one rng twice    generator
low above high accepted                   (2, 1), (1, 0.1, "log")          refuses
"""

from dataclasses import dataclass

import numpy as np
import pytest

from gradlab.judge import (
    alternative,
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    fetch,
    misconception,
    requires,
    seeded,
    weight,
)

pytestmark = exercise("random_search")
SEED = int(case_rng("random_search").integers(2**31))
NAN, INF = float("nan"), float("inf")
FORM = "the result should be a pair: (best, trials)"
SPACE = {
    "p": (-2.0, 6.0),
    "rate": (1e-5, 1e-1, "log"),
    "q": (0.05, 0.75),
    "decay": (1e-3, 1e3, "log"),
    "width": [8, 32, 128],
    "flag": [True, False],
}
SMALL = {"p": (0.0, 1.0), "width": [1, 2, 3, 4, 5]}

OBJECTIVES = '''
class Scripted:
    """An objective that reads its values from a list, and keeps what it was asked."""

    def __init__(self, values, spoil=False):
        self.values, self.asked, self.spoil = list(values), [], spoil

    def __call__(self, setting):
        self.asked.append(dict(setting))
        if self.spoil:
            setting.clear()
        return self.values[(len(self.asked) - 1) % len(self.values)]
'''


@dataclass(frozen=True, eq=False)
class Case:
    title: str
    values: list
    best: int | None

    def __str__(self):
        return self.title


BEST = [
    Case("in the middle", [3.0, 1.0, 0.5, 2.0], 2),
    Case("the first", [-4.0, 1.0, 0.5, 2.0], 0),
    Case("the last", [4.0, 1.0, 0.5, -2.0], 3),
    Case("a tie", [3.0, 1.0, 2.0, 1.0], 1),
    Case("NaN first", [NAN, 3.0, 1.0, 2.0], 2),
    Case("NaN after the best", [3.0, 1.0, NAN, NAN], 1),
    Case("a single trial", [7.0], 0),
    Case("infinities", [INF, 9.0, -INF, 1.0], 2),
    Case("large values", [1e12, 1e11, 1e13], 1),
]
NONE = [Case("all NaN", [NAN, NAN, NAN], None), Case("NaN and infinity", [INF, NAN, INF], None)]


def _search(student, values, space=SMALL, *, generator=None, spoil=False, n=None):
    """best, the settings, their values, and the objective in the kernel."""
    objective = student.define(OBJECTIVES, "Scripted")(values, spoil)
    n = len(values) if n is None else n
    result = student.random_search(
        objective, space, n, seeded(SEED) if generator is None else generator
    )
    pair = isinstance(result, tuple | list) and len(result) == 2
    expect(pair and isinstance(result[1], tuple | list), FORM, value=result)
    trials = result[1]
    form = all(isinstance(trial, tuple | list) and len(trial) == 2 for trial in trials)
    expect(form, "each trial should be a pair: (setting, value)", value=len(trials))
    return result[0], [trial[0] for trial in trials], [trial[1] for trial in trials], objective


@weight(2)
@pytest.mark.parametrize("case", [*BEST, *NONE], ids=str)
def test_best(student, case):
    """The best setting is the first one with the lowest value; NaN and infinity never win."""
    best, settings, values, objective = _search(student, case.values)
    assert_close(values, case.values, name="the values of the trials")
    asked = fetch(objective, "asked")
    assert_equal(settings, asked, name="the settings of the trials")
    assert_equal(best, None if case.best is None else asked[case.best], name="the best setting")


@requires("test_best")
@pytest.mark.parametrize("n", [1, 7, 0])
def test_trials(student, n):
    """The objective is asked n times, once per trial."""
    _, settings, _, objective = _search(student, [2.0, 1.0, 3.0], n=n)
    assert_equal(len(settings), n, name="the number of trials")
    assert_equal(len(fetch(objective, "asked")), n, name="the number of calls")


def _columns(student):
    """400 draws of each name of SPACE, after a look at their form."""
    _, settings, _, _ = _search(student, [1.0], SPACE, n=400)
    complete = all(isinstance(setting, dict) and set(setting) == set(SPACE) for setting in settings)
    expect(complete, "a setting should have all names of the space", value=len(settings))
    return {name: [setting[name] for setting in settings] for name in SPACE}


@weight(2)
@requires("test_best")
def test_draws(student):
    """Intervals, logarithmic intervals and choices are drawn evenly, each in its own way."""
    drawn = _columns(student)
    for name in ("p", "q", "rate", "decay"):
        numbers = all(isinstance(value, float) for value in drawn[name])
        expect(numbers, f"the draws of {name} should be floats", value=drawn[name][0])
        low, high, *log = SPACE[name]
        inside = all(low <= value <= high for value in drawn[name])
        expect(inside, f"{name} leaves its interval", value=min(drawn[name]))
        values = np.log(drawn[name]) if log else np.array(drawn[name])
        low, high = (np.log(low), np.log(high)) if log else (low, high)
        even = (values - low) / (high - low)
        for quarter in range(4):  # 100 of 400 each, up to 5.5 standard deviations
            share = float(np.mean((quarter / 4 <= even) & (even <= (quarter + 1) / 4)))
            expect(abs(share - 0.25) < 0.12, f"{name} is not drawn evenly", value=share)
    for name in ("width", "flag"):
        known = all(np.isscalar(value) and value in SPACE[name] for value in drawn[name])
        expect(known, f"{name} is not one of its choices", value=drawn[name][0])
        shares = [drawn[name].count(choice) / 400 for choice in SPACE[name]]
        even = max(shares) - min(shares) < 0.25
        expect(even, f"the choices of {name} are not equally likely", value=shares)


@requires("test_best")
def test_independent(student):
    """Each name is drawn anew in each trial, and independently of the others."""
    drawn = _columns(student)
    columns = np.array([drawn["p"], np.log(drawn["rate"]), drawn["q"], np.log(drawn["decay"]),
                        drawn["width"], drawn["flag"]], dtype=float)  # fmt: skip
    together = np.corrcoef(columns) - np.eye(6)  # by chance below .3: 6 standard deviations
    worst = float(np.abs(together).max())
    expect(worst < 0.3, "names of one trial share their draws", value=worst)
    for column in columns[:4]:
        different = len(np.unique(column))
        expect(different > 395, "the same draws come in several trials", value=different)
        after = float(np.corrcoef(column[1:], column[:-1])[0, 1])
        expect(abs(after) < 0.3, "a trial depends on the one before it", value=after)


@requires("test_best")
def test_own_copies(student):
    """An objective that changes its setting changes neither best nor the trials."""
    best, settings, _, objective = _search(student, [3.0, 1.0, 2.0], spoil=True)
    asked = fetch(objective, "asked")
    assert_equal(settings, asked, name="the settings of the trials")
    assert_equal(best, asked[1], name="the best setting")


@requires("test_best")
def test_generator(student):
    """All is drawn from rng: one seed, one search; another seed, another; a second call goes on."""

    def settings(generator):
        return _search(student, [1.0], SPACE, n=6, generator=generator)[1]

    assert_equal(settings(seeded(5)), settings(seeded(5)), name="settings from the same seed")
    differs = settings(seeded(5)) != settings(seeded(6))
    expect(differs, "another generator gives the same settings", value=differs)
    kept = student.define("rng = np.random.default_rng(5)", "rng")
    again = settings(kept) != settings(kept)
    expect(again, "a second call with the same generator repeats the settings", value=again)


@requires("test_best")
@pytest.mark.parametrize("entry", [(2.0, 1.0), (1.0, 0.1, "log")], ids=str)
def test_refuses(student, entry):
    """Raises ValueError naming space and the name where a low is above its high."""
    objective = student.define(OBJECTIVES, "Scripted")([1.0])
    for space in ({"momentum": entry}, {"p": (0.0, 1.0), "momentum": entry}):
        with student.raises(ValueError, match=r"(?s)(?=.*\bspace\b)(?=.*\bmomentum\b)"):
            student.random_search(objective, space, 3, seeded(0))
    assert_equal(len(fetch(objective, "asked")), 0, name="the calls before the refusal")


@requires("test_best")
def test_point_intervals(student):
    """A low equal to its high is allowed and gives that number."""
    space = {"p": (2.5, 2.5), "rate": (0.5, 0.5, "log")}
    best, _, _, _ = _search(student, [1.0], space)
    assert_close(best, {"p": 2.5, "rate": 0.5}, name="the best setting")


class Search:
    """A right search in pieces, so that each mistake below replaces one of them."""

    def __init__(self, objective, space, n, rng):
        self.objective, self.space, self.n, self.rng = objective, space, n, rng
        self.best, self.lowest, self.trials = None, INF, []

    def refuse(self):
        for name, entry in self.space.items():
            if isinstance(entry, tuple) and entry[0] > entry[1]:
                raise ValueError(f"space: {name} is {entry}")

    def count(self):
        return self.n

    def run(self):
        self.refuse()
        for _ in range(self.count()):
            self.trial(self.setting())
        return self.result()

    def setting(self):
        return {name: self.draw(entry) for name, entry in self.space.items()}

    def draw(self, entry):
        if isinstance(entry, list):
            return self.choice(entry)
        if len(entry) == 3:
            return float(self.log(*entry[:2]))
        return float(self.even(*entry))

    def choice(self, entry):
        return entry[int(self.rng.integers(len(entry)))]

    def log(self, low, high):
        return np.clip(np.exp(self.rng.uniform(np.log(low), np.log(high))), low, high)

    def even(self, low, high):
        return self.rng.uniform(low, high)

    def ask(self, setting):
        return self.objective(dict(setting))

    def trial(self, setting):
        value = self.ask(setting)
        self.trials.append((setting, value))
        if self.better(value):
            self.best, self.lowest = setting, value

    def better(self, value):
        return value < self.lowest

    def result(self):
        return self.best, self.trials


def _wrong(message, **pieces):
    kind = type("Changed", (Search,), pieces)

    @misconception("random_search", message)
    def variant(objective, space, n, rng):
        return kind(objective, space, n, rng).run()

    return variant


maximised = _wrong(
    "You keep the setting with the highest value. The lowest is asked for.",
    better=lambda self, value: self.best is None or value > self.lowest,
)
last_kept = _wrong(
    "You return the last setting. The one with the lowest value is the best.",
    better=lambda self, value: value < INF,
)
last_of_ties = _wrong(
    "Of equal values you keep the last. The first is asked for.",
    better=lambda self, value: value <= self.lowest and value < INF,
)
nan_wins = _wrong(
    "NaN counts as better: you ask whether a value is not worse. Ask whether it is lower.",
    better=lambda self, value: not value >= self.lowest,
)
by_argmin = _wrong(
    "np.argmin takes NaN for the smallest. A run that diverged must not win.",
    result=lambda self: (
        self.trials[int(np.argmin([v for _, v in self.trials]))][0] if self.trials else None,
        self.trials,
    ),
)
first_is_best = _wrong(
    "The first trial counts as best so far even if it is NaN or infinite, and then nothing is "
    "lower. (Python's min does the same.)",
    better=lambda self, value: len(self.trials) == 1 or value < self.lowest,
)
by_size = _wrong(
    "You compare absolute values. A negative value is lower than a positive one.",
    better=lambda self, value: abs(value) < abs(self.lowest),
)
bar_from_zero = _wrong(
    "The lowest value so far begins at 1. It begins at infinity.",
    better=lambda self, value: value < min(self.lowest, 1.0 + 1e-9),
)
one_trial_short = _wrong(
    "One trial is missing: there should be n.", count=lambda self: max(self.n - 1, 0)
)
one_trial_more = _wrong("There is one trial too many.", count=lambda self: self.n + 1)
asked_twice = _wrong(
    "The objective is asked twice in each trial. One call may take hours.",
    ask=lambda self, setting: (self.objective(dict(setting)), self.objective(dict(setting)))[0],
)
log_as_even = _wrong(
    'A "log" entry is drawn evenly: nine tenths of the draws lie in the highest decade.',
    log=lambda self, low, high: self.rng.uniform(low, high),
)
exponent_returned = _wrong(
    'A "log" entry gives the logarithm. Give the value itself.',
    log=lambda self, low, high: self.rng.uniform(np.log10(low), np.log10(high)),
)
wrong_base = _wrong(
    "You draw the natural logarithm evenly and raise 10 to it: most values leave the interval.",
    log=lambda self, low, high: 10 ** self.rng.uniform(np.log(low), np.log(high)),
)
exp_of_log10 = _wrong(
    "You draw the decimal logarithm and raise e to it. The bases must agree.",
    log=lambda self, low, high: np.exp(self.rng.uniform(np.log10(low), np.log10(high))),
)
whole_decades = _wrong(
    "Only whole powers of ten come up. The logarithm is drawn evenly, not from a grid.",
    log=lambda self, low, high: (
        10.0 ** self.rng.integers(round(np.log10(low)), round(np.log10(high)) + 1)
    ),
)
log_of_the_even = _wrong(
    'Entries without "log" are drawn in their logarithm too.',
    even=lambda self, low, high: self.log(low, high) if low > 0 else self.rng.uniform(low, high),
)
from_zero = _wrong(
    "An interval is drawn from 0 up. It begins at low.",
    even=lambda self, low, high: self.rng.uniform(min(0.0, high), high),
)
unit_interval = _wrong(
    "An interval is drawn between 0 and 1, whatever its bounds.",
    even=lambda self, low, high: self.rng.uniform(0, 1),
)
too_long = _wrong(
    "You add a draw of up to high to low: it should be a draw of up to high - low.",
    even=lambda self, low, high: low + self.rng.uniform(0, 1) * high,
)
normal_draws = _wrong(
    "You draw around the middle of the interval. All of it is equally likely.",
    even=lambda self, low, high: float(
        np.clip(self.rng.normal((low + high) / 2, (high - low) / 6), low, high)
    ),
)
rounded = _wrong(
    "Draws from an interval are rounded to whole numbers.",
    even=lambda self, low, high: float(np.clip(round(self.rng.uniform(low, high)), low, high)),
)
list_as_interval = _wrong(
    "A list is drawn from as if it were an interval. It holds choices.",
    choice=lambda self, entry: int(self.rng.integers(min(entry), max(entry) + 1)),
)
last_choice_missing = _wrong(
    "The last choice of a list never comes up.",
    choice=lambda self, entry: entry[int(self.rng.integers(len(entry) - 1))],
)
first_choice_only = _wrong(
    "Of a list only the first item is used.", choice=lambda self, entry: entry[0]
)
index_for_choice = _wrong(
    "You return the number of the choice. Return the choice itself.",
    choice=lambda self, entry: int(self.rng.integers(len(entry))),
)


def _one_draw(self):
    u = self.rng.random()
    self.even = lambda low, high: low + u * (high - low)
    self.log = lambda low, high: np.clip(np.exp(np.log(low) + u * np.log(high / low)), low, high)
    return Search.setting(self)


def _drawn_once(self):
    self.once = getattr(self, "once", None) or Search.setting(self)
    return dict(self.once)


def _on_a_grid(self):
    self.step = getattr(self, "step", -1) + 1
    u = (self.step + 0.5) / max(self.n, 1)
    self.even = lambda low, high: low + u * (high - low)
    return Search.setting(self)


one_draw_for_all = _wrong(
    "One draw serves all names of a trial. Each name has its own.", setting=_one_draw
)
drawn_once = _wrong("The setting is drawn once; each trial needs a new one.", setting=_drawn_once)
on_a_grid = _wrong(
    "An interval is walked through in equal steps. It should be drawn at random.",
    setting=_on_a_grid,
)
shared_with_the_objective = _wrong(
    "The objective gets the very dict you keep, and may change it. Give it a copy.",
    ask=lambda self, setting: self.objective(setting),
)


def _value_first(self):
    return self.best, [(value, setting) for setting, value in self.trials]


value_first = _wrong("A trial is (setting, value), in this order.", result=_value_first)
sorted_trials = _wrong(
    "The trials are sorted by value. They should stand in the order in which they ran.",
    result=lambda self: (
        self.best,
        sorted(self.trials, key=lambda trial: (trial[1] != trial[1], trial[1])),
    ),
)
best_value_returned = _wrong(
    "The best value came back in place of the best setting.",
    result=lambda self: (None if self.best is None else self.lowest, self.trials),
)
best_trial_returned = _wrong(
    "The best trial came back, with its value. Return the setting alone.",
    result=lambda self: (
        None if self.best is None else (self.best, self.lowest), self.trials,
    ),
)  # fmt: skip
best_alone = _wrong(
    "Only the best setting came back. Return (best, trials).", result=lambda self: self.best
)
empty_for_none = _wrong(
    "If nothing is below infinity you return an empty dict. Return None.",
    result=lambda self: (self.best or {}, self.trials),
)
nan_trials_dropped = _wrong(
    "Trials that gave NaN are left out. All n belong in the list.",
    result=lambda self: (self.best, [t for t in self.trials if t[1] == t[1]]),
)


def _reseeded(self):
    self.rng = np.random.default_rng(0)
    return Search.run(self)


def _global(self):
    self.rng = type("Global", (), {"uniform": np.random.uniform, "integers": np.random.randint})
    return Search.run(self)


reseeded = _wrong(
    "You make a new generator with a fixed seed: every search tries the same.", run=_reseeded
)
global_generator = _wrong(
    "The draws come from np.random, not from rng: no seed can repeat them.", run=_global
)


def _swapped_silently(self):
    self.space = {
        name: (min(e[:2]), max(e[:2]), *e[2:]) if isinstance(e, tuple) else e
        for name, e in self.space.items()
    }


low_above_high = _wrong(
    "A low above its high must raise a ValueError that names space.", refuse=_swapped_silently
)


def _refused_in_time(self):
    for name, entry in self.space.items():
        if isinstance(entry, tuple) and entry[0] >= entry[1]:
            raise ValueError(f"space: {name} is {entry}")


equal_refused = _wrong(
    "An interval whose low equals its high is refused. It is allowed.", refuse=_refused_in_time
)


@alternative("random_search")
def by_a_table(objective, space, n, rng):
    for name in space:
        if type(space[name]) is tuple and space[name][1] < space[name][0]:
            raise ValueError(f"space[{name!r}] is empty: {space[name]}")
    trials = []
    for _ in range(n):
        setting = {}
        for name, entry in space.items():
            if type(entry) is list:
                setting[name] = entry[rng.integers(0, len(entry))]
            elif entry[-1] == "log":
                low, high = np.log10(entry[0]), np.log10(entry[1])
                power = 10 ** (low + rng.random() * (high - low))
                setting[name] = float(min(max(power, entry[0]), entry[1]))
            else:
                setting[name] = float(entry[0] + rng.random() * (entry[1] - entry[0]))
        trials.append([setting, objective({**setting})])
    finite = [trial for trial in trials if trial[1] < float("inf")]
    return (min(finite, key=lambda trial: trial[1])[0] if finite else None), trials


@alternative("random_search")
def all_drawn_before(objective, space, n, rng):
    columns = {}
    for name, entry in space.items():
        if isinstance(entry, list):
            columns[name] = [entry[i] for i in rng.integers(0, len(entry), n)]
            continue
        if entry[0] > entry[1]:
            raise ValueError(f"in space, {name} has low > high: {entry}")
        if len(entry) > 2:
            drawn = np.geomspace(1, 1, n) * entry[0] * (entry[1] / entry[0]) ** rng.random(n)
        else:
            drawn = rng.uniform(*entry, n)
        columns[name] = [float(value) for value in drawn]
    settings = [dict(zip(columns, row)) for row in zip(*columns.values())]
    values = [objective(dict(setting)) for setting in settings]
    best = None
    for i, value in enumerate(values):
        if value < (np.inf if best is None else values[best]):
            best = i
    return None if best is None else settings[best], list(zip(settings, values))


@alternative("random_search")
def by_sorting(objective, space, n, rng):
    for name, entry in space.items():
        if not isinstance(entry, list) and not entry[0] <= entry[1]:
            raise ValueError(f"the entry {name} of space is the wrong way round")

    def draw(entry):
        if isinstance(entry, list):
            return entry[int(len(entry) * rng.random())]
        if len(entry) == 3:
            return float(np.exp(np.log(entry[0]) + rng.uniform() * (np.log(entry[1] / entry[0]))))
        return float(entry[0] * (u := rng.random()) + entry[1] * (1 - u))

    trials = []
    while len(trials) < n:
        setting = {name: draw(entry) for name, entry in space.items()}
        trials.append((setting, objective(setting.copy())))
    order = sorted(range(n), key=lambda i: trials[i][1] if trials[i][1] < np.inf else np.inf)
    wins = n and trials[order[0]][1] < np.inf
    return trials[order[0]][0] if wins else None, trials


@alternative("random_search")
def with_numpy_scalars(objective, space, n, rng):
    if any(isinstance(e, tuple) and e[0] > e[1] for e in space.values()):
        raise ValueError(f"low above high somewhere in space: {space}")
    trials = []
    for _ in range(n):
        setting = {}
        for name, entry in space.items():
            if isinstance(entry, list):
                setting[name] = rng.choice(entry)
            elif "log" in entry:
                setting[name] = np.exp(rng.uniform(*np.log(entry[:2])))
            else:
                setting[name] = rng.uniform(entry[0], entry[1])
        trials.append((setting, objective(dict(setting))))
    values = np.array([value for _, value in trials], dtype=float)
    values[~(values < np.inf)] = np.inf
    if not np.any(values < np.inf):
        return None, trials
    return trials[int(np.argmin(values))][0], trials
