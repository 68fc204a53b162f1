"""From one encoder to all listeners: a short queue that loses its oldest, and one task that sends.

A slow network or a busy loop costs packets, never delay. Knows nothing of what the packets hold.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable

from realtime.webrtc.packets import MediaPacket
from realtime.webrtc.sender import SharedSender

KEYFRAME_EVERY_S = 0.5
"""Requests for whole pictures are granted at most this often, however many listeners ask."""


LATE_S = 0.02


class Fanout:
    """One medium of one performer on its way to every listener.

    Args:
        depth: packets that may wait; older ones are dropped and counted.
        timestamp_at: media clock of what is presented at a ``time.perf_counter`` second.
        want_keyframe: asks the encoder for a whole picture.
    """

    def __init__(
        self,
        depth: int,
        timestamp_at: Callable[[float], int],
        want_keyframe: Callable[[], None] = lambda: None,
    ) -> None:
        self.timestamp_origin = random.randrange(1 << 31)
        self.timestamp_at = timestamp_at
        self.dropped_packets = 0
        self.sent_packets = 0
        self.latest_timestamp = 0
        self.late_packets = 0
        """Packets that left more than 20 ms after they were due."""
        self.worst_late_s = 0.0
        self._ask_encoder = want_keyframe
        self._asked_s = -KEYFRAME_EVERY_S
        self._wished = False
        self._senders: set[SharedSender] = set()
        self._waiting: deque[MediaPacket] = deque()
        self._depth = depth
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()

    @property
    def listeners(self) -> int:
        """How many receive this medium."""
        return len(self._senders)

    def join(self, sender: SharedSender) -> None:
        """Add a listener; a picture begins with a whole one."""
        self._senders.add(sender)
        self.want_keyframe()

    def leave(self, sender: SharedSender) -> None:
        """Remove a listener."""
        self._senders.discard(sender)

    def want_keyframe(self) -> None:
        """Ask for a whole picture; a wish that comes too soon is granted a little later."""
        self._wished = True
        self._grant()

    def _grant(self) -> None:
        now_s = time.perf_counter()
        if self._wished and now_s - self._asked_s >= KEYFRAME_EVERY_S:
            self._asked_s, self._wished = now_s, False
            self._ask_encoder()

    def offer(self, packet: MediaPacket) -> None:
        """Hand over a packet, from any thread; never blocks."""
        if self._loop is None or not self._senders:
            return
        self._waiting.append(packet)
        while len(self._waiting) > self._depth:
            self._waiting.popleft()
            self.dropped_packets += 1
        self._loop.call_soon_threadsafe(self._news.set)

    def flush(self) -> None:
        """Forget what has not been sent."""
        self._waiting.clear()

    def _note_lateness(self, packet: MediaPacket) -> None:
        if packet.due_s:
            late_s = time.perf_counter() - packet.due_s
            self.late_packets += late_s > LATE_S
            self.worst_late_s = max(self.worst_late_s, late_s)

    async def run(self) -> None:
        """Send until cancelled. Runs in the loop that owns the senders."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                self._grant()
                while self._waiting:
                    packet = self._waiting.popleft()
                    self.latest_timestamp = packet.timestamp
                    self._note_lateness(packet)
                    for sender in tuple(self._senders):
                        await sender.forward(packet)
                    self.sent_packets += 1
        finally:
            self._loop = None
