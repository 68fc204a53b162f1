"""Admission, snapshot, spectrum and picture: the small pure parts of the stage."""

import json

import cv2
import numpy as np
import pytest

from realtime.osc.lane import TargetReport
from realtime.stage.admission import REMEMBERED_HOPS, TROUBLE_S, Admission
from realtime.stage.app import socket_token
from realtime.stage.commands import CommandError
from realtime.stage.hub import Hub, Page
from realtime.stage.picture import WIDTH, to_jpeg
from realtime.stage.snapshot import plain
from realtime.stage.spectrum import ADVANCE, BANDS, Spectrum
from realtime.types import Block

RATE = 22_050


def why_not(snapshot, dancing: int, cores: int = 8):
    admission = Admission(cores)
    admission.hear(snapshot, 0.0)
    return admission.why_not(dancing, 100.0)


def test_the_first_performer_is_always_admitted():
    assert why_not({"hop_ms": 400.0, "budget_ms": 250.0}, dancing=0) is None


def test_a_second_one_needs_room_that_was_measured():
    assert why_not({"hop_ms": 60.0, "budget_ms": 250.0}, dancing=1) is None
    reason = why_not({"hop_ms": 120.0, "budget_ms": 250.0}, dancing=1)
    assert "120 of 250 ms" in reason
    assert why_not({"hop_ms": 120.0, "budget_ms": 250.0}, dancing=3) is None


def test_pose_trackers_need_cores():
    tracked = {"hop_ms": 50.0, "budget_ms": 250.0, "pose_ms": 18.0, "source_fps": 30.0}
    assert why_not(tracked, dancing=1, cores=2) is None
    assert "3 performers would need 1.9 of this machine's 2 cores" in why_not(tracked, dancing=2, cores=2)
    assert why_not(tracked, dancing=2, cores=4) is None


def test_a_trackers_slow_first_pictures_refuse_nobody_for_long():
    admission = Admission(2)
    for pose_ms in (90.0, 60.0, *[15.0] * 8):
        admission.hear({"hop_ms": 25.0, "budget_ms": 250.0, "pose_ms": pose_ms, "source_fps": 30.0}, 0.0)
    assert admission.why_not(1, 100.0) is None


def test_a_slow_hop_counts_for_five_seconds_two_are_forgiven():
    admission = Admission(8)
    for hop_ms in [50.0] * REMEMBERED_HOPS + [200.0] * 2:
        admission.hear({"hop_ms": hop_ms, "budget_ms": 250.0}, 0.0)
    assert admission.why_not(1, 0.0) is None
    admission.hear({"hop_ms": 200.0, "budget_ms": 250.0}, 0.0)
    assert "200 of 250 ms" in admission.why_not(1, 0.0)


def test_a_show_that_was_just_late_takes_nobody():
    admission = Admission(8)
    for now_s, late in ((0.0, 3), (1.0, 3), (20.0, 4)):
        admission.hear({"hop_ms": 20.0, "budget_ms": 250.0, "late_hops": late, "underruns": 0}, now_s)
        if now_s < 20.0:
            assert admission.why_not(1, now_s) is None
    assert "late a moment ago" in admission.why_not(1, 20.0 + TROUBLE_S / 2)
    assert admission.why_not(1, 20.0 + TROUBLE_S + 1) is None


@pytest.mark.parametrize("snapshot", [{}, {"hop_ms": float("nan"), "budget_ms": 250.0}, {"hop_ms": None}])
def test_without_a_measurement_nobody_is_turned_away(snapshot):
    assert why_not(snapshot, dancing=1) is None


def test_reports_become_fields():
    report = TargetReport("qlc", "generic", "udp", True, 5, 0, 1, "", 0.1, 0.2)
    fields = plain({"osc": [report, {"name": "own"}], "bpm": 120.0})
    assert fields["osc"][0]["name"] == "qlc" and fields["osc"][0]["late"] == 1
    assert fields["osc"][1] == {"name": "own"} and fields["bpm"] == 120.0


@pytest.mark.parametrize("hz", [60.0, 440.0, 3000.0, 9000.0])
def test_a_tone_lights_its_band_and_its_level(hz):
    samples = (0.5 * np.sin(2 * np.pi * hz * np.arange(8192) / RATE)).astype(np.float32)
    column = Spectrum(RATE).columns(Block(0, samples))[2]
    edges = np.geomspace(40.0, 0.49 * RATE, BANDS + 1)
    brightest = int(np.argmax(column.bands))
    assert edges[brightest] * 0.75 <= hz <= edges[brightest + 1] * 1.35
    assert column.peak_db == pytest.approx(-6.0, abs=0.2)
    assert column.level_db == pytest.approx(-9.0, abs=0.3)


def test_columns_do_not_depend_on_how_the_sound_is_cut():
    samples = np.random.default_rng(0).normal(0, 0.1, 6 * 5504).astype(np.float32)
    whole = Spectrum(RATE).columns(Block(0, samples))
    stream = Spectrum(RATE)
    parts = [c for i in range(6) for c in stream.columns(Block(i * 5504, samples[i * 5504 : (i + 1) * 5504]))]
    assert [c.start_sample for c in parts] == [c.start_sample for c in whole]
    assert all(np.array_equal(a.bands, b.bands) for a, b in zip(parts, whole, strict=True))
    assert whole[1].start_sample == ADVANCE


def test_silence_is_dark():
    column = Spectrum(RATE).columns(Block(0, np.zeros(2048, np.float32)))[0]
    assert not column.bands.any() and column.level_db == -120.0


def test_pictures_are_small_and_whole():
    image = np.zeros((960, 1280, 3), np.uint8)
    image[:, 640:] = (0, 0, 255)
    seen = cv2.imdecode(np.frombuffer(to_jpeg(image), np.uint8), cv2.IMREAD_COLOR)
    assert seen.shape == (360, WIDTH, 3)
    assert seen[180, 400, 2] > 230 and seen[180, 50].max() < 20


def test_a_socket_names_its_token():
    assert socket_token("noverre.v1, token.c2VjcmV0") == "secret"
    assert socket_token("noverre.v1, token.w7w") == "ü"
    for protocols in ("", "noverre.v1", "token.%%%%%", "token._w"):
        assert socket_token(protocols) in (None, "")


def test_a_page_cannot_make_the_hub_fail():
    """What a page sends is refused in a sentence or answered, however deep or long it is."""
    hub = Hub(lambda control: None, lambda: 0.0, dict)
    page = Page(None)
    hub._take(page, '{"do": "ping", "sent": ' + "[" * 400 + "]" * 400 + "}")
    assert json.loads(page._queue.pop())["sent"] is None
    with pytest.raises(CommandError, match="server_s"):
        hub._take(page, '{"do": "tap", "server_s": 1' + "0" * 400 + "}")
