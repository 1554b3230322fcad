"""What the inlined checks need in place of GradLab: a student's functions, comparison, a loop.

The text of this file is pasted into notebooks and test files of other graders, so it imports
nothing but NumPy and the standard library, and keeps to what those graders' authors would write.
"""

import contextlib
import copy
import pickle
import re
import warnings

import numpy as np

TOLERANCE = {"float64": (1e-7, 1e-9), "float32": (1e-4, 1e-6)}


class Student:
    """The functions of a namespace; arguments are copies, and must come back as they were."""

    def __init__(self, namespace):
        self._namespace = namespace

    def __getattr__(self, name):
        if name not in self._namespace:
            raise NameError(f"name {name!r} is not defined")
        return lambda *args, **kwargs: _call(self._namespace[name], args, kwargs)

    def define(self, source, name):
        scope = {"np": np}
        exec(source, scope)
        return scope[name]

    @contextlib.contextmanager
    def raises(self, exception, match=""):
        raised = None
        try:
            yield
        except Exception as error:
            raised = error
        names = [kind.__name__ for kind in type(raised).__mro__]
        assert exception.__name__ in names, f"did not raise {exception.__name__}"
        assert re.search(match, str(raised)), "its message does not name the problem"


def _call(function, args, kwargs):
    """Call with copies, and refuse a function that changed one; a callable passes as it is."""
    values = [_copied(value) for value in (*args, *kwargs.values())]
    before = [_dumped(value) for value in values]
    try:
        given = dict(zip(kwargs, values[len(args) :]))
        return function(*values[: len(args)], **given)
    finally:
        assert before == [_dumped(value) for value in values], "modified its input"


def _copied(value):
    return value if callable(value) else copy.deepcopy(value)


def _dumped(value):
    return None if callable(value) else pickle.dumps(value)


def fetch(value, attribute):
    return getattr(value, attribute)


def expect(condition, message, *, value=None):
    assert condition, message


def assert_equal(actual, expected, *, name="output"):
    assert_close(actual, expected, rtol=0.0, atol=0.0, name=name)


def assert_close(actual, expected, *, rtol=None, atol=None, name="output"):
    if isinstance(expected, (list, tuple)):
        assert isinstance(actual, (list, tuple)), f"{name}: wrong type"
        assert len(actual) == len(expected), f"{name}: wrong length"
        for one, other in zip(actual, expected):
            assert_close(one, other, rtol=rtol, atol=atol, name=name)
    elif expected is None or isinstance(expected, str):
        assert actual == expected, f"{name}: wrong value"
    else:
        _assert_numbers(_array(actual), actual, expected, rtol, atol, name)


def _array(value):
    """A tensor's values, or whatever it is that is no tensor."""
    return value.detach().numpy() if hasattr(value, "detach") else value


def _assert_numbers(found, actual, expected, rtol, atol, name):
    wanted = np.asarray(_array(expected))
    if wanted.ndim:
        assert isinstance(found, np.ndarray), f"{name}: no array"
    assert isinstance(found, (np.ndarray, np.generic, bool, int, float)), f"{name}: no number"
    found = np.asarray(found)
    assert found.shape == wanted.shape, f"{name}: wrong shape"
    kinds = ["i" if one.dtype.kind == "u" else one.dtype.kind for one in (found, wanted)]
    assert kinds[0] == kinds[1], f"{name}: wrong type"
    assert wanted.ndim == 0 or kinds[0] == "i" or found.dtype == wanted.dtype, f"{name}: dtype"
    default = TOLERANCE.get(wanted.dtype.name, (0.0, 0.0))
    rtol, atol = (given if given is not None else d for given, d in zip((rtol, atol), default))
    close = np.isclose(found, wanted, rtol=rtol, atol=atol, equal_nan=True)
    assert close.all(), f"{name}: wrong values"


class Values:
    """The cases of one exercise and their expected values, read from the grader's disk."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data, self.params, references, self.requires = pickle.load(file)
        tables = {
            name: {id(case): value for case, value in pairs} for name, pairs in references.items()
        }
        self.given = {**self.data, **{name: _look_up(table) for name, table in tables.items()}}


def _look_up(table):
    """In place of a reference: the value that was computed for this case."""
    return lambda case, device=None: table[id(case)]


def run_check(test, values, student):
    """All cases of one check; raises at the first that fails."""
    takes = test.__code__.co_varnames[: test.__code__.co_argcount]
    fixed = {"student": student, "torch_device": "cpu"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in values.params[test.__name__]:
            given = {**fixed, **case}
            test(**{name: given[name] for name in takes})


def require_all(hidden, namespace):
    """Raise at the first check that fails; `hidden` is the values and the checks."""
    values, tests = hidden
    for test in tests:
        run_check(test, values, Student(namespace))


def passed_checks(hidden, namespace):
    """Name → whether it passed; a check whose required one failed is not run and has failed."""
    values, tests = hidden
    passed = {}
    for test in tests:
        name = test.__name__
        passed[name] = all(passed[needed] for needed in values.requires[name])
        if passed[name]:
            try:
                run_check(test, values, Student(namespace))
            except Exception:
                passed[name] = False
    return passed
