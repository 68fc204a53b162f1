"""Bytes to one receiver, never waiting for it. Knows nothing of OSC, beats or other receivers.

Everything here is non-blocking: a dead, slow or refusing receiver costs a counter, not time. TCP holds a
short queue; what has waited there too long is thrown away, because an old beat is worse than none.
"""

import errno
import select
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

QUEUE_PACKETS = 128
MAX_AGE_S = 0.25
"""Packets that have waited longer for a slow receiver are dropped."""

CONNECT_TIMEOUT_S = 3.0
FIRST_BACKOFF_S, MAX_BACKOFF_S = 0.5, 10.0
POLL_S = 0.004
"""How often a connection that is busy is looked at."""

_BUSY = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS)


class Transport(Protocol):
    """A way to one receiver."""

    connected: bool
    last_error: str
    dropped: int

    def send(self, packet: bytes, now_s: float) -> bool:
        """Hand one packet over; False when it was dropped."""
        ...

    def pump(self, now_s: float) -> float:
        """Go on with what is under way; returns when it would like to be called again (seconds)."""
        ...

    def close(self) -> None:
        """Let the receiver go."""
        ...


class Address:
    """A host and port on the way to becoming a socket address, without waiting for a name server."""

    RETRY_S = 10.0

    def __init__(self, host: str, port: int, kind: socket.SocketKind) -> None:
        self.host, self.port, self._kind = host, port, kind
        self.family = socket.AF_INET
        self.found: tuple[Any, ...] | str = ""
        self.error = ""
        self._thread: threading.Thread | None = None
        self._next_try_s = float("-inf")
        self._look_up(socket.AI_NUMERICHOST)

    def resolve(self, now_s: float) -> bool:
        """True when the address is known; otherwise a look-up runs on a thread of its own."""
        if not self.found and now_s >= self._next_try_s and not (self._thread and self._thread.is_alive()):
            self._next_try_s = now_s + self.RETRY_S
            self._thread = threading.Thread(target=self._look_up, args=(0,), name="osc-name", daemon=True)
            self._thread.start()
        return bool(self.found)

    def _look_up(self, flags: int) -> None:
        try:
            found = socket.getaddrinfo(self.host, self.port, type=self._kind, flags=flags)
        except (OSError, UnicodeError):
            self.error = f"{self.host} cannot be found: check the name or write its address"
            return
        self.family, _, _, _, self.found = found[0]
        self.error = ""


class UdpTransport:
    """Datagrams to one receiver. ``connected`` is False while the receiver's machine says nobody listens."""

    def __init__(self, host: str, port: int) -> None:
        self._address = Address(host, port, socket.SOCK_DGRAM)
        self._socket: socket.socket | None = None
        self.dropped = 0
        self.connected = True
        self.last_error = ""

    def send(self, packet: bytes, now_s: float) -> bool:
        """Send one datagram; False (and counted) when it could not leave."""
        if self._socket is None and not self._open(now_s):
            self.dropped += 1
            return False
        for attempt in (1, 2):
            try:
                self._socket.send(packet)  # type: ignore[union-attr]
                self.connected = self.connected if attempt == 2 else True
                return True
            except ConnectionRefusedError:
                # The answer to an earlier datagram; this one has not left yet, so try it again.
                self._fail(f"nobody listens on {self._address.host}:{self._address.port} (refused)")
            except OSError as error:
                self._fail(f"{self._address.host}:{self._address.port}: {error.strerror or error}")
                break
        self.dropped += 1
        return False

    def pump(self, now_s: float) -> float:
        """Nothing is ever under way."""
        return float("inf")

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()

    def _open(self, now_s: float) -> bool:
        if not self._address.resolve(now_s):
            if self._address.error:
                self._fail(self._address.error)
            return False
        opened = socket.socket(self._address.family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            opened.connect(self._address.found)  # no packet: it only lets the kernel tell us of refusals
        except OSError as error:
            opened.close()
            self._fail(f"{self._address.host}:{self._address.port}: {error.strerror or error}")
            return False
        self._socket = opened
        return True

    def _fail(self, reason: str) -> None:
        self.connected = False
        self.last_error = reason


class TcpTransport:
    """A stream to one receiver that connects by itself, and again when it breaks.

    Args:
        host, port: of the receiver, which listens.
        frame: puts a packet into the stream's framing.
    """

    def __init__(self, host: str, port: int, frame: Callable[[bytes], bytes]) -> None:
        self._address = Address(host, port, socket.SOCK_STREAM)
        self._frame = frame
        self._socket: socket.socket | None = None
        self._queue: deque[tuple[float, bytes]] = deque()
        self._partial = b""  # the rest of a packet of which a part has left: it must be finished
        self._retry_at_s = float("-inf")
        self._give_up_at_s = float("inf")
        self._backoff_s = FIRST_BACKOFF_S
        self.dropped = 0
        self.connected = False
        self.last_error = ""

    def send(self, packet: bytes, now_s: float) -> bool:
        """Send or queue one packet; False when nobody is connected (it is dropped and counted)."""
        if not self.connected:
            self.pump(now_s)
        if not self.connected:
            self.dropped += 1
            return False
        if len(self._queue) == QUEUE_PACKETS:
            self._queue.popleft()
            self.dropped += 1
        self._queue.append((now_s, self._frame(packet)))
        self._write(now_s)
        return True

    def pump(self, now_s: float) -> float:
        """Connect, reconnect, write what waits, throw away what the receiver says to us."""
        if self._socket is None:
            return self._connect(now_s)
        if not self.connected:
            return self._finish_connecting(now_s)
        self._discard_input(now_s)
        self._write(now_s)
        return now_s + POLL_S if self._queue or self._partial else float("inf")

    def close(self) -> None:
        """Close the connection; what waits is not sent."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self.connected = None, False

    def _connect(self, now_s: float) -> float:
        if now_s < self._retry_at_s:
            return self._retry_at_s
        if not self._address.resolve(now_s):
            self.last_error = self._address.error or self.last_error
            return now_s + 0.1
        self._socket = socket.socket(self._address.family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._give_up_at_s = now_s + CONNECT_TIMEOUT_S
        code = self._socket.connect_ex(self._address.found)
        if code not in (0, errno.EINPROGRESS):
            return self._break(now_s, errno.errorcode.get(code, str(code)))
        return self._finish_connecting(now_s)

    def _finish_connecting(self, now_s: float) -> float:
        assert self._socket is not None
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        if not poll.poll(0):
            if now_s >= self._give_up_at_s:
                return self._break(now_s, f"no answer for {CONNECT_TIMEOUT_S:.0f} s")
            return now_s + POLL_S
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            refused = code == errno.ECONNREFUSED
            return self._break(
                now_s, "nobody listens (refused)" if refused else errno.errorcode.get(code, str(code))
            )
        self.connected, self._backoff_s = True, FIRST_BACKOFF_S
        return float("inf")

    def _write(self, now_s: float) -> None:
        while self._queue and now_s - self._queue[0][0] > MAX_AGE_S:
            self._queue.popleft()
            self.dropped += 1
        while self._socket is not None and (self._partial or self._queue):
            data = self._partial or self._queue[0][1]
            try:
                sent = self._socket.send(data)
            except OSError as error:
                if error.errno not in _BUSY:
                    self._break(now_s, error.strerror or str(error))
                return
            if not self._partial:
                self._queue.popleft()
            self._partial = data[sent:]

    def _discard_input(self, now_s: float) -> None:
        """Desks talk back on the same connection; unread, their talk would fill it and block them."""
        try:
            while self._socket is not None:
                if not self._socket.recv(65_536):
                    self._break(now_s, "the receiver closed the connection")
        except OSError as error:
            if error.errno not in _BUSY:
                self._break(now_s, error.strerror or str(error))

    def _break(self, now_s: float, reason: str) -> float:
        self.close()
        self.dropped += len(self._queue) + bool(self._partial)
        self._queue.clear()
        self._partial = b""
        self.last_error = f"{self._address.host}:{self._address.port}: {reason}"
        self._retry_at_s = now_s + self._backoff_s
        self._backoff_s = min(2 * self._backoff_s, MAX_BACKOFF_S)
        return self._retry_at_s
