"""A recording of a sound card's output whose every sample has a wall time.

A sink's monitor hands its samples over when they are mixed, up to a buffer (20 ms and more) before they are
heard: a tape dated by when its pieces arrive is early by that. PulseAudio itself knows better, and ``parec
--verbose`` prints it: how much of the stream, in seconds, has been heard by now.
"""

import contextlib
import os
import re
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import soxr

RATE = 48_000
SAYS = re.compile(rb"Time: ([\d.]+) sec; Latency: -?\d+ usec")
AROUND_S = 6.0
"""Over so long the reports (20 a second, to a millisecond each) are put together."""


class Tape:
    """Records what a sink plays from now on, to a file.

    Args:
        path: raw float32, mono.
        environment: names the PulseAudio to ask.
        sink: its name there.
    """

    def __init__(self, path: Path, environment: dict[str, str] | None = None, sink: str = "stage") -> None:
        self._path = path
        command = ["parec", "--verbose", f"--device={sink}.monitor", "--format=float32le", "--channels=1"]
        command += [f"--rate={RATE}", "--latency-msec=20"]
        with path.open("wb") as file:
            self._parec = subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE, env=environment)
        with contextlib.suppress(OSError, AttributeError):
            os.sched_setscheduler(self._parec.pid, os.SCHED_RR, os.sched_param(3))
        self._says: list[tuple[float, float]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(3))
        assert self._parec.stderr is not None
        while text := os.read(self._parec.stderr.fileno(), 4096):
            now_s = time.perf_counter()
            self._says += [(now_s, float(heard_s)) for heard_s in SAYS.findall(text)[-1:]]

    def stop(self) -> "Heard":
        """End the recording."""
        self._parec.terminate()
        self._parec.wait()
        self._reader.join()
        return Heard(np.fromfile(self._path, np.float32), np.array(self._says))


class Heard:
    """What was recorded.

    Args:
        samples: mono at ``RATE``.
        says: ``[N, 2]``: a ``perf_counter`` second, and how many seconds of the tape had been heard by then.
    """

    def __init__(self, samples: np.ndarray, says: np.ndarray) -> None:
        self.samples = samples
        self._tape_s = says[:, 1]
        self._starts_s = says[:, 0] - says[:, 1]

    def start_s(self, tape_s: float) -> float:
        """When the tape began, by the reports around ``tape_s``: the median, for each may be late."""
        near = np.abs(self._tape_s - tape_s) < AROUND_S
        return float(np.median(self._starts_s[near if near.any() else slice(None)]))

    def wander_ms(self) -> float:
        """How far apart the estimates of the start lie along the tape, ms: gaps in it show here."""
        found = [self.start_s(tape_s) for tape_s in np.arange(1.0, self._tape_s[-1], AROUND_S)]
        return 1000 * float(np.ptp(found))

    def place(self, wall_s: float) -> int:
        """The sample heard at a wall time."""
        first = (wall_s - self.start_s(0.0)) * 1.0
        return round((wall_s - self.start_s(first)) * RATE)

    def wall_s(self, place: float) -> float:
        """When a sample was heard."""
        return self.start_s(place / RATE) + place / RATE


def lag_s(
    rendered: np.ndarray, rendered_rate: int, heard: Heard, wall_s: float, reach_s: float
) -> float | None:
    """How much later than ``wall_s`` the tape plays ``rendered``; None if it is not found there.

    Normalised cross-correlation, its peak refined by a parabola.
    """
    wanted = soxr.resample(rendered.astype(np.float32), rendered_rate, RATE)
    reach = round(reach_s * RATE)
    first = heard.place(wall_s) - reach
    came = heard.samples[max(0, first) : first + len(wanted) + 2 * reach]
    if first < 0 or len(came) < len(wanted) + 2 * reach or np.std(wanted) < 1e-4:
        return None
    size = 1 << int(np.ceil(np.log2(len(came) + len(wanted))))
    product = np.fft.irfft(np.fft.rfft(came, size) * np.conj(np.fft.rfft(wanted, size)), size)[
        : 2 * reach + 1
    ]
    power = np.cumsum(np.concatenate([[0.0], came.astype(float) ** 2]))
    energy = (power[len(wanted) :] - power[: -len(wanted)])[: len(product)]
    scores = product / np.sqrt(np.maximum(energy, 1e-9) * float(np.dot(wanted, wanted)))
    best = int(np.argmax(scores))
    if scores[best] < 0.8:
        return None
    bend = 0.0
    if 0 < best < len(scores) - 1:
        before, top, after = scores[best - 1 : best + 2]
        bend = 0.5 * (before - after) / (before - 2 * top + after)
    return heard.wall_s(first + best + bend) - wall_s
