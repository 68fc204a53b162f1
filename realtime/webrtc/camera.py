"""A performer's camera that comes through the browser: one slot that holds the newest picture.

Knows nothing of who looks. A slow reader misses pictures, it never makes them late.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from realtime.sources import shrink
from realtime.types import Frame, Image
from realtime.webrtc.latest_slot import LatestSlot

CLOCK_RATE = 90_000
SMOOTHED_S = 5.0


class StampSmoother:
    """Arrival times freed of the network's jitter by the sender's own media clock.

    A picture cannot arrive before it was sent: the smallest difference of the last seconds between
    arrival and media time is the steadiest offset there is.
    """

    def __init__(self) -> None:
        self._offsets: deque[tuple[float, float]] = deque()

    def stamp(self, media_s: float, arrival_s: float) -> float:
        """When the picture would have arrived on an even line, never later than it did."""
        self._offsets.append((arrival_s, arrival_s - media_s))
        while self._offsets[0][0] < arrival_s - SMOOTHED_S:
            self._offsets.popleft()
        return media_s + min(offset for _, offset in self._offsets)


class BrowserCamera:
    """A ``Source`` fed by WHIP sessions: at most one performer at a time stands before it.

    Args:
        now_s: the clock of the stamps.
        performer: number of the slot.
    """

    live = True

    def __init__(self, now_s: Callable[[], float] = time.perf_counter, performer: int = 0) -> None:
        self.name = f"browser camera {performer}"
        self.fps = 30.0
        self.performer = performer
        self.now_s = now_s
        self.frames_seen = 0
        self._slot: LatestSlot[Frame] = LatestSlot()
        self._occupied = False
        self.reserved = ""
        """Why no browser may take this place; empty if one may."""

    @property
    def occupied(self) -> bool:
        """Whether a performer is connected."""
        return self._occupied

    def claim(self) -> bool:
        """Take the slot; False if somebody has it."""
        if self._occupied or self._slot.closed:
            return False
        self._occupied = True
        return True

    def reserve(self, reason: str) -> None:
        """Keep browsers away for good: the show itself looks through another camera."""
        self._occupied, self.reserved = True, reason

    def release(self) -> None:
        """Give the slot back; the last picture is forgotten, the groove is the show's to hold."""
        self._occupied = False
        self._slot.clear()

    def put(self, image: Image, time_s: float) -> None:
        """Place a picture taken at ``time_s`` on that clock; the one before it is gone."""
        self._slot.put(Frame(self.frames_seen, time_s, image))
        self.frames_seen += 1

    def latest(self, after: int = -1) -> Frame | None:
        """The newest picture, if its index is above ``after``. Never waits."""
        newest = self._slot.newest
        return newest if newest is not None and newest.index > after else None

    def frames(self) -> Iterator[Frame]:
        """Each newest picture as it comes, until ``close``; waits while nobody dances."""
        yield from self._slot

    def close(self) -> None:
        """End ``frames``."""
        self._slot.close()

    async def follow(self, track: MediaStreamTrack) -> None:
        """Take pictures from a WHIP session's track until it ends."""
        smoother = StampSmoother()
        while True:
            try:
                picture = await track.recv()
            except MediaStreamError:
                return
            arrival_s = self.now_s()
            if not isinstance(picture, VideoFrame):
                continue
            media_s = arrival_s if picture.time is None else picture.time
            image: Image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
            self.put(shrink(image), smoother.stamp(media_s, arrival_s))
