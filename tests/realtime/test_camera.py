"""A camera that is unplugged, frozen, or broken in other ways, told to on a script; nobody waits for real."""

import cv2
import numpy as np
import pytest

from configs.errors import SourceError
from configs.schema import Camera
from realtime.sources import FROZEN_S, CameraSource, without_secrets

FPS = 30.0


class Bench:
    """A clock, a camera and what was said. ``script(time_s)`` gives a picture, None, or raises."""

    def __init__(self, script) -> None:
        self.script = script
        self.time_s = 0.0
        self.said: list[str] = []
        self.opened: list[float] = []
        self.beats = 0
        self.source = CameraSource(
            0, Camera(), lambda: self.time_s, self.said.append, self.beat, self.open, self.sleep
        )

    def beat(self) -> None:
        self.beats += 1

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds

    def open(self, device, options):
        self.opened.append(self.time_s)
        return self

    def read(self):
        self.time_s += 1 / FPS
        picture = self.script(self.time_s)
        return picture is not None, picture

    def get(self, key: int) -> float:
        return FPS if key == cv2.CAP_PROP_FPS else 0.0

    def release(self) -> None:
        pass

    def until(self, time_s: float) -> list:
        frames = []
        for frame in self.source.frames():
            frames.append(frame)
            if self.time_s >= time_s:
                return frames
        raise AssertionError("a camera never ends")


def alive(time_s: float) -> np.ndarray:
    return np.random.default_rng(int(time_s * 1000)).integers(0, 255, (48, 64, 3), np.uint8)


STILL = np.full((48, 64, 3), 7, np.uint8)


@pytest.mark.parametrize("away_s", [0.3, 4.0, 60.0])
def test_unplugged_it_is_reopened_until_it_is_back(away_s: float) -> None:
    bench = Bench(lambda t: None if 2 < t < 2 + away_s else alive(t))
    frames = bench.until(away_s + 8)
    times = np.array([frame.time_s for frame in frames])
    assert np.all(np.diff(times) > 0) and [frame.index for frame in frames] == list(range(len(frames)))
    gap = np.diff(times).max()
    assert away_s <= gap < away_s + 1.7  # back at the latest one patient wait after it is plugged in
    assert len(bench.said) == 2 and "delivers nothing" in bench.said[0] and "is back" in bench.said[1]
    assert len(bench.opened) < 6 + away_s  # patient: no storm of attempts
    assert bench.beats >= len(bench.opened) - 1


def test_a_frozen_picture_is_not_passed_on_is_said_once_and_the_camera_reopened() -> None:
    bench = Bench(lambda t: STILL if 2 < t < 20 else alive(t))
    frames = bench.until(24)
    shown = [frame.time_s for frame in frames if np.array_equal(frame.image, STILL)]
    assert 0.5 < max(shown) - min(shown) <= 1.05
    assert len(bench.opened) > 5 and bench.opened[1] > 2 + FROZEN_S
    assert len(bench.said) == 2 and "frozen" in bench.said[0] and "is back" in bench.said[1]
    assert frames[-1].time_s > 23


def test_a_dark_room_that_flickers_by_a_bit_is_alive() -> None:
    bench = Bench(lambda t: alive(t) & 1)
    assert len(bench.until(10)) > 290 and not bench.said


def test_an_exception_in_the_driver_is_a_camera_that_delivers_nothing() -> None:
    def script(time_s: float):
        if 1 < time_s < 2:
            raise cv2.error("select() timeout")
        return alive(time_s)

    bench = Bench(script)
    assert bench.until(5)[-1].time_s > 4.9 and "is back" in bench.said[-1]


def test_no_camera_at_all() -> None:
    with pytest.raises(SourceError, match="no camera answers there: plug one in"):
        Bench(lambda t: None)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://anna:secret@10.0.0.7:554/live", "rtsp://10.0.0.7:554/live"),
        ("http://x:p@ss@cam/a.mjpg?token=secret", "http://cam/a.mjpg"),
        ("/films/a@b.mp4", "/films/a@b.mp4"),
        ("0", "0"),
    ],
)
def test_a_cameras_password_is_never_shown(address: str, shown: str) -> None:
    assert without_secrets(address) == shown
