"""Inside: IPython's shell as it is in a sandbox, where there is no other one.

A cell's outputs are those of ipykernel's own shell. What takes longest in a short cell is done
more cheaply: to look for IPython's special syntax, and to name the cell's code.
"""

import os
import re
import zlib
from typing import Any

from ipykernel.compiler import XCachingCompiler, get_tmp_directory
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.inputtransformer2 import TransformerManager
from IPython.utils.text import SList
from traitlets import Instance

SPECIAL = re.compile(r"^\s*[%!?/,;]|\?\s*$|=[\s\\]*[%!]", re.MULTILINE)
"""What there is somewhere in a cell with a magic, a command, or a question in it."""
USUAL = TransformerManager().token_transformers


class QuickTransformers(TransformerManager):  # type: ignore[misc]
    """Does not take a cell apart into tokens where that cannot find anything."""

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """The lines with special syntax replaced by Python."""
        if self.token_transformers == USUAL and not SPECIAL.search("".join(lines)):
            return lines
        replaced: list[str] = super().do_token_transforms(lines)
        return replaced


class QuickNames(XCachingCompiler):  # type: ignore[misc]
    """Names a cell's code by a checksum, as ipykernel does, but by one that Python knows."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        """The name of a file that does not exist; it is seen in warnings."""
        checksum = zlib.crc32(raw_code.encode("utf-8", "surrogatepass"))
        return f"{get_tmp_directory()}{os.sep}{checksum}.py"


class NoShell(ZMQInteractiveShell):  # type: ignore[misc]
    """Where there is no shell, `!pip install numpy` says so instead of stopping the cell."""

    input_transformer_manager = Instance(QuickTransformers, ())

    def system(self, cmd: str) -> None:
        """Tell that `cmd` was not run; on stdout, since some graders take stderr for failure."""
        print(f"not run, there is no shell here: {self.var_expand(cmd, depth=2)}")
        self.user_ns["_exit_code"] = 127

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """No output."""
        self.system(cmd)
        return SList() if split else ""
