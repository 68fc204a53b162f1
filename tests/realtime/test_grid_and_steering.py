"""The beat grid's arithmetic, taps, and how the played grid is brought onto the wanted one."""

from dataclasses import replace

import numpy as np
import pytest

from realtime.grid import LOCKED, BeatGrid
from realtime.steering import Steering
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


def steered(played, wanted, seconds=6.0, settled=True, bars=False, every=None):
    """Phases ``[n]`` at times ``[n]`` of a grid that is steered 30 times a second."""
    times, phases, steering = [], [], Steering()
    for time_s in np.arange(1 / 30, seconds, 1 / 30):
        played, settled = steering.steer(played, wanted, float(time_s), settled, bars, every)
        times.append(time_s)
        phases.append(played.phase_beats)
    return np.array(times), np.array(phases), played


@pytest.mark.parametrize("error", [-0.15, 0.1, 0.17])
def test_a_small_error_is_slewed_and_never_jumps(error):
    wanted = BeatGrid(0.0, 120.0, error, 1.0)
    times, phases, played = steered(BeatGrid(0.0, 120.0, 0.0, 0.0), wanted)
    rate = np.diff(phases) / np.diff(times) / 2.0
    assert rate.min() >= 0.9 - 1e-6 and rate.max() <= 1.1 + 1e-6
    assert played.phase_at(10.0) == pytest.approx(wanted.phase_at(10.0), abs=0.005)


@pytest.mark.parametrize("error", [-0.4, 0.3, 0.45])
def test_a_large_error_waits_for_the_bar_line(error):
    wanted = BeatGrid(0.0, 120.0, 1.0 + error, 1.0)
    times, phases, played = steered(BeatGrid(0.0, 120.0, 1.0, 0.0), wanted)
    step = np.diff(phases) - np.diff(times) * 2.0
    jumps = np.flatnonzero(np.abs(step) > 0.02)
    assert len(jumps) == 1
    assert abs((phases[jumps[0] + 1] + 0.5) % 4.0 - 0.5) < 0.1  # onto a bar line
    assert played.phase_at(10.0) % 1.0 == pytest.approx(wanted.phase_at(10.0) % 1.0, abs=0.005)


@pytest.mark.parametrize(("every", "soonest"), [(None, 4.0), (2, 2.0), (1, 1.0)])
def test_a_large_error_waits_for_as_many_beats_as_are_asked(every, soonest):
    wanted = BeatGrid(0.0, 120.0, 0.4, 1.0)
    _, phases, _ = steered(BeatGrid(0.0, 120.0, 0.1, 0.0), replace(wanted, phase_beats=0.45), every=every)
    step = np.diff(phases) - 1 / 15
    onto = phases[np.flatnonzero(np.abs(step) > 0.02)[0] + 1]
    assert onto == pytest.approx(soonest, abs=0.1)


def test_a_first_lock_waits_for_a_beat_only():
    wanted = BeatGrid(0.0, 120.0, 1.4, 1.0)
    _, phases, _ = steered(BeatGrid(0.0, 100.0, 1.0, 0.0), wanted, seconds=0.6, settled=False)
    assert phases[-1] % 1.0 == pytest.approx(wanted.phase_at(0.6 - 1 / 30) % 1.0, abs=0.07)


def test_where_bars_count_the_bar_line_is_taken_over():
    wanted = BeatGrid(0.0, 120.0, 2.0, 1.0)
    _, _, played = steered(BeatGrid(0.0, 120.0, 0.0, 0.0), wanted, bars=True)
    assert played.phase_at(10.0) % 4.0 == pytest.approx(wanted.phase_at(10.0) % 4.0, abs=0.01)


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
