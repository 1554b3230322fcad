"""Markers and catalogue entries of a hidden check file."""

from types import ModuleType

import pytest

from gradlab.errors import CourseError
from gradlab.judge import alternative, exercise, misconception, requires, weight
from gradlab.judge.catalogue import Entry, entries_of


def module(**names):
    found = ModuleType("test_hidden")
    vars(found).update(names)
    return found


def test_markers_carry_their_arguments():
    assert (exercise("conv").mark.name, exercise("conv").mark.args) == ("exercise", ("conv",))
    assert exercise("conv", few="one line").mark.kwargs == {"few": "one line"}
    assert (weight(2).mark.name, weight(2).mark.args) == ("weight", (2,))
    assert (requires("test_a").mark.name, requires("test_a").mark.args) == ("requires", ("test_a",))


def test_entries_come_in_the_files_order_and_by_its_names():
    @misconception("conv", "You flipped the kernel.")
    def flipped(x):
        return x

    @alternative("conv")
    class ByStrides:
        pass

    found = entries_of(module(other=3, flipped=flipped, plain=len, strides=ByStrides))
    assert found == [
        Entry("conv", "misconception", "flipped", "You flipped the kernel.", flipped),
        Entry("conv", "alternative", "strides", "", ByStrides),
    ]


def test_declaring_gives_back_the_implementation_itself():
    def flipped(x):
        return -x

    assert misconception("conv", "Flipped.")(flipped) is flipped
    assert flipped(2) == -2


def test_one_implementation_may_belong_to_two_exercises():
    both = alternative("one")(misconception("other", "Wrong there.")(lambda: 0))
    kinds = [(entry.exercise, entry.kind) for entry in entries_of(module(both=both))]
    assert kinds == [("other", "misconception"), ("one", "alternative")]


def test_a_class_derived_from_an_entry_is_none():
    @misconception("Adam", "No bias correction.")
    class Plain:
        pass

    class Derived(Plain):
        pass

    assert [entry.name for entry in entries_of(module(Plain=Plain, Derived=Derived))] == ["Plain"]
    again = misconception("Adam", "Also no momentum.")(Derived)
    assert [entry.message for entry in entries_of(module(again=again))] == ["Also no momentum."]


@pytest.mark.parametrize("message", ["", "  \n"])
def test_a_misconception_says_something(message):
    with pytest.raises(CourseError, match="a misconception of 'conv' has no message"):
        misconception("conv", message)


def test_objects_that_answer_to_every_name_are_no_entries():
    class Everything:
        def __getattr__(self, name):
            return [("a", "misconception", "b")]

        def __call__(self):
            return 0

    assert entries_of(module(it=Everything())) == []
