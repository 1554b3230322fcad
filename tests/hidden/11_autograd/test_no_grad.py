"""no_grad: how the switch stands inside the block and after it, in every way to leave it.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  -------------------
off too early, or never                   before, inside                   inside
on after every block                      two and three blocks nested      nested
not restored after an exception, return   KeyError, return, break          exceptions, leaving
exception swallowed, or another raised    KeyError caught outside          exceptions
off when it is made, not entered          made before the block            only_when_entered
state remembered when made                switched between making and use  only_when_entered
one memory for all blocks                 three nested, two owners         nested, two_owners
the class Tensor's switch always used     an owner of its own              two_owners
"""

import pytest

from gradlab.judge import alternative, assert_equal, exercise, misconception, requires, weight

pytestmark = exercise("no_grad")
OWNER = """
class Owner:
    recording = True

def new(on):
    owner = Owner()
    owner.recording = on
    return owner
"""


def _owner(student, on=True):
    return student.define(OWNER, "new")(on)


def _seen(student, source, *arguments):
    """What a function of the check saw: the source defines `seen`."""
    return student.define(source, "seen")(*arguments)


INSIDE = """
def seen(block, owner):
    before = owner.recording
    with block:
        inside = owner.recording
    return [before, inside, owner.recording]
"""


def test_inside(student):
    """Turns the switch off inside the block, and on again after it."""
    owner = _owner(student)
    found = _seen(student, INSIDE, student.no_grad(owner), owner)
    assert_equal(found, [True, False, True], name="before, inside and after the block")


NESTED = """
def seen(one, two, three, owner):
    found = []
    with one:
        with two:
            with three:
                found.append(owner.recording)
            found.append(owner.recording)
        found.append(owner.recording)
    found.append(owner.recording)
    return found
"""


@weight(2)
@requires("test_inside")
@pytest.mark.parametrize("on", [True, False])
def test_nested(student, on):
    """Stays off after an inner block, until the outermost one ends."""
    owner = _owner(student, on)
    blocks = [student.no_grad(owner) for _ in range(3)]
    found = _seen(student, NESTED, *blocks, owner)
    assert_equal(found, [False, False, False, on], name="after three, two, one and no block")


RAISING = """
def seen(block, owner):
    caught = "nothing"
    try:
        with block:
            raise KeyError("a mistake inside the block")
    except KeyError:
        caught = "KeyError"
    except BaseException as error:
        caught = type(error).__name__
    return [caught, owner.recording]
"""


@weight(2)
@requires("test_inside")
def test_exceptions(student):
    """Puts the switch back after an exception, and lets the exception go on."""
    owner = _owner(student)
    found = _seen(student, RAISING, student.no_grad(owner), owner)
    assert_equal(found, ["KeyError", True], name="what was caught, and the switch")


LEAVING = {
    "return": """
def seen(block, owner):
    def inner():
        with block:
            return 1
    inner()
    return owner.recording
""",
    "break": """
def seen(block, owner):
    for _ in range(3):
        with block:
            break
    return owner.recording
""",
}


@requires("test_inside")
@pytest.mark.parametrize("way", LEAVING)
def test_leaving(student, way):
    """Puts the switch back where the block is left by return or break."""
    owner = _owner(student)
    assert_equal(
        _seen(student, LEAVING[way], student.no_grad(owner), owner), True, name="recording"
    )


MADE = """
def seen(block, owner):
    found = [owner.recording]
    owner.recording = False
    with block:
        found.append(owner.recording)
    found.append(owner.recording)
    owner.recording = True
    return found
"""


@requires("test_inside")
def test_only_when_entered(student):
    """Does nothing before it is entered, and remembers the state of that moment."""
    owner = _owner(student)
    found = _seen(student, MADE, student.no_grad(owner), owner)
    assert_equal(found, [True, False, False], name="once made, inside, and after the block")


OTHER = """
def seen(block, inner, owner, other):
    with block:
        found = [owner.recording, other.recording]
        with inner:
            found += [owner.recording, other.recording]
        found += [owner.recording, other.recording]
    return found + [owner.recording, other.recording]
"""


@requires("test_inside")
def test_two_owners(student):
    """Keeps the switches of two owners apart."""
    owner, other = _owner(student, False), _owner(student, True)
    blocks = student.no_grad(owner), student.no_grad(owner=other)
    found = _seen(student, OTHER, *blocks, owner, other)
    wanted = [False, True, False, False, False, True, False, True]
    assert_equal(found, wanted, name="the two switches, four times")


CLASS = "def seen(example):\n    return type(example)"


@requires("test_inside")
def test_class(student):
    """Works on the switch of the class Tensor."""
    kind = _seen(student, CLASS, student.Tensor(1.0))
    found = _seen(student, INSIDE, student.no_grad(kind), kind)
    assert_equal(found, [True, False, True], name="before, inside and after the block")


# Misconceptions


class _Block:
    def __init__(self, owner=None):
        self.owner = owner

    def __enter__(self):
        self.before = self.owner.recording
        self.owner.recording = False

    def __exit__(self, kind, error, traceback):
        self.owner.recording = self.before


@misconception("no_grad", "Recording is on after every block. After an inner block it stays off.")
class AlwaysOnAgain(_Block):
    def __exit__(self, kind, error, traceback):
        self.owner.recording = True


@misconception("no_grad", "The switch is never put back.")
class NeverOnAgain(_Block):
    def __exit__(self, kind, error, traceback):
        pass


@misconception("no_grad", "The switch is not turned off inside the block.")
class NeverOff(_Block):
    def __enter__(self):
        self.before = self.owner.recording


@misconception("no_grad", "After an exception the switch is not put back.")
class NotAfterExceptions(_Block):
    def __exit__(self, kind, error, traceback):
        if kind is None:
            self.owner.recording = self.before


@misconception("no_grad", "The exception is swallowed: __exit__ returned something true.")
class Swallowing(_Block):
    def __exit__(self, kind, error, traceback):
        self.owner.recording = self.before
        return True


@misconception("no_grad", "The exception is replaced by another one.")
class Replacing(_Block):
    def __exit__(self, kind, error, traceback):
        self.owner.recording = self.before
        if kind is not None:
            raise RuntimeError("an error inside no_grad")


@misconception("no_grad", "The switch is off as soon as no_grad() is made. Wait for the block.")
class OffWhenMade(_Block):
    def __init__(self, owner=None):
        self.owner = owner
        self.before = owner.recording
        owner.recording = False

    def __enter__(self):
        pass


@misconception("no_grad", "How the switch stood is remembered when no_grad() is made, too early.")
class RememberedWhenMade(_Block):
    def __init__(self, owner=None):
        self.owner = owner
        self.before = owner.recording

    def __enter__(self):
        self.owner.recording = False


@misconception("no_grad", "All blocks share one memory: an inner block overwrites the outer one's.")
class SharedMemory(_Block):
    before = True

    def __enter__(self):
        type(self).before = self.owner.recording
        self.owner.recording = False

    def __exit__(self, kind, error, traceback):
        self.owner.recording = type(self).before


@misconception("no_grad", "The switch is turned over, not off: an inner block turns it on.")
class TurnedOver(_Block):
    def __enter__(self):
        self.owner.recording = not self.owner.recording

    def __exit__(self, kind, error, traceback):
        self.owner.recording = not self.owner.recording


_LAST = []


@misconception("no_grad", "All owners share one memory. Each block has its own owner.")
class SharedOwner(_Block):
    def __init__(self, owner=None):
        _LAST[:] = [owner]

    def __enter__(self):
        self.before = _LAST[0].recording
        _LAST[0].recording = False

    def __exit__(self, kind, error, traceback):
        _LAST[0].recording = self.before


# Alternatives


@alternative("no_grad")
def by_a_generator(owner=None):
    import contextlib

    @contextlib.contextmanager
    def block():
        before, owner.recording = owner.recording, False
        try:
            yield
        finally:
            owner.recording = before

    return block()


@alternative("no_grad")
class WithAStack:
    def __init__(self, owner=None):
        self.owner, self.stack = owner, []

    def __enter__(self):
        self.stack.append(self.owner.recording)
        self.owner.recording = False
        return self

    def __exit__(self, *_):
        self.owner.recording = self.stack.pop()
        return False


@alternative("no_grad")
class BySetattr:
    def __init__(self, owner=None):
        self.owner = owner

    def __enter__(self):
        self.was_on = bool(getattr(self.owner, "recording"))  # noqa: B009
        setattr(self.owner, "recording", False)  # noqa: B010

    def __exit__(self, kind, error, traceback):
        if self.was_on:
            self.owner.recording = True
