import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.conductor import JUMP_BEATS, conduct
from realtime.grid import BeatGrid

HOP_S = 5504 / 22050


def grid(phase: float, bpm: float = 120.0, time_s: float = 0.0) -> BeatGrid:
    return BeatGrid(time_s, bpm, phase, 1.0)


def test_first_block_takes_the_grid_as_it_is() -> None:
    plan = conduct(None, grid(0.0), 1.0, 1.0 + HOP_S)
    np.testing.assert_allclose(plan.phase_at(np.array([1.0, 1.5])), [2.0, 3.0])


@given(st.floats(-0.95 * JUMP_BEATS, 0.95 * JUMP_BEATS), st.floats(60, 190))
def test_small_errors_are_slewed_without_a_jump(error: float, bpm: float) -> None:
    before = conduct(None, grid(0.0, bpm), 0.0, HOP_S)
    plan = conduct(before, grid(error, bpm), HOP_S, 2 * HOP_S)
    start = plan.phase_at(np.array([HOP_S]))[0]
    assert np.isclose(start, before.phase_at(np.array([HOP_S]))[0])
    fine = plan.phase_at(np.linspace(HOP_S, 3 * HOP_S, 500))
    assert np.all(np.diff(fine) > 0)
    assert np.max(np.diff(fine)) < 2 * np.min(np.diff(fine))


def test_slewing_reaches_the_grid_and_keeps_the_bar() -> None:
    plan = conduct(None, grid(0.0), 0.0, HOP_S)
    for hop in range(1, 12):
        plan = conduct(plan, grid(0.15), hop * HOP_S, (hop + 1) * HOP_S)
    end_s = 12 * HOP_S
    assert np.isclose(plan.phase_at(np.array([end_s]))[0], grid(0.15).phase_at(end_s))


def conducted(grids: list[BeatGrid]) -> tuple[np.ndarray, np.ndarray]:
    """Times and phases of the music, 500 a second, hop by hop after a first hop on a grid at 0."""
    plan, times, phases = conduct(None, grid(0.0), 0.0, HOP_S), [], []
    for hop, now in enumerate(grids, 1):
        plan = conduct(plan, now, hop * HOP_S, (hop + 1) * HOP_S)
        times.append(hop * HOP_S + np.arange(0.0, HOP_S, 0.002))
        phases.append(plan.phase_at(times[-1]))
    return np.concatenate(times), np.concatenate(phases)


def leaps(times: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Indices after which the phase is somewhere else."""
    return np.flatnonzero(np.abs(wrapped(np.diff(phases) - 2.0 * np.diff(times))) > 0.05)


def wrapped(beats: np.ndarray) -> np.ndarray:
    """Whole bars are no leap."""
    return (beats + 2.0) % 4.0 - 2.0


@pytest.mark.parametrize("error", [0.25, 0.4])
def test_a_large_error_is_put_right_at_once_at_half_a_bar(error: float) -> None:
    times, phases = conducted([grid(error)] * 12)
    (leap,) = leaps(times, phases)
    onto = phases[leap + 1]
    assert abs((onto + 1) % 2 - 1) < 0.01
    assert times[leap] - HOP_S <= 1.05
    assert np.isclose(wrapped(phases[-1] - grid(error).phase_at(times[-1])), 0, atol=1e-6)


@given(st.floats(-0.5, -JUMP_BEATS - 0.05), st.floats(0.0, 2.0), st.floats(60, 190), st.integers(0, 99))
def test_music_that_is_ahead_goes_back_before_its_next_beat(
    error: float, begun: float, bpm: float, seed: int
) -> None:
    """The grid may even waver about half a beat behind: none is struck twice, none waits long."""
    rng = np.random.default_rng(seed)
    plan, beats, end_s = conduct(None, grid(begun, bpm), 0.0, HOP_S), [], HOP_S
    while end_s < 6.0 * 60.0 / bpm + HOP_S:
        now = grid(begun + error + float(rng.normal(0.0, 0.01)), bpm)
        plan = conduct(plan, now, end_s, end_s + HOP_S)
        beats += plan.beats_between(end_s, end_s + HOP_S)
        end_s += HOP_S
        away = wrapped(plan.phase_at(np.array([end_s])) - now.phase_at(end_s))[0]
        assert (end_s - 2.0 * HOP_S) * bpm / 60.0 < 1.65 or abs(away) < 0.06
    numbers, times_s = (np.array(one) for one in zip(*beats, strict=True))
    apart = np.diff(times_s) * bpm / 60.0
    assert np.all(np.diff(numbers) == 1)
    assert apart.min() > 0.8 and apart.max() < 1.6


@given(st.floats(-2.0, 2.0), st.floats(0.0, 4.0), st.floats(60, 190))
def test_no_leap_strikes_a_beat_twice(error: float, begun: float, bpm: float) -> None:
    plan, beats = conduct(None, grid(begun, bpm), 0.0, HOP_S), []
    for hop in range(1, 40):
        plan = conduct(plan, grid(begun + error, bpm), hop * HOP_S, (hop + 1) * HOP_S)
        beats += plan.beats_between(hop * HOP_S, (hop + 1) * HOP_S)
    apart = np.diff([time_s for _, time_s in beats]) * bpm / 60.0
    assert apart.min() > 0.54 and apart.max() < 1.6


@pytest.mark.parametrize("shift", [-1.0, 1.0, -1.8])
def test_another_count_of_the_bar_begins_with_a_bar(shift: float) -> None:
    times, phases = conducted([grid(shift)] * 20)
    (leap,) = leaps(times, phases)
    assert abs((phases[leap + 1] + 2) % 4 - 2) < 0.01
    assert np.isclose(wrapped(phases[-1] - grid(shift).phase_at(times[-1])), 0, atol=1e-6)


def test_a_grid_that_wavers_moves_the_music_once_in_half_a_bar_at_most() -> None:
    rng = np.random.default_rng(0)
    times, phases = conducted([grid(0.4 * rng.integers(2)) for _ in range(200)])
    at = times[leaps(times, phases)]
    assert len(at) > 0 and np.diff(at).min() > 0.7  # a beat lasts 0.5 s


def test_beats_between_counts_each_beat_once_over_hops() -> None:
    plan, numbers = None, []
    for hop in range(40):
        start_s, end_s = hop * HOP_S, (hop + 1) * HOP_S
        plan = conduct(plan, grid(0.0, 137.0), start_s, end_s)
        numbers += [number for number, _ in plan.beats_between(start_s, end_s)]
    assert numbers == list(range(len(numbers)))
