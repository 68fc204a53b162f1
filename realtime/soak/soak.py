"""A show under observation: opens it with all it can have, breaks things, measures until the end."""

import threading
import time

import numpy as np

from configs.schema import ShowConfig, load_config
from realtime.backend.guarded import GuardedBackend
from realtime.chaos import (
    FAULTS,
    FaultyEngine,
    FaultyFollower,
    FaultySink,
    Incident,
    Lamp,
    Scene,
    schedule,
    strike,
)
from realtime.ear import REACH_S, SPAN_S, Ear
from realtime.loopback_camera import LoopbackCamera
from realtime.null_card import RATE, NullCard
from realtime.opening import open_show
from realtime.show import Show, Summary
from realtime.soak.kept import Kept, look_at
from realtime.soak.listeners import Account, Listeners, free_port
from realtime.soak.plan import DEMO, SETTLE_S, Plan
from realtime.soak.trace_pipe import TracePipe
from realtime.vital_signs import VitalSigns

LOOK_S = 0.25
BACK_S = 4.0
"""How long ago the sound is that is compared: by then it has come out and been heard."""
ENDING_S = 12.0
"""Nothing is broken any more so shortly before the end."""


class Soak:
    """A show, and all that watches it.

    Raises:
        NoverreError: the show cannot be opened.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.began_s = time.perf_counter()
        self.said: list[tuple[float, str]] = []
        self.incidents: list[Incident] = []
        self.uncaught: list[str] = []
        self.signs = VitalSigns()
        self.stop = threading.Event()
        self.outcome: list[Summary | BaseException] = []
        self.accounts: list[Account] = []
        self.kept: Kept | None = None
        self._listened_s = 0.0
        self.threads: list[list[str]] = []
        """Names at the end of start-up, and at the last look."""
        self._open()

    def _open(self) -> None:
        folder = self.plan.folder
        folder.mkdir(parents=True, exist_ok=True)
        self.card = NullCard(folder / "card")
        self.camera: LoopbackCamera | None = None
        self.listeners: Listeners | None = None
        self._trace = TracePipe(folder / "soak.jsonl")
        try:
            self.camera = None if self.plan.source else LoopbackCamera(DEMO)
            self.lamp = Lamp()
            self.config = self._config()
            self.show, _ = open_show(self.config, self._hear)
        except BaseException:
            self._close()
            raise
        self.ear = Ear(self.show.manifest.sample_rate)
        self.scene = self._scene(self.show)

    def _config(self) -> ShowConfig:
        plan = self.plan
        stage = {"port": free_port(), "listeners": plan.listeners}
        keys = {
            "source": self.camera.url if self.camera else plan.source,
            "loop": plan.source is not None,
            "audio": ("auto",),
            "bundle": plan.bundle,
            "osc": (f"127.0.0.1:{self.lamp.port}",),
            "osc_log": plan.folder / "osc.jsonl",
            "trace": self._trace.inlet,
            "record": plan.folder / "soak.mp4" if plan.record else None,
            "stage": stage if plan.listeners else None,
            "seconds": None if plan.strikes else plan.minutes * 60,
            "preview": False,
        }
        return load_config(None, {key: value for key, value in keys.items() if value is not None})

    def _scene(self, show: Show) -> Scene:
        engine, follower, sink = FaultyEngine(show.backend), FaultyFollower(), FaultySink()
        show.pipeline.backend = GuardedBackend([lambda: engine], self._hear)
        show.pipeline.follower = follower
        show.add_sink(sink)
        show.add_sink(self.ear)
        return Scene(show, engine, follower, sink, self.card, self.camera, self.lamp, self.said)

    def _hear(self, text: str) -> None:
        self.said.append((time.perf_counter(), text))

    def run(self) -> None:
        """Perform, break, measure, until the time is over."""
        threading.excepthook = lambda args: self.uncaught.append(
            f"{args.exc_type.__name__}: {args.exc_value}"
        )
        performer = threading.Thread(target=self._perform, name="show")
        watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)
        performer.start()
        watcher.start()
        try:
            if not self.plan.quiet:
                self._break_things()
            performer.join()
        finally:
            self.stop.set()
            performer.join(timeout=30)
            watcher.join(timeout=5)
            self._close()
        self.kept = look_at(self.plan.folder, self._trace.path)

    def _perform(self) -> None:
        try:
            if self.config.stage is not None:
                url = f"http://127.0.0.1:{self.config.stage.port}"
                self.listeners = Listeners(url, self.plan.listeners)
            self.outcome.append(self.show.run(self.stop))
        except BaseException as error:
            self.outcome.append(error)
        finally:
            self.stop.set()

    def _close(self) -> None:
        if self.listeners is not None:
            self.accounts = self.listeners.end()
        if self.camera is not None:
            self.camera.close()
        self._trace.close()
        self.card.close()

    def _break_things(self) -> None:
        ends_s = time.perf_counter() + self.plan.minutes * 60 - ENDING_S - 8
        self.stop.wait(SETTLE_S)
        names = self._possible()
        next_fault = schedule(names, self.plan.seed)
        dice = np.random.default_rng(self.plan.seed)
        left = self.plan.strikes * len(names) if self.plan.strikes else None
        while not self.stop.is_set() and time.perf_counter() < ends_s and left != 0:
            self._endure(strike(next_fault(), self.scene, self.stop))
            self.stop.wait(self.plan.every_s * dice.uniform(0.5, 1.5))
            left = left - 1 if left is not None else None
        if left is not None:
            self.stop.wait(ENDING_S)
            self.stop.set()

    def _possible(self) -> list[str]:
        """The faults asked for, without those for which something is not there."""
        wanted = [fault for fault in FAULTS if not self.plan.faults or fault.name in self.plan.faults]
        return [one.name for one in wanted if not one.needs or getattr(self.scene, one.needs) is not None]

    def _endure(self, incident: Incident) -> None:
        until_s = incident.well_s or time.perf_counter()
        incident.said = [text for at_s, text in self.said if incident.struck_s <= at_s <= until_s + 0.1]
        self.incidents.append(incident)

    def _watch(self) -> None:
        began_s = self.began_s = time.perf_counter()
        self._listened_s = began_s + SETTLE_S - BACK_S - SPAN_S
        while not self.stop.wait(LOOK_S):
            now_s = time.perf_counter()
            self._take_signs(now_s - began_s)
            if now_s >= began_s + SETTLE_S:
                self.threads[1:] = [sorted(thread.name for thread in threading.enumerate())]
                self._listen(now_s - BACK_S)

    def _take_signs(self, time_s: float) -> None:
        show, vision = self.show, self.scene.vision
        health = show.playout.health
        held_ms = health.held_samples / show.manifest.sample_rate * 1000
        drift = show.speaker.drift_ppm if show.speaker else 0.0
        own = [child.process.pid for child in (vision.capture, vision.pose) if child.process is not None]
        self.signs.take(time_s, health.late_hops, show.underruns, held_ms, drift, own)

    def _listen(self, until_s: float) -> None:
        """Span after span to all that was not listened to yet and that the card remembers."""
        while self._listened_s + SPAN_S <= until_s:
            heard = self.card.heard(self._listened_s - REACH_S, SPAN_S + 2 * REACH_S)
            if heard is not None:
                self.ear.hear(self._listened_s, heard, RATE)
            self._listened_s += SPAN_S
