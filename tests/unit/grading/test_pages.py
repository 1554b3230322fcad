"""Markdown shown to instructors: nothing runs, nothing loads from elsewhere, formulas survive."""

from html import escape

import pytest
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import markdown_mistune
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config import Config

from gradlab.grading import pages
from gradlab.grading.pages import MAX_CELL, MAX_DEPTH, MAX_SLOW, sanitised

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://elsewhere.example/pixel.png'>",
    "<img src='//elsewhere.example/pixel.png'>",
    "<img src='../../elsewhere.example/pixel.png'>",
    "<img src='%2e%2e/elsewhere.example/pixel.png'>",
    "<img src='/elsewhere.example/pixel.png'>",
    "<img src='a/%2F/elsewhere.example/pixel.png'>",
    "![](https://elsewhere.example/pixel.png)",
    "![a][r]\n\n[r]: https://elsewhere.example/pixel.png",
    "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "<iframe src='https://elsewhere.example'></iframe>",
    "<style>@import 'https://elsewhere.example/x.css'</style>",
    "<p style='background:url(https://elsewhere.example/x)'>x</p>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<form action='https://elsewhere.example'><button>x</button></form>",
    "<math><mtext></mtext><script>alert(1)</script></math>",
    "<video src='https://elsewhere.example/x.mp4' autoplay></video>",
    "<meta http-equiv=refresh content='0;url=https://elsewhere.example'>",
    "<base href='https://elsewhere.example'>",
    "<!--><script>alert(1)</script>-->",
    "<noscript><p title='</noscript><script>alert(1)</script>'>",
]
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgG"
    "AWjR9awAAAABJRU5ErkJggg=="
)
FORBIDDEN = ("<script", "onerror", "onload", "onbegin", "<iframe", "<style", "elsewhere.example/",
             "javascript:", "data:text", "<form", "<svg", "<meta", "<base", "<video")  # fmt: skip


def rendered(markdown: str) -> str:
    """The cell's part of a page made with the course's own filters."""
    return page_of(new_notebook(cells=[new_markdown_cell(markdown)]))


def page_of(notebook: NotebookNode) -> str:
    config = Config()
    config.HTMLExporter.filters = {
        "markdown2html": "gradlab.grading.pages.safe_markdown",
        "highlight_code": "gradlab.grading.pages.bounded_code",
    }
    config.HTMLExporter.template_name = "basic"
    return HTMLExporter(config=config).from_notebook_node(notebook)[0]


@pytest.mark.parametrize("markdown", HOSTILE)
def test_nothing_active_is_left(markdown):
    page = rendered(markdown).lower()
    assert not [word for word in FORBIDDEN if word in page.replace("&lt;", "")]


@pytest.mark.parametrize(
    ("markdown", "kept"),
    [
        ("# Title", "<h1"),
        ("$a_i < b^2$", "<mo>&lt;</mo><msup>"),
        ("$$\\frac$$", "<code>$$\\frac$$</code>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>2</td>"),
        ("<details><summary>Hint</summary>\n\nthink\n\n</details>", "<summary>Hint</summary>"),
        ("![a kernel](sliding_kernel.svg)", 'src="sliding_kernel.svg"'),
        ("![a](<my pictures/b.ä 1.png>)", 'src="my%20pictures/b.%C3%A4%201.png"'),
        ("[paper](https://arxiv.org/abs/1412.6980)", 'href="https://arxiv.org/abs/1412.6980"'),
        ("`x < y`", "<code>x &lt; y</code>"),
    ],
)
def test_what_a_course_needs_is_kept(markdown, kept):
    assert kept in rendered(markdown)


def test_a_pasted_picture_is_kept():
    assert f'src="{DOT}"' in sanitised(f'<img src="{DOT}">')


def test_an_inlined_picture_is_measured():
    huge = "iVBORw0KGgoAAAANSUhEUgAA/////wgCAAAA"  # the header of one of 65535 pixels a side
    page = sanitised(f'<img alt="a plot" src="data:image/png;base64,{huge}">')
    assert page == "<em>[a picture is not shown: a plot]</em>"


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        ("![my drawing](drawing.svg)", "not shown: my drawing]"),
        ("![a plot](plot.png)", "not shown: a plot]"),
        ('<img src="plot.png" alt="<b> src=">', "not shown: &lt;b&gt; src=]"),
        ("![](attachment:nothing.png)", "a picture is not shown]"),
        ("![g](data:image/gif;base64,R0lGODlhAQABAAAAADs=)", "not shown: g]"),
        ("![e](https://elsewhere.example/pixel.png)", "not shown: e]"),
    ],
)
@pytest.mark.parametrize(
    "metadata", [{"nbgrader": {"solution": True}}, {"gradlab": {"extra": True}}]
)
def test_a_student_shows_released_and_inlined_pictures_only(metadata, markdown, said):
    """What lies beside the notebook could run in the instructor's browser, opened by itself."""
    course = new_markdown_cell("![of the course](<a kernel.svg>)")
    mine = new_markdown_cell(f"{markdown} ![k](a%20kernel.svg) ![d]({DOT})", metadata=metadata)
    page = page_of(new_notebook(cells=[course, mine]))
    assert said in page
    assert page.count('src="a%20kernel.svg"') == 2
    assert page.count("<img") == 3


def test_a_picture_that_was_not_handed_in_is_left_out():
    assert "InvalidNotebook" not in rendered("before ![x](attachment:nothing.png) after")


def test_a_formula_in_an_attribute_stays_text():
    page = rendered('<p title="\n\n$\\text{" onclick="x}$\n\n">')
    assert "<math" not in page
    assert 'onclick="' not in page


@pytest.mark.parametrize(
    "markdown",
    [
        "*a* " * MAX_CELL,
        "<b>deep" * (MAX_DEPTH + 1),
        "\\begin{a}" * (MAX_SLOW + 1),
        "\\\\[" * (MAX_SLOW + 1),
        "[" * (MAX_CELL // 2),
    ],
)
def test_what_would_take_too_long_is_plain_text(markdown):
    assert f"<pre>{escape(markdown[:20])}" in rendered(markdown)


def test_a_page_has_room_for_so_much_only(monkeypatch):
    monkeypatch.setattr(pages, "MAX_PAGE", 1800)
    cells = [new_code_cell("a + b\n" * 100) for _ in range(5)]
    page = page_of(new_notebook(cells=[*cells, new_markdown_cell("*last*")]))
    assert page.count('<div class="highlight hl-') == 3
    assert page.count('<div class="highlight"><pre>') == 3
    assert "*last*" in page


def test_code_is_coloured_and_escaped():
    page = page_of(new_notebook(cells=[new_code_cell("def f(): return '<b>'")]))
    assert '<span class="k">def</span>' in page
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize(
    "code",
    ["a" + " " * 29_000 + "b", "a" + " \n" * 14_000 + "b", "(" * 29_000, "a\n" + "\t\f" * 14_000],
    ids=["spaces", "lines", "a line", "others"],
)
@pytest.mark.parametrize("fence", ["", "```python\n"])
def test_code_that_takes_long_to_colour_is_plain_text(monkeypatch, fence, code):
    monkeypatch.setattr(pages, "Highlight2HTML", lambda **_: pytest.fail("coloured"))
    monkeypatch.setattr(markdown_mistune, "highlight", lambda *_: pytest.fail("coloured"))
    made = new_markdown_cell if fence else new_code_cell
    assert escape(code[:20]).strip() in page_of(new_notebook(cells=[made(fence + code)]))


def test_markdown_colours_python_only():
    assert "<pre>int f&lt;a&gt;;\n</pre>" in rendered("```cpp\nint f<a>;\n```")
