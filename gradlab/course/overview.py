"""The course at a glance: each exercise with points, minutes, difficulty, and what judges it."""

import re
from collections.abc import Iterable
from itertools import groupby
from textwrap import fill

from gradlab.course.course import Course
from gradlab.course.lab import ANSWER, EXERCISE, PROSE, Lab
from gradlab.course.lint import Row

EFFORT = re.compile(r"([●○]{5})(?:[^\n]*?about (\d+) min)?")
TOPICS = {
    "one neuron, gradient descent, learning rates": ("01_perceptron",),
    "perceptron, multilayer perceptron, backpropagation": ("01_perceptron", "02_mlp"),
    "universal approximation, depth against width": ("02_mlp",),
    "losses, imbalance, weight penalties": ("03_losses",),
    "stochastic gradients, momentum, Adam, schedules": ("04_optimizers",),
    "initialisation, dropout, batch norm, early stopping": ("05_training",),
    "convolution and pooling from first principles": ("06_convolution",),
    "LeNet, residual networks, transfer, augmentation": ("07_cnn",),
    "convolution for time series": ("06_convolution", "07_cnn"),
    "recurrent networks, backpropagation through time": ("08_rnn",),
    "LSTM and GRU": ("09_lstm_gru",),
    "sequence to sequence, attention": ("10_seq2seq", "12_attention"),
    "automatic differentiation": ("11_autograd",),
    "transformers": ("12_attention",),
    "assignment: a multilayer perceptron, in NumPy and in PyTorch": ("02_mlp", "07_cnn"),
    "assignment: convolutional networks": ("06_convolution", "07_cnn"),
    "assignment: recurrent networks": ("08_rnn", "09_lstm_gru"),
}
"""What courses teach under a name, and the labs here that do."""
HEAD = """\
<!-- Generated: `gradlab lint --overview docs/course.md` writes it, `make test` compares it. -->

# The course

{labs} labs, {exercises} exercises, {questions} written questions. A *check* is a hidden test with
all its cases, a *misconception* a known wrong answer that must fail, an *alternative* a right one
written another way, which must pass. Exercises without points are for the keen; they are checked
all the same.
"""


def overview(course: Course, rows: Iterable[Row]) -> str:
    """The page, from what lint found out about all labs."""
    labs = {lab.name: lab for lab in course.labs.values()}
    groups = {name: list(group) for name, group in groupby(rows, key=lambda row: row.lab)}
    questions = sum(cell.role == ANSWER for lab in labs.values() for cell in lab.cells)
    counted = sum(map(len, groups.values()))
    text = HEAD.format(labs=len(labs), exercises=counted, questions=questions)
    text += _topics(labs)
    return text + "".join(_section(labs[name], group) for name, group in groups.items())


def _topics(labs: dict[str, Lab]) -> str:
    lines = ["", "## Where a topic is", "", "| topic | labs |", "|---|---|"]
    for topic, names in TOPICS.items():
        there = [f"[{name}](#{_anchor(labs[name])})" for name in names if name in labs]
        lines += [f"| {topic} | {', '.join(there)} |"] if there else []
    return "\n".join(lines) + "\n"


def _section(lab: Lab, rows: list[Row]) -> str:
    effort = _effort_of(lab)
    points = sum(lab.exercises.values()) + sum(c.points for c in lab.cells if c.role == ANSWER)
    lines = [
        "",
        f"## {_title(lab)}",
        "",
        fill(
            f"{lab.settings.summary} About {lab.settings.minutes} minutes, {points:g} points.", 100
        ),
        "",
        "| exercise | points | difficulty | minutes | checks | misconceptions | alternatives |",
        "|---|--:|---|--:|--:|--:|--:|",
    ]
    for row in rows:
        dots, minutes = effort.get(row.exercise, ("", ""))
        numbers = (row.checks, row.misconceptions, row.alternatives)
        lines.append(
            f"| `{row.exercise}` | {lab.exercises[row.exercise]:g} | {dots} | {minutes} | "
            + " | ".join(map(str, numbers))
            + " |"
        )
    for cell in lab.cells:
        if cell.role == ANSWER:
            lines.append(f"| *{cell.name}*, in words | {cell.points:g} | | | | | |")
    return "\n".join(lines) + "\n"


def _effort_of(lab: Lab) -> dict[str, tuple[str, str]]:
    """Difficulty and minutes of each exercise, as the text above it says."""
    found: dict[str, tuple[str, str]] = {}
    last = ("", "")
    for cell in lab.cells:
        if cell.role == PROSE:
            for dots, minutes in EFFORT.findall(cell.source):
                last = (dots, minutes)
        if cell.role == EXERCISE:
            found[cell.name], last = last, ("", "")
    return found


def _title(lab: Lab) -> str:
    return f"{lab.name} · {lab.settings.title}"


def _anchor(lab: Lab) -> str:
    """As GitHub and MyST make it from the heading."""
    kept = re.sub(r"[^\w\- ]", "", _title(lab).lower())
    return kept.replace(" ", "-")
