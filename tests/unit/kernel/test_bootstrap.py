"""What happens before a kernel is one."""

import socket

import pytest

from gradlab.kernel.bootstrap import require_launcher


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_launcher_that_waits_or_asks_is_there(pair):
    ours, theirs = pair
    require_launcher(theirs.fileno())
    ours.send(b"a question")
    require_launcher(theirs.fileno())
    assert theirs.recv(100) == b"a question"


def test_without_its_launcher_it_ends(pair):
    """Killed before the system could be asked to end the sandbox with it."""
    ours, theirs = pair
    ours.close()
    with pytest.raises(SystemExit):
        require_launcher(theirs.fileno())
