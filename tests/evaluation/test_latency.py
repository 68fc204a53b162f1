"""Latency sums up what the trace says, stage by stage."""

import pytest

from evaluation.latency import distribution, latency_of, stage_times
from evaluation.trace import Trace

FRAMES = [{"index": k, "time_s": k / 30, "pose_ms": 18.0} for k in range(30)]
HOPS = [
    {"now_s": 0.1, "heard_s": 0.3, "frames": [0, 1, 2], "ms": {"window": 1.0, "engine": 20.0}},
    {"now_s": 0.35, "heard_s": 0.55, "frames": [3, 9], "ms": {"window": 1.5, "engine": 30.0}},
    {"now_s": 0.6, "heard_s": 0.8, "frames": [], "ms": {"window": 1.5, "engine": 30.0}},
]


def test_stages_and_the_whole_way_are_measured():
    stages = stage_times(Trace({"frame": FRAMES, "hop": HOPS}))
    assert stages["engine"] == [20.0, 30.0, 30.0] and stages["pose"] == [18.0, 18.0]
    assert stages["settle"] == [pytest.approx(100 - 2000 / 30 - 18), pytest.approx(32)]
    assert stages["ahead"] == [pytest.approx(200)] * 3
    assert stages["movement to sound"] == [pytest.approx(300 - 2000 / 30), pytest.approx(250)]


def test_counts_come_from_the_end_and_are_unknown_without_it():
    trace = Trace({"hop": HOPS, "end": [{"late_hops": 1, "underruns": 2, "dropped_frames": 0}]})
    found = latency_of(trace)
    assert (found.hops, found.late_hops, found.underruns, found.dropped_frames) == (3, 1, 2, 0)
    assert latency_of(Trace({"hop": HOPS})).late_hops is None


def test_the_distribution_is_the_textbooks_and_refuses_nonsense():
    times = distribution(range(101))
    assert (times.median_ms, times.p95_ms, times.p99_ms, times.worst_ms) == (50, 95, 99, 100)
    for bad in ([], [float("nan")], [[1.0]]):
        with pytest.raises(ValueError, match="at least one"):
            distribution(bad)
    with pytest.raises(ValueError, match="no hops"):
        latency_of(Trace({}))
