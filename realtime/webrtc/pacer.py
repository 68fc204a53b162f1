"""When the next 20 ms must leave, so that listeners neither wait nor run dry. Pure: time is an argument.

Blocks are known some time before they are heard on stage. A browser adds delay of its own, so
packets leave that much earlier, as far as the show's punctuality allows: the ``advance``.
"""

from collections import deque

MARGIN_S = 0.030
"""Kept between a block's arrival and the first packet that needs it: a packet straddles two blocks."""
STEP_S = 0.002
"""The most by which two packets leave closer together or further apart than 20 ms."""
MOST_S = 0.5
USUAL_S = 0.1
"""From sending to hearing in a browser on the same network, until a page has measured it."""
REMEMBERED = 40
"""Blocks, ten seconds: the least punctual of them but one decides."""


class Pacer:
    """Learns how early blocks come and turns times of hearing into times of sending."""

    def __init__(self) -> None:
        self.advance_s = 0.0
        self.wanted_s = USUAL_S
        """The delay from here to the performer's ear: sent so much early, sound is heard when due."""
        self._slack_s: deque[float] = deque(maxlen=REMEMBERED)

    def arrived(self, heard_at_s: float, now_s: float) -> None:
        """A block that is heard at ``heard_at_s`` has just come."""
        self._slack_s.append(heard_at_s - now_s)

    def forget(self) -> None:
        """The show has stopped; the next one may be less punctual."""
        self._slack_s.clear()

    def heard_after_ms(self, delay_ms: float) -> None:
        """A performer's page has measured the delay from here to its loudspeaker."""
        self.wanted_s = min(MOST_S, max(0.0, delay_ms / 1000))

    @property
    def goal_s(self) -> float:
        """What is wanted, as far as the remembered blocks, but for the worst one, would have allowed it."""
        if not self._slack_s:
            return 0.0
        slack_s = sorted(self._slack_s)[min(1, len(self._slack_s) - 1)]
        return min(MOST_S, self.wanted_s, max(0.0, slack_s - MARGIN_S))

    def due_s(self, heard_at_s: float) -> float:
        """When the packet whose first sample is heard at ``heard_at_s`` should leave."""
        self.advance_s += min(STEP_S, max(-STEP_S, self.goal_s - self.advance_s))
        return heard_at_s - self.advance_s
