"""Brings the grid that is played onto the grid that is wanted, without a jump that can be heard.

A small error is slewed away; a large one waits until the wanted grid begins a beat next to a bar line of the
played one (``every`` says where else), and is put right there at once. Knows nothing of who wants what.
"""

from dataclasses import dataclass, replace
from math import exp, floor

from realtime.grid import BeatGrid


@dataclass(frozen=True)
class Steering:
    """How fast the played grid may turn."""

    settle_s: float = 0.03  # time constant of phase and tempo corrections; what is wanted is smooth already
    slew: float = 0.1  # most that the phase may run fast or slow, as a share of the tempo
    rephase_beats: float = 0.18  # a larger error is not slewed

    def steer(
        self,
        played: BeatGrid,
        wanted: BeatGrid,
        time_s: float,
        settled: bool,
        bars: bool,
        every: int | None = None,
    ) -> tuple[BeatGrid, bool]:
        """Carry ``played`` on to ``time_s`` and nearer to ``wanted``.

        Args:
            played: the grid of the last update.
            wanted: the grid to get to; its confidence is taken over.
            time_s: now.
            settled: whether ``played`` has ever been put onto ``wanted``; if not, the next beat will do.
            bars: whether the wanted grid's bars count, or only its beats.
            every: a large error is put right where so many beats begin; None: where a bar does.

        Returns:
            The grid as of ``time_s``, and whether it is settled.
        """
        dt = time_s - played.time_s
        cycle = wanted.beats_per_bar if bars else 1
        phase, goal = played.phase_at(time_s), wanted.phase_at(time_s)
        error = wrap(goal - phase, cycle)
        ease = 1.0 - exp(-dt / self.settle_s)
        bpm = played.bpm + (wanted.bpm - played.bpm) * ease
        if settled and abs(error) <= self.rephase_beats:
            most = self.slew * dt * played.bpm / 60.0
            phase += min(max(error * ease, -most), most)
        elif self._may_rephase(
            played, wanted, time_s, phase + error, every or played.beats_per_bar if settled else 1
        ):
            phase, bpm, settled = phase + error, wanted.bpm, True
        return replace(
            wanted, time_s=time_s, bpm=bpm, phase_beats=phase, beats_per_bar=played.beats_per_bar
        ), settled

    def _may_rephase(
        self, played: BeatGrid, wanted: BeatGrid, time_s: float, goal: float, every: int
    ) -> bool:
        """Whether the wanted grid has just begun a beat that may stand where one in ``every`` would."""
        begun = floor(wanted.phase_at(time_s)) > floor(wanted.phase_at(played.time_s))
        return begun and floor(goal) % every == 0


def wrap(beats: float, cycle: int) -> float:
    """The same difference, within half a cycle of zero."""
    return (beats + cycle / 2) % cycle - cycle / 2
