"""The beat grid: where in the bar a moment lies. One straight line of phase over time, and how sure it is.

Knows nothing of who found it: the follower, a tapping hand, Ableton Link or a MIDI clock.
"""

from dataclasses import dataclass
from math import ceil

LOCKED = 0.5
"""Published threshold: a grid of less confidence claims no beats."""


@dataclass(frozen=True)
class BeatGrid:
    """At ``time_s`` the music is ``phase_beats`` beats into the show and runs at ``bpm``.

    Bar lines lie at whole multiples of ``beats_per_bar``. ``confidence`` is 0..1; see ``LOCKED``.
    """

    time_s: float
    bpm: float
    phase_beats: float
    confidence: float
    beats_per_bar: int = 4

    def __post_init__(self) -> None:
        if not self.bpm > 0:
            raise ValueError(
                f"A beat grid needs a tempo above 0 BPM, got {self.bpm}; check who made the grid."
            )

    @property
    def locked(self) -> bool:
        """Whether the grid claims to know the dancer's beat."""
        return self.confidence >= LOCKED

    def phase_at(self, time_s: float) -> float:
        """Predicted phase in beats at show time ``time_s``; bar lines at multiples of ``beats_per_bar``."""
        return self.phase_beats + (time_s - self.time_s) * self.bpm / 60.0

    def time_of(self, phase_beats: float) -> float:
        """The show time (s) at which the grid reaches ``phase_beats``; inverse of ``phase_at``."""
        return self.time_s + (phase_beats - self.phase_beats) * 60.0 / self.bpm

    def beats_between(self, start_s: float, end_s: float) -> list[tuple[int, float]]:
        """The beats ``(number, time_s)`` with ``start_s <= time_s < end_s``; beat 0 of a bar is its first."""
        first = ceil(self.phase_at(start_s) - 1e-9)
        last = ceil(self.phase_at(end_s) - 1e-9)
        return [(n, self.time_of(n)) for n in range(first, last)]


def wrap(beats: float, cycle: int) -> float:
    """The same difference, within half a cycle of zero."""
    return (beats + cycle / 2) % cycle - cycle / 2
