import json

import pytest

from realtime.os2l import Os2lSink, beat_packet
from realtime.types import Beat, Onset, TimedEvent


class FakeReceiver:
    def __init__(self):
        self.got, self.connected, self.last_error, self.dropped = [], True, "", 0

    def send(self, packet, now_s):
        if not self.connected:
            self.dropped += 1
            return False
        self.got.append((now_s, packet))
        return True

    def pump(self, now_s):
        return float("inf")

    def close(self):
        self.connected = False


def beat(number, bpm=120.0, confidence=0.9):
    return Beat(0, number % 4 + 1, number // 4, bpm, confidence)


def run(sink, start_s, end_s):
    now_s = start_s
    while now_s < end_s:
        now_s = max(min(sink.work(now_s), end_s), now_s + 1e-6)


def test_beats_are_said_when_heard_minus_the_lead():
    receiver = FakeReceiver()
    sink = Os2lSink("desk", lead_ms=20, threaded=False, transport=receiver)
    sink.send([TimedEvent(beat(n, 120 if n < 3 else 124), 10 + 0.5 * n) for n in range(5)])
    sink.send([TimedEvent(Onset(0, 0.5), 10.2)])
    run(sink, 9.0, 13.0)
    assert [at_s for at_s, _ in receiver.got] == pytest.approx([9.98 + 0.5 * n for n in range(5)])
    said = [json.loads(packet) for _, packet in receiver.got]
    assert said[0] == {"evt": "beat", "change": True, "pos": 0, "bpm": 120.0, "strength": 90}
    assert [one["pos"] for one in said] == [0, 1, 2, 3, 4]
    assert [one["change"] for one in said] == [True, False, False, True, False]
    assert sink.report().sent == 5


def test_each_beat_is_one_line():
    assert beat_packet(beat(5), 0.0).count(b"\n") == 1 and beat_packet(beat(5), 0.0).endswith(b"}\n")


def test_a_dead_receiver_and_a_late_beat_are_counted():
    receiver = FakeReceiver()
    sink = Os2lSink("desk", threaded=False, transport=receiver)
    sink.send([TimedEvent(beat(0), 9.0), TimedEvent(beat(1), 10.0)])
    run(sink, 9.95, 10.1)
    assert (sink.report().sent, sink.report().dropped) == (1, 1)
    receiver.connected = False
    sink.send([TimedEvent(beat(2), 10.5)])
    run(sink, 10.1, 11.0)
    assert (sink.report().sent, sink.report().dropped) == (1, 2)
    sink.send([TimedEvent(beat(3), 12.0)])
    sink.flush()
    run(sink, 11.0, 13.0)
    assert sink.report().dropped == 2
