"""The score on data channels: beats and tempo before they sound, poses as they are seen.

A listener opens the channels it wants: ``noverre`` for the score, ``noverre-pose`` for poses.
"""

from collections.abc import Iterable
from typing import Any

from aiortc import RTCDataChannel

SCORE, POSE = "noverre", "noverre-pose"
MOST_BUFFERED = 32_768
"""Bytes that may wait in one channel; a listener further behind misses messages."""


class Channels:
    """The open channels of one performer's listeners. Lives in the event loop."""

    def __init__(self) -> None:
        self.dropped_messages = 0
        self._open: dict[str, set[RTCDataChannel]] = {SCORE: set(), POSE: set()}

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
        """Send to all channels of a label; never waits."""
        for channel in tuple(self._open[label]):
            if channel.readyState != "open" or channel.bufferedAmount > MOST_BUFFERED:
                self.dropped_messages += 1
                continue
            try:
                channel.send(message)
            except Exception:  # a channel that is closing may refuse in several ways
                self._open[label].discard(channel)

    def report(self) -> dict[str, Any]:
        """For the page."""
        return {"score": self.count(SCORE), "pose": self.count(POSE), "dropped": self.dropped_messages}
