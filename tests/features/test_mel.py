"""The numpy mel agrees with the field's reference and refuses what it cannot mean."""

import numpy as np
import pytest

from features.mel import (
    HOP_SAMPLES,
    N_FFT,
    SAMPLE_RATE_HZ,
    hz_to_mel,
    log_mel,
    mel_filters,
    mel_magnitudes,
    mel_to_hz,
)


def test_filters_equal_librosas():
    librosa = pytest.importorskip("librosa")
    for n_mels in (80, 128):
        expected = librosa.filters.mel(sr=SAMPLE_RATE_HZ, n_fft=N_FFT, n_mels=n_mels)
        np.testing.assert_allclose(mel_filters(n_mels=n_mels), expected, atol=1e-7)


def test_the_scale_and_its_inverse_meet():
    hz = np.linspace(0, 11025, 50)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, atol=1e-9)


def test_magnitudes_equal_a_plain_loop():
    samples = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    pad = (N_FFT - HOP_SAMPLES) // 2
    padded = np.pad(samples, pad, mode="reflect")
    window = np.hanning(N_FFT + 1)[:-1]
    columns = []
    for start in range(0, len(padded) - N_FFT + 1, HOP_SAMPLES):
        columns.append(mel_filters() @ np.abs(np.fft.rfft(padded[start : start + N_FFT] * window)))
    np.testing.assert_allclose(mel_magnitudes(samples), np.stack(columns, 1), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("length", [0, 1, 255, 256, 5000, 44032])
def test_the_frame_count_is_the_hop_count(length):
    assert mel_magnitudes(np.zeros(length)).shape == (128, max(1, max(length, 385) // HOP_SAMPLES))


def test_silence_sits_on_the_floor():
    np.testing.assert_allclose(log_mel(np.zeros(5504), floor=1e-3), -3, atol=1e-5)


def test_a_tone_lands_in_its_band():
    tone = np.sin(2 * np.pi * 1000 * np.arange(22050) / SAMPLE_RATE_HZ)
    band = int(mel_magnitudes(tone).mean(1).argmax())
    centres_hz = mel_to_hz(np.linspace(0, hz_to_mel(SAMPLE_RATE_HZ / 2), 130))[1:-1]
    assert abs(centres_hz[band] - 1000) < 30


def test_stereo_is_refused_in_words():
    with pytest.raises(ValueError, match="mix the channels"):
        mel_magnitudes(np.zeros((2, 4000)))


def test_an_impossible_band_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        mel_filters(22050, 1024, 64, 125.0, 20000.0)
