"""What may become an output of a cell: well-formed, and not too much of it."""

import json
from typing import Any

from nbformat import NotebookNode, v4

KINDS = frozenset(
    {"stream", "display_data", "execute_result", "error", "update_display_data", "clear_output"}
)
"""Messages that produce outputs, and `clear_output`. Widgets' comms are not for graded cells."""
MAX_OUTPUTS = 500
MAX_DEPTH = 32
STREAMS = ("stdout", "stderr")


class Budget:
    """What one cell may still send.

    Attributes:
        exceeded: something was left out because it was too much.
        damaged: something was left out because it was malformed.
    """

    def __init__(self, room: int, messages: int) -> None:
        self.room = room
        self.messages = messages
        self.exceeded = False
        self.damaged = False

    def admits(self, message: dict[str, Any]) -> bool:
        """Whether to process `message`; counts it if so."""
        if message["msg_type"] not in KINDS:
            return False
        self.messages -= 1
        size = _size(message["content"])
        if self.messages < 0 or size > self.room:
            self.exceeded = True
            return False
        self.room -= size
        return True


def _size(content: object) -> int:
    """Bytes of a message's content, as the notebook would store it."""
    return len(json.dumps(content, default=str))


def tidy(cell: NotebookNode, budget: Budget) -> None:
    """Make `cell`'s outputs valid nbformat 4, join neighbouring streams, note what is missing."""
    cell.outputs = _joined([v4.output_from_msg for _ in ()] or list(cell.outputs))
    if budget.exceeded:
        cell.outputs.append(_note("… the rest of this cell's output was too long and is left out …"))
    if budget.damaged:
        cell.outputs.append(_note("… some of this cell's output was damaged and is left out …"))


def _note(text: str) -> NotebookNode:
    note: NotebookNode = v4.new_output("stream", name="stdout", text=f"\n{text}\n")  # type: ignore[no-untyped-call]
    return note


def _joined(found: list[NotebookNode]) -> list[NotebookNode]:
    joined: list[NotebookNode] = []
    for output in found:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" == output.output_type and (
            output.name == last.name
        ):
            last.text += output.text
        else:
            joined.append(output)
    return joined
