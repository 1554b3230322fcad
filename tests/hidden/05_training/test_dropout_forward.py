"""dropout_forward: what is dropped, how what stays is scaled, and both modes.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  --------------
not rescaled, or by something else        p = 0.2 and 0.7, no zeros in x    drops_and_scales
keep and drop swapped                     p far from a half                 drops_and_scales
one mask per row, column, batch; exact    three axes; counts of 12 seeds    independent
global or new generator                   one seed twice; one rng twice     generator
active, scaled or drawing in evaluation   p = 0.2 and 1, rng = None         evaluation
0/0 at p = 1; something lost at p = 0     p = 0, 1                          extremes
mask scaled, reversed, redrawn, float     keep against y                    cache
p unchecked, or checked in one mode       -0.1, 1.1 in both modes           refuses
"""

import numpy as np
import pytest

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    requires,
    seeded,
    weight,
)

from . import draws

pytestmark = exercise("dropout_forward")
rng = case_rng("dropout_forward")
SEED = int(rng.integers(2**31))
X = rng.normal(size=(40, 50)) + 5.0 * rng.choice([-1.0, 1.0], size=(40, 50))  # far from 0
CUBE = rng.uniform(1.0, 2.0, size=(12, 15, 20))
VECTOR = rng.uniform(1.0, 2.0, size=1500)
PAIR = "the result should be a pair: y, cache"


def _call(student, x, p, generator, training=True):
    result = student.dropout_forward(x, p, generator, training=training)
    expect(isinstance(result, tuple | list) and len(result) == 2, PAIR, value=result)
    return result


def _dropped(student, x, p, generator):
    """Where y is zero, after a look at its form."""
    y, _ = _call(student, x, p, generator)
    draws.require_shape(y, x.shape, "y")
    return y == 0.0


@weight(2)
@pytest.mark.parametrize("p", [0.2, 0.7, 0.5])
@pytest.mark.parametrize("x", [X, CUBE, VECTOR], ids=["matrix", "three axes", "vector"])
def test_drops_and_scales(student, x, p):
    """In training a share p of the entries is zero, and the others are scaled up by 1/(1 - p)."""
    y, _ = _call(student, x, p, seeded(SEED))
    draws.require_shape(y, x.shape, "y")
    assert_close(y, np.where(y == 0.0, 0.0, x / (1 - p)), name="y, where it is not zero")
    share, allowed = float(np.mean(y == 0.0)), 6 * np.sqrt(p * (1 - p) / x.size)
    expect(share < p + allowed, "too many entries are dropped", value=share)
    expect(share > p - allowed, "too few entries are dropped", value=share)


@requires("test_drops_and_scales")
def test_independent(student):
    """Every entry is drawn by itself."""
    dropped = _dropped(student, CUBE, 0.3, seeded(SEED))
    for axis in range(3):  # neighbours agree with chance .58, in whatever direction
        alike = float(1 - np.mean(np.diff(dropped, axis=axis)))
        expect(0.5 < alike < 0.66, f"entries along axis {axis} share their draws", value=alike)
    counts = [int(_dropped(student, X, 0.3, seeded(seed)).sum()) for seed in range(12)]
    expect(len(set(counts)) > 1, "the number of dropped entries never varies", value=counts)
    per_row = _dropped(student, X, 0.3, seeded(SEED)).sum(axis=1)
    spread = float(np.std(per_row) / np.sqrt(50 * 0.3 * 0.7))
    expect(0.4 < spread < 1.8, "the number of dropped entries hardly varies by row", value=spread)


@requires("test_drops_and_scales")
def test_generator(student):
    """The mask is drawn from rng: one seed, one mask; a second call draws another."""
    draws.require_own_generator(student, lambda g: _call(student, X[:6], 0.5, g)[0], "y")


@pytest.mark.parametrize("p", [0.2, 0.01, 1.0])
def test_evaluation(student, p):
    """In evaluation y is x, nothing is drawn, and there is no mask; unlike in training."""
    y, _ = _call(student, X, p, seeded(SEED))
    draws.require_shape(y, X.shape, "y")
    expect(np.any(y != X), "training leaves x as it is", value=float(np.mean(y == X)))
    y, cache = _call(student, X[:4], p, None, training=False)
    assert_close(y, X[:4], name="y in evaluation")
    assert_close(cache, (None, p), name="the cache in evaluation")


@requires("test_drops_and_scales")
def test_extremes(student):
    """p = 0 drops nothing, p = 1 everything, without NaN and without a warning."""
    for p, wanted in ((0.0, X), (1.0, np.zeros_like(X))):
        y, cache = _call(student, X, p, seeded(SEED))
        warned = len(student.last_warnings)
        assert_close(y, wanted, name=f"y for p = {p:g}")
        assert_close(cache[0], np.full(X.shape, p == 0.0), name=f"the mask for p = {p:g}")
        expect(not warned, "NumPy warned on the way: 0/0?", value=warned)


@pytest.mark.parametrize("x", [X, CUBE], ids=["matrix", "three axes"])
@requires("test_drops_and_scales")
def test_cache(student, x):
    """The cache is (keep, p), with the bool mask that made y."""
    y, cache = _call(student, x, 0.2, seeded(SEED))
    pair = isinstance(cache, tuple | list) and len(cache) == 2
    expect(pair, "the cache should be a pair: (keep, p)", value=cache)
    assert_close(cache, (y != 0.0, 0.2), name="(keep, p)")


@requires("test_drops_and_scales")
@pytest.mark.parametrize("p", [-0.1, 1.1, -2.0, 7.0])
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_refuses(student, p, training):
    """Raises ValueError naming p when it is no probability, in both modes."""
    with student.raises(ValueError, match=r"\bp\b"):
        student.dropout_forward(X[:3], p, seeded(0), training=training)
