"""Cells and their outputs: nbclient's own way to make the ones of the other, within bounds."""

import logging
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode, v4

from gradlab.kernel import outputs
from gradlab.kernel.link import TOO_LONG, Link, Message
from gradlab.kernel.protocol import REPLY

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())  # a student's dying kernel is no news on the console


class BoundedClient(NotebookClient):  # type: ignore[misc]
    """Executes one cell after another, keeping a bounded part of their outputs.

    A display that an earlier cell made cannot be updated by a later one: by then the trusted side
    may have put something of its own in its place.
    """

    def __init__(self, link: Link, output_bytes: int) -> None:
        super().__init__(v4.new_notebook(), log=log, record_timing=False)
        self.link = link
        self.output_bytes = output_bytes
        self.budget = outputs.Budget(output_bytes)
        self._replied: dict[str, Any] = {}

    def begin(self, cell: NotebookNode) -> None:
        """Ask the kernel to execute `cell`; not where there is nothing to execute.

        Raises:
            TimeoutError: it takes no requests.
        """
        self.budget = outputs.Budget(self.output_bytes)
        self.reset_execution_trackers()
        self.clear_before_next_output = False
        self.nb.cells = [cell]
        cell.outputs, cell.execution_count = [], None
        self._replied = {"status": "ok"}
        if cell.source.strip():
            self.link.execute(cell.source)

    def finish(self, deadline: float) -> dict[str, Any]:
        """Take in its outputs; the content of the kernel's reply.

        Raises:
            TimeoutError: it is not finished by `deadline`; this can be called again.
            DeadKernelError: the kernel is gone.
        """
        (cell,) = self.nb.cells
        while (message := self.link.answer(deadline)) is not None:
            if message["msg_type"].endswith(REPLY):
                self._replied = message["content"]
                cell.execution_count = self._replied.get("execution_count", cell.execution_count)
            else:
                self.process_message(message, cell, 0)
        return self._replied

    def process_message(
        self, msg: Message, cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """As nbclient does, for messages that are well-formed and within the cell's budget."""
        kind, content = msg["msg_type"], msg["content"]
        self.budget.exceeded |= kind == TOO_LONG
        try:
            if kind in ("status", "execute_input"):
                return super().process_message(msg, cell, cell_index)
            if self.budget.admit(kind, content, msg["size"]) and not self._joins(msg, cell):
                return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:  # the link knows when that is
            return None
        except Exception:  # the kernel's code wrote this message; it may hold anything
            self.budget.damaged = True
        return None

    def output(
        self, outs: list[NotebookNode], msg: Message, display_id: str | None, cell_index: int
    ) -> NotebookNode:
        """As nbclient does; but what is in the message is checked once, at the end of the cell."""
        made = outputs.of_message(msg["msg_type"], msg["content"])
        if self.clear_before_next_output:
            outs.clear()
            self.clear_display_id_mapping(cell_index)
            self.clear_before_next_output = False
        if display_id:
            places = self._display_id_map.setdefault(display_id, {}).setdefault(cell_index, [])
            places.append(len(outs))
        outs.append(made)
        return made

    def _joins(self, msg: Message, cell: NotebookNode) -> bool:
        """Add a stream's text to the output before it, if that is the same stream."""
        last = cell.outputs[-1] if cell.outputs and not self.clear_before_next_output else {}
        content = msg["content"]
        same = msg["msg_type"] == last.get("output_type") == "stream"
        if same and content["name"] == last["name"]:
            last["text"] += content["text"]
            return True
        return False
