"""exposing_batchnorm: which faults of batchnorm_forward's catalogue do the arguments expose?

mistake (an input that hides something)    hidden by it                      check
-----------------------------------------  --------------------------------  -----------
momentum 1/2, or 0                         the fault shown                   shown
momentum 0.1, 1; gamma 1, beta 0           the fixed, the lost               nine_in_ten
eps too small; x_new = x; means of 0       eps, evaluation, the mean         nine_in_ten
columns alike, a constant x, one row       the axis, nearly all, refused     both
"""

import numpy as np

from gradlab.judge import (
    alternative,
    exercise,
    expect,
    exposed,
    faults_in,
    misconception,
)

from . import catalogue_batchnorm_forward
from .normalisation import right, train_then_evaluate

pytestmark = exercise("exposing_batchnorm")
SHOWN = "momentum_of_the_old"
FAULTS = {
    name: train_then_evaluate(fault)
    for name, fault in faults_in(catalogue_batchnorm_forward, "batchnorm_forward").items()
    if fault in catalogue_batchnorm_forward.HUNTED
}


def _found(student):
    return exposed(student.exposing_batchnorm(), train_then_evaluate(right), FAULTS)


def test_shown(student):
    """The arguments tell the batch norm that is shown from the right one."""
    found = _found(student)
    expect(SHOWN in found, "on these arguments the function shown gives the right result")


def test_nine_in_ten(student):
    """The arguments expose at least nine in ten of the wrong batch norms."""
    found, needed = len(_found(student)), int(np.ceil(0.9 * len(FAULTS)))
    text = f"they expose {found} of {len(FAULTS)} wrong batch norms; {needed} are needed"
    expect(found >= needed, text, value=found)


BATCH_RNG = np.random.default_rng(11)
GOOD = {
    "x": 3.0 + 2.0 * BATCH_RNG.normal(size=(5, 3)) * np.array([0.5, 1.0, 2.0]),
    "x_new": BATCH_RNG.normal(size=(4, 3)) - 1.0,
    "gamma": np.array([0.5, -1.5, 2.0]),
    "beta": np.array([1.0, 3.0, -2.0]),
    "momentum": 0.3,
    "eps": 0.5,
}


def _hiding(message, **changes):
    return misconception("exposing_batchnorm", message)(lambda: tuple((GOOD | changes).values()))


equal_momentum = _hiding(
    "With a momentum of 1/2 old and new weigh alike, so nobody sees which is which: just the fault "
    "shown is hidden.",
    momentum=0.5,
)
no_momentum_and_plain = _hiding(
    "With gamma = 1 and beta = 0 it does not matter whether they are used, swapped or divided by.",
    gamma=np.ones(3), beta=np.zeros(3),
)  # fmt: skip
usual_eps = _hiding("With an eps of zero nobody sees where it stands.", eps=0.0)
usual_everything = _hiding(
    "These are the usual settings: momentum 0.1, eps 1e-5, gamma 1, beta 0. They hide every fault "
    "that has to do with one of them.",
    momentum=0.1, eps=1e-5, gamma=np.ones(3), beta=np.zeros(3),
)  # fmt: skip
no_update = _hiding(
    "With a momentum of 0 the running statistics do not move: faults in their update are hidden.",
    momentum=0.0,
)
full_update = _hiding(
    "With a momentum of 1 the old statistics vanish, and evaluation sees the batch's own: faults "
    "of the update are hidden.",
    momentum=1.0, x_new=GOOD["x"], eps=1e-5,
)  # fmt: skip
nothing_varies = _hiding(
    "All rows of your x are equal: the variance is 0, and what is made of it cannot be seen.",
    x=np.tile(np.array([1.0, -2.0, 0.5]), (4, 1)),
)
all_zeros = _hiding(
    "Your inputs are zeros. Zero times anything wrong is still zero.",
    x=np.zeros((4, 3)), x_new=np.zeros((2, 3)),
)  # fmt: skip
no_beta_no_mean = _hiding(
    "The columns of your x have mean 0, and beta is 0: a mean that is lost, and a beta that is "
    "lost, cannot be seen.",
    x=np.array([[1.0, -2.0, 0.5], [-1.0, 2.0, -0.5], [2.0, 1.0, 3.0], [-2.0, -1.0, -3.0]]),
    beta=np.zeros(3),
)  # fmt: skip
refused = _hiding(
    "The right batch norm refuses your arguments too. Do x and x_new have two axes, x two rows, "
    "gamma and beta one number per column? Are there six arguments?",
    x=np.ones((1, 3)),
)
nan_inside = _hiding(
    "Your x holds NaN. Every result is then NaN, the right one and the wrong ones.",
    x=np.full((4, 3), np.nan), x_new=np.full((2, 3), np.nan),
)  # fmt: skip


@alternative("exposing_batchnorm")
def as_keywords():
    return dict(GOOD)


@alternative("exposing_batchnorm")
def by_hand():
    x = np.array([[1.0, 10.0], [3.0, 20.0], [8.0, 60.0], [2.0, -5.0]])
    x_new = np.array([[0.5, 7.0], [-4.0, 30.0], [6.0, 1.0]])
    return x, x_new, np.array([2.0, -0.5]), np.array([1.5, -3.0]), 0.2, 0.3


@alternative("exposing_batchnorm")
def as_lists():
    rng = np.random.default_rng(5)
    x = rng.uniform(-3, 6, size=(7, 4)).tolist()
    x_new = rng.uniform(-1, 9, size=(3, 4)).tolist()
    return [x, x_new, [2.0, 3.0, -1.5, 0.7], [1.0, -1.0, 2.0, 5.0], 0.35, 1.5]
