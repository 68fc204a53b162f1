"""Beats coverage and hit as published with D2M-GAN, and LORIS's variant of them. Onsets in, scores out.

Both mark every whole second of a clip that holds an onset and compare the marks. That is coarse: a click
once a second scores 100/100, so a table must print the null baselines beside any score.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.mel import SAMPLE_RATE_HZ

PUBLISHED_WINDOW_FRAMES = 1
LORIS_WINDOW_FRAMES = 3


@dataclass(frozen=True)
class ClipScore:
    """How many seconds of one clip are marked: in the truth, in the generated sound, in both."""

    truth: int
    generated: int
    both: int

    @property
    def coverage(self) -> float:
        """Marked(generated) / marked(truth); NaN when the truth holds no onset. May exceed 1."""
        return self.generated / self.truth if self.truth else float("nan")

    @property
    def hit(self) -> float:
        """Marked(both) / marked(truth), which is also LORIS's BHS; NaN when the truth holds no onset."""
        return self.both / self.truth if self.truth else float("nan")

    @property
    def precision(self) -> float:
        """Marked(both) / marked(generated), LORIS's BCS; 0 when nothing was generated, NaN without truth."""
        if not self.truth:
            return float("nan")
        return self.both / self.generated if self.generated else 0.0


@dataclass(frozen=True)
class PublishedScore:
    """Means over clips in percent; ``skipped`` clips had a truth without onset and count in no mean."""

    coverage: float
    hit: float
    clips: int
    skipped: int


@dataclass(frozen=True)
class LorisScore:
    """LORIS: beat coverage and hit scores, their sample standard deviations, F1 of the means; in percent."""

    bcs: float
    csd: float
    bhs: float
    hsd: float
    f1: float
    clips: int
    skipped: int


def onset_times_s(samples: ArrayLike, window_frames: int = PUBLISHED_WINDOW_FRAMES) -> NDArray[np.float64]:
    """Onsets as the published scorer finds them: librosa with wait 1, delta 0.2 and tiny windows.

    Args:
        samples: mono ``[N]`` at 22,050 Hz.
        window_frames: length of ``pre_avg``, ``post_avg`` and ``post_max``: 1 as published, 3 for LORIS.
    """
    import librosa

    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise ValueError(f"samples must be mono [N], not of shape {samples.shape}; mix the channels first")
    if len(samples) == 0:
        return np.zeros(0)
    times_s = librosa.onset.onset_detect(
        y=samples,
        sr=SAMPLE_RATE_HZ,
        wait=1,
        delta=0.2,
        pre_avg=window_frames,
        post_avg=window_frames,
        post_max=window_frames,
        units="time",
    )
    return np.asarray(times_s, np.float64)


def marked_seconds(onsets_s: ArrayLike) -> frozenset[int]:
    """The whole seconds that hold an onset. Times must be finite and not negative."""
    times_s = np.asarray(onsets_s, np.float64)
    if times_s.ndim != 1 or not np.all(np.isfinite(times_s)) or np.any(times_s < 0):
        raise ValueError("onset times must be a list of finite seconds, none negative")
    return frozenset(int(second) for second in np.floor(times_s))


def clip_score(truth_onsets_s: ArrayLike, generated_onsets_s: ArrayLike) -> ClipScore:
    """Compare the onsets (s) of one generated clip with those of its truth."""
    truth, generated = marked_seconds(truth_onsets_s), marked_seconds(generated_onsets_s)
    return ClipScore(len(truth), len(generated), len(truth & generated))


def published_score(scores: Iterable[ClipScore]) -> PublishedScore:
    """Coverage and hit in percent, each the mean over the clips whose truth holds an onset."""
    counted, skipped = _countable(scores)
    return PublishedScore(
        _mean_percent([score.coverage for score in counted]),
        _mean_percent([score.hit for score in counted]),
        len(counted),
        skipped,
    )


def loris_score(scores: Iterable[ClipScore]) -> LorisScore:
    """BCS, CSD, BHS, HSD and F1 in percent; give clip scores of onsets found with 3-frame windows."""
    counted, skipped = _countable(scores)
    covered, hits = [score.precision for score in counted], [score.hit for score in counted]
    bcs, bhs = _mean_percent(covered), _mean_percent(hits)
    f1 = 2 * bcs * bhs / (bcs + bhs) if bcs + bhs > 0 else 0.0
    return LorisScore(
        bcs, _deviation_percent(covered), bhs, _deviation_percent(hits), f1, len(counted), skipped
    )


def _countable(scores: Iterable[ClipScore]) -> tuple[list[ClipScore], int]:
    everything = list(scores)
    counted = [score for score in everything if score.truth]
    if not counted:
        raise ValueError(
            f"none of the {len(everything)} reference clips holds an onset, so there is nothing to cover; "
            "check that the reference folder is not silent"
        )
    return counted, len(everything) - len(counted)


def _mean_percent(values: Sequence[float]) -> float:
    return float(100 * np.mean(values))


def _deviation_percent(values: Sequence[float]) -> float:
    return float(100 * np.std(values, ddof=1)) if len(values) > 1 else 0.0
