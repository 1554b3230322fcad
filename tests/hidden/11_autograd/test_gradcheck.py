"""gradcheck: what it says of right rules, and the exact error of rules that are wrong.

mistake                                    case that exposes it             check
-----------------------------------------  -------------------------------  --------------------
one-sided differences, h for 2h, no h      steep, cubic with a large step   right_rules, step
upstream ignored or replaced by ones       a pull that forgets g            wrong_rules
first array, first entry, last entry only  wrong in one entry of one array  wrong_rules
signed, averaged or summed errors          too small by a half; two wrong   wrong_rules
absolute, or relative to small gradients   |q| = 50, |q| = 0.02, q = 0      wrong_rules
NaN lost in max                            NaN first, then right entries    not_finite
arrays moved and not put back              two arrays                       right_rules
shapes not compared                        (1, 3), (3, 2), one too many     refuses_*
"""

import numpy as np
import pytest

from gradlab.judge import assert_close, case_rng, exercise, expect, requires, weight

pytestmark = exercise("gradcheck")
rng = case_rng("gradcheck")


def _signed(*shape):
    """Numbers of either sign, from 0.4 to 1.6 in size."""
    return np.array(rng.uniform(0.4, 1.6, size=shape) * rng.choice([-1.0, 1.0], size=shape))


A, B = _signed(2, 3), _signed(2, 3)
RIGHT = {
    "products": ("return a * b + a, lambda g: (g * b + g, g * a)", [A, B], _signed(2, 3)),
    "an outer product": (
        "return a[:, None] * b, lambda g: (g @ b, a @ g)", [_signed(4), _signed(3)], _signed(4, 3)
    ),
    # a single number: in a sum of very unequal ones, rounding alone would be an error
    "steep": (
        "v = np.exp(20 * a); return v, lambda g: (20 * g * v,)", [np.array([0.9])], _signed(1)
    ),
    "one number": ("return a ** 2, lambda g: [2 * g * a]", [_signed()], _signed()),
    "to one number": ("return (a * b).sum(), lambda g: (g * b, g * a)", [A, B], _signed()),
}  # fmt: skip
UPSTREAM = _signed(2, 3)
SLOPE, OFF = _signed(2, 3) * [[50.0, 1.0, 0.02], [1.0, 0.01, 30.0]], np.zeros((2, 3))


def _off(*places):
    """Relative errors: 0 except at these places."""
    error = OFF.copy()
    for place, value in places:
        error[place] = value
    return error


# slope * (1 + error) is returned for slope; the second pair belongs to the second array
LINEAR = "return a * {s} + b * {t}, lambda g: (g * {s} * (1 + {e}), g * {t} * (1 + {f}))"
ERRORS = {
    "the first entry of the first array": (_off(((0, 0), 0.5)), OFF),
    "the last entry of the first array": (_off(((1, 2), 0.5)), OFF),
    "an entry within the second array": (OFF, _off(((1, 0), 0.7))),
    "the last entry of the second array": (OFF, _off(((1, 2), 0.3))),
    "too small by a half": (_off(((1, 0), -0.5)), OFF),
    "a small gradient, twice as large": (_off(((0, 2), 1.0)), OFF),
    "two wrong entries": (_off(((0, 1), 0.2), ((0, 0), -0.3)), _off(((1, 0), 0.1))),
}


def _rule(student, body, arguments="a, b=None"):
    lines = "\n".join(f"    {line.strip()}" for line in body.split(";"))
    return student.define(f"def rule({arguments}):\n{lines}", "rule")


def _text(array):
    return f"np.array({array.tolist()})"


@pytest.mark.parametrize("name", RIGHT)
def test_right_rules(student, name):
    """Finds next to no error in right rules, of any shapes, steep ones too."""
    body, arrays, upstream = RIGHT[name]
    error = student.gradcheck(_rule(student, body), arrays, upstream)
    number = isinstance(error, float | np.ndarray) and np.shape(error) == ()
    expect(number, "the error is one float", value=number)
    small = bool(0.0 <= error < 1e-7)
    expect(small, "a right rule was found to have an error", value=small or float(error))


@weight(3)
@pytest.mark.parametrize("name", ERRORS)
def test_wrong_rules(student, name):
    """Returns the largest error of a wrong rule, wherever it is and of whatever sign."""
    errors, upstream = ERRORS[name], UPSTREAM
    slopes = (SLOPE, SLOPE[::-1])
    body = LINEAR.format(
        s=_text(slopes[0]), t=_text(slopes[1]), e=_text(errors[0]), f=_text(errors[1])
    )
    found = student.gradcheck(_rule(student, body), [A, B], upstream)
    q = [upstream * slope for slope in slopes]
    wanted = max(np.max(np.abs(x * e) / np.maximum(1, np.abs(x))) for x, e in zip(q, errors))
    # rounding leaves about 1e-7 here, where everything is summed before it is subtracted
    assert_close(found, float(wanted), rtol=1e-5, atol=1e-6, name="the error")


@requires("test_right_rules")
@pytest.mark.parametrize("arguments", ["a, b", "b, a"])
def test_forgotten_upstream(student, arguments):
    """Weighs the value with the upstream gradient: a pull that forgets g is found out."""
    body = "return 1.5 * a + b, lambda g: (1.5 * np.ones_like(a), g)"
    if arguments == "b, a":
        body = "return 1.5 * a + b, lambda g: (g, 1.5 * np.ones_like(a))"
    upstream = np.array([[1.0, -0.5, 3.0], [1.0, 1.0, 2.0]])
    found = student.gradcheck(_rule(student, body, arguments), [A, B], upstream)
    assert_close(found, 2.25, rtol=1e-5, name="the error")


@requires("test_right_rules")
@pytest.mark.parametrize("step", [0.1, 0.02, None])
def test_step(student, step):
    """Takes central differences with the step given, by default 1e-6."""
    scale = 1.0 if step else 1e11  # without a step, what its square leaves must be seen
    body = f"return {scale} * a ** 3, lambda g: (g * {scale} * 3.0 * a * a,)"
    arrays, upstream = [np.array([0.2, 0.0, -0.1]) if step else np.zeros(2)], np.array([2.0, -3.0])
    upstream = np.array([2.0, 2.5, -3.0]) if step else upstream
    options = {} if step is None else {"step": step}
    found = student.gradcheck(_rule(student, body), arrays, upstream, **options)
    rest = scale * (step or 1e-6) ** 2 * upstream
    q = upstream * scale * 3.0 * arrays[0] ** 2 + rest
    wanted = np.max(np.abs(rest) / np.maximum(1.0, np.abs(q)))
    assert_close(found, float(wanted), rtol=1e-4, name="the error of a cubic")


NOT_FINITE = {
    "NaN in the first entry": "g * [[np.nan, 1, 1], [1, 1, 1]], g",
    "NaN within the second array": "g, g * [[1, 1, 1], [1, np.nan, 1]]",
    "an infinite gradient": "g * [[1, 1, 1], [1, 1, np.inf]], g",
    "all of it": "g, g * np.nan",
}


@requires("test_right_rules")
@pytest.mark.parametrize("name", NOT_FINITE)
def test_not_finite(student, name):
    """Returns inf for a gradient with NaN or an infinity anywhere."""
    rule = _rule(student, f"return a + b, lambda g: ({NOT_FINITE[name]})")
    assert_close(student.gradcheck(rule, [A, B], np.abs(UPSTREAM)), float("inf"), name="the error")


@requires("test_right_rules")
@pytest.mark.parametrize("shape", [(1, 3), (3,), (3, 2), (2, 3, 1), ()], ids=str)
def test_refuses_upstream(student, shape):
    """Raises ValueError naming upstream when it has another shape than the value."""
    rule = _rule(student, "return a * b, lambda g: (np.ones((2, 3)), np.ones((2, 3)))")
    with student.raises(ValueError, match=r"\bupstream\b"):
        student.gradcheck(rule, [A, B], np.ones(shape))


FORMS = {
    "one too few": "(g * b,)",
    "one too many": "(g * b, g * a, g)",
    "a transposed one": "(g * b, (g * a).T)",
    "one that would broadcast": "((g * b)[:1], g * a)",
    "a number": "(g * b, 1.0)",
    "a stack": "np.stack([g * b, g * a, g])",
}


@requires("test_right_rules")
@pytest.mark.parametrize("name", FORMS)
def test_refuses_pull(student, name):
    """Raises ValueError naming pull unless it returns a gradient of each array's shape."""
    rule = _rule(student, f"return a * b, lambda g: {FORMS[name]}")
    with student.raises(ValueError, match=r"\bpull\b"):
        student.gradcheck(rule, [A, B], UPSTREAM)
