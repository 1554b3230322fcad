"""What a hidden check file imports; see docs/hidden-checks.md.

The judge needs pytest, NumPy, msgpack and torch, and knows nothing of nbgrader.
"""

from gradlab.judge.cases import case_rng, reference
from gradlab.judge.catalogue import alternative, exercise, misconception, requires, weight
from gradlab.judge.compare import assert_close, assert_equal, expect
from gradlab.judge.subject import assign, fetch, seeded, take

__all__ = [
    "alternative",
    "assert_close",
    "assert_equal",
    "assign",
    "case_rng",
    "exercise",
    "expect",
    "fetch",
    "misconception",
    "reference",
    "requires",
    "seeded",
    "take",
    "weight",
]
