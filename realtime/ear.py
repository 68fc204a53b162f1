"""Compares what was rendered with what came out of the sound card: lag, likeness, holes. Knows no faults."""

import threading
from array import array
from collections import deque
from dataclasses import dataclass

import numpy as np
import soxr

from realtime.sinks import QuietSink
from realtime.types import Block, Samples

RATE = 8_000
"""Hz at which the delay is looked for."""

FINE_RATE, PIECE_S, NEAR_S = 32_000, 0.25, 0.004
"""Then pieces are compared, each at its own place: two crystals drift apart within seconds."""

SPAN_S = 2.0
REACH_S = 0.4
FRAME_S = 0.01
LOUD, QUIET = 0.01, 0.0005
TRUSTED = 0.95
"""Likeness from which a lag is believed."""
HOLE_S, SHORTEST_S = 0.1, 0.03
MOST_SILENCES = 5000


@dataclass(frozen=True)
class Hole:
    """Silence where there should have been music."""

    start_s: float
    seconds: float


class Ear(QuietSink):
    """Remembers what was rendered, and when it was to be heard.

    Args:
        sample_rate: of the blocks, Hz.
    """

    name = "ear"

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._blocks: deque[tuple[float, Samples]] = deque(maxlen=120)
        self._lock = threading.Lock()
        self.times_s, self.lags_s, self.likeness = array("d"), array("d"), array("d")
        self.silences: list[Hole] = []
        """All of over ``SHORTEST_S``."""
        self._silent_since_s: float | None = None
        self._lag_s: float | None = None
        self._listened_s = 0.0

    @property
    def holes(self) -> list[Hole]:
        """Silences that an audience notices."""
        return [one for one in self.silences if one.seconds >= HOLE_S]

    def play(self, block: Block, heard_at_s: float) -> None:
        """Remember a block."""
        with self._lock:
            self._blocks.append((heard_at_s, block.samples))

    def rendered(self, start_s: float, seconds: float) -> Samples:
        """What should be heard from a wall time on; silence where nothing was rendered."""
        count = round(seconds * self._sample_rate)
        out = np.zeros(count, np.float32)
        with self._lock:
            blocks = list(self._blocks)
        for heard_at_s, samples in blocks:
            at = round((heard_at_s - start_s) * self._sample_rate)
            first, last = max(0, at), min(count, at + len(samples))
            if first < last:
                out[first:last] = samples[first - at : last - at]
        return out

    def hear(self, start_s: float, heard: Samples, heard_rate: int) -> None:
        """Compare ``SPAN_S`` of sound with what was rendered, and look for holes in it.

        Args:
            start_s: wall time at which the rendered span begins.
            heard: what came out from ``start_s - REACH_S`` to ``start_s + SPAN_S + REACH_S``.
            heard_rate: Hz.
        """
        measured = self._compare(start_s, heard, heard_rate)
        if measured is not None:
            lag_s, likeness = measured
            self.times_s.append(start_s)
            self.lags_s.append(lag_s)
            self.likeness.append(likeness)
            # A span in which the card came back has two lags and is like neither.
            self._lag_s = lag_s if likeness > TRUSTED or self._lag_s is None else self._lag_s
        if self._lag_s is not None:
            first = round((REACH_S + self._lag_s) * heard_rate)
            self._listen(start_s, heard[first : first + round(SPAN_S * heard_rate)], heard_rate)

    def _compare(self, start_s: float, heard: Samples, heard_rate: int) -> tuple[float, float] | None:
        """Lag, s, and likeness; None where nothing sounds."""
        rendered = self.rendered(start_s, SPAN_S)
        lag_s = _delay(
            soxr.resample(rendered, self._sample_rate, RATE), soxr.resample(heard, heard_rate, RATE)
        )
        if lag_s is None:
            return None
        wanted = soxr.resample(rendered, self._sample_rate, FINE_RATE)
        pieces = _pieces(wanted, soxr.resample(heard, heard_rate, FINE_RATE), lag_s)
        if not pieces:
            return None
        lags_s, likeness = zip(*pieces, strict=True)
        return float(np.median(lags_s)), float(np.median(likeness))

    def _listen(self, start_s: float, heard: Samples, heard_rate: int) -> None:
        """Look for holes in what came out for the span that was rendered from ``start_s`` on."""
        if start_s - self._listened_s > FRAME_S:  # what lies between was not heard
            self._silent_since_s = None
        wanted = _loudness(self.rendered(start_s, len(heard) / heard_rate), self._sample_rate)
        came = _loudness(heard, heard_rate)
        for index in range(min(len(wanted), len(came))):
            now_s = start_s + index * FRAME_S
            if came[index] < QUIET and wanted[index] > LOUD:
                self._silent_since_s = now_s if self._silent_since_s is None else self._silent_since_s
            elif self._silent_since_s is not None:
                if now_s - self._silent_since_s >= SHORTEST_S and len(self.silences) < MOST_SILENCES:
                    self.silences.append(Hole(self._silent_since_s, now_s - self._silent_since_s))
                self._silent_since_s = None
        self._listened_s = start_s + len(heard) / heard_rate


def _delay(wanted: Samples, came: Samples) -> float | None:
    """How much later than expected ``wanted`` is found in ``came``, s; None where there is nothing."""
    if np.std(wanted) < 1e-4 or np.std(came) < 1e-5:
        return None
    return int(np.argmax(_scores(wanted, came))) / RATE - REACH_S


def _pieces(wanted: Samples, came: Samples, lag_s: float) -> list[tuple[float, float]]:
    """Lag and likeness (correlation) of every audible piece, looked for around ``lag_s``."""
    size, near = round(PIECE_S * FINE_RATE), round(NEAR_S * FINE_RATE)
    found = []
    for start in range(0, len(wanted) - size + 1, size):
        piece = wanted[start : start + size]
        first = start + round((REACH_S + lag_s) * FINE_RATE) - near
        if np.std(piece) < LOUD / 3 or first < 0 or first + size + 2 * near > len(came):
            continue
        scores = _scores(piece, came[first : first + size + 2 * near])
        best = int(np.argmax(scores))
        found.append(
            ((first - start + best + _top(scores, best)) / FINE_RATE - REACH_S, _height(scores, best))
        )
    return found


def _scores(wanted: Samples, came: Samples) -> Samples:
    """Correlation of ``wanted`` with every stretch of ``came`` of its length."""
    places, size = len(came) - len(wanted) + 1, 1 << (len(came) - 1).bit_length()
    spectrum = np.fft.rfft(came, size) * np.fft.rfft(wanted, size).conj()
    squares = np.concatenate([[0.0], np.cumsum(came.astype(np.float64) ** 2)])
    energy = np.maximum(squares[len(wanted) :] - squares[: -len(wanted)], 1e-9)
    return np.asarray(np.fft.irfft(spectrum, size)[:places] / np.sqrt(energy * np.dot(wanted, wanted)))


def _loudness(samples: Samples, rate: int) -> Samples:
    """RMS in frames of ``FRAME_S``."""
    size = round(FRAME_S * rate)
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    return np.asarray(np.sqrt((whole**2).mean(axis=1)), np.float32)


def _height(scores: Samples, best: int) -> float:
    """How high the maximum between the neighbours is, by the same parabola; at most 1."""
    if not 0 < best < len(scores) - 1:
        return float(scores[best])
    before, top, after = (float(value) for value in scores[best - 1 : best + 2])
    return min(1.0, top - 0.25 * (before - after) * _top(scores, best))


def _top(scores: Samples, best: int) -> float:
    """Where between its neighbours the maximum lies, by a parabola through the three."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    before, top, after = (float(value) for value in scores[best - 1 : best + 2])
    bend = before - 2 * top + after
    return 0.0 if bend == 0 else 0.5 * (before - after) / bend
