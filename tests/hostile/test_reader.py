"""What an instructor or a student opens: pages in which nothing of a submission can run or load."""

import csv
import io
import re
from html.parser import HTMLParser

import pytest

from .course import LAB
from .test_hostile import ATTEMPTS

READER = [attempt for attempt in ATTEMPTS if attempt.kind == "reader"]
ACTIVE = {
    "script", "iframe", "frame", "object", "embed", "svg", "math", "form", "input", "button",
    "link", "meta", "base", "style", "video", "audio", "template", "portal",
}  # fmt: skip
LOADING = {"src", "srcset", "href", "data", "action", "formaction", "poster", "background", "ping"}
PICTURE = re.compile(r"img src=(data:image/(png|jpeg);base64,.*|[\w.]+\.png)")
HARMLESS = ("#", "http://", "https://", "mailto:", "data:image/png;base64,")


class Active(HTMLParser):
    """Everything on a page that runs, loads or covers something, as comparable texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE:
            self.found.append(f"<{tag} {sorted((k, v or '') for k, v in attrs)}>")
        for name, value in attrs:
            text = (value or "").strip().lower()
            loads = name in LOADING and not (tag == "a" and text.startswith(HARMLESS))
            if name.startswith("on") or loads:
                self.found.append(f"{tag} {name}={text[:200]}")
            if name == "style" and "position" in text:
                self.found.append(f"{tag} style={text[:200]}")


@pytest.mark.parametrize("attempt", READER, ids=lambda attempt: attempt.student)
def test_feedback_runs_and_loads_nothing_of_the_students(pages, attempt):
    honest = next(page for student, page in pages.items() if student.endswith("-honest"))
    own = set(Active(pages[attempt.student]).found) - set(Active(honest).found)
    assert {item for item in own if not PICTURE.fullmatch(item)} == set()


def test_the_comparison_sees_what_is_active():
    page = "<b onclick=x></b><img src='//e/x'><script>1</script><a href='javascript:1'>x</a>"
    assert len(Active(page).found) == 4


def test_exports_hold_no_formula(hostile_class):
    for shard in hostile_class.shards:
        shard.run("gradlab", "export", LAB, "--output", "scores.csv")
        text = (shard.root / "scores.csv").read_text(encoding="utf-8")
        for row in csv.reader(io.StringIO(text)):
            assert not [cell for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
