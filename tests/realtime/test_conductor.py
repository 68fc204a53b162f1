import numpy as np
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


def test_a_large_error_jumps_on_a_beat_of_the_new_grid() -> None:
    before = conduct(None, grid(0.0), 0.0, HOP_S)
    new = grid(0.5)
    plan = conduct(before, new, HOP_S, 2 * HOP_S)
    jump_s = plan.pieces[1].start_s
    assert np.isclose(new.phase_at(jump_s) % 1.0, 0.0, atol=1e-9) or np.isclose(
        new.phase_at(jump_s) % 1.0, 1.0
    )
    assert plan.phase_at(np.array([jump_s]))[0] == plan.pieces[1].phase_beats


def test_beats_between_counts_each_beat_once_over_hops() -> None:
    plan, numbers = None, []
    for hop in range(40):
        start_s, end_s = hop * HOP_S, (hop + 1) * HOP_S
        plan = conduct(plan, grid(0.0, 137.0), start_s, end_s)
        numbers += [number for number, _ in plan.beats_between(start_s, end_s)]
    assert numbers == list(range(len(numbers)))
