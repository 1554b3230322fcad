"""predict_moved: an order of three names, as measured in section 8.

mistake                                     case that exposes it      check
------------------------------------------  ------------------------  -------
one of the other five orders                the order                 order

Measured: at four pixels .17, .39 and .90, means of two seeds, each of them in this order.
"""

from gradlab.judge import alternative, assert_equal, exercise, misconception

pytestmark = exercise("predict_moved", few="three names have five wrong orders")
MEASURED = ["mlp", "lenet", "augmented"]


def test_order(student):
    """The three networks, the worst on moved digits first."""
    answer = student.predict_moved()
    assert_equal(list(answer) if isinstance(answer, tuple) else answer, MEASURED, name="the order")


def _belief(message, *names):
    @misconception("predict_moved", message)
    def prediction():
        return names

    return prediction


best_first = _belief(
    "This is the order from the best to the worst; the worst comes first.",
    "augmented",
    "lenet",
    "mlp",
)
convolution_is_enough = _belief(
    "You expect LeNet-5 not to need augmentation. Its dense layers know positions.",
    "mlp",
    "augmented",
    "lenet",
)
mlp_before_lenet = _belief(
    "You expect the MLP to stand moving better than LeNet-5. LeNet-5's pooling forgives a pixel or "
    "two; an MLP has nothing of the kind.",
    "lenet",
    "mlp",
    "augmented",
)
augmentation_hurts = _belief(
    "You expect augmentation to hurt most. It shows the network what the test will ask.",
    "augmented",
    "mlp",
    "lenet",
)
mlp_wins = _belief(
    "You expect the MLP to be the best. It has seen each pixel's weight at one place only.",
    "lenet",
    "augmented",
    "mlp",
)


@alternative("predict_moved")
def as_a_list():
    return list(MEASURED)


@alternative("predict_moved")
def sorted_by_accuracy():
    seen = {"lenet": 0.6, "augmented": 0.93, "mlp": 0.34}
    return tuple(sorted(seen, key=seen.get))
