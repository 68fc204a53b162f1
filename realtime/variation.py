"""The variation vector: which song, and how this phrase differs from the last. Seeded, pure."""

import numpy as np
from numpy.typing import NDArray

from features.landmarks import Array

SONG_SLOTS = 6
PHRASE_VALUES = 8
PHRASE_BEATS = 16
"""A phrase is one four-bar cycle."""


def variation_at(phase_beats: NDArray[np.float64], song: int, seed: int) -> Array:
    """Variation for each code.

    Args:
        phase_beats: unwrapped phase ``[T]``, in beats.
        song: slot of the song that plays.
        seed: the show's seed; the same seed varies in the same way.

    Returns:
        ``[14, T]``: six song-slot weights, then eight phrase values in [-1, 1] that change from
        one four-bar phrase to the next.
    """
    phrases = np.floor(phase_beats / PHRASE_BEATS).astype(np.int64)
    slots = np.zeros((SONG_SLOTS, len(phrases)), np.float32)
    slots[song % SONG_SLOTS] = 1.0
    played, place = np.unique(phrases, return_inverse=True)
    values = np.stack([_phrase(int(phrase), seed) for phrase in played], axis=1)
    return np.concatenate([slots, values[:, place]])


def _phrase(phrase: int, seed: int) -> Array:
    generator = np.random.default_rng((seed, phrase % 2**32))
    return generator.uniform(-1.0, 1.0, PHRASE_VALUES).astype(np.float32)
