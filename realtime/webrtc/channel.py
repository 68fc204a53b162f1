"""The score on data channels: beats and tempo before they sound, poses as they are seen.

A listener opens the channels it wants: ``noverre`` for the score, ``noverre-pose`` for poses.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

from aiortc import RTCDataChannel

SCORE, POSE = "noverre", "noverre-pose"
MOST_BUFFERED = 32_768
"""Bytes that may wait in one channel; a listener further behind misses messages."""
MOST_WAITING = 64
"""Messages that may wait for their turn; the oldest go first."""


class Channels:
    """The open channels of one performer's listeners. Lives in the event loop."""

    def __init__(self) -> None:
        self.dropped_messages = 0
        self._open: dict[str, set[RTCDataChannel]] = {SCORE: set(), POSE: set()}
        self._waiting: deque[tuple[str, str | bytes]] = deque()
        self._news = asyncio.Event()

    def add(self, channel: RTCDataChannel) -> None:
        """Take a channel that a listener opened; unknown labels are closed."""
        group = self._open.get(channel.label)
        if group is None:
            channel.close()
            return
        group.add(channel)
        channel.on("close", lambda: group.discard(channel))

    def drop(self, channels: Iterable[RTCDataChannel]) -> None:
        """Forget the channels of a session that ended."""
        for group in self._open.values():
            group.difference_update(channels)

    def count(self, label: str) -> int:
        """Open channels of a label."""
        return len(self._open[label])

    def send(self, label: str, message: str | bytes) -> None:
        """Send to all channels of a label, soon; never waits."""
        if not self._open[label]:
            return
        self._waiting.append((label, message))
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self.dropped_messages += 1
        self._news.set()

    async def run(self) -> None:
        """Send what waits until cancelled: one channel at a time, so that sound can pass in between.

        SCTP in Python costs half a millisecond a message; fifty at once would make a packet late.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                label, message = self._waiting.popleft()
                for channel in tuple(self._open[label]):
                    self._send(self._open[label], channel, message)
                    await asyncio.sleep(0)

    def _send(self, group: set[RTCDataChannel], channel: RTCDataChannel, message: str | bytes) -> None:
        if channel.readyState != "open" or channel.bufferedAmount > MOST_BUFFERED:
            self.dropped_messages += 1
            return
        try:
            channel.send(message)
        except Exception:  # a channel that is closing may refuse in several ways
            group.discard(channel)

    def report(self) -> dict[str, Any]:
        """For the page."""
        return {"score": self.count(SCORE), "pose": self.count(POSE), "dropped": self.dropped_messages}
