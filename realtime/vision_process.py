"""Looking in processes of their own: one reads the source, one finds the poses.

The parent only drains a pipe of small observations. Pictures stay in shared memory and are copied
when somebody watches. A process that dies is started again, and counted.
"""

import contextlib
import multiprocessing as mp
import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import cv2
import numpy as np

from configs.errors import NoverreError, SourceError
from configs.schema import ShowConfig
from realtime.shared_frames import FrameShape, SharedFrames
from realtime.sources import DemoSource, Say, open_source
from realtime.types import Frame
from realtime.vision import Looker, Observation, VisionHealth, Watcher

START_S = 30.0  # a cold import of MediaPipe on a slow disk
LATE_FRAME_S = 0.1

_context = mp.get_context("spawn")


class ProcessVision:
    """The source and the pose tracker beside the show.

    Raises:
        SourceError: the source cannot be opened.
    """

    def __init__(
        self, config: ShowConfig, origin_s: float, watchers: tuple[Watcher, ...] = (), say: Say = print
    ) -> None:
        self.health = VisionHealth()
        self.truth: dict[str, Any] | None = None
        self._config, self._origin_s, self._watchers, self._say = config, origin_s, watchers, say
        self._lock = threading.Lock()
        self._observations: list[Observation] = []
        self._closing = threading.Event()
        self._fresh = _context.Event()
        self._start_capture()
        self._start_pose()
        self._drainer = threading.Thread(target=self._drain, name="vision", daemon=True)
        self._drainer.start()

    def _start_capture(self) -> None:
        self._capture_pipe, child = _context.Pipe()
        self._capture = _context.Process(
            target=_capture_main, args=(self._config, self._origin_s, child, self._fresh), daemon=True
        )
        self._capture.start()
        child.close()
        kind, payload = self._await_message(self._capture_pipe, "the source")
        if kind == "error":
            raise SourceError(payload)
        self.name, shape, self.truth = payload
        self.frames = SharedFrames(shape)
        self._capture_pipe.send(self.frames.name)

    def _start_pose(self) -> None:
        self._pose_pipe, child = _context.Pipe()
        self._pose = _context.Process(
            target=_pose_main,
            args=(self._config, self.frames.shape, self.frames.name, child, self._fresh),
            daemon=True,
        )
        self._pose.start()
        child.close()
        self._await_message(self._pose_pipe, "the pose tracker")

    def _await_message(self, pipe: Connection, who: str) -> tuple[str, Any]:
        deadline_s = time.monotonic() + START_S
        while time.monotonic() < deadline_s:
            with contextlib.suppress(EOFError):
                if pipe.poll(0.2):
                    kind, payload = pipe.recv()
                    if kind == "say":
                        self._say(payload)
                        continue
                    return kind, payload
        raise SourceError(f"{who} did not start within {START_S:.0f} s: try again, or --source demo")

    def start(self, origin_s: float) -> None:
        """Begin: show time 0 is ``origin_s`` on ``time.perf_counter``."""
        self._capture_pipe.send(origin_s)

    def observe(self, until_s: float) -> list[Observation]:
        """Observations of frames taken up to ``until_s`` that were not handed out before."""
        with self._lock:
            ready = [seen for seen in self._observations if seen.time_s <= until_s + 1e-9]
            self._observations = [seen for seen in self._observations if seen.time_s > until_s + 1e-9]
        return ready

    def _drain(self) -> None:
        while not self._closing.is_set():
            try:
                self._take_messages()
            except (EOFError, OSError):
                if self._closing.is_set():
                    return
                self._restart_pose()

    def _take_messages(self) -> None:
        while self._capture_pipe.poll(0):
            try:
                kind, payload = self._capture_pipe.recv()
            except (EOFError, OSError):
                self.health.ended = True
                break
            if kind == "say":
                self._say(payload)
            elif kind == "end":
                self.health.ended = True
        if self._pose_pipe.poll(0.05):
            _, observation = self._pose_pipe.recv()
            self._take(observation)
        elif not self._pose.is_alive():
            raise EOFError

    def _take(self, observation: Observation) -> None:
        self.health.frames += 1
        self.health.dropped_frames = max(0, observation.index + 1 - self.health.frames)
        with self._lock:
            self._observations.append(observation)
            del self._observations[:-300]  # ten seconds: nobody asks for older ones
        if not self._watchers:
            return
        frame = self.frames.read(observation.index)
        if frame is not None:
            for watch in self._watchers:
                watch(observation, frame.image)

    def _restart_pose(self) -> None:
        self.health.restarts += 1
        self._say("the pose tracker died and is started again; the groove is held")
        with contextlib.suppress(NoverreError):
            self._start_pose()

    def close(self) -> None:
        """End both processes and free the pictures."""
        self._closing.set()
        for process in (self._capture, self._pose):
            process.terminate()
        self._drainer.join(timeout=1.0)
        for process in (self._capture, self._pose):
            process.join(timeout=1.0)
            if process.is_alive():
                process.kill()
        self.frames.close()


def _capture_main(config: ShowConfig, origin_s: float, pipe: Connection, fresh: Any) -> None:
    """Child: read the source at its own pace into shared memory."""
    _quiet_child()

    def now_s() -> float:
        return time.perf_counter() - origin_s

    def say(text: str) -> None:
        pipe.send(("say", text))

    try:
        source = open_source(config.source, config.loop, config.camera, lambda: now_s(), say)
        frames = source.frames()
        first = next(frames)
    except (NoverreError, StopIteration) as error:
        pipe.send(("error", str(error) or f"--source {config.source!r} holds no picture"))
        return
    shape = FrameShape(*first.image.shape[:2])
    truth = source.truth if isinstance(source, DemoSource) else None
    pipe.send(("ready", (source.name, shape, truth)))
    ring = SharedFrames(shape, name=pipe.recv())
    origin_s = pipe.recv()
    paced = first if not source.live else None
    frame: Frame | None = paced or next(frames, None)
    while frame is not None:
        if not source.live:
            late_s = now_s() - frame.time_s
            if late_s < 0:
                time.sleep(-late_s)
            elif late_s > LATE_FRAME_S and isinstance(source, DemoSource):
                frame = _catch_up(source, now_s())
                frames = (source.frame(index) for index in range(frame.index + 1, source.count))
        ring.write(_fitted(frame, shape))
        fresh.set()
        frame = next(frames, None)
    pipe.send(("end", None))
    time.sleep(1.0)  # let the last frame be read


def _catch_up(source: DemoSource, now_s: float) -> Frame:
    """The dancer's frame that is due now; those before it are dropped, as a camera would."""
    return source.frame(min(source.count - 1, int(now_s * source.fps)))


def _fitted(frame: Frame, shape: FrameShape) -> Frame:
    """A frame in the ring's size, even if the source changes its own."""
    if frame.image.shape[:2] == (shape.height, shape.width):
        return frame
    image = np.asarray(cv2.resize(frame.image, (shape.width, shape.height)), np.uint8)
    return Frame(frame.index, frame.time_s, image)


def _pose_main(config: ShowConfig, shape: FrameShape, name: str, pipe: Connection, fresh: Any) -> None:
    """Child: look at the newest frame, over and over."""
    _quiet_child()
    looker = Looker(config)
    ring = SharedFrames(shape, name=name)
    pipe.send(("ready", None))
    seen = -1
    while True:
        fresh.wait(timeout=0.5)
        fresh.clear()
        frame = ring.read(ring.newest)
        if frame is None or frame.index == seen:
            continue
        seen = frame.index
        try:
            pipe.send(("seen", looker.look(frame)))
        except (BrokenPipeError, OSError):
            return


def _quiet_child() -> None:
    """Ctrl-C is the parent's business; a child dies with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("GLOG_minloglevel", "3")
    threading.Thread(target=_die_with_parent, args=(os.getppid(),), daemon=True).start()


def _die_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)
