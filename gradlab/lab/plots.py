"""One look for every figure of the course."""

# Okabe & Ito's palette (https://jfly.uni-koeln.de/color/), which readers with any common kind of
# colour blindness can tell apart; without its yellow, which is too pale for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")


def plot_style() -> None:
    """Set matplotlib's defaults: colours everybody can tell apart, readable sizes, sharp pixels."""
    # Not at the top: a kernel that draws nothing should start fast.
    import matplotlib as mpl
    from matplotlib.rcsetup import cycler

    mpl.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.labelsize": 11,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 12,
            "figure.constrained_layout.use": True,
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "figure.figsize": (6.4, 4.0),
            "figure.titlesize": 13,
            "font.size": 11,
            "grid.alpha": 0.3,  # for axes that ask for a grid; by default it would cover images
            "image.cmap": "viridis",
            "image.interpolation": "nearest",
            "legend.fontsize": 10,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "savefig.facecolor": "white",
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
        }
    )
