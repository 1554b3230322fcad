"""Figures: valid SVG, the same for the same data, and deaf to what their labels say."""

import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest

from gradlab.report.plots import difficulty, histogram
from gradlab.report.summary import Difficulty


def exercise(name="conv1d", shares=(0.0, 0.5, 1.0)):
    return Difficulty(name, 4.0, "code", list(shares), full=1, nothing=1, blank=0, pending=0)


@pytest.mark.parametrize("scores", [[5.0], [0.0, 0.0], [1.5, 9.0, 12.0], [3.0] * 3000])
def test_a_histogram_is_svg_whatever_the_class(scores):
    assert ET.fromstring(histogram(scores, 9.0)).tag.endswith("svg")


def test_a_lab_without_points_has_a_histogram():
    assert ET.fromstring(histogram([0.0], 0.0)) is not None


@pytest.mark.parametrize(
    "name", ["conv1d", r"$\frac{1}{", "$x$", "a&b<c", "x" * 300, "畳み込み", "_hidden", "\n"]
)
def test_a_label_is_drawn_and_never_interpreted(name):
    assert ET.fromstring(difficulty([exercise(name)])) is not None


@pytest.mark.parametrize("shares", [[], [1.0], [-0.5, 1.7], [0.25] * 3000])
def test_an_exercise_is_drawn_whoever_did_it(shares):
    assert ET.fromstring(difficulty([exercise(shares=shares), exercise("pool2d")])) is not None


def test_the_figure_grows_with_the_exercises_and_not_with_the_class():
    def height(count):
        text = ET.fromstring(difficulty([exercise(str(i)) for i in range(count)])).get("height")
        return float(text.removesuffix("pt"))

    assert height(16) > 2 * height(4)
    assert len(difficulty([exercise(shares=[0.5] * 3000)])) < 40_000


def test_the_same_data_make_the_same_figure():
    assert histogram([1.0, 4.0], 9.0) == histogram([1.0, 4.0], 9.0)
    assert difficulty([exercise()]) == difficulty([exercise()])


def test_a_figure_tells_neither_date_nor_maker():
    text = histogram([1.0, 4.0], 9.0)
    assert "<dc:date>" not in text
    assert "Matplotlib v" not in text


def test_a_figure_fetches_nothing():
    addresses = [
        value
        for element in ET.fromstring(difficulty([exercise()])).iter()
        for name, value in element.attrib.items()
        if name.endswith("href")
    ]
    assert all(value.startswith("#") for value in addresses)


def test_settings_of_matplotlib_are_left_as_they_were():
    before = dict(mpl.rcParams)
    histogram([1.0], 9.0)
    assert dict(mpl.rcParams) == before
