"""Poses at any frame rate as even rows."""

import numpy as np
import pytest

from dancer import DancerConfig, VirtualDancer
from features import pose_stream
from features.pose_stream import INPUTS, LONGEST_GAP_S, RATE_HZ

DANCER = VirtualDancer(DancerConfig(style="house", bpm=118, seed=3, seconds=8))
ASPECT = DANCER.config.aspect


def rows_of(times_s, points=None):
    """Number of the first row, and all of them."""
    points = DANCER.landmarks(times_s) if points is None else points
    state, numbers, values = pose_stream.start(), [], []
    for time_s, pose in zip(times_s, points, strict=True):
        state, rows = pose_stream.update(state, pose, ASPECT, float(time_s))
        numbers += range(rows.first, rows.first + len(rows.values))
        values += list(rows.values)
    return np.array(numbers), np.array(values)


@pytest.mark.parametrize("fps", [15, 25, 60])
def test_rows_are_even_and_alike_at_any_frame_rate(fps):
    numbers, rows = rows_of(np.arange(0.0, 6.0, 1 / fps))
    assert np.array_equal(numbers, np.arange(1, len(rows) + 1)) and rows.shape[1] == INPUTS
    _, plain = rows_of(np.arange(0.0, 6.0, 1 / RATE_HZ))
    count = min(len(rows), len(plain))
    places = slice(30, 30) if fps == 15 else slice(0, 30)
    assert np.abs(rows[30:count, places] - plain[30:count, places]).max(initial=0) < 0.12
    assert np.median(np.abs(rows[30:count] - plain[30:count])) < 0.05


def test_distance_and_place_before_the_camera_change_nothing():
    times_s = np.arange(1, 90) / 30
    points = DANCER.landmarks(times_s)
    nearer = points.copy()
    nearer[..., :2] = 0.5 + 0.6 * (points[..., :2] - 0.4)
    _, rows = rows_of(times_s, points)
    _, others = rows_of(times_s, nearer)
    assert np.allclose(rows, others, atol=1e-3)


def test_a_short_gap_is_bridged_and_a_long_one_or_a_cut_begins_anew():
    times_s = np.arange(1, 150) / 30
    short, long = (
        np.delete(times_s, slice(60, 66)),
        np.delete(times_s, slice(60, 60 + int(LONGEST_GAP_S * 30) + 2)),
    )
    assert np.array_equal(np.diff(rows_of(short)[0]), np.ones(len(rows_of(short)[0]) - 1))
    assert np.diff(rows_of(long)[0]).max() > 10
    state = pose_stream.start()
    state, _ = pose_stream.update(state, DANCER.landmarks(1.0), ASPECT, 1.0)
    away = DANCER.landmarks(1.03).copy()
    away[:, 0] += 0.7
    assert pose_stream.update(state, away, ASPECT, 1.04)[1].fresh
    assert not pose_stream.update(state, DANCER.landmarks(1.04), ASPECT, 1.04)[1].fresh
