"""TeX to MathML, which browsers draw by themselves: no script, nothing from elsewhere.

The formulas are the students' too. What latex2mathml makes of them is not taken as text, since its
text is not escaped: only known elements and attributes of its tree are written.
"""

import html
import re
from xml.etree.ElementTree import Element

from latex2mathml.converter import Converter

MAX_FORMULA = 4000
ELEMENTS = {
    "math", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom",
    "mprescripts", "mroot", "mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup",
    "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "none",
}  # fmt: skip
ATTRIBUTES = {
    "accent": "true|false",
    "columnalign": "(left|right|center)( (left|right|center))*",
    "display": "block|inline",
    "displaystyle": "true|false",
    "fence": "true|false",
    "form": "prefix|infix|postfix",
    "linethickness": r"\d?(\.\d+)?(em|px|pt)?",
    "mathvariant": "normal",
    "maxsize": r"\d?\d?(\.\d+)?em",
    "minsize": r"\d?\d?(\.\d+)?em",
    "movablelimits": "true|false",
    "scriptlevel": r"[+-]?\d",
    "stretchy": "true|false",
    "width": r"\d?\d?(\.\d+)?em",
}
"""What each may be: nothing that links, runs, or draws over the rest of the page."""
STYLES = {
    "bold": "font-weight: bold",
    "bold-italic": "font-weight: bold; font-style: italic",
    "monospace": "font-family: monospace",
}
"""Of the variants of letters, MathML Core has only "normal"."""
DEFINES = re.compile(r"\\(def|let|(re)?newcommand|providecommand|newenvironment)\b")
"""Macros that double each other make gigabytes of a line."""
REPLACED = (
    (re.compile(r"\{(aligned|gathered|split)\}"), "{align*}"),
    (re.compile(r"\\mathrm\s*\{([A-Za-z ]+)\}"), r"\\text{\1}"),
)
"""What latex2mathml would leave as it is, or set in italics."""


def mathml(tex: str, display: str) -> str:
    """The formula as MathML; as TeX, to be read as it is, where that fails. Raises nothing.

    Args:
        tex: without its dollars.
        display: "inline" or "block".
    """
    try:
        return _written(_tree(tex, display))
    except Exception:  # whatever a converter may raise on what anybody wrote, RecursionError too
        dollars = "$$" if display == "block" else "$"
        return f"<code>{html.escape(dollars + tex + dollars)}</code>"


def _tree(tex: str, display: str) -> Element:
    if len(tex) > MAX_FORMULA or DEFINES.search(tex):
        raise ValueError("not to be converted")
    for pattern, replacement in REPLACED:
        tex = pattern.sub(replacement, tex)
    return Converter(display=display).convert_to_element(tex)


def _written(element: Element) -> str:
    """An element and all in it. The texts of latex2mathml's tree hold character references."""
    tag = element.tag if element.tag in ELEMENTS else "mrow"
    text = html.escape(html.unescape(element.text or ""))
    inside = text + "".join(map(_written, element))
    return f"<{tag}{_attributes(element)}>{inside}</{tag}>"


def _attributes(element: Element) -> str:
    kept = {
        name: value
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and re.fullmatch(ATTRIBUTES[name], value, re.ASCII)
    }
    style = STYLES.get(element.get("mathvariant", ""))
    kept |= {"style": style} if style else {}
    return "".join(f' {name}="{value}"' for name, value in kept.items())
