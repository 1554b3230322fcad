"""What the judge's tests share: channels that answer anything, and suites from a few lines."""

import textwrap

import pytest

from gradlab import wire
from gradlab.judge.local import local_student
from gradlab.judge.subject import Student
from gradlab.judge.suite import Suite

HEADER = """
import numpy as np
import pytest
from gradlab.judge import (alternative, assert_close, assert_equal, assign, case_rng, exercise,
                           expect, fetch, misconception, reference, requires, seeded, take, weight)
"""


class Script:
    """A channel that gives prepared replies: bytes, an exception, or fields beside the right id."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.requests = []

    def request(self, payload, seconds):
        self.requests.append(wire.decode(payload))
        reply = self.replies.pop(0)
        if isinstance(reply, BaseException):
            raise reply
        if isinstance(reply, dict):
            return wire.encode({"id": self.requests[-1]["id"], **reply})
        return reply


@pytest.fixture
def scripted():
    """Makes a student whose kernel gives the replies listed."""
    return lambda *replies: Student(Script(*replies))


@pytest.fixture
def student():
    """Makes a student whose notebook defines the names given."""
    return lambda **names: local_student(names)


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """Makes the suite of files given as text, each below the usual imports; not yet opened."""
    monkeypatch.setenv("GRADLAB_SECRET", "the secret of the tests")

    def make(text="", **files):
        folder = tmp_path / f"lab{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, source in {"test_f": text, **files}.items():
            if source:
                (folder / f"{name}.py").write_text(HEADER + textwrap.dedent(source))
        return Suite(folder)

    return make
