"""A small recurrent network that reads poses and says where in the beat they are, in plain numpy.

Rows of features/pose_stream.py go in, two at a time, 15 times a second; out comes, for a moment ``DELAY_S``
earlier, a log-density over the beat's phase as a few Fourier coefficients (zero where no beat can be told),
and another over the bar's. The gates are those of Cho et al. (EMNLP 2014) as PyTorch writes them; beats heard
by such a network are Boeck and Schedl's (DAFx 2011). ``python -m training accents`` made the weights
(docs/beat_sense.md). Knows nothing of tempo filters.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import pose_stream
from features.landmarks import Array as Points

Floats = NDArray[np.float32]
Complex = NDArray[np.complex128]

WEIGHTS = Path(__file__).with_suffix(".npz")
DELAY_S = 0.1
"""What is said of a moment is said so much later: an accent is known by what follows it."""
BEAT_ORDERS, BAR_ORDERS = 3, 2
"""Fourier orders over the beat (1, 2, 3 periods a beat) and over the bar (1 and 2 periods a bar)."""
OUTPUTS = 2 * (BEAT_ORDERS + BAR_ORDERS)
LAYERS = ("first", "second")
TOGETHER = 2
"""Rows that are read in one step."""
_SPENT_S = TOGETHER / pose_stream.RATE_HZ
_WAVES = np.exp(2j * np.pi * np.outer(np.arange(48) / 48, np.arange(1, BEAT_ORDERS + 1)))
LATE_S = 0.012
"""MediaPipe on the drawn figure is so much quicker than the simulated tracker that the network learnt from:
median over drawn dances of the network's own error."""


@dataclass(frozen=True)
class SenseState:
    """What the network remembers of one person."""

    stream: pose_stream.StreamState
    hidden: tuple[Floats, ...]
    waiting: tuple[Floats, ...] = ()  # rows that wait to be read together with the next


@dataclass(frozen=True)
class Sensed:
    """Log-densities about ``time_s``: log p(phase) = Re sum_k c_k exp(2 pi i k phase) + constant."""

    time_s: float
    beat: Complex  # [BEAT_ORDERS] over a beat's phase
    bar: Complex  # [BAR_ORDERS] over a bar's phase, 0..1
    spent_s: float = _SPENT_S  # how long a time this speaks for

    @property
    def sure(self) -> float:
        """How narrow the beat's density is: the length of its mean direction, 0 flat .. 1 a line."""
        mass = np.exp((_WAVES[:, : len(self.beat)] @ self.beat).real)
        return float(abs(mass @ _WAVES[:, 0]) / mass.sum())

    def reduced(self, share: float) -> "Sensed":
        """The same, said with less conviction."""
        return self if share == 1.0 else replace(self, beat=share * self.beat, bar=share * self.bar)


class BeatSense:
    """The weights, and pure functions of them.

    Args:
        path: an ``.npz`` of float arrays that training/accents.py wrote; no pickle is read.
    """

    def __init__(self, path: Path = WEIGHTS) -> None:
        with np.load(path, allow_pickle=False) as arrays:
            weights = {name: np.asarray(arrays[name], np.float32) for name in arrays.files}
        self._scale, self._centre = 1.0 / weights["spread"], weights["centre"]
        self._in, self._in_bias = weights["in.weight"], weights["in.bias"]
        self._cells = [
            tuple(weights[f"{name}.{part}_l0"] for part in ("weight_ih", "bias_ih", "weight_hh", "bias_hh"))
            for name in LAYERS
        ]
        self._out, self._out_bias = weights["out.weight"], weights["out.bias"]
        if self._in.shape[1] != TOGETHER * pose_stream.INPUTS or self._out.shape[0] != OUTPUTS:
            raise ValueError(
                f"{path} reads {self._in.shape[1]} numbers and gives {self._out.shape[0]}, not "
                f"{TOGETHER * pose_stream.INPUTS} and {OUTPUTS}: make it anew (python -m training accents)."
            )

    def start(self) -> SenseState:
        """Nobody seen yet."""
        return SenseState(pose_stream.start(), self._blank())

    def update(
        self, state: SenseState, points: Points | None, aspect: float, time_s: float
    ) -> tuple[SenseState, list[Sensed]]:
        """Take one pose seen at ``time_s``, or its absence; return what it tells, in order of time."""
        if points is None or not np.isfinite(points[:, :2]).all() or time_s <= state.stream.time_s:
            return state, []
        stream, rows = pose_stream.update(state.stream, points, aspect, time_s)
        hidden, waiting = (self._blank(), ()) if rows.fresh else (state.hidden, state.waiting)
        heard = []
        for number, row in enumerate(rows.values.astype(np.float32)):
            waiting = (*waiting, row)
            if len(waiting) < TOGETHER:
                continue
            hidden, out = self.step(hidden, np.concatenate(waiting))
            waiting = ()
            at_s = (rows.first + number) / pose_stream.RATE_HZ - DELAY_S - LATE_S
            terms = out[0::2].astype(np.float64) - 1j * out[1::2]
            heard.append(Sensed(at_s, terms[:BEAT_ORDERS], terms[BEAT_ORDERS:]))
        return SenseState(stream, hidden, waiting), heard

    def step(self, hidden: tuple[Floats, ...], row: Floats) -> tuple[tuple[Floats, ...], Floats]:
        """Rows ``[TOGETHER * INPUTS]`` through the network: the next memory, and ``[OUTPUTS]``."""
        x = np.tanh(self._in @ ((row - self._centre) * self._scale) + self._in_bias)
        after = []
        for cell, h in zip(self._cells, hidden, strict=True):
            x = _gated(cell, x, h)
            after.append(x)
        return tuple(after), self._out @ x + self._out_bias

    def _blank(self) -> tuple[Floats, ...]:
        return tuple(np.zeros(cell[2].shape[1], np.float32) for cell in self._cells)


@lru_cache(maxsize=1)
def shipped() -> BeatSense:
    """The network that comes with the repository, read once."""
    return BeatSense()


def _gated(cell: tuple[Floats, ...], x: Floats, h: Floats) -> Floats:
    """One step of a gated recurrent unit."""
    weight_in, bias_in, weight_back, bias_back = cell
    fore, back, n = weight_in @ x + bias_in, weight_back @ h + bias_back, len(h)
    gates = 1.0 / (1.0 + np.exp(-(fore[: 2 * n] + back[: 2 * n])))
    reset, keep = gates[:n], gates[n:]
    new = np.tanh(fore[2 * n :] + reset * back[2 * n :])
    return np.asarray(new + keep * (h - new))
