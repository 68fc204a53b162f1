"""A sound card has its own crystal: maps its frame count to wall time by a running fit. Pure.

Each callback says which frame it fills and when that frame will be heard. The line through these
points, with old ones forgotten, gives the time of any frame, smoother than any single report.
"""

from dataclasses import dataclass

FORGET_S = 20.0
"""Time constant after which a report has lost its weight."""

MAX_DRIFT = 2e-3
"""No crystal is off by more; a fit that says so has seen too little."""

RESET_S = 0.2
"""A report this far off the line means the device changed: begin again."""


@dataclass(frozen=True)
class DeviceClock:
    """Recursive least squares of heard time on frames, with exponential forgetting."""

    rate: float
    """Nominal frames per second."""
    weight: float = 0.0
    frame: float = 0.0
    time_s: float = 0.0
    var_frames: float = 0.0
    covar: float = 0.0
    last_time_s: float = 0.0

    def update(self, frame: int, heard_s: float) -> "DeviceClock":
        """The clock after a report that ``frame`` is heard at ``heard_s``."""
        if self.weight == 0.0 or abs(heard_s - self.time_of(frame)) > RESET_S:
            return DeviceClock(self.rate, 1.0, float(frame), heard_s, last_time_s=heard_s)
        keep = max(0.0, 1.0 - (heard_s - self.last_time_s) / FORGET_S)
        weight = self.weight * keep + 1.0
        ahead, later_s = frame - self.frame, heard_s - self.time_s
        share = 1.0 / weight
        moved = 1.0 - share
        return DeviceClock(
            self.rate,
            weight,
            self.frame + share * ahead,
            self.time_s + share * later_s,
            keep * self.var_frames + moved * ahead * ahead,
            keep * self.covar + moved * ahead * later_s,
            heard_s,
        )

    @property
    def seconds_per_frame(self) -> float:
        """The fitted slope, kept within what a crystal can do."""
        nominal = 1.0 / self.rate
        if self.var_frames < (0.5 * self.rate) ** 2:  # under half a second of spread: believe the label
            return nominal
        slope = self.covar / self.var_frames
        return min(max(slope, nominal * (1 - MAX_DRIFT)), nominal * (1 + MAX_DRIFT))

    @property
    def drift_ppm(self) -> float:
        """How much slower than its label the device runs, parts per million."""
        return (self.seconds_per_frame * self.rate - 1.0) * 1e6

    def time_of(self, frame: float) -> float:
        """When a frame is heard, on the clock of the reports, s."""
        return self.time_s + (frame - self.frame) * self.seconds_per_frame
