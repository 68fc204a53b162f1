"""Lays a recorded dance on a beat: where in the recording each beat is, so that its accents fall on beats.

Real dancers skip beats, double them and syncopate, and what was recorded without music keeps no steady beat.
So beats are looked for as they are in music: a path through the accents that keeps its period as well as it
can (dynamic programming, Ellis 2007, as librosa has it). Whoever plays the recording with its beats on a
song's has warped it in time: now a little faster, now slower.

``python -m corpus.on_the_grid MOTION --bpm 112 --out FILM.mp4`` draws such a dance: a film of a real dancer's
movement whose tempo is known.
"""

import argparse
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dancer.config import DancerConfig
from dancer.motion_files import Motion, motions_in, read_motion
from dancer.recorded import RecordedDancer, to_and_fro, write_film
from features import kinematics

Floats = NDArray[np.float64]

RATE_HZ = 60
USUAL_BPM = 110.0
TIGHTNESS = 30.0
"""How dear another period than the usual is, as librosa counts it. In sixteen recordings the mean resultant
length of the accents' phases is 0.20 at 100, 0.27 at 30 and 0.35 at 10, where beats come 6, 11 and 18 %
uneven; dances drawn to a beat have 0.6 to 0.8."""
LATE_S = 0.027
"""Limbs brake before they arrive: in thirty dances drawn to a beat, it lies so long after the accent."""
FLOOR = 0.3
"""Torso lengths / s^2 below which no channel counts for much."""
MOST = 4.0
"""An accent counts at most this many times its channel's usual strength."""
FEWEST_BEATS, SHORTEST_S = 8, 8.0


@dataclass(frozen=True)
class Laid:
    """A recording and its beats: number k at ``beats_s[k]`` of it, ``bpm`` on average."""

    motion: Motion
    beats_s: Floats

    @property
    def bpm(self) -> float:
        """Mean tempo of the recording's own beats."""
        return 60.0 * (len(self.beats_s) - 1) / float(self.beats_s[-1] - self.beats_s[0])

    def time_at(self, beat: ArrayLike) -> Floats:
        """Seconds into the recording at positions in beats; past its last beat it goes back, and so on."""
        last = len(self.beats_s) - 1
        return np.asarray(np.interp(to_and_fro(beat, last), np.arange(last + 1), self.beats_s))

    def paces(self, bpm: float) -> float:
        """Beats danced to a beat of a song of this tempo: half, one or two, the nearest to its own pace."""
        return min((0.5, 1.0, 2.0), key=lambda pace: abs(np.log(bpm * pace / self.bpm)))


class NoBeat(ValueError):
    """A recording that is too short, or too even, to have a beat."""


def all_laid(folder: Path, leave_out: Sequence[str] = (), only: Sequence[str] = ()) -> list[Laid]:
    """The recordings below a folder that have a beat; patterns as of ``motions_in``.

    Raises:
        MotionError: a file that is no motion, or none at all.
    """
    found = []
    for motion in motions_in(folder, leave_out, only):
        with suppress(NoBeat):
            found.append(laid(motion))
    return found


def laid(motion: Motion) -> Laid:
    """The recording with its beats found.

    Raises:
        NoBeat: there are too few.
    """
    import librosa  # not where a network is only taught on a lent machine

    if motion.seconds < SHORTEST_S:
        raise NoBeat(f"{motion.name}: {motion.seconds:.1f} s are too few to have a beat")
    curve = accent_curve(motion)
    _, beats = librosa.beat.beat_track(
        onset_envelope=curve, sr=RATE_HZ, hop_length=1, start_bpm=USUAL_BPM, tightness=TIGHTNESS, trim=False
    )
    if len(beats) < FEWEST_BEATS:
        raise NoBeat(f"{motion.name}: {len(beats)} beats in {motion.seconds:.1f} s are too few to dance to")
    return Laid(motion, np.asarray(beats, np.float64) / RATE_HZ + LATE_S)


def accent_curve(motion: Motion) -> NDArray[np.float32]:
    """How hard limbs brake in a recording, ``[T]`` at ``RATE_HZ``, as seen from before the dancer."""
    dancer = RecordedDancer(motion, DancerConfig())
    times_s = np.arange(0.0, motion.seconds, 1 / RATE_HZ)
    state, found = kinematics.start(), []
    for time_s, points in zip(times_s, dancer.landmarks(times_s), strict=True):
        state, accents = kinematics.update(state, points, dancer.config.aspect, float(time_s))
        if accents is not None:
            found.append((accents.time_s, accents.strength[: len(kinematics.BRAKING)]))
    at_s = np.array([time_s for time_s, _ in found])
    strengths = np.array([strength for _, strength in found])
    share = np.minimum(strengths / (strengths.mean(0) + FLOOR), MOST).sum(1)
    curve: NDArray[np.float32] = np.interp(times_s, at_s, share, left=0.0, right=0.0).astype(np.float32)
    return curve


class DancerOnTheGrid(RecordedDancer):
    """Dances a recording at ``config``'s tempo, steady or not; ``begin``: which of its beats is beat 0."""

    def __init__(self, one: Laid, config: DancerConfig, begin: int = 0) -> None:
        super().__init__(one.motion, config)
        self._laid, self._pace, self._begin = one, one.paces(config.bpm), begin

    def joints(self, time_s: ArrayLike) -> Floats:
        """As any dancer's, with the recording's beats on the tempo's."""
        return super().joints(self._laid.time_at(self._begin + self._pace * self.tempo.beat_at(time_s)))


def main() -> None:
    """Read the arguments, draw the film."""
    parser = argparse.ArgumentParser(prog="python -m corpus.on_the_grid", description=__doc__)
    parser.add_argument("motion", type=Path, help=".bvh or .npz (dancer/motion_files.py)")
    parser.add_argument("--bpm", type=float, required=True)
    parser.add_argument("--beats", type=int, default=32, help="length of the film")
    parser.add_argument("--seed", type=int, default=0, help="clothes, face, room")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    try:
        seconds = chosen.beats * 60 / chosen.bpm
        config = DancerConfig(bpm=chosen.bpm, seed=chosen.seed, seconds=seconds, first_beat_s=0.0)
        one = laid(read_motion(chosen.motion))
        write_film(DancerOnTheGrid(one, config), chosen.out)
    except (ValueError, ZeroDivisionError) as error:
        raise SystemExit(f"corpus.on_the_grid: {error}") from error
    print(f"{chosen.beats} beats of {one.motion.name} at {chosen.bpm:g} BPM (its own {one.bpm:.1f})")


if __name__ == "__main__":
    main()
