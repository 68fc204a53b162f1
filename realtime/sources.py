"""Where frames come from: a camera, a file or address that OpenCV reads, or the virtual dancer.

A source yields frames with the show time at which each was taken. ``live`` sources set their own
pace; the others say when a frame is due and can be read as fast as one likes.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from configs.errors import SourceError
from configs.schema import Camera
from dancer import DancerConfig, VirtualDancer, parse_demo
from realtime.types import Frame, Image

MAX_SIDE = 960
"""Larger pictures are scaled down once, before anyone looks: the pose tracker gains nothing above."""

Say = Callable[[str], None]


class Source(Protocol):
    """The seam: what a show needs of anything that delivers pictures."""

    name: str
    live: bool
    fps: float

    def frames(self) -> Iterator[Frame]:
        """Frames in order of time, until the source ends."""
        ...

    def close(self) -> None:
        """Let the device or file go."""
        ...


class DemoSource:
    """The virtual dancer, drawn frame by frame."""

    live = False

    def __init__(self, config: DancerConfig) -> None:
        self.dancer = VirtualDancer(config)
        self.config = config
        self.fps = float(config.fps)
        self.name = f"virtual dancer ({config.style}, {config.bpm:g} BPM)"

    def frames(self) -> Iterator[Frame]:
        """Every frame of the dance."""
        for index in range(self.count):
            yield self.frame(index)

    @property
    def count(self) -> int:
        """Frames in the whole dance."""
        return int(self.config.seconds * self.config.fps)

    def frame(self, index: int) -> Frame:
        """Any frame, in any order."""
        return Frame(index, index / self.fps, self.dancer.frame(index))

    @property
    def truth(self) -> dict[str, Any]:
        """What the dancer really did, as JSON: for traces and tests, never for the performance."""
        truth = self.dancer.truth
        times_s = np.arange(0.0, self.config.seconds, 0.1)
        return {
            "beats": truth.beat_times_s.round(6).tolist(),
            "downbeats": truth.downbeat_times_s.round(6).tolist(),
            "times_s": times_s.round(3).tolist(),
            "bpm": np.asarray(truth.tempo.bpm_at(times_s)).round(3).tolist(),
            "energy": np.asarray(truth.energy(times_s)).round(4).tolist(),
            "style": self.config.style,
        }

    def close(self) -> None:
        """Nothing to let go."""


class FileSource:
    """A video file or address, optionally looped; its own timestamps decide the times."""

    live = False

    def __init__(self, path: str, loop: bool = False, say: Say = print) -> None:
        self._capture = cv2.VideoCapture(path)
        self._path, self._loop, self._say = path, loop, say
        ok, image = self._capture.read() if self._capture.isOpened() else (False, None)
        if not ok or image is None:
            self._capture.release()
            reason = "is not a video that OpenCV can read" if Path(path).is_file() else "does not exist"
            raise SourceError(f"--source {path!r} {reason}: give a camera index, a video file or demo")
        self._first = image
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1.0 <= fps <= 1000.0 else 30.0
        self.name = Path(path).name

    def frames(self) -> Iterator[Frame]:
        """The frames of the file; with ``loop`` for ever."""
        index, start_s = 0, 0.0
        while True:
            image: Image | None = np.asarray(self._first, np.uint8)
            last_s = -1.0 / self.fps
            seen = 0
            while image is not None:
                stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                # Some containers give no times, or the same one twice: then the frame rate decides.
                last_s = stamp_s if last_s < stamp_s < last_s + 1.0 else last_s + 1.0 / self.fps
                last_s = 0.0 if seen == 0 else last_s
                yield Frame(index, start_s + last_s, shrink(image))
                index, seen = index + 1, seen + 1
                image = self._next()
            self._report_short(seen)
            if not self._loop:
                return
            start_s += last_s + 1.0 / self.fps
            self._rewind()

    def _next(self) -> Image | None:
        try:
            ok, image = self._capture.read()
        except cv2.error:
            return None
        return np.asarray(image, np.uint8) if ok and image is not None else None

    def _report_short(self, seen: int) -> None:
        promised = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        if promised > 0 and seen < 0.95 * promised - 2:
            self._say(
                f"{self.name} ends after {seen} of {promised:.0f} frames: it is cut short or damaged; "
                "the groove is held"
            )

    def _rewind(self) -> None:
        self._capture.release()
        self._capture = cv2.VideoCapture(self._path)
        ok, image = self._capture.read()
        if not ok or image is None:
            raise SourceError(f"{self._path!r} can no longer be read: was it moved?")
        self._first = image

    def close(self) -> None:
        """Close the file."""
        self._capture.release()


class CameraSource:
    """A webcam. When it is unplugged it is reopened, ever more patiently, until it is back."""

    live = True

    def __init__(self, device: int | str, options: Camera, now_s: Callable[[], float], say: Say = print):
        self._device, self._options, self._now_s, self._say = device, options, now_s, say
        self.name = f"camera {device}"
        self._capture = self._open()
        if not self._capture.isOpened() or not self._capture.read()[0]:
            self._capture.release()
            raise SourceError(
                f"--source {device!r}: no camera answers there: plug one in, close the program that uses it, "
                "or give demo for the virtual dancer"
            )
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1.0 <= fps <= 1000.0 else options.fps

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self._device)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._options.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._options.height)
        capture.set(cv2.CAP_PROP_FPS, self._options.fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an old frame is a late frame
        return capture

    def frames(self) -> Iterator[Frame]:
        """Frames as they come, stamped when they came less the camera's own latency."""
        index, failures = 0, 0
        while True:
            ok, image = self._capture.read()
            if ok and image is not None:
                failures = 0
                stamp_s = self._now_s() - self._options.latency_ms / 1000
                yield Frame(index, stamp_s, shrink(np.asarray(image, np.uint8)))
                index += 1
                continue
            failures += 1
            if failures == 1:
                self._say(f"{self.name} delivers nothing: the groove is held while it is reopened")
            time.sleep(min(2.0, 0.1 * 2 ** min(failures, 5)))  # its own process: nobody else waits
            self._capture.release()
            self._capture = self._open()

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def open_source(
    spec: str, loop: bool, camera: Camera, now_s: Callable[[], float], say: Say = print
) -> DemoSource | FileSource | CameraSource:
    """The source that ``--source`` names.

    Raises:
        SourceError: nothing readable is there, or the demo's options are wrong.
    """
    if spec == "auto":
        return _webcam_or_demo(camera, now_s, say)
    if spec == "demo" or spec.startswith("demo:"):
        try:
            return DemoSource(parse_demo(spec))
        except ValueError as error:
            raise SourceError(f"--source {spec!r}: {error}") from error
    if spec.isdigit():
        return CameraSource(int(spec), camera, now_s, say)
    if spec.startswith("/dev/video"):
        return CameraSource(spec, camera, now_s, say)
    return FileSource(spec, loop, say)


def _webcam_or_demo(camera: Camera, now_s: Callable[[], float], say: Say) -> DemoSource | CameraSource:
    try:
        return CameraSource(0, camera, now_s, say)
    except SourceError:
        say("No webcam opens here, so the virtual dancer dances.")
        return DemoSource(parse_demo("demo"))


def shrink(image: Image) -> Image:
    """The picture as 8-bit BGR with its longer side at most ``MAX_SIDE``."""
    if image.ndim == 2:
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    scale = MAX_SIDE / max(image.shape[:2])
    if scale >= 1.0:
        return np.ascontiguousarray(image[..., :3])
    size = (max(2, round(image.shape[1] * scale)), max(2, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image[..., :3], size, interpolation=cv2.INTER_AREA), np.uint8)
