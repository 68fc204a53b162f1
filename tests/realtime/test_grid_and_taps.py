"""The beat grid's arithmetic, and taps."""

import numpy as np
import pytest

from realtime.grid import LOCKED, BeatGrid, wrap
from realtime.taps import MOST_TAPS, grid_of, with_tap


def test_phase_and_time_are_inverse():
    grid = BeatGrid(2.0, 132.0, 7.25, 0.9)
    assert grid.phase_at(2.0) == 7.25
    assert grid.phase_at(2.0 + 60 / 132) == pytest.approx(8.25)
    assert grid.time_of(grid.phase_at(11.1)) == pytest.approx(11.1)


def test_beats_between_include_the_start_and_not_the_end():
    grid = BeatGrid(0.0, 120.0, 0.0, 1.0)
    assert grid.beats_between(0.0, 1.0) == [(0, 0.0), (1, 0.5)]
    assert [n for n, _ in grid.beats_between(0.1, 1.6)] == [1, 2, 3]
    assert grid.beats_between(0.1, 0.4) == []


def test_locked_is_the_published_threshold():
    assert BeatGrid(0, 100, 0, LOCKED).locked and not BeatGrid(0, 100, 0, LOCKED - 0.01).locked
    with pytest.raises(ValueError, match="tempo above 0"):
        BeatGrid(0, 0.0, 0, 1)


@pytest.mark.parametrize(("beats", "cycle", "wrapped"), [(0.7, 1, -0.3), (3.0, 4, -1.0), (-2.2, 4, 1.8)])
def test_differences_are_wrapped_to_half_a_cycle(beats, cycle, wrapped):
    assert wrap(beats, cycle) == pytest.approx(wrapped)


def tapped(times_s):
    taps = ()
    for time_s in times_s:
        taps = with_tap(taps, time_s)
    return taps


def test_taps_give_tempo_and_beat():
    rng = np.random.default_rng(5)
    grid = grid_of(tapped(3.0 + np.arange(8) * 60 / 96 + rng.normal(0, 0.012, 8)))
    assert grid.bpm == pytest.approx(96, rel=0.01)
    assert (grid.phase_at(3.0) + 0.5) % 1 - 0.5 == pytest.approx(0, abs=0.03)
    assert grid.confidence == 1.0


def test_a_missed_tap_does_no_harm_and_a_pause_begins_anew():
    beats = np.array([0, 1, 2, 4, 5, 6]) * 0.5
    assert grid_of(tapped(beats)).bpm == pytest.approx(120)
    assert tapped([0.0, 0.5, 1.0, 9.0]) == (9.0,)
    assert grid_of(tapped([4.0])) is None
    assert len(tapped([0.0, 0.5, 0.55, 1.0])) == 3  # a bouncing key
    assert len(tapped(np.arange(40) * 0.5)) == MOST_TAPS
