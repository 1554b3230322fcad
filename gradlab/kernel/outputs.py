"""What may become an output of a cell: well-formed nbformat, and not too much of it."""

from typing import Any

from nbformat import NotebookNode, ValidationError, v4

KINDS = frozenset(
    {
        "stream",
        "display_data",
        "execute_result",
        "error",
        "update_display_data",
        "clear_output",
    }
)
"""Messages that make or change outputs. Comms, which drive widgets, are not for graded cells."""
MAX_MESSAGES = 10_000
MAX_OUTPUTS = 500
MAX_DEPTH = 20
MAX_COUNT = 2**31
TOO_LONG = "… the rest of this cell's output was too long and is left out …"
DAMAGED = "… some of this cell's output was damaged and is left out …"


FIELDS = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}


class Budget:
    """What one cell may still send.

    Attributes:
        room: bytes left.
        exceeded: something was left out because it was too much.
        damaged: something was left out because it was malformed.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.messages = MAX_MESSAGES
        self.exceeded = False
        self.damaged = False

    def admit(self, kind: str, content: dict[str, Any], size: int) -> bool:
        """Whether a message of `size` bytes may be processed. Long texts are cut to fit."""
        self.messages -= 1
        if kind not in KINDS:
            return False
        if self.messages < 0 or self.room <= 0:
            self.exceeded = True
            return False
        fits = size <= self.room or _cut(kind, content, self.room)
        self.exceeded |= size > self.room
        self.room -= min(size, self.room) if fits else 0
        return fits


def _cut(kind: str, content: dict[str, Any], room: int) -> bool:
    """Shorten the text of a stream or an error to `room` characters; False for other kinds."""
    if kind == "stream":
        content["text"] = str(content.get("text"))[:room]
    elif kind == "error":
        content["evalue"] = str(content.get("evalue"))[: room // 4]
        lines = content.get("traceback")
        whole = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
        content["traceback"] = whole[: room // 2].split("\n")
    return kind in ("stream", "error")


def of_message(kind: str, content: dict[str, Any]) -> NotebookNode:
    """An output from a kernel's message, as nbclient makes it but unchecked: `tidy` checks.

    Raises:
        KeyError: something is missing.
    """
    return _node(kind, **{name: content[name] for name in FIELDS[kind]})


def tidy(cell: NotebookNode, budget: Budget) -> None:
    """Make `cell` valid nbformat 4 whatever the kernel sent, and say what was left out."""
    found = [_tidied(output) for output in cell.outputs[:MAX_OUTPUTS]]
    kept = [output for output in found if output is not None]
    budget.damaged |= len(kept) < len(found)
    budget.exceeded |= len(found) < len(cell.outputs)
    notes = [(budget.exceeded, TOO_LONG), (budget.damaged, DAMAGED)]
    cell.outputs = kept + [_stream("stdout", f"\n{text}\n") for needed, text in notes if needed]
    cell.execution_count = _count(cell.get("execution_count"))


def _tidied(output: dict[str, Any]) -> NotebookNode | None:
    """A new output with only the fields of its kind, each of its right type; None if damaged."""
    try:
        match output.get("output_type"):
            case "stream":
                return _stream(output["name"], _text(output["text"]))
            case "error":
                lines = [_text(line) for line in output["traceback"]]
                fields = {
                    "ename": _text(output["ename"]),
                    "evalue": _text(output["evalue"]),
                }
                return _node("error", traceback=lines, **fields)
            case "display_data" | "execute_result" as kind:
                return _display(kind, output)
    except (TypeError, ValueError, KeyError, AttributeError, ValidationError):
        pass
    return None


def _display(kind: str, output: dict[str, Any]) -> NotebookNode:
    fields: dict[str, Any] = {"data": _bundle(output["data"]), "metadata": {}}
    if isinstance(output.get("metadata"), dict):
        fields["metadata"] = _json(output["metadata"])
    if kind == "execute_result":
        fields["execution_count"] = _count(output.get("execution_count"))
    if any(media.endswith("json") for media in fields["data"]):
        return v4.new_output(kind, **fields)
    return _node(kind, **fields)


def _bundle(data: dict[str, Any]) -> dict[str, Any]:
    """Representations by media type: text, or JSON for the types that are JSON."""
    return {
        _text(kind): _json(value) if kind.endswith("json") else _text(value)
        for kind, value in data.items()
    }


def _json(value: object, depth: int = MAX_DEPTH) -> Any:
    """`value` if it is JSON of a sensible depth, with its strings made encodable."""
    if depth < 0:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return {_text(key): _json(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item, depth - 1) for item in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None  # NaN and infinity are not JSON
    return _text(value) if isinstance(value, str) else value


def _text(value: object) -> str:
    """`value` as text that can be written as UTF-8; a list of strings is joined, as nbformat does.

    Raises:
        TypeError: it is no text.
    """
    text = "".join(value) if isinstance(value, list) else value
    if not isinstance(text, str):
        raise TypeError("text expected")
    return text.encode("utf-8", "replace").decode()


def _stream(name: str, text: str) -> NotebookNode:
    if name not in ("stdout", "stderr"):
        raise ValueError("no such stream")
    return _node("stream", name=name, text=text)


def _node(kind: str, **fields: Any) -> NotebookNode:
    """An output whose fields are known to be right: nbformat takes long to find that out."""
    node = NotebookNode(output_type=kind)
    node.update(fields)
    return node


def _count(value: object) -> int | None:
    """An execution count, or None for anything that cannot be one."""
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_COUNT
    return value if known else None  # type: ignore[return-value]
