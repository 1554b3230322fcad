"""What on a page runs, loads or covers something."""

import re
from html.parser import HTMLParser

ACTIVE = {
    "script", "iframe", "frame", "object", "embed", "svg", "form", "input", "button",
    "link", "meta", "base", "style", "video", "audio", "template", "portal",
}  # fmt: skip
LOADING = {"src", "srcset", "href", "data", "action", "formaction", "poster", "background", "ping"}
PICTURE = re.compile(r"img src=(data:image/(png|jpeg);base64,.*|[\w.]+\.(png|svg))")
HARMLESS = ("#", "http://", "https://", "mailto:", "data:image/png;base64,")


def active_parts(page: str) -> set[str]:
    """Everything on a page that runs, loads from elsewhere or covers something, as texts."""
    return {part for part in _Active(page).found if not PICTURE.fullmatch(part)}


class _Active(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)
        self.close()

    # A formula is drawn by GradLab, with one attribute; any other MathML is the student's.
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        foreign = tag == "math" and attrs not in ([("display", "inline")], [("display", "block")])
        if tag in ACTIVE or foreign:
            self.found.append(f"<{tag} {sorted((k, v or '') for k, v in attrs)}>")
        for name, value in attrs:
            text = (value or "").strip().lower()
            loads = name in LOADING and not (tag == "a" and text.startswith(HARMLESS))
            if name.startswith("on") or loads:
                self.found.append(f"{tag} {name}={text[:200]}")
            if name == "style" and "position" in text:
                self.found.append(f"{tag} style={text[:200]}")
