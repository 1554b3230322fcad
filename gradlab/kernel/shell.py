"""Inside: IPython's shell as it is in a sandbox, where there is no other one.

A cell's outputs are those of ipykernel's own shell. What takes longest in a short cell is done
more cheaply: to look for IPython's special syntax, to find out whether it awaits something, and to
name its code. What Python has to say about a cell's text ("is" with a literal) is told once by it,
not three times.
"""

import os
import re
import sys
from typing import Any

import numpy as np
from ipykernel.compiler import XCachingCompiler, get_tmp_directory, get_tmp_hash_seed
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.inputtransformer2 import TransformerManager
from IPython.utils.text import SList
from traitlets import Instance

SPECIAL = re.compile(r"^\s*[%!?/,;]|\?\s*$|=[\s\\]*[%!]", re.MULTILINE)
"""What there is somewhere in a cell with a magic, a command, or a question in it."""
PASTED = re.compile(r"\A\s|^[ \t]+$|>>>|In \[|^\s*\.\.\.", re.MULTILINE)
"""What is somewhere in a cell whose indents or prompts are taken away: blanks, and prompts."""
FACTOR, WORD = 0x5BD1E995, 0xFFFFFFFF
USUAL = vars(TransformerManager())


class QuickTransformers(TransformerManager):  # type: ignore[misc]
    """Takes a cell apart only where that can find anything."""

    def transform_cell(self, cell: str) -> str:
        """The cell with special syntax replaced by Python."""
        if vars(self) == USUAL and not PASTED.search(cell) and not SPECIAL.search(cell):
            return cell if cell.endswith("\n") else cell + "\n"
        replaced: str = super().transform_cell(cell)
        return replaced


class QuickNames(XCachingCompiler):  # type: ignore[misc]
    """Names a cell's code as ipykernel does."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        """The name of a file that does not exist; it is seen in warnings and errors."""
        checksum = murmur2(raw_code.encode(), get_tmp_hash_seed())
        return f"{get_tmp_directory()}{os.sep}{checksum}.py"


def murmur2(data: bytes, seed: int) -> int:
    """MurmurHash2 (Austin Appleby), 32 bits: ipykernel's checksum of a cell, word by word."""
    whole = len(data) & ~3
    words = np.frombuffer(data[:whole], "<u4") * np.uint32(FACTOR)
    words = (words ^ (words >> np.uint32(24))) * np.uint32(FACTOR)
    found = seed ^ len(data)
    for word in words.tolist():
        found = (found * FACTOR & WORD) ^ word
    if whole < len(data):
        found = (found ^ int.from_bytes(data[whole:], "little")) * FACTOR & WORD
    found = (found ^ found >> 13) * FACTOR & WORD
    return found ^ found >> 15


class NoShell(ZMQInteractiveShell):  # type: ignore[misc]
    """Where there is no shell, `!pip install numpy` says so instead of stopping the cell."""

    input_transformer_manager = Instance(QuickTransformers, ())

    def should_run_async(self, raw_cell: str, **known: Any) -> bool:
        """Whether the cell awaits something, for which it must say so."""
        words = known.get("transformed_cell") or raw_cell
        if "await" not in words and "async" not in words:
            return False
        awaits: bool = super().should_run_async(raw_cell, **known)
        return awaits

    def _format_exception_for_storage(
        self, exception: BaseException, *others: object, **more: object
    ) -> dict[str, Any]:
        """For IPython's record of the session: as it was just shown, and not made a second time."""
        shown = list(self._last_traceback or [])
        return {"ename": type(exception).__name__, "evalue": "", "traceback": shown}

    def ask_exit(self) -> None:
        """End with the cell that says `quit()`: a moment later, another one would be blamed."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def system(self, cmd: str) -> None:
        """Tell that `cmd` was not run; on stdout, since some graders take stderr for failure."""
        print(f"not run, there is no shell here: {self.var_expand(cmd, depth=2)}")
        self.user_ns["_exit_code"] = 127

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """No output."""
        self.system(cmd)
        return SList() if split else ""
