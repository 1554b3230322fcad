"""A browser's page, with a note of everything on it that ran, was loaded, or covers something."""

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Route

STUDENTS = ".rendered_html, .output_area, .input_area, body > main"
TOUCH_EVERYTHING = """(students) => {
    const events = ["mouseover", "mouseenter", "mousemove", "pointerdown", "focus", "toggle",
                    "animationstart", "wheel", "copy", "click"];
    const out = (one) => /^(https?|mailto|file):/.test(one.closest("a[href]")?.protocol ?? "");
    for (const area of document.querySelectorAll(students))
        for (const one of [...area.querySelectorAll("*")].slice(0, 500)) {
            if (one.localName === "details") one.open = true;
            for (const kind of events)
                if (!(kind === "click" && out(one)))
                    one.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true}));
        }
}"""
COVERING = """(students) => [...document.querySelectorAll(students)].flatMap((area) =>
    [...area.querySelectorAll("*")].slice(0, 500)
        .filter((one) => /fixed|absolute/.test(getComputedStyle(one).position))
        .map((one) => one.outerHTML.slice(0, 200)))"""
NBGRADERS_OWN = ("/fonts/glyphicons-halflings-regular.",)
"""Fonts of Bootstrap that nbgrader's feedback page names, lays nowhere, and shows nothing in."""

MILLISECONDS = 120_000
MISSING_PICTURE = "Failed to load resource"
"""From where it may be loaded; what else was asked for is noted by itself."""


@dataclass
class Watched:
    """A page that may talk to one place only; `happened` lists what should not have been."""

    page: Page
    origin: str = ""
    happened: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page = self.page
        page.context.route("**/*", self._on_request)
        page.expose_function("pwned", lambda *what: self._note(f"ran: {what}"))
        page.on("dialog", lambda dialog: (self._note(f"ran: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self._note(f"an error in a script: {error}"))
        page.on("console", self._on_console)
        page.on("download", lambda one: self._note(f"downloaded {one.url}"))
        page.context.on("page", lambda one: self._note(f"opened a window: {one.url}"))

    def visit(self, address: str, origin: str) -> None:
        """Open the page, touch everything students wrote, and look what covers something."""
        self.origin = origin
        self.page.goto(address, wait_until="load", timeout=MILLISECONDS)
        title, here = self.page.title(), self.page.url
        self.page.evaluate(TOUCH_EVERYTHING, STUDENTS)
        self.page.wait_for_timeout(150)
        self.happened += [f"covers: {one}" for one in self.page.evaluate(COVERING, STUDENTS)]
        if (self.page.title(), self.page.url) != (title, here):
            self._note(f"went to {self.page.url}, {self.page.title()!r}")
        if len(self.page.frames) > 1:
            self._note(f"has frames: {[frame.url for frame in self.page.frames[1:]]}")

    def _on_request(self, route: Route) -> None:
        address = route.request.url
        if address.startswith(self.origin) or address.startswith("data:"):
            self.loaded.append(address)
            route.continue_()
            return
        self._note(f"asked for {address}")
        route.abort()

    def _on_console(self, message: ConsoleMessage) -> None:
        """A policy that refused something was the last defence, so another one has failed."""
        text = message.text
        harmless = any(name in text for name in (*NBGRADERS_OWN, MISSING_PICTURE))
        if message.type == "error" and not harmless:
            self._note(f"console: {text}")

    def _note(self, what: str) -> None:
        self.happened.append(what)
