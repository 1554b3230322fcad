"""Formgrader's buttons call nbgrader's API from inside a running event loop; so does this."""

import asyncio

import pytest
from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI

LAB = "01_tiny"


@pytest.fixture
def api(tiny, monkeypatch):
    monkeypatch.chdir(tiny.root)
    app = NbGrader(log_level=50)
    app.initialize([], root=str(tiny.root))
    return NbGraderAPI(app.coursedir, parent=app)


def pressed(method, *arguments):
    """Call the API as tornado's handler does: synchronously, on the loop's own thread."""

    async def handler():
        return method(*arguments)

    answer = asyncio.run(handler())
    assert answer["success"], answer
    return answer


def test_buttons_generate_grade_and_give_feedback(tiny, api, scores):
    tiny.hand_in("button", tiny.answer("def double(x):\n    return 2 * x"))
    pressed(api.generate_assignment, LAB)
    pressed(api.autograde, LAB, "button")
    assert scores("button")["check_double"] == 4
    pressed(api.generate_feedback, LAB, "button")
    assert (tiny.root / "feedback" / "button" / LAB / f"{LAB}.html").is_file()


def test_generating_again_changes_nothing_that_was_released(tiny, api):
    path = tiny.root / "release" / LAB / f"{LAB}.ipynb"
    before = path.read_bytes()
    pressed(api.generate_assignment, LAB)
    assert path.read_bytes() == before
