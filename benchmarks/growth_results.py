"""What follows from a small, a large and a replayed class: cost at the margin, a forecast."""

import itertools
from collections.abc import Sequence
from statistics import mean, median
from typing import Any

from benchmarks.results import is_met

Json = dict[str, Any]
PARTS = 10
HUGE = 100_000
SIZES = ("small", "large", "many")
TARGETS = (
    ("ratio", "at most", 1.10, "× a submission's time, in the large class against the small one"),
    ("pace_ratio", "at most", 1.10, "× the pace of the class's first half, in its second half"),
    ("coordinator_kib_each", "at most", 20.0, "KiB of the coordinator's memory per submission"),
)


def pace(times: Sequence[float], parts: int = PARTS) -> list[float]:
    """Seconds a submission in each tenth of a class, from when each was recorded, in order."""
    last = len(times) - 1
    edges = sorted({round(last * part / parts) for part in range(parts + 1)})
    return [
        round((times[end] - times[start]) / (end - start), 4)
        for start, end in itertools.pairwise(edges)
    ]


def summary(found: Json) -> Json:
    """The figures that the targets are about: medians over the pairs of runs."""
    pairs = _pairs(found)
    return {
        "small_s": _median(_one_each(small, "wall_s") for small, _ in pairs),
        "large_s": _median(_one_each(large, "wall_s") for _, large in pairs),
        "small_cpu_s": _median(_one_each(small, "cpu_s") for small, _ in pairs),
        "large_cpu_s": _median(_one_each(large, "cpu_s") for _, large in pairs),
        "marginal_s": _marginal(pairs, "wall_s"),
        "marginal_cpu_s": _marginal(pairs, "cpu_s"),
        "ratio": _median(_one_each(b, "wall_s") / _one_each(a, "wall_s") for a, b in pairs),
        "cpu_ratio": _median(_one_each(b, "cpu_s") / _one_each(a, "cpu_s") for a, b in pairs),
        "pace_ratio": _median(_second_half_to_first(b["pace_s"]) for _, b in pairs),
        "coordinator_kib_each": _median(1024 * _slope(a, b, "own_peak_mib") for a, b in pairs),
    }


def targets(values: Json) -> list[Json]:
    """Each target: met or missed."""
    return [
        {
            "name": name,
            "target": f"{how} {limit:g} {what}",
            "value": values[name],
            "met": is_met(how, values[name], limit),
        }
        for name, how, limit, what in TARGETS
    ]


def rate(replay: Json) -> float:
    """Submissions a second that the coordinator can record."""
    return float(replay["submissions"] / replay["wall_s"])


def feedback_each(found: Json) -> float:
    """Seconds of a page of feedback; it was measured with the small class only."""
    taken = found["afterwards"]["small"]["commands"]["feedback"]
    return float(taken / found["sizes"]["small"])


def peaks(found: Json, name: str) -> tuple[float, float]:
    """Peak memory with the small and with the large class, in MiB."""
    pairs = _pairs(found)
    small, large = (_median(pair[number][name] for pair in pairs) for number in (0, 1))
    return small, large


def forecast(found: Json, size: int = HUGE) -> Json:
    """What `size` submissions would take, if everything goes on as between the two classes."""
    values, fastest = found["summary"], rate(found["replays"][-1])
    memory = dict(zip(("small", "large"), peaks(found, "own_peak_mib"), strict=True))
    return {
        "core_hours": size * values["marginal_cpu_s"] / 3600,
        "hours_here": size * values["marginal_s"] / 3600,
        "coordinator_hours": size / fastest / 3600,
        "workers": fastest * values["marginal_s"] * found["jobs"],
        "feedback_hours": size * feedback_each(found) / 3600,
        "again_s": _line(found, _afterwards(found, "commands", "autograde"), size),
        "coordinator_mib": _line(found, memory, size),
        "gib": {name: size * _disk_each(found, name) / 2**30 for name in found["disk"]["large"]},
        "pages_s": {
            name: _line(found, _afterwards(found, "pages", name), size)
            for name in found["afterwards"]["large"]["pages"]
        },
    }


def _line(found: Json, values: dict[str, float], size: int) -> float:
    """What a straight line through the last two of the values says of `size` submissions."""
    (before, low), (last, high) = [(found["sizes"][key], values[key]) for key in values][-2:]
    return high + (high - low) / (last - before) * (size - last)


Pairs = list[tuple[Json, Json]]


def _pairs(found: Json) -> Pairs:
    """The small and the large class's run of each repetition."""
    of_size = {
        size: [run for run in found["runs"] if run["size"] == size]
        for size in sorted({run["size"] for run in found["runs"]})
    }
    return list(zip(*of_size.values(), strict=True))


def _one_each(run: Json, clock: str) -> float:
    return float(run[clock] / run["size"])


def _marginal(pairs: Pairs, clock: str) -> float:
    """What one more submission takes: the start of the command is in neither difference."""
    return _median(_slope(a, b, clock) for a, b in pairs)


def _slope(small: Json, large: Json, name: str) -> float:
    return float((large[name] - small[name]) / (large["size"] - small["size"]))


def _second_half_to_first(parts: list[float]) -> float:
    half = len(parts) // 2
    return mean(parts[-half:]) / mean(parts[:half])


def _disk_each(found: Json, name: str) -> float:
    """Bytes on disk for each further submission."""
    sizes, used = found["sizes"], found["disk"]
    more = used["large"][name] - used["small"][name]
    return float(more / (sizes["large"] - sizes["small"]))


def _afterwards(found: Json, kind: str, name: str) -> dict[str, float]:
    """The value for each size of class."""
    return {key: found["afterwards"][key][kind][name] for key in SIZES}


def _median(values: Any) -> float:
    return round(median(values), 4)
