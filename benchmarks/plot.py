"""The README's plot: seconds per submission, on a logarithmic axis."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

COLOURS = {"nbgrader": "#b0632a", "otter": "#8c6d9c", "floor": "#7a7a7a"}
OURS = "#2a6f97"
STYLE = {"svg.hashsalt": "gradlab", "svg.fonttype": "none", "font.size": 9}


def draw(found: dict[str, Any], path: Path) -> None:
    """One panel for each lab; the same results give the same file."""
    labs = found["labs"]
    with mpl.rc_context(STYLE):
        size = {"figsize": (10, 3.2), "layout": "tight", "squeeze": False}
        figure, panels = plt.subplots(1, len(labs), sharex=True, sharey=True, **size)
        for axes, (key, lab) in zip(panels[0], labs.items()):
            _dots(axes, lab["contenders"])
            axes.set_title(f"{key}: {lab['lab']}")
        panels[0][0].invert_yaxis()
        figure.savefig(path, format="svg", metadata={"Date": None})
        plt.close(figure)


def _dots(axes: Axes, contenders: dict[str, Any]) -> None:
    """Medians with ranges; no bars, since a logarithmic axis has no zero for them to start at."""
    names = [name for name in contenders if name != "regrade"]
    for place, name in enumerate(names):
        one = contenders[name]["wall_s_each"]
        value, colour = one["median"], COLOURS.get(name, OURS)
        error = [[value - one["min"]], [one["max"] - value]]
        axes.errorbar(value, place, xerr=error, fmt="o", color=colour, capsize=3)
        text = f"{value:.2f} s" if value >= 1 else f"{1000 * value:.0f} ms"
        axes.annotate(text, (value, place), (0, 6), textcoords="offset points", ha="center")
    axes.set(xscale="log", xlabel="time for one submission (seconds, logarithmic)")
    axes.set_yticks(range(len(names)), [contenders[name]["label"] for name in names])
    axes.margins(x=0.12, y=0.12)
    axes.grid(axis="x", color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
