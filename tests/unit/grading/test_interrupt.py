"""Ctrl-C is heard while waiting, and at the end."""

import signal
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from gradlab.grading.interrupt import Patience


def interrupted_while(work):
    with Patience() as patience:
        signal.raise_signal(signal.SIGINT)
        work(patience)


def test_what_is_half_done_is_finished_first():
    done = []
    with pytest.raises(KeyboardInterrupt):
        interrupted_while(done.append)
    assert len(done) == 1


def test_heard_at_the_next_wait():
    done = []

    def work(patience):
        patience.wait([Future()])  # would never be done
        done.append(patience)

    with pytest.raises(KeyboardInterrupt):
        interrupted_while(work)
    assert done == []


class Unfinished(Future):
    """The future of another thread's work; Ctrl-C comes when they are looked at the nth time."""

    left = 1

    @property
    def _condition(self):
        Unfinished.left -= 1
        if Unfinished.left == 0:
            signal.raise_signal(signal.SIGINT)
        return self.condition

    @_condition.setter
    def _condition(self, condition):
        self.condition = condition


def test_heard_while_waiting():
    with Patience() as patience:
        future, Unfinished.left = Unfinished(), 1
        with pytest.raises(KeyboardInterrupt):
            patience.wait([future])
        patience._asked = False  # told once is enough


def test_what_was_waited_for_is_not_left_locked():
    """A pool cancels what it was given when it ends, in a thread of its own."""
    futures, Unfinished.left = [Unfinished() for _ in range(3)], 3
    with pytest.raises(KeyboardInterrupt), Patience() as patience:
        patience.wait(futures)
    with ThreadPoolExecutor(1) as another:
        locks = [another.submit(one.condition.acquire, blocking=False) for one in futures]
        assert [lock.result() for lock in locks] == [True, True, True]


def test_an_error_inside_is_not_hidden():
    def work(patience):
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        interrupted_while(work)


def test_the_old_handler_is_back():
    before = signal.getsignal(signal.SIGINT)
    with Patience():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_the_second_time_is_heard_at_once():
    done = []

    def work(patience):
        signal.raise_signal(signal.SIGINT)
        done.append(patience)

    with pytest.raises(KeyboardInterrupt):
        interrupted_while(work)
    assert done == []


def test_a_request_to_end_is_heard_like_ctrl_c():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), Patience():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before
