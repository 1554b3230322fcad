"""From single measurements to what `results.json` says: medians, ranges, ratios, agreement."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.contenders import Scores
from benchmarks.students import ANOTHER, BLANK, RIGHT, Submission

Json = dict[str, Any]
TOLERANCE = 5e-4
PEER = "nbgrader"
TARGETS = (
    ("speedup_vs_nbgrader", "at least", 20.0, "× stock nbgrader's throughput, with 2 jobs"),
    ("speedup_vs_otter", "at least", 50.0, "× otter's throughput, with 2 jobs"),
    ("ratio_to_floor", "at most", 3.0, "× the floor's time, with 1 job"),
    ("dask_vs_local", "at least", 0.9, "× the throughput of --jobs 2, on two Dask workers"),
    ("regrade_s", "at most", 2.0, "s to look through a class that is graded already"),
)


@dataclass(frozen=True)
class Run:
    """One contender's turn in one repetition."""

    contender: str
    repetition: int
    submissions: int
    wall_s: float
    cpu_s: float | None
    peak_mib: float | None
    own_peak_mib: float | None = None

    @property
    def each_s(self) -> float:
        """Wall-clock seconds for each submission."""
        return self.wall_s / self.submissions


def contender_json(label: str, runs: Sequence[Run]) -> Json:
    """All runs of a contender, and their medians and ranges for each submission."""
    cpu = [run.cpu_s / run.submissions for run in runs if run.cpu_s is not None]
    peak = [run.peak_mib for run in runs if run.peak_mib is not None]
    return {
        "label": label,
        "submissions_per_run": runs[0].submissions,
        "wall_s_each": spread([run.each_s for run in runs]),
        "cpu_s_each": spread(cpu),
        "peak_mib": spread(peak, digits=0),
        "runs": [_rounded(asdict(run)) for run in runs],
    }


def spread(values: Sequence[float], digits: int = 4) -> Json | None:
    """Median, least and most; None of nothing."""
    if not values:
        return None
    found = {"median": median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits) for name, value in found.items()}


def summary(runs: Sequence[Run]) -> Json:
    """The ratios that the targets are about: medians of the ratios within each repetition."""
    best = "gradlab_2" if any(run.contender == "gradlab_2" for run in runs) else "gradlab_1"
    return {
        "speedup_vs_nbgrader": ratio(runs, PEER, best),
        "speedup_vs_otter": ratio(runs, "otter", best),
        "ratio_to_floor": ratio(runs, "gradlab_1", "floor"),
        "dask_vs_local": ratio(runs, "gradlab_2", "gradlab_dask"),
        "regrade_s": _median([run.wall_s for run in runs if run.contender == "regrade"]),
        "cpu_vs_nbgrader": ratio(runs, PEER, "gradlab_1", clock="cpu_s"),
        "submissions_per_minute": _median(
            [60 / run.each_s for run in runs if run.contender == best]
        ),
    }


def ratio(runs: Sequence[Run], one: str, other: str, clock: str = "wall_s") -> float | None:
    """How many times longer `one` takes for a submission than `other`, paired by repetition."""
    known = [run for run in runs if getattr(run, clock) is not None]
    measured = [run for run in known if run.contender in (one, other)]
    each = {
        (run.contender, run.repetition): getattr(run, clock) / run.submissions for run in measured
    }
    numbers = [number for name, number in each if name == one and (other, number) in each]
    return _median([each[one, number] / each[other, number] for number in numbers])


def targets(found: dict[str, Json]) -> list[Json]:
    """Each target for each lab: met, missed, or not measured."""
    return [
        {
            "lab": lab,
            "name": name,
            "target": f"{how} {limit:g} {what}",
            "value": values[name],
            "met": None if values[name] is None else is_met(how, values[name], limit),
        }
        for name, how, limit, what in TARGETS
        for lab, values in found.items()
    ]


def is_met(how: str, value: float, limit: float) -> bool:
    """Whether a value is "at least" or "at most" its limit."""
    return value >= limit if how == "at least" else value <= limit


def agreement(points: dict[str, float], scores: dict[str, list[Scores]]) -> dict[str, Json]:
    """Each contender's scores against GradLab's first, exercise by exercise.

    Stock nbgrader's cells are all or nothing: full marks there must be full marks here.
    """
    reference = scores["gradlab_1"][0]
    counted = {name: value for name, value in points.items() if value}
    return {
        name: _compared(counted, reference, found, _whole if name == PEER else _exact)
        for name, found in scores.items()
    }


def as_meant(points: dict[str, float], scores: Scores, submissions: list[Submission]) -> Json:
    """Whether right answers got full marks and blank ones nothing."""
    wanted = {RIGHT: 1.0, ANOTHER: 1.0, BLANK: 0.0}
    pairs = [
        (scores[one.student][name], wanted[one.kind] * value)
        for one in submissions
        if one.kind in wanted
        for name, value in points.items()
    ]
    return {"compared": len(pairs), "same": sum(_close(a, b) for a, b in pairs)}


def _compared(
    points: dict[str, float],
    reference: Scores,
    found: Sequence[Scores],
    same: Callable[[float, float, float], bool],
) -> Json:
    compared, different = 0, []
    for scores in found:
        for student, answers in scores.items():
            for name, most in points.items():
                here, there = reference[student][name], answers.get(name, 0.0)
                compared += 1
                if not same(here, there, most):
                    different.append(f"{student} {name}: {there:g} instead of {here:g}")
    different = sorted(set(different))
    return {"compared": compared, "different": len(different), "examples": different[:5]}


def _exact(here: float, there: float, _most: float) -> bool:
    return _close(here, there)


def _whole(here: float, there: float, most: float) -> bool:
    return _close(there, most if _close(here, most) else 0.0)


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 3) if values else None


def _rounded(fields: Json) -> Json:
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in fields.items()
    }
