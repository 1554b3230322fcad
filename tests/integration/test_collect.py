"""`nbgrader collect` from an exchange in which students write: when it came, and what is taken."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from nbgrader.api import Gradebook

from .conftest import LAB, RIGHT

DUE = "2027-03-04 00:00:00"
LATE, EARLY = "2027-03-05 10:00:00.000000 UTC", "2027-03-01 10:00:00.000000 UTC"
SETTINGS = """
c.Exchange.root = {root!r}
c.LateSubmissionPlugin.penalty_method = "zero"
"""


@pytest.fixture(scope="module")
def exchange(tiny, tmp_path_factory):
    """The inbound folder of an exchange that the course uses; the lab has a due date."""
    root = tmp_path_factory.mktemp("exchange")
    root.chmod(0o777)
    inbound = root / "gradlab" / "inbound"
    inbound.mkdir(parents=True)
    config = tiny.root / "nbgrader_config.py"
    config.write_text(config.read_text() + SETTINGS.format(root=str(root)))
    with Gradebook(f"sqlite:///{tiny.root}/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment(LAB, duedate=f"{DUE} UTC")
    return inbound


@pytest.fixture
def submit(tiny, exchange):
    """Put a submission where `nbgrader submit` does, named as it names it."""
    for folder in [*exchange.iterdir(), *(tiny.root / "submitted").glob("*")]:
        shutil.rmtree(folder)

    def put(student, time, inside):
        folder = exchange / f"{student}+{LAB}+{time}+AbCdEf123456"
        folder.mkdir()
        nbformat.write(tiny.answer(RIGHT), folder / f"{LAB}.ipynb")
        if inside is not None:
            (folder / "timestamp.txt").write_text(inside)
            (folder / "timestamp.txt").chmod(0o444)
        return folder

    return put


def collected(tiny):
    return {path.name for path in (tiny.root / "submitted").iterdir()}


def time_of(tiny, student):
    return (tiny.root / "submitted" / student / LAB / "timestamp.txt").read_text()


@pytest.mark.parametrize("inside", [LATE, EARLY, None, "", "yesterday", "\x1b[31m"])
def test_a_late_submission_stays_late_whatever_its_own_file_says(tiny, submit, inside):
    """Not even a file that is missing or holds no time, which nbgrader takes for punctual."""
    submit("ada", LATE, inside)
    told = tiny.run("nbgrader", "collect", LAB)
    assert ("holds another time" in told) == (inside != LATE)
    assert "\x1b" not in told
    assert time_of(tiny, "ada") == LATE
    (row,) = json.loads(tiny.run("gradlab", "autograde", LAB, "--json"))
    assert (row["status"], row["score"]) == ("graded", 4) or row["status"] == "unchanged"
    with Gradebook(f"sqlite:///{tiny.root}/gradebook.db") as gradebook:
        submission = gradebook.find_submission(LAB, "ada")
        assert submission.timestamp == datetime(2027, 3, 5, 10)
        assert submission.late_submission_penalty == 4


def test_a_name_that_is_older_than_the_files_is_told(tiny, submit):
    """Whoever makes the folder by hand can name it as they like; Linux sets the clock of files."""
    old = (datetime.now(UTC) - timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S UTC")
    new = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    submit("ada", old, old)
    submit("ben", new, new)
    told = tiny.run("nbgrader", "collect", LAB)
    assert f"'ada+{LAB}+{old}+AbCdEf123456' was written or changed as late as" in told
    assert told.count("was written or changed") == 1


def test_no_folder_stops_the_others(tiny, submit, exchange):
    (exchange / f"eve+{LAB}+no time at all+x").mkdir()
    (exchange / f"mal+{LAB}+").mkdir()
    os.mkfifo(submit("ada", LATE, LATE) / "pipe")
    submit("ben", LATE, LATE)
    told = tiny.run("nbgrader", "collect", LAB)
    assert collected(tiny) == {"ada", "ben"}
    assert "its name holds no time" in told
    assert not (tiny.root / "submitted" / "ada" / LAB / "pipe").exists()


def test_links_are_not_followed(tiny, submit):
    folder = submit("ada", LATE, None)
    (folder / "timestamp.txt").symlink_to(tiny.root / "gradebook.db")
    (folder / "book.txt").symlink_to(tiny.root / "gradebook.db")
    (folder / "all").symlink_to(tiny.root / "labs")
    tiny.run("nbgrader", "collect", LAB)
    found = {path.name for path in (tiny.root / "submitted" / "ada" / LAB).iterdir()}
    assert found == {f"{LAB}.ipynb", "timestamp.txt"}
    assert time_of(tiny, "ada") == LATE


def test_a_newer_one_is_taken_when_asked_for_and_the_time_with_it(tiny, submit):
    submit("ada", EARLY, EARLY)
    tiny.run("nbgrader", "collect", LAB)
    submit("ada", LATE, EARLY)
    tiny.run("nbgrader", "collect", LAB)
    assert time_of(tiny, "ada") == EARLY
    tiny.run("nbgrader", "collect", LAB, "--update")
    assert time_of(tiny, "ada") == LATE
