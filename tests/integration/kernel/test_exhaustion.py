"""Whatever a cell uses up, it ends in bounded time with the right status, and others can run."""

import time

import pytest

ENDS = {
    # name: (source, statuses that are right)
    "memory": ("x = []\nwhile True: x.append(bytearray(10**7))", {"error", "died"}),
    "memory at once": ("import numpy as np; x = np.ones(10**9)", {"error"}),
    "shared memory": (
        "import mmap\nm = mmap.mmap(-1, 3 * 2**30)\nfor i in range(0, len(m), 4096): m[i] = 1",
        {"died"},
    ),
    "memory in children": (
        "import os, time\nfor i in range(9):\n"
        "    if os.fork() == 0: x = bytearray(os.urandom(1)) * 2 * 10**8; time.sleep(20)\n"
        "time.sleep(20)",
        {"died"},
    ),
    "processes": ("import os\nwhile True: os.fork()", {"error", "died"}),
    "threads": (
        "import threading, time\n"
        "while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        {"error", "died"},
    ),
    "a big file": ("f = open('big', 'wb')\nwhile True: f.write(bytes(10**6))", {"error"}),
    "many files": (
        "for i in range(99):\n    with open(f'{i}', 'wb') as f: f.write(bytes(10**6))",
        {"error"},
    ),
    "empty files": ("i = 0\nwhile True:\n    open(f'/tmp/{i}', 'w').close(); i += 1", {"died"}),
    "open files": ("files = []\nwhile True: files.append(open('/dev/null'))", {"error"}),
    "recursion": ("def f(): return f()\nf()", {"error"}),
    "exit": ("import os; os._exit(3)", {"died"}),
    "kill": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", {"died"}),
    "kill all": ("import os; os.killpg(0, 9)", {"died"}),
    "crash": ("import ctypes; ctypes.string_at(0)", {"died"}),
    "stop": ("import os, signal; os.kill(os.getpid(), signal.SIGABRT)", {"died"}),
    "exit with a child left": (
        "import os, time\nif os.fork() == 0: time.sleep(99)\nos._exit(1)",
        {"died"},
    ),
    "close everything": ("import os; os.closerange(3, 256)", {"died", "timeout"}),
}


@pytest.mark.parametrize(("source", "statuses"), ENDS.values(), ids=ENDS)
def test_ends(kernel, source, statuses):
    started = time.monotonic()
    outcome, _ = kernel.run(source)
    assert outcome.status in statuses, outcome
    assert time.monotonic() - started < 20
    if outcome.status == "died":
        assert not kernel.session.alive
        assert outcome.error_message
    kernel.session.restart()
    assert kernel.printed("print(6 * 7)") == "42\n"


REASONS = {
    "import os; os._exit(3)": "exited with status 3",
    "import ctypes; ctypes.string_at(0)": "SIGSEGV",
    "import mmap; m = mmap.mmap(-1, 2**30)\nwhile True: m.write(bytes(10**6))": "700 MiB of memory",
}


@pytest.mark.parametrize(("source", "reason"), REASONS.items(), ids=REASONS.values())
def test_says_why_it_died(kernel, source, reason):
    outcome, _ = kernel.run(source)
    assert reason in outcome.error_message


def test_a_death_between_cells_is_noticed(kernel):
    kernel.run("import threading, os; threading.Timer(0.1, os._exit, [4]).start()")
    outcome, _ = kernel.run("import time; time.sleep(5)")
    assert outcome.status == "died"


SLOW = {
    # name: (source, whether the kernel survives)
    "a loop": ("while True: pass", True),
    "a sleep": ("import time; time.sleep(60)", True),
    "printing": ("while True: print('x' * 100)", True),
    "displays": ("while True: display(1)", True),
    "a swallowed interrupt": (
        "import time\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass",
        False,
    ),
    "an ignored signal": ("import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile 1: pass", False),
    "a stopped process": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", False),
    "garbage on every socket": (
        "import os\nfor fd in range(3, 256):\n"
        "    try: os.write(fd, b'garbage' * 999)\n    except OSError: pass\n",
        False,
    ),
}


@pytest.mark.parametrize(("source", "survives"), SLOW.values(), ids=SLOW)
def test_is_stopped(hasty, source, survives):
    outcome, cell = hasty.run(source)
    assert outcome.status in ("timeout", "died")
    assert outcome.seconds < 8
    assert hasty.session.alive == survives
    if survives:
        assert outcome.status == "timeout"
        assert cell.outputs[-1].output_type in ("error", "stream")
        assert hasty.printed("print(1)") == "1\n"
