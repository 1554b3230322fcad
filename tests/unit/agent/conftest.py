"""A trusted side in a few lines: asks an agent of this process and decodes what it answers."""

import pytest

from gradlab import wire
from gradlab.kernel.agent import Agent


class Caller:
    """Sends requests as the judge does; `call` answers with the whole reply."""

    def __init__(self, **namespace):
        self.agent = Agent(namespace)
        self.count = 0

    def ask(self, op, **fields):
        self.count += 1
        payload = self.agent.handle(wire.encode({"id": self.count, "op": op, **fields}))
        reply = wire.decode(payload)
        assert reply["id"] == self.count
        return reply

    def call(self, target, *args, method=None, **kwargs):
        return self.ask("call", target=target, method=method, args=list(args), kwargs=kwargs)

    def value(self, target, *args, **kwargs):
        reply = self.call(target, *args, **kwargs)
        assert "error" not in reply, reply["error"]
        return reply["value"]

    def keep(self, value):
        return self.ask("keep", value=value)["value"]

    def fetch(self, handle, attr=None):
        return self.ask("fetch", of=handle, attr=attr)["value"]


@pytest.fixture
def caller():
    """Makes a `Caller` whose notebook defines the names given."""
    return Caller
