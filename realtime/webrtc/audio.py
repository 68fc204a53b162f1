"""The thread that turns the show's blocks into Opus, 20 ms at a time, each just before it must leave.

Just before, so that a flush (panic, a new bundle) is heard at once and not after a full queue.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

from realtime.priority import prefer_stream
from realtime.types import Block, Samples
from realtime.webrtc.opus import LOOK_AHEAD, SAMPLES_PER_PACKET, OpusEncoder
from realtime.webrtc.pacer import Pacer
from realtime.webrtc.packets import MediaPacket
from realtime.webrtc.timeline import Timeline

PATIENCE_S = 0.06
"""A packet whose sound has not come is held this long past its time, then it is silence."""
INBOX = 256
"""Blocks and events that may wait for the encoder; it takes them within milliseconds."""


class AudioEncoder:
    """Blocks in, Opus packets out, in step with the show's clock.

    Args:
        sample_rate: of the blocks, Hz.
        bitrate: bit/s.
        deliver: takes each packet; called in the encoder's thread.
        wanted: whether anybody listens; nothing is encoded for nobody.
    """

    def __init__(
        self,
        sample_rate: int,
        bitrate: int,
        deliver: Callable[[MediaPacket], None],
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self.timeline = Timeline(sample_rate, time.perf_counter())
        self.pacer = Pacer()
        self.packets = 0
        self.compute_s = 0.0
        """CPU seconds spent in encoding, all packets together."""
        self._deliver, self._wanted = deliver, wanted
        self._opus = OpusEncoder(bitrate)
        self._changed = threading.Condition()
        self._inbox: deque[tuple[Block, float, float] | Callable[[], None]] = deque(maxlen=INBOX)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="opus", daemon=True)
        self._thread.start()

    def push(self, block: Block, heard_at_s: float) -> None:
        """The next block of the show; returns at once."""
        self._leave((block, heard_at_s, time.perf_counter()))

    def then(self, work: Callable[[], None]) -> None:
        """Call ``work`` in the encoder's thread once the blocks given so far lie on the time line."""
        self._leave(work)

    def _leave(self, item: tuple[Block, float, float] | Callable[[], None]) -> None:
        with self._changed:
            self._inbox.append(item)
            self._changed.notify()

    def media_of(self, show_sample: int) -> int:
        """The media sample at which a listener's decoder gives out a sample of the show."""
        return self.timeline.media_of(show_sample) + LOOK_AHEAD

    def media_at(self, heard_at_s: float) -> int:
        """The media sample that a listener's decoder gives out for a time of hearing."""
        return self.timeline.media_at(heard_at_s) + LOOK_AHEAD

    def close(self) -> None:
        """Stop the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        prefer_stream()
        while not self._stopped:
            self._take_inbox()
            position = self.timeline.position
            due_s = self.pacer.due_s(self.timeline.heard_at_s(position))
            if not self._wait_for_sound(position):
                return
            samples = self.timeline.take(SAMPLES_PER_PACKET)
            if self._wanted():
                self._encode(samples, position, due_s)

    def _wait_for_sound(self, position: int) -> bool:
        """Wait until the next packet is due and known, or overdue. False when stopped."""
        while True:
            self._take_inbox()
            due_s = self.timeline.heard_at_s(position) - self.pacer.advance_s
            ready = self.timeline.ready(SAMPLES_PER_PACKET)
            with self._changed:
                wait_s = due_s - time.perf_counter() + (0.0 if ready else PATIENCE_S)
                if self._stopped or wait_s <= 0:
                    return not self._stopped
                if not self._inbox:
                    self._changed.wait(wait_s)

    def _take_inbox(self) -> None:
        while self._inbox:
            item = self._inbox.popleft()
            if callable(item):
                item()
                continue
            block, heard_at_s, arrived_s = item
            self.pacer.arrived(heard_at_s, arrived_s)
            self.timeline.push(block, heard_at_s)

    def _encode(self, samples: Samples, position: int, due_s: float) -> None:
        started_s = time.thread_time()
        payload = self._opus.encode(samples)
        self.compute_s += time.thread_time() - started_s
        self.packets += 1
        self._deliver(MediaPacket((payload,), position, due_s=due_s))
