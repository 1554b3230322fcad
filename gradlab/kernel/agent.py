"""The untrusted half of a call: decode, call the student's function, encode the answer.

The agent runs inside the kernel, beside code nobody has read. It holds nothing worth reading
and nothing it says is believed: the trusted side sends plain values, receives plain values, and
compares them itself.

A request is `{"id", "op", …}`, its reply `{"id", "value", …}` or `{"id", "error", …}`:

========  ==================================  =============================================
op        fields                              does
========  ==================================  =============================================
call      target, method, args, kwargs        call a name of the notebook, or a handle
keep      value                               keep a copy here, answer with its handle
define    source, name                        run source text, answer with a handle of name
fetch     of, attr                            the value of a handle, or of its attribute
assign    of, attr, value                     set an attribute
take      of, n                               the next items of an iterable, at most n
========  ==================================  =============================================
"""

import contextlib
import inspect
import io
import signal
import struct
import sys
import traceback
import warnings
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from itertools import islice
from types import CodeType
from typing import Any

import numpy as np

from gradlab import wire
from gradlab.errors import WireError
from gradlab.kernel.pipes import read_exactly, write_all

MAX_STDOUT = 20_000
MAX_MESSAGE = 2_000
MAX_TRACEBACK = 4_000
MAX_WARNINGS = 20
HEADER = struct.Struct(">I")
UNCHANGED = wire.Handle(0)
UNCHANGING = frozenset({type(None), bool, int, float, str})
BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Agent:
    """Answers requests about the objects of one namespace (the notebook's)."""

    def __init__(self, namespace: MutableMapping[str, Any]) -> None:
        self.namespace = namespace
        self.objects: dict[int, object] = {}
        self._resolved: list[object] = []

    def handle(self, payload: bytes) -> bytes:
        """Answer one request. Never raises: whatever goes wrong is the reply's error."""
        request_id: object = None
        try:
            request = self._decode(payload)
            request_id = request["id"]
            reply = self._answer(request)
            return wire.encode({"id": request_id, **reply}, opaque=self._keep)
        except BaseException as error:
            return wire.encode({"id": request_id, "error": describe(error)})

    def _answer(self, request: dict[str, Any]) -> dict[str, object]:
        operation: Callable[[dict[str, Any]], object] = getattr(self, f"_op_{request['op']}")
        printed = BoundedText(MAX_STDOUT)
        reply: dict[str, object] = {}
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            warnings.catch_warnings(record=True, action="always") as caught,
        ):
            try:
                reply["value"] = operation(request)
            except BaseException as error:
                reply["error"] = describe(error)
        reply["stdout"] = printed.getvalue()
        reply["warnings"] = [
            _safely(_warning_text, item, "Warning") for item in caught[:MAX_WARNINGS]
        ]
        reply["mutated"] = request.get("mutated", [])
        return reply

    def _op_call(self, request: dict[str, Any]) -> object:
        function = self._target(request)
        args, kwargs = request["args"], request["kwargs"]
        before = self._snapshot([*args, *kwargs.values()])
        try:
            return function(*args, **kwargs)
        finally:
            after = self._snapshot([*args, *kwargs.values()])
            if before != after:
                names = argument_names(function, len(args), list(kwargs))
                places = [*range(len(args)), *kwargs]
                compared = zip(places, names, before, after, strict=True)
                request["mutated"] = [[p, name] for p, name, one, other in compared if one != other]

    def _op_keep(self, request: dict[str, Any]) -> object:
        return self._keep(request["value"])

    def _op_define(self, request: dict[str, Any]) -> object:
        scope: dict[str, Any] = {"np": np}
        exec(_compiled(request["source"]), scope)
        return self._keep(scope[request["name"]])

    def _op_fetch(self, request: dict[str, Any]) -> object:
        attribute = request["attr"]
        return request["of"] if attribute is None else getattr(request["of"], attribute)

    def _op_assign(self, request: dict[str, Any]) -> object:
        setattr(request["of"], request["attr"], request["value"])
        return None

    def _op_take(self, request: dict[str, Any]) -> object:
        return list(islice(iter(request["of"]), request["n"]))

    def _target(self, request: dict[str, Any]) -> Callable[..., object]:
        target = request["target"]
        if isinstance(target, str):
            if target not in self.namespace:
                raise NameError(f"name {target!r} is not defined")
            target = self.namespace[target]
        found = target if request["method"] is None else getattr(target, request["method"])
        function: Callable[..., object] = found
        return function

    def _snapshot(self, arguments: list[object]) -> list[object]:
        """Each argument's value now; what came as a handle is the kernel's own, not compared."""
        kept = {id(item) for item in self._resolved}
        return [None if type(item) in UNCHANGING else _state(item, kept) for item in arguments]

    def _keep(self, value: object) -> wire.Handle:
        number = len(self.objects) + 1
        self.objects[number] = value
        return wire.Handle(number, _safely(_type_name, type(value), "object"))

    def _decode(self, payload: bytes) -> dict[str, Any]:
        self._resolved = []
        request = wire.decode(
            payload,
            handle=self._resolve,
            tensor=_to_tensor,
            generator=lambda seed: np.random.default_rng(seed.seed),
        )
        if not isinstance(request, dict) or not isinstance(request.get("id"), int):
            raise WireError("a request must be a dictionary with an integer id")
        return request

    def _resolve(self, handle: wire.Handle) -> object:
        found = self.objects[handle.id]
        self._resolved.append(found)
        return found


@lru_cache(maxsize=64)
def _compiled(source: str) -> CodeType:
    """Checks define the same text for each of their cases."""
    return compile(source, "<check>", "exec")


class BoundedText(io.StringIO):
    """Keeps the first `limit` characters written, and says that there were more."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.room = limit

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        if self.room >= 0:
            super().write(text[: self.room])
            if len(text) > self.room:
                super().write("\n… output truncated …\n")
        self.room -= len(text)
        return len(text)

    def close(self) -> None:
        """Stay open: what was printed is still to be read."""


def describe(error: BaseException) -> dict[str, object]:
    """An exception as plain text: type name, names of its bases, message, traceback."""
    return {
        "type": _safely(_type_name, type(error), "Exception"),
        "bases": [_safely(_type_name, base, "object") for base in type.mro(type(error))[:20]],
        "message": _safely(str, error, "(its message could not be shown)")[:MAX_MESSAGE],
        "traceback": _safely(_traceback_text, error, ""),
    }


def _safely(show: Callable[[Any], str], value: object, otherwise: str) -> str:
    """`show(value)` as an exact string, although the student's code has a say in it."""
    try:
        return str.__str__(show(value))
    except BaseException:
        return otherwise


def _type_name(kind: type) -> str:
    return kind.__name__


def argument_names(function: object, positional: int, keywords: list[str]) -> list[str]:
    """How to call each argument in a message: its parameter's name, else its position."""
    try:
        parameters = list(inspect.signature(function).parameters.values())  # type: ignore[arg-type]
    except Exception:  # builtins have none, and a class of the student's may answer anything
        parameters = []
    known = [item.name for item in parameters if item.kind in BY_POSITION][:positional]
    numbered = [f"argument {i + 1}" for i in range(len(known), positional)]
    return known + numbered + keywords


def serve(reading: int, writing: int) -> None:
    """Answer requests in this thread until the other side says stop or is gone.

    A frame is a 4-byte big-endian length and that many bytes; length 0 means stop.
    """
    from IPython import get_ipython

    agent = Agent(get_ipython().user_ns)
    while (payload := _receive(reading)) is not None:
        reply = agent.handle(payload)
        _send(writing, HEADER.pack(len(reply)) + reply)


def _send(descriptor: int, frame: bytes) -> None:
    """All of it: an interrupt that comes late must not cut an answer in two."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        write_all(descriptor, frame)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _receive(descriptor: int) -> bytes | None:
    """The next frame, or None at the end; an interrupt while nothing runs is ignored."""
    while True:
        try:
            header = read_exactly(descriptor, HEADER.size)
            break
        except KeyboardInterrupt:
            continue
    length = HEADER.unpack(header)[0] if header else 0
    return read_exactly(descriptor, length) if 0 < length <= wire.MAX_BYTES else None


def _state(value: object, kept: set[int]) -> object:
    """Something that stays equal as long as `value` is unchanged, however deep."""
    try:
        return _state_of(value, kept)
    except (WireError, RecursionError):
        return b""


def _state_of(value: object, kept: set[int]) -> object:
    """Most are arrays, whose bytes are compared faster than encoded; what is `kept` is left out."""
    if type(value) in UNCHANGING:  # in a list it may be replaced, also by what equals it
        return type(value), value.hex() if isinstance(value, float) else value
    if id(value) in kept:
        return UNCHANGED
    if type(value) is np.ndarray:
        return value.dtype, value.shape, value.tobytes()
    if type(value) is list or type(value) is tuple:
        return type(value), [_state_of(item, kept) for item in value]
    if type(value) is dict:
        return list(value), [_state_of(item, kept) for item in value.values()]
    return wire.encode(value, opaque=lambda _: UNCHANGED)


def _to_tensor(tensor: wire.Tensor) -> object:
    torch = sys.modules.get("torch")
    return tensor.array if torch is None else torch.from_numpy(tensor.array)


def _warning_text(item: warnings.WarningMessage) -> str:
    return f"{item.category.__name__}: {item.message}"[:200]


def _traceback_text(error: BaseException) -> str:
    """The frames of the student's own code; those of this file are of no use to anybody."""
    below = error.__traceback__
    while below is not None and below.tb_frame.f_code.co_filename == __file__:
        below = below.tb_next
    frames = traceback.extract_tb(below)
    own = [frame for frame in frames if frame.filename != __file__]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(own)]
    lines += traceback.format_exception_only(error)
    return "".join(lines)[-MAX_TRACEBACK:]
