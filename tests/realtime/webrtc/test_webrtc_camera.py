import threading

import numpy as np
import pytest

from realtime.webrtc.camera import BrowserCamera, StampSmoother

IMAGE = np.zeros((4, 4, 3), np.uint8)


def test_only_the_newest_picture_is_kept():
    camera = BrowserCamera(lambda: 0.0)
    for index in range(5):
        camera.put(IMAGE + index, index / 30)
    frame = camera.latest()
    assert (frame.index, frame.time_s) == (4, pytest.approx(4 / 30))
    assert camera.latest(after=4) is None


def test_a_slow_reader_misses_pictures_and_stays_in_order():
    camera, seen = BrowserCamera(lambda: 0.0), []
    camera.put(IMAGE, 0.0)
    frames = camera.frames()
    seen.append(next(frames).index)
    for index in range(1, 6):
        camera.put(IMAGE, index / 30)
    seen.append(next(frames).index)
    assert seen == [0, 5]


def test_closing_ends_a_reader_that_waits():
    camera = BrowserCamera(lambda: 0.0)
    reader = threading.Thread(target=lambda: list(camera.frames()))
    reader.start()
    camera.close()
    reader.join(timeout=5.0)
    assert not reader.is_alive()


def test_one_performer_at_a_time():
    camera = BrowserCamera(lambda: 0.0)
    assert camera.claim()
    assert not camera.claim()
    camera.put(IMAGE, 1.0)
    camera.release()
    assert camera.latest() is None
    assert camera.claim()


def test_indices_go_on_when_the_performer_changes():
    camera = BrowserCamera(lambda: 0.0)
    camera.put(IMAGE, 0.0)
    camera.release()
    camera.put(IMAGE, 1.0)
    assert camera.latest().index == 1


def test_stamps_lose_the_networks_jitter():
    smoother = StampSmoother()
    rng = np.random.default_rng(3)
    media_s = np.arange(300) / 30
    arrivals = media_s + 7.0 + rng.exponential(0.02, 300)
    stamps = np.array([smoother.stamp(m, a) for m, a in zip(media_s, arrivals, strict=True)])
    assert np.all(stamps <= arrivals + 1e-9)
    assert np.std(np.diff(stamps[60:]) - 1 / 30) < 0.2 * np.std(np.diff(arrivals[60:]) - 1 / 30)


def test_stamps_follow_a_sender_whose_clock_drifts():
    smoother = StampSmoother()
    stamp = [smoother.stamp(t, 2.0 + 1.0001 * t) for t in np.arange(0, 120, 1 / 30)][-1]
    assert stamp == pytest.approx(2.0 + 1.0001 * 120, abs=0.04)
