"""The tempo in a dancer's movement, by autocorrelation of limb decelerations: a plain yardstick for tests."""

import numpy as np

WEIGHTS = {11: 0.8, 12: 0.8, 13: 0.6, 14: 0.6, 15: 1, 16: 1, 23: 1, 24: 1, 25: 0.8, 26: 0.8, 27: 1, 28: 1}


def decelerations(points: np.ndarray, aspect: float, fps: float) -> np.ndarray:
    """How much the limbs brake, ``[T - 2]``, of landmarks ``[T, 33, 4]``; lost poses are bridged."""
    frames = np.arange(len(points))
    total = np.zeros(len(points) - 2)
    kernel = np.array([1, 2, 3, 2, 1]) / 9
    for joint, weight in WEIGHTS.items():
        place = points[:, joint, :2] * np.array([aspect, 1.0])
        found = np.isfinite(place[:, 0])
        place = np.stack([np.interp(frames, frames[found], place[found, c]) for c in (0, 1)], -1)
        speed = np.diff(place, axis=0) * fps
        speed = np.stack([np.convolve(speed[:, c], kernel, "same") for c in (0, 1)], -1)
        total += weight * np.maximum(0, -np.diff(np.linalg.norm(speed, axis=-1)))
    return total


def tempo_bpm(points: np.ndarray, aspect: float, fps: float) -> float:
    """The tempo between 50 and 200 BPM whose multiples the autocorrelation likes best."""
    braking = decelerations(points, aspect, fps)
    braking = (braking - braking.mean()) * np.hanning(len(braking))
    size = 1 << int(np.ceil(np.log2(4 * len(braking))))
    fine = 8  # samples of the autocorrelation a frame, by zero-padding its spectrum
    spectrum = np.abs(np.fft.rfft(braking, size)) ** 2
    correlation = np.fft.irfft(np.concatenate([spectrum, np.zeros((fine - 1) * size // 2)]), fine * size)
    bpm = np.arange(50, 200, 0.1)
    lag = 60 / bpm * fps * fine
    last = 0.6 * len(braking) * fine
    score = np.zeros(len(bpm))
    for multiple in range(1, 9):
        at = lag * multiple
        score += np.where(at < last, np.interp(at, np.arange(fine * size), correlation), 0)
    score *= np.exp(-0.5 * (np.log2(bpm / 110) / 0.9) ** 2)
    return float(bpm[np.argmax(score)])


def tempo_error_bpm(found: float, true: float) -> float:
    """Distance from the true tempo, its half or its double, in BPM of the found one's scale."""
    return min(abs(found * octave - true) for octave in (0.5, 1.0, 2.0))
