import socket
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from configs.errors import SinkError
from features.onsets import find_onsets
from realtime.osc import OscSink, Target
from realtime.osc.framing import slip
from realtime.osc.hearing import SampleClock, attack
from realtime.osc.listen import Arrival, Listener
from realtime.osc.messages import Message, encode
from realtime.osc.monitor import Monitor
from realtime.osc.picture import picture
from realtime.osc.timing import Grid, match_onsets, spread, strip
from realtime.types import Beat, TimedEvent


def arrival(number, time_s, lead_s=0.0):
    args = (number % 4 + 1, number // 4, 120.0, 0.9, lead_s)
    return Arrival(time_s, Message("/noverre/beat", args))


def test_even_beats_have_no_error_and_a_late_one_has_its_own():
    grid = Grid()
    errors_s = [grid.error_s(n, 5.0 + 0.5 * n + (0.01 if n == 10 else 0.0)) for n in range(11)]
    assert errors_s[:4] == [None] * 4 and np.abs(errors_s[4:10]).max() < 1e-9
    assert errors_s[10] == pytest.approx(0.01)
    assert grid.error_s(100, 60.0) is None  # a jump: another grid begins


def test_onsets_are_matched_within_reach():
    assert match_onsets([1.0, 2.0, 3.0], [0.99, 2.03, 7.0]) == [
        pytest.approx(0.01),
        pytest.approx(-0.03),
        None,
    ]
    assert match_onsets([1.0], []) == [None]


def test_spreads_and_strips():
    assert str(spread([])) == "nothing to measure"
    shown = spread([0.001, 0.002, 0.003])
    assert shown.median_ms == pytest.approx(2.0) and shown.count == 3
    assert (
        strip(0.0)[11] == "*" and strip(1.0)[-2] == "*" and strip(-1.0)[1] == "*" and "*" not in strip(None)
    )


def test_the_monitor_prints_beats_with_their_errors_and_sums_up():
    lines = []
    monitor = Monitor(lines.append)
    for number in range(20):
        monitor.arrived(arrival(number, 10 + 0.5 * number + 0.004 * (number == 15), lead_s=0.02))
        for _ in range(15):
            monitor.arrived(Arrival(10 + 0.5 * number, Message("/noverre/energy", (0.5,))))
    monitor.arrived(Arrival(21.0, None, bad="unknown type tag"))
    beats = [line for line in lines if "/noverre/beat" in line]
    assert len(beats) == 20 and "grid  +4.0 ms" in beats[15]
    assert sum("/noverre/energy" in line for line in lines) == 1  # the rest is counted
    assert any("not OSC: unknown type tag" in line for line in lines)
    summary = "\n".join(monitor.summary())
    assert "300  /noverre/energy" in summary and "(16 beats)" in summary
    drawn = ElementTree.fromstring(picture(monitor.errors_s))
    dots = [one for one in drawn.iter() if one.tag.endswith("circle")]
    assert len(dots) == 16  # one a beat, and the late one highest
    assert min(dots, key=lambda dot: float(dot.get("cy"))) is dots[11]
    assert picture({"own grid": [], "sound": []}).startswith("<svg")


def test_with_sound_a_beat_waits_for_its_onset():
    lines = []
    monitor = Monitor(lines.append, heard=True)
    for number in range(6):
        monitor.arrived(arrival(number, 10 + 0.5 * number))
    assert not lines
    monitor.heard([9.99 + 0.5 * number for number in range(5)])
    monitor.tick(11.0)
    assert len(lines) == 1 and "sound +10.0 ms" in lines[0]
    monitor.tick(20.0)
    assert len(lines) == 6 and "sound" not in lines[5]
    assert "1 beats had no onset" in monitor.summary()[-1]


def test_a_sample_clock_believes_the_earliest_arrivals():
    clock = SampleClock(48_000, latency_s=0.01)
    rng = np.random.default_rng(0)
    for piece in range(1, 500):
        clock.arrived(256 * piece, 100.0 + 256 * piece / 48_000 + rng.exponential(0.005))
    assert clock.time_s(48_000) == pytest.approx(101.0 - 0.01, abs=2e-4)


@pytest.mark.parametrize("start", [5_000, 5_037, 5_101])
def test_attacks_are_found_to_the_millisecond(start):
    rng = np.random.default_rng(2)
    sound = rng.normal(0, 0.01, 12_000).astype(np.float32)
    n = np.arange(4_000)
    sound[start : start + 4_000] += (0.5 * np.sin(0.3 * n) * np.exp(-n / 900)).astype(np.float32)
    picked = min((onset.sample for onset in find_onsets(sound)), key=lambda sample: abs(sample - start))
    assert abs(attack(sound, picked) - start) < 22
    assert attack(sound[:50], 10) == 10


@pytest.mark.parametrize("late", [-150, 0, 100, 200])
def test_an_attack_is_where_it_begins_not_where_it_is_loudest(late):
    """A kick of 55 Hz that swells for 6 ms over a quiet bass, said 7 ms early to 9 ms late."""
    n = np.arange(6_000)
    swell = np.minimum(n / 130, 1.0) * np.exp(-n / 2_000)
    sound = (0.02 * np.sin(0.02 * np.arange(12_000))).astype(np.float32)
    sound[5_000:11_000] += (0.5 * swell * np.sin(2 * np.pi * 55 / 22_050 * n + 0.5)).astype(np.float32)
    assert abs(attack(sound, 5_000 + late) - 5_000) < 55  # 2.5 ms


@pytest.mark.parametrize("transport", ["udp", "tcp", "slip"])
def test_the_listener_takes_what_the_sink_sends(transport):
    listener = Listener("127.0.0.1", 0, transport)
    sink = OscSink([Target("127.0.0.1", listener.port, transport=transport, name="monitor")])
    got = []
    for attempt in range(100):  # TCP takes a moment to connect; until then states are dropped
        sink.send_state(status=f"try {attempt}")
        got += listener.arrivals()
        if got:
            break
    sink.send([TimedEvent(Beat(0, 1, 0, 120.0, 0.9), got[0].time_s + 0.05)])
    while not any(one.message.address == "/noverre/beat" for one in got):
        got += listener.arrivals()
    assert got[0].message.address == "/noverre/status"
    sink.close()
    listener.close()


def test_nonsense_and_the_wrong_framing_are_told_not_raised():
    listener = Listener("127.0.0.1", 0)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.sendto(b"hello", ("127.0.0.1", listener.port))
    (one,) = listener.arrivals()
    assert one.message is None and "four" in one.bad
    listener.close()
    sender.close()
    listener = Listener("127.0.0.1", 0, "tcp")
    with socket.create_connection(("127.0.0.1", listener.port)) as stream:
        stream.sendall(slip(encode(Message("/a"))))
        (one,) = listener.arrivals()
    assert "SLIP" in one.bad
    listener.close()


def test_a_port_in_use_ends_in_a_sentence():
    listener = Listener("127.0.0.1", 0)
    with pytest.raises(SinkError, match="choose another --port"):
        Listener("127.0.0.1", listener.port)
    command = [sys.executable, "-m", "realtime.osc", "monitor", "--port", str(listener.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    listener.close()
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "choose another" in done.stderr
