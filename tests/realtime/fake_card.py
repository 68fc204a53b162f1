"""A sound card and a clock for tests: plays what it is given, can be lost, refuses to open on a script."""

from dataclasses import dataclass, field

import numpy as np

from configs.errors import DeviceError
from realtime.device_clock import DeviceClock
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
    """What was heard, by wall time at 48 kHz, whichever card played it."""

    time: Time
    heard: dict[int, float] = field(default_factory=dict)


class FakeCard:
    """Behaves like ``Card``: reads a buffer every time one is due, and reports when it is heard."""

    def __init__(self, room: Room, latency_s: float = 0.05, rate: int = 48_000, buffer: int = 1024) -> None:
        self.rate, self.name = rate, "fake"
        self.ring = Ring(rate)
        self.clock = DeviceClock(rate)
        self.first_frame: int | None = None
        self.frames_out = 0
        self.short = 0
        self.counts_short = False
        self.complaint: str | None = None
        self.closed = False
        self.latency_s = latency_s
        self._room, self._buffer = room, buffer
        self._began_s = room.time.now_s

    @property
    def ready(self) -> bool:
        self.run()
        return self.clock.weight >= 5

    def run(self) -> None:
        """All callbacks that are due by now."""
        while self._began_s + self.frames_out / self.rate <= self._room.time.now_s and not self.complaint:
            out = np.zeros((self._buffer, 2), np.float32)
            copied = self.ring.read_into(out)
            if copied < self._buffer and self.counts_short:
                self.short += 1
            if self.first_frame is None and copied:
                self.first_frame = self.frames_out
            heard_s = self._began_s + self.frames_out / self.rate + self.latency_s
            self.clock = self.clock.update(self.frames_out, heard_s)
            start = round(heard_s * self.rate)
            for index, value in enumerate(out[:copied, 0]):
                self._room.heard[start + index] = float(value)
            self.frames_out += self._buffer

    def heard_s(self, ring_frame: float) -> float | None:
        return None if self.first_frame is None else self.clock.time_of(self.first_frame + ring_frame)

    def trouble(self, now_s: float) -> str | None:
        return self.complaint

    def close(self) -> None:
        self.closed = True


class Shop:
    """Sells one card after the other; ``refusals`` first attempts find none."""

    def __init__(self, room: Room) -> None:
        self.room, self.cards, self.attempts, self.refusals = room, list[FakeCard](), list[float](), 0
        self.latency_s = 0.05

    def __call__(self, device: object, sound: object) -> FakeCard:
        self.attempts.append(self.room.time.now_s)
        if self.refusals:
            self.refusals -= 1
            raise DeviceError("no card")
        self.cards.append(FakeCard(self.room, self.latency_s))
        return self.cards[-1]
