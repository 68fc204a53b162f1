"""A show without a dancer, a network or a sound card: tone bursts on every beat, on time, for ever."""

import threading
import time
from collections.abc import Callable

import numpy as np

from configs.genres import GENRES
from realtime.controls import ControlInbox, Controls, Record, style_weights, turn
from realtime.types import Beat, Block, Landmarks, Tempo, TimedEvent
from realtime.vision import Observation

SAMPLE_RATE = 22_050
HOP = 5_504
BPM = 120.0
LEAD_S = 0.22
"""From a block's computation to its sound, as in a show without a sound card."""
BURST_HZ, BURST_S = 1000.0, 0.06


def block(index: int) -> Block:
    """Hop ``index``: silence but for 60 ms of 1 kHz from every beat on; louder on the bar's first."""
    samples = np.arange(index * HOP, (index + 1) * HOP)
    beat, since_s = np.divmod(samples / SAMPLE_RATE, 60 / BPM)
    loud = np.where(beat % 4 == 0, 0.6, 0.3)
    sound = loud * np.sin(2 * np.pi * BURST_HZ * since_s) * np.clip((BURST_S - since_s) * 500, 0, 1)
    return Block(index * HOP, sound.astype(np.float32))


def beats(index: int) -> list[Beat]:
    """The beats inside hop ``index``."""
    period = SAMPLE_RATE * 60 / BPM
    first = int(np.ceil(index * HOP / period))
    last = int(np.ceil((index + 1) * HOP / period))
    return [Beat(round(n * period), n % 4 + 1, n // 4, BPM, 0.9) for n in range(first, last)]


def pose(time_s: float) -> Landmarks:
    """A figure that sways with the beat."""
    points = np.full((33, 4), (0.5, 0.5, 0.0, 0.9), np.float32)
    points[:, 1] = np.linspace(0.15, 0.9, 33)
    points[:, 0] += 0.1 * np.sin(np.pi * time_s * BPM / 60) + 0.08 * (np.arange(33) % 2 * 2 - 1)
    return Landmarks(time_s, points, 4 / 3)


def picture(index: int) -> np.ndarray:
    """A moving gradient: cheap, and every picture differs."""
    image = np.zeros((240, 320, 3), np.uint8)
    image[..., 0] = np.arange(320, dtype=np.uint8)[None]
    image[..., 1] = 40
    x = index * 4 % 300
    image[100:140, x : x + 20] = 255
    return image


class FakeShow(threading.Thread):
    """Plays into a sink in real time, and notes when every block was due.

    Args:
        sink: a ``StageServer``.
        fps: of the pictures; 0 for none.
        between_hops: called after every hop, as a show collects its garbage.
    """

    def __init__(
        self,
        sink,
        inbox: ControlInbox | None = None,
        fps: float = 15.0,
        lead_s: float = LEAD_S,
        between_hops: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(name="fake show", daemon=True)
        self.inbox = inbox if inbox is not None else ControlInbox()
        self.turned = Controls(style=style_weights({"house": 0.7, "waack": 0.3}))
        self.recording = False
        self.sink, self.fps, self.lead_s, self.between_hops = sink, fps, lead_s, between_hops
        self.origin_s = time.perf_counter()
        self.late_hops = 0
        self.worst_ms = 0.0
        self.hops = 0
        self.controls: list[object] = []
        """Everything that was turned."""
        self.snapshot: dict[str, object] = {}
        self._over = threading.Event()

    def run(self) -> None:
        self.origin_s = time.perf_counter()
        self.sink.origin_s = self.origin_s
        looks = threading.Thread(target=self._look, daemon=True)
        looks.start()
        hop_s = HOP / SAMPLE_RATE
        while not self._over.wait(max(0.0, self.origin_s + self.hops * hop_s - time.perf_counter())):
            self._hop(self.hops)
            self.hops += 1
            self.between_hops()
        looks.join()

    def _hop(self, index: int) -> None:
        self._obey()
        due_s = self.origin_s + index * HOP / SAMPLE_RATE
        heard_at_s = due_s + self.lead_s
        made = self.block(index)
        events = [
            TimedEvent(beat, heard_at_s + (beat.sample - made.start_sample) / SAMPLE_RATE)
            for beat in beats(index)
        ]
        events.append(TimedEvent(Tempo(BPM, 0.9), heard_at_s))
        self.sink.play(made, heard_at_s)
        self.sink.events(events)
        took_ms = (time.perf_counter() - due_s) * 1000
        self.worst_ms = max(self.worst_ms, took_ms)
        self.late_hops += took_ms > self.lead_s * 1000
        self.sink.update(self.state(took_ms))

    def _obey(self) -> None:
        for control in self.inbox.take():
            self.controls.append(control)
            self.turned = turn(self.turned, control)
            if isinstance(control, Record):
                self.recording = control.on
        self.turned = self.turned.once_consumed()

    def state(self, hop_ms: float) -> dict[str, object]:
        return {
            "source": "fake show",
            "source_fps": self.fps,
            "pose_ms": 17.2,
            "people": 1,
            "bpm": BPM,
            "confidence": 0.9,
            "hop_ms": hop_ms,
            "budget_ms": 249.6,
            "reserve_ms": 249.6,
            "late_hops": self.late_hops,
            "underruns": 0,
            "dropped_frames": 0,
            "latency_ms": {"capture": 12, "pose": 18, "window": 70, "engine": 24, "decode": 11, "queue": 85},
            "style": dict(zip(GENRES, self.turned.style, strict=True)),
            "intensity": self.turned.intensity,
            "tempo_set": self.turned.bpm,
            "mute": self.turned.mute,
            "recording": self.recording,
            "takes": [],
            "osc": [],
            **self.snapshot,
        }

    def block(self, index: int) -> Block:
        """What is played; tests put something else here."""
        return block(index)

    def pose(self, time_s: float) -> Landmarks:
        """Who is seen."""
        return pose(time_s)

    def picture(self, index: int) -> np.ndarray:
        """What is seen."""
        return picture(index)

    def _look(self) -> None:
        if not self.fps:
            return
        index = 0
        while not self._over.wait(max(0.0, self.origin_s + index / self.fps - time.perf_counter())):
            time_s = index / self.fps
            seen = Observation(index, time_s, (self.pose(time_s),), np.zeros(6, np.float32), 17.0)
            self.sink.watch(seen, self.picture(index))
            index += 1

    def stop(self) -> None:
        self._over.set()
        self.join(timeout=5.0)
