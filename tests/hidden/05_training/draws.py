"""What this lab's checks ask of random draws: shape, centre, spread, kind, their generator.

Bounds are five standard deviations wide or more, so that a right initialiser that draws in another
order passes with any seed.
"""

import numpy as np

from gradlab.judge import assert_close, assert_equal, expect, seeded

NORMAL, UNIFORM = "normal", "uniform"


def require_shape(w, shape, name):
    """A finite float64 array of that shape; its values are recorded, not compared."""
    assert_close(w, np.zeros(shape), rtol=0.0, atol=np.inf, name=name)


def require_spread(w, std, name, *, tolerance=0.04):
    """Mean 0 and standard deviation `std`, up to what chance allows."""
    found = float(np.sqrt(np.mean(w**2)))
    small, large = found < (1 - tolerance) * std, found > (1 + tolerance) * std
    expect(not small, f"the values of {name} spread too little around 0", value=found)
    expect(not large, f"the values of {name} spread too widely around 0", value=found)
    mean = float(np.mean(w))
    expect(abs(mean) < 6 * std / np.sqrt(w.size), f"{name} is not centred at 0", value=mean)


def require_kind(w, std, kind, name):
    """Evenly distributed up to a bound, or normal with its tails."""
    largest = float(np.abs(w).max()) / std
    if kind == UNIFORM:
        inside, filled = largest <= np.sqrt(3.0) * (1 + 1e-9), largest > 1.7
        expect(inside, f"{name} has values beyond the bound", value=largest)
        expect(filled, f"the values of {name} end before the bound", value=largest)
    else:
        tails = float(np.mean(np.abs(w) > 2.5 * std))
        expect(0.006 < tails < 0.02, f"{name} is not distributed normally", value=tails)
        expect(largest > 2.9, f"{name} is cut off: it lacks large values", value=largest)


def require_all_different(w, name):
    """No draw is used twice."""
    different = len(np.unique(w))
    expect(different > 0.99 * w.size, f"the same draws come twice in {name}", value=different)


def require_own_generator(student, draw, name):
    """One seed, one result; another seed, another; and a second call goes on with the draws.

    draw: a function of a generator (or a stand-in for one), which calls the student's function.
    """
    assert_close(draw(seeded(5)), draw(seeded(5)), name=f"{name} from the same seed")
    first = draw(seeded(5))
    differs = bool(np.any(first != draw(seeded(6))))
    expect(differs, f"another generator gives the same {name}", value=differs)
    rng = student.define("rng = np.random.default_rng(5)", "rng")
    again = bool(np.any(draw(rng) != draw(rng)))
    expect(again, f"a second call with the same generator repeats {name}", value=again)


def require_partition(parts, n, name):
    """Int arrays that hold every index from 0 to n - 1 exactly once together."""
    for part in parts:
        whole = isinstance(part, np.ndarray) and part.ndim == 1 and part.dtype.kind in "iu"
        expect(whole, f"each part of {name} should be an array of whole numbers", value=part)
    together = np.sort(np.concatenate(parts))
    assert_equal(together.astype(int), np.arange(n), name=f"all indices of {name}, sorted")
