"""A sound card has its own crystal: maps its frame count to wall time by a running fit. Pure.

Each callback says which frame it fills and when that frame will be heard. The line through these
points, with old ones forgotten, gives the time of any frame, smoother than any single report. A driver's
first reports, made before its stream runs, are often tens of ms wrong: one that is far off the line moves it
little, and only several in a row that agree among themselves begin a new line.
"""

from dataclasses import dataclass

FORGET_S = 20.0
"""Time constant after which a report has lost its weight."""

MAX_DRIFT = 1e-3
"""No crystal is off by more; a fit that says so has seen too little."""

STEADY_S = 50.0
"""The label is believed until the reports outweigh errors of 5 ms that last beside crystals of 1e-4."""

ASTRAY_S = 0.004
"""A report this far off the line is a mistake of the driver's, or the first of a new line."""

AGREE = 8
"""So many astray reports in a row that agree within ``ASTRAY_S`` are a new line."""

RESET_S = 0.2
"""A report this far off the line means the device changed: begin again at once."""


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
    astray_s: tuple[float, ...] = ()
    """How far the latest reports lie off the line, if all of them are astray."""

    def update(self, frame: int, heard_s: float) -> "DeviceClock":
        """The clock after a report that ``frame`` is heard at ``heard_s``."""
        off_s = heard_s - self.time_of(frame)
        if self.weight == 0.0 or abs(off_s) > RESET_S:
            return DeviceClock(self.rate, 1.0, float(frame), heard_s, last_time_s=heard_s)
        astray_s = (*self.astray_s, off_s) if abs(off_s) > ASTRAY_S else ()
        if len(astray_s) == AGREE:
            if max(astray_s) - min(astray_s) <= ASTRAY_S:
                return DeviceClock(self.rate, 1.0, float(frame), heard_s, last_time_s=heard_s)
            astray_s = astray_s[1:]
        near_s = heard_s - off_s + min(max(off_s, -ASTRAY_S), ASTRAY_S)
        return self._fitted(frame, near_s, heard_s, astray_s)

    def _fitted(
        self, frame: int, near_s: float, heard_s: float, astray_s: tuple[float, ...]
    ) -> "DeviceClock":
        """The line moved towards a point, after forgetting a little."""
        keep = min(1.0, max(0.0, 1.0 - (heard_s - self.last_time_s) / FORGET_S))
        weight = self.weight * keep + 1.0
        ahead, later_s = frame - self.frame, near_s - self.time_s
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
            astray_s,
        )

    @property
    def seconds_per_frame(self) -> float:
        """The fitted slope, drawn to the label while little was seen (ridge); at most MAX_DRIFT off."""
        nominal = 1.0 / self.rate
        ridge = (STEADY_S * self.rate) ** 2
        slope = (self.covar + ridge * nominal) / (self.var_frames + ridge)
        return min(max(slope, nominal * (1 - MAX_DRIFT)), nominal * (1 + MAX_DRIFT))

    @property
    def drift_ppm(self) -> float:
        """How much slower than its label the device runs, parts per million."""
        return (self.seconds_per_frame * self.rate - 1.0) * 1e6

    def time_of(self, frame: float) -> float:
        """When a frame is heard, on the clock of the reports, s."""
        return self.time_s + (frame - self.frame) * self.seconds_per_frame
