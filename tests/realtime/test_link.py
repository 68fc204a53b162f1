import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from configs.errors import SinkError
from realtime.link import LinkPeer, Move, Snapshot, Steering
from realtime.types import Beat, Onset, TimedEvent

ROOT = Path(__file__).parents[2]


def beat(number, bpm=120.0):
    return Beat(0, number % 4 + 1, number // 4, bpm, 0.9)


class FakeSession:
    """A session whose position advances with the time it is told."""

    def __init__(self, bpm=120.0, beat=0.0, peers=0):
        self.now_s = self._at_s = 0.0
        self._beat, self._bpm = beat, bpm
        self.num_peers, self.enabled, self.quantum = peers, False, 4.0
        self.tempi, self.jumps = [], 0

    @property
    def beat(self):
        return self._beat + (self.now_s - self._at_s) * self._bpm / 60

    @property
    def tempo(self):
        return self._bpm

    @tempo.setter
    def tempo(self, bpm):
        self._beat, self._at_s, self._bpm = self.beat, self.now_s, bpm
        self.tempi.append(bpm)

    def force_beat(self, beat):
        self._beat, self._at_s = beat, self.now_s
        self.jumps += 1


def lead(session, steering, seconds, known_s=0.3, bpm=120.0, first_s=0.0):
    """Run the leader's loop in fake time; returns |error| over time, s."""
    errors_s, told = [], 0
    for step in range(int(seconds / 0.02)):
        session.now_s = 0.02 * step
        while first_s + told * 60 / bpm < session.now_s + known_s:
            steering.take(
                [TimedEvent(beat(told, bpm), first_s + told * 60 / bpm), TimedEvent(Onset(0, 1), 0)]
            )
            told += 1
        snapshot = Snapshot(session.now_s, session.beat, session.tempo, session.num_peers)
        error_s = steering.error_s(snapshot)
        errors_s.append(abs(error_s) if error_s is not None else np.nan)
        if (move := steering.move(snapshot)) is not None:
            LinkPeer._apply(session, move)
    return np.array(errors_s)


def test_a_led_session_comes_to_our_bar_and_stays():
    session = FakeSession(bpm=90.0, beat=1.7)
    errors_s = lead(session, Steering(), 10.0, bpm=113.0, first_s=0.2)
    assert session.jumps == 1 and errors_s[50:].max() < 0.001
    assert session.tempo == pytest.approx(113.0, abs=0.02)


def test_small_errors_are_steered_out_without_a_jump():
    session = FakeSession(bpm=120.0, beat=-0.06)  # 30 ms behind
    errors_s = lead(session, Steering(), 12.0)
    assert session.jumps == 0 and errors_s[0] == pytest.approx(0.03)
    assert errors_s[-100:].max() < 0.001
    assert max(session.tempi) <= 120.0 * 1.01 + 1e-9


def test_without_beats_nothing_is_moved():
    steering = Steering()
    snapshot = Snapshot(10.0, 3.0, 100.0, 2)
    assert steering.move(snapshot) is None and steering.error_s(snapshot) is None
    steering.take([TimedEvent(beat(0), 1.0)])
    assert steering.move(snapshot) is None  # that was nine seconds ago
    steering.take([TimedEvent(beat(1, 100.0), 9.99)])
    assert isinstance(steering.move(snapshot), Move)


def test_bars_count_not_beats():
    steering = Steering()
    steering.take([TimedEvent(beat(4 * 7 + 2), 5.0)])
    assert steering.error_s(Snapshot(5.0, 2.0, 120.0, 0)) == pytest.approx(0.0)
    assert steering.error_s(Snapshot(5.0, 402.1, 120.0, 0)) == pytest.approx(-0.05)
    assert steering.error_s(Snapshot(5.0, 1.9, 120.0, 0)) == pytest.approx(0.05)


@pytest.mark.parametrize(("peers", "wants", "leads"), [(0, True, True), (1, True, False), (0, False, False)])
def test_we_lead_only_a_session_we_found_empty(peers, wants, leads):
    session = FakeSession(bpm=100.0, peers=peers)
    peer = LinkPeer(lead=wants, clock=lambda: session.now_s, session=lambda _: session, threaded=False)
    for step in range(200):
        session.now_s = 0.02 * step
        peer.send([TimedEvent(beat(step // 25, 120.0), 0.5 * (step // 25))])
        peer.step(session, joined_s=0.0)
    assert peer.report().leads == leads
    assert peer.phase_at(session.now_s) == pytest.approx(session.beat, abs=0.05)
    assert session.tempo == pytest.approx(120.0, rel=0.011) if leads else session.tempi == []


def test_without_the_extra_a_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "aalink", None)
    with pytest.raises(SinkError, match="pip install aalink"):
        LinkPeer()


@pytest.mark.desks
def test_two_processes_agree_within_3_ms_and_joining_changes_nobodys_tempo():
    pytest.importorskip("aalink", reason="the link extra is not installed")
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("needs root and iproute2 for a network namespace: Link may not reach a real network")
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "tests.realtime.link_scene"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    leader = [row for row in seen["leader"] if row[1] is not None]
    guest = [row for row in seen["guest"] if row[1] is not None and row[3] == 1]
    assert leader and len(guest) > 10
    settled = [row for row in leader if row[0] > seen["start_s"] + 4.5]
    assert all(row[4] for row in settled) and not any(row[4] for row in guest)
    assert max(abs(row[2] - 112.0) for row in settled) < 0.3  # the guest's 90 BPM never show
    assert max(abs(row[2] - 112.0) for row in guest[5:]) < 0.3
    ours_ms = [abs(row[5]) for row in settled]
    apart_ms = [1000 * abs(beats_apart(row, settled)) * 60 / 112.0 for row in guest[5:]]
    print(f"Link: leader off its own beats {max(ours_ms):.2f} ms, peers apart {max(apart_ms):.2f} ms at most")
    assert max(ours_ms) < 3.0 and max(apart_ms) < 3.0


def beats_apart(row, others):
    """How far the guest's position is from the leader's, in beats within the bar."""
    other = min(others, key=lambda candidate: abs(candidate[0] - row[0]))
    there = other[1] + (row[0] - other[0]) * other[2] / 60
    return (row[1] - there + 2) % 4 - 2
