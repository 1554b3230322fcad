"""exposing_rates: arguments that tell faulty versions of cosine_schedule from the right one.

mistake                               case that exposes it    check
------------------------------------  ----------------------  ------------------
an epoch up to total                  the version shown       the_version_shown
lr_min of 0, an epoch of 2 total      the catalogue           nine_in_ten
"""

import numpy as np

from gradlab.judge import alternative, exercise, expect, exposed, faults_in, misconception

from . import catalogue_schedules as catalogue

pytestmark = exercise("exposing_rates")

VERSIONS = {
    name: version
    for name, version in faults_in(catalogue, "cosine_schedule").items()
    if name != "cosine_stateful"  # needs two calls
}
SHOWN = "cosine_clamped"
NUMBER = (int, float, np.integer, np.floating)


def _arguments(student):
    arguments = student.exposing_rates()
    form = isinstance(arguments, tuple | list) and len(arguments) == 4
    expect(form, "return four numbers: (lr, epoch, total, lr_min)")
    numbers = all(isinstance(a, NUMBER) and np.isfinite(a) for a in arguments)
    expect(numbers, "all four should be finite numbers")
    lr, epoch, total, low = arguments
    whole = epoch == int(epoch) and total == int(total) and 0 <= epoch <= 100 and 1 <= total <= 100
    expect(whole, "epoch and total should be whole numbers up to 100", value=[epoch, total])
    expect(0 <= low < lr, "lr should be above lr_min, and lr_min not below 0", value=[lr, low])
    return float(lr), int(epoch), int(total), float(low)


def test_the_version_shown(student):
    """The version shown gives another rate than the right one."""
    found = exposed(_arguments(student), catalogue.cosine_as_a_mixture, {SHOWN: VERSIONS[SHOWN]})
    expect(found, "with these arguments the version shown is right", value=found)


def test_nine_in_ten(student):
    """At least nine in ten of the known faulty versions give another rate."""
    found = exposed(_arguments(student), catalogue.cosine_as_a_mixture, VERSIONS)
    text = f"you expose {len(found)} of {len(VERSIONS)} versions; nine in ten are asked for"
    expect(len(found) >= 0.9 * len(VERSIONS), text, value=found)


def _four(message, *arguments):
    return misconception("exposing_rates", message)(lambda: arguments)


before_the_end = _four(
    "Your epoch comes before the end of the wave, where the version shown is right.",
    0.9, 3, 7, 0.05,
)  # fmt: skip
at_the_end = _four(
    "At the end of the wave the rate is lr_min in nearly every version. Go past it.",
    0.9, 7, 7, 0.05,
)  # fmt: skip
at_the_start = _four("At epoch 0 the rate is lr in nearly every version.", 0.9, 0, 7, 0.05)
no_minimum = _four("With an lr_min of 0 nobody sees what is done with it.", 0.9, 9, 7, 0.0)
whole_wave = _four(
    "After two lengths the wave is back at lr: whoever starts again there is right by chance.",
    0.9, 14, 7, 0.0,
)  # fmt: skip
wrong_order = _four("The order is (lr, epoch, total, lr_min).", 9, 0.9, 7, 0.05)
lr_below_minimum = _four("lr should be above lr_min.", 0.05, 9, 7, 0.9)
three_only = _four("Give all four: lr_min has a default that hides mistakes.", 0.9, 9, 7)


@alternative("exposing_rates")
def a_list():
    return [0.5, 13, 8, 0.125]


@alternative("exposing_rates")
def numpy_numbers():
    return np.float64(2.0), np.int64(7), np.int64(5), np.float64(0.3)


@alternative("exposing_rates")
def far_past_the_end():
    return 1.0, 29, 11, 0.2
