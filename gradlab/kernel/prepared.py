"""Inside: an IPython kernel in two halves, so that it can be ready before it is forked.

What ipykernel makes when it starts, its shell first of all, a warm parent makes once. Only what
cannot be forked is left for the child: the streams that catch what is printed, and an event loop.
ZeroMQ's sockets and threads cannot be forked either, and are not needed: requests and answers
travel over two pipes of the launcher's, which reads them in `gradlab.kernel.link`. A kernel that
is started does the same, one half after the other. How messages are written,
`gradlab.kernel.protocol` says.
"""

import asyncio
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from ipykernel import iostream
from ipykernel.compiler import XCachingCompiler
from ipykernel.iostream import BackgroundSocket, IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from tornado.ioloop import IOLoop
from traitlets import Any as AnyTrait

from gradlab.kernel import agent
from gradlab.kernel.pipes import read_exactly, write_all
from gradlab.kernel.protocol import LENGTH, NO_REQUEST, REPLY, SERVE
from gradlab.kernel.shell import NoShell, QuickNames

OPTIONS = (
    *("--HistoryManager.hist_file=:memory:", "--HistoryManager.enabled=False"),
    "--InteractiveShell.colors=nocolor",  # pages show none, and they take half of an error's time
    "--IPythonKernel._execute_sleep=0",  # it helps clients that do not wait for all of the output
)
REPLIED = ("status", "execution_count", "ename", "evalue")
MAX_REPLIED = 2000
REHEARSED = ("pass", "raise ValueError")
LAST_ERROR = ("last_exc", "last_type", "last_value", "last_traceback")
STREAMS = {"stdout": 1, "stderr": 2}
Frames = list[bytes]


class PlainSession(Session):  # type: ignore[misc]
    """Messages without signatures and dates: who could forge one is inside as well."""

    def send(
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        *others: object,
        **more: object,
    ) -> dict[str, Any]:
        """Send a message, made before or here; it is returned as jupyter_client does."""
        message: dict[str, Any] = msg_or_type
        if not isinstance(msg_or_type, dict):
            message = self.msg(msg_or_type, content, parent)
        outlet = stream.io_thread if isinstance(stream, BackgroundSocket) else stream
        if outlet.muted:
            return message
        kind, request = message["msg_type"], message["parent_header"].get("msg_id", "")
        sent = message["content"]
        if kind == "execute_reply":  # an error has been published, in full
            sent = {key: _short(sent[key]) for key in REPLIED if key in sent}
        outlet.send(self.pack([kind, request, sent]))
        return message

    def feed_identities(self, msg_list: Any, copy: bool = True) -> tuple[Frames, Any]:
        """There are none."""
        return [], msg_list

    def deserialize(self, msg_list: Any, content: bool = True, copy: bool = True) -> dict[str, Any]:
        """A request, as a handler expects it."""
        kind, number, found = json.loads(msg_list[0])
        request: dict[str, Any] = self.msg(kind, found, header={**_HEADER, **_named(kind, number)})
        return request


_HEADER = {"username": "", "session": "", "version": "5.4"}


def _named(kind: str, number: str) -> dict[str, str]:
    return {"msg_type": kind, "msg_id": number}


class Outlet(IOPubThread):  # type: ignore[misc]
    """Sends what a kernel publishes at once, in whatever thread does; it is no thread itself."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.background_socket = BackgroundSocket(self)
        self.thread = threading.Thread()  # never started, which ipykernel is prepared for
        self.io_loop = Later()
        self.answers: int | None = None
        self.muted = self.forked = False
        self._lock = threading.RLock()  # what is deleted meanwhile may publish something, too

    def send(self, payload: bytes) -> None:
        """Send one message, whole: an interrupt must not cut it in two."""
        if self.forked:
            _pass_on(payload)
        if self.answers is None or self.forked:
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with self._lock:
                write_all(self.answers, LENGTH.pack(len(payload)) + payload)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def send_multipart(self, frames: Frames, *others: object, **more: object) -> None:
        """The same, for those who take it for a ZeroMQ socket."""
        self.send(b"".join(frames))

    def attach(self, answers: int) -> None:
        """From now on there is somebody to send to, at that open file."""
        self.answers = answers
        os.register_at_fork(before=self._lock.acquire, after_in_parent=self._lock.release)
        os.register_at_fork(after_in_child=self._leave)

    def _leave(self) -> None:
        """In a process that the notebook forked: two cannot write to one connection."""
        self._lock.release()
        self.forked = True


class Later:
    """The part of an event loop that output streams use: to flush themselves in a while."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[float, Callable[[], None]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def call_later(self, seconds: float, function: Callable[[], None]) -> None:
        """Call `function` in a thread; all callers wait equally long."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="IOPub")
            self._thread.start()
        self._waiting.put((time.monotonic() + seconds, function))

    def _run(self) -> None:
        while True:
            due, function = self._waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            with suppress(Exception):  # the next one is another's
                function()


class OutStream(iostream.OutStream):  # type: ignore[misc]
    """What cannot be sent must not keep a cell from its reply; ipykernel has a thread for that."""

    def _flush(self) -> None:
        try:
            super()._flush()
        except Exception:  # a thread may have printed more than there is memory for
            self._rotate_buffers()


class PreparedKernel(IPythonKernel):  # type: ignore[misc]
    """Answers one request after the other; what says only that it began is left out."""

    shell_stream = AnyTrait()
    shell_class = NoShell
    compiler_class = QuickNames
    _supports_kernel_subshells = False

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
        self.shell_handlers[SERVE] = self.serve_request

    def start(self) -> None:
        """There are no streams to register."""
        self.io_loop = IOLoop.current()

    def serve_request(self, stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        """Serve calls until told to stop; what is shown meanwhile nobody sees."""
        self.iopub_thread.muted = True
        try:
            agent.serve(*parent["content"]["files"])
        finally:
            self.iopub_thread.muted = False
        self.session.send(stream, f"serve{REPLY}", {"status": "ok"}, parent)

    def _publish_execute_input(self, *others: object, **more: object) -> None:
        """The number of the cell is in its reply, too."""

    def _publish_status(self, *others: object, **more: object) -> None:
        pass

    def _publish_status_and_flush(self, *others: object, **more: object) -> None:
        pass

    def _abort_queues(self, subshell_id: object = None) -> None:
        """There is no queue: the next request comes when this one is answered."""


class PreparedApp(IPKernelApp):  # type: ignore[misc]
    """ipykernel's application in two halves: `initialize` in the parent, `attend` in the child."""

    kernel_class = PreparedKernel
    outstream_class = f"{__name__}.OutStream"

    def init_connection_file(self) -> None:
        """There is none."""

    write_connection_file = log_connection_info = init_heartbeat = init_connection_file

    def init_sockets(self) -> None:
        """One outlet, which is attached to a pipe in the child."""
        self.session = PlainSession(parent=self)
        self.iopub_thread = Outlet(self.session)
        self.iopub_socket = self.iopub_thread.background_socket

    def init_io(self) -> None:
        """Streams have threads, so they are made in the child."""

    def init_kernel(self) -> None:
        """The kernel with its shell."""
        self.kernel = self.kernel_class.instance(
            parent=self,
            session=self.session,
            shell_stream=self.iopub_thread,
            iopub_thread=self.iopub_thread,
            iopub_socket=self.iopub_socket,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )

    def attend(self, requests: int, answers: int) -> None:
        """Be the kernel at the other end of two pipes until the first is closed."""
        self.session.session = os.urandom(16).hex()
        os.makedirs(self.profile_dir.location, exist_ok=True)
        self.profile_dir.check_dirs()
        self.iopub_thread.attach(answers)
        IPKernelApp.init_io(self)
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count
        self.init_signal()
        self.iopub_thread.send(self.session.pack(["ready", NO_REQUEST, {}]))
        asyncio.run(self._answer_all(requests))

    async def _answer_all(self, requests: int) -> None:
        """What the notebook left running in the loop goes on while no cell runs."""
        self.kernel.start()
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(requests, ready.set)
        while True:
            await ready.wait()
            ready.clear()
            request = _received(requests)
            if request is None:
                os._exit(0)  # whatever the notebook would like to do before
            await self.kernel.shell_main(None, [request, b""])


def prepare(*, shell: bool = False) -> PreparedApp:
    """Everything that can be done before there is a submission.

    Args:
        shell: whether there is one, for `!ls`; IPython's own classes are used then.
    """
    if shell:
        PreparedKernel.shell_class = ZMQInteractiveShell
        PreparedKernel.compiler_class = XCachingCompiler
    app: PreparedApp = PreparedApp.instance()
    app.initialize(list(OPTIONS))
    app.log.setLevel(app.log_level)  # else a record is made of every message that nobody reads
    _rehearse(app.kernel)
    return app


def _rehearse(kernel: PreparedKernel) -> None:
    """What the first cell and the first error look up and import, they remember."""
    for source in REHEARSED:
        asyncio.run(kernel.do_execute(source, silent=True, store_history=False))
    kernel.shell.display_formatter.format(0)
    for name in LAST_ERROR:
        vars(sys).pop(name, None)
    kernel.shell._last_traceback = None


def _short(value: object) -> object:
    return value[:MAX_REPLIED] if isinstance(value, str) else value


def _pass_on(payload: bytes) -> None:
    """What a process that the notebook forked prints is caught where the notebook's runs."""
    kind, _, content = json.loads(payload)
    if kind == "stream":
        os.write(STREAMS[content["name"]], content["text"].encode("utf-8", "replace"))


def _received(requests: int) -> bytes | None:
    """The next message; None at the end."""
    header = read_exactly(requests, LENGTH.size)
    return None if header is None else read_exactly(requests, LENGTH.unpack(header)[0])
