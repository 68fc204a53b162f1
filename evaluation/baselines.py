"""The null baselines that stand beside every score: what a click, a hiss and nothing at all would get."""

import numpy as np

from evaluation.audio import Samples
from features.mel import SAMPLE_RATE_HZ


def click_each_second(length: int) -> Samples:
    """A 1 kHz click of 10 ms, decaying, at 0.1 s past every whole second; float32 ``[length]``.

    The tenth keeps the first click away from the file's edge, where no detector sees a rise.
    """
    samples = np.zeros(length, np.float32)
    time_s = np.arange(int(0.01 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    click = (0.8 * np.sin(2 * np.pi * 1000 * time_s) * np.exp(-time_s / 0.002)).astype(np.float32)
    for start in range(SAMPLE_RATE_HZ // 10, length, SAMPLE_RATE_HZ):
        piece = click[: length - start]
        samples[start : start + len(piece)] = piece
    return samples


def white_noise(length: int, seed: int = 0) -> Samples:
    """Gaussian noise at -20 dB full scale, float32 ``[length]``, the same for the same seed."""
    return (0.1 * np.random.default_rng(seed).standard_normal(length)).astype(np.float32)


def silence(length: int) -> Samples:
    """Zeros, float32 ``[length]``."""
    return np.zeros(length, np.float32)


BASELINES = ("click each second", "white noise", "silence")


def baseline(name: str, length: int, seed: int = 0) -> Samples:
    """One of ``BASELINES`` by name, ``[length]``; ``seed`` varies the noise from clip to clip."""
    if name == "click each second":
        return click_each_second(length)
    if name == "white noise":
        return white_noise(length, seed)
    if name == "silence":
        return silence(length)
    raise ValueError(f"no baseline is called {name!r}; there are {', '.join(BASELINES)}")
