"""MIDI clock, 24 ticks a beat, as pure arithmetic: when to tick, and what incoming ticks mean.

Time is an argument everywhere. Knows nothing of ports, threads or who plays.
"""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from realtime.types import Beat

TICKS_PER_BEAT = 24
CLOCK, START, CONTINUE, STOP = 0xF8, 0xFA, 0xFB, 0xFC
SONG_POSITION = 0xF2

START_BEFORE_S = 0.002
"""The specification wants a moment between Start and the first tick."""

STOP_AFTER_BEATS = 2.5
"""So long after the last beat the clock stops: the receiver should hear silence as silence."""

Told = list[tuple[float, int]]
"""(time_s, status byte) in order."""


@dataclass
class ClockPlan:
    """When to tick, given beats a little ahead of their time.

    The 24 ticks of a beat are spread to the next beat where that is known, else by its BPM; when a beat
    then comes sooner or later than promised, the ticks still to come make up for it evenly. Starts on a
    downbeat, so that the receiver's bars are ours.
    """

    running: bool = False
    _next_tick: int = 0
    """The number of the next tick, counted from the start."""
    _last_s: float = 0.0
    """The time of the tick before it."""
    _beat_tick: int = 0
    _beat_s: float = 0.0
    """The last beat known: its tick's number and its time."""
    _tick_s: float = 0.0
    """Time between ticks after that beat."""

    def beat(self, beat: Beat, heard_at_s: float) -> Told:
        """Take a beat; returns what to send up to, not including, the beat's own tick."""
        if not math.isfinite(heard_at_s) or not 20 <= beat.bpm <= 400:
            return []
        if not self.running:
            return self._start(beat, heard_at_s)
        beats = round((heard_at_s - self._beat_s) / (TICKS_PER_BEAT * self._tick_s))
        if beats < 1:
            return []  # the same beat again, or one that cannot be
        tick = self._beat_tick + TICKS_PER_BEAT * beats
        told = self._spread_to(tick, heard_at_s)
        self._beat_tick, self._beat_s, self._tick_s = tick, heard_at_s, 60 / beat.bpm / TICKS_PER_BEAT
        return told

    def due(self, until_s: float) -> Told:
        """The ticks up to ``until_s`` by the tempo last known, and the stop when beats have ceased."""
        told: Told = []
        end_s = self._beat_s + STOP_AFTER_BEATS * TICKS_PER_BEAT * self._tick_s
        while self.running:
            at_s = self._beat_s + (self._next_tick - self._beat_tick) * self._tick_s
            at_s = max(at_s, self._last_s + self._tick_s / 4)  # a beat moved to the past cannot unsend ticks
            if at_s > until_s:
                break
            if at_s > end_s:
                return told + self.stop(end_s)
            told.append(self._tick(at_s))
        return told

    def stop(self, now_s: float) -> Told:
        """Stop now, if running."""
        was_running, self.running = self.running, False
        return [(now_s, STOP)] if was_running else []

    def _start(self, beat: Beat, heard_at_s: float) -> Told:
        if beat.beat_in_bar != 1:
            return []
        self.running = True
        self._next_tick = self._beat_tick = 0
        self._beat_s, self._tick_s = heard_at_s, 60 / beat.bpm / TICKS_PER_BEAT
        self._last_s = heard_at_s - self._tick_s
        return [(heard_at_s - START_BEFORE_S, START)]

    def _spread_to(self, tick: int, beat_s: float) -> Told:
        """The ticks before ``tick``, which falls on a beat at ``beat_s``, evenly from the last one sent."""
        told = [self._tick(self._beat_s)] if self._next_tick == self._beat_tick else []
        from_s, intervals = self._last_s, tick - self._next_tick + 1
        step_s = max((beat_s - from_s) / max(intervals, 1), self._tick_s / 4)  # never a burst
        return told + [self._tick(from_s + step_s * number) for number in range(1, intervals)]

    def _tick(self, at_s: float) -> tuple[float, int]:
        self._next_tick += 1
        self._last_s = at_s
        return at_s, CLOCK


class ClockFollower:
    """Tempo and phase of an incoming MIDI clock. Pure: bytes and their times in.

    A straight line is fitted through the times of the last 48 ticks (two beats): jitter of single ticks, a
    few ms on USB, averages out.
    """

    WINDOW = 48

    def __init__(self) -> None:
        self._ticks: deque[tuple[float, int]] = deque(maxlen=self.WINDOW)
        self._next = 0
        self.running = False

    def feed(self, message: bytes, time_s: float) -> None:
        """Take one MIDI message as it came at ``time_s``."""
        status = message[0] if message else 0
        if status == CLOCK:
            self._tick(time_s)
        elif status == START:
            self.running, self._next = True, 0
            self._ticks.clear()
        elif status == CONTINUE:
            self.running = True
            self._ticks.clear()
        elif status == STOP:
            self.running = False
            self._ticks.clear()
        elif status == SONG_POSITION and len(message) == 3:
            self._next = 6 * (message[1] | message[2] << 7)  # in sixteenths
            self._ticks.clear()

    def tempo_bpm(self) -> float | None:
        """Beats a minute; None until half a beat has been heard, or when the clock is stopped."""
        line = self._line()
        return None if line is None else 60 / (line[0] * TICKS_PER_BEAT)

    def phase_at(self, time_s: float) -> float | None:
        """Beats since the start at ``time_s``; None when the tempo is not known."""
        line = self._line()
        return None if line is None else (time_s - line[1]) / line[0] / TICKS_PER_BEAT

    def _tick(self, time_s: float) -> None:
        if self._ticks and time_s - self._ticks[-1][0] > 0.5:
            self._ticks.clear()  # a pause: what came before says nothing about what comes now
        self._ticks.append((time_s, self._next))
        self._next += 1

    def _line(self) -> tuple[float, float] | None:
        """(seconds a tick, time of tick 0)."""
        if not self.running or len(self._ticks) < TICKS_PER_BEAT // 2:
            return None
        times_s, numbers = np.array(self._ticks).T
        tick_s, origin_s = np.polyfit(numbers - numbers[0], times_s - times_s[0], 1)
        if not tick_s > 0:
            return None
        return float(tick_s), float(times_s[0] + origin_s - tick_s * numbers[0])
