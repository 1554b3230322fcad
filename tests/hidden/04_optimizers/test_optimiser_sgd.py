"""SGD, Momentum and Nesterov: checks of their own.

mistake                          case that exposes it  check
-------------------------------  --------------------  ------------------
a gradient is broadcast          (4, 1) for (4, 3)     rejects_bad_shapes
stands still without a gradient  one slope, then 0     glides_on
no look ahead                    one slope, then 0     looks_ahead
"""

import numpy as np

from gradlab.judge import assert_close, case_rng, exercise, fetch, requires

rng = case_rng("gradient_descent")
SLOPE = rng.normal(size=(3, 2))


def glide(student, optimiser):
    """Lengths of four steps, in units of the plain first one; only the first has a gradient."""
    params, path = student.keep({"w": np.zeros((3, 2))}), [np.zeros((3, 2))]
    for slope in [SLOPE, 0 * SLOPE, 0 * SLOPE, 0 * SLOPE]:
        optimiser.step(params, student.keep({"w": slope}))
        path.append(fetch(params)["w"])
    return -np.diff(path, axis=0) / (0.5 * SLOPE)


def glided(first, second):
    """The same, as they should be: the second and later ones each 0.8 times the one before."""
    lengths = [first, second, second * 0.8, second * 0.64]
    return np.multiply.outer(lengths, np.ones((3, 2)))


@exercise("SGD")
@requires("test_matches_torch")
def test_rejects_bad_shapes(student):
    """Raises ValueError naming the gradient when its shape is not that of its parameter."""
    for shape in [(4, 1), (3,), (1, 3), (), (3, 4), (12,)]:
        params = student.keep({"w": np.ones((4, 3)), "b": np.ones(3)})
        grads = {"w": np.ones(shape), "b": np.ones(3)}
        with student.raises(ValueError, match=r"\bw\b"):
            student.SGD(lr=0.1).step(params, student.keep(grads))


@exercise("Momentum")
@requires("test_matches_torch")
def test_glides_on(student):
    """Where the ground is level the velocity goes on, shorter by the factor mu at each step."""
    assert_close(glide(student, student.Momentum(lr=0.5, momentum=0.8)), glided(1.0, 0.8))


@exercise("Nesterov")
@requires("test_matches_torch")
def test_looks_ahead(student):
    """A single gradient moves the parameters 1 + mu times as far, then shorter by mu each step."""
    assert_close(glide(student, student.Nesterov(lr=0.5, momentum=0.8)), glided(1.8, 0.64))
