"""A subject in this process: trusted code called through the same agent and the same encoding.

Solutions, stubs, misconceptions and alternatives are judged this way, so what `gradlab lint`
finds out holds for a sandboxed kernel too.
"""

from collections.abc import Callable
from typing import Any

from gradlab.judge.subject import Student
from gradlab.kernel.agent import Agent

Namespace = dict[str, Any]
NamespaceFactory = Callable[[], Namespace]


class LocalChannel:
    """Answers with an agent of this process; has no time limit, since the code is the course's."""

    def __init__(self, namespace: Namespace) -> None:
        self._agent = Agent(namespace)

    def request(self, payload: bytes, seconds: float) -> bytes:
        return self._agent.handle(payload)


def local_student(namespace: Namespace) -> Student:
    """A `student` whose functions are those of `namespace`."""
    return Student(LocalChannel(namespace))
