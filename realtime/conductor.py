"""Lays the followed beat grid under the coming block without a jump that can be heard.

The follower's grid lives in the time of seeing; a block lives in the time of hearing, a little
later. Small differences are slewed inside the block. A large one is put right at once where the new grid
begins half a bar, or a bar if it counts its bars otherwise; music up to half a beat ahead goes back at any
beat. No beat is struck twice: where the music would strike its own just before, it leaps before that.
"""

from dataclasses import dataclass
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from realtime.grid import BeatGrid, wrap

Times = NDArray[np.float64]

JUMP_BEATS = 0.2
"""Differences above this are not slewed."""

BAR, HALF_BAR = 4, 2
"""A large difference is put right at multiples of these beats of the new grid: BAR where it is more than half
a beat, for then bars are counted otherwise, else HALF_BAR. Music that is ahead goes back at any beat."""

JUST_BEGUN = 0.05
"""Beats after such a line at which it still counts: it may have fallen between two blocks."""

STRUCK_TWICE = 0.55
"""Beats after a beat within which another is heard as the same one, struck twice: half a beat and a little,
for a grid half a beat off wavers."""

LEAST_BEATS = 1.5
"""From one leap to the next one's beat: half a bar, less what another grid may lie off. Who wavers does not
stutter."""

MAX_SLEW = 0.16
"""Most that the music runs fast or slow while it catches up, as a share of the tempo."""

SLEW_SHARE = 0.25
"""Of a block: a correction takes at least so long, and no longer than the tempo's bounds ask."""


@dataclass(frozen=True)
class Piece:
    """From ``start_s`` on the music is at ``phase_beats`` and runs at ``bpm``."""

    start_s: float
    phase_beats: float
    bpm: float

    def phase_at(self, time_s: Times | float) -> Times | float:
        """Phase in beats; the line also holds before ``start_s``."""
        return self.phase_beats + (time_s - self.start_s) * self.bpm / 60.0

    def time_of(self, phase_beats: float) -> float:
        """When the line reaches a phase, s."""
        return self.start_s + (phase_beats - self.phase_beats) * 60.0 / self.bpm


@dataclass(frozen=True)
class PhasePlan:
    """The phase of the music over a window: one line, or two with a re-phase between them."""

    pieces: tuple[Piece, ...]
    leapt_s: float = -inf  # when a large difference was last put right

    def phase_at(self, times_s: Times) -> Times:
        """Phase in beats at each time ``[T]``."""
        phase = np.asarray(self.pieces[0].phase_at(times_s))
        for piece in self.pieces[1:]:
            phase = np.where(times_s >= piece.start_s, piece.phase_at(times_s), phase)
        return phase

    def beats_between(self, start_s: float, end_s: float) -> list[tuple[int, float]]:
        """Beats ``(number, time_s)`` with ``start_s <= time_s < end_s``."""
        beats = []
        for index, piece in enumerate(self.pieces):
            first_s = max(start_s, piece.start_s) if index else start_s
            last_s = min(end_s, self.pieces[index + 1].start_s) if index + 1 < len(self.pieces) else end_s
            first = ceil(float(piece.phase_at(first_s)) - 1e-9)
            last = ceil(float(piece.phase_at(last_s)) - 1e-9)
            beats += [(number, piece.time_of(number)) for number in range(first, last)]
        return beats

    @property
    def bpm(self) -> float:
        """The tempo at the end of the plan."""
        return self.pieces[-1].bpm


def conduct(before: PhasePlan | None, grid: BeatGrid, start_s: float, end_s: float) -> PhasePlan:
    """Plan the phase of the block heard from ``start_s`` to ``end_s``, and of what follows it.

    Args:
        before: the plan of the block before, or None for the first.
        grid: the followed grid as of the last frame.
        start_s: show time at which the block will be heard.
        end_s: its end.

    Returns:
        A plan that tends to the grid; it continues ``before`` at ``start_s``, unless a leap is due just then.
    """
    wanted = Piece(start_s, grid.phase_at(start_s), grid.bpm)
    if before is None:
        return PhasePlan((wanted,))
    phase = float(before.phase_at(np.array([start_s]))[0])
    error = wrap(wanted.phase_beats - phase, BAR)  # bars are what must agree
    line = Piece(start_s, wanted.phase_beats - error, grid.bpm)  # the old count of bars goes on
    if abs(error) <= JUMP_BEATS:
        most = MAX_SLEW * grid.bpm / 60.0
        lasts_s = min(max(abs(error) / most, SLEW_SHARE * (end_s - start_s)), end_s - start_s)
        faster = float(np.clip(error / lasts_s, -most, most))
        slewed = Piece(start_s, line.phase_beats, grid.bpm + 60.0 * faster)
        reached_s = start_s + lasts_s
        pieces = slewed, Piece(reached_s, float(slewed.phase_at(reached_s)), grid.bpm)
        return PhasePlan(pieces, before.leapt_s)
    back = -STRUCK_TWICE <= error < 0.0
    every = 1 if back else HALF_BAR if abs(error) <= 0.5 else BAR
    soonest = max(wanted.phase_beats, float(wanted.phase_at(before.leapt_s)) + LEAST_BEATS) - JUST_BEGUN
    onto = every * ceil(soonest / every)
    leap_s = _left_at(line, wanted.time_of(onto))
    if back and leap_s < start_s - JUST_BEGUN * 60.0 / grid.bpm:  # too late for this beat: the next
        leap_s = _left_at(line, wanted.time_of(onto + 1))
    leap_s = max(leap_s, start_s)
    leap = Piece(leap_s, float(wanted.phase_at(leap_s)), grid.bpm)
    return PhasePlan((line, leap), leap_s if leap_s < end_s else before.leapt_s)


def _left_at(line: Piece, onto_s: float) -> float:
    """When (s) to leave ``line`` for a beat at ``onto_s``: then, or before it strikes the same one itself."""
    beat_s = 60.0 / line.bpm
    struck_s = line.time_of(ceil(float(line.phase_at(onto_s)) - 1e-6) - 1)
    after = (onto_s - struck_s) / beat_s
    return struck_s - min(after, JUST_BEGUN) * beat_s if after < STRUCK_TWICE else onto_s
