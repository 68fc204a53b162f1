"""Is it the right genre? The paper's retrieval, and a small classifier trained on real audio."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from configs.genres import AIST_CODES, GENRES
from evaluation.logistic import Logistic, fit
from features.mel import log_mel

WINDOW_SAMPLES = 44032  # 344 codes of 128 samples, the paper's 2 s
CLASSIFIER_BANDS = 40
CLASSIFIER_FLOOR = 1e-3
REFERENCE_RMS, QUIETEST_RMS = 0.1, 1e-4


def genre_of(name: str) -> str | None:
    """The genre a file name or path tells: AIST's ``gBR_...``, or a genre's name at the start of a part.

    ``gHO_sBM_c01`` and ``house/03`` and ``house_song2`` are all house; an unknown name gives None.
    """
    for part in reversed(re.split(r"[/\\]", name)):
        code = re.match(r"g([A-Z]{2})_", part)
        if code and code[1] in AIST_CODES:
            return AIST_CODES[code[1]]
        for genre in GENRES:
            if re.match(rf"{genre}(?![a-z])", part.lower()):
                return genre
    return None


def retrieval_accuracy(
    points: ArrayLike,
    genres: Sequence[str],
    database: ArrayLike,
    database_genres: Sequence[str],
    leave_out: Sequence[int] | None = None,
) -> float:
    """Share (percent) of clips whose nearest database segment, by Euclidean distance, has their genre.

    Args:
        points: one embedding a clip, ``[N, D]``.
        genres: the genre danced, N names.
        database: embeddings of original segments of the same length, ``[M, D]``.
        database_genres: M names.
        leave_out: for each clip one database row it may not find: itself, when originals are scored.
    """
    clips, originals = np.asarray(points, np.float64), np.asarray(database, np.float64)
    if clips.ndim != 2 or originals.ndim != 2 or clips.shape[1] != originals.shape[1]:
        raise ValueError(f"points {clips.shape} and database {originals.shape} must be [N, D] and [M, D]")
    if len(clips) != len(genres) or len(originals) != len(database_genres) or not len(clips):
        raise ValueError("give one genre for each point, and at least one point")
    squared = ((clips[:, None] - originals[None]) ** 2).sum(-1)
    if leave_out is not None:
        squared[np.arange(len(clips)), np.asarray(leave_out)] = np.inf
    found = [database_genres[index] for index in squared.argmin(1)]
    return float(100 * np.mean([genre == other for genre, other in zip(genres, found, strict=True)]))


def window_features(samples: ArrayLike) -> NDArray[np.float64]:
    """What the classifier reads of one 2 s window: statistics of 40 log-mel bands, ``[200]``.

    Mean, spread, mean rise, and level in the quietest and loudest tenth of each band, after the window is
    brought to one loudness (a genre is not its loudness).
    """
    mono = np.asarray(samples, np.float64)
    loudness = np.sqrt(np.mean(mono**2)) if len(mono) else 0.0
    mono = mono * (REFERENCE_RMS / max(loudness, QUIETEST_RMS))
    levels = log_mel(mono, CLASSIFIER_FLOOR, n_mels=CLASSIFIER_BANDS).astype(np.float64)
    rises = np.maximum(0, np.diff(levels, axis=1)).mean(1) if levels.shape[1] > 1 else np.zeros(len(levels))
    low, high = np.percentile(levels, [10, 90], axis=1)
    return np.concatenate([levels.mean(1), levels.std(1), 4 * rises, low, high])


def fit_genre_classifier(features: ArrayLike, genres: list[str]) -> Logistic:
    """Train on window features ``[N, 200]`` of real audio and their genres (any two or more of the ten)."""
    present = tuple(genre for genre in GENRES if genre in set(genres))
    return fit(features, genres, present, penalty=3e-3)
