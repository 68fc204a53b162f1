"""When the next 20 ms must leave, so that listeners neither wait nor run dry. Pure: time is an argument.

Blocks are known some time before they are heard on stage. A listener's browser adds delay of its
own, so packets leave that much earlier: the ``advance``, as large as the show's punctuality allows.
"""

from collections import deque

MARGIN_S = 0.030
"""Kept between a block's arrival and the first packet that needs it: a packet straddles two blocks."""
STEP_S = 0.002
"""The most by which two packets leave closer together or further apart than 20 ms."""
MOST_S = 0.5
REMEMBERED = 40
"""Blocks, ten seconds: the least punctual of them decides."""


class Pacer:
    """Learns how early blocks come and turns times of hearing into times of sending."""

    def __init__(self) -> None:
        self.advance_s = 0.0
        self._slack_s: deque[float] = deque(maxlen=REMEMBERED)

    def arrived(self, heard_at_s: float, now_s: float) -> None:
        """A block that is heard at ``heard_at_s`` has just come."""
        self._slack_s.append(heard_at_s - now_s)

    def forget(self) -> None:
        """The show has stopped; the next one may be less punctual."""
        self._slack_s.clear()

    @property
    def goal_s(self) -> float:
        """The advance that every remembered block would have allowed."""
        if not self._slack_s:
            return 0.0
        return min(MOST_S, max(0.0, min(self._slack_s) - MARGIN_S))

    def due_s(self, heard_at_s: float) -> float:
        """When the packet whose first sample is heard at ``heard_at_s`` should leave."""
        self.advance_s += min(STEP_S, max(-STEP_S, self.goal_s - self.advance_s))
        return heard_at_s - self.advance_s
