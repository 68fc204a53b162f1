"""The bundle that ships, performed: level, seams, determinism, size. Sees exact landmarks, to be quick."""

from pathlib import Path

import numpy as np
import pytest

from configs.bundle import load_bundle
from configs.schema import ShowConfig
from dancer import DancerConfig, VirtualDancer
from realtime.backend.onnxruntime import OnnxRuntimeBackend
from realtime.controls import Controls, SetStyle, turn
from realtime.pipeline import Hop, Pipeline
from realtime.types import Landmarks
from realtime.vision import Observation

BUNDLE = Path(__file__).parent.parent / "bundles/house"
HOP = load_bundle(BUNDLE).manifest.hop_samples
LEAD_S = 0.22
SETTLE_S = 0.07
SECONDS = 40


def perform(style: str, energy: float = 0.7, seconds: float = SECONDS) -> np.ndarray:
    """The bundle for a virtual dancer, as one signal."""
    bundle = load_bundle(BUNDLE)
    pipeline = Pipeline(bundle.manifest, OnnxRuntimeBackend(bundle), ShowConfig())
    dancer = VirtualDancer(DancerConfig(bpm=112, style=style, seed=1, energy=energy, seconds=SECONDS))
    times_s = np.arange(SECONDS * 30) / 30
    poses = dancer.landmarks(times_s).astype(np.float32)
    visual = np.array([0.5, 0.4, 0.5, 0.2, 0, 0], np.float32)
    controls = turn(Controls(), SetStyle(style))
    state, blocks, given = pipeline.start(controls), [], 0
    for index in range(int(seconds * 22050 / HOP)):
        now_s = index * HOP / 22050
        until = int(np.searchsorted(times_s, now_s - SETTLE_S + 1e-9))
        seen = tuple(
            Observation(i, float(times_s[i]), (Landmarks(float(times_s[i]), poses[i], 4 / 3),), visual)
            for i in range(given, until)
        )
        given = max(given, until)
        rendered, state = pipeline.step(state, Hop(index, now_s, now_s + LEAD_S, seen, controls))
        blocks.append(rendered.block.samples)
    return np.concatenate(blocks)


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return perform("house")


def flux_at(sound: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Spectral flux between the 256 samples before and after each place."""
    window = np.hanning(256)
    before = np.stack([np.abs(np.fft.rfft(window * sound[p - 256 : p])) for p in places])
    after = np.stack([np.abs(np.fft.rfft(window * sound[p : p + 256])) for p in places])
    return np.log1p(100 * after).sum(axis=1) - np.log1p(100 * before).sum(axis=1)


def test_level_and_peak(sound: np.ndarray) -> None:
    rms_db = 20 * np.log10(np.sqrt(np.mean(sound**2)))
    assert -30 < rms_db < -9
    oversampled = np.fft.irfft(np.fft.rfft(sound), 4 * len(sound)) * 4
    assert 20 * np.log10(np.abs(oversampled).max()) < -0.3


def test_joins_cannot_be_told_from_anywhere_else(sound: np.ndarray) -> None:
    """Jumps and flux at block joins and at their crossfades' ends, against those of random places."""
    random = np.random.default_rng(0)
    for offset in (0, 507):
        joins = np.arange(HOP * 8, len(sound) - 1000, HOP) + offset
        elsewhere = random.integers(HOP * 8, len(sound) - 1000, 4000)
        jumps = np.abs(np.diff(sound))
        assert np.median(jumps[joins - 1]) < 1.6 * np.median(jumps[elsewhere])
        assert jumps[joins - 1].max() < np.quantile(jumps[elsewhere], 0.999) * 1.5
        there, here = np.abs(flux_at(sound, elsewhere)), np.abs(flux_at(sound, joins))
        above = np.mean(here[:, None] > there[None, :])  # 0.5: the same distribution
        assert 0.38 < above < 0.62


def test_the_same_dance_sounds_the_same(sound: np.ndarray) -> None:
    np.testing.assert_array_equal(
        sound[: HOP * 20], perform("house", seconds=20 * HOP / 22050 + 0.1)[: HOP * 20]
    )


def test_styles_sound_different(sound: np.ndarray) -> None:
    other = perform("ballet_jazz", seconds=16.0)
    bands = [
        np.log(np.abs(np.fft.rfft(one[HOP * 10 :]))[: 1 << 17].reshape(64, -1).mean(1))
        for one in (sound[: len(other)], other)
    ]
    assert np.abs(bands[0] - bands[1]).mean() > 0.1


def test_it_is_small_and_says_what_it_is() -> None:
    bundle = load_bundle(BUNDLE)
    assert sum(path.stat().st_size for path in BUNDLE.iterdir()) < 30e6
    assert bundle.manifest.training and bundle.manifest.evaluation
    assert len(bundle.manifest.styles) == 10
