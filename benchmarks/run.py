"""`python -m benchmarks.run`: grade the same class with every grader, in turn, by the clock.

`--quick` tries the harness: four submissions, once, GradLab and the floor only.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import page, peers
from benchmarks.contenders import Contender, Scores, Taken, contenders
from benchmarks.courses import LABS, Setting, environment, interpreter, set_up
from benchmarks.machine import machine, versions
from benchmarks.results import Run, agreement, as_meant, contender_json, summary, targets
from benchmarks.stages import stages
from benchmarks.students import composition

HERE = Path(__file__).parent
CLASS_SIZE, REPETITIONS, MINUTES = 40, 3, 12.0
QUICK_SIZE, QUICK_REPETITIONS = 4, 1
VERSION = 1

_started = time.monotonic()


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Only try: no peers, once.")] = False,
    size: Annotated[int, typer.Option(help="Submissions in the class.")] = CLASS_SIZE,
    repetitions: Annotated[int, typer.Option(help="How often each has a turn.")] = REPETITIONS,
    minutes: Annotated[float, typer.Option(help="Begin no repetition that ends later.")] = MINUTES,
    remark: Annotated[str, typer.Option(help="Something to say about these figures.")] = "",
) -> None:
    """Measure, write results.json, README.md and the plot; `--quick` only prints."""
    if quick:
        size, repetitions = QUICK_SIZE, QUICK_REPETITIONS
    else:
        peers.install()
    before = {"remark": remark, **circumstances(with_peers=not quick)}
    with tempfile.TemporaryDirectory(prefix="gradlab-bench-") as folder:
        found = before | measure(Path(folder), size, repetitions, minutes, with_peers=not quick)
    if quick:
        print(f"{page.tables(found)}\n\n{page.verdicts(found)}")
    else:
        page.write(found, HERE)
        say(f"wrote {HERE / 'results.json'}, README.md and the plot")


def circumstances(*, with_peers: bool) -> dict[str, Any]:
    """What the figures depend on."""
    graders = ["gradlab", *(peers.PEERS if with_peers else ())]
    return {
        "version": VERSION,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(),
        "versions": versions(graders),
    }


def measure(
    folder: Path, size: int, repetitions: int, minutes: float, *, with_peers: bool
) -> dict[str, Any]:
    """All turns of all contenders for both labs, and what follows from them."""
    rivals = contenders(peers=with_peers)
    settings = [_set_up(key, folder / key, size, with_peers=with_peers) for key in LABS]
    boards = [_board(setting, rivals) for setting in settings]
    done = _take_turns(boards, repetitions, until=60 * minutes)
    ratios = {board.setting.key: summary(board.all_runs()) for board in boards}
    return {
        "repetitions": done,
        "labs": {board.setting.key: _lab_json(board) for board in boards},
        "summary": ratios,
        "targets": targets(ratios),
    }


@dataclass
class Board:
    """One lab's contenders with their runs and the scores they gave."""

    setting: Setting
    rivals: list[Contender]
    runs: dict[str, list[Run]]
    scores: dict[str, list[Scores]]

    def all_runs(self) -> list[Run]:
        """Of all contenders."""
        return [run for runs in self.runs.values() for run in runs]


def _board(setting: Setting, rivals: list[Contender]) -> Board:
    names = [rival.name for rival in rivals]
    return Board(setting, rivals, {name: [] for name in names}, {name: [] for name in names})


def _set_up(key: str, folder: Path, size: int, *, with_peers: bool) -> Setting:
    say(f"{key}: courses and a class of {size}")
    return set_up(key, folder, size, peers=with_peers)


def _take_turns(boards: list[Board], repetitions: int, until: float) -> int:
    """Repetitions while there is time for another one like the last; returns how many."""
    for number in range(repetitions):
        started = _seconds()
        for board in boards:
            _repetition(board, number, repetitions)
        if 2 * _seconds() - started > until:
            return number + 1
    return repetitions


def _repetition(board: Board, number: int, repetitions: int) -> None:
    """Everybody's turn, in the same order each time."""
    for rival in board.rivals:
        run, told = take_turn(board.setting, rival, number)
        board.runs[rival.name].append(run)
        board.scores[rival.name].append(told)
        say(f"{board.setting.key} {number + 1}/{repetitions}  {rival.label}: {_told(run)}")


def _lab_json(board: Board) -> dict[str, Any]:
    setting, points = board.setting, board.setting.lab.exercises
    say(f"{setting.key}: where GradLab's time goes")
    return {
        "lab": setting.lab.name,
        "submissions": len(setting.submissions),
        "class": composition(setting.submissions),
        "exercises": len(points),
        "checks": sum(len(one.weights) for one in setting.transcripts),
        "contenders": {
            one.name: contender_json(one.label, board.runs[one.name]) for one in board.rivals
        },
        "agreement": agreement(points, board.scores),
        "as_meant": as_meant(points, board.scores["gradlab_1"][0], setting.submissions),
        "stages": stages(setting),
    }


def take_turn(setting: Setting, rival: Contender, repetition: int) -> tuple[Run, Scores]:
    """One contender, once."""
    students = rival.students(setting, repetition)
    rival.prepare(setting, students)
    try:
        taken = measured(setting, rival, students)
        told = rival.scores(setting, students)
    finally:
        rival.finish()
    return Run(rival.name, repetition, len(students), **taken), told


def measured(setting: Setting, rival: Contender, students: list[str]) -> Taken:
    """What the contender's command takes, all its processes included."""
    result = setting.folder / "measured.json"
    command = [sys.executable, "-P", str(HERE / "measure.py"), str(result)]
    done = subprocess.run(
        [*command, *rival.command(setting, students)],
        cwd=rival.folder(setting),
        env=environment(interpreter(rival.grader)),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        tail = (done.stdout + done.stderr)[-3000:]
        raise RuntimeError(f"{rival.label} ended with {done.returncode}:\n{tail}")
    taken: Taken = json.loads(result.read_text(encoding="utf-8"))
    return rival.corrected(setting, taken)


def _told(run: Run) -> str:
    return f"{run.submissions} in {run.wall_s:.1f} s, {run.each_s:.3f} s each"


def say(text: str) -> None:
    """Progress, with the time since the start."""
    print(f"{_seconds():6.0f} s  {text}", flush=True)


def _seconds() -> float:
    """Since the start."""
    return time.monotonic() - _started


if __name__ == "__main__":
    typer.run(main)
