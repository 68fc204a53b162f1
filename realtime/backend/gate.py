"""May this engine play? Finite, the same shape, and heard as the reference is heard. Knows no engine.

Float32 engines compute the same sum in another order: features agree to about 1e-5, but where two codes are
almost equally near, either may win. Half precision moves more codes. What counts is what is heard: the
log-mel distance, beside which a codec's own error is about 0.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.errors import BackendError
from features.mel import log_mel
from realtime.backend.base import Backend, Inputs, Rendering
from realtime.backend.guarded import checked

FLOOR = 1e-3
"""Magnitudes below this are clamped, as in all figures of the codec."""
LIMIT = 0.1
"""Largest mean log10-mel distance: half of what the house codec itself loses."""
LOUDNESS_LIMIT_DB = 1.0


@dataclass(frozen=True)
class Verdict:
    """How an engine's sound compares with the reference's."""

    distance: float
    """Mean |log10 mel| difference."""
    loudness_db: float
    """Difference of the whole sound's level."""
    codes_equal: float
    """Share of codes that are the same."""
    worst_sample: float
    """Largest difference of a sample, relative to the reference's largest."""

    def __str__(self) -> str:
        return (
            f"log-mel distance {self.distance:.4f}, level {self.loudness_db:+.2f} dB, "
            f"{self.codes_equal:.1%} of codes equal, largest sample difference {self.worst_sample:.1e}"
        )


def compare(ours: Rendering, reference: Rendering) -> Verdict:
    """Distances of two renderings of the same windows.

    Raises:
        BackendError: they are of different shapes.
    """
    if ours.samples.shape != reference.samples.shape or ours.codes.shape != reference.codes.shape:
        raise BackendError(
            f"it renders samples {ours.samples.shape} and codes {ours.codes.shape}, "
            f"where the reference has {reference.samples.shape} and {reference.codes.shape}"
        )
    peak = float(np.abs(reference.samples).max()) or 1.0
    # Log-mel clamps small magnitudes: at the reference's own full scale that means the same for all bundles.
    mine, theirs = ours.samples / peak, reference.samples / peak
    mels = [np.stack([log_mel(row, FLOOR) for row in sound]) for sound in (mine, theirs)]
    return Verdict(
        distance=float(np.abs(mels[0] - mels[1]).mean()),
        loudness_db=20 * float(np.log10((rms(mine) + 1e-9) / (rms(theirs) + 1e-9))),
        codes_equal=float((ours.codes == reference.codes).mean()),
        worst_sample=float(np.abs(mine - theirs).max()),
    )


def rms(sound: NDArray[np.float32]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def pass_gate(engine: Backend, reference: Backend, windows: Sequence[Inputs]) -> Verdict:
    """The verdict on ``engine``, if it may play.

    Raises:
        BackendError: it fails, renders nonsense, or sounds different; the sentence says which.
    """
    found = joined([checked(engine.render(window), engine.name) for window in windows])
    verdict = compare_or_name(engine, found, joined([reference.render(one) for one in windows]))
    if verdict.distance > LIMIT or abs(verdict.loudness_db) > LOUDNESS_LIMIT_DB:
        raise BackendError(
            f"{engine.name} is refused: it sounds different from {reference.name} ({verdict}; "
            f"allowed {LIMIT} and {LOUDNESS_LIMIT_DB} dB)"
        )
    return verdict


def compare_or_name(engine: Backend, found: Rendering, reference: Rendering) -> Verdict:
    """``compare``, with the engine's name in the refusal."""
    try:
        return compare(found, reference)
    except BackendError as error:
        raise BackendError(f"{engine.name} is refused: {error}") from error


def joined(renderings: Sequence[Rendering]) -> Rendering:
    """Several renderings as rows of one."""
    return Rendering(
        np.concatenate([one.codes for one in renderings]), np.concatenate([one.samples for one in renderings])
    )
