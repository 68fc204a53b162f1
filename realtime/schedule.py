"""When a block is due, and when it will be heard: by the sound card's clock, or by decree."""

from collections.abc import Sequence
from typing import Protocol

from realtime.clock import Clock
from realtime.kept_card import KeptCard
from realtime.speaker import Speaker

MOST_LEAD_S = 0.5
"""A further card that wants its samples earlier than this before they are heard does without."""


class Schedule(Protocol):
    """Maps the show's samples to show time."""

    def heard_s(self, sample: int) -> float:
        """Show time at which a sample is heard."""
        ...

    def due_s(self, sample: int) -> float:
        """Show time at which the block beginning with ``sample`` must be computed."""
        ...


class NominalSchedule:
    """No device: sample n is heard at n / rate plus a declared lead. Exact, the same every time."""

    def __init__(self, sample_rate: int, lead_s: float) -> None:
        self._sample_rate, self._lead_s = sample_rate, lead_s

    def heard_s(self, sample: int) -> float:
        """Show time at which a sample is heard."""
        return sample / self._sample_rate + self._lead_s

    def due_s(self, sample: int) -> float:
        """Show time at which the block beginning with ``sample`` must be computed."""
        return sample / self._sample_rate


class DeviceSchedule:
    """A sound card decides: its frame count is the clock, and how early it asks for samples the lead.

    Args:
        speaker: whose card that is.
        clock: show time.
        origin_s: ``time.perf_counter`` at show time 0.
        allowance_s: for computing a block.
        sides: further cards; one that asks earlier than the speaker's has its blocks earlier, to be in time.
    """

    def __init__(
        self,
        speaker: Speaker,
        clock: Clock,
        origin_s: float,
        allowance_s: float,
        sides: Sequence[KeptCard] = (),
    ) -> None:
        self._speaker, self._clock, self._sides = speaker, clock, sides
        self._origin_s, self._allowance_s = origin_s, allowance_s
        self._first_s: float | None = None

    def heard_s(self, sample: int) -> float:
        """Show time at which a sample is heard."""
        heard = self._speaker.heard_s(sample)
        if heard is not None:
            return heard - self._origin_s
        if self._first_s is None:  # nothing has played yet: the first block goes out as soon as it is made
            self._first_s = self._clock.now_s() + self._allowance_s + self._speaker.lead_s
        return self._first_s

    def due_s(self, sample: int) -> float:
        """Show time at which the block beginning with ``sample`` must be computed."""
        if self._speaker.heard_s(0) is None:
            return self._clock.now_s()
        lead_s = max([self._speaker.lead_s, *(min(MOST_LEAD_S, side.lead_s) for side in self._sides)])
        return self.heard_s(sample) - lead_s - self._allowance_s
