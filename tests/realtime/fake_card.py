"""A sound card and a clock for tests: plays what it is given, can be lost, refuses to open on a script."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from configs.errors import DeviceError
from realtime.played_frames import PlayedFrames
from realtime.ring import Ring


@dataclass
class Time:
    """``perf_counter`` for tests. Every look at it takes 50 microseconds, so that waiting loops end."""

    now_s: float = 100.0

    def __call__(self) -> float:
        self.now_s += 5e-5
        return self.now_s


@dataclass
class Room:
    """What was heard lately, by wall time, whichever card played it."""

    time: Time
    tape: deque[tuple[float, float, np.ndarray]] = field(default_factory=lambda: deque(maxlen=4000))
    """Buffers: when each began, frames a second, samples as far as there were any."""

    meanwhile: Callable[[], None] = lambda: None
    """What other threads do while somebody waits for this room's card."""

    def heard(self, wall_s: float) -> float:
        """The sample heard at a wall time; 0 for silence."""
        for began_s, rate, samples in reversed(self.tape):
            index = int((wall_s - began_s) * rate)
            if 0 <= index < len(samples):
                return float(samples[index])
        return 0.0


class FakeCard:
    """Behaves like ``Card``: reads a buffer every time one is due, and reports when it is heard.

    Its crystal is slow by ``drift`` ppm; its reports are off by up to ``jitter_s``.
    """

    def __init__(
        self, room: Room, latency_s: float = 0.05, rate: int = 48_000, buffer: int = 1024,
        drift: float = 0.0, jitter_s: float = 0.0,
    ) -> None:  # fmt: skip
        self.rate, self.name = rate, "fake"
        self._real_rate = rate / (1.0 + drift / 1e6)
        self.wrong_s = 0.0
        """By how much its reports are off at the moment."""
        self._jitter_s, self._dice = jitter_s, np.random.default_rng(rate)
        self.ring = Ring(rate)
        self.played = PlayedFrames(rate)
        self.complaint: str | None = None
        self.closed = False
        self.latency_s = latency_s
        self._room, self._buffer = room, buffer
        self._began_s = room.time.now_s + 0.0002  # by then a few hundred frames are in the ring

    @property
    def ready(self) -> bool:
        self.run()
        self._room.meanwhile()
        return self.played.ready

    @property
    def reads(self) -> bool:
        return self.played.first_frame is not None

    @property
    def short(self) -> int:
        return self.played.short

    @property
    def drift_ppm(self) -> float:
        return self.played.clock.drift_ppm

    def count_short(self, counts: bool) -> None:
        self.played.counts_short = counts

    def run(self) -> None:
        """All callbacks that are due by now."""
        while self._due() <= self._room.time.now_s and not self.complaint:
            out = np.zeros((self._buffer, 2), np.float32)
            copied = self.ring.read_into(out)
            heard_s = self._began_s + self.played.frames_out / self._real_rate + self.latency_s
            self._room.tape.append((heard_s, self._real_rate, out[:copied, 0].copy()))
            jitter_s = self._jitter_s * self._dice.uniform(-1.0, 1.0)
            self.played.note(self._buffer, copied, heard_s + jitter_s + self.wrong_s)

    def _due(self) -> float:
        """A card fills its two buffers at once when it is opened."""
        ahead = max(0, self.played.frames_out - self._buffer)
        return self._began_s + ahead / self._real_rate

    def heard_s(self, ring_frame: float) -> float | None:
        return self.played.heard_s(ring_frame)

    def trouble(self, now_s: float) -> str | None:
        return self.complaint

    def close(self) -> None:
        self.closed = True


class Shop:
    """Sells one card after the other; ``refusals`` first attempts find none."""

    def __init__(self, room: Room) -> None:
        self.room, self.cards, self.attempts, self.refusals = room, list[FakeCard](), list[float](), 0
        self.latency_s = 0.05
        self.ware: dict[str, Any] = {}
        """What else the cards are: rate, drift, jitter."""

    def __call__(self, device: object, sound: object) -> FakeCard:
        self.attempts.append(self.room.time.now_s)
        if self.refusals:
            self.refusals -= 1
            raise DeviceError("no card")
        self.cards.append(FakeCard(self.room, self.latency_s, **self.ware))
        return self.cards[-1]
