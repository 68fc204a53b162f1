"""Many dances of corpus/beat_dances.py as files that a training reads whole; what is there is kept."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.beat_dances import beat_dance
from features.pose_stream import INPUTS, RATE_HZ

PART = 50
"""Dances in one file."""


class BeatPool(NamedTuple):
    """Rows of poses and the beat at each; where a dance was too short, or idle, the beat is NaN."""

    rows: NDArray[np.float16]  # [dances, T, INPUTS]
    beats: NDArray[np.float64]  # [dances, T]
    style: NDArray[np.str_]  # [dances]

    def part(self, which: slice | NDArray[np.bool_]) -> "BeatPool":
        """Some of the dances."""
        return BeatPool(self.rows[which], self.beats[which], self.style[which])


def beat_pool(folder: Path, dances: int, seconds: float, delay_s: float, first_seed: int) -> BeatPool:
    """The dances numbered from ``first_seed``, made where ``folder`` does not hold them yet."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for begin in range(0, dances, PART):
        path = folder / f"{begin:05d}.npz"
        if not path.exists():
            _write(path, range(first_seed + begin, first_seed + begin + PART), seconds, delay_s)
        with np.load(path, allow_pickle=False) as arrays:
            parts.append(BeatPool(arrays["rows"], arrays["beats"], arrays["style"]))
    return BeatPool(*(np.concatenate(column)[:dances] for column in zip(*parts, strict=True)))


def _write(path: Path, seeds: range, seconds: float, delay_s: float) -> None:
    length = int(seconds * RATE_HZ)
    rows = np.zeros((len(seeds), length, INPUTS), np.float16)
    beats = np.full((len(seeds), length), np.nan)
    styles = []
    for k, seed in enumerate(seeds):
        dance = beat_dance(seed, seconds, delay_s)
        count = min(length, len(dance.rows))
        rows[k, :count], beats[k, :count] = dance.rows[:count], dance.beats[:count]
        styles.append(dance.style)
    draft = path.with_suffix(".part.npz")
    np.savez(draft, rows=rows, beats=beats, style=np.array(styles))
    draft.replace(path)
