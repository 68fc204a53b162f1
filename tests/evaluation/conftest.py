"""Small sounds with known contents, shared by the evaluation tests."""

import numpy as np
import pytest

RATE = 22050


def groove(bpm=110.0, seconds=8.0, seed=0, energy=1.0, offset_s=0.2):
    """Kick on each beat, snare on two and four, hats between; returns samples and true beats (s)."""
    rng = np.random.default_rng(seed)
    samples = np.zeros(int(seconds * RATE) + RATE)
    time_s = np.arange(int(0.25 * RATE)) / RATE
    kick = np.sin(2 * np.pi * np.cumsum(45 + 120 * np.exp(-time_s / 0.03)) / RATE) * np.exp(-time_s / 0.09)
    snare = rng.standard_normal(len(time_s)) * np.exp(-time_s / 0.05) * 0.5
    hat = np.diff(rng.standard_normal(2001)) * np.exp(-np.arange(2000) / 260) * 0.15
    beats_s = np.arange(offset_s, seconds - 0.05, 60 / bpm)
    for index, beat_s in enumerate(beats_s):
        start = int(beat_s * RATE)
        samples[start : start + len(kick)] += 0.8 * kick
        if index % 2:
            samples[start : start + len(snare)] += snare * (0.3 + 0.7 * energy)
        for part in (0.0, 0.5) if energy > 0.4 else ():
            at = int((beat_s + part * 60 / bpm) * RATE)
            samples[at : at + len(hat)] += hat * energy
    return np.tanh(samples[: int(seconds * RATE)]).astype(np.float32), beats_s


@pytest.fixture
def make_groove():
    return groove


@pytest.fixture
def write_wav(tmp_path):
    import soundfile

    def write(name, samples, rate=RATE):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, rate)
        return path

    return write
