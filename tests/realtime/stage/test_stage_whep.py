"""Real listeners in another process hear the fake show: continuous, in time, encoded once."""

import base64
import json
import subprocess
import sys

import numpy as np
import pytest

from tests.realtime.stage.conftest import Client
from tests.realtime.stage.fake_show import BURST_HZ, FakeShow

LISTENERS, SECONDS = 4, 6.0


@pytest.fixture(scope="module")
def heard():
    """What the listeners report, and what the server counted meanwhile."""
    from configs.schema import Stage
    from realtime.controls import ControlInbox
    from realtime.stage.server import StageServer
    from tests.realtime.stage.conftest import SAMPLE_RATE, free_port

    server = StageServer(Stage(port=free_port()), ControlInbox(), SAMPLE_RATE)
    show = FakeShow(server)
    show.start()
    command = [sys.executable, "-m", "tests.realtime.stage.whep_clients", f"{server.url}/whep"]
    run = subprocess.run(
        [*command, str(LISTENERS), str(SECONDS), "picture"], capture_output=True, text=True, timeout=60
    )
    performer = server.performers[0]
    counts = {
        "encoded": performer.audio.packets,
        "sent": performer.sound.sent_packets,
        "pictures": performer.video.pictures,
    }
    show.stop()
    server.close()
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout), counts, show


def test_everybody_hears_without_a_hole(heard):
    reports = heard[0]["listeners"]
    for report in reports:
        assert report.get("error") is None, report
        assert report["lost"] == 0
        assert report["steps"] == [960], "time stamps step by exactly 20 ms"
        assert report["packets"] >= 0.8 * SECONDS * 50
        assert report["joined_s"] < 2.0
        assert report["pictures"] > 10


def test_sound_and_picture_are_encoded_once(heard):
    result, counts, _ = heard
    packets = sum(report["packets"] for report in result["listeners"])
    assert packets > 2.5 * counts["encoded"], "many packets leave for one that is encoded"
    assert counts["encoded"] <= counts["sent"] + 2
    pictures = sum(report["pictures"] for report in result["listeners"])
    assert pictures > 1.8 * counts["pictures"]


def test_beats_on_the_channel_fall_on_the_sound(heard):
    result, _, _ = heard
    sound = np.frombuffer(base64.b64decode(result["sound"]), "<i2").astype(np.float32) / 32768
    envelope = np.abs(sound)
    beats = [m for m in result["messages"] if m["type"] == "beat"]
    offsets_ms = []
    for beat in beats:
        at = (beat["rtp"] - result["first_rtp"]) % 2**32
        if not 2_000 < at < len(sound) - 4_000:
            continue
        near = envelope[at - 1_500 : at + 1_500]
        offsets_ms.append((int(np.argmax(near > 0.1)) - 1_500) / 48)
    assert len(offsets_ms) >= 6
    assert np.max(np.abs(offsets_ms)) < 3.0, offsets_ms


def test_beats_come_before_they_are_heard(heard):
    result, _, _ = heard
    sent_s = {stamp: arrival for arrival, _, stamp in result["arrivals"]}
    leads = []
    for beat in (m for m in result["messages"] if m["type"] == "beat"):
        packet = min(sent_s, key=lambda stamp: abs(stamp - beat["rtp"]))
        if abs(packet - beat["rtp"]) < 960:
            leads.append(sent_s[packet] - beat["got_s"])
    assert len(leads) >= 6
    assert np.median(leads) > 0.02, "the message is there before the packet that holds the beat"


def test_the_level_is_the_shows(heard):
    sound = np.frombuffer(base64.b64decode(heard[0]["sound"]), "<i2").astype(np.float32) / 32768
    peaks = np.abs(sound[48_000:]).max()
    assert peaks == pytest.approx(0.6, rel=0.1)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * 48_000 / len(sound) == pytest.approx(BURST_HZ, abs=25)


def test_the_show_is_not_held_up(heard):
    show = heard[2]
    assert show.late_hops <= 1, f"worst hop {show.worst_ms:.0f} ms"


def test_closing_the_server_ends_the_sessions(stage):
    server = stage()
    assert Client(server)("GET", "/").status == 200
    server.close()
    assert server._sessions.count("whep") == 0
