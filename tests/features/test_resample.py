import numpy as np

from features.resample import to_grid


def test_joins_by_straight_lines() -> None:
    times = np.array([0.0, 0.1, 0.2])
    values = np.array([[0.0], [1.0], [0.0]], np.float32)
    np.testing.assert_allclose(to_grid(times, values, np.array([0.05, 0.1, 0.15]))[:, 0], [0.5, 1.0, 0.5])


def test_long_gaps_and_outside_are_unknown() -> None:
    times = np.array([0.0, 0.1, 0.9, 1.0])
    grid = to_grid(times, np.zeros((4, 2), np.float32), np.array([-0.1, 0.05, 0.5, 0.95, 1.1]))
    np.testing.assert_array_equal(np.isnan(grid[:, 0]), [True, False, True, False, True])


def test_missing_observations_are_bridged_when_short() -> None:
    times = np.arange(4) / 30
    values = np.array([[0.0], [np.nan], [2.0], [3.0]], np.float32)
    np.testing.assert_allclose(to_grid(times, values, times)[:, 0], [0, 1, 2, 3], atol=1e-6)


def test_nothing_seen_is_nothing_known() -> None:
    assert np.isnan(to_grid(np.zeros(0), np.zeros((0, 3), np.float32), np.arange(3.0))).all()
