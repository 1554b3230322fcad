"""predict_parameter_counts: against modules of torch, counted.

belief                                         what corrects it        check
---------------------------------------------  ----------------------  ---------------
a step has weights of its own                  7 and 29 steps          one_direction
w_h, a bias or the head has no weights         the exact number        one_direction
two biases, as torch has them                  section 1               one_direction
the second direction shares or doubles all     the head reads 2H       two_directions
"""

from torch import nn

from gradlab.judge import (
    alternative,
    assert_equal,
    exercise,
    expect,
    misconception,
    reference,
    requires,
)

pytestmark = exercise("predict_parameter_counts")
INPUTS, UNITS, CLASSES = 12, 24, 9


@reference
def counts():
    """The three counts; torch's second bias is left out."""
    found = []
    for both in (False, False, True):
        network = nn.RNN(INPUTS, UNITS, batch_first=True, bidirectional=both)
        head = nn.Linear((1 + both) * UNITS, CLASSES)
        named = [*network.named_parameters(), *head.named_parameters()]
        found.append(sum(p.numel() for name, p in named if "bias_hh" not in name))
    return found


def _answer(student):
    answer = student.predict_parameter_counts()
    size = len(answer) if isinstance(answer, tuple | list) else -1
    expect(size == 3, "return a tuple of three numbers", value=size)
    return answer


def test_one_direction(student):
    """The counts for 7 and for 29 steps."""
    answer = _answer(student)
    assert_equal(answer[0], counts()[0], name="count 1")
    assert_equal(answer[1], counts()[1], name="count 2")


@requires("test_one_direction")
def test_two_directions(student):
    """The count of the bidirectional network."""
    assert_equal(_answer(student)[2], counts()[2], name="count 3")


NETWORK = UNITS * INPUTS + UNITS * UNITS + UNITS
HEAD = CLASSES * UNITS + CLASSES


def believing(message, *answer):
    return misconception("predict_parameter_counts", message)(lambda: answer)


weights_for_each_step = believing(
    "You counted the network once for each step. All steps share the same weights.",
    7 * NETWORK + HEAD,
    29 * NETWORK + HEAD,
    58 * NETWORK + HEAD + CLASSES * UNITS,
)
inputs_for_each_step = believing(
    "You counted the input weights once for each step, as in a layer that sees all steps at once. "
    "They are shared.",
    7 * UNITS * INPUTS + UNITS * UNITS + UNITS + HEAD,
    29 * UNITS * INPUTS + UNITS * UNITS + UNITS + HEAD,
    2 * (29 * UNITS * INPUTS + UNITS * UNITS + UNITS) + HEAD + CLASSES * UNITS,
)
head_for_each_step = believing(
    "You counted the head once for each step. It reads the last state alone.",
    NETWORK + 7 * HEAD,
    NETWORK + 29 * HEAD,
    2 * NETWORK + 29 * (HEAD + CLASSES * UNITS),
)
everything_doubled = believing(
    "For two directions you doubled everything. The head has one bias only, whatever it reads.",
    NETWORK + HEAD,
    NETWORK + HEAD,
    2 * (NETWORK + HEAD),
)
head_not_widened = believing(
    "For two directions the head reads 48 numbers: its weights double as well.",
    NETWORK + HEAD,
    NETWORK + HEAD,
    2 * NETWORK + HEAD,
)
directions_share = believing(
    "The two directions do not share their weights: each is a network of its own.",
    NETWORK + HEAD,
    NETWORK + HEAD,
    NETWORK + HEAD + CLASSES * UNITS,
)
nothing_doubled = believing(
    "A second direction costs a second network, and a wider head.",
    NETWORK + HEAD,
    NETWORK + HEAD,
    NETWORK + HEAD,
)
two_biases = believing(
    "You counted two biases for each unit, as torch has them. Here there is one.",
    NETWORK + UNITS + HEAD,
    NETWORK + UNITS + HEAD,
    2 * (NETWORK + UNITS) + HEAD + CLASSES * UNITS,
)
no_recurrent_weights = believing(
    "You left out w_h, 24 times 24: every unit sees the old state of every unit.",
    NETWORK - UNITS * UNITS + HEAD,
    NETWORK - UNITS * UNITS + HEAD,
    2 * (NETWORK - UNITS * UNITS) + HEAD + CLASSES * UNITS,
)
one_recurrent_weight_each = believing(
    "You counted one recurrent weight per unit. w_h is a full matrix, 24 times 24.",
    NETWORK - UNITS * UNITS + UNITS + HEAD,
    NETWORK - UNITS * UNITS + UNITS + HEAD,
    2 * (NETWORK - UNITS * UNITS + UNITS) + HEAD + CLASSES * UNITS,
)
no_biases = believing(
    "You left out the biases, of the network and of the head.",
    NETWORK - UNITS + HEAD - CLASSES,
    NETWORK - UNITS + HEAD - CLASSES,
    2 * (NETWORK - UNITS) + HEAD - CLASSES + CLASSES * UNITS,
)
no_head_bias = believing(
    "You left out the bias of the head.",
    NETWORK + HEAD - CLASSES,
    NETWORK + HEAD - CLASSES,
    2 * NETWORK + HEAD - CLASSES + CLASSES * UNITS,
)
no_head = believing("You left out the head.", NETWORK, NETWORK, 2 * NETWORK)


@alternative("predict_parameter_counts")
def as_a_list():
    return [1113, 1113, 2217]


@alternative("predict_parameter_counts")
def by_formula():
    def count(directions):
        return directions * 24 * (12 + 24 + 1) + 9 * (directions * 24 + 1)

    return tuple(map(count, (1, 1, 2)))


@alternative("predict_parameter_counts")
def by_shapes():
    network = sum(a * b for a, b in ((24, 12), (24, 24), (24, 1)))
    return network + 9 * 25, network + 9 * 25, network + network + 9 * 49
