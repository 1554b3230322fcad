"""Markdown shown to instructors: nothing runs, nothing loads from elsewhere, formulas survive."""

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from traitlets.config import Config

from gradlab.grading.pages import sanitised

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://elsewhere.example/pixel.png'>",
    "<img src='//elsewhere.example/pixel.png'>",
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
FORBIDDEN = ("<script", "onerror", "onload", "onbegin", "<iframe", "<style", "elsewhere.example/",
             "javascript:", "data:text", "<form", "<svg", "<meta", "<base", "<video")  # fmt: skip


def rendered(markdown: str) -> str:
    """The cell's part of a page made with the course's own filter."""
    config = Config()
    config.HTMLExporter.filters = {"markdown2html": "gradlab.grading.pages.safe_markdown"}
    config.HTMLExporter.template_name = "basic"
    notebook = new_notebook(cells=[new_markdown_cell(markdown)])
    return HTMLExporter(config=config).from_notebook_node(notebook)[0]


@pytest.mark.parametrize("markdown", HOSTILE)
def test_nothing_active_is_left(markdown):
    page = rendered(markdown).lower()
    assert not [word for word in FORBIDDEN if word in page.replace("&lt;", "")]


@pytest.mark.parametrize(
    ("markdown", "kept"),
    [
        ("# Title", "<h1"),
        ("$a_i < b^2$", "$a_i &lt; b^2$"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>2</td>"),
        ("<details><summary>Hint</summary>\n\nthink\n\n</details>", "<summary>Hint</summary>"),
        ("![a kernel](sliding_kernel.svg)", 'src="sliding_kernel.svg"'),
        ("[paper](https://arxiv.org/abs/1412.6980)", 'href="https://arxiv.org/abs/1412.6980"'),
        ("`x < y`", "<code>x &lt; y</code>"),
    ],
)
def test_what_a_course_needs_is_kept(markdown, kept):
    assert kept in rendered(markdown)


def test_a_pasted_picture_is_kept():
    assert "data:image/png;base64,iVBORw0=" in sanitised(
        '<img src="data:image/png;base64,iVBORw0=">'
    )
