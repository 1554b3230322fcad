"""What a hidden check file imports; see docs/hidden-checks.md.

The judge needs pytest, NumPy, msgpack and torch, and knows nothing of nbgrader.
"""

from gradlab.judge.bughunt import exposed, faults_in
from gradlab.judge.cases import case_rng, reference
from gradlab.judge.catalogue import alternative, exercise, misconception, requires, weight
from gradlab.judge.compare import assert_close, assert_equal, expect
from gradlab.judge.modules import Modules, require_shapes
from gradlab.judge.subject import assign, fetch, seeded, take

__all__ = [
    "Modules",
    "alternative",
    "assert_close",
    "assert_equal",
    "assign",
    "case_rng",
    "exercise",
    "expect",
    "exposed",
    "faults_in",
    "fetch",
    "misconception",
    "reference",
    "require_shapes",
    "requires",
    "seeded",
    "take",
    "weight",
]
