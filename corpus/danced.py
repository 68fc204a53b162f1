"""Dancers as the stage measures them: motion columns of dance, exact and through a tracker's eyes.

Procedural dance, and recorded dance where somebody has a folder of motion capture (``--motions``). Knows no
music: a network that hears phase and sees these learns what movement means at any place in the bar. Made once
(``python -m corpus.danced --out FILE``), then cut into windows.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from configs.genres import GENRES
from corpus.band.render import SAMPLE_RATE, SAMPLES_PER_CODE
from dancer.config import DancerConfig
from dancer.motion_files import Motion, motions_in
from dancer.recorded import RecordedDancer
from dancer.sight import any_sight, watch
from dancer.variety import any_body, any_view
from dancer.virtual import Dancer, VirtualDancer
from features.motion import MOTION_FPS, motion_features
from features.resample import to_grid

Array = NDArray[np.float32]

CODE_RATE_HZ = SAMPLE_RATE / SAMPLES_PER_CODE
LEAST = 0.02
"""Energy of a dancer who nearly stands: with none at all, some styles have no move."""

STEADY_SHARE = 0.3
"""Share of dancers who keep one level of energy; the others change it every few seconds."""

SPEEDS = (0.85, 1.2)
"""Recorded dances are played so many times as fast."""


class Danced(NamedTuple):
    """One dancer, twice: ``clean`` drives the band, ``seen`` is what a network is given."""

    clean: Array  # [16, T] at code rate
    seen: Array  # [16, T]


def dance(seed: int, seconds: float) -> Danced:
    """Dancer number ``seed``: style, tempo, body, camera, energy and tracker all by chance."""
    rng = np.random.default_rng([seed, 0xDA])
    config = DancerConfig(
        bpm=float(rng.uniform(75, 140)),
        style=GENRES[seed % len(GENRES)],
        seed=seed,
        energy=energy(rng, seconds),
        seconds=seconds,
        mirrored=bool(rng.random() < 0.5),
        body=any_body(rng),
        view=any_view(rng),
    )
    return twice(VirtualDancer(config), rng)


def recorded_dance(motion: Motion, seed: int, seconds: float) -> Danced:
    """Somebody else's dance by dancer number ``seed``: body, camera, speed and tracker all by chance."""
    rng = np.random.default_rng([seed, 0xDB])
    config = DancerConfig(
        seed=seed,
        seconds=seconds,
        mirrored=bool(rng.random() < 0.5),
        body=any_body(rng),
        view=any_view(rng),
    )
    speed, begin_s = float(rng.uniform(*SPEEDS)), float(rng.uniform(0.0, motion.seconds))
    return twice(RecordedDancer(motion, config, speed, begin_s), rng)


def twice(dancer: Dancer, rng: np.random.Generator) -> Danced:
    """The whole of ``dancer.config.seconds``, exact and as some tracker sees it."""
    seconds, aspect = dancer.config.seconds, dancer.config.aspect
    grid_s = np.arange(int(seconds * MOTION_FPS)) / MOTION_FPS
    exact = dancer.landmarks(grid_s)
    times_s, points = watch(dancer.landmarks, seconds, aspect, any_sight(rng), rng)
    tracked = to_grid(times_s, points, grid_s)
    return Danced(*(at_codes(motion_features(rows, aspect)) for rows in (exact, tracked)))


def energy(rng: np.random.Generator, seconds: float) -> float | tuple[tuple[float, float], ...]:
    """A level, or levels that change every few seconds; nearly standing and all out among them."""
    if rng.random() < STEADY_SHARE:
        return float(rng.uniform(0.1, 1.0))
    starts = np.concatenate([[0.0], np.cumsum(rng.exponential(4.0, int(seconds)) + 0.5)])
    levels = np.clip(rng.uniform(-0.15, 1.1, len(starts)), LEAST, 1.0)
    return tuple((float(at), float(level)) for at, level in zip(starts, levels, strict=True) if at < seconds)


def at_codes(features: Array) -> Array:
    """Columns ``[frames, 16]`` at 30 fps to ``[16, T]`` at code centres."""
    frames = np.arange(len(features)) / MOTION_FPS
    centres = (np.arange(int(len(features) / MOTION_FPS * CODE_RATE_HZ)) + 0.5) / CODE_RATE_HZ
    return np.stack([np.interp(centres, frames, column) for column in features.T]).astype(np.float32)


def write_pool(path: Path, danced: Sequence[Danced]) -> None:
    """Write dancers of equal length as one file: ``clean`` and ``seen``, float16 ``[dancers, 16, T]``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez(
            file,
            clean=np.stack([one.clean for one in danced]).astype(np.float16),
            seen=np.stack([one.seen for one in danced]).astype(np.float16),
        )


def main() -> None:
    """Read the arguments, write the pool."""
    parser = argparse.ArgumentParser(prog="python -m corpus.danced", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/dancers.npz"))
    parser.add_argument("--dancers", type=int, default=200, help="of procedural dance")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--motions", type=Path, help="folder of .bvh and .npz: recorded dances as well")
    parser.add_argument("--each", type=int, default=3, help="dancers a recording")
    parser.add_argument("--leave-out", nargs="*", default=(), help="patterns of files below --motions")
    parser.add_argument("--only", nargs="*", default=(), help="likewise: no others")
    chosen = parser.parse_args()
    try:
        motions = motions_in(chosen.motions, chosen.leave_out, chosen.only) if chosen.motions else []
    except ValueError as error:
        raise SystemExit(f"corpus.danced: {error}") from error
    danced = [dance(chosen.first_seed + number, chosen.seconds) for number in range(chosen.dancers)]
    danced += [
        recorded_dance(motion, chosen.first_seed + number * len(motions) + k, chosen.seconds)
        for number in range(chosen.each)
        for k, motion in enumerate(motions)
    ]
    write_pool(chosen.out, danced)
    told = f"{len(danced)} dancers of {chosen.seconds:.0f} s in {chosen.out}"
    print(f"{told}, {chosen.each * len(motions)} of them after {len(motions)} recordings")


if __name__ == "__main__":
    main()
