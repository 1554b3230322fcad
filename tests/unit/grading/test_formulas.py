"""TeX becomes MathML that browsers draw; whatever a student writes, nothing else comes out."""

import re
import time
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gradlab.grading.formulas import ATTRIBUTES, ELEMENTS, mathml

ROOT = Path(__file__).parents[3]
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$]+)\$", re.DOTALL)
TAG = re.compile(r"<(/?)([a-z]+)((?: [a-z]+=\"[^\"<>]*\")*)>")


def formulas_of_the_labs():
    for path in sorted((ROOT / "source").rglob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                yield from (block or inline for block, inline in FORMULA.findall(cell.source))


def test_every_formula_of_the_labs_is_drawn():
    found = set(formulas_of_the_labs())
    assert len(found) > 200
    for tex in found:
        drawn = mathml(tex, "inline")
        assert drawn.startswith("<math display="), tex
        assert "\\" not in drawn, tex


@pytest.mark.parametrize(
    ("tex", "part"),
    [
        ("a_i < b^2", "<mo>&lt;</mo>"),
        (r"\mathbf{W}", "𝐖"),
        (r"\mathrm{softmax}(z)", "<mtext>softmax</mtext>"),
        (r"\boldsymbol{\theta}", 'style="font-weight: bold; font-style: italic"'),
        (r"\begin{aligned}a&=b\\c&=d\end{aligned}", "<mtr>"),
        (r"\hat y", '<mover accent="true">'),
    ],
)
def test_what_a_course_needs_is_drawn(tex, part):
    assert part in mathml(tex, "block")


@pytest.mark.parametrize("tex", [r"\frac", "{" * 3000, r"x_x_x", r"\def\a{\a\a}\a", "x" * 5000])
def test_what_cannot_be_drawn_is_shown_as_tex(tex):
    assert mathml(tex, "block") == f"<code>$${tex}$$</code>"
    assert mathml(tex, "inline") == f"<code>${tex}$</code>"


def test_macros_that_double_each_other_cost_nothing():
    names = "abcdefghijklmnopqrstuvwxyz"
    tex = r"\def\a{x}" + "".join(rf"\def\{b}{{\{a}\{a}}}" for a, b in pairwise(names))
    start = time.monotonic()
    assert mathml(tex + r"\z", "inline").startswith("<code>")
    assert time.monotonic() - start < 1


WORDS = st.sampled_from(
    [
        "<script>", "</math>", "\"", "'", "&lt;", "&#60;", "{", "}", "$", r"\text{", r"\href{",
        r"\style{", r"\class{", r"\color{", r"\mathrm{", r"\rule{", r"\hspace{", "javascript:x",
        "onclick=x", r"\unicode{x3c}", r"\begin{matrix}", r"\end{matrix}", "&", r"\\", r"\frac",
        "x", "^", "_", r"\left(", r"\right)", r"\sqrt", r"\cssId{", r"\require{html}", r"\verb|",
    ]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=3), max_size=12).map("".join))
@example(r"\text{<script>pwned()</script>}")
@example(r"\text{&lt;script>pwned()&lt;/script>}")
@example(r"\href{javascript:pwned()}{x}\style{position:fixed}{y}\class{z}{z}")
@example(r"\color{red\" onclick=\"pwned()}{x}")
def test_nothing_but_known_elements_and_attributes_comes_out(tex):
    drawn = mathml(tex, "inline")
    for _, name, attributes in TAG.findall(drawn):
        assert name in ELEMENTS | {"code"}
        assert set(re.findall(r" ([a-z]+)=", attributes)) <= {*ATTRIBUTES, "style"}
    left = TAG.sub("", drawn)
    assert "<" not in left
    assert ">" not in left
