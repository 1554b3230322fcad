"""predict_fates: against the spectral norm after 100 steps, computed by torch.

belief                                    recurrence that corrects it    check
----------------------------------------  -----------------------------  ---------
a factor below 1 explodes, above vanishes  1, 2                          rotations
the tanh makes no difference               3                             saturated
the norm, or the largest entry, decides    4                             matrices
the determinant, or the mean, decides      5, 6                          matrices
the real part of an eigenvalue decides     2, 6                          both
"""

import numpy as np
import torch

from gradlab.judge import (
    alternative,
    assert_equal,
    exercise,
    expect,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("predict_fates")
COS, SIN = np.cos(np.pi / 6), np.sin(np.pi / 6)
R = ((COS, -SIN), (SIN, COS))
A, B, C = ((0.9, 5.0), (0.0, 0.9)), ((1.1, 0.0), (0.0, 0.5)), ((0.5, 1.0), (-1.0, 0.5))


@reference
def fates(device):
    """The six right answers: by the largest singular value of the Jacobian of 100 steps."""
    settings = [(0.9, R, False), (1.1, R, False), (1.1, R, True), (1, A, False), (1, B, False)]
    found = []
    for scale, matrix, saturated in [*settings, (1, C, False)]:
        w = scale * torch.tensor(matrix, dtype=torch.float64, device=device)

        def after_100(h, w=w, saturated=saturated):
            for _ in range(100):
                h = torch.tanh(w @ h + 3.0) if saturated else w @ h
            return h

        start = torch.zeros(2, dtype=torch.float64, device=device)
        jacobian = torch.autograd.functional.jacobian(after_100, start)
        norm = float(torch.linalg.matrix_norm(jacobian, ord=2))
        found.append("vanishes" if norm < 0.1 else "explodes" if norm > 10 else "neither")
    return found


def _answer(student):
    answer = student.predict_fates()
    size = len(answer) if isinstance(answer, tuple | list) else -1
    expect(size == 6, "return a tuple of six texts", value=answer)
    return list(answer)


def _compare(student, device, which):
    answer = _answer(student)
    got, wanted = ([answers[number - 1] for number in which] for answers in (answer, fates(device)))
    assert_equal(got, wanted, name=f"recurrences {', '.join(map(str, which))}")


def test_rotations(student, torch_device):
    """What becomes of the two rotations, 1 and 2."""
    _compare(student, torch_device, (1, 2))


@requires("test_rotations")
def test_saturated(student, torch_device):
    """What becomes of recurrence 3, with a tanh and a large bias."""
    _compare(student, torch_device, (3,))


@weight(2)
@requires("test_rotations")
def test_matrices(student, torch_device):
    """What becomes of the three matrices, 4, 5 and 6."""
    _compare(student, torch_device, (4, 5, 6))


def believing(message, answers):
    """A misconception that gives these answers: v for vanishes, e for explodes."""
    words = tuple({"v": "vanishes", "e": "explodes"}[letter] for letter in answers)
    return misconception("predict_fates", message)(lambda: words)


by_the_norm = believing(
    "You went by the norm of the matrix. It bounds one step only; in the long run the largest "
    "eigenvalue decides, and in recurrence 4 both are 0.9.",
    "veveee",
)
tanh_ignored = believing(
    "In recurrence 3 the units are saturated: with a bias of 3 the slope of tanh is nearly 0.",
    "veevee",
)
by_the_norm_without_tanh = believing(
    "In recurrence 3 the tanh is saturated; in recurrence 4 the eigenvalues, not the norm, decide.",
    "veeeee",
)
by_the_determinant = believing(
    "You went by the determinant, the factor of areas. In recurrence 5 one direction shrinks and "
    "the other one grows, and that suffices for an explosion.",
    "vevvve",
)
by_the_mean = believing(
    "You went by the mean of the eigenvalues, or the diagonal. The largest absolute value decides.",
    "vevvvv",
)
by_the_diagonal = believing(
    "You went by the entries on the diagonal. In recurrence 6 the eigenvalues are 0.5 ± i, and "
    "their absolute value is 1.118.",
    "vevvev",
)
by_the_real_part = believing(
    "You went by the real parts, or the entries. A rotation by 30 degrees, times 1.1, makes every "
    "vector longer by a tenth.",
    "vvvvev",
)
by_the_largest_entry = believing(
    "You went by the largest entry of each matrix. Recurrence 4 has a large one, but it cannot act "
    "twice in a row: the eigenvalues are 0.9.",
    "vvveee",
)
all_vanish = believing(
    "Not every gradient vanishes: with an eigenvalue above 1 and no tanh it explodes.", "vvvvvv"
)
all_explode = believing(
    "Not every gradient explodes: below 1, or with a saturated tanh, it vanishes.", "eeeeee"
)
turned_round = believing(
    "All your answers are the opposite of what happens. A factor below 1 vanishes.", "eveevv"
)


@misconception("predict_fates", "Six texts are asked for, one for each recurrence.")
def a_single_word():
    return ("vanishes",)


@alternative("predict_fates")
def as_a_list():
    return ["vanishes", "explodes", "vanishes", "vanishes", "explodes", "explodes"]


@alternative("predict_fates")
def by_eigenvalues():
    matrices = (0.9 * np.array(R), 1.1 * np.array(R), np.zeros((2, 2)), A, B, C)
    radii = [np.abs(np.linalg.eigvals(np.array(m))).max() for m in matrices]
    return tuple("explodes" if radius > 1 else "vanishes" for radius in radii)


@alternative("predict_fates")
def by_power():
    matrices = [0.9 * np.array(R), 1.1 * np.array(R), 0.01 * np.array(R), *map(np.array, (A, B, C))]
    norms = [np.linalg.norm(np.linalg.matrix_power(m, 100), 2) for m in matrices]
    return tuple(["vanishes", "explodes"][int(norm > 1)] for norm in norms)
