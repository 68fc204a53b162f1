"""Many dances of corpus/beat_dances.py as files that a training reads whole; what is there is kept."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.beat_dances import BeatDance, beat_dance, recorded_beat_dance
from corpus.on_the_grid import Laid
from features.pose_stream import INPUTS, RATE_HZ

PART = 50
"""Dances in one file."""


class BeatPool(NamedTuple):
    """Rows of poses and the beat at each; where a dance was too short, or idle, the beat is NaN."""

    rows: NDArray[np.float16]  # [dances, T, INPUTS]
    beats: NDArray[np.float64]  # [dances, T]
    style: NDArray[np.str_]  # [dances]

    def with_(self, other: "BeatPool") -> "BeatPool":
        """These dances, then the others."""
        return BeatPool(*(np.concatenate([mine, theirs]) for mine, theirs in zip(self, other, strict=True)))

    def part(self, which: slice | NDArray[np.bool_]) -> "BeatPool":
        """Some of the dances."""
        return BeatPool(self.rows[which], self.beats[which], self.style[which])


def beat_pool(folder: Path, dances: int, seconds: float, delay_s: float, first_seed: int) -> BeatPool:
    """The dances numbered from ``first_seed``, made where ``folder`` does not hold them yet."""
    return _pool(folder, dances, seconds, lambda k: beat_dance(first_seed + k, seconds, delay_s))


def recorded_pool(
    folder: Path, laid: Sequence[Laid], each: int, seconds: float, delay_s: float, first_seed: int
) -> BeatPool:
    """``each`` dances after every recording, likewise."""

    def dance(k: int) -> BeatDance:
        return recorded_beat_dance(laid[k % len(laid)], first_seed + k, seconds, delay_s)

    return _pool(folder, each * len(laid), seconds, dance)


def _pool(folder: Path, dances: int, seconds: float, dance: Callable[[int], BeatDance]) -> BeatPool:
    """Dances 0, 1, .. in files of ``PART``; what is there is read."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for begin in range(0, dances, PART):
        path = folder / f"{begin:05d}.npz"
        if not path.exists():
            _write(path, [dance(k) for k in range(begin, begin + PART)], int(seconds * RATE_HZ))
        with np.load(path, allow_pickle=False) as arrays:
            parts.append(BeatPool(arrays["rows"], arrays["beats"], arrays["style"]))
    return BeatPool(*(np.concatenate(column)[:dances] for column in zip(*parts, strict=True)))


def _write(path: Path, dances: Sequence[BeatDance], length: int) -> None:
    rows = np.zeros((len(dances), length, INPUTS), np.float16)
    beats = np.full((len(dances), length), np.nan)
    for k, one in enumerate(dances):
        count = min(length, len(one.rows))
        rows[k, :count], beats[k, :count] = one.rows[:count], one.beats[:count]
    draft = path.with_suffix(".part.npz")
    np.savez(draft, rows=rows, beats=beats, style=np.array([one.style for one in dances]))
    draft.replace(path)
