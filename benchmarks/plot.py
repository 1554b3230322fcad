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
        figure, panels = plt.subplots(1, len(labs), sharex=True, **size)
        for axes, (key, lab) in zip(panels[0], labs.items()):
            _bars(axes, lab["contenders"])
            axes.set_title(f"{key}: {lab['lab']}")
        figure.savefig(path, format="svg", metadata={"Date": None})
        plt.close(figure)


def _bars(axes: Axes, contenders: dict[str, Any]) -> None:
    names = [name for name in contenders if name != "regrade"]
    spreads = [contenders[name]["wall_s_each"] for name in names]
    values = [one["median"] for one in spreads]
    errors = [[one["median"] - one["min"] for one in spreads],
              [one["max"] - one["median"] for one in spreads]]  # fmt: skip
    colours = [COLOURS.get(name, OURS) for name in names]
    axes.barh(range(len(names)), values, xerr=errors, color=colours, ecolor="black", height=0.7)
    axes.set(xscale="log", xlabel="seconds a submission (log scale)")
    axes.set_yticks(range(len(names)), [contenders[name]["label"] for name in names])
    axes.invert_yaxis()
    axes.margins(x=0.2)
    for place, value in enumerate(values):
        text = f"{value:.2f} " if value >= 1 else f"{value:.3f} "
        axes.text(axes.get_xlim()[0], place, f"  {text}", va="center", color="white", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
