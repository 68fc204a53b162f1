"""Joins two renderings of the same moment without a seam. Pure numpy, no state."""

import numpy as np

from realtime.types import Samples


def crossfade(tail: Samples, head: Samples) -> Samples:
    """Fade from ``tail`` to ``head`` at constant power.

    Two renderings of one moment are alike, and the textbook equal-power curve, made for unlike
    signals, would swell by up to 3 dB. So the gains are the equal-power ones for the correlation r
    that the two really have: ``a^2 + b^2 + 2 r a b = 1``. Unlike signals (r = 0) get sine and
    cosine, equal ones (r = 1) straight lines.

    Args:
        tail: end of what was played, ``[N]``.
        head: beginning of what comes, ``[N]``, the same instants.

    Returns:
        ``[N]`` float32.
    """
    if len(tail) != len(head):
        raise ValueError(f"a crossfade needs equal lengths, got {len(tail)} and {len(head)}")
    if len(tail) == 0:
        return head
    angle = (np.arange(len(tail)) + 0.5) / len(tail) * (np.pi / 2)
    down, up = np.cos(angle), np.sin(angle)
    likeness = max(0.0, correlation(tail, head))
    power = down**2 + up**2 + 2 * likeness * down * up
    return ((tail * down + head * up) / np.sqrt(power)).astype(np.float32)


def correlation(one: Samples, other: Samples) -> float:
    """Normalised correlation of two signals, -1..1; 1 for two silences."""
    energies = float(np.dot(one, one)) * float(np.dot(other, other))
    return float(np.dot(one, other)) / energies**0.5 if energies > 1e-12 else 1.0


def best_shift(tail: Samples, candidate: Samples, max_shift: int) -> int:
    """How far to shift ``candidate`` so that it continues ``tail`` best.

    For bundles without a phase input, whose windows need not agree where they overlap: the search
    of waveform-similarity overlap-add (Verhelst and Roelands, 1993).

    Args:
        tail: what was played, ``[N]``.
        candidate: samples with ``max_shift`` to spare on either side, ``[N + 2 * max_shift]``.
        max_shift: largest shift, samples.

    Returns:
        Shift in ``-max_shift..max_shift``: take ``candidate[max_shift + shift:]``.
    """
    if len(candidate) != len(tail) + 2 * max_shift:
        raise ValueError(
            f"best_shift needs {len(tail) + 2 * max_shift} candidate samples, got {len(candidate)}"
        )
    products = np.correlate(candidate, tail, mode="valid")
    squares = np.concatenate([[0.0], np.cumsum(candidate.astype(np.float64) ** 2)])
    energy = squares[len(tail) :] - squares[: -len(tail)]
    score = products / np.sqrt(np.maximum(energy, 1e-9))
    return int(np.argmax(score)) - max_shift


KNEE, CEILING = 0.42, 0.7
"""-7.5 and -3.1 dBFS: between the samples a wave has been seen to reach a fourth further."""


def limit(samples: Samples) -> Samples:
    """Keep peaks under ``CEILING``: the identity up to ``KNEE``, then a soft bend. No memory."""
    above, room = np.abs(samples) - KNEE, CEILING - KNEE
    bent = KNEE + room * np.tanh(np.maximum(above, 0.0) / room)
    return np.where(above > 0, np.copysign(bent, samples), samples).astype(np.float32)
