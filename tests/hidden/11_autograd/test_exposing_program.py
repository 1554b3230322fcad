"""exposing_program: which faulty engines the student's program tells from the right one.

mistake                                   why it hides faults              check
----------------------------------------  -------------------------------  -------------
a chain, a tree                           nothing is used twice            shown_fault
a + a, b + b; one diamond                 one order is as good as another  shown_fault
no equal values, no dead step             two faults need just these       nine_in_ten
only sums                                 slopes of 1 everywhere           nine_in_ten
too many steps, slots not filled          the right engine refuses them    both
"""

from gradlab.judge import alternative, exercise, expect, exposed, misconception

from .programs import FAULTS, gradients

pytestmark = exercise("exposing_program")


def _found(student):
    """Names of the faults that the student's program exposes."""
    answer = student.exposing_program()
    is_pair = isinstance(answer, tuple | list) and len(answer) == 2
    expect(is_pair, "return the pair (values, program)", value=is_pair)
    values, program = answer
    lists = isinstance(values, tuple | list) and isinstance(program, tuple | list)
    expect(lists, "values and program are lists", value=lists)
    steps = all(isinstance(step, tuple | list) and len(step) == 3 for step in program)
    expect(steps, "each step is (operation, i, j)", value=steps)
    return exposed([list(values), [tuple(step) for step in program]], gradients, FAULTS)


def test_shown_fault(student):
    """Exposes the engine in the text."""
    found = _found(student)
    expect("BreadthFirst" in found, "the engine in the text is right for this program", value=found)


def test_nine_in_ten(student):
    """Exposes at least nine in ten of the faulty engines."""
    found = _found(student)
    share = f"{len(found)} of {len(FAULTS)} faulty engines give a wrong answer for this program"
    expect(len(found) >= 0.9 * len(FAULTS), share, value=found)


# Misconceptions: programs that hide faults


def _hiding(message, values, program):
    return misconception("exposing_program", message)(lambda: (values, program))


the_text_s_example = _hiding(
    "That is the program of the text, for which the engine is right.",
    [3.0, 2.0], [("*", 0, 1), ("+", 2, 1)],
)  # fmt: skip
a_chain = _hiding(
    "In your program every slot is used once. Then any order is right.",
    [2.0, 3.0, 5.0], [("*", 0, 1), ("-", 3, 2)],
)  # fmt: skip
doubled_twice = _hiding(
    "Your program is a + a, b + b: it exposes an engine without any order, but breadth first is a "
    "right order for it.",
    [3.0], [("+", 0, 0), ("+", 1, 1)],
)  # fmt: skip
balanced_diamond = _hiding(
    "Both ways of your diamond are equally long. Breadth first gets that right.",
    [2.0, 3.0], [("*", 0, 1), ("+", 2, 1), ("*", 2, 0), ("*", 3, 4)],
)  # fmt: skip
shown_fault_only = _hiding(
    "Your program exposes the engine in the text and leaves many others unseen: equal values, a "
    "step that nobody uses, a difference, a slot used twice by one step.",
    [2.0], [("*", 0, 0), ("*", 1, 1), ("+", 1, 2), ("*", 3, 1)],
)  # fmt: skip
sums_only = _hiding(
    "Your program has sums only. All their slopes are 1, so many faults do not show.",
    [2.0, 2.0, 3.0], [("+", 0, 0), ("+", 3, 1), ("+", 4, 3), ("+", 3, 5), ("+", 2, 2)],
)  # fmt: skip
zeros = _hiding(
    "With inputs of 0 nearly every gradient is 0, whoever calculates it.",
    [0.0, 0.0], [("*", 0, 1), ("*", 2, 2), ("*", 3, 2), ("*", 2, 4)],
)  # fmt: skip
too_long = _hiding(
    "Your program has more than 12 steps, or reads a slot that is not filled before.",
    [1.1],
    [("*", k, 0) for k in range(13)],
)


@misconception("exposing_program", "You returned the program alone. The inputs belong to it.")
def program_only():
    return [("*", 0, 0), ("*", 1, 1), ("+", 1, 2)]


# Alternatives


def _exposing(values, program):
    return alternative("exposing_program")(lambda: (values, program))


shortcut_last = _exposing(
    [2.0, 2.0, 0.5],
    [("*", 0, 0), ("-", 1, 3), ("*", 4, 3), ("*", 2, 2), ("+", 5, 4), ("*", 3, 7), ("-", 8, 5)],
)
as_lists = _exposing(
    (1.5, 1.5, -2.0),
    [["*", 0, 0], ["+", 3, 1], ["-", 4, 3], ["*", 5, 2], ["*", 1, 2], ["*", 6, 4], ["+", 3, 8],
     ["-", 9, 5]],
)  # fmt: skip
with_many_steps = _exposing(
    [3, 3, -1.5],
    [("-", 0, 2), ("*", 3, 3), ("*", 4, 1), ("-", 5, 3), ("*", 2, 2), ("+", 3, 6), ("*", 8, 4),
     ("-", 4, 9), ("*", 10, 3), ("+", 11, 11), ("-", 12, 0), ("*", 1, 1)][:11],
)  # fmt: skip
