"""The report's figures, as SVG text that is the same for the same data.

Text in a figure is drawn, never interpreted: a dollar sign in an exercise's name is no formula.
"""

import io
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gradlab.lab.plots import COLOURS, plot_style
from gradlab.report.summary import Difficulty

BLUE, VERMILLION, INK = COLOURS[0], COLOURS[1], "#333333"
BINS = 10
WIDTH = 9.0
LABEL = 30


def histogram(scores: Sequence[float], max_score: float) -> str:
    """How many students have how many points; `scores` is not empty."""
    top = max(max_score, *scores) or 1.0
    with _drawing(2.4) as (figure, axes):
        axes.hist(scores, bins=list(np.linspace(0, top, BINS + 1)), color=BLUE, edgecolor="white")
        axes.set(xlabel=f"points (of {max_score:g})", ylabel="students", xlim=(0, top))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axes.grid(axis="x", visible=False)
        _mark_average(axes, float(np.mean(scores)), f"mean {np.mean(scores):.4g}", "-")
        _mark_average(axes, float(np.median(scores)), f"median {np.median(scores):.4g}", ":")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
        return _svg(figure)


def difficulty(exercises: Sequence[Difficulty]) -> str:
    """Each exercise on a line: a dot for every share earned, as large as its number of students.

    The bar spans the middle half of the class, the diamond is the mean.
    """
    with _drawing(0.95 + 0.36 * len(exercises)) as (figure, axes):
        for row, exercise in enumerate(exercises):
            _draw_shares(axes, row, exercise)
        axes.set_yticks(range(len(exercises)))
        axes.set_yticklabels([_label(one) for one in exercises], parse_math=False)
        axes.set(
            xlim=(-4, 117),
            ylim=(len(exercises) - 0.5, -0.6),
            xlabel="share of the points earned (%)",
        )
        axes.set_xticks(range(0, 101, 20))
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        return _svg(figure)


def _mark_average(axes: Axes, value: float, label: str, style: str) -> None:
    axes.axvline(value, color=VERMILLION, linestyle=style, linewidth=2, label=label)


def _draw_shares(axes: Axes, row: int, exercise: Difficulty) -> None:
    axes.axhline(row, color="#dddddd", linewidth=0.8, zorder=0)
    mean = exercise.mean
    if mean is None:
        axes.text(2, row, "no grades yet", va="center", color=INK, backgroundcolor="white")
        return
    shares = 100 * np.clip(exercise.shares, 0, 1)
    counts = sorted(Counter(np.round(shares, 1).tolist()).items())
    sizes = [260 * count / len(shares) + 14 for _, count in counts]
    axes.scatter([x for x, _ in counts], [row] * len(counts), s=sizes, color=BLUE, alpha=0.55, lw=0)
    low, high = np.percentile(shares, [25, 75])
    axes.plot([low, high], [row, row], color=INK, linewidth=3, solid_capstyle="butt")
    axes.scatter([100 * mean], [row], s=46, marker="D", color=VERMILLION, edgecolor="w", zorder=3)
    axes.text(105, row, f"{100 * mean:.0f}%", va="center", ha="left", color=INK)


def _label(exercise: Difficulty) -> str:
    name = exercise.exercise
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"


@contextmanager
def _drawing(height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure in the course's style, apart from pyplot's; settings are restored."""
    with mpl.rc_context(), warnings.catch_warnings():
        # A name in a script the font lacks is drawn as boxes; the page's tables spell it out.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        plot_style()
        mpl.rcParams.update({"svg.hashsalt": "gradlab", "svg.fonttype": "path"})
        figure = Figure(figsize=(WIDTH, height))
        yield figure, figure.subplots()


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()
