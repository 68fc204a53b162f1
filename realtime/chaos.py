"""Faults for rehearsals: what breaks, how it is mended, and how one sees that the show has got over it."""

import multiprocessing
import os
import random
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from configs.errors import BackendError
from realtime.backend.base import Backend, Inputs, Rendering
from realtime.controls import Record
from realtime.follower import Follower, FollowerState
from realtime.loopback_camera import LoopbackCamera
from realtime.null_card import NullCard
from realtime.show import Show
from realtime.sinks import QuietSink
from realtime.status import ShowStatus
from realtime.types import Block, Landmarks
from realtime.vision_process import ProcessVision

PATIENCE_S = 20.0


class FaultyEngine:
    """An engine that fails when it is told to: once for every entry of ``todo``, always while ``broken``."""

    def __init__(self, engine: Backend) -> None:
        self._engine = engine
        self.todo: list[str] = []
        self.broken = self.busy = False

    @property
    def name(self) -> str:
        """Of the engine beneath."""
        return self._engine.name

    def render(self, inputs: Inputs) -> Rendering:
        """Render, or fail as told: ``error``, ``nan``, ``slow``."""
        self.busy = bool(self.todo)
        what = self.todo.pop(0) if self.todo else ""
        if what == "error" or self.broken:
            self.busy = False
            raise BackendError("the engine failed as it was told to")
        if what == "slow":
            time.sleep(1.5)
        self.busy = False
        rendering = self._engine.render(inputs)
        return Rendering(rendering.codes, rendering.samples * np.nan) if what == "nan" else rendering


class FaultyFollower(Follower):
    """A follower that raises at every pose while ``broken``, as a mistake in it would."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.poses = 0
        """Poses that it learnt from."""

    def update(self, state: FollowerState, landmarks: Landmarks | None, time_s: float) -> FollowerState:
        """Follow, or raise."""
        if landmarks is not None:
            if self.broken:
                raise ArithmeticError("as it was told to")
            self.poses += 1
        return super().update(state, landmarks, time_s)


class FaultySink(QuietSink):
    """A sink that raises while it is told to."""

    name = "faulty sink"

    def __init__(self) -> None:
        self.broken = False

    def play(self, block: Block, heard_at_s: float) -> None:
        """Raise, perhaps."""
        if self.broken:
            raise RuntimeError("as it was told to")

    def status(self, status: ShowStatus) -> None:
        """Raise, perhaps."""
        if self.broken:
            raise MemoryError("as it was told to")


class Lamp:
    """A receiver of OSC on this machine; switched off, the system answers that nobody is there."""

    def __init__(self) -> None:
        self.messages = 0
        self._socket = self._bind(0)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._count, name="lamp", daemon=True).start()

    def _bind(self, port: int) -> socket.socket:
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind(("127.0.0.1", port))
        receiver.settimeout(0.2)
        return receiver

    def _count(self) -> None:
        while True:
            try:
                self._socket.recv(65536)
                self.messages += 1
            except OSError:
                time.sleep(0.01)

    def off(self) -> None:
        """Nobody listens any more."""
        self._socket.close()

    def on(self) -> None:
        """The same port again."""
        self._socket = self._bind(self.port)


@dataclass
class Scene:
    """Everything that can be broken."""

    show: Show
    engine: FaultyEngine
    follower: FaultyFollower
    sink: FaultySink
    card: NullCard | None = None
    camera: LoopbackCamera | None = None
    lamp: Lamp | None = None
    said: list[tuple[float, str]] = field(default_factory=list)
    """When the performer was told what."""
    said_before: int = 0

    @property
    def record(self) -> Path | None:
        """The recording that is being made: of all, the youngest."""
        first = self.show.config.record
        films = first.parent.glob("*.mp4") if first is not None else ()
        return max(films, key=lambda path: path.stat().st_mtime, default=None)

    @property
    def lights(self) -> int | None:
        """The process that sends OSC."""
        children = multiprocessing.active_children()
        return next((child.pid for child in children if child.name == "osc"), None)

    @property
    def vision(self) -> ProcessVision:
        """The processes that look."""
        vision = self.show.vision
        assert isinstance(vision, ProcessVision)
        return vision


@dataclass
class Fault:
    """Something that breaks.

    ``strike`` breaks it; ``mend``, ``lasts_s`` later, takes the cause away; the show is over it when
    ``well`` holds, which ``watch`` (called at mending) returns.
    """

    name: str
    strike: Callable[[Scene], None]
    watch: Callable[[Scene], Callable[[], bool]]
    lasts_s: float = 0.0
    over: Callable[[Scene], bool] = lambda scene: True
    """Whether what was struck has happened, so that it can be mended."""
    mend: Callable[[Scene], None] = lambda scene: None
    silences: bool = False
    """The sound itself may be gone meanwhile."""
    needs: str = ""


@dataclass
class Incident:
    """A fault that was struck, and what came of it."""

    fault: Fault
    struck_s: float
    mended_s: float = 0.0
    well_s: float | None = None
    said: list[str] = field(default_factory=list)

    @property
    def recovery_s(self) -> float | None:
        """From the cause's being gone to all being well."""
        return None if self.well_s is None else self.well_s - self.mended_s


def _sees_again(scene: Scene) -> Callable[[], bool]:
    before = scene.vision.health.frames
    return lambda: scene.vision.health.frames >= before + 5


def _follows_again(scene: Scene) -> Callable[[], bool]:
    before = scene.follower.poses
    return lambda: scene.follower.poses >= before + 5


def _plays_again(scene: Scene) -> Callable[[], bool]:
    speaker = scene.show.speaker
    assert speaker is not None
    return lambda: speaker.present


def _renders_again(scene: Scene) -> Callable[[], bool]:
    before = scene.show.hops_rendered
    return lambda: not scene.engine.todo and scene.show.hops_rendered >= before + 3


def _shines_again(scene: Scene) -> Callable[[], bool]:
    assert scene.lamp is not None
    lamp, before = scene.lamp, scene.lamp.messages
    return lambda: lamp.messages > before + 5


def _shines_anew(scene: Scene) -> Callable[[], bool]:
    assert scene.lamp is not None
    lamp, lost, since = scene.lamp, scene.lights, [0]

    def well() -> bool:
        if scene.lights in (None, lost):
            since[0] = lamp.messages
        return lamp.messages > since[0] + 5

    return well


def _records_again(scene: Scene) -> Callable[[], bool]:
    before = scene.record
    return lambda: scene.record != before


def _kill_lights(how: signal.Signals) -> Callable[[Scene], None]:
    def kill(scene: Scene) -> None:
        if scene.lights is not None:
            os.kill(scene.lights, how)

    return kill


def _kill(which: str, how: signal.Signals) -> Callable[[Scene], None]:
    return lambda scene: os.kill(getattr(scene.vision, which).process.pid, how)


def _mood(mood: str) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        assert scene.camera is not None
        scene.camera.mood(mood)

    return strike


def _engine(*todo: str) -> Callable[[Scene], None]:
    return lambda scene: scene.engine.todo.extend(todo)


def _unplug(scene: Scene) -> None:
    assert scene.card is not None
    scene.card.unplug()


def _plug(scene: Scene) -> None:
    assert scene.card is not None
    scene.card.plug()


def _lamp(on: bool) -> Callable[[Scene], None]:
    def turn(scene: Scene) -> None:
        assert scene.lamp is not None
        (scene.lamp.on if on else scene.lamp.off)()

    return turn


def _stall(stalled: bool) -> Callable[[Scene], None]:
    def turn(scene: Scene) -> None:
        assert scene.card is not None
        scene.card.stall(stalled)

    return turn


def _broken(part: str, broken: bool) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        getattr(scene, part).broken = broken

    return strike


def _idle(scene: Scene) -> bool:
    return not scene.engine.todo and not scene.engine.busy


def _fill_disk(scene: Scene) -> None:
    """No file of this process may grow beyond what the recording has already, and a little."""
    size = scene.record.stat().st_size if scene.record is not None else 1_000_000
    scene.said_before = len(scene.said)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100_000, resource.RLIM_INFINITY))


def _recording_ended(scene: Scene) -> bool:
    return any("ends here" in text for _, text in scene.said[scene.said_before :])


def _empty_disk(scene: Scene) -> None:
    """There is room again, and somebody presses the button."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    scene.show.inbox.put(Record(True))


_fine = _mood("fine")

FAULTS: tuple[Fault, ...] = (
    Fault("camera unplugged", _mood("gone"), _sees_again, 4.0, mend=_fine, needs="camera"),
    Fault("camera frozen", _mood("frozen"), _sees_again, 5.0, mend=_fine, needs="camera"),
    Fault("camera stalled", _mood("stalled"), _sees_again, 4.0, mend=_fine, needs="camera"),
    Fault("capture process killed", _kill("capture", signal.SIGKILL), _sees_again),
    Fault("capture process hangs", _kill("capture", signal.SIGSTOP), _sees_again),
    Fault("pose process killed", _kill("pose", signal.SIGKILL), _sees_again),
    Fault("pose process hangs", _kill("pose", signal.SIGSTOP), _sees_again),
    Fault("engine error, 1 hop", _engine("error"), _renders_again, over=_idle),
    Fault(
        "engine fails for 3 s", _broken("engine", True), _renders_again, 3.0, mend=_broken("engine", False)
    ),
    Fault("engine renders NaN", _engine("nan"), _renders_again, over=_idle),
    Fault("engine slow, 1.5 s", _engine("slow"), _renders_again, over=_idle),
    Fault(
        "the follower raises", _broken("follower", True), _follows_again, 2.0, mend=_broken("follower", False)
    ),
    Fault("a sink raises", _broken("sink", True), _renders_again, 2.0, mend=_broken("sink", False)),
    Fault("lights unreachable", _lamp(False), _shines_again, 3.0, mend=_lamp(True), needs="lamp"),
    Fault("osc process killed", _kill_lights(signal.SIGKILL), _shines_anew, needs="lights"),
    Fault("osc process hangs", _kill_lights(signal.SIGSTOP), _shines_anew, needs="lights"),
    Fault("disk full", _fill_disk, _records_again, over=_recording_ended, mend=_empty_disk, needs="record"),
    Fault("sound card lost", _unplug, _plays_again, 2.0, mend=_plug, silences=True, needs="card"),
    Fault(
        "sound card stalls", _stall(True), _plays_again, 2.0, mend=_stall(False), silences=True, needs="card"
    ),
)


def schedule(names: Sequence[str], seed: int) -> Callable[[], Fault]:
    """Faults in random order, each as often as every other, none twice in a row if there are others."""
    chosen = [fault for fault in FAULTS if not names or fault.name in names]
    if not chosen:
        known = ", ".join(repr(fault.name) for fault in FAULTS)
        raise ValueError(f"no such fault; there are {known}")
    dice, pile, last = random.Random(seed), list[Fault](), list[Fault]()

    def next_fault() -> Fault:
        if not pile:
            pile.extend(chosen)
            dice.shuffle(pile)
            if pile[-1:] == last:
                pile.reverse()
        last[:] = [pile.pop()]
        return last[0]

    return next_fault


def strike(fault: Fault, scene: Scene, stop: threading.Event) -> Incident:
    """Break, wait, mend, and wait until all is well again; takes as long as that takes."""
    incident = Incident(fault, time.perf_counter())
    fault.strike(scene)
    stop.wait(fault.lasts_s)
    while (
        not stop.is_set() and not fault.over(scene) and time.perf_counter() - incident.struck_s < PATIENCE_S
    ):
        stop.wait(0.02)
    fault.mend(scene)
    incident.mended_s = time.perf_counter()
    well = fault.watch(scene)
    while not stop.is_set() and time.perf_counter() - incident.mended_s < PATIENCE_S:
        if well():
            incident.well_s = time.perf_counter()
            break
        stop.wait(0.02)
    return incident
