"""plot_style sets valid matplotlib defaults that readers can tell apart."""

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from gradlab.lab import plot_style


@pytest.fixture
def style():
    with mpl.rc_context():
        mpl.rcdefaults()
        plot_style()
        yield mpl.rcParams


def luminance(colour):
    """Relative luminance of an sRGB colour (WCAG 2.1)."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


# Machado, Oliveira & Fernandes (2009): what a reader without green (deuteranopia) or red
# (protanopia) receptors sees, as a matrix on linear RGB.
SIGHT = {
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "normal": np.eye(3),
}


@pytest.mark.parametrize("sight", SIGHT)
def test_the_first_lines_of_a_plot_differ_for_every_reader(style, sight):
    colours = [to_rgb(c) for c in style["axes.prop_cycle"].by_key()["color"][:4]]
    seen = [np.array(SIGHT[sight]) @ np.square(colour) for colour in colours]
    for a, b in combinations(seen, 2):
        assert np.linalg.norm(a - b) > 0.15


def test_lines_stand_out_from_white(style):
    colours = style["axes.prop_cycle"].by_key()["color"]
    assert len(colours) == len(set(colours)) >= 6
    assert all(1.05 / (luminance(colour) + 0.05) > 2 for colour in colours)


def test_text_is_readable_and_figures_fit_a_notebook(style):
    sizes = [
        style[k] for k in ("font.size", "axes.labelsize", "xtick.labelsize", "legend.fontsize")
    ]
    assert min(sizes) >= 10
    width = style["figure.figsize"][0] * style["figure.dpi"]
    assert 600 <= width <= 800
    assert style["figure.facecolor"] == "white"  # readable in JupyterLab's dark theme as well


def test_nothing_is_drawn_over_the_pixels_of_an_image(style):
    figure = Figure()
    axes = figure.subplots()
    axes.imshow(np.zeros((8, 8)), cmap="gray")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box = axes.get_window_extent().extents.astype(int)  # from the lower left, the image is square
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3]
    inside = pixels[box[1] + 5 : box[3] - 5, box[0] + 5 : box[2] - 5]
    assert inside.size > 10_000
    assert inside.max() == 0


def test_a_figure_is_drawn_in_this_style_without_warnings(style):
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [1, 0], label="loss")
    axes.set(title="loss", xlabel="epoch", ylabel="loss")
    axes.legend()
    figure.canvas.draw()
    assert axes.lines[0].get_color() == "#0072B2"


def test_calling_it_twice_changes_nothing_more(style):
    before = dict(style)
    plot_style()
    assert dict(style) == before
