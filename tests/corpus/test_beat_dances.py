"""Dances that teach a network the beat."""

import numpy as np

from corpus.beat_dances import any_dancer, beat_dance, mixed, varied
from dancer.vocabulary import VOCABULARY
from features.pose_stream import INPUTS, RATE_HZ


def test_a_dance_is_the_same_again_and_its_beat_runs():
    kinds = set()
    for seed in range(8):
        one, again = beat_dance(seed, 8.0, 0.1), beat_dance(seed, 8.0, 0.1)
        assert np.array_equal(one.rows, again.rows) and one.rows.shape == (len(one.beats), INPUTS)
        assert np.isfinite(one.rows).all()
        kinds.add(one.style == "idle")
        if one.style != "idle":
            bpm = np.diff(one.beats) * RATE_HZ * 60
            assert bpm.min() > 45 and bpm.max() < 230
    assert kinds == {True, False}


def test_the_beat_is_told_for_the_delay_before():
    late, early = beat_dance(1, 6.0, 0.1), beat_dance(1, 6.0, 0.0)
    rate = np.diff(early.beats).mean() * RATE_HZ
    assert np.allclose(early.beats - late.beats, 0.1 * rate, rtol=0.2)


def test_habits_and_moves_differ_between_dancers():
    rng = np.random.default_rng(0)
    house = VOCABULARY["house"]
    assert varied(rng, house).manner != varied(rng, house).manner
    others = mixed(rng, house, ("krump", "waack"))
    assert others.of_track("legs") == house.of_track("legs") and others.of_track("arms") != house.of_track(
        "arms"
    )
    bodies = {any_dancer(rng, seed, 4.0, ("lock",), 0.5).config.body for seed in range(3)}
    assert len(bodies) == 3


def test_the_weight_sinks_later_in_some_dancers_and_half_a_beat_later_in_who_rises_on_the_beat():
    rng = np.random.default_rng(1)
    late = np.array([varied(rng, VOCABULARY["house"]).manner.late for _ in range(300)])
    own = VOCABULARY["house"].manner.late
    assert late.min() >= 0 and late.max() <= 0.75 and abs(np.median(late) - own) < 0.1
    assert 0.15 < np.mean(late > own + 0.25) < 0.35
