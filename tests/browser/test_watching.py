"""The watcher notices what a page does; otherwise the other tests would prove nothing."""

import pytest

from .conftest import needs_chromium

pytestmark = needs_chromium
PAGES = {
    "ran": "<script>pwned('x')</script>",
    "ran: 7": "<script>alert(7)</script>",
    "ran: ('over',)": "<b onmouseover=\"pwned('over')\">x</b>",
    "ran: ('link',)": "<a href=\"javascript:pwned('link')\">x</a>",
    "ran: ('late',)": "<img src=x onerror=\"pwned('late')\">",
    "an error in a script": "<script>nothing()</script>",
    "asked for https://elsewhere.example/x.png": "<img src=https://elsewhere.example/x.png>",
    "asked for https://elsewhere.example/x.css": "<style>@import 'https://elsewhere.example/x.css'"
    "</style>",
    "asked for file:///etc/passwd": "<img src=file:///etc/passwd>",
    "went to": "<b onclick=\"location.hash = 'other'\">x</b>",
    "has frames": "<iframe srcdoc=x></iframe>",
    "covers": "<div style='position: fixed'>x</div>",
    "opened a window": "<button onclick=\"window.open('about:blank')\">x</button>",
    "console": "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">"
    "<script>refused()</script>",
}


@pytest.mark.parametrize("what", PAGES)
def test_the_watcher_sees_what_happens(watched, tmp_path, what):
    page = tmp_path / "page.html"
    page.write_text(f"<title>page</title><div class=rendered_html>{PAGES[what]}</div>")
    watched.visit(page.as_uri(), tmp_path.as_uri() + "/")
    assert any(one.startswith(what) for one in watched.happened), watched.happened


def test_the_watcher_leaves_an_honest_page_alone(watched, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<title>page</title><div class=rendered_html><a href=https://x.example>x</a>")
    watched.visit(page.as_uri(), tmp_path.as_uri() + "/")
    assert watched.happened == []
