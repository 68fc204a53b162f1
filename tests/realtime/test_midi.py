import sys
import threading
import time

import numpy as np
import pytest

from configs.errors import SinkError
from realtime.midi import MidiClockOut, open_output
from realtime.midi_clock import CLOCK, CONTINUE, START, STOP, ClockFollower, ClockPlan
from realtime.priority import advice
from realtime.types import Beat, Onset, TimedEvent


class FakePort:
    """Remembers what came when, by the clock it is given; fails on script."""

    def __init__(self, clock=time.perf_counter):
        self.got, self.clock, self.broken, self.closed = [], clock, False, False
        self.wanted, self.enough = 0, threading.Event()

    def send(self, data):
        if self.broken:
            raise OSError("the cable was pulled")
        self.got.append((self.clock(), data[0]))
        if self.wanted and len(self.got) >= self.wanted:
            self.enough.set()

    def close(self):
        self.closed = True


class Stage:
    """A MidiClockOut without a thread; time is stepped."""

    def __init__(self, **options):
        self.now_s = 0.0
        self.port = FakePort(lambda: self.now_s)
        self.out = MidiClockOut(self.port, clock=lambda: self.now_s, threaded=False, **options)

    def run_until(self, end_s):
        while self.now_s < end_s:
            self.now_s = min(max(self.out.work(self.now_s), self.now_s + 1e-6), end_s)
        self.out.work(self.now_s)

    def times(self, status):
        return np.array([at_s for at_s, found in self.port.got if found == status])


def beat(number, bpm=120.0):
    return Beat(0, number % 4 + 1, number // 4, bpm, 0.9)


def perform(heard_s, bpms, notice_s, until_s, **options):
    """Beats at ``heard_s``, each told ``notice_s`` before it is heard."""
    stage = Stage(**options)
    for number, (at_s, bpm) in enumerate(zip(heard_s, bpms, strict=True)):
        stage.run_until(at_s - notice_s)
        stage.out.send([TimedEvent(beat(number, bpm), at_s), TimedEvent(Onset(0, 1.0), at_s)])
    stage.run_until(until_s)
    return stage


def test_twenty_four_even_ticks_a_beat_that_fall_on_the_beats():
    heard_s = 1.0 + 0.5 * np.arange(8)
    stage = perform(heard_s, [120.0] * 8, 0.3, 4.9)
    ticks_s = stage.times(CLOCK)
    assert np.allclose(ticks_s[::24], heard_s[: len(ticks_s[::24])], atol=1e-4)
    assert np.allclose(np.diff(ticks_s), 0.5 / 24, atol=1e-4)
    assert stage.times(START)[0] == pytest.approx(0.998, abs=1e-4) and len(stage.times(START)) == 1


def test_it_starts_on_a_downbeat():
    stage = Stage()
    for number in range(2, 7):
        stage.out.send([TimedEvent(beat(number), 1.0 + 0.5 * number)])
    stage.run_until(4.4)
    assert stage.times(START)[0] == pytest.approx(3.0 - 0.002, abs=1e-4)
    assert stage.times(CLOCK)[0] == pytest.approx(3.0, abs=1e-4)


@pytest.mark.parametrize("notice_s", [0.02, 0.15, 0.6, 2.0])
def test_ticks_follow_a_tempo_that_drifts_and_wavers(notice_s):
    rng = np.random.default_rng(4)
    bpms = 100 + 20 * np.sin(np.arange(40) / 6)
    heard_s = 3.0 + np.concatenate([[0], np.cumsum(60 / bpms[:-1])]) + rng.normal(0, 0.004, 40)
    stage = perform(heard_s, bpms, notice_s, heard_s[-1])
    ticks_s = stage.times(CLOCK)
    count = len(ticks_s[::24])
    assert count in (39, 40)
    at_beats_s = np.abs(ticks_s[::24] - heard_s[:count])
    assert at_beats_s.max() < (1e-3 if notice_s > 0.1 else 0.04)
    steps_s = np.diff(ticks_s)
    assert steps_s.min() > 0 and steps_s.max() < 1.6 * 60 / bpms.min() / 24


def test_beats_that_are_missing_are_ticked_through_and_silence_stops_the_clock():
    heard_s = np.array([1.0, 1.5, 2.5, 3.0])  # one is missing
    stage = Stage()
    stage.out.send([TimedEvent(beat(n), at_s) for n, at_s in zip((0, 1, 3, 4), heard_s, strict=True)])
    stage.run_until(6.0)
    ticks_s = stage.times(CLOCK)
    assert np.allclose(np.diff(ticks_s), 0.5 / 24, atol=1e-4)
    assert stage.times(STOP) == pytest.approx([3.0 + 2.5 * 0.5], abs=1e-3)
    assert not stage.out.report().running
    stage.out.send([TimedEvent(beat(8), 7.0)])
    stage.run_until(7.3)
    assert len(stage.times(START)) == 2 and stage.times(CLOCK)[len(ticks_s)] == pytest.approx(7.0, abs=1e-4)


def test_the_same_beat_twice_and_nonsense_change_nothing():
    plan = ClockPlan()
    assert plan.beat(beat(0), 1.0) == [(0.998, START)]
    assert len(plan.beat(beat(1), 1.5)) == 24
    assert plan.beat(beat(1), 1.5) == [] and plan.beat(beat(0), 1.0) == []
    assert plan.beat(beat(2, bpm=0.0), 2.0) == [] and plan.beat(beat(2), float("nan")) == []
    assert len(plan.beat(beat(2), 2.0)) == 24


def test_a_beat_that_moves_to_before_what_was_ticked_slows_nothing_down_to_zero():
    plan = ClockPlan()
    plan.beat(beat(0), 1.0)
    ticked = plan.due(1.45)
    ticked += plan.beat(beat(1, 160.0), 1.3)  # said to be at 1.5, it was at 1.3
    ticked += plan.due(2.0)
    steps_s = np.diff([at_s for at_s, _ in ticked])
    assert steps_s.min() >= 60 / 160 / 24 / 4 - 1e-9  # never a burst
    assert ticked[-1][0] == pytest.approx(2.0, abs=0.02) and plan.running


def test_the_lead_and_an_explicit_stop():
    stage = Stage(lead_ms=30)
    stage.out.send([TimedEvent(beat(n), 1.0 + 0.5 * n) for n in range(8)])
    stage.run_until(2.0)
    assert stage.times(CLOCK)[0] == pytest.approx(0.97, abs=1e-4)
    stage.out.stop()
    stage.run_until(4.0)
    assert stage.port.got[-1] == (pytest.approx(2.0, abs=1e-3), STOP)
    assert stage.times(CLOCK)[-1] <= 2.0


def test_a_broken_port_is_named_and_ends_nothing():
    stage = Stage()
    stage.port.broken = True
    stage.out.send([TimedEvent(beat(0), 0.1), TimedEvent(beat(1), 0.6)])
    stage.run_until(0.5)
    assert "cable was pulled" in stage.out.report().last_error and stage.out.report().ticks == 0
    stage.port.broken = False
    stage.run_until(0.6)
    stage.out.close()
    assert stage.port.got[-1][1] == STOP and stage.port.closed


def test_real_time_jitter_is_small():
    port = FakePort()
    port.wanted = 1 + 60  # start, and 2.5 beats of ticks
    out = MidiClockOut(port)
    first_s = time.perf_counter() + 0.1
    out.send([TimedEvent(beat(n, 240.0), first_s + 0.25 * n) for n in range(4)])
    assert port.enough.wait(3.0)
    out.close()
    ticks_s = np.array([at_s for at_s, status in port.got if status == CLOCK])[:60]
    intervals_s = np.diff(ticks_s)
    assert len(ticks_s) == 60 and ticks_s[0] >= first_s
    if advice() is None:  # with the priority it asks for, a loaded machine makes no difference
        assert np.percentile(np.abs(intervals_s - 0.25 / 24), 95) < 0.002
        assert abs(ticks_s[48] - first_s - 0.5) < 0.008


def feed(follower, times_s, start=True):
    if start:
        follower.feed(bytes([START]), times_s[0] - 0.002)
    for at_s in times_s:
        follower.feed(bytes([CLOCK]), at_s)


@pytest.mark.parametrize("bpm", [60.0, 97.3, 174.0])
def test_an_incoming_clock_with_jitter_gives_tempo_and_phase(bpm):
    rng = np.random.default_rng(1)
    follower = ClockFollower()
    ticks_s = 5.0 + np.arange(96) * 60 / bpm / 24
    feed(follower, ticks_s + rng.normal(0, 0.001, 96))
    assert follower.tempo_bpm() == pytest.approx(bpm, rel=0.003)
    assert follower.phase_at(5.0 + 4 * 60 / bpm) == pytest.approx(4.0, abs=0.02)


def test_start_stop_continue_and_song_position():
    follower = ClockFollower()
    feed(follower, 0.02 * np.arange(30))
    assert follower.running and follower.phase_at(0.48) == pytest.approx(1.0)
    follower.feed(bytes([STOP]), 1.0)
    assert follower.tempo_bpm() is None and follower.phase_at(1.0) is None
    follower.feed(bytes([0xF2, 16, 0]), 1.5)  # sixteenth 16 = beat 4
    follower.feed(bytes([CONTINUE]), 2.0)
    feed(follower, 2.0 + 0.02 * np.arange(30), start=False)
    assert follower.phase_at(2.0) == pytest.approx(4.0)
    follower.feed(b"", 3.0)
    follower.feed(b"\x90\x40\x40", 3.0)  # a note is none of ours


def test_a_pause_in_the_clock_is_not_a_slow_tempo():
    follower = ClockFollower()
    feed(follower, 0.02 * np.arange(48))
    feed(follower, 5.0 + 0.025 * np.arange(48), start=False)
    assert follower.tempo_bpm() == pytest.approx(100.0, rel=1e-3)


def test_without_ports_or_without_the_extra_a_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(SinkError, match="pip install mido python-rtmidi"):
        open_output()


def test_a_port_that_is_not_there_is_named(monkeypatch):
    pytest.importorskip("mido", reason="the midi extra is not installed")
    pytest.importorskip("rtmidi", reason="the midi extra is not installed")
    with pytest.raises(SinkError, match="'no such port' cannot be opened"):
        open_output("no such port")
