"""What the two processes beside the show do: one reads the source, one looks for people.

They talk to the show in small messages ``(kind, payload)``; pictures go through shared memory.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

import cv2
import numpy as np

from configs.errors import NoverreError, SourceError
from configs.schema import ShowConfig
from realtime.bell import hear
from realtime.bell import ring as ring_bell
from realtime.priority import be_nice
from realtime.shared_frames import FrameShape, SharedFrames
from realtime.sources import CameraSource, DemoSource, FileSource, open_source
from realtime.types import Frame
from realtime.vision import Looker
from realtime.watchdog import Backoff

LATE_FRAME_S = 0.1
HEARTBEAT_S = 0.5
AnySource = DemoSource | FileSource | CameraSource


@dataclass(frozen=True)
class Resume:
    """What a capture process needs to go on where the one before it was lost."""

    ring: str
    shape: FrameShape
    origin_s: float
    first_index: int
    spec: str


class CaptureChild:
    """Reads a source at its own pace into shared memory."""

    def __init__(self, config: ShowConfig, pipe: Connection, rope: Connection, origin_s: float) -> None:
        self._config, self._pipe, self._rope = config, pipe, rope
        self._origin_s = origin_s
        self._first_index = 0
        self._beat_s = 0.0

    def now_s(self) -> float:
        """Show time."""
        return time.perf_counter() - self._origin_s

    def say(self, text: str) -> None:
        """A sentence for the performer."""
        self._pipe.send(("say", text))

    def heartbeat(self) -> None:
        """Still trying."""
        if time.perf_counter() - self._beat_s > HEARTBEAT_S:
            self._beat_s = time.perf_counter()
            self._pipe.send(("trying", None))

    def begin(self) -> None:
        """Open the source, agree with the show on size and time, and read."""
        try:
            source = self._open(self._config.source)
            frames = source.frames()
            first = next(frames)
        except (NoverreError, StopIteration) as error:
            text = str(error) or f"--source {self._config.source!r} holds no picture"
            return self._pipe.send(("error", text))
        shape = FrameShape(*first.image.shape[:2])
        truth = source.truth if isinstance(source, DemoSource) else None
        self._pipe.send(("ready", (source.name, source.spec, shape, truth)))
        ring = SharedFrames(shape, name=self._pipe.recv())
        self._origin_s = self._pipe.recv()
        if not source.live:
            self._put(ring, first)
        self._read(source, ring, 0.0)

    def resume(self, resume: Resume) -> None:
        """Open the same source again, however long it takes, and go on in the same ring and time."""
        self._first_index = resume.first_index
        backoff = Backoff(most_s=1.5)
        while True:
            try:
                source = self._open(resume.spec)
                break
            except SourceError:
                self.heartbeat()
                time.sleep(backoff.next_s())
        ring = SharedFrames(resume.shape, name=resume.ring)
        if isinstance(source, DemoSource):
            self._first_index = 0  # the dance has gone on meanwhile: its frames are where the time is
        self._read(source, ring, self.now_s() if isinstance(source, FileSource) else 0.0)

    def _open(self, spec: str) -> AnySource:
        config = self._config
        return open_source(spec, config.loop, config.camera, self.now_s, self.say, self.heartbeat)

    def _read(self, source: AnySource, ring: SharedFrames, begins_s: float) -> None:
        """Frames to the ring as they are due; ``begins_s``: show time of a film's first frame."""
        frames = source.frames()
        while (frame := next(frames, None)) is not None:
            if not source.live:
                frame = Frame(frame.index, frame.time_s + begins_s, frame.image)
                late_s = self.now_s() - frame.time_s
                if late_s < 0:
                    time.sleep(-late_s)
                elif late_s > LATE_FRAME_S and isinstance(source, DemoSource):
                    frame = _catch_up(source, self.now_s())
                    frames = (source.frame(index) for index in range(frame.index + 1, source.count))
            self._put(ring, frame)
        self._pipe.send(("end", None))
        time.sleep(1.0)  # let the last frame be read

    def _put(self, ring: SharedFrames, frame: Frame) -> None:
        frame = Frame(frame.index + self._first_index, frame.time_s, frame.image)
        ring.write(_fitted(frame, ring.shape))
        ring_bell(self._rope)


def _catch_up(source: DemoSource, now_s: float) -> Frame:
    """The dancer's frame that is due now; those before it are dropped, as a camera would."""
    return source.frame(min(source.count - 1, int(now_s * source.fps)))


def _fitted(frame: Frame, shape: FrameShape) -> Frame:
    """A frame in the ring's size, even if the source changes its own."""
    if frame.image.shape[:2] == (shape.height, shape.width):
        return frame
    image = np.asarray(cv2.resize(frame.image, (shape.width, shape.height)), np.uint8)
    return Frame(frame.index, frame.time_s, image)


def capture_main(
    config: ShowConfig, origin_s: float, pipe: Connection, rope: Connection, resume: Resume | None
) -> None:
    """The process that reads the source."""
    quiet_child()
    child = CaptureChild(config, pipe, rope, origin_s)
    _until_alone(lambda: child.begin() if resume is None else child.resume(resume))


def pose_main(config: ShowConfig, shape: FrameShape, name: str, pipe: Connection, bell: Connection) -> None:
    """The process that looks at the newest frame, over and over."""
    quiet_child()
    try:
        ring = SharedFrames(shape, name=name)
    except FileNotFoundError:
        return  # the show ended before this began

    def work() -> None:
        try:
            looker = Looker(config)
        except NoverreError as error:
            pipe.send(("error", str(error)))
            return
        seen = ring.newest  # what was there before has been looked at, or nearly
        pipe.send(("ready", None))
        while True:
            hear(bell, 0.5)
            frame = ring.read(ring.newest)
            if frame is not None and frame.index != seen:
                seen = frame.index
                pipe.send(("seen", looker.look(frame)))

    _until_alone(work)


def _until_alone(work: Callable[[], None]) -> None:
    """Work until done, or until the show no longer listens."""
    try:
        work()
    except (BrokenPipeError, EOFError, ConnectionResetError):
        return


def quiet_child() -> None:
    """Ctrl-C is the parent's business; a child dies with its parent, uses one core, lets sound go first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("GLOG_minloglevel", "3")
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    be_nice()
    threading.Thread(target=_die_with_parent, args=(os.getppid(),), daemon=True).start()


def _die_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
