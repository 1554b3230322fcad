"""predict_reversed: four words, compared with what torch's attention does.

mistake                                  case that exposes it         check
---------------------------------------  ---------------------------  ----------------
attention ignores the order altogether   reversed, no mask            without_an_order
attention depends on the order           keys and values reversed     without_an_order
the causal mask changes nothing          causal mask                  with_an_order
positions change nothing                 positions added              with_an_order
"""

import torch
from torch.nn import functional

from gradlab.judge import (
    assert_equal,
    exercise,
    expect,
    reference,
)

pytestmark = exercise("predict_reversed")


@reference
def outcomes(device):
    """The four words, found out with a random sequence."""
    generator = torch.Generator().manual_seed(0)
    x, positions = torch.randn(2, 1, 5, 8, generator=generator, dtype=torch.float64).to(device)
    turned = x.flip(1)
    moved, moved_turned = x + positions, turned + positions
    calls = [
        (x, x, x, turned, turned, turned, False),
        (x, x, x, turned, turned, turned, True),
        (moved, moved, moved, moved_turned, moved_turned, moved_turned, False),
        (x, x, x, x, turned, turned, False),
    ]
    return [_outcome(*call) for call in calls]


def _outcome(q, k, v, other_q, other_k, other_v, causal):
    attend = functional.scaled_dot_product_attention
    y = attend(q, k, v, is_causal=causal)
    other = attend(other_q, other_k, other_v, is_causal=causal)
    if torch.allclose(y, other):
        return "same"
    return "reversed" if torch.allclose(y.flip(1), other) else "other"


def _words(student):
    words = student.predict_reversed()
    expect(isinstance(words, tuple | list) and len(words) == 4, "four words are asked for")
    return words


def test_without_an_order(student, torch_device):
    """What happens without a mask and without positions, in the first and fourth variant."""
    words, right = _words(student), outcomes(torch_device)
    assert_equal([words[0], words[3]], [right[0], right[3]], name="variants 1 and 4")


def test_with_an_order(student, torch_device):
    """What the causal mask and positions do, in the second and third variant."""
    words, right = _words(student), outcomes(torch_device)
    assert_equal([words[1], words[2]], [right[1], right[2]], name="variants 2 and 3")
