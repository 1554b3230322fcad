"""exposing_attention: which faults of attention_forward's catalogue the arguments tell from right.

mistake                              what it hides                             check
-----------------------------------  ----------------------------------------  ----------
no mask, or one that hides nothing   0 for minus infinity                      the_one
equal sizes, one sequence            other axes, other sequences               nine_in_ten
equal values or queries of 0         wrong weights of any kind                 nine_in_ten
small scores only, or huge ones      overflow; the root                        nine_in_ten
a mask without an empty row          rows that see nothing                     nine_in_ten
arguments that a right one refuses   all of them                               the_one
"""

import numpy as np
import torch
from torch.nn import functional

from gradlab.judge import (
    exercise,
    expect,
    exposed,
    faults_in,
    requires,
)

from . import catalogue_attention_forward as catalogue
from .catalogue_attention_forward import NOT_IN_THE_OUTPUT

pytestmark = exercise("exposing_attention")


def output_only(fault):
    def y(q, k, v, mask=None):
        return fault(q, k, v, mask)[0]

    return y


SHOWN = "scores_times_mask"
FAULTS = {
    name: output_only(fault)
    for name, fault in faults_in(catalogue, "attention_forward").items()
    if name not in NOT_IN_THE_OUTPUT
}


def right(q, k, v, mask=None):
    """What is right, by torch; refuses what the docstring of attention_forward does."""
    if mask is not None and mask.dtype != bool:
        raise ValueError(f"mask has dtype {mask.dtype}, expected bool")
    if k.shape != (q.shape[0], k.shape[1], q.shape[2]) or v.shape[:2] != k.shape[:2]:
        raise ValueError(f"q {q.shape}, k {k.shape} and v {v.shape} do not fit together")
    shape = (*q.shape[:2], k.shape[1])
    mask = None if mask is None else torch.tensor(np.broadcast_to(mask, shape).copy())
    q, k, v = (torch.tensor(a, dtype=torch.float64) for a in (q, k, v))
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).numpy()


def test_the_one_shown(student):
    """Exposes the fault of the function shown."""
    found = exposed(student.exposing_attention(), right, FAULTS)
    expect(SHOWN in found, "right and wrong give the same output for these arguments", value=found)


@requires("test_the_one_shown")
def test_nine_in_ten(student):
    """Exposes nine in ten of all faults of the collection with the same arguments."""
    found = exposed(student.exposing_attention(), right, FAULTS)
    enough = 10 * len(found) >= 9 * len(FAULTS)
    expect(enough, f"they expose {len(found)} of {len(FAULTS)} faults", value=found)
