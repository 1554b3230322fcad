"""Markdown for the pages that instructors and students open: rendered, then sanitised.

nbconvert renders a notebook's markdown with the raw HTML in it. `nbgrader_config.py` puts these
filters in the place of its own, for feedback and for Formgrader: formulas, tables, pictures and
`<details>` stay; scripts, handlers, frames, styles and anything that would load from elsewhere go.
What would make a page of gigabytes is shown as plain text.
"""

import base64
import binascii
import html
import re
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

import nh3
from jinja2 import pass_context
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from gradlab.grading.belonging import gradlab_of, is_answer
from gradlab.grading.formulas import mathml
from gradlab.grading.pictures import is_shown

TAGS = """
    a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol
    p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr tt u ul var
"""
EMPTY = {"br", "hr", "img"}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "th": {"align"},
    "td": {"align"},
    "details": {"open"},
}
LOCAL_PICTURE = re.compile(r"([\w -][\w. -]*/)*[\w -][\w. -]*\.(svg|png|jpe?g)")
"""Beside the notebook or below; no part of the path begins with a dot, or is empty."""
DATA_PICTURE = re.compile(r"data:(image/(?:png|jpeg));base64,([A-Za-z0-9+/=\s]+)")
QUOTED = re.compile(r'"[^"]*"')
ALT = re.compile(r' alt="([^"]*)"')
LINK = re.compile(r"(https?://|mailto:|#)")
TAG = re.compile(r'(<(?:[^">]|"[^"]*")*>)')
"""A tag as the sanitiser writes it: in text there is no <, in a value no quote."""
MAX_PAGE = 150_000
"""Characters of all cells of a notebook; marked up, they take a hundred times as much memory."""
MAX_CELL = 30_000
"""Characters of one cell; those of the course's own have at most a few thousand."""
SLOW = re.compile(r"\\begin\{|\\\\\[|\\\\\(")
BLANK = re.compile(r"\s+")
MAX_BLANK = 300
"""Characters of white space in a row: a lexer tries each of them as the beginning of the rest."""
MAX_LINE = 3000
"""Characters of a line of code that is coloured."""
PYTHON = frozenset({"py", "py3", "python", "python3", "ipython", "ipython3", "pycon"})
"""What is coloured within markdown; other languages' lexers are many, and some are slow."""
MAX_DEPTH = 100
"""Of elements in each other; what comes after the sanitiser slows down with every level."""
MAX_SLOW = 200
"""Each of these is looked for the end of up to the end of the cell."""
MAX_BRACKETS = 1000
"""The same, of links."""


@pass_context
def safe_markdown(context: Any, source: str) -> str:
    """HTML of a cell's markdown in which nothing can run and nothing loads from elsewhere."""
    if _is_slow(source) or not _has_room(context, source):
        return _plain(source)
    renderer = _Renderer(dict(context.get("cell", {}).get("attachments", {})))
    rendered = str(MarkdownWithMath(renderer=renderer).render(source))
    page = sanitised(rendered, partial(_is_released, context))
    return renderer.with_formulas(page) if _depth(page) <= MAX_DEPTH else _plain(source)


@pass_context
def bounded_code(context: Any, source: str, metadata: Any = None) -> str:
    """HTML of a cell's code, coloured unless the notebook is too long for that."""
    if _is_slow_code(source) or not _has_room(context, source):
        return _plain(source)
    language = context["nb"].metadata.get("language_info", {})
    lexer = language.get("pygments_lexer", language.get("name"))
    return str(Highlight2HTML(pygments_lexer=lexer or "ipython3")(source, metadata=metadata))


def sanitised(page: str, is_released: Callable[[str], bool] = bool) -> str:
    """Only the tags and attributes listed above; links lead out only when they are followed.

    Args:
        page: HTML that nobody trusts.
        is_released: whether a file beside the notebook, by its path, may be shown.
    """
    clean = nh3.clean(
        page,
        tags=set(TAGS.split()),
        attributes=ATTRIBUTES,
        attribute_filter=partial(_kept, is_released),
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )
    return TAG.sub(lambda tag: _with_words(tag[0]), clean)


def _with_words(tag: str) -> str:
    """The tag; of a picture that is not shown a sentence with its alternative text."""
    if not tag.startswith("<img") or " src=" in QUOTED.sub("", tag):
        return tag
    found = ALT.search(tag)
    words = html.escape(html.unescape(found[1] if found else "")).strip()
    return f"<em>[a picture is not shown{': ' if words else ''}{words}]</em>"


def _is_released(context: Any, path: str) -> bool:
    """Whether the cell is the course's, or one of the course's shows that picture, too."""
    if not _is_the_students(context.get("cell", {})):
        return True
    prose = [cell for cell in context["nb"].cells if cell.cell_type == "markdown"]
    return any(path in unquote(cell.source) for cell in prose if not _is_the_students(cell))


def _is_the_students(cell: Any) -> bool:
    """Whether the text is: an answer, or an added cell."""
    if "metadata" not in cell:
        return False
    return is_answer(cell) or bool(gradlab_of(cell).get("extra"))


def _is_slow(source: str) -> bool:
    """Whether markdown would take long to render: what is opened is looked for the end of."""
    many = len(SLOW.findall(source)) > MAX_SLOW or source.count("[") > MAX_BRACKETS
    return len(source) > MAX_CELL or many


def _is_slow_code(source: str) -> bool:
    """Whether code would take long to colour."""
    if len(source) > MAX_CELL or max(map(len, source.split("\n"))) > MAX_LINE:
        return True
    return max(map(len, BLANK.findall(source)), default=0) > MAX_BLANK


def _has_room(context: Any, source: str) -> bool:
    """Whether the cell is within `MAX_PAGE`; counts it."""
    resources = context.get("resources", {})
    used = resources.get("gradlab_characters", 0) + len(source)
    resources["gradlab_characters"] = used
    return bool(used <= MAX_PAGE)


def _depth(page: str) -> int:
    """How many elements of a sanitised page are in each other."""
    depth = deepest = 0
    for tag in TAG.findall(page):
        name = tag.strip("<>/").split(" ")[0]
        depth += 0 if name in EMPTY else -1 if tag.startswith("</") else 1
        deepest = max(deepest, depth)
    return deepest


def _plain(source: str) -> str:
    return f'<div class="highlight"><pre>{html.escape(source)}</pre></div>'


class _Renderer(IPythonRenderer):  # type: ignore[misc]
    """Puts a mark in each formula's place, because a sanitised page shall not hold MathML yet."""

    def __init__(self, attachments: dict[str, dict[str, str]]) -> None:
        super().__init__(escape=False, attachments=attachments, exclude_anchor_links=True)
        self._formulas: list[tuple[str, str]] = []
        self._mark = f"formula-{secrets.token_hex(8)}"

    def block_code(self, code: str, info: str | None = None) -> str:
        """``` … ```, coloured where it is Python and can be within bounds."""
        words = (info or "").split()
        plain = not words or words[0].lower() not in PYTHON or _is_slow_code(code)
        return _plain(code) if plain else str(super().block_code(code, info))

    def block_math(self, body: str) -> str:
        """$$ … $$ or \\[ … \\]."""
        return self._placed(body, "block")

    def inline_math(self, body: str) -> str:
        """$ … $ or \\( … \\)."""
        return self._placed(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        """\\begin{…} … \\end{…}."""
        return self._placed(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def with_formulas(self, page: str) -> str:
        """The sanitised page with MathML for the marks in its text, TeX for those in attributes."""
        mark = re.compile(rf"{self._mark}-(\d+)-")
        formulas = self._formulas
        parts = TAG.split(page)
        parts[0::2] = [mark.sub(lambda m: mathml(*formulas[int(m[1])]), p) for p in parts[0::2]]
        parts[1::2] = [
            mark.sub(lambda m: html.escape(formulas[int(m[1])][0]), p) for p in parts[1::2]
        ]
        return "".join(parts)

    def _placed(self, tex: str, display: str) -> str:
        self._formulas.append((tex, display))
        return f"{self._mark}-{len(self._formulas) - 1}-"

    def _embed_image_or_attachment(self, src: str) -> str:
        """A pasted picture that was not handed in is left out; nbconvert would raise."""
        name = src.removeprefix("attachment:")
        if name != src and name not in self.attachments:
            return ""
        return str(super()._embed_image_or_attachment(src))


def _kept(is_released: Callable[[str], bool], tag: str, attribute: str, value: str) -> str | None:
    """The value, or None where a picture would be fetched or a link would run something."""
    if attribute == "src":
        path = unquote(value)
        local = LOCAL_PICTURE.fullmatch(path) and is_released(path)
        return value if local or _is_inlined(value) else None
    if attribute == "href":
        return value if LINK.match(value) else None
    return value


def _is_inlined(value: str) -> bool:
    """Whether it is a picture itself, and not too large to unfold."""
    found = DATA_PICTURE.fullmatch(value)
    try:
        return found is not None and is_shown(base64.b64decode(found[2]), found[1])
    except binascii.Error:
        return False
