"""OSC packets in a byte stream (TCP): a length before each (OSC 1.0) or SLIP around each (OSC 1.1, RFC 1055).

Pure: bytes in, bytes out. Knows nothing of sockets.
"""

import struct
from typing import Protocol

from realtime.osc.messages import OscError

MAX_PACKET_BYTES = 65_536

END, ESC, ESC_END, ESC_ESC = b"\xc0", b"\xdb", b"\xdc", b"\xdd"


class Reader(Protocol):
    """Collects the bytes of a stream and gives back the packets that are complete."""

    def feed(self, data: bytes) -> list[bytes]:
        """Packets completed by ``data``."""
        ...


def length_prefixed(packet: bytes) -> bytes:
    """OSC 1.0 over TCP: the packet's size as a 32-bit integer, then the packet."""
    return struct.pack(">I", len(packet)) + packet


def slip(packet: bytes) -> bytes:
    """OSC 1.1 over TCP: an END byte on both sides, END and ESC inside the packet escaped."""
    return END + packet.replace(ESC, ESC + ESC_ESC).replace(END, ESC + ESC_END) + END


class LengthReader:
    """The packets of an OSC 1.0 stream."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Packets completed by ``data``. Raises OscError when a length is beyond any OSC packet."""
        self._pending += data
        packets = []
        while len(self._pending) >= 4:
            (size,) = struct.unpack_from(">I", self._pending)
            if size > MAX_PACKET_BYTES:
                raise OscError(
                    "the stream's packet length is absurd; is the other side set to SLIP (OSC 1.1)?"
                )
            if len(self._pending) < 4 + size:
                break
            packets.append(self._pending[4 : 4 + size])
            self._pending = self._pending[4 + size :]
        return packets


class SlipReader:
    """The packets of an OSC 1.1 stream."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Packets completed by ``data``. Raises OscError when no END comes for too long."""
        *frames, self._pending = (self._pending + data).split(END)
        if len(self._pending) > 2 * MAX_PACKET_BYTES:
            raise OscError("no end of packet in the stream; is the other side set to lengths (OSC 1.0)?")
        return [frame.replace(ESC + ESC_END, END).replace(ESC + ESC_ESC, ESC) for frame in frames if frame]
