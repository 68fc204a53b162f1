"""A dancer in time with a take: choreography laid on the song's own beats, drift included. Knows no network.

What the authors' data sets have and a pool of dancers has not: movement and music of one performance.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.band.render import SAMPLE_RATE, SAMPLES_PER_CODE
from corpus.danced import energy
from corpus.on_the_grid import Laid
from corpus.take import Take
from dancer.config import DancerConfig
from dancer.recorded import RecordedDancer
from dancer.variety import any_body, any_view
from dancer.virtual import VirtualDancer
from features.motion import MOTION_FPS, motion_features

Array = NDArray[np.float32]

WARM_UP_FRAMES = 30
"""Frames before the span that only fill the memory of the features."""


RECORDED_SHARE = 0.5
"""Of the dancers, where there are recordings."""


def dance_to(
    take: Take, start_code: int, codes: int, rng: np.random.Generator, recorded: Sequence[Laid] = ()
) -> Array:
    """Exact motion columns ``[16, codes]`` of a dancer to ``take``, at code centres from ``start_code``.

    Body, camera and effort are by chance, style and beat the song's; the same ``rng`` gives the same. Half of
    the dancers do what somebody of ``recorded`` did, warped so that its beats fall on the song's.
    """
    code_s = SAMPLES_PER_CODE / SAMPLE_RATE
    start_s, length_s = start_code * code_s, codes * code_s
    frames = np.arange(-WARM_UP_FRAMES, int(length_s * MOTION_FPS) + 2) / MOTION_FPS
    beats = beat_at(take, start_s + frames)
    # Dancer's time is beats at the take's mean tempo, from the start of the phrase that is being danced.
    beats = beats - np.floor(beats[WARM_UP_FRAMES] / 16) * 16
    config = DancerConfig(
        bpm=take.bpm,
        style=take.song.genre,
        seed=int(rng.integers(1 << 31)),
        energy=energy(rng, length_s),
        seconds=length_s,
        first_beat_s=0.0,
        mirrored=bool(rng.random() < 0.5),
        body=any_body(rng),
        view=any_view(rng),
    )
    if recorded and rng.random() < RECORDED_SHARE:
        one = recorded[int(rng.integers(len(recorded)))]
        bar = 4 * int(rng.integers(len(one.beats_s) // 4))
        times_s = one.time_at(bar + beats * one.paces(take.bpm))
        points = RecordedDancer(one.motion, config).landmarks(times_s)
    else:
        points = VirtualDancer(config).landmarks(beats * 60 / take.bpm)
    columns = motion_features(points, config.aspect)[WARM_UP_FRAMES:]
    centres = (np.arange(codes) + 0.5) * code_s
    at = np.arange(len(columns)) / MOTION_FPS
    return np.stack([np.interp(centres, at, column) for column in columns.T]).astype(np.float32)


def beat_at(take: Take, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Position in beats of ``take`` at times in it; before and after it goes on at the mean tempo."""
    beats_s = np.asarray(take.beats_s, np.float64)
    inside = np.interp(time_s, beats_s, np.arange(len(beats_s)))
    outside = np.minimum(time_s - beats_s[0], 0) + np.maximum(time_s - beats_s[-1], 0)
    return np.asarray(inside + outside * take.bpm / 60)
