"""Danced motion: deterministic, alike for both eyes, and as still or lively as asked."""

import numpy as np

from corpus.danced import dance, energy
from features.motion import MOTION_FEATURES


def test_the_same_seed_dances_the_same() -> None:
    one, other = dance(4, 6.0), dance(4, 6.0)
    assert np.array_equal(one.clean, other.clean) and np.array_equal(one.seen, other.seen)
    assert one.clean.shape == one.seen.shape == (16, int(6 * 22_050 / 128))
    assert not np.array_equal(dance(5, 6.0).clean, one.clean)


def test_the_tracker_sees_nearly_what_is() -> None:
    pairs = [dance(seed, 8.0) for seed in range(4)]
    index = MOTION_FEATURES.index("energy")
    gaps = [np.abs(one.clean[index] - one.seen[index]).mean() for one in pairs]
    assert 0 < np.median(gaps) < 0.08
    for one in pairs:
        assert np.isfinite(one.clean).all() and np.isfinite(one.seen).all()


def test_energy_varies_between_dancers() -> None:
    rng = np.random.default_rng(0)
    drawn = [energy(rng, 30.0) for _ in range(40)]
    assert 4 <= sum(isinstance(one, float) for one in drawn) <= 22
    points = next(one for one in drawn if not isinstance(one, float))
    assert all(0 <= level <= 1 for _, level in points) and points[0][0] == 0.0
