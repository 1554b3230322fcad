"""Calls of the student's functions: by value, in bounded time, from a kernel that may cheat."""

import time

import pytest

from gradlab import wire
from gradlab.errors import CallTimeout, KernelDied, WireError

DEFINITIONS = """
import os, time, struct, gradlab.kernel.agent
def double(x): return 2 * x
def slow(seconds): time.sleep(seconds); return "done"
def loop():
    while True: pass
def stubborn():
    while True:
        try: time.sleep(60)
        except BaseException: pass
def die(): os._exit(1)
def long(): return "x" * 100
def fork():
    if os.fork() == 0: time.sleep(60)
    return "parent"
"""


@pytest.fixture
def ready(kernel):
    """A kernel in which the functions above are defined."""
    outcome, _ = kernel.run(DEFINITIONS)
    assert outcome.status == "ok"
    return kernel


def test_calls(ready, call):
    with ready.session.channel() as channel:
        assert call(channel, "double", 21)["value"] == 42
        assert call(channel, "double", "ab")["value"] == "abab"
        assert call(channel, "nothing")["error"]["type"] == "NameError"
    assert ready.printed("print(double(1))") == "2\n"
    with ready.session.channel() as channel:
        assert call(channel, "double", 2)["value"] == 4


def test_a_slow_call_is_interrupted(ready, call):
    with ready.session.channel() as channel:
        for name in ("loop", "slow"):
            started = time.monotonic()
            with pytest.raises(CallTimeout):
                call(channel, name, *([60] if name == "slow" else []), seconds=0.3)
            assert time.monotonic() - started < 2
            assert call(channel, "double", 2)["value"] == 4


def test_a_call_that_cannot_be_interrupted_ends_the_kernel(ready, call):
    with ready.session.channel() as channel:
        with pytest.raises(CallTimeout, match="did not stop"):
            call(channel, "stubborn", seconds=0.3)
        with pytest.raises(KernelDied):
            call(channel, "double", 1)
    assert not ready.session.alive
    with pytest.raises(KernelDied), ready.session.channel():
        pass
    ready.session.restart()
    ready.run(DEFINITIONS)
    with ready.session.channel() as channel:
        assert call(channel, "double", 2)["value"] == 4


def test_a_kernel_that_dies_during_a_call(ready, call):
    with ready.session.channel() as channel, pytest.raises(KernelDied):
        call(channel, "die")
    assert not ready.session.alive


def test_a_forked_copy_does_not_answer(ready, call):
    with ready.session.channel() as channel:
        assert call(channel, "fork")["value"] == "parent"
        assert call(channel, "double", 4)["value"] == 8


def _cheat(code: str) -> str:
    """Make `double` do something to the agent's pipes, whose numbers it finds out."""
    return f"""
import inspect, os
def double(x):
    frame = inspect.currentframe()
    while "writing" not in frame.f_locals: frame = frame.f_back
    reading, writing = frame.f_locals["reading"], frame.f_locals["writing"]
    {code}
    return 2 * x
"""


def test_answers_that_nobody_asked_for(ready, call):
    ready.run(_cheat("os.write(writing, struct.pack('>I', 3) + b'abc')"))
    with ready.session.channel() as channel:
        first = wire.encode({"id": 1, "op": "call", "target": "double", "method": None,
                             "args": [1], "kwargs": {}})  # fmt: skip
        assert channel.request(first) == b"abc"
        time.sleep(0.2)  # the true answer arrives, too late
        with pytest.raises(WireError, match="nobody asked"):
            channel.request(first)
    assert not ready.session.alive


def test_an_oversized_answer(ready, call):
    ready.run(_cheat("os.write(writing, struct.pack('>I', 2**32 - 1))"))
    with ready.session.channel() as channel, pytest.raises(WireError, match="at most"):
        call(channel, "double", 1)
    assert not ready.session.alive


def test_an_answer_that_never_ends(ready, call):
    ready.run(_cheat("os.write(writing, struct.pack('>I', 1000) + b'x')\n    time.sleep(60)"))
    with ready.session.channel() as channel:
        started = time.monotonic()
        with pytest.raises((CallTimeout, KernelDied)):
            call(channel, "double", 1, seconds=0.3)
        assert time.monotonic() - started < 5


def test_a_closed_channel(ready, call):
    ready.run(_cheat("os.close(reading); os.close(writing)"))
    with ready.session.channel() as channel, pytest.raises(KernelDied):
        call(channel, "double", 1)


def test_an_agent_that_does_not_stop(ready):
    ready.run(
        "def forever(*files):\n    while True: time.sleep(1)\ngradlab.kernel.agent.serve = forever"
    )
    started = time.monotonic()
    with ready.session.channel():
        pass
    assert time.monotonic() - started < 5
    assert not ready.session.alive
