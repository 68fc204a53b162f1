import numpy as np
import pytest

from realtime.types import Block
from realtime.webrtc.timeline import LIMIT, Timeline

RATE, HOP = 22_050, 5_504
HOP_S = HOP / RATE


def ramp(index: int) -> Block:
    """Samples whose value tells their place: 0..1 over ten seconds."""
    return Block(index * HOP, (np.arange(index * HOP, (index + 1) * HOP) / (10 * RATE)).astype(np.float32))


def play(timeline: Timeline, indices, lead_s: float = 0.1) -> None:
    for index in indices:
        timeline.push(ramp(index), lead_s + index * HOP_S)


def test_samples_lie_where_they_are_heard():
    timeline = Timeline(RATE, 0.0)
    play(timeline, range(7))
    taken = timeline.take(72_000)
    heard_s = np.arange(72_000) / 48_000 - 0.1
    steady = slice(10_000, 70_000)
    np.testing.assert_allclose(taken[steady], heard_s[steady] / 10, atol=2e-5)
    assert not taken[:4_000].any()


def test_a_sample_of_the_show_is_found_on_the_line():
    timeline = Timeline(RATE, 0.0)
    play(timeline, range(4))
    media = timeline.media_of(2 * HOP + 1000)
    timeline.take(media)
    assert timeline.take(1)[0] == pytest.approx((2 * HOP + 1000) / (10 * RATE), abs=2e-6)


def test_heard_at_is_the_inverse_of_media_at():
    timeline = Timeline(RATE, 5.0)
    play(timeline, range(3), lead_s=5.2)
    for second in (5.2, 5.3, 5.9):
        assert timeline.heard_at_s(timeline.media_at(second)) == pytest.approx(second, abs=1 / 48_000)


def test_what_was_not_delivered_is_silence_and_counted():
    timeline = Timeline(RATE, 0.0)
    play(timeline, [0])
    known = timeline.end
    timeline.take(known + 960)
    assert timeline.silent_samples == 960
    assert timeline.position == known + 960


def test_silence_before_the_show_is_no_failure():
    timeline = Timeline(RATE, 0.0)
    timeline.take(9600)
    assert timeline.silent_samples == 0


def test_a_late_block_loses_its_past_and_the_rest_is_on_time():
    timeline = Timeline(RATE, 0.0)
    play(timeline, [0])
    timeline.take(timeline.end)
    timeline.take(4800)  # 100 ms went by
    position = timeline.position
    play(timeline, [1, 2])
    assert timeline.dropped_samples == pytest.approx(4800, abs=100)
    taken = timeline.take(4800)
    heard_s = np.arange(position, position + 4800) / 48_000 - 0.1
    np.testing.assert_allclose(taken, heard_s / 10, atol=2e-5)


def test_a_jump_in_the_show_cuts_what_was_planned():
    timeline = Timeline(RATE, 0.0)
    play(timeline, range(4))
    timeline.take(9600)
    timeline.push(Block(0, np.full(HOP, 0.5, np.float32)), 0.3)  # panic: the show starts again, at once
    due = timeline.media_at(0.3)
    before = timeline.take(due - timeline.position)
    after = timeline.take(2000)
    assert abs(before[-1]) < 1e-6, "the cut is faded"
    assert np.abs(np.diff(before)).max() < 0.01
    assert after[1000:] == pytest.approx(0.5, abs=1e-3)


def test_a_device_that_runs_slow_is_followed_without_holes():
    timeline, drift = Timeline(RATE, 0.0), 1.0002
    for index in range(80):
        timeline.push(ramp(index), 0.1 + drift * index * HOP_S)
        timeline.take(max(0, timeline.end - timeline.position - 4000))
    assert timeline.silent_samples == timeline.dropped_samples == 0
    assert timeline.heard_at_s(timeline.media_of(79 * HOP)) == pytest.approx(0.1 + drift * 79 * HOP_S)


def test_a_show_that_runs_ahead_keeps_no_more_than_two_seconds():
    timeline = Timeline(RATE, 0.0)
    play(timeline, range(40))
    assert timeline.end - timeline.position <= LIMIT
    assert timeline.position == 0
    assert timeline.dropped_samples > 0


def test_a_pause_on_purpose_is_not_counted():
    timeline = Timeline(RATE, 0.0)
    play(timeline, [0])
    timeline.rest()
    timeline.take(48_000)
    assert timeline.silent_samples == 0
