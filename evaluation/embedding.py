"""Sound -> points in a space where near means alike: VGGish when its weights are given, else band statistics.

The fallback needs no training: for each 0.96 s it takes mean, spread and flux of 24 mel bands, all in
decades. Its distances are comparable only with each other; every table names the embedding it used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.mel import HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel

Points = NDArray[np.float64]

FALLBACK_BANDS = 24
FALLBACK_FLOOR = 1e-3
EXAMPLE_SAMPLES = 83 * HOP_SAMPLES  # 0.96 s


@dataclass(frozen=True)
class Embedding:
    """A named map from mono samples at 22,050 Hz to one point for each 0.96 s, ``[N, D]``."""

    name: str
    points: Callable[[ArrayLike], Points]

    def clip(self, samples: ArrayLike) -> Points:
        """One point ``[D]`` for a whole clip: the mean of its points."""
        return np.asarray(self.points(samples).mean(0), np.float64)


def band_statistics(samples: ArrayLike) -> Points:
    """The fallback embedding ``[N, 72]``: band means, standard deviations and mean rises, in decades."""
    mono = np.asarray(samples, np.float32)
    mono = np.pad(mono, (0, max(0, EXAMPLE_SAMPLES - len(mono))))
    rows = []
    for start in range(0, len(mono) - EXAMPLE_SAMPLES + 1, EXAMPLE_SAMPLES):
        levels = log_mel(mono[start : start + EXAMPLE_SAMPLES], FALLBACK_FLOOR, n_mels=FALLBACK_BANDS)
        rises = np.maximum(0, np.diff(levels, axis=1)).mean(1)
        rows.append(np.concatenate([levels.mean(1), levels.std(1), 4 * rises]))
    return np.array(rows, np.float64)


FALLBACK = Embedding("band statistics", band_statistics)


def load_embedding(vggish_weights: Path | str | None = None) -> Embedding:
    """VGGish with the weights at the given path, or the fallback."""
    if vggish_weights is None:
        return FALLBACK
    from evaluation.vggish import embed, load_vggish

    network = load_vggish(vggish_weights)
    return Embedding("VGGish", lambda samples: embed(network, samples))


def seconds_per_point() -> float:
    """How much sound one point stands for."""
    return EXAMPLE_SAMPLES / SAMPLE_RATE_HZ
