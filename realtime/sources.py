"""Where frames come from: a camera, a file or address that OpenCV reads, or the virtual dancer.

A source yields frames with the show time at which each was taken. ``live`` sources set their own
pace; the others say when a frame is due and can be read as fast as one likes.
"""

import contextlib
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
from realtime.watchdog import Backoff, Stillness

MAX_SIDE = 960
"""Larger pictures are scaled down once, before anyone looks: the pose tracker gains nothing above."""

STILL_S = 1.0
"""A camera's picture that stays the same for so long is not passed on: nobody is that still."""

FROZEN_S = 3.0
"""After so long the camera is opened anew."""

REOPEN_S = 1.5
"""The longest wait between two attempts to open a lost camera."""

NETWORK_MS = 3000
"""A network camera that says nothing for so long is lost."""

Say = Callable[[str], None]


class Source(Protocol):
    """The seam: what a show needs of anything that delivers pictures."""

    name: str
    spec: str
    """What opens the same source again."""
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

    def __init__(self, config: DancerConfig, spec: str = "demo") -> None:
        self.spec = spec
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
            "limb_speed": self.dancer.limb_speed(times_s).round(3).tolist(),
            "style": self.config.style,
        }

    def close(self) -> None:
        """Nothing to let go."""


class FileSource:
    """A video file or address, optionally looped; its own timestamps decide the times."""

    live = False

    def __init__(self, path: str, loop: bool = False, say: Say = print) -> None:
        if _is(Path.is_fifo, path):
            raise SourceError(f"--source {path!r} is a pipe: give a video file, which can be read again")
        self._capture = cv2.VideoCapture(path)
        self._path, self._loop, self._say = path, loop, say
        self.spec = path
        ok, image = self._capture.read() if self._capture.isOpened() else (False, None)
        if not ok or image is None:
            self._capture.release()
            reason = "is not a video that OpenCV can read" if _is(Path.is_file, path) else "does not exist"
            raise SourceError(
                f"--source {without_secrets(path)!r} {reason}: give a camera index, a video file or demo"
            )
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
        # Some containers tell only how long the film is; its sound may be a second longer than its picture.
        promised = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        if promised > 0 and seen < 0.95 * promised - self.fps:
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
    """A webcam, or a camera on the network. Unplugged or frozen, it is reopened until it is back.

    Args:
        device: index, device path or address.
        options: what the camera is asked to deliver.
        now_s: show time.
        say: told when it fails and when it is back.
        heartbeat: called at every attempt to get it back, so that whoever waits knows it is tried.
        open_capture: opens the device; a seam for tests.
        sleep: waits; only between attempts, in a process of its own.

    Raises:
        SourceError: nothing answers there.
    """

    live = True

    def __init__(
        self,
        device: int | str,
        options: Camera,
        now_s: Callable[[], float],
        say: Say = print,
        heartbeat: Callable[[], None] = lambda: None,
        open_capture: Callable[[int | str, Camera], Any] = lambda device, options: capture_of(
            device, options
        ),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._device, self._options, self._now_s, self._say = device, options, now_s, say
        self._heartbeat, self._open_capture, self._sleep = heartbeat, open_capture, sleep
        self.name, self.spec = f"camera {without_secrets(str(device))}", str(device)
        self._backoff = Backoff(most_s=REOPEN_S)
        self._stillness = Stillness()
        self._complaint = ""
        self._capture = open_capture(device, options)
        if self._read() is None:
            self._capture.release()
            raise SourceError(
                f"--source {without_secrets(str(device))!r}: no camera answers there: plug one in, "
                "close the program that uses it, or give demo for the virtual dancer"
            )
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1.0 <= fps <= 1000.0 else options.fps

    def _read(self) -> Image | None:
        try:
            ok, image = self._capture.read()
        except cv2.error:
            return None
        return np.asarray(image, np.uint8) if ok and image is not None else None

    def frames(self) -> Iterator[Frame]:
        """Frames as they come, stamped then less the camera's own latency; none while it is lost."""
        index = 0
        while True:
            image = self._read()
            if image is None:
                self._reopen("delivers nothing")
                continue
            still_s = self._stillness.update(image, self._now_s())
            if still_s > FROZEN_S:
                self._reopen("is frozen: its picture has not changed")
            elif still_s <= STILL_S:
                self._recovered()
                yield Frame(index, self._now_s() - self._options.latency_ms / 1000, shrink(image))
                index += 1

    def _reopen(self, complaint: str) -> None:
        if not self._complaint:
            self._say(f"{self.name} {complaint}; the groove is held while it is reopened")
        self._complaint = complaint
        self._heartbeat()
        self._sleep(self._backoff.next_s())
        self._capture.release()
        self._capture = self._open_capture(self._device, self._options)
        self._heartbeat()

    def _recovered(self) -> None:
        """A picture again, and not the one that stood still: that is why a reopening keeps it in mind."""
        if self._complaint:
            self._say(f"{self.name} is back")
            self._complaint = ""
        self._backoff.reset()

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def capture_of(device: int | str, options: Camera) -> cv2.VideoCapture:
    """OpenCV's capture of a device or address, set up for little delay."""
    if isinstance(device, str) and "://" in device:
        timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, NETWORK_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, NETWORK_MS]
        return cv2.VideoCapture(device, cv2.CAP_FFMPEG, timeouts)
    try:
        capture = cv2.VideoCapture(device)
    except cv2.error:  # an index that is no number of this machine
        return cv2.VideoCapture()
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, options.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, options.height)
    capture.set(cv2.CAP_PROP_FPS, options.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an old frame is a late frame
    return capture


def open_source(
    spec: str,
    loop: bool,
    camera: Camera,
    now_s: Callable[[], float],
    say: Say = print,
    heartbeat: Callable[[], None] = lambda: None,
) -> DemoSource | FileSource | CameraSource:
    """The source that ``--source`` names.

    Raises:
        SourceError: nothing readable is there, or the demo's options are wrong.
    """
    if spec == "auto":
        return _webcam_or_demo(camera, now_s, say, heartbeat)
    if spec == "demo" or spec.startswith("demo:"):
        try:
            return DemoSource(parse_demo(spec), spec)
        except ValueError as error:
            raise SourceError(f"--source {spec!r}: {error}") from error
    if spec.isdigit():
        return CameraSource(int(spec), camera, now_s, say, heartbeat)
    if spec.startswith("/dev/video") or is_live_address(spec):
        return CameraSource(spec, camera, now_s, say, heartbeat)
    return FileSource(spec, loop, say)


def _is(what: Callable[[Path], bool], path: str) -> bool:
    """``Path.is_file`` and the like, also of names that no file can have."""
    with contextlib.suppress(OSError, ValueError):
        return what(Path(path))
    return False


def is_live_address(spec: str) -> bool:
    """Whether an address is a camera's: a stream that says neither where it ends nor how long it is."""
    if spec.startswith(("rtsp://", "rtmp://", "rtp://", "udp://")):
        return True
    if not spec.startswith(("http://", "https://")):
        return False
    capture = capture_of(spec, Camera())
    frames = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    capture.release()
    return not frames > 0


def _webcam_or_demo(
    camera: Camera, now_s: Callable[[], float], say: Say, heartbeat: Callable[[], None]
) -> DemoSource | CameraSource:
    try:
        return CameraSource(0, camera, now_s, say, heartbeat)
    except SourceError:
        say("No webcam opens here, so the virtual dancer dances.")
        return DemoSource(parse_demo("demo"))


def without_secrets(address: str) -> str:
    """An address as it may be shown or kept: without user name, password or query."""
    if "://" not in address:
        return address
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def shrink(image: Image) -> Image:
    """The picture as 8-bit BGR with its longer side at most ``MAX_SIDE``."""
    if image.ndim == 2:
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    scale = MAX_SIDE / max(image.shape[:2])
    if scale >= 1.0:
        return np.ascontiguousarray(image[..., :3])
    size = (max(2, round(image.shape[1] * scale)), max(2, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image[..., :3], size, interpolation=cv2.INTER_AREA), np.uint8)
