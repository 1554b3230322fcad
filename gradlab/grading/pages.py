"""Markdown for the pages that instructors and students open: rendered, then sanitised.

nbconvert renders a notebook's markdown with the raw HTML in it. `nbgrader_config.py` puts this
filter in its place, for feedback and for Formgrader: formulas, tables, pictures and `<details>`
stay; scripts, handlers, frames, styles and anything that would load from elsewhere go.
"""

import re
from typing import Any

import nh3
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = """
    a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol
    p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr tt u ul var
"""
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "th": {"align"},
    "td": {"align"},
    "details": {"open"},
}
LOCAL_PICTURE = re.compile(r"[\w./ %-]+\.(svg|png|jpe?g)")
DATA_PICTURE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]+")
LINK = re.compile(r"(https?://|mailto:|#)")


@pass_context
def safe_markdown(context: Any, source: str) -> str:
    """HTML of a cell's markdown in which nothing can run and nothing loads from elsewhere."""
    attachments = dict(context.get("cell", {}).get("attachments", {}))
    renderer = IPythonRenderer(escape=False, attachments=attachments)
    return sanitised(str(MarkdownWithMath(renderer=renderer).render(source)))


def sanitised(page: str) -> str:
    """Only the tags and attributes listed above; links lead out only when they are followed."""
    return nh3.clean(
        page,
        tags=set(TAGS.split()),
        attributes=ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """The value, or None where a picture would be fetched or a link would run something."""
    if attribute == "src":
        local = LOCAL_PICTURE.fullmatch(value) and "//" not in value
        return value if local or DATA_PICTURE.fullmatch(value) else None
    if attribute == "href":
        return value if LINK.match(value) else None
    return value
