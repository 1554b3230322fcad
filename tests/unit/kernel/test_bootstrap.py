"""What happens before a kernel is one."""

import pytest

from gradlab.kernel.bootstrap import require_launcher
from gradlab.kernel.pipes import connected


@pytest.fixture
def pair():
    ours, theirs = connected()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_launcher_that_waits_or_asks_is_there(pair):
    ours, theirs = pair
    require_launcher(theirs.reading)
    ours.send(b"a question")
    require_launcher(theirs.reading)
    assert theirs.receive(100) == b"a question"


def test_without_its_launcher_it_ends(pair):
    """Killed before the system could be asked to end the sandbox with it."""
    ours, theirs = pair
    ours.close()
    with pytest.raises(SystemExit):
        require_launcher(theirs.reading)
