"""parameter_count: against torch's modules.

mistake                              case that exposes it    check
-----------------------------------  ----------------------  -------------------
number of blocks                     rnn, gru, lstm          one_layer
recurrent or input weights missing   D and H unequal         one_layer
one bias, or none, by default        no biases given         one_layer
every layer reads D, layers ignored  2, 3, 4 layers          layers
biases ignored or per number         0, 1, 2                 biases
any kind accepted                    cnn, LSTM layer, empty  refuses_other_kinds
"""

import pytest
import torch

from gradlab.judge import (
    assert_equal,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("parameter_count")

KINDS = ("rnn", "gru", "lstm")
SIZES = [
    (3, 5, 1),
    (7, 4, 1),
    (1, 6, 1),
    (2, 1, 1),
    (6, 4, 2),
    (2, 5, 3),
    (10, 3, 4),
]  # D, H, layers


@reference
def expected(kind, inputs, hidden, layers, biases):
    module = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind]
    network = module(inputs, hidden, num_layers=layers, bias=biases > 0)
    merged = "bias_hh" if biases == 1 else "no name"
    return sum(p.numel() for name, p in network.named_parameters() if not name.startswith(merged))


def _compare(student, kind, size, **biases):
    """`layers` is passed only where there are several, `biases` only where a check does."""
    inputs, hidden, layers = size
    given = {"layers": layers} if layers > 1 else {}
    found = student.parameter_count(kind, inputs, hidden, **given, **biases)
    wanted = expected(kind, inputs, hidden, layers, biases.get("biases", 2))
    assert_equal(found, wanted, name="count")


@weight(2)
@pytest.mark.parametrize("size", SIZES[:4], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_one_layer(student, kind, size):
    """Equals the count of torch's module with one layer and its two biases."""
    _compare(student, kind, size)


@pytest.mark.parametrize("size", SIZES[4:], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_layers(student, kind, size):
    """Equals the count of torch's module with several layers."""
    _compare(student, kind, size)


@pytest.mark.parametrize("biases", [0, 1, 2])
@pytest.mark.parametrize("size", [SIZES[0], SIZES[4]], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_biases(student, kind, size, biases):
    """Counts no, one or two biases."""
    _compare(student, kind, size, biases=biases)


@requires("test_one_layer")
@pytest.mark.parametrize("kind", ["cnn", "LSTM layer", ""])
def test_refuses_other_kinds(student, kind):
    """Raises ValueError naming kind when it is none of the three."""
    with student.raises(ValueError, match=r"\bkind\b"):
        student.parameter_count(kind, 3, 2)
