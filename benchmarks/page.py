"""README.md and its plot, from `results.json` and `page.md`: `python -m benchmarks.page`."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS, README, PLOT = "results.json", "README.md", "seconds.svg"
TITLES = {"numpy_lab": "A NumPy lab", "torch_lab": "A lab whose kernel needs torch"}
PARTS = HERE / "page.md"


def render(found: dict[str, Any]) -> str:
    """The README's text."""
    parts = dict(part.split("\n", 1) for part in _template().split("\n<!-- ")[1:])
    texts = {name.removesuffix(" -->"): text.strip() for name, text in parts.items()}
    sections = [
        texts["opening"],
        *([f"**{found['remark']}**"] if found["remark"] else []),
        f"![Seconds per submission]({PLOT})",
        tables(found),
        "## Targets\n\n" + texts["targets"] + "\n\n" + _targets(found),
        texts["method"],
        "## Same verdicts\n\n" + texts["verdicts"] + "\n\n" + verdicts(found),
        "## Where GradLab's time goes\n\n" + texts["stages"] + "\n\n" + _stages(found),
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
    (folder / README).write_text(render(found), encoding="utf-8")
    draw(found, folder / PLOT)


def _template() -> str:
    return "\n" + PARTS.read_text(encoding="utf-8")


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
    words = {True: "met", False: "**missed**", None: "not measured"}
    for one in found["targets"]:
        value = "–" if one["value"] is None else f"{one['value']:.3g}"
        lines.append(f"| `{one['lab']}` | {one['target']} | {value} | {words[one['met']]} |")
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
