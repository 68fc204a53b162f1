import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from configs.errors import SourceError
from configs.schema import Camera
from realtime.sources import MAX_SIDE, DemoSource, FileSource, open_source, shrink
from realtime.trace import is_trace


def film(path: Path, size: tuple[int, int] = (320, 240), fps: float = 30.0, frames: int = 20) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
    assert writer.isOpened()
    for index in range(frames):
        writer.write(np.full((size[1], size[0], 3), 10 * index % 255, np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize("size", [(426, 240), (240, 426), (640, 480), (1080, 1920), (3840, 2160)])
def test_any_size_and_orientation(tmp_path: Path, size: tuple[int, int]) -> None:
    frames = list(FileSource(str(film(tmp_path / "a.avi", size, frames=3))).frames())
    assert len(frames) == 3
    height, width = frames[0].image.shape[:2]
    assert max(height, width) <= MAX_SIDE
    assert abs(width / height - size[0] / size[1]) < 0.01


@pytest.mark.parametrize("fps", [15, 23.976, 25, 29.97, 50, 120])
def test_times_follow_the_files_own_rate(tmp_path: Path, fps: float) -> None:
    frames = list(FileSource(str(film(tmp_path / "a.avi", fps=fps))).frames())
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(20) / fps, atol=0.6 / fps)
    assert np.all(np.diff([f.time_s for f in frames]) > 0)


def test_a_loop_goes_on_in_time(tmp_path: Path) -> None:
    source = FileSource(str(film(tmp_path / "a.avi", frames=5)), loop=True).frames()
    times = [next(source).time_s for _ in range(12)]
    np.testing.assert_allclose(np.diff(times), 1 / 30, atol=1e-3)


def test_a_truncated_file_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", frames=60)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    said: list[str] = []
    frames = list(FileSource(str(path), say=said.append).frames())
    assert 0 < len(frames) < 60


class Promising:
    """A capture that promises so many frames, as containers do that tell only their length."""

    def __init__(self, capture: cv2.VideoCapture, frames: int) -> None:
        self._frames, self.read, self._get = frames, capture.read, capture.get

    def get(self, key: int) -> float:
        return self._frames if key == cv2.CAP_PROP_FRAME_COUNT else self._get(key)


@pytest.mark.parametrize(("promised", "short"), [(0, False), (60, False), (85, False), (120, True)])
def test_a_sound_longer_than_its_picture_is_no_damage(tmp_path: Path, promised: int, short: bool) -> None:
    said: list[str] = []
    source = FileSource(str(film(tmp_path / "a.avi", frames=60)), say=said.append)
    source._capture = Promising(source._capture, promised)  # type: ignore[assignment]
    assert len(list(source.frames())) == 60
    assert any("cut short" in text for text in said) == short


def test_noise_in_the_middle_does_not_raise(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", frames=60)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = np.random.default_rng(0).bytes(4000)
    path.write_bytes(content)
    assert list(FileSource(str(path)).frames())


@pytest.mark.parametrize("content", [b"", b"not a video", bytes(10_000)])
def test_what_is_no_video_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"film\.mp4.*not a video"):
        FileSource(str(path))


def test_a_missing_file_and_a_missing_camera() -> None:
    with pytest.raises(SourceError, match="does not exist"):
        open_source("nowhere.mp4", False, Camera(), lambda: 0.0)
    with pytest.raises(SourceError, match="no camera answers"):
        open_source("97", False, Camera(), lambda: 0.0)


def test_names_that_no_file_has(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    for name in (str(pipe), "99999999999999999999", "a" * 5000, "\0", ""):
        assert not is_trace(Path(name))
        with pytest.raises(SourceError, match="--source"):
            open_source(name, False, Camera(), lambda: 0.0)


def test_demo_specifications() -> None:
    source = open_source("demo:bpm=104,style=house,seed=3,seconds=2", False, Camera(), lambda: 0.0)
    assert isinstance(source, DemoSource) and source.count == 60 and source.truth["style"] == "house"
    with pytest.raises(SourceError, match="demo"):
        open_source("demo:bmp=104", False, Camera(), lambda: 0.0)


def test_auto_without_a_camera_says_so() -> None:
    said: list[str] = []
    source = open_source("auto", False, Camera(), lambda: 0.0, said.append)
    if isinstance(source, DemoSource):
        assert said == ["No webcam opens here, so the virtual dancer dances."]


def test_grey_pictures_become_colour() -> None:
    assert shrink(np.zeros((48, 64), np.uint8)).shape == (48, 64, 3)
