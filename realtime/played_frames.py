"""Which frame of a device a frame of the ring became, and when it is heard. Pure: knows no driver, no thread.

A device asks for frames whether or not the ring has them. What it does not get it replaces by silence, and
everything behind that is heard so much later.
"""

from realtime.device_clock import DeviceClock


class PlayedFrames:
    """The account of a card's callbacks.

    Args:
        rate: of the device, Hz.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self.clock = DeviceClock(rate)
        self.frames_out = 0
        """Ever asked for."""
        self.first_frame: int | None = None
        """Device frame at which the ring's first one would lie, had nothing been missing since."""
        self.short = 0
        self.counts_short = False
        """Whether missing sound is a fault: not before a show has begun."""

    def note(self, frames: int, copied: int, heard_s: float | None, dry: bool = False) -> None:
        """A callback.

        Args:
            frames: asked for.
            copied: out of the ring.
            heard_s: when the first of them is heard, if the device knows.
            dry: whether the device had run out before.
        """
        if dry and self.counts_short:
            self.short += 1
            self.clock = DeviceClock(self._rate)  # all is heard later now: learn anew by how much
        if self.first_frame is None and copied:
            self.first_frame = self.frames_out
        if copied < frames:
            self.short += self.counts_short
            if self.first_frame is not None:
                self.first_frame += frames - copied
        if self.frames_out and heard_s is not None:
            self.clock = self.clock.update(self.frames_out, heard_s)
        self.frames_out += frames

    @property
    def ready(self) -> bool:
        """Whether the device has said when its frames are heard."""
        return self.clock.weight >= 5

    def heard_s(self, ring_frame: float) -> float | None:
        """When a frame of the ring is heard, on the clock of the reports; None before the first was read."""
        return None if self.first_frame is None else self.clock.time_of(self.first_frame + ring_frame)
