"""A course small enough for a test: one lab with a function, a class and a written question."""

import textwrap

import pytest
from hypothesis import HealthCheck, settings

from gradlab.course.course import Course

# The same examples in every run, and no verdict that depends on how busy the machine is.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

SETTINGS = """\
version = 1
title = "Tiny"
order = 1
summary = "A lab that is as small as a lab can be."
minutes = 10
"""

LAB = '''\
# %% [markdown]
# # Tiny
#
# ![a dot](dot.svg)

# %% setup
import numpy as np

from gradlab.lab import check_close

# %% [markdown]
# ## 1 · Doubling

# %% exercise="double"
def double(x):
    """Return 2x as a new array."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% check="double" points=4
check_close(double(np.ones(3)), 2 * np.ones(3), "doubles ones")

# %% experiment
print("the experiment", double(np.ones(2)))

# %% experiment volatile
print("a time", id(np))

# %% exercise="Counter"
class Counter:
    """Adds its step to every parameter, in place."""

    def __init__(self, step):
        ### BEGIN SOLUTION
        self.step = step
        ### END SOLUTION

    def add(self, params):
        ### BEGIN SOLUTION
        for value in params.values():
            value += self.step
        ### END SOLUTION

# %% check="Counter" points=3
params = {"a": np.zeros(2)}
Counter(1.0).add(params)
check_close(params["a"], np.ones(2), "adds one")

# %% [markdown]
# Why?

# %% [markdown] answer="why" points=2
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
'''

CHECKS = """\
import numpy as np
import pytest
from gradlab.judge import (alternative, assert_close, case_rng, exercise, expect, fetch,
                           misconception, requires)

rng = case_rng("double")


@exercise("double", few="tiny")
@pytest.mark.parametrize("x", [rng.normal(size=3), rng.normal(size=(2, 4))], ids=["1d", "2d"])
def test_doubles(student, x):
    '''Doubles each element.'''
    assert_close(student.double(x), 2 * x, name="y")


@misconception("double", "You tripled.")
def tripled(x):
    return 3 * x


@misconception("double", "You worked in place.")
def in_place(x):
    x *= 2
    return x


@alternative("double")
def by_adding(x):
    return x + x


@exercise("Counter", few="tiny")
def test_counts(student):
    '''Adds in place.'''
    params = student.keep({"a": np.zeros(2)})
    student.Counter(2.0).add(params)
    assert_close(fetch(params)["a"], np.full(2, 2.0))


@misconception("Counter", "You changed nothing.")
class Idle:
    def __init__(self, step):
        self.step = step

    def add(self, params):
        pass


@alternative("Counter")
class ByIndex:
    def __init__(self, step):
        self.step = step

    def add(self, params):
        for name in params:
            params[name] = params[name] + self.step
"""

NAME = "01_tiny"


class Files:
    """Writes and edits the files of a course, by paths from its root."""

    def __init__(self, root):
        self.root = root
        self.source = f"labs/{NAME}/{NAME}.py"
        self.settings = f"labs/{NAME}/lab.toml"
        self.checks = f"tests/hidden/{NAME}/test_tiny.py"

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text), encoding="utf-8")
        return target

    def edit(self, path, old, new):
        """Replace one occurrence of a text that must be there."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new, 1))

    def append(self, path, text):
        self.write(path, (self.root / path).read_text(encoding="utf-8") + textwrap.dedent(text))


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The tiny course's files, freshly written; its secret is known and not in a file."""
    monkeypatch.setenv("GRADLAB_SECRET", "the secret of the tests")
    found = Files(tmp_path / "course")
    found.write("nbgrader_config.py", "")
    found.write(found.settings, SETTINGS)
    found.write(found.source, LAB)
    found.write(f"labs/{NAME}/dot.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>\n")
    found.write(found.checks, CHECKS)
    return found


@pytest.fixture
def course(files):
    """The tiny course."""
    return Course(files.root)


@pytest.fixture
def lab(course):
    """The tiny course's lab, as its files are when the test starts."""
    return course.lab(NAME)
