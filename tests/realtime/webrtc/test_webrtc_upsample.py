import numpy as np
import pytest

from realtime.webrtc.upsample import AHEAD, OUTPUT_RATE, Upsampler

RATE = 22_050


def tone(hz: float, rate: int, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate).astype(np.float32)


@pytest.mark.parametrize("hz", [60.0, 997.0, 5000.0, 9500.0])
def test_a_tone_keeps_its_timing_and_level(hz):
    output = Upsampler(RATE).push(tone(hz, RATE, 1.0))
    wanted = tone(hz, OUTPUT_RATE, 1.0)[: len(output)]
    inner = slice(200, len(output) - 200)
    error_db = 10 * np.log10(np.mean((output[inner] - wanted[inner]) ** 2) / np.mean(wanted[inner] ** 2))
    assert error_db < -60


def test_images_above_the_old_rate_are_gone():
    output = Upsampler(RATE).push(tone(9000, RATE, 1.0))[1000:-1000]
    spectrum = np.abs(np.fft.rfft(output * np.hanning(len(output))))
    image = round((RATE - 9000) * len(output) / OUTPUT_RATE)
    assert spectrum[image - 20 : image + 20].max() < 1e-3 * spectrum.max()


@pytest.mark.parametrize("sizes", [[5504] * 4, [1, 2, 3, 5000, 17], [31, 32, 33, 7000]])
def test_pieces_give_what_the_whole_gives(sizes):
    samples = np.random.default_rng(1).normal(size=sum(sizes)).astype(np.float32)
    whole = Upsampler(RATE).push(samples)
    stream, pieces, at = Upsampler(RATE), [], 0
    for size in sizes:
        pieces.append(stream.push(samples[at : at + size]))
        at += size
    pieces = np.concatenate(pieces)
    assert len(pieces) == len(whole)
    np.testing.assert_allclose(pieces, whole, atol=1e-6)


def test_hardly_anything_is_held_back():
    output = Upsampler(RATE).push(np.zeros(RATE, np.float32))
    held_s = 1.0 - len(output) / OUTPUT_RATE
    assert 0 < held_s < 1.1 * (AHEAD + 1) / RATE


def test_finishing_gives_the_rest():
    stream = Upsampler(RATE)
    first = stream.push(np.ones(2205, np.float32))
    assert len(first) + len(stream.finish()) >= 4800 - 3
