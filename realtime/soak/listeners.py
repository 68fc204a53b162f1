"""Starts listeners in a process of their own, and takes their account of what they heard."""

import json
import socket
import subprocess
import sys
from dataclasses import dataclass

GONE = json.dumps([])


@dataclass(frozen=True)
class Account:
    """What one listener got, see ``realtime.soak.listener.Received``."""

    packets: int
    lost: int
    frames: int
    beats: int
    joined_s: float
    gaps: list[tuple[float, float]]
    error: str


class Listeners:
    """``count`` WHEP sessions with ``url``."""

    def __init__(self, url: str, count: int) -> None:
        command = [sys.executable, "-m", "realtime.soak.listener", f"{url}/whep", str(count)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    @property
    def pid(self) -> int:
        """Of their process."""
        return self._process.pid

    def end(self) -> list[Account]:
        """They leave, and tell; nothing if their process has died."""
        try:
            said = self._process.communicate(timeout=20)[0]
            return [Account(**one) for one in json.loads(said or GONE)]
        except (subprocess.TimeoutExpired, ValueError, OSError):
            self._process.kill()
            self._process.wait()
            return []


def free_port() -> int:
    """A TCP port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
