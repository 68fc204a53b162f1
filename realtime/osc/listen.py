"""A port that takes OSC as a desk would, and notes when each message came. For the monitor.

Knows nothing of what the messages mean.
"""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from configs.errors import SinkError
from realtime.osc.framing import LengthReader, Reader, SlipReader
from realtime.osc.messages import Message, OscError, decode

POLL_S = 0.1


@dataclass(frozen=True)
class Arrival:
    """A message and the ``perf_counter`` second at which it came; ``bad`` says what was no OSC."""

    time_s: float
    message: Message | None
    tag: int = 1
    bad: str = ""


class Listener:
    """Takes packets on one port, by UDP or from one TCP sender after the other.

    Raises:
        SinkError: the port cannot be opened.
    """

    def __init__(self, host: str, port: int, transport: str = "udp") -> None:
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        try:
            self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
            if transport != "udp":
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, port))
        except (OSError, OverflowError) as error:
            raise SinkError(
                f"{host}:{port} cannot be listened on ({error}): choose another --port"
            ) from error
        self._socket.settimeout(POLL_S)
        self._transport = transport
        self._sender: socket.socket | None = None
        self._reader: Reader = LengthReader()
        if transport != "udp":
            self._socket.listen(1)
        self.port: int = self._socket.getsockname()[1]

    def arrivals(self) -> Iterator[Arrival]:
        """What came in the last tenth of a second, or as soon as something comes."""
        try:
            packets = self._datagram() if self._transport == "udp" else self._stream()
        except TimeoutError:
            return
        except OscError as error:
            yield Arrival(time.perf_counter(), None, bad=str(error))
            self._hang_up()
            return
        now_s = time.perf_counter()
        for packet in packets:
            try:
                yield from [Arrival(now_s, message, tag) for tag, message in decode(packet)]
            except OscError as error:
                yield Arrival(now_s, None, bad=str(error))

    def close(self) -> None:
        """Let the port go."""
        self._hang_up()
        self._socket.close()

    def _datagram(self) -> list[bytes]:
        return [self._socket.recv(65_536)]

    def _stream(self) -> list[bytes]:
        if self._sender is None:
            self._sender, _ = self._socket.accept()
            self._sender.settimeout(POLL_S)
            self._reader = SlipReader() if self._transport == "slip" else LengthReader()
        try:
            data = self._sender.recv(65_536)
        except TimeoutError:
            raise
        except OSError:
            data = b""
        if not data:
            self._hang_up()
        return self._reader.feed(data)

    def _hang_up(self) -> None:
        if self._sender is not None:
            self._sender.close()
        self._sender = None
