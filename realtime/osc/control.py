"""Controls from the network: a port that takes OSC, and tells controllers such as TouchOSC how things stand.

Whatever arrives, nothing is raised: bad packets are counted by reason, and each reason is named once in the
log. Knows nothing of what controls do.
"""

import contextlib
import ipaddress
import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from configs.errors import ConfigError, SinkError
from configs.genres import GENRES
from realtime.controls import Control, Controls
from realtime.osc.commands import Commands
from realtime.osc.messages import Message, OscError, decode, encode

log = logging.getLogger(__name__)

BURST, PAUSE_S = 20, 0.01
"""At most this many packets, then a pause: a flood (2,000 packets a second and more) may not take the
interpreter from the sound; what comes faster is left to the kernel, which drops it."""

MAX_CONTROLLERS = 8


@dataclass(frozen=True)
class ControlReport:
    """How the control port fared so far."""

    port: int
    packets: int
    controls: int
    bad: dict[str, int]
    """Packets and messages that could not be used, by reason."""

    @property
    def bad_total(self) -> int:
        """All that could not be used."""
        return sum(self.bad.values())


class OscControl:
    """Takes controls on a UDP port and hands them to ``put``.

    Args:
        port: to listen on; 0 takes any free one (see ``port``).
        put: takes a control; must not block (``ControlInbox.put``).
        host: address to listen on; loopback unless told otherwise.
        senders: who may: addresses or networks such as ``192.168.1.0/24``.
        prefix: what addresses begin with.
        show_time_s: the show's time, which taps remember.
        echo_port: where controllers listen; None: the port they send from.
        threaded: False leaves receiving to whoever calls ``handle`` (tests).

    Raises:
        ConfigError: a sender that is no address.
        SinkError: the port cannot be opened.
    """

    def __init__(
        self,
        port: int,
        put: Callable[[Control], None],
        *,
        show_time_s: Callable[[], float],
        host: str = "127.0.0.1",
        senders: Sequence[str] = ("127.0.0.1",),
        prefix: str = "/noverre",
        echo_port: int | None = None,
        threaded: bool = True,
    ) -> None:
        self._put = put
        self._show_time_s = show_time_s
        self._senders = [_network(sender) for sender in senders]
        self._commands = Commands(prefix)
        self._prefix = f"{prefix}/control"
        self._echo_port = echo_port
        self._controllers: dict[tuple[str, int], bool] = {}  # address -> knows how things stand
        self._echoed: Controls | None = None
        self._packets = self._controls = 0
        self._bad: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._receive, name="osc-control", daemon=True)
        if threaded:
            self._thread.start()

    def handle(self, packet: bytes, sender: tuple[str, int]) -> None:
        """Use one packet; never raises."""
        with self._lock:
            self._packets += 1
            if not self._allowed(sender[0]):
                self._note_bad("a sender that is not allowed", f"from {sender[0]}")
                return
            try:
                messages = decode(packet)
            except OscError as error:
                self._note_bad(f"not OSC: {error}", ascii(packet[:40]))
                return
            controls = [self._control(message) for _, message in messages]
            self._meet(sender)
        for control in controls:
            if control is not None:
                self._put(control)

    def echo(self, controls: Controls) -> None:
        """Tell the controllers how things stand, if that has changed; call it once a hop."""
        with self._lock:
            changed = self._echoed is None or controls.once_consumed() != self._echoed
            strangers = [address for address, knows in self._controllers.items() if changed or not knows]
            if changed:
                self._echoed = controls.once_consumed()
                self._commands.remember(controls)
            for address in strangers:
                self._controllers[address] = True
        for packet in map(encode, state_messages(controls, self._prefix)) if strangers else ():
            for address in strangers:
                with contextlib.suppress(OSError):  # a controller that has gone away is no trouble of ours
                    self._socket.sendto(packet, address)

    def report(self) -> ControlReport:
        """The counters so far."""
        with self._lock:
            return ControlReport(self.port, self._packets, self._controls, dict(self._bad))

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)
        self._socket.close()

    def _control(self, message: Message) -> Control | None:
        try:
            control = self._commands.control(message, self._show_time_s())
        except OscError as error:
            self._note_bad(str(error), ascii(message)[:120])
            return None
        self._controls += control is not None
        return control

    def _allowed(self, host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])
        return any(address in network for network in self._senders)

    def _meet(self, sender: tuple[str, int]) -> None:
        address = (sender[0], self._echo_port or sender[1])
        if address not in self._controllers:
            if len(self._controllers) == MAX_CONTROLLERS:
                del self._controllers[next(iter(self._controllers))]
            self._controllers[address] = False

    def _note_bad(self, reason: str, what: str) -> None:
        if reason not in self._bad:
            log.warning("OSC control: %s (%s); more of these are only counted", reason, what)
        self._bad[reason] += 1

    def _receive(self) -> None:
        while not self._closed.is_set():
            if self._receive_burst() == BURST:
                self._closed.wait(PAUSE_S)

    def _receive_burst(self) -> int:
        for count in range(BURST):
            try:
                packet, sender = self._socket.recvfrom(65_536)
            except TimeoutError:
                return count
            except OSError:  # the answer to an echo that nobody wanted
                continue
            self.handle(packet, sender[:2])
        return BURST


def state_messages(controls: Controls, prefix: str) -> list[Message]:
    """How things stand, on the same addresses on which it is controlled."""
    faders = [
        Message(f"{prefix}/mix/{genre}", (float(weight),))
        for genre, weight in zip(GENRES, controls.style, strict=True)
    ]
    return [
        Message(f"{prefix}/style", (controls.style_name,)),
        *faders,
        Message(f"{prefix}/intensity", (float(controls.intensity),)),
        Message(f"{prefix}/tempo", (float(controls.bpm or 0.0),)),
        Message(f"{prefix}/mute", (int(controls.mute),)),
        Message(f"{prefix}/song", (controls.song,)),
    ]


def _network(sender: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(sender, strict=False)
    except ValueError as error:
        raise ConfigError(
            f"osc_control.senders: {sender!r} is no address; write one such as 192.168.1.20 "
            "or a network such as 192.168.1.0/24"
        ) from error


def _listen(host: str, port: int) -> socket.socket:
    try:
        if not 0 <= port < 65_536:  # the system would quietly take another one
            raise OverflowError("a port is a number from 1 to 65535")
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        listening = socket.socket(family, kind)
        listening.bind(address)
    except (OSError, OverflowError) as error:
        raise SinkError(
            f"osc_control: {host}:{port} cannot be listened on ({error}): choose another port or host"
        ) from error
    listening.settimeout(0.2)
    return listening
