"""A stage server on a free loopback port, and shortcuts to speak to it."""

import json
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass

import pytest

from configs.schema import Stage
from realtime.controls import ControlInbox
from realtime.stage.server import StageServer

SAMPLE_RATE = 22_050


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


class Client:
    """HTTP without redirects, retries or opinions."""

    def __init__(self, server: StageServer) -> None:
        self.server = server
        self.port = server._config.port

    def __call__(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, headers=named, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def raw(self, data: bytes, timeout_s: float = 5.0) -> bytes:
        """Send bytes as they are; all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as line:
            line.sendall(data)
            parts = []
            try:
                while part := line.recv(65536):
                    parts.append(part)
            except TimeoutError:
                pass
        return b"".join(parts)


@pytest.fixture
def stage():
    """Makes stage servers; closes them."""
    made = []

    def make(takes=None, **config):
        inbox = ControlInbox()
        server = StageServer(Stage(port=free_port(), **config), inbox, SAMPLE_RATE, takes=takes)
        server.inbox = inbox
        made.append(server)
        return server

    yield make
    for server in made:
        server.close()


@pytest.fixture
def http(stage):
    """A client of a plain stage on loopback."""
    return Client(stage())
