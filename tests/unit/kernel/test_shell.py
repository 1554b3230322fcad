"""Cells without special syntax are not taken apart, and come out as IPython would have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipykernel.compiler import XCachingCompiler
from IPython.core.inputtransformer2 import HelpEnd, TransformerManager

from gradlab.kernel.shell import NoShell, QuickNames, QuickTransformers

SHELL = NoShell.__new__(NoShell)  # a shell that begins takes hold of the whole process
SPECIAL = [
    *("  x = 1\n  y = 2", "\n\nx", "x\n   \ny", ">>> x\n... y", "In [1]: x\n   ...: y"),
    *("%time f(x)", "x = %timeit -o y", "x = \\\n  !ls", "!ls", "!!ls", "files = !ls", "print?"),
    *(
        "print??",
        "?print",
        "/f x",
        ",f a b",
        ";f a b",
        "if x:\n    %pwd",
        "%%html\n<b>",
        "a = b = !x",
    ),
    "for i in x:\n    y = !echo {i}\n",
]
PIECES = [
    *("x", "1", "=", "==", "%", "!", "?", "/", ",", ";", "(", ")", "[", "]", ":", "#"),
    *("'", '"', '"""', "\\", " ", "    ", "\n", "\t", "if", "def f", "lambda", "%%", "??", "!!"),
    *(">>>", ">>> x", "...", "\n    ...: x", "In [1]: x", "\n   \n", "é"),
]


@pytest.mark.parametrize("cell", SPECIAL)
def test_special_syntax_is_still_found(cell):
    expected = TransformerManager().transform_cell(cell)
    assert expected != cell
    assert QuickTransformers().transform_cell(cell) == expected


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_cell_comes_out_the_same(cell):
    assert _transformed(QuickTransformers(), cell) == _transformed(TransformerManager(), cell)


def test_transformers_of_the_notebooks_own_are_asked():
    class Shout(HelpEnd):
        @classmethod
        def find(cls, tokens_by_line):
            raise LookupError

    transformers = QuickTransformers()
    transformers.token_transformers = [*transformers.token_transformers, Shout]
    with pytest.raises(LookupError):
        transformers.transform_cell("x = 1")


@pytest.mark.parametrize("cell", ["await f()", "x = [y async for y in z]", "async with a: pass"])
def test_a_cell_that_awaits_is_found(cell):
    assert SHELL.should_run_async(cell, transformed_cell=cell)


@pytest.mark.parametrize("cell", ["x = 1", "'await'", "async def f(): await g()", "await ("])
def test_a_cell_that_awaits_nothing_is_not(cell):
    assert not SHELL.should_run_async(cell, transformed_cell=cell)


@given(st.text())
def test_a_cell_is_named_as_by_ipykernel(cell):
    named = QuickNames().get_code_name(cell, "", 0)
    assert named == XCachingCompiler().get_code_name(cell, "", 0)


def _transformed(transformers, cell):
    try:
        return transformers.transform_cell(cell)
    except Exception as error:
        return type(error)
