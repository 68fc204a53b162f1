"""Looking in processes of their own: one reads the source, one finds the poses. Neither may be lost for long.

The parent drains two pipes of small messages. Pictures stay in shared memory and are copied when somebody
watches. A process that dies or is silent too long is started again, and counted.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from configs.errors import SourceError
from configs.schema import ShowConfig
from realtime.bell import make_bell
from realtime.fork_server import process_context
from realtime.shared_frames import FrameShape, SharedFrames
from realtime.sources import Say
from realtime.vision import Observation, VisionHealth, Watcher
from realtime.vision_children import Resume, capture_main, pose_main
from realtime.watchdog import Backoff, Silence

START_S = 30.0  # a cold import of MediaPipe on a slow disk
MISSED_S = 1.0
"""Without a new picture for so long, it is said."""
CAPTURE_SILENT_S = 1.5
"""Neither picture nor sign of life for so long: the capture process hangs in its driver."""
POSE_SILENT_S = 1.0
"""Pictures come, but no poses: the tracker hangs."""
SOUND_S = 5.0
"""A process that works for so long is well again."""
KEPT_OBSERVATIONS = 300
"""Ten seconds: nobody asks for older ones."""


class Child:
    """A process and its pipe; can be replaced by a fresh one.

    Args:
        name: for sentences.
        target: the process's function; its ``pipe`` argument is filled in.
    """

    def __init__(self, context: Any, name: str, target: Callable[..., None]) -> None:
        self.name = name
        self.process: Any = None
        self.pipe: Connection
        self.ready = False
        self._context, self._target = context, target
        self._silence = Silence(0.0)
        self._started_s = 0.0
        self._hangs = 0
        self._backoff = Backoff(first_s=0.05, most_s=2.0)
        self.again_s = 0.0

    def start(self, **keys: Any) -> None:
        """A fresh process."""
        self.pipe, theirs = self._context.Pipe()
        self.process = self._context.Process(
            target=self._target, kwargs={**keys, "pipe": theirs}, daemon=True
        )
        self.process.start()
        theirs.close()
        self.ready = False
        self._started_s = time.perf_counter()
        self._silence = Silence(self._started_s)

    def sign(self) -> None:
        """It has given a sign of life."""
        self._silence.sign(time.perf_counter())

    def messages(self) -> list[tuple[str, Any]]:
        """What it has said and nobody has read."""
        said = []
        with contextlib.suppress(EOFError, OSError):
            while self.pipe.poll(0):
                said.append(self.pipe.recv())
        if said:
            self.sign()
        return said

    def trouble(self, limit_s: float) -> str | None:
        """What is wrong with it, if anything is."""
        if not self.process.is_alive():
            return "died"
        patience = 2.0 ** min(self._hangs, 4)  # on a machine that is merely slow, restarts make it worse
        if self._silence.lasts_s(time.perf_counter()) > (limit_s * patience if self.ready else START_S):
            self._hangs += 1
            return "hangs"
        return None

    def works(self) -> None:
        """It does what it should; after a while of that the next failure is the first again."""
        self._backoff.reset()
        if time.perf_counter() - self._started_s > SOUND_S:
            self._hangs = 0

    def end(self) -> None:
        """Make sure that the process is gone."""
        self.process.kill()
        self.process.join(timeout=1.0)
        self.pipe.close()
        self.again_s = time.perf_counter() + self._backoff.next_s()


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
        self._begun = False
        context = process_context()
        self._bell, self._rope = make_bell(context)  # an Event's lock would die with its holder
        self.capture = Child(context, "the source", capture_main)
        self.pose = Child(context, "the pose tracker", pose_main)
        self._open_source()
        try:
            self._start_pose()
            self._await(self.pose)
        except BaseException:
            self._end_children()
            raise
        self._newest, self._picture = -1, Silence(time.perf_counter())
        self._missed = False
        self._drainer = threading.Thread(target=self._drain, name="vision", daemon=True)
        self._drainer.start()

    def _open_source(self) -> None:
        self.capture.start(config=self._config, origin_s=self._origin_s, rope=self._rope, resume=None)
        self.name, self._spec, shape, self.truth = self._await(self.capture)
        self.frames = SharedFrames(shape)
        self.capture.pipe.send(self.frames.name)

    def _start_pose(self) -> None:
        shape: FrameShape = self.frames.shape
        self.pose.start(config=self._config, shape=shape, name=self.frames.name, bell=self._bell)

    def _await(self, child: Child) -> Any:
        """The payload of a child's ``ready``."""
        deadline_s = time.monotonic() + START_S
        while time.monotonic() < deadline_s and child.process.is_alive():
            if not child.pipe.poll(0.1):
                continue
            with contextlib.suppress(EOFError, OSError):
                kind, payload = child.pipe.recv()
                if kind == "say":
                    self._say(payload)
                elif kind == "error":
                    raise SourceError(payload)
                elif kind == "ready":
                    child.ready = True
                    return payload
        child.process.kill()
        raise SourceError(f"{child.name} did not start within {START_S:.0f} s: try again, or --source demo")

    def start(self, origin_s: float) -> None:
        """Begin: show time 0 is ``origin_s`` on ``time.perf_counter``."""
        self._origin_s = origin_s
        self._picture.sign(time.perf_counter())
        for child in self._children:
            child.sign()
        self._begun = True
        with contextlib.suppress(OSError):  # it died before it began: the drainer starts another
            self.capture.pipe.send(origin_s)

    def observe(self, until_s: float) -> list[Observation]:
        """Observations of frames taken up to ``until_s`` that were not handed out before."""
        with self._lock:
            ready = [seen for seen in self._observations if seen.time_s <= until_s + 1e-9]
            self._observations = [seen for seen in self._observations if seen.time_s > until_s + 1e-9]
        return ready

    def _drain(self) -> None:
        complained = False
        while not self._closing.is_set():
            try:
                self._attend()
            except Exception as error:  # the show goes on without eyes rather than not at all
                if not complained:
                    self._say(f"looking failed ({type(error).__name__}: {error}) and is tried again")
                complained = True
                self._closing.wait(0.2)

    def _attend(self) -> None:
        for child in self._children:
            for kind, payload in child.messages():
                self._hear(child, kind, payload)
        self._watch_picture()
        self._keep_alive()
        pipes = [child.pipe for child in self._children if child.process.is_alive() and not child.pipe.closed]
        if pipes:
            wait(pipes, timeout=0.05)
        else:
            self._closing.wait(0.05)

    @property
    def _due(self) -> bool:
        """Whether pictures should be coming."""
        return self._begun and not self.health.ended and not self._closing.is_set()

    @property
    def _children(self) -> tuple[Child, ...]:
        return self.capture, self.pose

    def _hear(self, child: Child, kind: str, payload: Any) -> None:
        if kind == "ready":
            child.ready = True
            if self.health.restarts:
                self._say(f"{child.name} is back")
        elif kind == "say":
            self._say(payload)
        elif kind == "end":
            self.health.ended = True
        elif kind == "seen":
            child.works()
            self._take(payload)

    def _take(self, observation: Observation) -> None:
        self.health.frames += 1
        self.health.dropped_frames = max(0, observation.index + 1 - self.health.frames)
        with self._lock:
            self._observations.append(observation)
            del self._observations[:-KEPT_OBSERVATIONS]
        if not self._watchers:
            return
        frame = self.frames.read(observation.index)
        if frame is not None:
            for watch in self._watchers:
                watch(observation, frame.image)

    def _watch_picture(self) -> None:
        """Notice new pictures, and their absence."""
        now_s, newest = time.perf_counter(), self.frames.newest
        if newest != self._newest:
            self._newest = newest
            self._picture.sign(now_s)
            self.capture.sign()
            self.capture.ready = True
            self.capture.works()
            if self._missed:
                self._missed = False
                self._say(f"{self.name} shows pictures again")
        elif self._due and not self._missed and self._picture.lasts_s(now_s) > MISSED_S:
            self._missed = True
            self._say(f"{self.name} shows no new picture; the groove is held")

    def _keep_alive(self) -> None:
        """Start again what died or hangs."""
        if not self._due:
            return
        if trouble := self.capture.trouble(CAPTURE_SILENT_S):
            self._again(self.capture, trouble, self._resume_capture)
        if self._missed:
            self.pose.sign()  # nothing to look at: no wonder that it is silent
        if trouble := self.pose.trouble(POSE_SILENT_S):
            self._again(self.pose, trouble, self._start_pose)

    def _again(self, child: Child, trouble: str, start: Callable[[], None]) -> None:
        """End what is left of a child; after a wait that grows with every failure, start another."""
        if not child.pipe.closed:
            self.health.restarts += 1
            self._say(f"{child.name} {trouble} and is started again; the groove is held")
            child.end()
        if time.perf_counter() >= child.again_s:
            start()

    def _resume_capture(self) -> None:
        name, first = self.frames.name, self.frames.newest + 1
        resume = Resume(name, self.frames.shape, self._origin_s, first, self._spec)
        self.capture.start(config=self._config, origin_s=self._origin_s, rope=self._rope, resume=resume)

    def close(self) -> None:
        """End both processes and free the pictures."""
        self._closing.set()
        self._drainer.join(timeout=1.0)
        self._end_children()

    def _end_children(self) -> None:
        for child in self._children:
            if child.process is not None:
                child.process.kill()
        for child in self._children:
            if child.process is not None:
                child.process.join(timeout=1.0)
        for end in (self._bell, self._rope):
            end.close()
        self.frames.close()
