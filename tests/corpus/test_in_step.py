"""A dancer on a song's beats: the beat map is exact, drift is followed, chance is repeatable."""

import numpy as np

from corpus.band.song import compose
from corpus.in_step import beat_at, dance_to
from corpus.take import Take, make_take
from features.motion import MOTION_FEATURES

CODE_S = 128 / 22_050


def test_the_beat_map_goes_through_every_beat_and_on() -> None:
    take = make_take(compose("house", 0), 1, 0, 2)
    beats_s = np.asarray(take.beats_s)
    np.testing.assert_allclose(beat_at(take, beats_s), np.arange(len(beats_s)), atol=1e-9)
    np.testing.assert_allclose(beat_at(take, np.array([-60 / take.bpm])), [-1.0])
    np.testing.assert_allclose(beat_at(take, beats_s[-1:] + 120 / take.bpm), [len(beats_s) + 1.0])


def test_the_same_chance_is_the_same_dancer() -> None:
    take = make_take(compose("lock", 2), 0, 0, 2)
    one, other, third = (dance_to(take, 100, 344, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.shape == (16, 344) and one.dtype == np.float32 and np.isfinite(one).all()
    assert np.array_equal(one, other) and not np.array_equal(one, third)


def test_the_dance_keeps_the_songs_beat() -> None:
    """What she does comes again after a bar of *this* take, more than after a bar and half a beat."""
    same, off = [], []
    for seed in range(6):
        take = make_take(compose("house", seed % 3), seed, 0, 3)
        columns = dance_to(take, 0, int(take.codes * 0.9), np.random.default_rng(seed))
        for name in ("sway", "energy_fast", "left_leg", "right_leg"):
            curve = columns[MOTION_FEATURES.index(name)]
            same.append(_alike(take, curve, 4.0))
            off.append(_alike(take, curve, 4.5))
    assert np.mean(same) > np.mean(off) + 0.2


def _alike(take: Take, curve: np.ndarray, beats: float) -> float:
    """Correlation of ``curve`` with itself so many beats later, on a grid of beats."""
    at = np.arange(4.0, 28.0, 1 / 16)
    places = [np.interp(x, np.arange(len(take.beats_s)), take.beats_s) / CODE_S for x in (at, at + beats)]
    first, second = (np.interp(place, np.arange(len(curve)), curve) for place in places)
    return float(np.corrcoef(first, second)[0, 1])
