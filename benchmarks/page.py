"""README.md and its plot, from what was measured and `page.md`: `python -m benchmarks.page`."""

import json
from pathlib import Path
from typing import Any

from benchmarks import growth_results
from benchmarks.growth_results import HUGE, SIZES, feedback_each, forecast, rate

HERE = Path(__file__).parent
RESULTS, GROWTH, README, PLOT = "results.json", "growth.json", "README.md", "seconds.svg"
TITLES = {"numpy_lab": "A NumPy lab", "torch_lab": "A lab whose kernel needs torch"}
VERDICTS = {True: "met", False: "**missed**", None: "not measured"}
COMMANDS = {
    "autograde": "`gradlab autograde`, nothing to do",
    "report": "`gradlab report`",
    "export": "`gradlab export`",
    "feedback": "`gradlab feedback`",
}
PARTS = HERE / "page.md"


def render(found: dict[str, Any], growth: dict[str, Any] | None = None) -> str:
    """The README's text, with a section on growth where that was measured."""
    texts = _texts()
    sections = [
        texts["opening"],
        *([f"**{found['remark']}**"] if found["remark"] else []),
        f"![Seconds per submission]({PLOT})",
        tables(found),
        "## Targets\n\n" + texts["targets"] + "\n\n" + _targets(found),
        texts["method"],
        "## Same verdicts\n\n" + texts["verdicts"] + "\n\n" + verdicts(found),
        "## Where GradLab's time goes\n\n" + texts["stages"] + "\n\n" + _stages(found),
        *([growth_section(growth)] if growth else []),
        texts["limits"],
        "## Machine and versions\n\n" + _machine(found),
    ]
    return "\n\n".join(sections) + "\n"


def tables(found: dict[str, Any]) -> str:
    """One table for each lab."""
    return "\n\n".join(_lab_table(key, lab, found) for key, lab in found["labs"].items())


def write(found: dict[str, Any], folder: Path) -> None:
    """results.json, README.md and the plot, in that order."""
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (folder / RESULTS).write_text(text, encoding="utf-8")
    write_page(folder)


def write_page(folder: Path) -> None:
    """README.md and the plot, from the folder's results.json."""
    from benchmarks.plot import draw

    found = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    (folder / README).write_text(render(found, read_growth(folder)), encoding="utf-8")
    draw(found, folder / PLOT)


def read_growth(folder: Path) -> dict[str, Any] | None:
    """The folder's growth.json, if there is one."""
    if not (folder / GROWTH).exists():
        return None
    found: dict[str, Any] = json.loads((folder / GROWTH).read_text(encoding="utf-8"))
    return found


def _texts() -> dict[str, str]:
    """The parts of page.md by name."""
    template = "\n" + PARTS.read_text(encoding="utf-8")
    parts = dict(part.split("\n", 1) for part in template.split("\n<!-- ")[1:])
    return {name.removesuffix(" -->"): text.strip() for name, text in parts.items()}


def _lab_table(key: str, lab: dict[str, Any], found: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in lab["class"].items())
    head = (
        f"## {TITLES[key]}: `{lab['lab']}`\n\n"
        f"{lab['submissions']} submissions ({kinds}), {lab['exercises']} exercises, "
        f"{lab['checks']} hidden checks. Medians of {found['repetitions']}, ranges in brackets.\n\n"
        "| grader | seconds a submission | CPU seconds a submission "
        "| peak memory | graded in a run |\n"
        "|---|--:|--:|--:|--:|\n"
    )
    return head + "\n".join(_row(one) for one in lab["contenders"].values())


def _row(one: dict[str, Any]) -> str:
    peak = one["peak_mib"]
    memory = "–" if peak is None else f"{peak['median']:.0f} MiB"
    cells = one["label"], _seconds(one["wall_s_each"]), _seconds(one["cpu_s_each"]), memory
    return "| " + " | ".join(cells) + f" | {one['submissions_per_run']} |"


def _seconds(spread: dict[str, float] | None) -> str:
    if spread is None:
        return "–"
    low, high = _short(spread["min"]), _short(spread["max"])
    return f"{_short(spread['median'])} ({low}–{high})"


def _short(value: float) -> str:
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _targets(found: dict[str, Any]) -> str:
    lines = ["| lab | target | measured | |", "|---|---|--:|---|"]
    for one in found["targets"]:
        value = "–" if one["value"] is None else f"{one['value']:.3g}"
        lines.append(f"| `{one['lab']}` | {one['target']} | {value} | {VERDICTS[one['met']]} |")
    return "\n".join(lines)


def verdicts(found: dict[str, Any]) -> str:
    """Each grader's scores against GradLab's, and GradLab's against what was meant."""
    lines = ["| lab | grader | scores compared | different |", "|---|---|--:|--:|"]
    for key, lab in found["labs"].items():
        for name, one in lab["agreement"].items():
            label = lab["contenders"][name]["label"]
            lines.append(f"| `{key}` | {label} | {one['compared']} | {one['different']} |")
    return "\n".join([*lines, *_examples(found), *_as_meant(found)])


def _examples(found: dict[str, Any]) -> list[str]:
    """The first differences, one line each."""
    lines = [
        f"- `{key}`, {lab['contenders'][name]['label']}: {text}"
        for key, lab in found["labs"].items()
        for name, one in lab["agreement"].items()
        for text in one["examples"]
    ]
    return ["", *lines] if lines else []


def _as_meant(found: dict[str, Any]) -> list[str]:
    lines = [
        f"In `{key}`, {lab['as_meant']['same']} of {lab['as_meant']['compared']} answers that are "
        "right, right in another way, or blank got full marks, full marks, or nothing."
        for key, lab in found["labs"].items()
    ]
    return ["", "\n".join(lines)]


def _stages(found: dict[str, Any]) -> str:
    lines = ["| lab | stage | ms a submission | of it CPU in this process |", "|---|---|--:|--:|"]
    for key, lab in found["labs"].items():
        for one in lab["stages"]:
            times = f"{1000 * one['s_each']:.0f} | {1000 * one['own_cpu_s_each']:.0f}"
            lines.append(f"| `{key}` | {one['stage']} | {times} |")
    return "\n".join(lines)


def growth_section(found: dict[str, Any]) -> str:
    """A large class against a small one, and what many more would take."""
    texts = _texts()
    remark = [f"**{found['remark']}**"] if found["remark"] else []
    return "\n\n".join([
        f"## Growth\n\n{texts['growth']}", *remark, _growth_classes(found), _growth_table(found),
        _growth_targets(found), _growth_pace(found), texts["coordinator"], _coordinator(found),
        texts["afterwards"], _afterwards(found), f"### {HUGE:,} submissions\n\n{texts['many']}",
        _many(found), f"Measured on: {_machine(found)}",
    ])  # fmt: skip


def _growth_classes(found: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["class"].items())
    pairs = len(found["runs"]) // 2
    return (
        f"`{found['lab']}`, {found['sizes']['small']} of {found['sizes']['large']} submissions "
        f"({kinds}) and all of them, {found['jobs']} at a time; medians of {pairs}."
    )


def _growth_table(found: dict[str, Any]) -> str:
    values, lines = found["summary"], ["| | small class | large class | one more submission |",
                                       "|---|--:|--:|--:|"]  # fmt: skip
    for label, clock in (("seconds", "s"), ("CPU seconds", "cpu_s")):
        each = [_short(values[f"{part}_{clock}"]) for part in ("small", "large", "marginal")]
        lines.append(f"| {label} a submission | {' | '.join(each)} |")
    for label, name in (("all processes", "peak_mib"), ("the coordinator", "own_peak_mib")):
        small, large = growth_results.peaks(found, name)
        more = 1024 * (large - small) / (found["sizes"]["large"] - found["sizes"]["small"])
        lines.append(
            f"| peak memory, {label} | {small:.0f} MiB | {large:.0f} MiB | {more:.1f} KiB |"
        )
    return "\n".join(lines)


def _growth_targets(found: dict[str, Any]) -> str:
    lines = ["| target | measured | |", "|---|--:|---|"]
    for one in found["targets"]:
        lines.append(f"| {one['target']} | {one['value']:.3g} | {VERDICTS[one['met']]} |")
    return "\n".join(lines)


def _growth_pace(found: dict[str, Any]) -> str:
    paces = [run["pace_s"] for run in found["runs"] if run["size"] == found["sizes"]["large"]]
    told = ", ".join(_short(value) for value in paces[-1])
    return f"Seconds a submission in each tenth of the large class, first to last: {told}."


def _coordinator(found: dict[str, Any]) -> str:
    lines = ["| submissions | recorded at a time | submissions a second | rows a second |",
             "|--:|--:|--:|--:|"]  # fmt: skip
    for one in found["replays"]:
        rates = f"{rate(one):.0f} | {one['rows'] / one['wall_s']:.0f}"
        lines.append(f"| {one['submissions']} | {one['room']} | {rates} |")
    _, large, many = found["replays"]
    lines += ["", f"| ms a submission, {large['room']} at a time | of {large['submissions']} "
              f"| of {many['submissions']} |", "|---|--:|--:|"]  # fmt: skip
    for one, other in zip(large["stages"], many["stages"], strict=True):
        times = f"{1000 * one['s_each']:.2f} | {1000 * other['s_each']:.2f}"
        lines.append(f"| {one['stage']} | {times} |")
    return "\n".join(lines)


def _afterwards(found: dict[str, Any]) -> str:
    sizes = [f"{found['sizes'][key]} submissions" for key in SIZES]
    lines = [f"| | {' | '.join(sizes)} |", "|---|--:|--:|--:|"]
    measured = [found["afterwards"][key] for key in SIZES]
    for name, label in COMMANDS.items():
        lines.append(_times(label, [one["commands"].get(name) for one in measured]))
    for name in measured[0]["pages"]:
        lines.append(_times(f"Formgrader: `{name}`", [one["pages"][name] for one in measured]))
    return "\n".join(lines)


def _times(label: str, seconds: list[float | None]) -> str:
    cells = ["–" if one is None else f"{_short(one)} s" for one in seconds]
    return f"| {label} | {' | '.join(cells)} |"


def _many(found: dict[str, Any]) -> str:
    told = forecast(found)
    sizes = ", ".join(f"{name} {value:.1f} GiB" for name, value in told["gib"].items())
    slowest = max(told["pages_s"], key=lambda name: told["pages_s"][name])
    fastest = rate(found["replays"][-1])
    rows = (
        ("grading", "CPU seconds of one more submission", f"{told['core_hours']:.1f} core hours"),
        ("on this machine", f"with {found['jobs']} jobs", f"{told['hours_here']:.1f} hours"),
        ("at the least, with any number of workers", f"{fastest:.0f} a second are recorded",
         f"{told['coordinator_hours']:.2f} hours"),
        ("workers that the coordinator keeps busy", "its rate × a worker's time",
         f"{told['workers']:.0f}"),
        ("the coordinator's memory", "straight line", f"{told['coordinator_mib']:.0f} MiB"),
        ("on disk", "bytes of one more submission", sizes),
        ("feedback pages", f"{_short(feedback_each(found))} s each, as measured",
         f"{told['feedback_hours']:.1f} hours"),
        ("`gradlab autograde`, nothing to do", "straight line", f"{told['again_s']:.0f} s"),
        (f"Formgrader: `{slowest}`", "straight line", f"{told['pages_s'][slowest]:.0f} s"),
    )  # fmt: skip
    lines = ["| what | from | |", "|---|---|--:|"]
    return "\n".join(
        [*lines, *(f"| {what} | {source} | {value} |" for what, source, value in rows)]
    )


def _machine(found: dict[str, Any]) -> str:
    here = found["machine"]
    lines = [
        f"{found['date']}: {here['processor']}, {here['cores']} cores, {here['memory_gib']} GiB, "
        f"{here['kernel']}, Python {here['python']}; load before the start {here['load_before']}.",
        "| environment | versions |\n|---|---|",
    ]
    text = "\n\n".join(lines)
    for grader, packages in found["versions"].items():
        text += f"\n| {grader} | {', '.join(f'{k} {v}' for k, v in packages.items())} |"
    return text


if __name__ == "__main__":
    write_page(HERE)
